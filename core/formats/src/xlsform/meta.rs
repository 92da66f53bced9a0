//! The group `meta` that every form has (OpenRosa metadata): who this filling
//! is, what it is called, and what it makes of entities.

use super::cleaning;
use ruhu_form::QuestionKind;
use ruhu_form::definition::{Definition, Row, Source};

/// The column of a generated expression; a fault there is one of the settings.
pub(super) const INSTANCE_NAME: &str = "instance_name";

/// What goes into the group.
pub(super) struct Meta {
    /// Rows of the survey that belong there: the audit.
    pub rows: Vec<Row>,
    /// Whether the filling has no identity of its own.
    pub omit_id: bool,
    /// The expression of its name.
    pub name: Option<String>,
}

/// Adds the group at the end, or to the end of the one that entities made.
pub(super) fn add(definition: &mut Definition, meta: Meta) {
    let mut rows = meta.rows;
    if !meta.omit_id {
        rows.push(Row {
            kind: QuestionKind::Calculate,
            name: "instanceID".to_owned(),
            calculation: Some(cell("once(concat('uuid:', uuid()))", "instanceID")),
            read_only: Some(cell("true()", "instanceID")),
            ..Row::default()
        });
    }
    if let Some(name) = meta.name {
        rows.push(Row {
            kind: QuestionKind::Calculate,
            name: "instanceName".to_owned(),
            calculation: Some(cell(&cleaning::expression(&name).0, INSTANCE_NAME)),
            ..Row::default()
        });
    }
    if rows.is_empty() {
        return;
    }
    let parent = Some(group(definition, None));
    definition.rows.extend(rows.into_iter().map(|row| Row { parent, ..row }));
}

/// The group `meta` of the root or of a repeat: what is there or a new one, at
/// the end of the rows.
pub(super) fn group(definition: &mut Definition, parent: Option<u32>) -> u32 {
    let is_meta = |row: &Row| row.name == "meta" && row.parent == parent && row.kind == QuestionKind::Group;
    let at = definition.rows.iter().position(is_meta).unwrap_or_else(|| {
        definition.rows.push(Row {
            kind: QuestionKind::Group,
            name: "meta".to_owned(),
            parent,
            ..Row::default()
        });
        definition.rows.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}

pub(super) fn cell(text: &str, column: &str) -> Source {
    Source { text: text.to_owned(), column: column.to_owned() }
}
