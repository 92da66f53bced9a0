//! A short visit with each kind of question, as a real workbook.

use rust_xlsxwriter::Workbook;

const SURVEY: &[[&str; 9]] = &[
    [
        "type",
        "name",
        "label::中文 (zh)",
        "label::English (en)",
        "hint::中文 (zh)",
        "required",
        "relevant",
        "constraint",
        "constraint_message::中文 (zh)",
    ],
    ["begin_group", "head", "一、基本信息", "1. The visit", "", "", "", "", ""],
    [
        "text",
        "name",
        "户主姓名",
        "Head of household",
        "照身份证填写。",
        "yes",
        "",
        "string-length(.) >= 2",
        "姓名至少两个字。",
    ],
    ["select_one village", "village", "村（社区）", "Village", "", "yes", "", "", ""],
    ["date", "day", "入户日期", "Day of the visit", "", "", "", ". <= today()", "不能晚于今天。"],
    ["end_group", "", "", "", "", "", "", "", ""],
    ["begin_repeat", "member", "家庭成员", "Member", "", "", "", "", ""],
    ["text", "member_name", "姓名", "Name", "", "yes", "", "", ""],
    ["integer", "age", "年龄", "Age", "周岁", "yes", "", ". >= 0 and . <= 120", "应在 0 到 120 之间。"],
    ["end_repeat", "", "", "", "", "", "", "", ""],
    [
        "begin_group",
        "facts",
        "二、实际看到的情况，请逐项核对，看到什么写什么",
        "2. What is seen",
        "",
        "",
        "",
        "",
        "",
    ],
    [
        "note",
        "rule",
        "一共 ${members} 人。每次入户至少两名调查人员，本人签字。",
        "${members} members.",
        "",
        "",
        "",
        "",
        "",
    ],
    [
        "select_multiple appliance",
        "appliances",
        "家用电器",
        "Appliances",
        "",
        "",
        "",
        "not(selected(., 'none') and count-selected(.) > 1)",
        "选了“无”就不能再选别的。",
    ],
    ["decimal", "area", "建筑面积", "Floor area", "平方米", "", "", "", ""],
    ["geopoint", "geo", "现场定位", "Position", "", "", "", "", ""],
    ["image", "photo", "房屋照片", "Photo", "", "", "", "", ""],
    ["acknowledge", "told", "已向该户说明政策", "The rules were explained", "", "yes", "", "", ""],
    ["text", "remark", "备注", "Remark", "", "", "${told} = 'OK'", "", ""],
    ["text", "total", "人数", "Members", "", "", "", "", ""],
    ["end_group", "", "", "", "", "", "", "", ""],
    ["calculate", "members", "", "", "", "", "", "", ""],
];
const CHOICES: &[[&str; 4]] = &[
    ["list_name", "name", "label::中文 (zh)", "label::English (en)"],
    ["village", "201", "河东村", "Hedong"],
    ["village", "202", "河西村", "Hexi"],
    ["village", "203", "上坞村", "Shangwu"],
    ["village", "204", "下坞村", "Xiawu"],
    ["village", "205", "石桥村", "Shiqiao"],
    ["village", "206", "竹林村", "Zhulin"],
    ["village", "207", "新塘村", "Xintang"],
    ["village", "208", "白马湖村", "Baimahu"],
    ["village", "209", "长岭村", "Changling"],
    ["village", "210", "单家村", "Shanjia"],
    ["village", "001", "青禾社区", "Qinghe"],
    ["village", "002", "重阳社区", "Chongyang"],
    ["appliance", "tv", "电视机", "Television"],
    ["appliance", "fridge", "冰箱", "Fridge"],
    ["appliance", "none", "无", "None"],
];
const SETTINGS: &[[&str; 4]] = &[
    ["form_id", "version", "form_title", "default_language"],
    ["short_visit", "2026112201", "简短入户", "中文 (zh)"],
];
const CALCULATIONS: &[(&str, &str)] = &[("members", "count(/data/member)"), ("total", "${members}")];

/// The workbook's bytes.
pub fn bytes() -> Vec<u8> {
    let mut workbook = Workbook::new();
    sheet(&mut workbook, "survey", SURVEY);
    let survey = workbook.worksheet_from_name("survey").unwrap();
    survey.write(0, 9, "calculation").unwrap();
    for (name, calculation) in CALCULATIONS {
        let row = SURVEY.iter().position(|row| row[1] == *name).unwrap();
        survey.write(row as u32, 9, *calculation).unwrap();
    }
    sheet(&mut workbook, "choices", CHOICES);
    sheet(&mut workbook, "settings", SETTINGS);
    workbook.save_to_buffer().unwrap()
}

fn sheet<const N: usize>(workbook: &mut Workbook, name: &str, rows: &[[&str; N]]) {
    let sheet = workbook.add_worksheet().set_name(name).unwrap();
    for (row, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(row as u32, column as u16, *cell).unwrap();
        }
    }
}
