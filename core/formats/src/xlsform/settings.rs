//! The sheet `settings`: headings and one row.

use super::checks::Cells;
use super::table::Table;
use super::{cleaning, headings};
use crate::workbook::{Sheet, SheetRow};
use ruhu_text::{Bilingual, Diagnostic};
use ruhu_xpath::is_name;

/// What is read here.
const READ: [&str; 8] = [
    "form_id",
    "form_title",
    "version",
    "default_language",
    "name",
    "allow_choice_duplicates",
    "instance_name",
    "omit_instanceID",
];

/// What is kept for hosts, for export and for the tools that use it.
const KEPT: [&str; 21] = [
    "style",
    "submission_url",
    "public_key",
    "auto_send",
    "auto_delete",
    "instance_xmlns",
    "instance_id",
    "namespaces",
    "prefix",
    "delimiter",
    "clean_text_values",
    "sms_keyword",
    "sms_separator",
    "sms_allow_media",
    "sms_date_format",
    "sms_datetime_format",
    "sms_response",
    "client_editable",
    "flat",
    "add_none_option",
    "label",
];

/// What the settings say.
pub(super) struct Settings {
    pub id: String,
    pub title: String,
    pub version: String,
    pub root: String,
    pub default_language: String,
    pub allow_duplicates: bool,
    pub omit_id: bool,
    /// The expression of the filling's name, and its row.
    pub instance_name: Option<String>,
    /// The sheet and the row, for faults.
    pub place: (String, u32),
    pub kept: Vec<(String, String)>,
}

pub(super) fn table(sheet: Sheet, diagnostics: &mut Vec<Diagnostic>) -> Table {
    let table = Table::of(sheet, &headings::SETTINGS, "form_id", diagnostics);
    let known: Vec<&str> = READ.into_iter().chain(KEPT).collect();
    table.warn_unknown(&known, &["attribute::", "instance::", "media::", "bind::", "body::"], diagnostics);
    Cells::of(&["form_id", "name", "default_language"]).check(&table, diagnostics);
    table
}

/// Reads the first row.
pub(super) fn read(table: Option<&Table>, diagnostics: &mut Vec<Diagnostic>) -> Settings {
    let row = table.and_then(|table| table.rows().next().map(|row| (table, row)));
    let text = |column: &str| row.and_then(|(table, row)| table.text(row, column)).unwrap_or_default();
    let says_yes = |column: &str| cleaning::truth(&text(column)) == Some(true);
    if let Some((table, row)) = row {
        check(table, row, diagnostics);
    }
    let root = text("name");
    let version = text("version");
    Settings {
        id: text("form_id"),
        title: text("form_title"),
        version,
        root: if is_name(&root) { root } else { "data".to_owned() },
        default_language: text("default_language"),
        allow_duplicates: says_yes("allow_choice_duplicates"),
        omit_id: says_yes("omit_instanceID"),
        instance_name: Some(text("instance_name")).filter(|name| !name.is_empty()),
        place: row.map_or_else(
            || ("settings".to_owned(), 0),
            |(table, row)| (table.sheet.name.clone(), row.number),
        ),
        kept: row.map_or_else(Vec::new, |(table, row)| kept(table, row)),
    }
}

fn kept(table: &Table, row: &SheetRow) -> Vec<(String, String)> {
    let keeps = |column: &str| KEPT.contains(&column) || column.starts_with("attribute::");
    let found = table.cells(row).filter(|found| keeps(&found.heading.column) && !found.text.is_empty());
    let name = |column: &str, language: &str| match language {
        "" => column.to_owned(),
        language => format!("{column}::{language}"),
    };
    found.map(|found| (name(&found.heading.column, &found.heading.language), found.text.to_owned())).collect()
}

fn check(table: &Table, row: &SheetRow, diagnostics: &mut Vec<Diagnostic>) {
    let root = table.text(row, "name").unwrap_or_default();
    if !root.is_empty() && !is_name(&root) {
        let near = cleaning::name_like(&root);
        let message = Bilingual::new(
            format!("“{root}”不能作根节点名。"),
            format!("“{root}” cannot be the name of the root."),
        );
        let help = Bilingual::new(format!("可以写成“{near}”。"), format!("Write “{near}”."));
        diagnostics.push(table.diagnostic(Diagnostic::error("bad-name", message).help(help), row, "name"));
    }
    let omits =
        table.cell(row, "omit_instanceID").is_some_and(|found| cleaning::truth(found.text) == Some(true));
    if omits && table.cell(row, "public_key").is_some() {
        let message = Bilingual::new(
            "加密的表单不能省去 instanceID。",
            "A form that is encrypted cannot omit its instanceID.",
        );
        diagnostics.push(table.diagnostic(Diagnostic::error("bad-value", message), row, "omit_instanceID"));
    }
    if let Some(second) = table.rows().nth(1) {
        let message = Bilingual::new(
            "settings 只读一行，这一行没有读。",
            "Only one row of the settings is read; not this.",
        );
        let diagnostic = Diagnostic::warning("second-settings", message).at_sheet(&table.sheet.name);
        diagnostics.push(diagnostic.at_row(second.number));
    }
}

impl Settings {
    /// Takes what stands in the survey, where the sheet says nothing.
    pub fn complete(&mut self, in_survey: Vec<(&'static str, String)>, diagnostics: &mut Vec<Diagnostic>) {
        for (name, value) in in_survey {
            match name {
                "form_id" if self.id.is_empty() => self.id = value,
                "form_title" if self.title.is_empty() => self.title = value,
                _ => {}
            }
        }
        if self.id.is_empty() {
            let message = Bilingual::new(
                "没有写 form_id，暂以 data 代替。",
                "There is no form_id; “data” stands in for it.",
            );
            let help = Bilingual::new(
                "请在 settings 工作表写上 form_id 和 version。",
                "Give form_id and version on the sheet “settings”.",
            );
            let diagnostic = Diagnostic::warning("no-form-id", message).at_sheet("settings");
            diagnostics.push(diagnostic.at_cell("form_id", "").help(help));
        }
        if self.id.is_empty() {
            self.id = "data".to_owned();
        }
        if self.title.is_empty() {
            self.title = self.id.clone();
        }
    }

    /// Whether the default language is one of the form's.
    pub fn check_language(&self, languages: &[String], diagnostics: &mut Vec<Diagnostic>) {
        let default = &self.default_language;
        if default.is_empty() || languages.first().is_some_and(|first| headings::is_language(first, default))
        {
            return;
        }
        let message = Bilingual::new(
            format!("没有哪一列是默认语言“{default}”。"),
            format!("No column is in the default language “{default}”."),
        );
        let near = ruhu_text::nearest(default, languages.iter().map(String::as_str));
        let help =
            near.map(|near| Bilingual::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")));
        let diagnostic = Diagnostic::warning("unknown-language", message).help(help.unwrap_or_default());
        let (sheet, row) = &self.place;
        diagnostics.push(diagnostic.at_sheet(sheet).at_row(*row).at_cell("default_language", default));
    }
}
