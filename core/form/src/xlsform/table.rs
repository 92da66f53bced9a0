//! A sheet as a table: headings understood, cells by column.

use crate::fault::{Fault, nearest};
use crate::lang::{Labels, Text2};
use crate::workbook::{Sheet, SheetRow};

/// A heading as its author wrote it and as XLSForm knows it.
#[derive(Debug)]
pub(super) struct Heading {
    index: u32,
    /// As written.
    pub written: String,
    /// In XLSForm's words: `constraint_message`.
    pub column: String,
    /// After `::`: `中文 (zh)`.
    pub language: String,
}

/// A sheet with its headings.
pub(super) struct Table<'a> {
    pub sheet: &'a Sheet,
    pub headings: Vec<Heading>,
}

/// A cell that holds something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub heading: &'a Heading,
    pub text: &'a str,
}

impl<'a> Table<'a> {
    /// Reads the headings; `aliases` maps other spellings to XLSForm's.
    pub fn of(sheet: &'a Sheet, aliases: &[(&str, &str)], faults: &mut Vec<Fault>) -> Table<'a> {
        let mut headings: Vec<Heading> = Vec::new();
        for (index, written) in sheet.rows.first().map_or(&[][..], |row| &row.cells) {
            let heading = heading(*index, written, aliases);
            if headings
                .iter()
                .any(|other| other.column == heading.column && other.language == heading.language)
            {
                let message = Text2::new(
                    format!("列“{written}”出现了两次，只用第一列。"),
                    format!("The column “{written}” stands there twice; the first is used."),
                );
                faults.push(
                    Fault::warning("duplicate-column", message)
                        .at_sheet(&sheet.name)
                        .at_row(1)
                        .at_cell(written, written),
                );
                continue;
            }
            headings.push(heading);
        }
        Table { sheet, headings }
    }

    /// The rows below the heading.
    pub fn rows(&self) -> impl Iterator<Item = &'a SheetRow> {
        self.sheet.rows.iter().skip(1)
    }

    pub fn has(&self, column: &str) -> bool {
        self.headings.iter().any(|heading| heading.column == column)
    }

    /// The cells of a row that have a heading, from the left.
    pub fn cells<'r>(&'r self, row: &'r SheetRow) -> impl Iterator<Item = Found<'r>> {
        row.cells.iter().filter_map(|(index, text)| {
            let heading = self.headings.iter().find(|heading| heading.index == *index)?;
            Some(Found { heading, text })
        })
    }

    pub fn cell<'r>(&'r self, row: &'r SheetRow, column: &str) -> Option<Found<'r>> {
        self.cells(row).find(|found| found.heading.column == column)
    }

    /// The texts of a column in all its languages, in the order of `languages`.
    pub fn labels(&self, row: &SheetRow, column: &str, languages: &[String]) -> Labels {
        let found: Vec<Found<'_>> = self.cells(row).filter(|found| found.heading.column == column).collect();
        let text = |language: &String| {
            let cell = found.iter().find(|found| found.heading.language == *language)?;
            Some((language.clone(), cell.text.to_owned()))
        };
        languages.iter().filter_map(text).collect()
    }

    /// Warns of headings that are not among `known`.
    pub fn warn_unknown(&self, known: &[&str], faults: &mut Vec<Fault>) {
        for heading in self.headings.iter().filter(|heading| !known.contains(&heading.column.as_str())) {
            let message = Text2::new(
                format!("列“{}”不认识，已忽略。", heading.written),
                format!("The column “{}” is not known and is ignored.", heading.written),
            );
            let hint = nearest(&heading.column, known.iter().copied())
                .map(|near| Text2::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")));
            let fault = Fault::warning("unknown-column", message).at_sheet(&self.sheet.name).at_row(1);
            faults.push(fault.at_cell(&heading.written, &heading.written).hint(hint.unwrap_or_default()));
        }
    }

    pub fn fault(&self, fault: Fault, row: &SheetRow, column: &str) -> Fault {
        let fault = fault.at_sheet(&self.sheet.name).at_row(row.number);
        match self.cell(row, column) {
            Some(found) => fault.at_cell(&found.heading.written, found.text),
            None => fault.at_cell(column, ""),
        }
    }
}

/// `Label :: English`, `label:English`, `ruhu::save_to`, `Constraint Message`.
fn heading(index: u32, written: &str, aliases: &[(&str, &str)]) -> Heading {
    let (base, language) = match written.split_once("::") {
        Some((prefix, name)) if prefix.trim().eq_ignore_ascii_case("ruhu") => {
            (format!("ruhu::{}", name.trim()), "")
        }
        Some((base, language)) => (base.to_owned(), language),
        None => match written.split_once(':') {
            // `jr:count` is one name: `jr` is a namespace, not a column.
            Some((base, language)) if !base.trim().eq_ignore_ascii_case("jr") => (base.to_owned(), language),
            _ => (written.to_owned(), ""),
        },
    };
    let words: Vec<String> = base.split_whitespace().map(str::to_ascii_lowercase).collect();
    let column = words.join("_");
    let column =
        aliases.iter().find(|(alias, _)| *alias == column).map_or(column, |(_, name)| (*name).to_owned());
    let language = language.trim().to_owned();
    // In ODK's own media::image the part after the marks is no language.
    let column = if column == "media" { format!("media::{}", language.to_ascii_lowercase()) } else { column };
    Heading { index, written: written.to_owned(), column, language }
}
