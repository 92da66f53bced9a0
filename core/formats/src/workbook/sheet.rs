//! Sheets of text cells, and how much of them is read.

use super::diagnostics::too_large;
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use ruhu_text::{Bilingual, Diagnostic};

/// The most bytes a file may have.
pub(crate) const MAX_FILE: usize = 16 * 1024 * 1024;
/// The most cells of all sheets together.
pub(super) const MAX_CELLS: usize = 500_000;
/// The rightmost column that is read.
pub(super) const MAX_COLUMN: u32 = 512;
/// The most bytes of all cells together: many cells may share one text.
pub(super) const MAX_TEXT: usize = 16 * 1024 * 1024;
/// The longest cell, in characters: what Excel itself allows.
pub(super) const MAX_CELL: usize = 32_767;

/// A sheet; one of its first rows is the heading.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub name: String,
    pub rows: Vec<SheetRow>,
    pub hidden: bool,
    /// The first place where cells are merged: its row and column.
    pub merged: Option<(u32, u32)>,
    /// A table that is a file of its own, without the names of sheets.
    pub(super) plain: bool,
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

/// What may still be read.
pub(super) struct Budget {
    cells: usize,
    text: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Budget { cells: MAX_CELLS, text: MAX_TEXT }
    }

    pub(super) fn spend(&mut self, text: &str) -> Result<(), Box<Diagnostic>> {
        self.cells = self.cells.checked_sub(1).ok_or_else(|| too_large(&format!("{MAX_CELLS} cells")))?;
        let left = self.text.checked_sub(text.len());
        self.text = left.ok_or_else(|| too_large(&format!("{} MB", MAX_TEXT >> 20)))?;
        Ok(())
    }
}

impl Sheet {
    /// Adds a cell right of or below those that are there; `row` and `column`
    /// count from 0.
    pub(super) fn add(
        &mut self,
        budget: &mut Budget,
        (row, column): (u32, u32),
        text: &str,
        origin: Origin,
    ) -> Result<(), Box<Diagnostic>> {
        let text = text.trim();
        budget.spend(text)?;
        if (text.is_empty() && origin != Origin::Unworked) || column > MAX_COLUMN {
            return Ok(());
        }
        let number = row.saturating_add(1);
        // A character has at most 4 bytes, so short texts need no counting.
        if text.len() > MAX_CELL && text.chars().count() > MAX_CELL {
            let message = Bilingual::new(
                format!("单元格超过 {MAX_CELL} 字。"),
                format!("The cell has more than {MAX_CELL} characters."),
            );
            let diagnostic = Diagnostic::error("cell-too-long", message).at_sheet(&self.name).at_row(number);
            return Err(Box::new(diagnostic.at_cell("", text)));
        }
        let cell = SheetCell { column, text: text.to_owned(), origin };
        match self.rows.last_mut() {
            Some(last) if last.number == number => last.cells.push(cell),
            _ => self.rows.push(SheetRow { number, cells: vec![cell] }),
        }
        Ok(())
    }
}

impl Sheet {
    /// Puts rows and cells in order, where a file has them out of it; of two
    /// cells in one place the last counts.
    pub(super) fn order(&mut self) {
        let ordered = self.rows.is_sorted_by(|a, b| a.number < b.number)
            && self.rows.iter().all(|row| row.cells.is_sorted_by(|a, b| a.column < b.column));
        if ordered {
            return;
        }
        self.rows.sort_by_key(|row| row.number);
        let mut rows: Vec<SheetRow> = Vec::with_capacity(self.rows.len());
        for row in self.rows.drain(..) {
            match rows.last_mut() {
                Some(last) if last.number == row.number => last.cells.extend(row.cells),
                _ => rows.push(row),
            }
        }
        for row in &mut rows {
            row.cells.sort_by_key(|cell| cell.column);
            row.cells.reverse();
            row.cells.dedup_by_key(|cell| cell.column);
            row.cells.reverse();
        }
        self.rows = rows;
    }
}

/// A date or time that a spreadsheet keeps as a number of days: `2026-11-22`,
/// `2026-11-22T08:30:00.000`, or for less than a day `08:30:00`.
pub(super) fn date_text(days: f64, from_1904: bool) -> String {
    // Beyond the year 9999 there is no date.
    if !(0.0..2_958_466.0).contains(&days) {
        return number_text(days);
    }
    let whole = days.trunc();
    let ms = ((days - whole) * 86_400_000.0).round() as i64;
    let time = NaiveTime::MIN.overflowing_add_signed(TimeDelta::milliseconds(ms)).0;
    if whole == 0.0 && ms > 0 {
        return time.format("%H:%M:%S").to_string();
    }
    // Before March 1900 days count one more: spreadsheets know a 29 February
    // 1900, which there was not.
    let begin = match (from_1904, whole < 60.0) {
        (true, _) => NaiveDate::from_ymd_opt(1904, 1, 1),
        (false, true) => NaiveDate::from_ymd_opt(1899, 12, 31),
        (false, false) => NaiveDate::from_ymd_opt(1899, 12, 30),
    };
    let date = begin.and_then(|begin| begin.checked_add_days(Days::new(whole as u64)));
    match date {
        Some(date) if ms % 86_400_000 == 0 => date.format("%Y-%m-%d").to_string(),
        Some(date) => date.and_time(time).format("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
        None => number_text(days),
    }
}

/// A number as a spreadsheet shows it when nobody formats it: no `.0`.
pub(super) fn number_text(number: f64) -> String {
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    pub(super) fn days_are_written_as_dates_and_times() {
        assert_eq!(date_text(46_348.0, false), "2026-11-22");
        assert_eq!(date_text(46_348.5, false), "2026-11-22T12:00:00.000");
        assert_eq!(date_text(0.354_166_666_666_666_7, false), "08:30:00");
        assert_eq!(date_text(1.0, false), "1900-01-01");
        assert_eq!(date_text(61.0, false), "1900-03-01");
        assert_eq!(date_text(0.0, true), "1904-01-01");
        assert_eq!(date_text(-1.0, false), "-1");
        assert_eq!(date_text(f64::NAN, false), "NaN");
    }

    #[test]
    pub(super) fn cells_out_of_order_are_put_in_order_and_the_last_counts() {
        let mut sheet = Sheet::default();
        let mut budget = Budget::new();
        for (place, text) in [((1, 0), "c"), ((0, 1), "b"), ((0, 0), "a"), ((1, 0), "d")] {
            sheet.add(&mut budget, place, text, Origin::Text).unwrap();
        }
        sheet.order();
        let texts: Vec<Vec<&str>> =
            sheet.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect();
        assert_eq!(texts, [vec!["a", "b"], vec!["d"]]);
    }
}
