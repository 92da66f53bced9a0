//! The authorisation letter, who is covered by one, and signatures drawn on the screen.

use ruhu_device::signature::{self, Signature};
use ruhu_device::{
    Cover, Coverage, DrawnSignature, GrantorPhoto, Lack, LetterPhoto, LetterWishes, NATIONAL_LETTER, Person,
    PersonCoverage, PrintVerdict, PrintedLetter, Refusal,
};
use ruhu_text::Bilingual;

use crate::error::RuhuError;

/// What to print otherwise than the case and the template say. Codes are those of the form
/// `check_authorization`, days are written `2026-11-27`.
#[uniffi::remote(Record)]
pub struct LetterWishes {
    /// What may be looked up; empty for what the case or the template says.
    #[uniffi(default = [])]
    pub scope: Vec<String>,
    /// The first day.
    #[uniffi(default = None)]
    pub from: Option<String>,
    /// The last day.
    #[uniffi(default = None)]
    pub to: Option<String>,
    /// Signatures drawn on the screen that stand in their boxes: a signed copy of the same letter.
    #[uniffi(default = [])]
    pub signed: Vec<DrawnSignature>,
}

/// A signature that was drawn on the screen, and whose it is.
#[uniffi::remote(Record)]
pub struct DrawnSignature {
    /// Who signs: the number that the letter gives them, their whole name, or the number of their paper.
    pub grantor: String,
    /// The strokes: JSON, as the guide to letters tells.
    pub strokes: Vec<u8>,
}

/// What a photo of a household's letter shows.
#[uniffi::remote(Record)]
pub struct LetterPhoto {
    /// The version of the check's rules.
    pub check: u32,
    /// How the letter stands to the household: `current`, `outdated`, `other_case`, `unknown`, `no_code`.
    pub standing: String,
    /// The letter's version, where its QR code was read.
    pub version: Option<String>,
    /// Which sheet of it, from 1.
    pub sheet: Option<u32>,
    /// How many sheets the letter has.
    pub sheets: Option<u32>,
    /// Whether the picture has to be taken again: nothing is said of the prints then.
    pub retake: bool,
    /// What to do about the picture or the letter; empty when both are as they should be.
    pub advice: Vec<Bilingual>,
    /// Each grantor of the sheet.
    pub grantors: Vec<GrantorPhoto>,
    /// All of this with the figures behind it: a JSON object, as it is kept.
    pub facts: String,
}

/// What the boxes of a grantor show.
#[uniffi::remote(Record)]
pub struct GrantorPhoto {
    /// The number that the letter gives them.
    pub grantor: String,
    /// Their name, where the household has the letter.
    pub name: Option<String>,
    /// The verdict on the print.
    pub verdict: PrintVerdict,
    /// The verdict in words, with what to do.
    pub said: Bilingual,
    /// Whether something is written in their box; none where the letter has no such box.
    pub signed: Option<bool>,
    /// Whether the print lies in its box; none where there is no ink.
    pub inside: Option<bool>,
    /// Whether ridges can be read over most of it.
    pub ridges_readable: bool,
}

/// The verdict on a print.
#[uniffi::remote(Enum)]
pub enum PrintVerdict {
    /// A finger's print, in its box, with ridges that can be read.
    Ok,
    /// No print.
    Missing,
    /// A print, and less than most of it in the box.
    Outside,
    /// The finger moved.
    Smeared,
    /// Too little ink.
    Pale,
    /// Too much.
    OverInked,
    /// Two fingers.
    SecondFinger,
    /// A stamp.
    StampInstead,
    /// Something drawn or printed.
    DrawnDot,
    /// It cannot be told.
    Unsure,
}

