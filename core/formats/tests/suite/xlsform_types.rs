//! Types, parameters and dialects of XLSForm: what a form becomes of them.

use crate::support::{MORNING, session, workbook};
use ruhu_form::{Form, Question, QuestionKind, Session};
use ruhu_formats::read_workbook;
use std::sync::Arc;

const SETTINGS: (&str, &[&str]) = ("settings", &["form_id|version", "t|1"]);

fn form_of(sheets: &[(&str, &[&str])]) -> Form {
    let all: Vec<(&str, &[&str])> = sheets.iter().copied().chain([SETTINGS]).collect();
    read_workbook(&workbook(&all)).unwrap_or_else(|faults| panic!("{faults}")).form
}

fn form(survey: &[&str], choices: &[&str]) -> Form {
    form_of(&[("survey", survey), ("choices", choices)])
}

/// The paths below the root, without the group `meta` that every form has.
fn paths(form: &Form) -> Vec<&str> {
    let paths = form.questions().iter().map(|question| question.path.trim_start_matches("/data/"));
    paths.filter(|path| !path.starts_with("meta")).collect()
}

fn parameters(question: &Question) -> String {
    let parameters = question.parameters.iter().map(|(name, value)| format!("{name}={value}"));
    parameters.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_type_is_read_with_its_parameters() {
    let form = form(
        &[
            "type | name | label | parameters",
            "range | a | 甲 | end=5",
            "barcode | b | 乙 |",
            "rank yn | c | 丙 | randomize=true seed=7",
            "photo | d | 丁 | max-pixels=1024",
            "audio | e | 戊 | quality=voice-only",
            "video | f | 己 |",
            "file | g | 庚 |",
            "geotrace | h | 辛 | allow-mock-accuracy=true",
            "geoshape | i | 壬 |",
            "gps | j | 癸 | capture-accuracy=10 warning-accuracy=100",
            "deviceid | k | |",
            "username | l | |",
            "start-geopoint | m | |",
            "background-audio | n | | quality=low",
            "audit | | | location-priority=balanced location-min-interval=60 location-max-age=120",
            "phone number | o | 电话 |",
        ],
        &["list_name | name | label", "yn | yes | 是", "yn | no | 否"],
    );
    let all: Vec<String> = form
        .questions()
        .iter()
        .map(|question| {
            format!("{} {} {}", question.path, question.kind.name(), parameters(question))
                .trim_end()
                .to_owned()
        })
        .collect();
    insta::assert_yaml_snapshot!(all);
}

#[test]
fn every_form_ends_with_its_metadata() {
    let bytes = workbook(&[
        ("survey", &["type|name|label", "text|who|户主", "audit||"]),
        ("settings", &["form_id|instance_name|omit_instanceID", "t|concat('入户 ', ${who})|"]),
    ]);
    let form = read_workbook(&bytes).unwrap().form;
    let paths: Vec<&str> = form.questions().iter().map(|question| question.path.as_str()).collect();
    assert_eq!(
        paths,
        ["/data/who", "/data/meta", "/data/meta/audit", "/data/meta/instanceID", "/data/meta/instanceName"]
    );
    let mut visit = Session::new(Arc::new(form), MORNING);
    visit.answer("who", "张三").unwrap();
    assert_eq!(visit.node("/data/meta/instanceName").unwrap().value, "入户 张三");
    let id = visit.node("/data/meta/instanceID").unwrap().value.clone();
    assert!(id.starts_with("uuid:") && id.len() == 41, "{id}");
    visit.answer("who", "李四").unwrap();
    assert_eq!(visit.node("/data/meta/instanceID").unwrap().value, id);

    let without = workbook(&[
        ("survey", &["type|name|label", "text|who|户主"]),
        ("settings", &["form_id|omit_instanceID", "t|yes"]),
    ]);
    assert_eq!(read_workbook(&without).unwrap().form.questions().len(), 1);
}

#[test]
fn or_other_adds_a_choice_and_asks_what_it_is() {
    let mut visit = session(
        &["type|name|label::中文 (zh)|label::English (en)", "select_one water or_other|w|饮水|Water"],
        &["list_name|name|label::中文 (zh)|label::English (en)", "water|tap|自来水|Tap"],
    );
    let choices = &visit.form().question("w").unwrap().choices;
    assert_eq!((choices[1].value.as_str(), choices[1].label("zh")), ("other", "其他"));
    assert!(!visit.node("w_other").unwrap().relevant);
    visit.answer("w", "other").unwrap();
    assert!(visit.node("w_other").unwrap().relevant);
    assert_eq!(visit.node("w_other").unwrap().label("en"), "Specify other.");
}

#[test]
fn a_count_that_is_worked_out_has_a_node_of_its_own() {
    let form = form(
        &[
            "type|name|label|repeat_count",
            "integer|n|几口人|",
            "begin repeat|a|人|${n}",
            "text|b|名|",
            "end repeat|||",
            "begin repeat|c|房|${n} + 1",
            "text|d|名|",
            "end repeat|||",
            "begin repeat|e|车|2",
            "text|f|牌|",
            "end repeat|||",
        ],
        &[],
    );
    assert_eq!(paths(&form), ["n", "a", "a/b", "c_count", "c", "c/d", "e_count", "e", "e/f"]);
}

#[test]
fn a_trigger_sets_a_value_when_its_question_changes_and_not_before() {
    let mut visit = session(
        &[
            "type|name|label|calculation|trigger",
            "text|a|甲||",
            "text|b|乙||",
            "calculate|when||concat('因 ', ${a}, ${b})|${a}，${b}",
        ],
        &[],
    );
    assert_eq!(visit.node("when").unwrap().value, "");
    visit.answer("a", "火").unwrap();
    assert_eq!(visit.node("when").unwrap().value, "因 火");
    visit.answer("b", "水").unwrap();
    assert_eq!(visit.node("when").unwrap().value, "因 火水");
}

#[test]
fn answers_of_a_repeat_are_choices() {
    let mut visit = session(
        &[
            "type|name|label|choice_filter",
            "begin_repeat|member|成员|",
            "text|who|姓名|",
            "integer|age|年龄|",
            "end_repeat|||",
            "select_one ${who}|head|谁是户主|",
            "select_one ${who}|adult|哪个大人签字|${age} >= 18",
        ],
        &[],
    );
    visit.answer("/data/member[1]/who", "张三").unwrap();
    visit.answer("/data/member[1]/age", "40").unwrap();
    visit.add_repeat("member", "2").unwrap();
    visit.answer("/data/member[2]/who", "张小").unwrap();
    visit.answer("/data/member[2]/age", "9").unwrap();
    visit.add_repeat("member", "3").unwrap();
    let offered = |path: &str| -> Vec<String> {
        visit.node(path).unwrap().choices.iter().map(|choice| choice.value.clone()).collect()
    };
    assert_eq!(offered("head"), ["张三", "张小"]);
    assert_eq!(offered("adult"), ["张三"]);
}

#[test]
fn a_table_of_selects_has_the_rows_that_other_tools_make_for_it() {
    let form = form(
        &[
            "type|name|label|appearance",
            "begin_group|g|常用吗|table-list w4",
            "select_one yn|a|电视|minimal",
            "select_one yn|b|冰箱|",
            "end_group|||",
        ],
        &["list_name|name|label", "yn|yes|是"],
    );
    assert_eq!(
        paths(&form),
        ["g", "g/generated_table_list_label_2", "g/reserved_name_for_field_list_labels_3", "g/a", "g/b"]
    );
    let appearance = |name: &str| form.question(name).unwrap().appearance.clone().unwrap_or_default();
    assert_eq!(appearance("g"), "field-list w4");
    assert_eq!(appearance("reserved_name_for_field_list_labels_3"), "label");
    assert_eq!([appearance("a"), appearance("b")], ["list-nolabel", "list-nolabel"]);
    assert_eq!(form.question("generated_table_list_label_2").unwrap().label("zh"), "常用吗");
}

#[test]
fn a_loop_asks_the_same_of_each_choice() {
    let form = form(
        &[
            "type|name|label|relevant",
            "begin loop over crops|loop|作物|",
            "integer|area|%(label)s几亩|",
            "text|why_%(name)s|为什么种%(label)s|",
            "end loop|||",
            "text|after|备注|",
        ],
        &["list_name|name|label", "crops|rice|水稻", "crops|corn|玉米", "crops|none|没有"],
    );
    assert_eq!(
        paths(&form),
        [
            "loop",
            "loop/rice",
            "loop/rice/area",
            "loop/rice/why_rice",
            "loop/corn",
            "loop/corn/area",
            "loop/corn/why_corn",
            "after"
        ]
    );
    assert_eq!(form.question("/data/loop/corn/area").unwrap().label("zh"), "玉米几亩");
}

#[test]
fn entities_stand_in_the_metadata_of_the_form_or_of_their_repeat() {
    let alone = form_of(&[
        ("survey", &["type|name|label|save_to", "text|who|户主|head_name"]),
        ("entities", &["list_name|label", "households|${who}"]),
    ]);
    let all: Vec<&str> = alone.questions().iter().map(|question| question.path.as_str()).collect();
    assert_eq!(
        all,
        ["/data/who", "/data/meta", "/data/meta/entity", "/data/meta/entity/label", "/data/meta/instanceID"]
    );
    let mut visit = Session::new(Arc::new(alone), MORNING);
    visit.answer("who", "张三").unwrap();
    assert_eq!(visit.node("/data/meta/entity/label").unwrap().value, "张三");

    let repeated = form_of(&[
        (
            "survey",
            &[
                "type|name|label|save_to",
                "begin_repeat|tree|树|",
                "text|kind|树种|species",
                "end_repeat|||",
                "text|after|备注|",
            ],
        ),
        ("entities", &["list_name|label", "trees|${kind}"]),
    ]);
    assert_eq!(
        paths(&repeated),
        ["tree", "tree/kind", "tree/meta", "tree/meta/entity", "tree/meta/entity/label", "after"]
    );
}

#[test]
fn choices_may_come_from_files_and_external_lists() {
    let form = form_of(&[
        (
            "survey",
            &[
                "type|name|label|choice_filter|calculation|parameters",
                "select_one_from_file villages.csv|v|村|town = ${t}||value=code label=name",
                "select_one_external towns|t|镇|county = 'x'||",
                "csv-external|prices||||",
                "calculate|p|||pulldata('rates', 'rate', 'code', ${v})|",
            ],
        ),
        ("external_choices", &["list_name|name|label|county", "towns|t1|一镇|x", "towns|t2|二镇|y"]),
    ]);
    assert_eq!(paths(&form), ["v", "t", "p"]);
    assert_eq!(form.question("t").unwrap().choices.len(), 2);
}

#[test]
fn old_dialects_are_read() {
    let bytes = workbook(&[
        (
            "survey",
            &[
                "command|tag|caption|bind:relevant|jr:count|disabled|kobo--score",
                "set form title|旧表||||",
                "begin lgroup|r|组||2|",
                "add select one prompt using yn|a|甲|||",
                "end lgroup|||||",
                "q string|b|乙|${a2} = 'yes'||",
                "select all that apply from yn or specify other|a2|丙|||",
                "text|gone|没有了|||yes",
            ],
        ),
        ("choices", &["list name|value|caption", "yn|yes|是", "yn|no|否"]),
        ("settings", &["id_string", "old"]),
    ]);
    let reading = read_workbook(&bytes).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(reading.warnings, []);
    assert_eq!(paths(&reading.form), ["r_count", "r", "r/a", "b", "a2", "a2_other"]);
    assert_eq!(reading.form.title(), "旧表");
    assert_eq!(reading.form.question("a2").unwrap().kind, QuestionKind::SelectMultiple);
}

#[test]
fn unnamed_labels_are_in_the_default_language() {
    let bytes = workbook(&[
        ("survey", &["type|name|label|label::English (en)|image", "text|a|甲|A|a.png"]),
        ("settings", &["form_id|default_language", "t|中文 (zh)"]),
    ]);
    let form = read_workbook(&bytes).unwrap().form;
    assert_eq!(form.languages(), ["中文 (zh)", "English (en)"]);
    assert_eq!(form.question("a").unwrap().label("zh"), "甲");
    assert_eq!(form.question("a").unwrap().media[0].0, "image");
}
