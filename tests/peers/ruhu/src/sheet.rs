//! Workbooks written cell by cell.

use rust_xlsxwriter::{Workbook, Worksheet};

/// Sheets of texts.
pub struct Book {
    workbook: Workbook,
}

impl Book {
    /// An empty workbook.
    pub fn new() -> Book {
        Book { workbook: Workbook::new() }
    }

    /// Adds a sheet; the first row is its header.
    pub fn sheet(&mut self, name: &str, header: &[&str], rows: &[Vec<String>]) {
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(name).unwrap();
        let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
        write_row(sheet, 0, &header);
        for (row, number) in rows.iter().zip(1..) {
            write_row(sheet, number, row);
        }
    }

    /// The file.
    pub fn bytes(mut self) -> Vec<u8> {
        self.workbook.save_to_buffer().unwrap()
    }
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: &[String]) {
    for (cell, column) in cells.iter().zip(0..).filter(|(cell, _)| !cell.is_empty()) {
        sheet.write_string(row, column, cell).unwrap();
    }
}

/// A row of a sheet.
pub fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}
