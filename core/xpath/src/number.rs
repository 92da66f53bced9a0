//! Numbers as texts, and texts as numbers.

use crate::moment::Moment;

/// A number as XPath writes it (section 4.2): no exponent, no `-0`.
pub(crate) fn number_to_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    number.to_string()
}

/// The number that a text is. A day or moment is its days since 1970, as the
/// ODK XForms specification has it; anything else is not a number.
pub(crate) fn text_to_number(text: &str, utc_offset_minutes: i32) -> f64 {
    let text = trim(text);
    match decimal(text) {
        Some(number) => number,
        None => Moment::parse(text, utc_offset_minutes).map_or(f64::NAN, |moment| moment.days()),
    }
}

/// Without the blanks of XML around it.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// A number written as `-12.5`, with an optional exponent, for ODK engines
/// take `1e3` from a node.
pub fn decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (digits, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = all_digits(whole)
        && all_digits(fraction)
        && whole.len() + fraction.len() > 0
        && exponent.is_none_or(|exponent| !exponent.is_empty() && all_digits(exponent));
    if well_formed { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_exponents() {
        assert_eq!(number_to_text(1_234_567_890_123_456_789.0), "1234567890123456800");
        assert_eq!(number_to_text(0.000_000_1), "0.0000001");
        assert_eq!(number_to_text(-0.0), "0");
        assert_eq!(number_to_text(3.0), "3");
    }

    #[test]
    fn what_is_not_a_number_is_not_read_as_one() {
        for text in ["", "-", ".", "+1", "1 2", "1,000", "0x10", "inf", "nan", "e5", "１２"] {
            assert!(text_to_number(text, 480).is_nan(), "{text}");
        }
        assert_eq!(text_to_number(" 12.50 ", 480), 12.5);
        assert_eq!(text_to_number("1970-01-03", 480), 2.0);
    }
}
