//! Which cells are dates: a spreadsheet keeps a date as a number whose format
//! says so.

use std::collections::HashMap;

/// The formats of a workbook's cells.
#[derive(Debug, Default)]
pub(super) struct Styles {
    /// The format of each style of cells.
    pub cells: Vec<u32>,
    /// Whether a format of the workbook's own is a date.
    pub formats: HashMap<u32, bool>,
    /// Whether days count from 1904 (early Macintosh).
    pub from_1904: bool,
}

impl Styles {
    /// Whether cells of that style are dates or times.
    pub fn is_date(&self, style: usize) -> bool {
        let Some(format) = self.cells.get(style) else { return false };
        // The formats that have no code in the file (ECMA-376, 18.8.30); those
        // from 27 to 58 are dates in Chinese, Japanese and Korean.
        self.formats.get(format).copied().unwrap_or(matches!(format, 14..=22 | 27..=36 | 45..=47 | 50..=58))
    }
}

/// Whether a code such as `yyyy"年"m"月"d"日"` formats a date or time.
pub(super) fn is_date_code(code: &str) -> bool {
    // Further sections are for negative numbers and texts.
    let code = code.split(';').next().unwrap_or_default();
    let mut signs = code.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => {
                signs.by_ref().find(|sign| *sign == '"');
            }
            '\\' | '_' | '*' => {
                signs.next();
            }
            // [Red], [$¥-804]; but [h]:mm is a span of time.
            '[' => {
                let inside: String = signs.by_ref().take_while(|sign| *sign != ']').collect();
                if matches!(inside.to_ascii_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                    return true;
                }
            }
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => return true,
            // General
            'G' | 'g' => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_dates_are_told_from_those_of_numbers() {
        for date in ["yyyy-mm-dd", "yyyy\"年\"m\"月\"d\"日\"", "[h]:mm:ss", "[$-804]d-mmm"] {
            assert!(is_date_code(date), "{date}");
        }
        for number in ["General", "0.00", "#,##0\"days\"", "[Red]0", "\\d0", "0_d"] {
            assert!(!is_date_code(number), "{number}");
        }
    }

    #[test]
    fn formats_without_a_code_are_known_by_number() {
        let styles = Styles { cells: vec![0, 14, 31, 9], ..Styles::default() };
        assert_eq!([0, 1, 2, 3, 9].map(|style| styles.is_date(style)), [false, true, true, false, false]);
    }
}
