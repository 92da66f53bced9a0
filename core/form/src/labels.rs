//! Labels in the languages of a form.

use ruhu_text::{Bilingual, Lang};

/// A text in the languages of a form: pairs of (language, text), the form's
/// default language first. The language is the name the author wrote after
/// `label::`, for instance `中文 (zh)`; it is empty in a form of one unnamed
/// language.
pub type Labels = Vec<(String, String)>;

/// Chooses a text for `language`: the language of exactly that name, else the
/// one whose code in brackets is `language`, else the first that is not empty.
pub fn label_in<'a>(labels: &'a [(String, String)], language: &str) -> &'a str {
    let exact = labels.iter().find(|(name, _)| name == language);
    exact
        .or_else(|| labels.iter().find(|(name, _)| language_code(name) == language))
        .filter(|(_, text)| !text.is_empty())
        .or_else(|| labels.iter().find(|(_, text)| !text.is_empty()))
        .map_or("", |(_, text)| text.as_str())
}

/// The labels of a form as a message in Ruhu's two languages; each falls back
/// to any text there is.
pub fn labels_to_bilingual(labels: &[(String, String)]) -> Bilingual {
    Bilingual::new(label_in(labels, Lang::Zh.code()), label_in(labels, Lang::En.code()))
}

/// The code in brackets of an XLSForm language name: `zh` of `中文 (zh)`.
pub fn language_code(name: &str) -> &str {
    name.rsplit_once('(').and_then(|(_, rest)| rest.trim_end().strip_suffix(')')).map_or(name, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Labels {
        vec![("中文 (zh)".into(), "姓名".into()), ("English (en)".into(), "Name".into())]
    }

    #[test]
    fn a_label_is_found_by_name_and_by_code() {
        assert_eq!(label_in(&labels(), "English (en)"), "Name");
        assert_eq!(label_in(&labels(), "en"), "Name");
        assert_eq!(label_in(&labels(), "zh"), "姓名");
    }

    #[test]
    fn a_missing_translation_falls_back_to_what_there_is() {
        assert_eq!(label_in(&labels(), "bo"), "姓名");
        let half = vec![("中文 (zh)".to_owned(), String::new()), ("English (en)".into(), "Name".into())];
        assert_eq!(label_in(&half, "zh"), "Name");
        assert_eq!(label_in(&[], "zh"), "");
    }
}
