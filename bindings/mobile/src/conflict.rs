//! Who wrote what: conflicts and the history of a field.

use ruhu_device::{self as device, Author};

use crate::field::FieldKind;
use crate::list;

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
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConflictView {
    /// The field's path.
    pub path: String,
    /// Whether the field decides eligibility, so that it must be settled before a visit is closed.
    pub eligibility: bool,
    /// The values, the shown one first.
    pub choices: Vec<ConflictChoice>,
}

impl From<device::ConflictView> for ConflictView {
    fn from(view: device::ConflictView) -> Self {
        let device::ConflictView { path, eligibility, choices } = view;
        ConflictView { path, eligibility, choices: list(choices) }
    }
}

/// One of the values in conflict.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConflictChoice {
    /// The value as text, as `resolve` takes it.
    pub text: String,
    /// What the text stands for.
    pub kind: FieldKind,
    /// Who wrote it.
    pub author: Author,
    /// When, by the author's phone, Unix milliseconds.
    pub phone_time_ms: i64,
    /// When the server took it, by its clock, Unix milliseconds; nothing if it has not.
    pub server_time_ms: Option<i64>,
    /// Whether this is the value that is shown.
    pub shown: bool,
}

impl From<device::ConflictChoice> for ConflictChoice {
    fn from(choice: device::ConflictChoice) -> Self {
        let device::ConflictChoice { value, text, author, phone_time_ms, server_time_ms, shown } = choice;
        let kind = FieldKind::from(&value);
        ConflictChoice { text, kind, author, phone_time_ms, server_time_ms, shown }
    }
}

/// One value a field had.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HistoryItem {
    /// The value as text.
    pub text: String,
    /// What the text stands for.
    pub kind: FieldKind,
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

impl From<device::HistoryItem> for HistoryItem {
    fn from(item: device::HistoryItem) -> Self {
        let device::HistoryItem { value, text, author, phone_time_ms, server_time_ms, hidden, current } =
            item;
        let kind = FieldKind::from(&value);
        HistoryItem { text, kind, author, phone_time_ms, server_time_ms, hidden, current }
    }
}
