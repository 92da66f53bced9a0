//! Labels, hints and messages, in all languages.

use crate::paths::itext_id;
use crate::xml::{Node, Part};
use ruhu_form::Labels;
use std::collections::HashMap;

/// The translations of a form: its `itext`.
pub(super) struct Texts<'a> {
    /// The default language first; one without a name when there is no itext.
    pub languages: Vec<String>,
    /// The values of each text, with the position of their language.
    ids: HashMap<&'a str, Vec<(usize, Node<'a>)>>,
}

/// What a label or hint is in all its forms.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Text {
    pub labels: Labels,
    pub guidance: Labels,
    /// By kind of media.
    pub media: Vec<(String, Labels)>,
    /// Whether a value of the form stands in it.
    pub has_output: bool,
}

/// Whether `${` in a text begins an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Labels, hints and messages: `${...}` is filled in.
    Template,
    /// Labels of choices: nothing is.
    Plain,
}

impl<'a> Texts<'a> {
    pub fn of(model: Node<'a>) -> Texts<'a> {
        let mut translations: Vec<Node<'a>> =
            model.child("itext").into_iter().flat_map(|itext| itext.named("translation")).collect();
        let is_default = |node: &Node<'_>| {
            node.attribute("default").is_some_and(|value| !matches!(value.trim(), "false()" | "false"))
        };
        if let Some(at) = translations.iter().position(is_default) {
            let first = translations.remove(at);
            translations.insert(0, first);
        }
        let mut languages: Vec<String> = Vec::new();
        let mut ids: HashMap<&str, Vec<(usize, Node<'a>)>> = HashMap::new();
        for translation in translations {
            let language = translation.attribute("lang").unwrap_or("").to_owned();
            let at = languages.iter().position(|found| *found == language).unwrap_or_else(|| {
                languages.push(language);
                languages.len() - 1
            });
            for text in translation.named("text") {
                let Some(id) = text.attribute("id") else { continue };
                ids.entry(id).or_default().extend(text.named("value").map(|value| (at, value)));
            }
        }
        // The name that pyxform gives a language without one.
        match languages.as_mut_slice() {
            [] => languages.push(String::new()),
            [only] if only == "default" => only.clear(),
            _ => {}
        }
        Texts { languages, ids }
    }

    /// A `label` or `help`; the error is the id of a text that there is not.
    pub fn element(&self, node: Node<'a>, style: Style) -> Result<Text, String> {
        match node.attribute("ref").map(|reference| (reference, itext_id(reference))) {
            Some((_, Some(id))) => self.id(id, style).ok_or_else(|| id.to_owned()),
            Some((reference, None)) => Ok(Text {
                labels: self.one(format!("${{{}}}", expression(reference))),
                has_output: true,
                ..Text::default()
            }),
            None => {
                let (text, has_output) = content(node, style);
                Ok(Text { labels: self.one(text), has_output, ..Text::default() })
            }
        }
    }

    /// A message in an attribute: words, or `jr:itext('id')`.
    pub fn message(&self, text: &str) -> Labels {
        match itext_id(text) {
            Some(id) => self.id(id, Style::Template).unwrap_or_default().labels,
            None => self.one(escaped(text.trim(), Style::Template)),
        }
    }

    fn one(&self, text: String) -> Labels {
        let language = self.languages.first().cloned().unwrap_or_default();
        if text.is_empty() { Labels::new() } else { Labels::one(language, text) }
    }

    /// All texts by their ids, in the order of the ids.
    pub fn all(&self) -> Vec<(String, Labels)> {
        let mut ids: Vec<&str> = self.ids.keys().copied().collect();
        ids.sort_unstable();
        let labels = |id: &str| Some((id.to_owned(), self.id(id, Style::Plain)?.labels));
        ids.into_iter().filter_map(labels).collect()
    }

    /// The text of that id, in all its languages and forms.
    pub fn id(&self, id: &str, style: Style) -> Option<Text> {
        let mut values = self.ids.get(id)?.clone();
        values.sort_by_key(|(language, _)| *language);
        let mut text = Text::default();
        for (language, value) in values {
            let (content, has_output) = content(value, style);
            // What pyxform writes for a translation that is missing.
            let missing = content.is_empty() || (content == "-" && self.languages.len() > 1);
            let Some(language) = self.languages.get(language).filter(|_| !missing) else { continue };
            text.has_output |= has_output;
            let entry = (language.clone(), content);
            match value.attribute("form").unwrap_or("") {
                "" | "long" => add(&mut text.labels, entry),
                "guidance" => add(&mut text.guidance, entry),
                form => add_media(&mut text.media, form, entry),
            }
        }
        Some(text)
    }
}

fn add(labels: &mut Labels, entry: (String, String)) {
    if !labels.iter().any(|(language, _)| *language == entry.0) {
        labels.push(entry);
    }
}

fn add_media(media: &mut Vec<(String, Labels)>, form: &str, (language, address): (String, String)) {
    let file = address.strip_prefix("jr://").and_then(|rest| rest.split_once('/'));
    let entry = (language, file.map_or(address.clone(), |(_, file)| file.to_owned()));
    match media.iter_mut().find(|(found, _)| found == form) {
        Some((_, labels)) => add(labels, entry),
        None => media.push((form.to_owned(), Labels::from(vec![entry]))),
    }
}

/// The text in an element, with `${...}` where a value stands; and whether one
/// does.
fn content(node: Node<'_>, style: Style) -> (String, bool) {
    let mut text = String::new();
    let has_output = collect(node, style, &mut text);
    (text.trim().to_owned(), has_output)
}

fn collect(node: Node<'_>, style: Style, text: &mut String) -> bool {
    let mut has_output = false;
    for part in node.parts() {
        match part {
            Part::Text(part) => text.push_str(&escaped(part, style)),
            Part::Element(node) if node.name() == "output" => {
                let value = node.attribute("value").or_else(|| node.attribute("ref")).unwrap_or("");
                if !value.trim().is_empty() {
                    text.push_str(&format!("${{{}}}", expression(value)));
                    has_output = true;
                }
            }
            Part::Element(node) => has_output |= collect(node, style, text),
        }
    }
    has_output
}

/// A bare name in a template would mean a question wherever it stands.
fn expression(text: &str) -> String {
    let text = text.trim();
    if ruhu_xpath::is_name(text) { format!("./{text}") } else { text.to_owned() }
}

/// Words as a template: a `${` in them is no expression.
fn escaped(text: &str, style: Style) -> String {
    match style {
        Style::Template => text.replace("${", ruhu_form::template::LITERAL_MARK),
        Style::Plain => text.to_owned(),
    }
}
