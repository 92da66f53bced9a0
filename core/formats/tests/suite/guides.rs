//! What the guide "write your own form" promises, example by example.

use crate::support::{MORNING, missing, pack_form, pack_names, workbook};
use regex_lite::Regex;
use ruhu_form::{AnswerError, Form, QuestionKind, Session};
use ruhu_formats::read_workbook;
use ruhu_text::Lang;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn guides() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides")
}

/// A session over one of the guide's workbooks.
fn example(file: &str) -> Session {
    let bytes = fs::read(guides().join("examples").join(file)).unwrap();
    let reading = read_workbook(&bytes).unwrap_or_else(|faults| panic!("{file}: {faults}"));
    assert_eq!(reading.warnings, [], "{file} has warnings");
    Session::new(Arc::new(reading.form), MORNING)
}

fn answer(session: &mut Session, answers: &[(&str, &str)]) {
    for (path, value) in answers {
        session.answer(path, value).unwrap_or_else(|error| panic!("{path} = {value}: {error}"));
    }
}

fn refused(session: &mut Session, path: &str, value: &str) -> String {
    match session.answer(path, value) {
        Err(AnswerError::Constraint { message, .. }) => message.zh,
        other => panic!("{path} = {value}: {other:?}"),
    }
}

fn value(session: &Session, path: &str) -> String {
    session.node(path).unwrap().value
}

fn relevant(session: &Session, path: &str) -> bool {
    session.node(path).unwrap().relevant
}

#[test]
fn example_1_a_first_form_asks_in_two_languages_and_says_what_is_missing() {
    let mut session = example("01-first-form.xlsx");
    assert_eq!(session.node("people").unwrap().label("zh"), "家里几口人");
    assert_eq!(session.node("people").unwrap().label("en"), "How many live here");
    assert_eq!(missing(&session), ["visited_on", "head_name", "wants_help"]);
    assert_eq!(session.missing()[1].reason.message().zh, "请问清户主姓名再填。");
    answer(&mut session, &[("visited_on", "2026-11-22"), ("head_name", "罗阿秋"), ("wants_help", "no")]);
    assert_eq!(session.missing(), []);
    let wrong = session.answer("people", "三").unwrap_err();
    assert!(matches!(wrong, AnswerError::WrongType { .. }), "{wrong:?}");
}

#[test]
fn example_2_what_does_not_apply_is_hidden_and_kept() {
    let mut session = example("02-show-and-hide.xlsx");
    assert!(!relevant(&session, "alarm"), "a group hides all it holds");
    answer(&mut session, &[("heating", "coal"), ("alarm", "no")]);
    assert!(relevant(&session, "alarm_advice"));
    answer(&mut session, &[("heating", "power")]);
    assert!(session.answers().iter().all(|field| !field.path.ends_with("/alarm")));
    answer(&mut session, &[("heating", "coal")]);
    assert_eq!(value(&session, "alarm"), "no", "the answer comes back with the question");
    assert_eq!(refused(&mut session, "lack", "none food"), "选了“都不缺”就不能再选别的。");
    answer(&mut session, &[("lack", "clothes")]);
    assert!(!missing(&session).contains(&"quilts".to_owned()));
    answer(&mut session, &[("lack", "clothes quilt")]);
    assert!(missing(&session).contains(&"quilts".to_owned()), "required depends on the answer");
}

#[test]
fn example_3_wrong_answers_are_refused_in_the_authors_words() {
    let mut session = example("03-check-answers.xlsx");
    answer(&mut session, &[("idno", "990109195504123018"), ("rooms", "3"), ("bedrooms", "2")]);
    assert_eq!(value(&session, "idno"), "990109195504123018", "all 18 digits stay");
    assert_eq!(refused(&mut session, "idno", "990109195504123019"), "身份证号不对，请对着证件再看一遍。");
    assert_eq!(refused(&mut session, "phone", "1380000000"), "手机号是 11 位。");
    assert_eq!(refused(&mut session, "rent", "300.005"), "请填金额，最多两位小数。");
    assert_eq!(refused(&mut session, "bedrooms", "4"), "卧室不能比房间多。");
    answer(&mut session, &[("rooms", "1"), ("name", "𠮷田")]);
    assert_eq!(missing(&session), ["bedrooms"], "what held before is checked again");
}

