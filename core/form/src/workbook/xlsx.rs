//! .xlsx: a zip archive of XML parts (ECMA-376).

use super::faults::{damaged, not_a_workbook, too_large};
use super::{Budget, Contents, Origin, Sheet, Wanted, number_text};
use crate::fault::Fault;
use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The most bytes its parts may have together, unpacked.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// The most parts.
const MAX_PARTS: usize = 4_000;

pub(super) fn open(bytes: &[u8], wanted: Wanted) -> Result<Contents, Box<Fault>> {
    // An older workbook can hold a zip archive, which is not the workbook.
    if !bytes.starts_with(b"PK") {
        return Err(not_a_workbook());
    }
    check_parts(bytes)?;
    // calamine panics on some damaged parts (seen: a dimension whose end comes
    // before its beginning). It holds nothing but these bytes, so nothing is
    // left half done. Where a panic aborts, as in wasm, this is no help; there
    // forms arrive compiled.
    std::panic::catch_unwind(|| read(bytes, wanted)).unwrap_or_else(|_| Err(damaged()))
}

fn read(bytes: &[u8], wanted: Wanted) -> Result<Contents, Box<Fault>> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    let names = workbook.sheet_names();
    let hidden: Vec<bool> =
        workbook.sheets_metadata().iter().map(|sheet| sheet.visible != SheetVisible::Visible).collect();
    let mut budget = Budget::new();
    let mut sheets = Vec::new();
    for ((name, wanted), hidden) in names.iter().zip(wanted(&names)).zip(hidden) {
        if wanted {
            let mut sheet = sheet(&mut workbook, name, &mut budget)?;
            sheet.hidden = hidden;
            sheets.push(sheet);
        }
    }
    Ok(Contents { sheets, names })
}

/// Unpacks every part once and throws it away: a part may be larger than it
/// says.
fn check_parts(bytes: &[u8]) -> Result<(), Box<Fault>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
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

fn sheet(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str, budget: &mut Budget) -> Result<Sheet, Box<Fault>> {
    let mut sheet = Sheet { name: name.to_owned(), ..Sheet::default() };
    // One by one, not as a rectangle: two cells in far corners are cheap.
    let mut reader = workbook.worksheet_cells_reader(name).map_err(|_| damaged())?;
    while let Some(cell) = reader.next_cell().map_err(|_| damaged())? {
        let (text, origin) = text(cell.get_value());
        sheet.add(budget, cell.get_position(), &text, origin)?;
    }
    Ok(sheet)
}

fn text(value: &DataRef<'_>) -> (String, Origin) {
    match value {
        DataRef::Int(number) => (number.to_string(), Origin::Number),
        DataRef::Float(number) => (number_text(*number), Origin::Number),
        DataRef::String(text) => (text.clone(), Origin::Text),
        DataRef::SharedString(text) => ((*text).to_owned(), Origin::Text),
        DataRef::Bool(truth) => (truth.to_string(), Origin::Truth),
        DataRef::DateTime(moment) => (date_text(moment), Origin::Date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (text.clone(), Origin::Date),
        DataRef::Error(error) => (error.to_string(), Origin::Error),
        DataRef::Empty => (String::new(), Origin::Text),
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
