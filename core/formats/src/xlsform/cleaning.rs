//! The marks that typing in Chinese and word processors leave in expressions,
//! names and parameters, and what they stand for.

/// A sign that is read as another wherever an expression is read, outside of
/// quoted texts.
pub(super) const SIGNS: [(char, char); 12] = [
    ('“', '"'),
    ('”', '"'),
    ('„', '"'),
    ('‘', '\''),
    ('’', '\''),
    ('，', ','),
    ('、', ','),
    ('。', '.'),
    ('－', '-'),
    ('—', '-'),
    ('×', '*'),
    ('\u{3000}', ' '),
];

/// Words that mean yes and no in columns that ask for it, besides XPath's.
pub(super) const YES: [&str; 8] = ["yes", "true", "true()", "y", "1", "是", "对", "√"];
/// See [`YES`].
pub(super) const NO: [&str; 7] = ["no", "false", "false()", "n", "0", "否", "不"];

/// What a cell says when it says yes or no.
pub(super) fn truth(text: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is(&YES) {
        return Some(true);
    }
    is(&NO).then_some(false)
}

/// The sign meant by a full-width or typographic one.
pub(super) fn sign(c: char) -> char {
    if let Some((_, meant)) = SIGNS.iter().find(|(found, _)| *found == c) {
        return *meant;
    }
    // The full-width forms stand in the order of ASCII (Unicode block FF00).
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{A0}' => ' ',
        c => c,
    }
}

/// An expression with its signs as XPath knows them, and whether any changed.
/// Quoted texts stay as they are; they end with the mark they began with, and
/// one begun with a typographic mark ends with its partner.
pub(super) fn expression(text: &str) -> (String, bool) {
    let mut clean = String::with_capacity(text.len());
    let mut until: Option<char> = None;
    for c in text.chars() {
        let meant = match until {
            Some(end) if c == end => {
                until = None;
                sign(c)
            }
            Some(_) => c,
            None => {
                until = closing(c);
                sign(c)
            }
        };
        clean.push(meant);
    }
    let changed = clean != text && text.chars().any(|c| c != '\u{A0}' && sign(c) != c);
    (clean, changed)
}

fn closing(c: char) -> Option<char> {
    match c {
        '"' | '\'' | '＂' | '＇' => Some(c),
        '“' | '”' | '„' => Some('”'),
        '‘' | '’' => Some('’'),
        _ => None,
    }
}

/// A name like `text` that can be one: signs half-width, blanks and others `_`.
pub(super) fn name_like(text: &str) -> String {
    let mut name: String = text
        .chars()
        .map(sign)
        .map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' })
        .collect();
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        name.insert_str(0, "q_");
    }
    name
}

/// Runs of blanks as one; blanks that do not break as plain ones.
pub(super) fn blanks(text: &str) -> Option<String> {
    if !text.contains('\u{A0}') && !text.contains("  ") {
        return None;
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        let c = if c == '\u{A0}' { ' ' } else { c };
        if c != ' ' || !clean.ends_with(' ') {
            clean.push(c);
        }
    }
    Some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_typed_in_chinese_are_read_as_xpaths_own() {
        let read = |text| expression(text).0;
        assert_eq!(read("selected（${a}，‘yes’）"), "selected(${a},'yes')");
        assert_eq!(read("． ＞＝ １８ and “甲，乙” ＝ ${b}"), ". >= 18 and \"甲，乙\" = ${b}");
        assert_eq!(read("concat('（', ${a}, '）')"), "concat('（', ${a}, '）')");
        assert!(!expression("${a} = '是，对'").1);
        assert!(expression("${a} ＝ 1").1);
    }

    #[test]
    fn a_name_that_cannot_be_one_has_a_neighbour_that_can() {
        assert_eq!(name_like("户主 姓名"), "户主_姓名");
        assert_eq!(name_like("Ａ１（新）"), "A1_新_");
        assert_eq!(name_like("2f"), "q_2f");
    }

    #[test]
    fn yes_and_no_are_read_in_both_languages() {
        assert_eq!(truth("TRUE"), Some(true));
        assert_eq!(truth("是"), Some(true));
        assert_eq!(truth("No"), Some(false));
        assert_eq!(truth("${a} = 1"), None);
    }
}
