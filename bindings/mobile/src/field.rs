//! The fields of a document, as text with the kind of value it stands for.

use std::collections::BTreeMap;

use ruhu_device::Value;

/// What a field's text stands for, so that a screen can lay it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum FieldKind {
    /// Text as a person typed it, a choice's name, a calendar day, an ID number.
    Text,
    /// A whole number.
    Number,
    /// Money: yuan with two decimals.
    Money,
    /// `true` or `false`.
    Flag,
    /// A moment by a phone's clock: RFC 3339 in UTC.
    Moment,
    /// Cleared by a person, which is more than never having been filled; the text is empty.
    Blank,
}

/// One field of a document.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Field {
    /// The whole path, as `history` and `resolve` take it: `people/<id>/name`.
    pub path: String,
    /// The value as text; see [`FieldKind`].
    pub text: String,
    /// What the text stands for.
    pub kind: FieldKind,
}

impl From<&Value> for FieldKind {
    fn from(value: &Value) -> Self {
        match value {
            Value::Text(_) => FieldKind::Text,
            Value::Int(_) => FieldKind::Number,
            Value::Fen(_) => FieldKind::Money,
            Value::Bool(_) => FieldKind::Flag,
            Value::Timestamp(_) => FieldKind::Moment,
            Value::Blank => FieldKind::Blank,
        }
    }
}

/// Fields beneath a path, which ends in a slash.
pub(crate) fn fields(beneath: &str, values: &BTreeMap<String, Value>) -> Vec<Field> {
    let field = |(key, value): (&String, &Value)| Field {
        path: format!("{beneath}{key}"),
        text: value.to_string(),
        kind: value.into(),
    };
    values.iter().map(field).collect()
}
