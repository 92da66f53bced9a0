//! What a check of the whole folder tells.

use serde::Serialize;

use super::quarantine::QuarantineSize;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct CheckReport {
    /// Every document, loaded from its changes.
    pub documents: Vec<CheckedDocument>,
    /// Every stored file.
    pub files: Vec<CheckedFile>,
    /// How many entries of the logs are excluded. It is no fault.
    pub excluded: usize,
    /// How much lies in quarantine. It is no fault.
    pub quarantine: QuarantineSize,
    /// What is wrong; nothing in a sound folder.
    pub findings: Vec<Finding>,
}

/// A document that was loaded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckedDocument {
    /// Its id.
    pub id: String,
    /// `household`, `lead` or `finance`.
    pub kind: String,
    /// Its division, 12 digits.
    pub division: String,
    /// Its heads, hexadecimal, sorted.
    pub heads: Vec<String>,
    /// The number of its changes, the base not counted.
    pub changes: usize,
    /// How many of them verdicts hide.
    pub hidden: usize,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedFile {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// Whether its bytes are there and have this SHA-256.
    pub ok: bool,
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable code, for programs.
    pub code: String,
    /// Where: a log with a sequence number, a document, a file.
    pub place: String,
    /// For a person, Chinese.
    pub zh: String,
    /// For a person, English.
    pub en: String,
}

impl Finding {
    pub(super) fn new(code: &str, place: impl ToString, zh: &str, en: &str) -> Finding {
        Finding { code: code.to_owned(), place: place.to_string(), zh: zh.to_owned(), en: en.to_owned() }
    }
}
