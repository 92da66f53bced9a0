//! The two languages of messages, and labels in the languages of a form.

use serde::{Deserialize, Serialize};

/// The language of a message that Ruhu itself writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese, the default.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The BCP 47 primary subtag: `zh` or `en`.
    pub fn code(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }
}

/// One message in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Text2 {
    /// The Chinese text.
    pub zh: String,
    /// The English text.
    pub en: String,
}

impl Text2 {
    /// Joins the two texts into one message.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Text2 { zh: zh.into(), en: en.into() }
    }

    /// The text in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

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
pub fn labels_to_text2(labels: &[(String, String)]) -> Text2 {
    Text2::new(label_in(labels, Lang::Zh.code()), label_in(labels, Lang::En.code()))
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
