//! What several test files share.

use ruhu_form::{Environment, Form, JournalEntry, Session};
use ruhu_formats::read_workbook;
use rust_xlsxwriter::Workbook;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// 2026-11-22 09:30 in China.
pub const MORNING: Environment = Environment { now_ms: 1_795_311_000_000, utc_offset_minutes: 480, seed: 7 };

pub fn pack(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../packs/forms").join(name)
}

/// The form `packs/forms/NAME.xlsx`, which may not have a warning.
pub fn pack_form(name: &str) -> Arc<Form> {
    let reading = read_workbook(&fs::read(pack(&format!("{name}.xlsx"))).unwrap())
        .unwrap_or_else(|faults| panic!("{name}: {faults}"));
    assert_eq!(reading.warnings, [], "{name} has warnings");
    Arc::new(reading.form)
}

/// The names of all workbooks of the pack.
pub fn pack_names() -> Vec<String> {
    let files =
        fs::read_dir(pack("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // Excel and WPS keep such a file beside a workbook that is open.
    let workbooks = files.filter(|file| !file.starts_with("~$"));
    let mut names: Vec<String> =
        workbooks.filter_map(|file| file.strip_suffix(".xlsx").map(str::to_owned)).collect();
    names.sort();
    assert!(names.contains(&"home_visit".to_owned()), "{names:?}");
    names
}

/// The entries of `packs/forms/NAME.example.txt`.
pub fn example(name: &str) -> Vec<JournalEntry> {
    fs::read_to_string(pack(&format!("{name}.example.txt"))).unwrap().lines().filter_map(entry).collect()
}

/// A line of an example: `path = value` or `+ repeat id`.
fn entry(line: &str) -> Option<JournalEntry> {
    if line.starts_with('#') || line.trim().is_empty() {
        return None;
    }
    if let Some(added) = line.strip_prefix("+ ") {
        let (path, id) = added.rsplit_once(' ').unwrap();
        return Some(JournalEntry::AddRepeat { path: path.to_owned(), instance_id: id.to_owned() });
    }
    let (path, value) = line.split_once(" = ").unwrap();
    Some(JournalEntry::Answer { path: path.to_owned(), value: value.to_owned() })
}

/// A form of the pack with its example filled in.
pub fn filled(name: &str) -> Session {
    let mut session = Session::new(pack_form(name), MORNING);
    for entry in example(name) {
        session.apply(&entry).unwrap_or_else(|error| panic!("{name}: {entry:?}: {error}"));
    }
    session
}

/// The names of what stands in the way of finishing.
pub fn missing(session: &Session) -> Vec<String> {
    session.missing().into_iter().map(|missing| missing.path.rsplit('/').next().unwrap().to_owned()).collect()
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
