//! What several test files share.

use ruhu_form::{Environment, Session, read_workbook};
use rust_xlsxwriter::Workbook;
use std::path::PathBuf;
use std::sync::Arc;

/// 2026-11-22 09:30 in China.
pub const MORNING: Environment = Environment { now_ms: 1_795_311_000_000, utc_offset_minutes: 480, seed: 7 };

pub fn pack(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs/forms").join(name)
}

/// A workbook of sheets of rows of cells; cells are separated by `|`.
pub fn workbook(sheets: &[(&str, &[&str])]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (r, row) in rows.iter().enumerate() {
            for (c, cell) in row.split('|').map(str::trim).enumerate().filter(|(_, cell)| !cell.is_empty()) {
                sheet.write_string(r as u32, c as u16, cell).unwrap();
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// A session over a survey (and choices) without settings.
pub fn session(survey: &[&str], choices: &[&str]) -> Session {
    let bytes =
        workbook(&[("survey", survey), ("choices", choices), ("settings", &["form_id|version", "t|1"])]);
    let reading = read_workbook(&bytes).unwrap_or_else(|faults| panic!("{faults}"));
    Session::new(Arc::new(reading.form), MORNING)
}
