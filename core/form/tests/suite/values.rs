//! What a question takes, and what its session says.

use crate::support::{MORNING, session};
use ruhu_form::{AnswerError, MissingReason, QuestionKind};
use ruhu_text::{Explain, Lang};

#[test]
fn each_kind_of_question_refuses_what_is_not_of_its_kind() {
    let mut visit = session(
        &[
            "type|name|label",
            "integer|n|N",
            "date|d|D",
            "time|t|T",
            "geopoint|g|G",
            "acknowledge|a|A",
            "image|i|I",
            "dateTime|dt|DT",
            "text|x|X",
            "note|say|S",
        ],
        &[],
    );
    for (path, bad, kind) in [
        ("n", "三", QuestionKind::Integer),
        ("d", "2026-02-30", QuestionKind::Date),
        ("t", "25:00", QuestionKind::Time),
        ("g", "北京", QuestionKind::Geopoint),
        ("a", "yes", QuestionKind::Acknowledge),
        ("i", "../../secret.jpg", QuestionKind::Image),
        ("dt", "2026-11-22", QuestionKind::DateTime),
        ("x", "a\u{0}b", QuestionKind::Text),
    ] {
        let path_of = |name: &str| format!("/data/{name}");
        assert_eq!(visit.answer(path, bad), Err(AnswerError::WrongType { path: path_of(path), kind }));
        assert_eq!(visit.node(path).unwrap().value, "");
    }
    assert_eq!(visit.answer("say", "x"), Err(AnswerError::NotAQuestion { path: "/data/say".into() }));
    let long = "长".repeat(30_000);
    assert!(matches!(visit.answer("x", &long), Err(AnswerError::TooLong { .. })));
}

#[test]
fn a_name_spelled_wrong_is_answered_with_the_right_one() {
    let mut visit = session(&["type|name|label", "integer|members_real|N"], &[]);
    let error = visit.answer("member_real", "3").unwrap_err();
    assert_eq!(error.message(Lang::Zh), "表单里没有“member_real”。是不是“members_real”？");
    for odd in
        ["", "/", "//", "/data", "/data/members_real/x", "members_real[1]", "/other/members_real", "[1]"]
    {
        assert!(visit.answer(odd, "3").is_err(), "{odd}");
    }
}

#[test]
fn a_question_that_does_not_apply_is_blank_for_the_others_and_comes_back_whole() {
    let mut visit = session(
        &[
            "type|name|label|relevant|calculation",
            "select_one yn|car|车||",
            "text|plate|牌|${car} = 'yes'|",
            "calculate|seen|||concat('[', ${plate}, ']')",
        ],
        &["list_name|name|label", "yn|yes|是", "yn|no|否"],
    );
    assert!(matches!(visit.answer("plate", "浙A1"), Err(AnswerError::Irrelevant { .. })));
    visit.answer("car", "yes").unwrap();
    visit.answer("plate", "浙A1").unwrap();
    assert_eq!(visit.node("seen").unwrap().value, "[浙A1]");
    let changed = visit.answer("car", "no").unwrap();
    let told: Vec<(&str, bool)> =
        changed.nodes.iter().map(|node| (node.path.as_str(), node.relevant)).collect();
    assert_eq!(told, [("/data/car", true), ("/data/plate", false), ("/data/seen", true)]);
    assert_eq!(visit.node("seen").unwrap().value, "[]");
    visit.answer("car", "yes").unwrap();
    assert_eq!(visit.node("seen").unwrap().value, "[浙A1]");
}

#[test]
fn who_was_not_asked_did_not_say_yes() {
    let mut visit = session(
        &[
            "type|name|label|relevant",
            "select_one yn|adult|成年|",
            "select_one yn|married|已婚|${adult} = 'yes'",
            "text|parent|父母|${married} != 'yes'",
        ],
        &["list_name|name|label", "yn|yes|是", "yn|no|否"],
    );
    visit.answer("adult", "yes").unwrap();
    visit.answer("married", "yes").unwrap();
    assert!(!visit.node("parent").unwrap().relevant);
    visit.answer("adult", "no").unwrap();
    assert!(visit.node("parent").unwrap().relevant);
}

#[test]
fn villages_are_filtered_by_their_township() {
    let mut visit = session(
        &[
            "type|name|label|choice_filter",
            "select_one town|town|镇|",
            "select_one village|village|村|town = ${town}",
        ],
        &[
            "list_name|name|label|town",
            "town|qh|青禾|",
            "town|hd|河东|",
            "village|v1|一村|qh",
            "village|v2|二村|hd",
        ],
    );
    assert!(visit.node("village").unwrap().choices.is_empty());
    visit.answer("town", "qh").unwrap();
    let offered: Vec<String> =
        visit.node("village").unwrap().choices.iter().map(|choice| choice.value.clone()).collect();
    assert_eq!(offered, ["v1"]);
    assert!(matches!(visit.answer("village", "v2"), Err(AnswerError::UnknownChoice { .. })));
    visit.answer("village", "v1").unwrap();
    visit.answer("town", "hd").unwrap();
    assert_eq!(visit.node("village").unwrap().value, "v1");
    let left = visit.missing();
    assert_eq!(left[0].path, "/data/village");
    assert_eq!(left[0].reason.message().zh, "原来的选项已不适用，请重新选择。");
}

