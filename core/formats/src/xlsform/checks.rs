//! What a spreadsheet did to cells, and labels that are not in every language.

use super::table::{Found, Table, is_translated};
use crate::workbook::{Origin, SheetRow};
use ruhu_text::{Bilingual, Diagnostic};
use std::collections::BTreeMap;

/// Spreadsheets keep 15 digits of a number.
const DIGITS: usize = 15;

/// What the cells of a sheet must be.
pub(super) struct Cells<'a> {
    /// Columns whose cells are names, never dates.
    names: &'a [&'a str],
}

impl<'a> Cells<'a> {
    pub fn of(names: &'a [&'a str]) -> Self {
        Cells { names }
    }

    /// Tells what is wrong with cells before anything is read of them.
    pub fn check(&self, table: &Table, diagnostics: &mut Vec<Diagnostic>) {
        let sheet = &table.sheet;
        if sheet.hidden {
            let message = Bilingual::new(
                format!("工作表“{}”是隐藏的，但照样读了。", sheet.name),
                format!("The sheet “{}” is hidden, but it is read.", sheet.name),
            );
            diagnostics.push(Diagnostic::warning("hidden-sheet", message).at_sheet(&sheet.name));
        }
        if let Some((row, _)) = sheet.merged {
            let message = Bilingual::new(
                "有合并的单元格，只有左上角一格有内容，其余当作空的。",
                "Cells are merged; only the first of them holds something, the others are read as empty.",
            );
            let help = Bilingual::new("请取消合并，每格都写上内容。", "Unmerge them and fill in every cell.");
            let diagnostic = Diagnostic::warning("merged-cells", message).help(help);
            diagnostics.push(diagnostic.at_sheet(&sheet.name).at_row(row));
        }
        for row in table.rows() {
            for found in table.cells(row) {
                if let Some(diagnostic) = self.cell(&found) {
                    let diagnostic = diagnostic.at_sheet(&sheet.name).at_row(row.number);
                    diagnostics.push(diagnostic.at_cell(&found.heading.written, found.text));
                }
            }
        }
    }

    fn cell(&self, found: &Found<'_>) -> Option<Diagnostic> {
        let of_name = self.names.contains(&found.heading.column.as_str());
        match found.origin {
            Origin::Error => Some(excel_error(found.text)),
            Origin::Unworked => Some(unworked()),
            Origin::Date if of_name => Some(became_date(found.text)),
            Origin::Number if digits(found.text) > DIGITS => Some(long_number()),
            _ => None,
        }
    }
}

fn digits(text: &str) -> usize {
    text.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count()
}

fn excel_error(text: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("这一格是 Excel 的错误“{text}”。"),
        format!("The cell holds the spreadsheet error “{text}”."),
    );
    Diagnostic::error("excel-error", message).help(Bilingual::new(
        "请改好公式，或直接写内容；算式前加英文单引号，Excel 就不去计算。",
        "Mend the formula or write the text itself; begin an expression with an apostrophe, so that Excel leaves it alone.",
    ))
}

fn unworked() -> Diagnostic {
    let message =
        Bilingual::new("这一格的公式没有算出结果。", "The formula of the cell has never been worked out.");
    Diagnostic::error("formula-without-value", message).help(Bilingual::new(
        "请在 Excel 或 WPS 里打开再保存一次，或直接写内容。",
        "Open the workbook in Excel or WPS and save it again, or write the text itself.",
    ))
}

fn became_date(text: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("Excel 把这一格变成了日期“{text}”。"),
        format!("Excel made a date of this cell: “{text}”."),
    );
    Diagnostic::warning("became-date", message)
        .help(Bilingual::new("请把单元格设为文本，再写一次。", "Format the cell as text and write it again."))
}

fn long_number() -> Diagnostic {
    let message = Bilingual::new(
        "数字太长，Excel 只保留前 15 位，后面已经变成 0。",
        "The number is too long: Excel keeps 15 digits and makes the rest 0.",
    );
    Diagnostic::warning("long-number", message).help(Bilingual::new(
        "身份证号、银行卡号等请把单元格设为文本，再写一次。",
        "For ID or card numbers, format the cell as text and write it again.",
    ))
}

/// Texts that are missing in a language: told once a column, for a form of a
/// thousand rows may have a language begun only.
#[derive(Debug, Default)]
pub(super) struct Translations {
    /// By column and language: the first row, and how many.
    missing: BTreeMap<(String, String), (u32, usize)>,
}

impl Translations {
    /// Notes what a row has in some languages, but not in all.
    pub fn note(&mut self, table: &Table, row: &SheetRow, languages: &[String]) {
        if languages.len() < 2 {
            return;
        }
        let mut present: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for found in table.cells(row).filter(|found| !found.text.is_empty()) {
            // Pictures and films are often the same in all languages.
            if is_translated(&found.heading.column) && !found.heading.column.starts_with("media::") {
                present.entry(&found.heading.column).or_default().push(&found.heading.language);
            }
        }
        // A text without a language is for all of them.
        for (column, has) in present.into_iter().filter(|(_, has)| !has.contains(&"")) {
            for language in languages.iter().filter(|language| !language.is_empty()) {
                if !has.contains(&language.as_str()) {
                    let key = (column.to_owned(), language.clone());
                    self.missing.entry(key).or_insert((row.number, 0)).1 += 1;
                }
            }
        }
    }

    /// Warns of what was noted.
    pub fn tell(self, table: &Table, diagnostics: &mut Vec<Diagnostic>) {
        for ((column, language), (row, count)) in self.missing {
            let message = Bilingual::new(
                match count {
                    1 => format!("缺少“{language}”的文字。"),
                    _ => format!("缺少“{language}”的文字，从这一行起共 {count} 处。"),
                },
                match count {
                    1 => format!("The text in “{language}” is missing."),
                    _ => format!("The text in “{language}” is missing, in {count} rows from here on."),
                },
            );
            let diagnostic = Diagnostic::warning("missing-translation", message).at_sheet(&table.sheet.name);
            diagnostics.push(diagnostic.at_row(row).at_cell(&format!("{column}::{language}"), ""));
        }
    }
}
