//! .xls: the binary records of Excel 97 to 2003 (MS-XLS, "BIFF8") in a
//! compound file (MS-CFB). Nothing is set aside by what the file says of its
//! own size.

use super::diagnostics::{damaged, encrypted, not_a_workbook, too_large, too_old};
use super::records::{Chunks, Record, Records, double, error_text, rk, u16_at, u32_at};
use super::sheet::{
    Budget, Contents, MAX_CELLS, MAX_FILE, MAX_TEXT, Origin, Sheet, Wanted, date_text, number_text,
};
use super::styles::{Styles, is_date_code};
use cfb::CompoundFile;
use ruhu_text::Diagnostic;
use std::io::{Cursor, Read};

/// The most sheets, and the most formats.
const MAX_SHEETS: usize = 1_000;
const MAX_STYLES: usize = 100_000;

/// The types of records that are read (MS-XLS, 2.3.2).
mod typ {
    pub const FORMULA: u16 = 0x0006;
    pub const EOF: u16 = 0x000A;
    pub const DATE_1904: u16 = 0x0022;
    pub const FILE_PASS: u16 = 0x002F;
    pub const BOUND_SHEET: u16 = 0x0085;
    pub const MUL_RK: u16 = 0x00BD;
    pub const RSTRING: u16 = 0x00D6;
    pub const XF: u16 = 0x00E0;
    pub const MERGE_CELLS: u16 = 0x00E5;
    pub const SST: u16 = 0x00FC;
    pub const LABEL_SST: u16 = 0x00FD;
    pub const NUMBER: u16 = 0x0203;
    pub const LABEL: u16 = 0x0204;
    pub const BOOL_ERR: u16 = 0x0205;
    pub const STRING: u16 = 0x0207;
    pub const RK: u16 = 0x027E;
    pub const FORMAT: u16 = 0x041E;
    pub const BOF: u16 = 0x0809;
}

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

pub(super) fn open(bytes: &[u8], wanted: Wanted) -> Result<Contents> {
    let stream = stream(bytes)?;
    let book = Book::read(&stream)?;
    let names: Vec<String> = book.sheets.iter().map(|entry| entry.name.clone()).collect();
    let mut budget = Budget::new();
    let mut out = Contents { sheets: Vec::new(), names };
    for (entry, wanted) in book.sheets.iter().zip(wanted(&out.names)) {
        if wanted {
            let mut sheet = Sheet { name: entry.name.clone(), hidden: entry.hidden, ..Sheet::default() };
            let from = stream.get(entry.begin..).ok_or_else(damaged)?;
            Cells { book: &book, sheet: &mut sheet, budget: &mut budget, formula: None }.read(from)?;
            sheet.order();
            out.sheets.push(sheet);
        }
    }
    Ok(out)
}

/// The stream of records.
fn stream(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).map_err(|_| damaged())?;
    if file.is_stream("/EncryptedPackage") {
        return Err(encrypted());
    }
    if !file.is_stream("/Workbook") {
        return Err(if file.is_stream("/Book") { too_old() } else { not_a_workbook() });
    }
    let mut stream = Vec::new();
    let reader = file.open_stream("/Workbook").map_err(|_| damaged())?;
    reader.take(MAX_FILE as u64).read_to_end(&mut stream).map_err(|_| damaged())?;
    Ok(stream)
}

/// A sheet as the workbook lists it.
struct Entry {
    name: String,
    hidden: bool,
    /// Where its records begin.
    begin: usize,
}

#[derive(Default)]
struct Book {
    sheets: Vec<Entry>,
    styles: Styles,
    shared: Vec<Box<str>>,
}

impl Book {
    fn read(stream: &[u8]) -> Result<Book> {
        let mut book = Book::default();
        let mut records = Records::of(stream);
        let first = records.next().transpose()?.ok_or_else(damaged)?;
        if first.typ != typ::BOF {
            return Err(damaged());
        }
        // The version of BIFF8 (MS-XLS, 2.4.21).
        if u16_at(first.data, 0) != Some(0x0600) {
            return Err(too_old());
        }
        for record in records {
            let record = record?;
            match record.typ {
                typ::FILE_PASS => return Err(encrypted()),
                typ::DATE_1904 => book.styles.from_1904 = u16_at(record.data, 0) == Some(1),
                typ::BOUND_SHEET => book.sheets.extend(bound_sheet(&record)),
                typ::FORMAT => book.format(&record),
                typ::XF => book.styles.cells.push(u16_at(record.data, 2).unwrap_or(0).into()),
                typ::SST => book.shared = shared(&record)?,
                typ::EOF => return Ok(book),
                _ => {}
            }
            if book.sheets.len() > MAX_SHEETS || book.styles.cells.len() > MAX_STYLES {
                return Err(too_large(&format!("{MAX_SHEETS} sheets, {MAX_STYLES} styles")));
            }
        }
        Err(damaged())
    }

    fn format(&mut self, record: &Record<'_>) {
        let Some(number) = u16_at(record.data, 0) else { return };
        let code = Chunks::of(record, 2).text(MAX_TEXT).unwrap_or_default();
        self.styles.formats.insert(number.into(), is_date_code(&code));
    }
}

/// A worksheet; charts and macros are none.
fn bound_sheet(record: &Record<'_>) -> Option<Entry> {
    let begin = u32_at(record.data, 0)? as usize;
    let [state, kind] = [record.data.get(4)?, record.data.get(5)?];
    if *kind != 0 {
        return None;
    }
    let name = Chunks::of(record, 6).short_text()?;
    Some(Entry { name, hidden: state & 3 != 0, begin })
}

