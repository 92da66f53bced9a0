//! Conversions between the numbers of the domain and SQLite's signed 64-bit integers.

use rusqlite::Row;
use rusqlite::types::{FromSqlError, Type};

use crate::StoreError;

/// A counter as SQLite keeps it.
pub(crate) fn stored(number: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::OutOfRange { what })
}

/// Like [`stored`] for a number that may be absent.
pub(crate) fn stored_opt(number: Option<u64>, what: &'static str) -> Result<Option<i64>, StoreError> {
    number.map(|n| stored(n, what)).transpose()
}

/// A counter column.
pub(crate) fn counter(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// A counter column that may be NULL.
pub(crate) fn counter_opt(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    match row.get::<_, Option<i64>>(column)? {
        None => Ok(None),
        Some(_) => counter(row, column).map(Some),
    }
}

/// A text column that names one of a fixed set of values.
pub(crate) fn named<T>(
    row: &Row<'_>,
    column: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| {
        let reason = Box::new(FromSqlError::InvalidType);
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, reason)
    })
}

/// An enum kept as a word in a text column.
macro_rules! words {
    ($kind:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $kind {
            /// The word kept in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            pub(crate) fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use words;
