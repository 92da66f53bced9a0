//! The words of the type column.

use crate::fault::nearest;
use crate::question::QuestionKind;

/// What a type cell says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Type {
    Question(QuestionKind),
    /// A select question and its list.
    Select {
        kind: QuestionKind,
        list: String,
    },
    Begin(QuestionKind),
    End(QuestionKind),
    /// A select without a list.
    NoList,
    /// `or_other` after the list.
    OrOther,
    /// XLSForm has it, this version does not.
    Unsupported,
    Unknown {
        suggestion: Option<&'static str>,
    },
}

const QUESTIONS: [(&str, QuestionKind); 24] = [
    ("text", QuestionKind::Text),
    ("string", QuestionKind::Text),
    ("integer", QuestionKind::Integer),
    ("int", QuestionKind::Integer),
    ("decimal", QuestionKind::Decimal),
    ("date", QuestionKind::Date),
    ("time", QuestionKind::Time),
    ("datetime", QuestionKind::DateTime),
    ("note", QuestionKind::Note),
    ("calculate", QuestionKind::Calculate),
    ("calculation", QuestionKind::Calculate),
    ("image", QuestionKind::Image),
    ("photo", QuestionKind::Image),
    ("geopoint", QuestionKind::Geopoint),
    ("gps", QuestionKind::Geopoint),
    ("location", QuestionKind::Geopoint),
    ("acknowledge", QuestionKind::Acknowledge),
    ("trigger", QuestionKind::Acknowledge),
    ("hidden", QuestionKind::Hidden),
    ("start", QuestionKind::Start),
    ("starttime", QuestionKind::Start),
    ("end", QuestionKind::End),
    ("endtime", QuestionKind::End),
    ("today", QuestionKind::Today),
];

const SELECTS: [(&str, QuestionKind); 8] = [
    ("select_one", QuestionKind::SelectOne),
    ("select_multiple", QuestionKind::SelectMultiple),
    ("select_one_from", QuestionKind::SelectOne),
    ("select_multiple_from", QuestionKind::SelectMultiple),
    ("select_all_that_apply", QuestionKind::SelectMultiple),
    ("select_all_that_apply_from", QuestionKind::SelectMultiple),
    ("select1", QuestionKind::SelectOne),
    ("select", QuestionKind::SelectMultiple),
];

const STRUCTURE: [&str; 4] = ["begin_group", "end_group", "begin_repeat", "end_repeat"];

const UNSUPPORTED: [&str; 30] = [
    "range",
    "barcode",
    "audio",
    "video",
    "file",
    "rank",
    "geotrace",
    "geoshape",
    "start-geopoint",
    "background-geopoint",
    "background-audio",
    "audit",
    "deviceid",
    "device_id",
    "phonenumber",
    "phone_number",
    "username",
    "email",
    "simserial",
    "subscriberid",
    "csv-external",
    "xml-external",
    "select_one_from_file",
    "select_multiple_from_file",
    "select_one_external",
    "add_select_one_prompt_using",
    "xml-entities",
    "printwidget",
    "uri_deviceid",
    "instance",
];

/// Reads a type cell, in any case and with any blanks.
pub(super) fn read(cell: &str) -> Type {
    let words: Vec<&str> = cell.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let joined = lower.join("_");
    match joined.as_str() {
        "begin_group" => return Type::Begin(QuestionKind::Group),
        "begin_repeat" => return Type::Begin(QuestionKind::Repeat),
        "end_group" => return Type::End(QuestionKind::Group),
        "end_repeat" => return Type::End(QuestionKind::Repeat),
        _ => {}
    }
    if let Some((_, kind)) = QUESTIONS.iter().find(|(name, _)| *name == joined) {
        return Type::Question(*kind);
    }
    let first = lower.first().copied().unwrap_or("");
    if UNSUPPORTED.contains(&first) || UNSUPPORTED.contains(&joined.as_str()) {
        return Type::Unsupported;
    }
    select(&words, &lower).unwrap_or_else(|| unknown(first, &joined))
}

/// `select_one list`, `select one from list`, `select_multiple list or_other`.
fn select(words: &[&str], lower: &[&str]) -> Option<Type> {
    let (kind, used) = (1..=5.min(lower.len())).rev().find_map(|used| {
        let name = lower.get(..used)?.join("_");
        SELECTS.iter().find(|(select, _)| *select == name).map(|(_, kind)| (*kind, used))
    })?;
    Some(match (words.get(used), lower.get(used + 1..)) {
        (None, _) => Type::NoList,
        (Some(list), None | Some([])) => Type::Select { kind, list: (*list).to_owned() },
        (Some(_), Some(["or_other" | "or", ..])) => Type::OrOther,
        _ => Type::Unknown { suggestion: None },
    })
}

fn unknown(first: &str, joined: &str) -> Type {
    let names = || QUESTIONS.iter().map(|(name, _)| *name).chain(STRUCTURE);
    let selects = SELECTS.iter().map(|(name, _)| *name);
    Type::Unknown { suggestion: nearest(joined, names()).or_else(|| nearest(first, selects)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_in_the_spellings_people_use() {
        let list = |kind| Type::Select { kind, list: "yes_no".into() };
        assert_eq!(read("select_one yes_no"), list(QuestionKind::SelectOne));
        assert_eq!(read("Select one  from yes_no"), list(QuestionKind::SelectOne));
        assert_eq!(read("select_multiple yes_no"), list(QuestionKind::SelectMultiple));
        assert_eq!(read("begin group"), Type::Begin(QuestionKind::Group));
        assert_eq!(read("END_REPEAT"), Type::End(QuestionKind::Repeat));
        assert_eq!(read("dateTime"), Type::Question(QuestionKind::DateTime));
    }

    #[test]
    fn what_is_not_read_says_what_it_may_have_meant() {
        assert_eq!(read("interger"), Type::Unknown { suggestion: Some("integer") });
        assert_eq!(read("selct_one yes_no"), Type::Unknown { suggestion: Some("select_one") });
        assert_eq!(read("select_one"), Type::NoList);
        assert_eq!(read("select_one yes_no or_other"), Type::OrOther);
        assert_eq!(read("geotrace"), Type::Unsupported);
        assert_eq!(read("hologram"), Type::Unknown { suggestion: None });
    }
}