#[test]
fn a_constraint_that_another_answer_breaks_later_is_reported() {
    let mut visit = session(
        &[
            "type|name|label|constraint|constraint_message",
            "integer|all|人口||",
            "integer|old|老人|. <= ${all}|老人比全家还多",
        ],
        &[],
    );
    visit.answer("all", "4").unwrap();
    visit.answer("old", "2").unwrap();
    assert!(
        matches!(visit.answer("old", "5"), Err(AnswerError::Constraint { message, .. }) if message.zh == "老人比全家还多")
    );
    assert_eq!(visit.node("old").unwrap().value, "2");
    visit.answer("all", "1").unwrap();
    assert!(
        matches!(&visit.missing()[..], [left] if matches!(&left.reason, MissingReason::Constraint { message } if message.en == "老人比全家还多"))
    );
}

#[test]
fn defaults_read_only_and_labels_follow_the_answers() {
    let mut visit = session(
        &[
            "type|name|label|default|read_only|calculation|hint",
            "date|day|日期|today()|||",
            "text|who|姓名|王芳|||",
            "text|fixed|固定|甲|yes||",
            "note|hello|你好，${who}||||今天 ${day}",
            "integer|two|二|1 + 1|||",
            "integer|calc|算|||string-length(${who})|",
        ],
        &[],
    );
    assert_eq!(visit.node("day").unwrap().value, "2026-11-22");
    assert_eq!(visit.node("hello").unwrap().label("zh"), "你好，王芳");
    assert_eq!(visit.node("hello").unwrap().hints.get(""), "今天 2026-11-22");
    assert!(matches!(visit.answer("fixed", "乙"), Err(AnswerError::ReadOnly { .. })));
    assert!(matches!(visit.answer("calc", "9"), Err(AnswerError::Calculated { .. })));
    let changed = visit.answer("who", "𠮷田").unwrap();
    assert!(changed.nodes.iter().any(|node| node.path == "/data/hello"));
    assert_eq!(visit.node("calc").unwrap().value, "2");
    assert_eq!(visit.node("two").unwrap().value, "2");
}

#[test]
fn a_default_is_worked_out_only_where_it_reckons() {
    let visit = session(
        &[
            "type|name|label|default",
            "integer|months|月|2 * 6",
            "integer|left|余|10 - 4",
            "date|day|日期|2020-01-01",
            "text|phone|电话|0771-5831",
            "text|words|话|洗 + 晒",
            "integer|below|零下|-5",
        ],
        &[],
    );
    let value = |name: &str| visit.node(name).unwrap().value;
    assert_eq!(["months", "left", "below"].map(value), ["12", "6", "-5"]);
    assert_eq!(["day", "phone", "words"].map(value), ["2020-01-01", "0771-5831", "洗 + 晒"]);
}

#[test]
fn what_never_applies_is_not_asked_and_a_calculation_may_be_a_constant() {
    let visit = session(
        &[
            "type|name|label|relevant|calculation",
            "text|never|从不|false()|",
            "text|no|也不|no|",
            "calculate|fixed|||true()",
            "text|asks|问|${fixed}|",
        ],
        &[],
    );
    let relevant = |name: &str| visit.node(name).unwrap().relevant;
    assert_eq!(["never", "no", "asks"].map(relevant), [false, false, true]);
    assert_eq!(visit.node("fixed").unwrap().value, "true");
}

#[test]
fn a_question_is_true_when_it_has_an_answer_other_than_0() {
    let mut visit = session(
        &[
            "type|name|label|relevant|calculation",
            "text|who|谁||",
            "integer|count|几个||",
            "calculate|old||| ${count} > 60",
            "text|of_who|问一|${who}|",
            "text|of_count|问二|${count}|",
            "text|of_old|问三|${old}|",
            "text|of_none|问四|not(${who})|",
        ],
        &[],
    );
    let relevant = |visit: &ruhu_form::Session| {
        ["of_who", "of_count", "of_old", "of_none"].map(|name| visit.node(name).unwrap().relevant)
    };
    assert_eq!(relevant(&visit), [false, false, false, true]);
    visit.answer("who", "0").unwrap();
    visit.answer("count", "0").unwrap();
    assert_eq!(relevant(&visit), [true, false, false, false]);
    visit.answer("count", "61").unwrap();
    assert_eq!(relevant(&visit), [true, true, true, false]);
}

#[test]
fn an_integer_question_that_is_calculated_holds_whole_numbers() {
    let mut visit =
        session(&["type|name|label|calculation", "integer|days|天|", "integer|weeks|周|${days} div 7"], &[]);
    visit.answer("days", "20").unwrap();
    assert_eq!(visit.node("weeks").unwrap().value, "2");
    visit.answer("days", "-20").unwrap();
    assert_eq!(visit.node("weeks").unwrap().value, "-2");
}

