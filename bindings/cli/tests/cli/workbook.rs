//! A small form, as a real workbook.

use std::path::Path;

use rust_xlsxwriter::Workbook;

const SURVEY: &[[&str; 7]] = &[
    ["type", "name", "label::中文 (zh)", "label::English (en)", "required", "ruhu::save_to", "ruhu::merge"],
    ["begin_group", "facts", "情况", "Facts", "", "", ""],
    ["integer", "members_real", "实际人口", "Members", "yes", "case/members_real:int", "eligibility"],
    ["select_one water", "water", "饮水", "Water", "", "case/water", ""],
    ["text", "remark", "备注", "Remark", "", "", ""],
    ["end_group", "", "", "", "", "", ""],
    ["begin_repeat", "neighbour", "邻居", "Neighbour", "", "", ""],
    ["text", "neighbour_name", "邻居姓名", "Neighbour's name", "", "", ""],
    ["end_repeat", "", "", "", "", "", ""],
];
const CHOICES: &[[&str; 4]] = &[
    ["list_name", "name", "label::中文 (zh)", "label::English (en)"],
    ["water", "tap", "自来水", "Tap"],
    ["water", "well", "井水", "Well"],
];
const SETTINGS: &[[&str; 4]] = &[
    ["form_id", "version", "form_title", "default_language"],
    ["home_visit", "2026112201", "入户", "中文 (zh)"],
];

/// The next version: wells are no longer on offer, the remark is not asked, the water is asked with the house.
const NEXT_SURVEY: &[[&str; 7]] = &[
    ["type", "name", "label::中文 (zh)", "label::English (en)", "required", "ruhu::save_to", "ruhu::merge"],
    ["begin_group", "facts", "情况", "Facts", "", "", ""],
    ["decimal", "members_real", "实际人口", "Members", "yes", "case/members_real:int", "eligibility"],
    ["end_group", "", "", "", "", "", ""],
    ["begin_group", "house", "住房", "House", "", "", ""],
    ["select_one water", "water", "饮水", "Water", "", "case/water", ""],
    ["end_group", "", "", "", "", "", ""],
    ["begin_repeat", "neighbour", "邻居", "Neighbour", "", "", ""],
    ["text", "neighbour_name", "邻居姓名", "Neighbour's name", "", "", ""],
    ["end_repeat", "", "", "", "", "", ""],
];
const NEXT_CHOICES: &[[&str; 4]] = &[
    ["list_name", "name", "label::中文 (zh)", "label::English (en)"],
    ["water", "tap", "自来水", "Tap"],
    ["water", "tank", "水窖", "Tank"],
];
const NEXT_SETTINGS: &[[&str; 4]] = &[
    ["form_id", "version", "form_title", "default_language"],
    ["home_visit", "2026112202", "入户", "中文 (zh)"],
];

/// Writes the next version of the form.
pub fn write_next(file: &Path) {
    let mut workbook = Workbook::new();
    sheet(&mut workbook, "survey", NEXT_SURVEY);
    sheet(&mut workbook, "choices", NEXT_CHOICES);
    sheet(&mut workbook, "settings", NEXT_SETTINGS);
    workbook.save(file).unwrap();
}

/// Writes the form; `mistype` puts a question type into it that does not exist.
pub fn write(file: &Path, mistype: bool) {
    let mut workbook = Workbook::new();
    sheet(&mut workbook, "survey", SURVEY);
    sheet(&mut workbook, "choices", CHOICES);
    sheet(&mut workbook, "settings", SETTINGS);
    if mistype {
        workbook.worksheet_from_name("survey").unwrap().write(2, 0, "interger").unwrap();
    }
    workbook.save(file).unwrap();
}

fn sheet<const N: usize>(workbook: &mut Workbook, name: &str, rows: &[[&str; N]]) {
    let sheet = workbook.add_worksheet().set_name(name).unwrap();
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(row as u32, column as u16, *cell).unwrap();
        }
    }
}
