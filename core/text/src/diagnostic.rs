//! What is wrong with a form, where, and what would mend it.

use crate::{Bilingual, Explain, Explanation, Lang};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The form works, but its author should look at this.
    Warning,
    /// The form cannot be used until this is mended.
    Error,
}

/// One fault of a form, with the cell it was found in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Whether the form can be used all the same.
    pub severity: Severity,
    /// A stable name for the kind of fault, in kebab case: `unknown-type`.
    pub code: String,
    /// The sheet's name; empty when the whole workbook is meant.
    pub sheet: String,
    /// The row as the spreadsheet numbers it, from 1; 0 when no row is meant.
    pub row: u32,
    /// The column's heading; empty when no column is meant.
    pub column: String,
    /// The text of the cell, shortened to 200 characters.
    pub value: String,
    /// What is wrong.
    pub message: Bilingual,
    /// What would mend it; empty texts when there is nothing to add.
    #[serde(rename = "hint")]
    pub help: Bilingual,
}

/// The longest excerpt of a cell that a fault carries, in characters.
const EXCERPT: usize = 200;
/// The longest excerpt of a cell in a line for a person, in characters.
const SHOWN: usize = 40;

impl Diagnostic {
    /// An error of the whole workbook; the `at_*` methods name the cell.
    pub fn error(code: &str, message: Bilingual) -> Self {
        Diagnostic {
            severity: Severity::Error,
            code: code.to_owned(),
            sheet: String::new(),
            row: 0,
            column: String::new(),
            value: String::new(),
            message,
            help: Bilingual::default(),
        }
    }

    /// A warning of the whole workbook; the `at_*` methods name the cell.
    pub fn warning(code: &str, message: Bilingual) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
    }

    /// Names the sheet.
    pub fn at_sheet(mut self, sheet: &str) -> Self {
        self.sheet = sheet.to_owned();
        self
    }

    /// Names the row, from 1.
    pub fn at_row(mut self, row: u32) -> Self {
        self.row = row;
        self
    }

    /// Names the column and the cell's text.
    pub fn at_cell(mut self, column: &str, value: &str) -> Self {
        self.column = column.to_owned();
        self.value = value.chars().take(EXCERPT).collect();
        self
    }

    /// Says what would mend it.
    pub fn help(mut self, help: Bilingual) -> Self {
        self.help = help;
        self
    }

    /// One line for a person: place, the cell's text, message, hint.
    pub fn line(&self, lang: Lang) -> String {
        let (message, help) = (self.message.get(lang), self.help.get(lang));
        let row = match lang {
            _ if self.row == 0 => String::new(),
            Lang::Zh => format!("第 {} 行", self.row),
            Lang::En => format!("row {}", self.row),
        };
        let cell = match self.shown_value() {
            // Nobody reads the same word twice.
            value if value.is_empty() || message.contains(&value) || help.contains(&value) => String::new(),
            value => format!("“{value}”"),
        };
        let place = [&self.sheet, &row, &self.column, &cell].map(String::as_str);
        let place = place.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let colon = match lang {
            _ if place.is_empty() => "",
            Lang::Zh => "：",
            Lang::En => ": ",
        };
        let gap = if help.is_empty() { "" } else { " " };
        format!("{place}{colon}{message}{gap}{help}")
    }

    /// The cell's text, as much as fits a line.
    fn shown_value(&self) -> String {
        let text = self.value.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }
}

/// A workbook that cannot be used: all its faults, at least one an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// Every fault found, warnings too, in the order of the sheets.
    #[serde(rename = "faults")]
    pub diagnostics: Vec<Diagnostic>,
}

impl Explain for Diagnostics {
    fn code(&self) -> &'static str {
        "form_faulty"
    }

    fn explain(&self) -> Explanation {
        let lines =
            |lang| self.diagnostics.iter().map(|found| found.line(lang)).collect::<Vec<_>>().join("\n");
        Explanation::new(lines(Lang::Zh), lines(Lang::En))
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Diagnostics { diagnostics: vec![diagnostic] }
    }
}

impl From<Box<Diagnostic>> for Diagnostics {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Diagnostics::from(*diagnostic)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_reads_as_one_line_in_both_languages() {
        let diagnostic = Diagnostic::error("unknown-type", Bilingual::new("题型不认识。", "Unknown type."))
            .at_sheet("survey")
            .at_row(7)
            .at_cell("type", "interger");
        assert_eq!(diagnostic.line(Lang::Zh), "survey 第 7 行 type “interger”：题型不认识。");
        assert_eq!(diagnostic.line(Lang::En), "survey row 7 type “interger”: Unknown type.");
        let said =
            Diagnostic::error("unclosed-group", Bilingual::new("“r”没有结束。", "“r” is never ended."));
        assert_eq!(said.at_sheet("survey").at_cell("", "r").line(Lang::Zh), "survey：“r”没有结束。");
        assert_eq!(
            Diagnostic::error("empty-file", Bilingual::new("文件是空的。", "Empty.")).line(Lang::En),
            "Empty."
        );
    }
}
