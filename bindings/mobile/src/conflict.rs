//! Who wrote what: conflicts and the history of a field.

use ruhu_device::{Author, ConflictChoice, ConflictView, HistoryItem, Value};

/// Who made something.
#[uniffi::remote(Record)]
pub struct Author {
    /// The person's name from the certificate; empty when the certificate is not known here.
    pub person: String,
    /// The person's role.
    pub role: String,
    /// The device, 32 hexadecimal digits.
    pub device: String,
}

/// A field with more than one value.
#[uniffi::remote(Record)]
pub struct ConflictView {
    /// The field's path.
    pub path: String,
    /// Whether the field decides eligibility, so that it must be settled before a visit is closed.
    pub eligibility: bool,
    /// The values, the shown one first.
    pub choices: Vec<ConflictChoice>,
}

/// One of the values in conflict.
#[uniffi::remote(Record)]
pub struct ConflictChoice {
    /// The value.
    pub value: Value,
    /// The value as text, as `resolve` takes it.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
    /// When, by the author's phone, Unix milliseconds.
    pub phone_time_ms: i64,
    /// When the server took it, by its clock, Unix milliseconds; nothing if it has not.
    pub server_time_ms: Option<i64>,
    /// Whether this is the value that is shown.
    pub shown: bool,
}

/// One value a field had.
#[uniffi::remote(Record)]
pub struct HistoryItem {
    /// The value.
    pub value: Value,
    /// The value as text.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
    /// When, by the author's phone, Unix milliseconds.
    pub phone_time_ms: i64,
    /// When the server took it, by its clock, Unix milliseconds; nothing if it has not.
    pub server_time_ms: Option<i64>,
    /// Whether a verdict of the server hides it.
    pub hidden: bool,
    /// Whether it stands now.
    pub current: bool,
}