#[test]
fn example_4_the_next_list_shows_only_what_belongs_to_the_choice_before() {
    let mut session = example("04-cascade.xlsx");
    let offered = |session: &Session, path: &str| -> Vec<String> {
        session.node(path).unwrap().choices.iter().map(|choice| choice.value.clone()).collect()
    };
    answer(&mut session, &[("county", "qingshui")]);
    assert_eq!(offered(&session, "town"), ["qinghe", "shiqiao"]);
    answer(&mut session, &[("town", "qinghe"), ("village", "hexi")]);
    assert!(matches!(session.answer("village", "liujia"), Err(AnswerError::UnknownChoice { .. })));
    answer(&mut session, &[("county", "baita")]);
    assert_eq!(offered(&session, "town"), ["beimen"]);
    assert_eq!(missing(&session), ["town"], "the township of the other county no longer counts");
}

#[test]
fn example_5_as_many_members_as_were_told() {
    let mut session = example("05-members.xlsx");
    answer(&mut session, &[("people", "3")]);
    for (n, name, age) in [("1", "罗阿秋", "54"), ("2", "罗小禾", "13"), ("3", "罗小苗", "2")] {
        answer(
            &mut session,
            &[(&format!("/data/member[{n}]/member_name"), name), (&format!("/data/member[{n}]/age"), age)],
        );
    }
    let third = session.node("/data/member[3]/age").unwrap();
    assert_eq!(third.label("zh"), "罗小苗几岁");
    assert!(!relevant(&session, "/data/member[1]/student"));
    answer(&mut session, &[("/data/member[2]/student", "yes")]);
    assert_eq!(session.node("summary").unwrap().label("zh"), "3 口人，14 岁以下 2 人，上学 1 人。");
    answer(&mut session, &[("people", "2")]);
    assert_eq!(value(&session, "children"), "1");
    answer(&mut session, &[("people", "3")]);
    assert_eq!(value(&session, "/data/member[3]/member_name"), "罗小苗", "nothing was thrown away");
}

#[test]
fn example_6_blanks_do_not_spoil_a_sum() {
    let mut session = example("06-sums.xlsx");
    answer(&mut session, &[("people", "3")]);
    assert!(!relevant(&session, "shown"), "no income yet, so no figure");
    answer(
        &mut session,
        &[("/data/income[1]/income_what", "零工"), ("/data/income[1]/income_year", "10800")],
    );
    assert_eq!(value(&session, "net_total"), "10800");
    session.add_repeat("/data/income", "pigs").unwrap();
    assert_eq!(value(&session, "net_total"), "10800", "an entry just begun counts as nothing");
    answer(
        &mut session,
        &[
            ("/data/income[@id='pigs']/income_year", "9000.50"),
            ("/data/income[@id='pigs']/income_cost", "5200"),
        ],
    );
    assert_eq!(value(&session, "net_total"), "14600.5");
    assert_eq!(value(&session, "per_month"), "405.57");
}

#[test]
fn example_7_days_are_calendar_days() {
    let mut session = example("07-dates.xlsx");
    assert_eq!(value(&session, "last_visit"), "2026-11-22");
    answer(&mut session, &[("born_on", "1986-11-22"), ("every", "7")]);
    assert_eq!(value(&session, "age"), "40", "it is the birthday");
    assert_eq!(value(&session, "next_visit"), "2026-11-29");
    answer(&mut session, &[("born_on", "1986-11-23")]);
    assert_eq!(value(&session, "age"), "39");
    answer(&mut session, &[("last_visit", "2024-02-25")]);
    assert_eq!(value(&session, "next_visit"), "2024-03-03", "a leap year");
    assert!(relevant(&session, "late"));
    assert!(refused(&mut session, "last_visit", "2026-11-23").starts_with("不能晚于今天"));
}

#[test]
fn example_8_a_note_that_is_required_blocks_until_its_reason_is_gone() {
    let mut session = example("08-closing.xlsx");
    answer(
        &mut session,
        &[
            ("/data/visitor[1]/visitor_no", "QH-01"),
            ("/data/visitor[1]/visitor_sign", "a.png"),
            ("done", "OK"),
        ],
    );
    let left = session.missing();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].reason.message().get(Lang::Zh), "要两个人签字，现在只有 1 人。");
    session.add_repeat("/data/visitor", "second").unwrap();
    let second = "/data/visitor[@id='second']";
    assert!(refused(&mut session, &format!("{second}/visitor_no"), "QH-01").contains("不同的人"));
    answer(
        &mut session,
        &[(&format!("{second}/visitor_no"), "QH-02"), (&format!("{second}/visitor_sign"), "b.png")],
    );
    assert_eq!(session.missing(), []);
}

