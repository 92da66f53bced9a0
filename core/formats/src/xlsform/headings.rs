//! Headings of columns: the spellings people and other tools use.

use ruhu_form::language_code;

/// Another spelling and XLSForm's.
pub(super) type Alias = (&'static str, &'static str);

/// Headings of the survey, blanks as `_`, in lower case.
pub(super) const SURVEY: [Alias; 37] = [
    ("relevance", "relevant"),
    ("calculate", "calculation"),
    ("readonly", "read_only"),
    ("read-only", "read_only"),
    ("constraint-msg", "constraint_message"),
    ("constraint_msg", "constraint_message"),
    ("constraining_message", "constraint_message"),
    ("jr:constraintmsg", "constraint_message"),
    ("required_msg", "required_message"),
    ("requiredmsg", "required_message"),
    ("jr:requiredmsg", "required_message"),
    ("choice-filter", "choice_filter"),
    ("count", "repeat_count"),
    ("jr:count", "repeat_count"),
    ("value", "name"),
    ("tag", "name"),
    ("command", "type"),
    ("caption", "label"),
    ("image", "media::image"),
    ("audio", "media::audio"),
    ("video", "media::video"),
    ("big-image", "media::big-image"),
    ("parameter", "parameters"),
    ("params", "parameters"),
    ("guidance-hint", "guidance_hint"),
    ("save-to", "save_to"),
    ("entities:saveto", "save_to"),
    ("autoplay", "body::autoplay"),
    ("rows", "body::rows"),
    ("intent", "body::intent"),
    ("accuracythreshold", "body::accuracyThreshold"),
    ("noapperrorstring", "bind::jr:noAppErrorString"),
    ("no_app_error_string", "bind::jr:noAppErrorString"),
    ("compact_tag", "instance::odk:tag"),
    ("jr:preload", "bind::jr:preload"),
    ("jr:preloadparams", "bind::jr:preloadParams"),
    ("query", "body::query"),
];

/// Headings of choices and external choices.
pub(super) const CHOICES: [Alias; 9] = [
    ("list", "list_name"),
    ("listname", "list_name"),
    ("value", "name"),
    ("caption", "label"),
    ("choice_label", "label"),
    ("image", "media::image"),
    ("audio", "media::audio"),
    ("video", "media::video"),
    ("big-image", "media::big-image"),
];

/// Headings of the settings.
pub(super) const SETTINGS: [Alias; 7] = [
    ("id_string", "form_id"),
    ("formid", "form_id"),
    ("set_form_id", "form_id"),
    ("title", "form_title"),
    ("set_form_title", "form_title"),
    ("omit_instanceid", "omit_instanceID"),
    ("compact_prefix", "prefix"),
];

/// Headings of entities.
pub(super) const ENTITIES: [Alias; 3] =
    [("dataset", "list_name"), ("list", "list_name"), ("entityid", "entity_id")];

/// After `bind::`, in lower case: what has a column of its own.
const BINDS: [Alias; 9] = [
    ("relevant", "relevant"),
    ("relevance", "relevant"),
    ("required", "required"),
    ("constraint", "constraint"),
    ("readonly", "read_only"),
    ("calculate", "calculation"),
    ("jr:constraintmsg", "constraint_message"),
    ("jr:requiredmsg", "required_message"),
    ("entities:saveto", "save_to"),
];

/// After `body::` or `control::`, in lower case.
const CONTROLS: [Alias; 2] = [("appearance", "appearance"), ("jr:count", "repeat_count")];

/// Prefixes of XML names, whose colon belongs to the name.
const PREFIXES: [&str; 5] = ["jr", "odk", "orx", "entities", "uri"];

/// Beginnings of headings that other tools write for themselves.
pub(super) const OF_OTHER_TOOLS: [&str; 8] =
    ["kobo--", "$", "_", "hxl", "tags", "bind::oc:", "instance::oc:", "esri"];

