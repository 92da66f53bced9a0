//! The authorisation letter, who is covered by one, and signatures drawn on the screen.

use ruhu_device::signature::{self, Signature};
use ruhu_device::{
    Cover, Coverage, Lack, LetterWishes, NATIONAL_LETTER, Person, PersonCoverage, PrintedLetter, Refusal,
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
