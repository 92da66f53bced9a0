//! Workbooks as sheets of text cells, with limits that a hostile file meets
//! before it costs memory.

mod faults;
mod xlsx;

use crate::fault::Fault;
use crate::lang::Text2;
use faults::too_large;

/// The most bytes a file may have.
pub(crate) const MAX_FILE: usize = 16 * 1024 * 1024;
/// The most cells of all sheets together.
const MAX_CELLS: usize = 500_000;
/// The rightmost column that is read.
const MAX_COLUMN: u32 = 512;
/// The most bytes of all cells together: many cells may share one text.
const MAX_TEXT: usize = 16 * 1024 * 1024;
/// The longest cell, in characters: what Excel itself allows.
const MAX_CELL: usize = 32_767;

/// A sheet; one of its first rows is the heading.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub name: String,
    pub rows: Vec<SheetRow>,
    pub hidden: bool,
    /// The first place where cells are merged: its row and column.
    pub merged: Option<(u32, u32)>,
}

/// The cells of a row that hold something, from the left.
#[derive(Debug)]
pub(crate) struct SheetRow {
    /// As the spreadsheet numbers it, from 1.
    pub number: u32,
    pub cells: Vec<SheetCell>,
}

/// A cell, trimmed.
#[derive(Debug)]
pub(crate) struct SheetCell {
    /// From 0.
    pub column: u32,
    pub text: String,
    pub origin: Origin,
}

/// What a cell was before it became text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Text,
    Number,
    Truth,
    Date,
    /// `#REF!` and its like.
    Error,
    /// A formula that no program has worked out.
    Unworked,
}

/// The sheets that were asked for, and the names of all.
pub(crate) struct Contents {
    pub sheets: Vec<Sheet>,
    pub names: Vec<String>,
}

/// Chooses the sheets to read among the names of all.
pub(crate) type Wanted = fn(&[String]) -> Vec<bool>;

/// Reads the sheets that `wanted` chooses.
pub(crate) fn open(bytes: &[u8], wanted: Wanted) -> Result<Contents, Box<Fault>> {
    if bytes.len() > MAX_FILE {
        return Err(too_large(&format!("{} MB", MAX_FILE >> 20)));
    }
    xlsx::open(bytes, wanted)
}

/// What may still be read.
struct Budget {
    cells: usize,
    text: usize,
}

impl Budget {
    fn new() -> Self {
        Budget { cells: MAX_CELLS, text: MAX_TEXT }
    }

    fn spend(&mut self, text: &str) -> Result<(), Box<Fault>> {
        self.cells = self.cells.checked_sub(1).ok_or_else(|| too_large(&format!("{MAX_CELLS} cells")))?;
        let left = self.text.checked_sub(text.len());
        self.text = left.ok_or_else(|| too_large(&format!("{} MB", MAX_TEXT >> 20)))?;
        Ok(())
    }
}

impl Sheet {
    /// Adds a cell right of or below those that are there; `row` and `column`
    /// count from 0.
    fn add(
        &mut self,
        budget: &mut Budget,
        (row, column): (u32, u32),
        text: &str,
        origin: Origin,
    ) -> Result<(), Box<Fault>> {
        let text = text.trim();
        budget.spend(text)?;
        if (text.is_empty() && origin != Origin::Unworked) || column > MAX_COLUMN {
            return Ok(());
        }
        let number = row.saturating_add(1);
        // A character has at most 4 bytes, so short texts need no counting.
        if text.len() > MAX_CELL && text.chars().count() > MAX_CELL {
            let message = Text2::new(
                format!("单元格超过 {MAX_CELL} 字。"),
                format!("The cell has more than {MAX_CELL} characters."),
            );
            let fault = Fault::error("cell-too-long", message).at_sheet(&self.name).at_row(number);
            return Err(Box::new(fault.at_cell("", text)));
        }
        let cell = SheetCell { column, text: text.to_owned(), origin };
        match self.rows.last_mut() {
            Some(last) if last.number == number => last.cells.push(cell),
            _ => self.rows.push(SheetRow { number, cells: vec![cell] }),
        }
        Ok(())
    }
}

/// A number as a spreadsheet shows it when nobody formats it: no `.0`.
fn number_text(number: f64) -> String {
    number.to_string()
}
