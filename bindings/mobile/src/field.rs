//! The fields of a document: their values, and the same as text.

use ruhu_case::{Fields, Value};

/// The value of a field, so that a screen can lay it out.
#[uniffi::remote(Enum)]
pub enum Value {
    /// Text as a person typed it, a choice's name, a calendar day, an ID number.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Money in fen, a hundredth of a yuan.
    Fen(i64),
    /// Yes or no.
    Bool(bool),
    /// A moment by a phone's clock, Unix milliseconds.
    Timestamp(i64),
    /// Cleared by a person, which is more than never having been filled; its text is empty.
    Blank,
}

/// One field of a document.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Field {
    /// The whole path, as `history` and `resolve` take it: `people/<id>/name`.
    pub path: String,
    /// The value.
    pub value: Value,
    /// The value as text: money in yuan with two decimals, a moment as RFC 3339 in UTC.
    pub text: String,
}

type FieldList = Vec<Field>;

// Fields cross with their whole paths, so that a screen composes none.
uniffi::custom_type!(Fields, FieldList, {
    remote,
    lower: |fields| {
        let field = |(key, value): (&String, &Value)| Field {
            path: fields.path(key),
            value: value.clone(),
            text: value.to_string(),
        };
        fields.iter().map(field).collect()
    },
    try_lift: |list| {
        Ok(Fields::new("", list.into_iter().map(|Field { path, value, .. }| (path, value)).collect()))
    },
});