/// A heading in XLSForm's words, and the language after it.
pub(super) fn read(written: &str, aliases: &[Alias]) -> (String, String) {
    let tokens = tokens(written);
    let mut tokens = tokens.iter().map(String::as_str);
    let first = tokens.next().unwrap_or_default();
    let rest: Vec<&str> = tokens.collect();
    let column = first.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join("_");
    let grouped = |table: &[Alias], prefix: &str| {
        let name = rest.first().copied().unwrap_or_default();
        let own = table.iter().find(|(alias, _)| name.eq_ignore_ascii_case(alias));
        let column = own.map_or_else(|| format!("{prefix}::{name}"), |(_, own)| (*own).to_owned());
        (column, rest.get(1..).unwrap_or_default().join("::"))
    };
    match column.as_str() {
        "ruhu" => (format!("ruhu::{}", rest.join("::")), String::new()),
        "bind" => grouped(&BINDS, "bind"),
        "body" | "control" => grouped(&CONTROLS, "body"),
        "instance" | "attribute" => grouped(&[], &column),
        "media" => {
            let (column, language) = grouped(&[], "media");
            (column.to_lowercase(), language)
        }
        _ => {
            let own = aliases.iter().find(|(alias, _)| *alias == column);
            let column = own.map_or(column, |(_, own)| (*own).to_owned());
            (column, rest.join("::"))
        }
    }
}

/// `Label :: English`, `label:English`, `bind:jr:constraintMsg:English`.
fn tokens(written: &str) -> Vec<String> {
    if written.contains("::") {
        return written.split("::").map(|token| token.trim().to_owned()).collect();
    }
    let mut tokens: Vec<String> = Vec::new();
    let mut prefix: Option<String> = None;
    for token in written.split([':', '：']).map(str::trim) {
        match prefix.take() {
            Some(prefix) => tokens.push(format!("{prefix}:{token}")),
            None if PREFIXES.contains(&token.to_ascii_lowercase().as_str()) => {
                prefix = Some(token.to_owned())
            }
            None => tokens.push(token.to_owned()),
        }
    }
    tokens.extend(prefix);
    tokens
}

/// Whether a language is meant: by its whole name, its code, or the name
/// without the code.
pub(super) fn is_language(language: &str, wanted: &str) -> bool {
    let bare = |name: &str| name.split_once('(').map_or(name, |(bare, _)| bare).trim().to_lowercase();
    language == wanted || language_code(language) == language_code(wanted) || bare(language) == bare(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(written: &str) -> (String, String) {
        read(written, &SURVEY)
    }

    fn pair(column: &str, language: &str) -> (String, String) {
        (column.to_owned(), language.to_owned())
    }

    #[test]
    fn headings_are_read_in_the_spellings_of_many_tools() {
        assert_eq!(survey("Label :: English (en)"), pair("label", "English (en)"));
        assert_eq!(survey("label:中文 (zh)"), pair("label", "中文 (zh)"));
        assert_eq!(survey("Constraint Message::zh"), pair("constraint_message", "zh"));
        assert_eq!(survey("bind:relevant"), pair("relevant", ""));
        assert_eq!(survey("bind::jr:constraintMsg::en"), pair("constraint_message", "en"));
        assert_eq!(survey("bind:jr:constraintMsg"), pair("constraint_message", ""));
        assert_eq!(survey("bind::odk:length"), pair("bind::odk:length", ""));
        assert_eq!(survey("control::appearance"), pair("appearance", ""));
        assert_eq!(survey("jr:count"), pair("repeat_count", ""));
        assert_eq!(survey("media::image::English"), pair("media::image", "English"));
        assert_eq!(survey("image::English"), pair("media::image", "English"));
        assert_eq!(survey("ruhu::save_to"), pair("ruhu::save_to", ""));
        assert_eq!(survey("instance::custom"), pair("instance::custom", ""));
    }
}
