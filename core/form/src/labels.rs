//! Labels in the languages of a form.

use minicbor::{Decode, Encode};
use ruhu_text::{Bilingual, Lang};
use serde::{Deserialize, Serialize};

/// A text in the languages of a form: pairs of (language, text), the form's
/// default language first. The language is the name the author wrote after
/// `label::`, for instance `中文 (zh)`; it is empty in a form of one unnamed
/// language. Written as the list of its pairs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Labels(#[n(0)] Vec<(String, String)>);

impl Labels {
    /// No text in any language.
    pub const fn new() -> Labels {
        Labels(Vec::new())
    }

    /// A text in one language.
    pub fn one(language: impl Into<String>, text: impl Into<String>) -> Labels {
        Labels(vec![(language.into(), text.into())])
    }

    /// The text for `language`: that of the language of exactly that name, else
    /// of the one whose code in brackets is `language`, else the first that is
    /// not empty. Empty when there is none.
    pub fn get(&self, language: &str) -> &str {
        let exact = self.iter().find(|(name, _)| name == language);
        exact
            .or_else(|| self.iter().find(|(name, _)| language_code(name) == language))
            .filter(|(_, text)| !text.is_empty())
            .or_else(|| self.iter().find(|(_, text)| !text.is_empty()))
            .map_or("", |(_, text)| text.as_str())
    }

    /// The text in Ruhu's two languages; each falls back to any text there is.
    pub fn bilingual(&self) -> Bilingual {
        Bilingual::new(self.get(Lang::Zh.code()), self.get(Lang::En.code()))
    }

    /// Whether no language has a text, not even an empty one.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In how many languages there is a text.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds the text of one more language, after the others.
    pub fn push(&mut self, pair: (String, String)) {
        self.0.push(pair);
    }

    /// The pairs of (language, text), in their order.
    pub fn as_slice(&self) -> &[(String, String)] {
        &self.0
    }

    /// The pair of the default language.
    pub fn first(&self) -> Option<&(String, String)> {
        self.0.first()
    }

    /// The pairs of (language, text), in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, (String, String)> {
        self.0.iter()
    }

    /// The pairs of (language, text), to be changed in their place.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, (String, String)> {
        self.0.iter_mut()
    }
}

impl From<Vec<(String, String)>> for Labels {
    fn from(pairs: Vec<(String, String)>) -> Labels {
        Labels(pairs)
    }
}

impl From<Bilingual> for Labels {
    /// Under the codes of Ruhu's two languages.
    fn from(Bilingual { zh, en }: Bilingual) -> Labels {
        Labels(vec![(Lang::Zh.code().to_owned(), zh), (Lang::En.code().to_owned(), en)])
    }
}

impl FromIterator<(String, String)> for Labels {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Labels {
        Labels(pairs.into_iter().collect())
    }
}

impl IntoIterator for Labels {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Labels {
    type Item = &'a (String, String);
    type IntoIter = std::slice::Iter<'a, (String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Labels {
    type Item = &'a mut (String, String);
    type IntoIter = std::slice::IterMut<'a, (String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

/// The code in brackets of an XLSForm language name: `zh` of `中文 (zh)`.
pub fn language_code(name: &str) -> &str {
    name.rsplit_once('(').and_then(|(_, rest)| rest.trim_end().strip_suffix(')')).map_or(name, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> Vec<(String, String)> {
        vec![("中文 (zh)".into(), "姓名".into()), ("English (en)".into(), "Name".into())]
    }

    #[test]
    fn a_label_is_found_by_name_and_by_code() {
        let labels = Labels::from(pairs());
        assert_eq!(labels.get("English (en)"), "Name");
        assert_eq!(labels.get("en"), "Name");
        assert_eq!(labels.get("zh"), "姓名");
    }

    #[test]
    fn a_missing_translation_falls_back_to_what_there_is() {
        assert_eq!(Labels::from(pairs()).get("bo"), "姓名");
        let half = Labels::from(vec![
            ("中文 (zh)".to_owned(), String::new()),
            ("English (en)".into(), "Name".into()),
        ]);
        assert_eq!(half.get("zh"), "Name");
        assert_eq!(Labels::new().get("zh"), "");
        assert_eq!(half.bilingual(), Bilingual::new("Name", "Name"));
    }

    #[test]
    fn a_text_in_both_languages_comes_back_as_it_was() {
        let text = Bilingual::new("姓名", "Name");
        assert_eq!(Labels::from(text.clone()).bilingual(), text);
    }

    #[test]
    fn labels_are_written_as_the_list_of_their_pairs() {
        let labels = Labels::from(pairs());
        assert_eq!(serde_json::to_string(&labels).unwrap(), serde_json::to_string(&pairs()).unwrap());
        let bytes = minicbor::to_vec(&labels).unwrap();
        assert_eq!(bytes, minicbor::to_vec(pairs()).unwrap());
        assert_eq!(minicbor::decode::<Labels>(&bytes).unwrap(), labels);
    }
}
