//! XLSForm in CSV: the name of a sheet in the first column begins it, its
//! heading and rows follow one column to the right, as pyxform writes it. A
//! plain table with a heading is the survey.

use super::diagnostics::{bad_encoding, not_a_workbook, too_large};
use super::sheet::{Budget, Contents, MAX_COLUMN, MAX_FILE, Origin, Sheet, Wanted};
use ruhu_text::Diagnostic;
use std::borrow::Cow;

/// The most sheets.
const MAX_SHEETS: usize = 1_000;

/// The most cells of a table.
const MAX_TABLE_CELLS: usize = 300_000;

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

pub(super) fn open(bytes: &[u8], wanted: Wanted) -> Result<Contents> {
    let text = decode(bytes)?;
    let mut reader = reader(&text);
    let mut sheets = Vec::new();
    let mut budget = Budget::new();
    let mut headed = false;
    let mut record = csv::StringRecord::new();
    let mut lines = Lines { text: &text, end: 0, number: 0 };
    while reader.read_record(&mut record).map_err(|_| bad_encoding())? {
        let begin = record.position().map_or(0, |position| position.byte() as usize);
        let number = lines.next(begin, reader.position().byte() as usize);
        row(&record, number, &mut sheets, &mut budget)?;
        headed = headed || says(&record, "type") || says(&record, "survey");
    }
    // A letter is a table of one column too.
    if sheets.is_empty() || !headed {
        return Err(not_a_workbook());
    }
    let names: Vec<String> = sheets.iter().map(|sheet| sheet.name.clone()).collect();
    let mut chosen = wanted(&names).into_iter();
    sheets.retain(|_| chosen.next().unwrap_or(false));
    Ok(Contents { sheets, names })
}

/// A table with a heading, cells trimmed; rows without any cell are left out.
pub(crate) fn table(bytes: &[u8]) -> Result<Vec<Vec<String>>> {
    if bytes.len() > MAX_FILE {
        return Err(too_large(&format!("{} MB", MAX_FILE >> 20)));
    }
    let text = decode(bytes)?;
    let mut reader = reader(&text);
    let mut left = MAX_TABLE_CELLS;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| bad_encoding())?;
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        let too_many = || too_large(&format!("{MAX_TABLE_CELLS} cells"));
        left = left.checked_sub(cells.len()).ok_or_else(too_many)?;
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(cells);
        }
    }
    Ok(rows)
}

fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes())
}

/// Numbers the rows as a spreadsheet does: a row with line breaks in a cell is
/// one, and an empty line is one too.
struct Lines<'a> {
    text: &'a str,
    /// Where the row before ends.
    end: usize,
    number: u32,
}

impl Lines<'_> {
    fn next(&mut self, begin: usize, end: usize) -> u32 {
        let skipped = self.text.as_bytes().get(self.end..begin).unwrap_or_default();
        let empty = skipped.iter().filter(|byte| **byte == b'\n').count();
        // Empty lines that the reader counts to the row after them.
        let leading = self.text.as_bytes().get(begin..end).unwrap_or_default();
        let leading = leading.iter().take_while(|byte| matches!(**byte, b'\r' | b'\n'));
        let leading = leading.filter(|byte| **byte == b'\n').count();
        self.end = end;
        self.number = self.number.saturating_add(1 + (empty + leading) as u32);
        self.number
    }
}

fn row(record: &csv::StringRecord, number: u32, sheets: &mut Vec<Sheet>, budget: &mut Budget) -> Result<()> {
    let name = record.get(0).unwrap_or_default().trim();
    let rest = record.iter().skip(1).any(|cell| !cell.trim().is_empty());
    let plain = sheets.is_empty() && rest && is_heading(record);
    if plain {
        sheets.push(Sheet { name: "survey".to_owned(), plain: true, ..Sheet::default() });
    }
    let inside_plain = sheets.last().is_some_and(|sheet| sheet.plain);
    if !name.is_empty() && !inside_plain {
        if sheets.len() == MAX_SHEETS {
            return Err(too_large(&format!("{MAX_SHEETS} sheets")));
        }
        sheets.push(Sheet { name: name.to_owned(), ..Sheet::default() });
    }
    let Some(sheet) = sheets.last_mut() else { return Ok(()) };
    let first = if inside_plain || plain { 0 } else { 1 };
    for (column, cell) in (first..=MAX_COLUMN).zip(record.iter().skip(first as usize)) {
        if !cell.trim().is_empty() {
            sheet.add(budget, (number - 1, column), cell, Origin::Text)?;
        }
    }
    Ok(())
}

/// Whether the first row is the heading of a survey rather than a sheet's name.
fn is_heading(record: &csv::StringRecord) -> bool {
    says(record, "type")
        && says(record, "name")
        && !record.get(0).is_some_and(|cell| cell.trim().eq_ignore_ascii_case("survey"))
}

fn says(record: &csv::StringRecord, wanted: &str) -> bool {
    record.iter().any(|cell| cell.trim().eq_ignore_ascii_case(wanted))
}

/// What separates cells: what most of the first lines have most of.
fn delimiter(text: &str) -> u8 {
    let lines: String = text.lines().take(20).collect();
    let count = |sign: u8| lines.bytes().filter(|byte| *byte == sign).count();
    [b',', b'\t', b';'].into_iter().max_by_key(|sign| (count(*sign), *sign == b',')).unwrap_or(b',')
}

/// UTF-8, UTF-16 with its mark, or GB18030, which Excel and WPS write in China.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>> {
    let utf16 = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> =
            bytes.get(2..).unwrap_or_default().chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect();
        String::from_utf16(&units).map(Cow::Owned).map_err(|_| bad_encoding())
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            std::str::from_utf8(rest).map(Cow::Borrowed).map_err(|_| bad_encoding())
        }
        [0xFF, 0xFE, ..] => utf16(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => utf16(u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).map(Cow::Borrowed).or_else(|_| chinese(bytes)),
    }
}

#[cfg(not(target_family = "wasm"))]
fn chinese(bytes: &[u8]) -> Result<Cow<'_, str>> {
    encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(bad_encoding)
}

/// The tables of GB18030 are larger than all else of this crate in a web page,
/// and a browser's user can save as UTF-8.
#[cfg(target_family = "wasm")]
fn chinese(_: &[u8]) -> Result<Cow<'_, str>> {
    Err(bad_encoding())
}
