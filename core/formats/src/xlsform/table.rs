//! A sheet as a table: headings understood, cells by column.

use super::cleaning;
use super::headings::{self, Alias, OF_OTHER_TOOLS};
use crate::workbook::{Origin, Sheet, SheetRow};
use ruhu_form::Labels;
use ruhu_text::{Bilingual, Diagnostic, nearest};

/// How many rows from the top may stand above the heading.
const ROWS_ABOVE: usize = 10;

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
pub(super) struct Table {
    pub sheet: Sheet,
    pub headings: Vec<Heading>,
    /// Which heading a column of the sheet has.
    by_index: Vec<Option<usize>>,
    /// The place of the heading among the rows, and its number.
    head: usize,
    pub head_number: u32,
}

/// A cell that holds something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub heading: &'a Heading,
    pub text: &'a str,
    pub origin: Origin,
}

impl Table {
    /// Reads the headings; `aliases` maps other spellings to XLSForm's, `key`
    /// is the column by which the heading is known among the first rows.
    pub fn of(mut sheet: Sheet, aliases: &[Alias], key: &str, diagnostics: &mut Vec<Diagnostic>) -> Table {
        for cell in sheet.rows.iter_mut().flat_map(|row| &mut row.cells) {
            if let Some(clean) = cleaning::blanks(&cell.text) {
                cell.text = clean;
            }
        }
        let head = head(&sheet, aliases, key);
        let head_number = sheet.rows.get(head).map_or(1, |row| row.number);
        if head > 0 {
            diagnostics.push(low_heading(&sheet, head_number, key));
        }
        let mut table = Table { sheet, headings: Vec::new(), by_index: Vec::new(), head, head_number };
        table.read_headings(aliases, diagnostics);
        table
    }

    fn read_headings(&mut self, aliases: &[Alias], diagnostics: &mut Vec<Diagnostic>) {
        let cells = self.sheet.rows.get(self.head).map_or(&[][..], |row| &row.cells);
        for cell in cells {
            let (column, language) = headings::read(&cell.text, aliases);
            let heading = Heading { index: cell.column, written: cell.text.clone(), column, language };
            if let Some(first) = self.headings.iter().find(|other| same(other, &heading)) {
                diagnostics.push(self.duplicate(first, &heading));
                continue;
            }
            self.headings.push(heading);
        }
        let last = self.headings.iter().map(|heading| heading.index as usize).max();
        self.by_index = vec![None; last.map_or(0, |last| last + 1)];
        for (n, heading) in self.headings.iter().enumerate() {
            if let Some(place) = self.by_index.get_mut(heading.index as usize) {
                *place = Some(n);
            }
        }
    }

    fn duplicate(&self, first: &Heading, second: &Heading) -> Diagnostic {
        let message = Bilingual::new(
            format!("列“{}”与“{}”是同一列，只用前一列。", second.written, first.written),
            format!("The column “{}” is the same as “{}”; the first is used.", second.written, first.written),
        );
        self.heading_diagnostic(Diagnostic::warning("duplicate-column", message), &second.written)
    }

    /// The rows below the heading.
    pub fn rows(&self) -> impl Iterator<Item = &SheetRow> {
        self.sheet.rows.iter().skip(self.head + 1)
    }

    pub fn has(&self, column: &str) -> bool {
        self.headings.iter().any(|heading| heading.column == column)
    }

    /// The cells of a row that have a heading, from the left.
    pub fn cells<'r>(&'r self, row: &'r SheetRow) -> impl Iterator<Item = Found<'r>> {
        row.cells.iter().filter_map(|cell| {
            let n = (*self.by_index.get(cell.column as usize)?)?;
            Some(Found { heading: self.headings.get(n)?, text: &cell.text, origin: cell.origin })
        })
    }

    pub fn cell<'r>(&'r self, row: &'r SheetRow, column: &str) -> Option<Found<'r>> {
        self.cells(row).find(|found| found.heading.column == column && !found.text.is_empty())
    }

    pub fn text(&self, row: &SheetRow, column: &str) -> Option<String> {
        self.cell(row, column).map(|found| found.text.to_owned())
    }

    /// The texts of a column in all its languages, in the order of `languages`.
    pub fn labels(&self, row: &SheetRow, column: &str, languages: &[String]) -> Labels {
        let of = |found: &Found<'_>| found.heading.column == column && !found.text.is_empty();
        let found: Vec<Found<'_>> = self.cells(row).filter(of).collect();
        let text = |language: &String| {
            let cell = found.iter().find(|found| found.heading.language == *language)?;
            Some((language.clone(), cell.text.to_owned()))
        };
        languages.iter().filter_map(text).collect()
    }

