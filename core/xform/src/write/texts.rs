//! Labels, hints, messages and media, in the `itext` of a form that has
//! several languages, else where they stand.

use super::export::Export;
use super::itext::Value;
use super::markup::{Markup, Piece, attributes};
use crate::vocabulary::media_folder;
use ruhu_form::Labels;
use ruhu_xpath::{NodeDefId, ROOT_DEF};

/// A text of a row or choice with its media.
pub(super) struct Words<'w> {
    pub labels: &'w Labels,
    pub media: &'w [(String, Labels)],
    pub guidance: &'w [(String, String)],
}

impl Words<'_> {
    fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.media.is_empty() && self.guidance.is_empty()
    }
}

impl Export<'_> {
    /// Keeps a text under an id. Place is none where nothing is filled in.
    pub(super) fn keep(&mut self, id: &str, words: &Words<'_>, def: Option<NodeDefId>) {
        let mut values = Vec::new();
        let languages = self.form.languages();
        let language = |name: &String| languages.iter().position(|found| found == name);
        for (name, text) in words.labels {
            let pieces = match def {
                Some(def) => self.template(text, def),
                None => vec![Piece::Text(text.clone())],
            };
            values.extend(language(name).map(|language| Value { language, form: None, pieces }));
        }
        for (name, text) in words.guidance {
            let form = Some("guidance".to_owned());
            let pieces = def.map_or_else(Vec::new, |def| self.template(text, def));
            values.extend(language(name).map(|language| Value { language, form, pieces }));
        }
        for (kind, files) in words.media {
            for (name, file) in files {
                let pieces = vec![Piece::Text(address(kind, file))];
                let form = Some(kind.clone());
                values.extend(language(name).map(|language| Value { language, form, pieces }));
            }
        }
        self.itext.texts.push((id.to_owned(), values));
    }

    /// Writes a label or hint.
    pub(super) fn words(
        &mut self,
        markup: &mut Markup,
        element: &'static str,
        id: &str,
        words: &Words<'_>,
        def: NodeDefId,
    ) {
        if words.is_empty() {
            return;
        }
        if self.has_itext {
            return markup.empty(element, attributes([("ref", Some(format!("jr:itext('{id}')")))]));
        }
        if let Some((_, text)) = words.labels.first() {
            let pieces = self.template(text, def);
            markup.pieces(element, Vec::new(), &pieces);
        }
    }

    /// What stands in `jr:constraintMsg`.
    pub(super) fn message(&self, id: &str, labels: &Labels) -> Option<String> {
        let (_, text) = labels.first()?;
        Some(if self.has_itext { format!("jr:itext('{id}')") } else { text.clone() })
    }

    /// Collects the texts of all rows, choices and groups of the screen.
    pub(super) fn collect(&mut self) {
        if !self.has_itext {
            return;
        }
        let definition = self.form.definition();
        for (row, def) in definition.rows.iter().zip(1..) {
            let path = self.path_of(def).to_owned();
            let texts = [
                (":label", Words { labels: &row.labels, media: &row.media, guidance: &[] }),
                (":hint", Words { labels: &row.hints, media: &[], guidance: row.guidance_hints.as_slice() }),
                (":jr:constraintMsg", Words { labels: &row.constraint_messages, media: &[], guidance: &[] }),
                (":jr:requiredMsg", Words { labels: &row.required_messages, media: &[], guidance: &[] }),
            ];
            for (suffix, words) in texts.iter().filter(|(_, words)| !words.is_empty()) {
                self.keep(&format!("{path}{suffix}"), words, Some(def));
            }
        }
        for list in &definition.lists {
            for (choice, n) in list.choices.iter().zip(0..) {
                let words = Words { labels: &choice.labels, media: &choice.media, guidance: &[] };
                let refers = choice.labels.iter().any(|(_, text)| self.refers(text));
                self.keep(&format!("{}-{n}", list.name), &words, refers.then_some(ROOT_DEF));
            }
        }
        for (item, n) in definition.layout.iter().zip(0_usize..) {
            if !item.labels.is_empty() {
                let words = Words { labels: &item.labels, media: &[], guidance: &[] };
                self.keep(&format!("layout-{n}:label"), &words, item.row.map(|row| row + 1).or(Some(0)));
            }
        }
        self.collect_looked_up();
    }

    /// Texts that only expressions ask for.
    fn collect_looked_up(&mut self) {
        for (id, labels) in self.form.definition().texts.iter().flatten() {
            if !self.itext.texts.iter().any(|(known, _)| known == id) {
                self.keep(id, &Words { labels, media: &[], guidance: &[] }, None);
            }
        }
    }

    pub(super) fn write_itext(&self, markup: &mut Markup) {
        if !self.has_itext {
            return;
        }
        markup.open("itext", Vec::new());
        for (language, name) in self.form.languages().iter().enumerate() {
            let name = if name.is_empty() { "default" } else { name };
            let default = (language == 0).then(|| "true()".to_owned());
            markup.open("translation", attributes([("lang", Some(name.to_owned())), ("default", default)]));
            for (id, values) in &self.itext.texts {
                markup.open("text", attributes([("id", Some(id.clone()))]));
                let mut has_label = false;
                for value in values.iter().filter(|value| value.language == language) {
                    has_label |= value.form.is_none();
                    markup.pieces("value", attributes([("form", value.form.clone())]), &value.pieces);
                }
                // Engines want every text in every language; pyxform writes this.
                if !has_label && values.iter().any(|value| value.form.is_none()) {
                    markup.leaf("value", Vec::new(), "-");
                }
                markup.close();
            }
            markup.close();
        }
        markup.close();
    }
}

fn address(kind: &str, file: &str) -> String {
    match (kind, file.contains("://")) {
        ("short", _) | (_, true) => file.to_owned(),
        _ => format!("jr://{}/{file}", media_folder(kind)),
    }
}
