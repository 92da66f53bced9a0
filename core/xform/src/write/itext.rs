//! The texts of a form by their ids, as they will be written.

use super::markup::Piece;
use ruhu_form::Labels;
use ruhu_form::definition::{Definition, Row};

/// A value of a text in one language.
pub(super) struct Value {
    pub language: usize,
    pub form: Option<String>,
    pub pieces: Vec<Piece>,
}

/// The texts of a form.
#[derive(Default)]
pub(super) struct Itext {
    pub texts: Vec<(String, Vec<Value>)>,
}

/// Whether a form needs an itext: languages with names, media, guidance, and
/// values in messages have no other place.
pub(super) fn needs_itext(definition: &Definition) -> bool {
    let named = definition.languages.iter().any(|language| !language.is_empty());
    let has_value = |labels: &Labels| labels.iter().any(|(_, text)| text.contains("${"));
    let of_row = |row: &Row| {
        !row.media.is_empty()
            || !row.guidance_hints.is_empty()
            || has_value(&row.constraint_messages)
            || has_value(&row.required_messages)
    };
    let choices = definition.lists.iter().flat_map(|list| list.choices.iter());
    named
        || definition.texts.is_some()
        || definition.rows.iter().any(of_row)
        || choices.into_iter().any(|choice| !choice.media.is_empty() || has_value(&choice.labels))
}