    /// The columns `media::...` of a row, by kind.
    pub fn media(&self, row: &SheetRow, languages: &[String]) -> Vec<(String, Labels)> {
        let mut kinds: Vec<&str> =
            self.headings.iter().filter_map(|heading| heading.column.strip_prefix("media::")).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let of = |kind: &str| (kind.to_owned(), self.labels(row, &format!("media::{kind}"), languages));
        kinds.into_iter().map(of).filter(|(_, files)| !files.is_empty()).collect()
    }

    /// Gives unnamed labels the default language, as XLSForm does, unless the
    /// column has that language already.
    pub fn name_default_language(&mut self, default: &str) {
        let named: Vec<String> = self
            .headings
            .iter()
            .filter(|heading| heading.language == default)
            .map(|heading| heading.column.clone())
            .collect();
        for heading in self.headings.iter_mut().filter(|heading| is_translated(&heading.column)) {
            if heading.language.is_empty() && !named.contains(&heading.column) {
                heading.language = default.to_owned();
            }
        }
    }

    /// Warns of headings that are not among `known`, nor begin like `families`.
    pub fn warn_unknown(&self, known: &[&str], families: &[&str], diagnostics: &mut Vec<Diagnostic>) {
        let begins = |column: &str, with: &[&str]| with.iter().any(|prefix| column.starts_with(prefix));
        for heading in &self.headings {
            let column = heading.column.as_str();
            let strange = !heading.language.is_empty() && !is_translated(column);
            if (known.contains(&column) && !strange) || begins(column, families) {
                continue;
            }
            if begins(column, &OF_OTHER_TOOLS) {
                continue;
            }
            diagnostics.push(self.unknown(heading, known));
        }
    }

    fn unknown(&self, heading: &Heading, known: &[&str]) -> Diagnostic {
        let message = Bilingual::new(
            format!("列“{}”不认识，已忽略。", heading.written),
            format!("The column “{}” is not known and is ignored.", heading.written),
        );
        let help = nearest(&heading.column, known.iter().copied())
            .filter(|near| *near != heading.column)
            .map(|near| Bilingual::new(format!("是不是“{near}”？"), format!("Did you mean “{near}”?")));
        let diagnostic = Diagnostic::warning("unknown-column", message).help(help.unwrap_or_default());
        self.heading_diagnostic(diagnostic, &heading.written)
    }

    pub fn missing_column(&self, column: &str) -> Diagnostic {
        let message =
            Bilingual::new(format!("缺少列“{column}”。"), format!("The column “{column}” is missing."));
        let near = nearest(column, self.headings.iter().map(|heading| heading.written.as_str()));
        let help = near.map(|near| {
            Bilingual::new(
                format!("是不是“{near}”？请改成“{column}”。"),
                format!("Rename “{near}” to “{column}”."),
            )
        });
        let diagnostic = Diagnostic::error("missing-column", message).help(help.unwrap_or_default());
        diagnostic.at_sheet(&self.sheet.name).at_row(self.head_number).at_cell(column, "")
    }

    fn heading_diagnostic(&self, diagnostic: Diagnostic, written: &str) -> Diagnostic {
        diagnostic.at_sheet(&self.sheet.name).at_row(self.head_number).at_cell(written, written)
    }

    pub fn diagnostic(&self, diagnostic: Diagnostic, row: &SheetRow, column: &str) -> Diagnostic {
        let diagnostic = diagnostic.at_sheet(&self.sheet.name).at_row(row.number);
        match self.cell(row, column) {
            Some(found) => diagnostic.at_cell(&found.heading.written, found.text),
            None => diagnostic.at_cell(self.heading_of(column), ""),
        }
    }

    /// The heading of a column as written.
    pub fn heading_of<'a>(&'a self, column: &'a str) -> &'a str {
        let heading = self.headings.iter().find(|heading| heading.column == column);
        heading.map_or(column, |heading| &heading.written)
    }
}

/// Whether a column may be given in several languages.
pub(super) fn is_translated(column: &str) -> bool {
    matches!(column, "label" | "hint" | "guidance_hint" | "constraint_message" | "required_message")
        || column.starts_with("media::")
        || column == "bind::jr:noAppErrorString"
}

fn same(a: &Heading, b: &Heading) -> bool {
    a.column == b.column && a.language == b.language
}

/// The row of the heading: the first that has the key, else the first.
fn head(sheet: &Sheet, aliases: &[Alias], key: &str) -> usize {
    let has_key = |row: &SheetRow| row.cells.iter().any(|cell| headings::read(&cell.text, aliases).0 == key);
    sheet.rows.iter().take(ROWS_ABOVE).position(has_key).unwrap_or(0)
}

fn low_heading(sheet: &Sheet, number: u32, key: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("表头在第 {number} 行，它上面的行没有读。"),
        format!("The heading is in row {number}; the rows above it are not read."),
    );
    let help = Bilingual::new("请把表头放在第 1 行。", "Put the heading into row 1.");
    let diagnostic = Diagnostic::warning("heading-not-first", message).help(help);
    diagnostic.at_sheet(&sheet.name).at_row(number).at_cell(key, key)
}
