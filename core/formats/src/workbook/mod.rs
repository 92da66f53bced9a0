//! Workbooks as sheets of text cells, with limits that a hostile file meets
//! before it costs memory.

mod csv;
mod diagnostics;
mod package;
mod records;
mod sheet;
mod styles;
mod xls;
mod xlsx;

pub(crate) use csv::table;
pub(crate) use sheet::{Contents, MAX_FILE, Origin, Sheet, SheetRow};

use diagnostics::{empty, not_a_workbook, other_format, too_large};
use ruhu_text::Diagnostic;
use sheet::Wanted;

/// Reads the sheets that `wanted` chooses. What a file is, is told by what it
/// holds; many an old .xls is called .xlsx.
pub(crate) fn open(bytes: &[u8], wanted: Wanted) -> Result<Contents, Box<Diagnostic>> {
    if bytes.len() > MAX_FILE {
        return Err(too_large(&format!("{} MB", MAX_FILE >> 20)));
    }
    match bytes {
        [] => Err(empty()),
        [b'P', b'K', ..] => xlsx::open(bytes, wanted),
        // The mark of a compound file (MS-CFB, section 2.2), whole or cut off.
        [0xD0, 0xCF, 0x11, 0xE0, ..] => xls::open(bytes, wanted),
        // A workbook of Excel 2 to 4: records without a compound file.
        [0x09, 0x00 | 0x02 | 0x04, ..] => Err(diagnostics::too_old()),
        _ => text(bytes, wanted),
    }
}

fn text(bytes: &[u8], wanted: Wanted) -> Result<Contents, Box<Diagnostic>> {
    let begin: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).take(64).collect();
    let begin = String::from_utf8_lossy(&begin).to_ascii_lowercase();
    let begin = begin.trim_start_matches('\u{feff}');
    if begin.starts_with("<!doctypehtml") || begin.starts_with("<html") || begin.starts_with("<table") {
        return Err(other_format("HTML"));
    }
    if begin.starts_with('<') {
        return Err(other_format("XML"));
    }
    if begin.starts_with("%pdf") {
        return Err(other_format("PDF"));
    }
    if begin.is_empty() {
        return Err(empty());
    }
    let is_utf16 = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    if bytes.contains(&0) && !is_utf16 {
        return Err(not_a_workbook());
    }
    csv::open(bytes, wanted)
}
