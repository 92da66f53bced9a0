//! An .xlsx workbook as sheets of text cells, with limits that a hostile file
//! meets before it costs memory.

use crate::fault::Fault;
use crate::lang::Text2;
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The most bytes a workbook may have.
const MAX_FILE: usize = 16 * 1024 * 1024;
/// The most bytes its parts may have together, unpacked.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// The most parts.
const MAX_PARTS: usize = 4_000;
/// The most cells of all sheets together.
const MAX_CELLS: usize = 500_000;
/// The rightmost column that is read.
const MAX_COLUMN: u32 = 512;
/// The most bytes of all cells together: many cells may share one text.
const MAX_TEXT: usize = 64 * 1024 * 1024;
/// The longest cell, in characters: what Excel itself allows.
const MAX_CELL: usize = 32_767;

/// A sheet; its first row with cells is the heading.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub name: String,
    pub rows: Vec<SheetRow>,
}

/// The cells of a row that hold something, trimmed, from the left.
#[derive(Debug)]
pub(crate) struct SheetRow {
    /// As the spreadsheet numbers it, from 1.
    pub number: u32,
    /// Columns from 0, and the text.
    pub cells: Vec<(u32, String)>,
}

/// The sheets that were asked for, and the names of all.
type Contents = (Vec<Sheet>, Vec<String>);

/// Reads the sheets whose names `wanted` chooses; gives the names of all.
pub(crate) fn open(bytes: &[u8], wanted: fn(&str) -> bool) -> Result<Contents, Box<Fault>> {
    if bytes.len() > MAX_FILE {
        return Err(too_large(&format!("{} MB", MAX_FILE >> 20)));
    }
    // An older workbook can hold a zip archive, which is not the workbook.
    if !bytes.starts_with(b"PK") {
        return Err(not_a_workbook(bytes));
    }
    check_parts(bytes)?;
    // calamine panics on some damaged parts (seen: a dimension whose end comes
    // before its beginning). It holds nothing but these bytes, so nothing is
    // left half done. Where a panic aborts, as in wasm, this is no help; there
    // forms arrive compiled.
    std::panic::catch_unwind(|| read(bytes, wanted)).unwrap_or_else(|_| Err(damaged()))
}

fn read(bytes: &[u8], wanted: fn(&str) -> bool) -> Result<Contents, Box<Fault>> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let names = workbook.sheet_names();
    let mut budget = Budget { cells: MAX_CELLS, text: MAX_TEXT };
    let mut sheets = Vec::new();
    for name in names.iter().filter(|name| wanted(name)) {
        sheets.push(sheet(&mut workbook, name, &mut budget)?);
    }
    Ok((sheets, names))
}

/// Unpacks every part once and throws it away: a part may be larger than it
/// says.
fn check_parts(bytes: &[u8]) -> Result<(), Box<Fault>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| not_a_workbook(bytes))?;
    if archive.len() > MAX_PARTS {
        return Err(too_large(&format!("{MAX_PARTS} parts")));
    }
    let mut left = MAX_UNPACKED;
    for n in 0..archive.len() {
        let part = archive.by_index(n).map_err(|_| damaged())?;
        let unpacked =
            std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|_| damaged())?;
        left = left.checked_sub(unpacked).ok_or_else(|| too_large(&format!("{} MB", MAX_UNPACKED >> 20)))?;
    }
    Ok(())
}

struct Budget {
    cells: usize,
    text: usize,
}

impl Budget {
    fn spend(&mut self, text: &str) -> Result<(), Box<Fault>> {
        self.cells = self.cells.checked_sub(1).ok_or_else(|| too_large(&format!("{MAX_CELLS} cells")))?;
        self.text = self.text.checked_sub(text.len()).ok_or_else(|| too_large("64 MB"))?;
        Ok(())
    }
}

fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str, budget: &mut Budget) -> Result<Sheet, Box<Fault>> {
    let mut rows: Vec<SheetRow> = Vec::new();
    // One by one, not as a rectangle: two cells in far corners are cheap.
    let mut reader = workbook.worksheet_cells_reader(name).map_err(|_| damaged())?;
    while let Some(cell) = reader.next_cell().map_err(|_| damaged())? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value());
        let text = text.trim();
        budget.spend(text)?;
        if text.is_empty() || column > MAX_COLUMN {
            continue;
        }
        let number = row.saturating_add(1);
        if text.chars().count() > MAX_CELL {
            let message = Text2::new(
                format!("单元格超过 {MAX_CELL} 字。"),
                format!("The cell has more than {MAX_CELL} characters."),
            );
            return Err(Box::new(
                Fault::error("cell-too-long", message).at_sheet(name).at_row(number).at_cell("", text),
            ));
        }
        match rows.last_mut() {
            Some(last) if last.number == number => last.cells.push((column, text.to_owned())),
            _ => rows.push(SheetRow { number, cells: vec![(column, text.to_owned())] }),
        }
    }
    Ok(Sheet { name: name.to_owned(), rows })
}

fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(moment) => date_text(moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn date_text(moment: &ExcelDateTime) -> String {
    // Days beyond the year 9999 overflow what a date can be.
    if moment.is_duration() || !(0.0..2_958_466.0).contains(&moment.as_f64()) {
        return moment.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, ms) = moment.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, ms) {
        (0, 0, 0, 0) => date,
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{ms:03}"),
    }
}

fn not_a_workbook(bytes: &[u8]) -> Box<Fault> {
    // The mark of the older binary format (MS-CFB, section 2.2); encrypted
    // workbooks are wrapped in it too.
    let old = bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]);
    let message = Text2::new(
        "这不是 .xlsx 工作簿，或文件不完整。",
        "This is not an .xlsx workbook, or only part of one.",
    );
    let hint = match old {
        true => Text2::new(
            "它像是旧的 .xls 或加了密码的文件：请在 Excel 或 WPS 里去掉密码，另存为 .xlsx。",
            "It looks like an old .xls file or one with a password: save it as .xlsx without a password.",
        ),
        false => Text2::new(
            "请在 Excel 或 WPS 里打开，另存为 .xlsx 后再试。",
            "Open it in Excel or WPS, save it as .xlsx, and try again.",
        ),
    };
    Box::new(Fault::error("not-a-workbook", message).hint(hint))
}

fn damaged() -> Box<Fault> {
    let message = Text2::new("工作簿已损坏，读不下去。", "The workbook is damaged and cannot be read.");
    Box::new(Fault::error("damaged-workbook", message).hint(Text2::new(
        "请在 Excel 或 WPS 里打开，另存为 .xlsx 后再试。",
        "Open it in Excel or WPS, save it as .xlsx, and try again.",
    )))
}

fn too_large(limit: &str) -> Box<Fault> {
    let message = Text2::new(
        format!("工作簿太大，超过 {limit}。"),
        format!("The workbook is too large: more than {limit}."),
    );
    Box::new(Fault::error("too-large", message).hint(Text2::new(
        "请删去不用的工作表、图片和空行。",
        "Remove sheets, pictures and empty rows that are not needed.",
    )))
}
