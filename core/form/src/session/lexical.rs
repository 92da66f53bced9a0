//! The values of questions as text, by the lexical rules of the ODK XForms
//! specification.

use crate::question::QuestionKind;
use ruhu_xpath::{Moment, parse_time, time_text};
use std::collections::HashSet;

/// The longest answer, in bytes.
pub(super) const MAX_ANSWER: usize = 64 * 1024;

/// The value as it is stored, or none when it is not of the kind. Selects are
/// checked against their choices elsewhere.
pub(super) fn normalise(kind: QuestionKind, value: &str, offset: i32) -> Option<String> {
    if matches!(
        kind,
        QuestionKind::Text | QuestionKind::Hidden | QuestionKind::Barcode | QuestionKind::Property
    ) {
        return value.chars().all(is_text).then(|| value.to_owned());
    }
    let value = value.trim();
    match kind {
        QuestionKind::Integer => integer(value),
        QuestionKind::Decimal | QuestionKind::Range => decimal(value),
        QuestionKind::Date => Moment::parse(value, offset).filter(|_| !value.contains('T')).map(Moment::text),
        QuestionKind::Time => time(value, offset),
        QuestionKind::DateTime => {
            Moment::parse(value, offset).filter(|_| value.contains('T')).map(Moment::text)
        }
        // Blanks are bad style in a value, but forms in use have them.
        QuestionKind::SelectOne => value.chars().all(is_text).then(|| value.to_owned()),
        QuestionKind::SelectMultiple | QuestionKind::Rank => distinct(value),
        QuestionKind::Geopoint | QuestionKind::StartGeopoint => geopoint(value),
        QuestionKind::Geotrace => line(value).filter(|points| points.len() >= 2).map(|line| line.join(";")),
        QuestionKind::Geoshape => schema(value),
        _ if kind.is_file() => file_name(value),
        QuestionKind::Acknowledge => (value == "OK").then(|| value.to_owned()),
        _ => None,
    }
}

fn is_text(c: char) -> bool {
    !c.is_control() || matches!(c, '\n' | '\t' | '\r')
}

/// Up to 18 digits, without leading zeros: it fits 64 bits.
fn integer(value: &str) -> Option<String> {
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    if digits.is_empty() || digits.len() > 18 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    value.parse::<i64>().ok().map(|number| number.to_string())
}

/// Digits with at most one point, kept as written: 12.50 yuan stay 12.50.
fn decimal(value: &str) -> Option<String> {
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", value.strip_prefix('+').unwrap_or(value)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || digits.len() > 32 {
        return None;
    }
    let zeros = whole.len() - whole.trim_start_matches('0').len();
    let kept = digits.get(zeros.min(whole.len() - 1)..)?;
    Some(format!("{sign}{kept}"))
}

fn time(value: &str, offset: i32) -> Option<String> {
    let (ms, own) = parse_time(value)?;
    Some(time_text(ms, own.unwrap_or(offset)))
}

fn distinct(value: &str) -> Option<String> {
    let chosen: Vec<&str> = value.split_whitespace().collect();
    let distinct = match chosen.len() {
        0..=16 => {
            (1..).zip(&chosen).all(|(next, choice)| !chosen.iter().skip(next).any(|later| later == choice))
        }
        _ => chosen.iter().collect::<HashSet<_>>().len() == chosen.len(),
    };
    distinct.then(|| chosen.join(" "))
}

/// A name without folders, so that no form can point outside its own files.
fn file_name(value: &str) -> Option<String> {
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    let good = value.len() <= 255 && !value.starts_with('.') && !value.contains(odd);
    good.then(|| value.to_owned())
}

/// Places with semicolons between them.
fn line(value: &str) -> Option<Vec<String>> {
    let points = value.trim().trim_end_matches(';').split(';');
    points.map(|point| geopoint(point.trim())).collect()
}

/// A line that ends where it began, around at least three places.
fn schema(value: &str) -> Option<String> {
    let points = line(value).filter(|points| points.len() >= 4)?;
    (points.first() == points.last()).then(|| points.join(";"))
}

fn geopoint(value: &str) -> Option<String> {
    let parts: Vec<&str> = value.split_whitespace().collect();
    if !(2..=4).contains(&parts.len()) {
        return None;
    }
    let numbers: Vec<f64> = parts.iter().map_while(|part| ruhu_xpath::decimal(part)).collect();
    if numbers.len() != parts.len() {
        return None;
    }
    let at = |n: usize| numbers.get(n).copied().unwrap_or(0.0);
    let on_earth = at(0).abs() <= 90.0 && at(1).abs() <= 180.0 && at(3) >= 0.0;
    on_earth.then(|| (0..4).map(|n| parts.get(n).copied().unwrap_or("0")).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: QuestionKind, value: &str) -> Option<String> {
        normalise(kind, value, 480)
    }

    #[test]
    fn numbers_are_kept_as_a_person_wrote_them() {
        assert_eq!(of(QuestionKind::Integer, " 007 ").as_deref(), Some("7"));
        assert_eq!(of(QuestionKind::Decimal, "12.50").as_deref(), Some("12.50"));
        assert_eq!(of(QuestionKind::Decimal, "-000.5").as_deref(), Some("-0.5"));
        for bad in ["", "1e3", "1,000", "１２", "9999999999999999999", "12."] {
            assert_eq!(of(QuestionKind::Integer, bad), None, "{bad}");
        }
        for bad in ["", ".", "1.", ".5", "NaN", "1.2.3"] {
            assert_eq!(of(QuestionKind::Decimal, bad), None, "{bad}");
        }
    }

    #[test]
    fn a_picture_cannot_point_outside_the_form() {
        assert_eq!(of(QuestionKind::Image, "house_out.jpg").as_deref(), Some("house_out.jpg"));
        for bad in ["../x.jpg", "a/b.jpg", "C:x.jpg", ".hidden", "a\u{0}b"] {
            assert_eq!(of(QuestionKind::Image, bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_place_has_four_numbers() {
        assert_eq!(of(QuestionKind::Geopoint, "39.9 116.4").as_deref(), Some("39.9 116.4 0 0"));
        assert_eq!(of(QuestionKind::Geopoint, "91 116.4"), None);
        assert_eq!(of(QuestionKind::Geopoint, "39.9"), None);
    }

    #[test]
    fn a_line_has_two_places_and_a_shape_ends_where_it_began() {
        let line = "30.1 120.1 0 0;30.2 120.2 0 0";
        assert_eq!(of(QuestionKind::Geotrace, "30.1 120.1; 30.2 120.2;").as_deref(), Some(line));
        assert_eq!(of(QuestionKind::Geotrace, "30.1 120.1"), None);
        let schema = "30 120 0 0;30 121 0 0;31 121 0 0;30 120 0 0";
        assert_eq!(of(QuestionKind::Geoshape, schema).as_deref(), Some(schema));
        for open in ["30 120 0 0;30 121 0 0;31 121 0 0", "30 120;30 120", ";;;"] {
            assert_eq!(of(QuestionKind::Geoshape, open), None, "{open}");
        }
    }

    #[test]
    fn days_and_times_are_written_one_way() {
        assert_eq!(of(QuestionKind::Date, "2026-1-5").as_deref(), Some("2026-01-05"));
        assert_eq!(of(QuestionKind::Date, "2026-11-22T08:00"), None);
        assert_eq!(of(QuestionKind::Time, "08:30").as_deref(), Some("08:30:00.000+08:00"));
        assert_eq!(
            of(QuestionKind::DateTime, "2026-11-22T08:30:00Z").as_deref(),
            Some("2026-11-22T16:30:00.000+08:00")
        );
    }
}
