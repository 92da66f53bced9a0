//! The values a field may hold, and how each is stored.

use std::fmt;

use automerge::ScalarValue;
use chrono::DateTime;
use ruhu_national::Fen;
use serde::{Deserialize, Serialize};

/// Value of one field. Text is a scalar replaced whole; identity numbers are text.
///
/// Stored as automerge scalars: `Text` string, `Int` signed integer, `Fen` unsigned integer holding the zigzag code
/// of the amount (0, -1, 1, -2 ... become 0, 1, 2, 3 ...: it keeps money apart from plain numbers, and negative
/// amounts short), `Bool` boolean, `Timestamp` timestamp in milliseconds, `Blank` null.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    /// Text as a person typed it, a choice's name, a calendar day (`2026-03-01`), an identity number.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Money in fen, a hundredth of a yuan.
    Fen(i64),
    /// Yes or no.
    Bool(bool),
    /// A moment, in milliseconds since 1970 UTC, by a phone's clock.
    Timestamp(i64),
    /// Cleared: the field was emptied, which is more than never having been filled.
    Blank,
}

impl Value {
    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is nothing in it: cleared, or empty text.
    pub fn is_blank(&self) -> bool {
        matches!(self, Value::Blank) || self.as_text().is_some_and(str::is_empty)
    }

    pub(crate) fn scalar(&self) -> ScalarValue {
        match self {
            Value::Text(text) => ScalarValue::Str(text.as_str().into()),
            Value::Int(n) => ScalarValue::Int(*n),
            Value::Fen(fen) => ScalarValue::Uint(zigzag(*fen)),
            Value::Bool(b) => ScalarValue::Boolean(*b),
            Value::Timestamp(ms) => ScalarValue::Timestamp(*ms),
            Value::Blank => ScalarValue::Null,
        }
    }

    /// `None` for a scalar that this version does not know: it is kept in the document and not shown.
    pub(crate) fn from_scalar(scalar: &ScalarValue) -> Option<Value> {
        Some(match scalar {
            ScalarValue::Str(text) => Value::Text(text.to_string()),
            ScalarValue::Int(n) => Value::Int(*n),
            ScalarValue::Uint(code) => Value::Fen(unzigzag(*code)),
            ScalarValue::Boolean(b) => Value::Bool(*b),
            ScalarValue::Timestamp(ms) => Value::Timestamp(*ms),
            ScalarValue::Null => Value::Blank,
            _ => return None,
        })
    }
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

fn unzigzag(code: u64) -> i64 {
    (code >> 1).cast_signed() ^ -(code & 1).cast_signed()
}

/// The lexical form: money in yuan with two decimals, moments in UTC (RFC 3339), blank as nothing.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Int(n) => write!(f, "{n}"),
            Value::Fen(fen) => write!(f, "{}", Fen(*fen)),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Timestamp(ms) => write_moment(f, *ms),
            Value::Blank => Ok(()),
        }
    }
}

fn write_moment(f: &mut fmt::Formatter<'_>, ms: i64) -> fmt::Result {
    match DateTime::from_timestamp_millis(ms) {
        Some(moment) => write!(f, "{}", moment.format("%Y-%m-%dT%H:%M:%S%.3fZ")),
        // Beyond any calendar: still shown, as the number it is.
        None => write!(f, "{ms}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn money_is_shown_in_yuan_and_stays_apart_from_numbers() {
        assert_eq!(Value::Fen(123_456).to_string(), "1234.56");
        assert_eq!(Value::Fen(-5).to_string(), "-0.05");
        assert_ne!(Value::Fen(1).scalar(), Value::Int(1).scalar());
        assert_eq!(Value::Fen(i64::MIN).to_string(), "-92233720368547758.08");
    }

    #[test]
    fn moments_are_shown_in_universal_time() {
        assert_eq!(Value::Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Value::Timestamp(951_782_399_999).to_string(), "2000-02-28T23:59:59.999Z");
        assert_eq!(Value::Timestamp(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
        assert_eq!(Value::Timestamp(-1).to_string(), "1969-12-31T23:59:59.999Z");
        assert!(Value::Timestamp(i64::MIN).to_string().starts_with('-'));
    }

    proptest! {
        #[test]
        fn every_value_reads_back_as_it_was_stored(n: i64, b: bool, text: String) {
            for value in [
                Value::Int(n), Value::Fen(n), Value::Timestamp(n), Value::Bool(b), Value::Text(text), Value::Blank,
            ] {
                prop_assert_eq!(Value::from_scalar(&value.scalar()), Some(value));
            }
        }
    }
}