/// A letter that was printed into a case. It never changes: what says something else is another
/// version.
#[uniffi::remote(Record)]
pub struct PrintedLetter {
    /// Its id in the household.
    pub id: String,
    /// Its version, as the letter shows it: the template's, and which of the household's letters it is.
    pub version: String,
    /// SHA-256 over all its words, hexadecimal; the QR code holds the first 8 bytes.
    pub hash: String,
    /// Names of those who authorise, in the order of the boxes.
    pub grantors: Vec<String>,
    /// What may be looked up; codes.
    pub scope: Vec<String>,
    /// The first day, `2026-11-27`.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Whether the case did not have it before.
    pub new: bool,
    /// Sheets.
    pub sheets: u32,
    /// Where on the sheets each signs and presses a finger: JSON, in millimetres.
    pub boxes: String,
    /// The PDF.
    pub pdf: Vec<u8>,
}

/// A person as they are named.
#[uniffi::remote(Record)]
#[uniffi(name = "NamedPerson")]
pub struct Person {
    /// Name.
    pub name: String,
    /// Number of their paper; blank when it is not known.
    pub idno: String,
}

/// One thing that may be looked up about somebody.
#[uniffi::remote(Record)]
pub struct Cover {
    /// What, as the form codes it (`bank`).
    pub scope: String,
    /// The last day, `2027-11-26`.
    pub until: String,
    /// Who gave the authorisation.
    pub by: String,
    /// The record that says so.
    pub record: String,
}

/// Why something may not be looked up about somebody.
#[uniffi::remote(Enum)]
pub enum Lack {
    /// Nobody has authorised anything for them.
    NoLetter,
    /// An authorisation holds, and this is not among its scope.
    OutsideScope,
    /// The authorisation is not closed yet: not everybody has signed.
    NotClosed,
    /// A minor's authorisation was given by themselves, or by nobody who is their guardian.
    NotByGuardian,
    /// Answers of the authorisation are in conflict, or changed after it was closed.
    Unsettled,
    /// Its first day has not come.
    NotYet,
    /// Its last day is over.
    Expired,
    /// It was withdrawn.
    Withdrawn,
    /// The number of their paper is not known, so nobody could be asked about them.
    NoNumber,
    /// No authorisation is theirs, and somebody of their name has another number, or several have: a number may
    /// be wrong, or lacking.
    OtherNumber,
}

/// How somebody is covered on a day.
#[uniffi::remote(Record)]
pub struct PersonCoverage {
    /// Who.
    pub person: Person,
    /// Whether they were under 18 on that day.
    pub minor: bool,
    /// Whether they live elsewhere and have a duty of support.
    pub obligor: bool,
    /// What may be looked up.
    pub covered: Vec<Cover>,
    /// Why nothing more may be: what stands in the way of each authorisation that is not live, worst
    /// last; `NO_LETTER` alone when there is none.
    pub lacks: Vec<Lack>,
}

/// The coverage of a household on a day.
#[uniffi::remote(Record)]
pub struct Coverage {
    /// The day, `2026-11-27`.
    pub day: String,
    /// The members, then those with a duty of support, then others whom an authorisation names.
    pub people: Vec<PersonCoverage>,
}

/// Why one thing may not be asked about one person.
#[uniffi::remote(Record)]
pub struct Refusal {
    /// Who.
    pub person: Person,
    /// What, as the form codes it.
    pub scope: String,
    /// Why not.
    pub lack: Lack,
    /// The same for people.
    pub message: Bilingual,
}

/// The template of the letter that came with the program.
#[uniffi::export]
pub fn national_letter() -> Vec<u8> {
    NATIONAL_LETTER.to_vec()
}

/// Whether strokes drawn on the screen are a signature (JSON, as the guide to letters tells).
#[uniffi::export]
pub fn signature_check(strokes: Vec<u8>) -> Result<(), RuhuError> {
    Ok(Signature::from_json(&strokes).map(drop)?)
}

/// Whether two people's signatures are two: neither one picture nor one drawing for both.
#[uniffi::export]
pub fn signatures_differ(one: Vec<u8>, other: Vec<u8>) -> Result<(), RuhuError> {
    Ok(signature::check_differs(&one, &other)?)
}