#[test]
fn example_9_answers_go_to_the_household_record_with_their_class() {
    let mut session = example("09-into-the-record.xlsx");
    answer(&mut session, &[("house", "rented"), ("people", "4"), ("rent", "350.50"), ("illness", "高血压")]);
    let fields = session.answers();
    let kept: Vec<(&str, &str)> = fields
        .iter()
        .filter_map(|field| Some((field.save_to.as_deref()?, field.value.as_str())))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    assert_eq!(
        kept,
        [("case/house_type", "rented"), ("case/members_real:int", "4"), ("case/rent:fen", "350.50")]
    );
    let class = |form: &Form, name: &str| {
        form.questions().iter().find(|question| question.name == name).and_then(|found| found.class.clone())
    };
    let form = session.form();
    assert_eq!(class(form, "illness").as_deref(), Some("S"));
    assert_eq!(class(form, "child_school").as_deref(), Some("M"));
    assert_eq!(class(form, "fprint").as_deref(), Some("B"));
    assert_eq!(class(form, "road"), None);
}

#[test]
fn example_10_choices_from_members_other_kinds_a_table_a_scale_and_an_order() {
    let mut session = example("10-choose-from-before.xlsx");
    answer(&mut session, &[("place", "village")]);
    assert_eq!(session.node("standard_shown").unwrap().label("zh"), "当地标准：每人每月 630 元。");
    answer(&mut session, &[("/data/member[1]/member_name", "罗阿秋")]);
    session.add_repeat("/data/member", "child").unwrap();
    answer(&mut session, &[("/data/member[@id='child']/member_name", "罗小禾")]);
    let whose = session.node("/data/income[1]/whose").unwrap();
    let names: Vec<&str> = whose.choices.iter().map(|choice| choice.label("zh")).collect();
    assert_eq!(names, ["罗阿秋", "罗小禾"]);
    answer(&mut session, &[("/data/income[1]/whose", "罗小禾"), ("/data/income[1]/kind", "other")]);
    assert!(relevant(&session, "kind_other"));
    assert_eq!(session.node("kind_other").unwrap().label("zh"), "请写明其他是什么。");
    session.remove_repeat("/data/member[@id='child']").unwrap();
    assert!(missing(&session).contains(&"whose".to_owned()), "who left the list is chosen anew");
    answer(&mut session, &[("worry", "6")]);
    assert!(missing(&session).contains(&"worry".to_owned()), "beyond the scale");
    answer(&mut session, &[("worry", "5"), ("order", "care money medical")]);
    assert!(session.answer("order", "care care money").is_err(), "each stands in the order once");
}

#[test]
fn what_the_guide_calls_tolerated_is_read() {
    let bytes = workbook(&[
        (
            "Survey",
            &[
                "TYPE | Name | Label :: 中文 (zh) | label:English (en) | Required | readonly | Relevance | Constraint Message::中文 (zh) | constraint | jr:count | comment | Constraint Message::English (en) | disabled",
                "Begin Group | g | 组 | Group",
                "photo | p | 照片 | Photo | 是",
                "select one from yes_no | a | 是吗 | Is it | Yes | true()",
                "select all that apply yes_no | b | 哪些 | Which | no | false",
                "int | n | 几个 | How many | | | ${a} ＝ ‘yes’ | 太多 | . < 9 | | | Too many",
                "END GROUP",
                "note | | 完 | Done",
                "begin repeat | r | 份 | Each | | | | | | ${n} | 草稿",
                "string | t | 写 | Write",
                "end repeat",
                "text | gone | 不要 | Gone | yes | | | | | | | | 是",
            ],
        ),
        (
            "CHOICES",
            &[
                "list | value | label::中文 (zh) | label::English (en)",
                "yes_no | yes | 是 | Yes",
                "yes_no | no | 否 | No",
            ],
        ),
        ("Settings", &["id_string | title | version", "t | 试 | 1"]),
        ("草稿", &["随便写"]),
    ]);
    let reading = read_workbook(&bytes).unwrap_or_else(|faults| panic!("{faults}"));
    let warned: Vec<&str> = reading.warnings.iter().map(|fault| fault.code.as_str()).collect();
    assert_eq!(warned, ["full-width-signs"]);
    let session = Session::new(Arc::new(reading.form), MORNING);
    assert_eq!(missing(&session), ["p", "a"]);
    assert!(session.node("a").unwrap().read_only);
    assert!(!session.node("b").unwrap().read_only);
    assert_eq!(session.node("b").unwrap().label("en"), "Which");
    assert_eq!(session.form().title(), "试");
}

