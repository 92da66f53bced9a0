//! The events of a household that tell of letters: which was printed, who withdrew, which request was
//! exported.

use data_encoding::HEXLOWER;
use ruhu_case::{Value, Write};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::authorization::WITHDRAWAL;
use crate::letter::Letter;
use crate::pdf;
use crate::person::Person;
use crate::request::CheckRequest;

/// The kind of event that says which letter was printed.
pub(crate) const PRINTED: &str = "letter";
/// The kind of event that says which request was exported.
const REQUEST: &str = "check_request";

/// A letter that was printed into a case. It never changes: what says something else is another
/// version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    #[serde(skip)]
    pub boxes: String,
    /// The PDF.
    #[serde(skip)]
    pub pdf: Vec<u8>,
}

impl PrintedLetter {
    /// What is told of a letter that was printed. `id`: of its event in the household.
    pub fn of(letter: &Letter, id: String, new: bool, pdf: Vec<u8>) -> PrintedLetter {
        let contents = &letter.contents;
        PrintedLetter {
            id,
            version: letter.version.clone(),
            hash: letter.hash_text(),
            grantors: contents.grantors.iter().map(|grantor| grantor.name.clone()).collect(),
            scope: contents.scope.clone(),
            from: contents.from.to_string(),
            to: contents.to.to_string(),
            new,
            sheets: letter.sheets(),
            boxes: pdf::boxes(letter).to_json(),
            pdf,
        }
    }
}

/// The event that says that a letter was printed. `id`: of the event; `by`: who printed it.
///
/// # Errors
/// When the grantors cannot be written as JSON.
pub(crate) fn letter_writes(
    id: &str,
    letter: &Letter,
    by: &str,
    now_ms: i64,
) -> serde_json::Result<Vec<Write>> {
    let at = |field: &str| format!("events/{id}/{field}");
    let contents = &letter.contents;
    let grantors = serde_json::to_string(&contents.grantors)?;
    let mut writes = event(id, PRINTED, &letter.version, by, now_ms);
    writes.extend([
        put(at("number"), Value::Int(i64::from(letter.number()))),
        text(at("version"), &letter.version),
        text(at("hash"), letter.hash_text()),
        text(at("template"), HEXLOWER.encode(&letter.template)),
        text(at("grantors"), grantors),
        text(at("scope"), contents.scope.join(" ")),
        text(at("purpose"), contents.purpose.join(" ")),
        text(at("recipient"), contents.recipient.join(" ")),
        text(at("from"), contents.from.to_string()),
        text(at("to"), contents.to.to_string()),
    ]);
    Ok(writes)
}

/// The event that says that somebody withdrew what these records hold.
pub fn withdrawal_writes(
    id: &str,
    person: &Person,
    records: &[String],
    reason: &str,
    by: &str,
    now_ms: i64,
) -> Vec<Write> {
    let Person { name, idno } = person;
    let at = |field: &str| format!("events/{id}/{field}");
    let mut writes = event(id, WITHDRAWAL, reason.trim(), by, now_ms);
    writes.extend([
        text(at("grantor"), name),
        text(at("idno"), idno),
        text(at("records"), records.join(" ")),
    ]);
    writes
}

/// A request on its way out.
#[derive(Serialize)]
pub struct ExportedRequest<'a> {
    /// What is asked about whom.
    #[serde(flatten)]
    pub request: &'a CheckRequest,
    /// Of its event in the household.
    pub id: &'a str,
    /// The household.
    pub case: &'a str,
    /// The household's division.
    pub division: &'a str,
    /// Who exports it.
    pub by: &'a str,
    /// When, Unix milliseconds of the phone's clock.
    pub made_at_ms: i64,
}

impl ExportedRequest<'_> {
    /// The request as JSON, and the event that says that it was exported.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self, scope: &[String]) -> serde_json::Result<(String, Vec<Write>)> {
        let json = serde_json::to_string(self)?;
        let at = |field: &str| format!("events/{}/{field}", self.id);
        let mut writes = event(self.id, REQUEST, &self.request.names().join("、"), self.by, self.made_at_ms);
        writes.extend([
            text(at("scope"), scope.join(" ")),
            text(at("sha256"), HEXLOWER.encode(&Sha256::digest(json.as_bytes()))),
        ]);
        Ok((json, writes))
    }
}

fn event(id: &str, kind: &str, words: &str, by: &str, now_ms: i64) -> Vec<Write> {
    let at = |field: &str| format!("events/{id}/{field}");
    vec![
        text(at("order"), format!("{:013}", now_ms.max(0))),
        text(at("kind"), kind),
        put(at("at"), Value::Timestamp(now_ms)),
        text(at("by"), by),
        text(at("text"), words),
    ]
}

fn put(path: String, value: Value) -> Write {
    Write::Put { path, value }
}

fn text(path: String, value: impl Into<String>) -> Write {
    put(path, Value::Text(value.into()))
}
