//! A photo of a letter as evidence: what it shows, kept beside the picture.

use ruhu_case::{Household, Value, Write};
use ruhu_text::Bilingual;
use ruhu_vision::letter::check::{self, Report};
use ruhu_vision::letter::told;
use ruhu_vision::letter::verdict::Verdict;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::standing::{Standing, grantor_names};

/// The field of evidence that holds what the check of a letter found.
pub const FIELD: &str = "letter_check";
/// Figures are kept with so many digits.
const DIGITS: i32 = 4;

/// What a photo of a household's letter shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    #[serde(skip)]
    pub facts: String,
}

/// What the boxes of a grantor show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GrantorPhoto {
    /// The number that the letter gives them.
    pub grantor: String,
    /// Their name, where the household has the letter.
    pub name: Option<String>,
    /// The verdict on the print.
    pub verdict: Verdict,
    /// The verdict in words, with what to do.
    pub said: Bilingual,
    /// Whether something is written in their box; none where the letter has no such box.
    pub signed: Option<bool>,
    /// Whether the print lies in its box; none where there is no ink.
    pub inside: Option<bool>,
    /// Whether ridges can be read over most of it.
    pub ridges_readable: bool,
}

impl LetterPhoto {
    /// Of what the check says of a picture, beside the household whose letter it should be.
    pub fn of(report: &Report, household: &Household, case: Uuid) -> LetterPhoto {
        let payload = report.payload.as_ref();
        let standing = Standing::of(household, case, payload);
        let names = grantor_names(household, case, payload);
        let grantors = report.grantors.iter().map(|one| {
            let number = one.grantor.to_string();
            let at = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            GrantorPhoto {
                name: at.and_then(|at| names.get(at)).cloned(),
                grantor: number,
                verdict: one.verdict,
                said: one.verdict.said(),
                signed: one.signature,
                inside: one.is_inside(),
                ridges_readable: one.ridges_readable,
            }
        });
        let mut facts = json!({
            "check": check::VERSION,
            "standing": standing.code(),
            "letter": told::letter(report),
            "retake": report.retake(),
            "faults": report.faults,
            "grantors": report.grantors.iter().map(told::grantor).collect::<Vec<_>>(),
        });
        round(&mut facts);
        LetterPhoto {
            check: check::VERSION,
            standing: standing.code().to_owned(),
            version: payload.map(|payload| payload.version.clone()),
            sheet: payload.map(|payload| payload.sheet.into()),
            sheets: payload.map(|payload| payload.sheets().into()),
            retake: report.retake(),
            advice: report.advice().into_iter().chain(standing.advice()).collect(),
            grantors: grantors.collect(),
            facts: facts.to_string(),
        }
    }

    /// What keeps it beside a picture, in the entry of this id.
    pub fn write(&self, evidence: &str) -> Write {
        Write::Put { path: format!("evidence/{evidence}/{FIELD}"), value: Value::Text(self.facts.clone()) }
    }
}

/// Fractions with so many digits as measuring them gives.
fn round(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Array(all) => all.iter_mut().for_each(round),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(round),
        serde_json::Value::Number(number) if number.is_f64() => {
            let unit = 10f64.powi(DIGITS);
            if let Some(rounded) = number.as_f64().map(|number| (number * unit).round() / unit) {
                *value = json!(rounded);
            }
        }
        _ => {}
    }
}
