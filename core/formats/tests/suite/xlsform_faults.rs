//! Faults as a clerk meets them: each with its cell and what would mend it.

use crate::support::workbook;
use ruhu_formats::read_workbook;
use ruhu_text::{Diagnostic, Severity};

fn faults(sheets: &[(&str, &[&str])]) -> Vec<Diagnostic> {
    match read_workbook(&workbook(sheets)) {
        Ok(reading) => reading.warnings,
        Err(faults) => faults.diagnostics,
    }
}

/// Every fault of a survey as one line, hints too.
fn told(survey: &[&str], choices: &[&str]) -> Vec<String> {
    lines(&faults(&[("survey", survey), ("choices", choices), ("settings", &["form_id", "t"])]))
}

fn lines(faults: &[Diagnostic]) -> Vec<String> {
    assert!(faults.iter().all(|fault| !fault.message.zh.is_empty() && !fault.message.en.is_empty()));
    let severity = |fault: &Diagnostic| if fault.severity == Severity::Error { "error" } else { "warning" };
    let line = |fault: &Diagnostic| {
        let Diagnostic { code, sheet, row, column, value, help: hint, .. } = fault;
        format!("{} {code} {sheet} {row} {column} [{value}] {}", severity(fault), hint.en)
            .trim_end()
            .to_owned()
    };
    faults.iter().map(line).collect()
}

#[test]
fn names_types_and_lists_that_do_not_hold_are_told_with_what_would() {
    insta::assert_yaml_snapshot!(told(
        &[
            "type | name | label | parameters",
            "text | 户主 姓名 | 甲 |",
            "text | ｎａｍｅ | 乙 |",
            "text | 2f | 丙 |",
            "text | meta | 丁 |",
            "select_one yess | a | 戊 |",
            "select_one_from_file villages.txt | b | 己 |",
            "select_multiple yn | c | 庚 | random=true",
            "range | d | 辛 | start=1 end=ten",
            "begin loop | e | 壬 |",
            "end loop | | |",
            "hologram | f | 癸 |",
            "end_group | | |",
            "begin_repeat | g | 组 |",
            "end_group | | |",
            "begin_group | h | 组 |",
        ],
        &["list_name | name | label", "yn | yes | 是", "yn | no way | 否", "spare | x | 闲", "| y | 无主"],
    ));
}

#[test]
fn expressions_typed_with_chinese_signs_are_read_and_told() {
    insta::assert_yaml_snapshot!(told(
        &[
            "type | name | label | relevant | constraint | required",
            "text | a | 甲 | | | 是",
            "integer | b | 乙 | ${a} ＝ “是，对” | ． ＞＝ 18 | Y",
            "text | c | 丙 | （${a} = 'x'） or ${aa} = 1 | | ",
        ],
        &[],
    ));
}

#[test]
fn triggers_answers_and_grids_that_cannot_work_are_told() {
    insta::assert_yaml_snapshot!(told(
        &[
            "type | name | label | trigger | calculation | choice_filter | appearance",
            "text | a | 甲 | | | |",
            "calculate | b | | a | 1 + 1 | |",
            "background-geopoint | c | | | | |",
            "select_one ${a} | d | 乙 | | | |",
            "select_one ${aa} | e | 丙 | | | |",
            "select_one yn or_other | f | 丁 | | | true() |",
            "begin_group | g | 组 | | | | table-list",
            "select_one yn | h | 戊 | | | |",
            "select_one no | i | 己 | | | |",
            "end_group | | | | | |",
        ],
        &["list_name | name | label", "yn | yes | 是", "no | no | 否"],
    ));
}

#[test]
fn a_language_half_done_is_told_once_a_column() {
    insta::assert_yaml_snapshot!(told(
        &[
            "type | name | label::中文 (zh) | label::English (en) | hint::中文 (zh)",
            "text | a | 甲 | A | 提示",
            "text | b | 乙 | |",
            "text | c | 丙 | |",
        ],
        &[],
    ));
}

#[test]
fn entities_that_do_not_hold_are_told() {
    let found = faults(&[
        (
            "survey",
            &[
                "type | name | label | save_to",
                "text | a | 甲 | name",
                "text | b | 乙 | __own",
                "text | c | 丙 | house",
                "text | d | 丁 | house",
                "begin_repeat | r | 组 |",
                "text | e | 戊 | other",
                "end_repeat | | |",
            ],
        ),
        ("entities", &["list_name | label | update_if | entity_id", "__x | | true() | ", "__x | ${a} | | "]),
        ("settings", &["form_id", "t"]),
    ]);
    insta::assert_yaml_snapshot!(lines(&found));
    let without =
        faults(&[("survey", &["type|name|label|save_to", "text|a|甲|p"]), ("settings", &["form_id", "t"])]);
    assert_eq!(without[0].code, "no-entities");
}

#[test]
fn sheets_and_settings_that_are_nearly_right_are_told() {
    let found = faults(&[
        ("survey", &["type|name|label::中文", "text|a|甲"]),
        ("choises", &["list_name|name|label"]),
        (
            "settings",
            &["form_id|verison|default_language|name|instance_name", "t|1|English|2 x|concat(${b})", "u||||"],
        ),
    ]);
    insta::assert_yaml_snapshot!(lines(&found));
}
