//! What becomes of a value when its question takes another kind of answer.

use crate::question::QuestionKind;
use crate::session::Session;

/// The value for a question of the kind `to`; none when something of it would
/// be lost, or would have to be made up.
///
/// What is text takes every value as it is written. Text becomes what it reads
/// as. A whole number is a number, and a number without a fraction is a whole
/// one. One choice is several; several are one when there is but one. A day has
/// no time, and a day with a time is no day. A place is no line, a closed line
/// is a line. Recordings and pictures are files, but no file is a picture.
pub(super) fn convert(new: &Session, from: QuestionKind, to: QuestionKind, value: &str) -> Option<String> {
    use QuestionKind::*;
    if from == to || value.is_empty() || is_text(to) {
        return Some(value.to_owned());
    }
    let fits = || new.as_kind(to, value);
    match (from, to) {
        (from, _) if is_text(from) => fits(),
        (Integer | Decimal | Range, Integer) => new.as_kind(to, without_fraction(value)?),
        (Integer | Decimal | Range, Decimal | Range) => fits(),
        (Integer, SelectOne | SelectMultiple) => fits(),
        (SelectOne, SelectMultiple) => fits(),
        (SelectOne, Integer) => fits(),
        (SelectMultiple, SelectOne) => fits(),
        (Start, DateTime) | (Today, Date) => fits(),
        (Geoshape, Geotrace) | (Geotrace, Geoshape) => fits(),
        (Geopoint, StartGeopoint) | (StartGeopoint, Geopoint) => fits(),
        (BackgroundAudio, Audio) => fits(),
        (from, File) if from.is_file() => fits(),
        _ => None,
    }
}

fn is_text(kind: QuestionKind) -> bool {
    use QuestionKind::{Barcode, Calculate, Hidden, Note, Property, Text};
    matches!(kind, Text | Barcode | Hidden | Calculate | Note | Property)
}

fn without_fraction(value: &str) -> Option<&str> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    fraction.bytes().all(|digit| digit == b'0').then_some(whole)
}