fn shared(record: &Record<'_>) -> Result<Vec<Box<str>>> {
    let mut texts: Vec<Box<str>> = Vec::new();
    let mut chunks = Chunks::of(record, 8);
    let mut left = MAX_TEXT;
    while !chunks.is_empty() {
        let text = chunks.text(left).ok_or_else(damaged)?;
        left = left.checked_sub(text.len()).ok_or_else(|| too_large(&format!("{} MB", MAX_TEXT >> 20)))?;
        texts.push(text.into());
        if texts.len() > MAX_CELLS {
            return Err(too_large(&format!("{MAX_CELLS} texts")));
        }
    }
    Ok(texts)
}

struct Cells<'a> {
    book: &'a Book,
    sheet: &'a mut Sheet,
    budget: &'a mut Budget,
    /// The place of a formula whose text comes in a record of its own.
    formula: Option<(u32, u32)>,
}

impl Cells<'_> {
    fn read(mut self, stream: &[u8]) -> Result<()> {
        let mut depth = 0_u32;
        for record in Records::of(stream) {
            let record = record?;
            match record.typ {
                typ::BOF => depth += 1,
                typ::EOF if depth <= 1 => return Ok(()),
                typ::EOF => depth -= 1,
                // Charts within the sheet have cells of their own.
                _ if depth == 1 => self.record(&record)?,
                _ => {}
            }
        }
        Err(damaged())
    }

    fn record(&mut self, record: &Record<'_>) -> Result<()> {
        let data = record.data;
        let place = || Some((u32::from(u16_at(data, 0)?), u32::from(u16_at(data, 2)?)));
        let style = usize::from(u16_at(data, 4).unwrap_or(0));
        match record.typ {
            typ::LABEL_SST => {
                let number = u32_at(data, 6).ok_or_else(damaged)? as usize;
                let text = self.book.shared.get(number).map_or("", |text| &**text).to_owned();
                self.add(place(), &text, Origin::Text)
            }
            typ::LABEL | typ::RSTRING => {
                let text = Chunks::of(record, 6).text(MAX_TEXT).ok_or_else(damaged)?;
                self.add(place(), &text, Origin::Text)
            }
            typ::NUMBER => self.number(place(), style, double(data, 6)),
            typ::RK => self.number(place(), style, u32_at(data, 6).map(rk)),
            typ::MUL_RK => self.numbers(data),
            typ::BOOL_ERR => self.bool_or_error(place(), data.get(6).copied(), data.get(7).copied()),
            typ::FORMULA => self.formula(place(), style, data),
            typ::STRING => match self.formula.take() {
                Some(place) => {
                    let text = Chunks::of(record, 0).text(MAX_TEXT).ok_or_else(damaged)?;
                    self.add(Some(place), &text, Origin::Text)
                }
                None => Ok(()),
            },
            typ::MERGE_CELLS if self.sheet.merged.is_none() => {
                let first = u16_at(data, 2).zip(u16_at(data, 6));
                self.sheet.merged = first.map(|(row, column)| (u32::from(row) + 1, column.into()));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn add(&mut self, place: Option<(u32, u32)>, text: &str, origin: Origin) -> Result<()> {
        self.sheet.add(self.budget, place.ok_or_else(damaged)?, text, origin)
    }

    fn number(&mut self, place: Option<(u32, u32)>, style: usize, number: Option<f64>) -> Result<()> {
        let number = number.ok_or_else(damaged)?;
        let styles = &self.book.styles;
        match styles.is_date(style) {
            true => self.add(place, &date_text(number, styles.from_1904), Origin::Date),
            false => self.add(place, &number_text(number), Origin::Number),
        }
    }

    /// Several numbers of one row: style and number of each.
    fn numbers(&mut self, data: &[u8]) -> Result<()> {
        let (row, first) = u16_at(data, 0).zip(u16_at(data, 2)).ok_or_else(damaged)?;
        let body = data.get(4..data.len().saturating_sub(2)).ok_or_else(damaged)?;
        for (column, cell) in (u32::from(first)..).zip(body.chunks_exact(6)) {
            let style = u16_at(cell, 0).unwrap_or(0).into();
            self.number(Some((row.into(), column)), style, u32_at(cell, 2).map(rk))?;
        }
        Ok(())
    }

    fn bool_or_error(
        &mut self,
        place: Option<(u32, u32)>,
        value: Option<u8>,
        error: Option<u8>,
    ) -> Result<()> {
        let (value, error) = value.zip(error).ok_or_else(damaged)?;
        match error {
            0 => self.add(place, &(value == 1).to_string(), Origin::Truth),
            _ => self.add(place, error_text(value), Origin::Error),
        }
    }

    /// What a formula gave: a number, or a mark that tells what else.
    fn formula(&mut self, place: Option<(u32, u32)>, style: usize, data: &[u8]) -> Result<()> {
        self.formula = None;
        if u16_at(data, 12) != Some(0xFFFF) {
            return self.number(place, style, double(data, 6));
        }
        match data.get(6) {
            Some(0) => {
                self.formula = place;
                Ok(())
            }
            Some(1) => self.bool_or_error(place, data.get(8).copied(), Some(0)),
            Some(2) => self.bool_or_error(place, data.get(8).copied(), Some(1)),
            _ => Ok(()),
        }
    }
}