#[test]
fn an_expression_that_fails_holds_the_form_open_and_says_why() {
    let mut visit = session(
        &["type|name|label|calculation", "text|pattern|式样|", "calculate|found||regex('a', ${pattern})"],
        &[],
    );
    visit.answer("pattern", "(").unwrap();
    let left = visit.missing();
    assert_eq!(left[0].reason.message().zh, "表单算式出错：正则表达式写错了。");
    visit.answer("pattern", "a").unwrap();
    assert_eq!(visit.missing(), []);
}

#[test]
fn the_end_of_a_form_is_its_last_change() {
    let mut visit = session(&["type|name|label", "start|begun|", "end|ended|", "text|x|X"], &[]);
    visit.set_environment(ruhu_form::Environment { now_ms: MORNING.now_ms + 3_600_000, ..MORNING });
    visit.answer("x", "1").unwrap();
    assert_eq!(visit.node("begun").unwrap().value, "2026-11-22T09:30:00.000+08:00");
    assert_eq!(visit.node("ended").unwrap().value, "");
    visit.set_environment(ruhu_form::Environment { now_ms: MORNING.now_ms + 7_200_000, ..MORNING });
    let ended = visit.answers().into_iter().find(|field| field.path == "/data/ended").unwrap();
    assert_eq!(ended.value, "2026-11-22T10:30:00.000+08:00");
}

#[test]
fn a_choice_is_named_by_its_label() {
    let mut visit = session(
        &[
            "type|name|label|calculation",
            "select_one yn|car|车|",
            "calculate|shown||jr:choice-name(${car}, '${car}')",
        ],
        &["list_name|name|label", "yn|yes|是", "yn|no|否"],
    );
    visit.answer("car", "yes").unwrap();
    assert_eq!(visit.node("shown").unwrap().value, "是");
}

#[test]
fn the_words_for_what_is_wrong_name_the_answers_they_speak_of() {
    let rows = [
        "type|name|label|constraint|constraint_message::English (en)|required|required_message::English (en)",
        "text|who|谁||||",
        "integer|most|最多||||",
        "integer|age|岁|. <= ${most}|${who} is at most ${most}|yes|How old is ${who}?",
    ];
    let workbook = session(&rows, &[]);
    let text = ruhu_formats::write_xform(workbook.form());
    let form = ruhu_formats::read_xform(text.as_bytes()).unwrap().form;
    for mut visit in [workbook, ruhu_form::Session::new(std::sync::Arc::new(form), MORNING)] {
        visit.answer("who", "Chen Dahe").unwrap();
        visit.answer("most", "90").unwrap();
        let left = visit.missing();
        assert_eq!(left[0].reason.message().en, "How old is Chen Dahe?");
        match visit.answer("age", "91") {
            Err(AnswerError::Constraint { message, .. }) => assert_eq!(message.en, "Chen Dahe is at most 90"),
            other => panic!("{other:?}"),
        }
        visit.answer("age", "90").unwrap();
        visit.answer("most", "80").unwrap();
        assert_eq!(visit.missing()[0].reason.message().en, "Chen Dahe is at most 80");
    }
}

#[test]
fn a_default_that_is_worked_out_triggers_what_hangs_on_it() {
    let visit = session(
        &[
            "type|name|label|default|calculation|trigger",
            "integer|base|底|3||",
            "integer|start|起|${base} + 1||",
            "integer|twice|倍||${start} * 2|${start}",
            "integer|again|再||${base} * 2|${base}",
        ],
        &[],
    );
    let value = |name: &str| visit.node(name).unwrap().value;
    assert_eq!(["start", "twice", "again"].map(value), ["4", "8", ""]);
}

#[test]
fn what_does_not_apply_is_a_blank_also_by_way_of_if_and_coalesce() {
    let mut visit = session(
        &[
            "type|name|label|relevant",
            "text|asks|问不问|",
            "text|hidden|藏|${asks} = 'yes'",
            "text|by_name|甲|${hidden} != 'x'",
            "text|by_if|乙|if(${asks} = '', ${hidden}, 'x') != 'x'",
            "text|by_coalesce|丙|coalesce(${hidden}, ${hidden}) != 'x'",
        ],
        &[],
    );
    let relevant = |visit: &ruhu_form::Session| {
        ["by_name", "by_if", "by_coalesce"].map(|name| visit.node(name).unwrap().relevant)
    };
    assert_eq!(relevant(&visit), [true, true, true]);
    visit.answer("asks", "yes").unwrap();
    visit.answer("hidden", "x").unwrap();
    assert_eq!(relevant(&visit), [false, false, false]);
}

#[test]
fn a_calculated_number_equals_an_answer_that_is_written_otherwise() {
    let mut visit = session(
        &[
            "type|name|label|calculation|relevant",
            "integer|rooms|间||",
            "decimal|size|平方米||",
            "calculate|need||${rooms} * 5|",
            "text|exact|正好||${need} = ${size}",
        ],
        &[],
    );
    visit.answer("rooms", "2").unwrap();
    visit.answer("size", "10.0").unwrap();
    assert!(visit.node("exact").unwrap().relevant);
    visit.answer("size", "10.5").unwrap();
    assert!(!visit.node("exact").unwrap().relevant);
}
