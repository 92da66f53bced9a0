//! Workbooks with faults: each is named with its cell, all at once.

use crate::support::workbook;
use ruhu_formats::read_workbook;
use ruhu_text::{Diagnostic, Lang, Severity};

const SETTINGS: (&str, &[&str]) = ("settings", &["form_id|version", "t|1"]);

fn faults(survey: &[&str], choices: &[&str]) -> Vec<Diagnostic> {
    match read_workbook(&workbook(&[("survey", survey), ("choices", choices), SETTINGS])) {
        Ok(reading) => reading.warnings,
        Err(faults) => faults.diagnostics,
    }
}

fn brief(faults: &[Diagnostic]) -> Vec<String> {
    let brief = |fault: &Diagnostic| {
        format!("{} {} {} {} {}", fault.code, fault.sheet, fault.row, fault.column, fault.value)
    };
    faults.iter().map(|fault| brief(fault).trim_end().to_owned()).collect()
}

#[test]
fn all_faults_of_a_workbook_come_at_once_with_their_cells() {
    let found = faults(
        &[
            "type|name|label|relevant|calculation|relevnt",
            "interger|a|甲|||",
            "select_one yn|b|乙|||",
            "select_one yess|c|丙|||",
            "text|d|丁|${bb} = 1||",
            "text|e|戊|selectd(., 'x')||",
            "text|2f|己|||",
            "text||庚|||",
            "text|d|辛|||",
            "begin_group|g|组|||",
            "calculate|h||||",
            "geotrace|i|线|||",
        ],
        &["list_name|name|label", "yn|yes|是", "yn|yes|对", "yn|no no|否", "yn|maybe|", "yn||空", "yes|1|一"],
    );
    insta::assert_yaml_snapshot!(brief(&found));
    assert!(found.iter().all(|fault| !fault.message.zh.is_empty() && !fault.message.en.is_empty()));
}

#[test]
fn expressions_are_checked_when_the_names_hold() {
    let found = faults(
        &[
            "type|name|label|relevant|constraint|calculation|default",
            "text|a|甲|${b} = 'x'|||",
            "text|b|乙||. ＞ 3||",
            "text|c|丙|${bb} = 1|||",
            "text|d|丁|selectd(., 'x')|||",
            "text|e|戊|/data/nowhere = 1|||",
            "text|f|己||regex(., '(')||",
            "text|g|${nobody}||||tody()",
        ],
        &[],
    );
    insta::assert_yaml_snapshot!(found);
}

#[test]
fn a_circle_of_expressions_is_found_when_the_form_is_read() {
    let found = faults(
        &[
            "type|name|label|relevant|calculation",
            "calculate|a|||${b} + 1",
            "calculate|b|||${c} + 1",
            "text|c|丙|${a} > 1|",
        ],
        &[],
    );
    let [fault] = &found[..] else { panic!("{found:?}") };
    assert_eq!((fault.code.as_str(), fault.sheet.as_str(), fault.row), ("cycle", "survey", 4));
    assert_eq!(fault.message.get(Lang::En), "Expressions depend on each other in a circle: c → a → b → c.");
}

#[test]
fn a_group_that_hides_itself_is_a_circle_and_a_repeat_that_counts_itself_is_not() {
    let head = "type|name|label|relevant|calculation";
    let hides = faults(&[head, "begin_group|g|组|${a} = 'x'|", "text|a|甲||", "end_group||||"], &[]);
    assert_eq!(brief(&hides), ["cycle survey 2 relevant ${a} = 'x'"]);
    let counts = faults(
        &[
            head,
            "begin_repeat|m|人||",
            "text|a|甲|position(..) > 1|",
            "calculate|of|||count(${m})",
            "end_repeat||||",
        ],
        &[],
    );
    assert_eq!(counts, []);
}

#[test]
fn spellings_of_other_tools_and_stray_blanks_are_taken() {
    let bytes = workbook(&[
        (
            " Survey ",
            &[
                "Type|Name|Label::中文 (zh)|label:English (en)|Relevance|Required",
                "Begin Group|g|组|G||",
                "select one from yn|a|甲|A||Yes",
                "select_multiple yn|b|乙|B|${a} = 'yes'|TRUE",
                "end group|||||",
                "|||||",
                "int|c|丙|C||no",
            ],
        ),
        ("Choices", &["list name|value|label::中文 (zh)|label:English (en)", "yn|yes|是|Yes", "yn|no|否|No"]),
        ("Settings", &["id_string|title|version|default_language|name", "x|一张表|3|English|root"]),
    ]);
    let reading = read_workbook(&bytes).unwrap();
    assert_eq!(reading.warnings, []);
    let form = reading.form;
    assert_eq!((form.id(), form.title(), form.version()), ("x", "一张表", "3"));
    let paths: Vec<&str> = form.questions().iter().map(|question| question.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/root/g", "/root/g/a", "/root/g/b", "/root/c", "/root/meta", "/root/meta/instanceID"]
    );
    assert_eq!(form.question("a").unwrap().choices[0].label("en"), "Yes");
}

#[test]
fn a_label_missing_in_one_language_is_a_warning() {
    let found = faults(
        &["type|name|label::中文 (zh)|label::English (en)", "text|a|甲|A", "text|b|乙|", "text|c||"],
        &[],
    );
    assert!(found.iter().all(|fault| fault.severity == Severity::Warning));
    assert_eq!(
        brief(&found),
        ["missing-translation survey 3 label::English (en)", "no-label survey 4 label::中文 (zh)"]
    );
}

#[test]
fn the_columns_of_ruhu_take_only_what_they_mean() {
    let found = faults(
        &[
            "type|name|label|ruhu::class|ruhu::merge|ruhu::save_to",
            "text|a|甲|X|last|housearea",
            "decimal|b|乙|s|Eligibility|case/spend:fen",
            "text|c|丙|N||case/x:yuan",
        ],
        &[],
    );
    assert_eq!(
        brief(&found),
        [
            "bad-value survey 2 ruhu::class X",
            "bad-value survey 2 ruhu::merge last",
            "bad-value survey 2 ruhu::save_to housearea",
            "bad-value survey 4 ruhu::save_to case/x:yuan"
        ]
    );
}

#[test]
fn a_file_that_is_no_workbook_says_what_to_do() {
    let of = |bytes: &[u8]| read_workbook(bytes).unwrap_err().diagnostics.remove(0);
    assert_eq!(of(b"").code, "empty-file");
    assert_eq!(of(b"type,name,label\n").code, "no-questions");
    let old = of(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]);
    assert!(old.help.zh.contains("另存为 .xlsx"));
    let misnamed = workbook(&[("survay", &["type|name"]), ("choices", &["list_name|name"])]);
    let misnamed = read_workbook(&misnamed).unwrap_err().diagnostics.remove(0);
    assert_eq!(misnamed.code, "no-survey-sheet");
    assert_eq!(misnamed.help.en, "Rename “survay” to “survey”.");
}
