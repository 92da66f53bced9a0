//! The sheet `settings`: headings and one row.

use super::table::Table;
use crate::fault::Fault;
use crate::lang::Text2;
use crate::xpath::is_name;

pub(super) const ALIASES: [(&str, &str); 4] = [
    ("id_string", "form_id"),
    ("title", "form_title"),
    ("formid", "form_id"),
    ("set_form_title", "form_title"),
];

/// What is read, and what other tools read and has no effect here.
const KNOWN: [&str; 12] = [
    "form_id",
    "form_title",
    "version",
    "default_language",
    "name",
    "allow_choice_duplicates",
    "style",
    "instance_name",
    "submission_url",
    "auto_send",
    "auto_delete",
    "sms_keyword",
];

pub(super) struct Settings {
    pub id: String,
    pub title: String,
    pub version: String,
    pub root: String,
    pub default_language: String,
    pub allow_duplicates: bool,
}

pub(super) fn read(table: Option<&Table<'_>>, faults: &mut Vec<Fault>) -> Settings {
    let row = table.and_then(|table| table.rows().next().map(|row| (table, row)));
    let text = |column: &str| {
        row.and_then(|(table, row)| table.cell(row, column))
            .map_or_else(String::new, |found| found.text.to_owned())
    };
    if let Some(table) = table {
        table.warn_unknown(&KNOWN, faults);
    }
    let id = text("form_id");
    if id.is_empty() {
        let message =
            Text2::new("没有写 form_id，暂以 data 代替。", "There is no form_id; “data” stands in for it.");
        faults.push(Fault::warning("no-form-id", message).at_sheet("settings").at_cell("form_id", "").hint(
            Text2::new(
                "请在 settings 工作表写上 form_id 和 version。",
                "Give form_id and version on the sheet “settings”.",
            ),
        ));
    }
    let root = text("name");
    if let Some((table, row)) = row.filter(|_| !root.is_empty() && !is_name(&root)) {
        let message = Text2::new(
            format!("“{root}”不能作根节点名。"),
            format!("“{root}” cannot be the name of the root."),
        );
        faults.push(table.fault(Fault::error("bad-name", message), row, "name"));
    }
    let title = text("form_title");
    Settings {
        title: if title.is_empty() { id.clone() } else { title },
        id: if id.is_empty() { "data".to_owned() } else { id },
        version: text("version"),
        root: if is_name(&root) { root } else { "data".to_owned() },
        default_language: text("default_language"),
        allow_duplicates: matches!(
            text("allow_choice_duplicates").to_ascii_lowercase().as_str(),
            "yes" | "true"
        ),
    }
}