#[test]
fn every_form_has_a_guide_that_names_its_parts_and_is_in_the_index() {
    let index = ["README.zh-CN.md", "README.md"].map(|name| fs::read_to_string(guides().join(name)).unwrap());
    for name in pack_names() {
        let chinese = fs::read_to_string(guides().join(format!("{name}.zh-CN.md"))).unwrap();
        let english = fs::read_to_string(guides().join(format!("{name}.md"))).unwrap();
        for text in [&chinese, &english] {
            assert!(text.contains(&format!("(../../packs/forms/{name}.xlsx)")), "{name}");
            assert!(text.contains(&format!("(../../packs/forms/{name}.example.txt)")), "{name}");
        }
        assert!(
            index[0].contains(&format!("({name}.zh-CN.md)")) && index[1].contains(&format!("({name}.md)"))
        );
        let form = pack_form(&name);
        let parts = form.questions().iter().filter(|question| {
            question.kind == QuestionKind::Group
                && question.path.split('/').count() == 3
                && !question.labels.is_empty()
        });
        for part in parts {
            let row = format!("| {} |", part.label("zh"));
            assert!(chinese.contains(&row), "{name}: {row}");
        }
    }
}

/// The guide in both languages.
fn both() -> [(&'static str, String); 2] {
    ["write-your-own-form.zh-CN.md", "write-your-own-form.md"]
        .map(|name| (name, fs::read_to_string(guides().join(name)).unwrap()))
}

#[test]
fn the_guide_shows_every_example_and_its_expressions_as_they_stand_in_the_workbook() {
    use calamine::{Reader, Xlsx};
    let shown = ["relevant", "constraint", "calculation", "choice_filter", "repeat_count", "parameters"];
    for entry in fs::read_dir(guides().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        for (guide, text) in both() {
            assert!(text.contains(&format!("(examples/{file})")), "{guide} has no link to {file}");
        }
        if path.extension().is_none_or(|extension| extension != "xlsx") {
            continue;
        }
        let mut workbook: Xlsx<_> = Xlsx::new(fs::File::open(&path).unwrap()).unwrap();
        let range = workbook.worksheet_range("survey").unwrap();
        let head: Vec<String> = range.rows().next().unwrap().iter().map(ToString::to_string).collect();
        for row in range.rows().skip(1) {
            for (column, cell) in head.iter().zip(row).filter(|(column, _)| shown.contains(&column.as_str()))
            {
                let cell = cell.to_string();
                for (guide, text) in both() {
                    assert!(text.contains(&cell), "{guide} does not show {column} of {file}: {cell}");
                }
            }
        }
    }
}

/// The codes of faults in the sources: a literal in kebab case, with its
/// message after it.
fn codes(folder: &Path, found: &mut BTreeSet<String>) {
    let code = r#""([a-z]+(?:-[a-z]+)+|cycle)",\s*(?:message\b|Bilingual::|zh\b|(?:format!\(\s*)?"[^"]*[^\x00-\x7F"])"#;
    let code = Regex::new(code).unwrap();
    let field = Regex::new(r#"code: "([a-z]+(?:-[a-z]+)+)""#).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes(&path, found);
            continue;
        }
        if path.ends_with("tests.rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        let matches = code.captures_iter(source).chain(field.captures_iter(source));
        found.extend(matches.map(|captures| captures[1].to_owned()));
    }
}

/// The codes that the table of a guide explains.
fn explained(guide: &str) -> BTreeSet<String> {
    let row = |line: &str| Some(line.strip_prefix("| `")?.split_once("` |")?.0.to_owned());
    let section = guide.split("<!-- codes -->").nth(1).unwrap();
    section.lines().filter_map(row).collect()
}

#[test]
fn the_guide_explains_every_code_of_a_fault_in_both_languages_and_no_other() {
    let mut found = BTreeSet::new();
    for source in ["src", "../xform/src", "../form/src", "../xpath/src"] {
        codes(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(source), &mut found);
    }
    assert!(found.contains("dangling-reference") && found.contains("cycle"), "{found:?}");
    for (guide, text) in both() {
        let explained = explained(&text);
        let lacking: Vec<_> = found.difference(&explained).collect();
        let stale: Vec<_> = explained.difference(&found).collect();
        assert!(
            lacking.is_empty() && stale.is_empty(),
            "docs/guides/{guide}, table of codes: add {lacking:?}, remove {stale:?}"
        );
    }
}
