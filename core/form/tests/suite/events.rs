//! Values that are set when something happens, choices that are nodes, orders
//! by chance, and what only the phone can give.

use crate::support::{MORNING, session};
use ruhu_form::{AnswerError, Environment, Session, Wanted};
use std::sync::Arc;

fn value(session: &Session, path: &str) -> String {
    session.node(path).unwrap_or_else(|| panic!("{path}")).value
}

fn values_of(session: &Session, path: &str) -> Vec<String> {
    session.node(path).unwrap().choices.iter().map(|choice| choice.value.clone()).collect()
}

#[test]
fn a_trigger_sets_a_value_each_time_its_question_changes_and_not_before() {
    let mut visit = session(
        &[
            "type|name|label|calculation|trigger",
            "text|name|姓名||",
            "integer|visits|次数||",
            "calculate|changes||coalesce(${changes}, 0) + 1|${name}",
            "begin_repeat|m|成员||",
            "text|who|谁||",
            "text|copy|抄|concat(${name}, ':', ${who})|${who}",
            "end_repeat||||",
        ],
        &[],
    );
    assert_eq!(value(&visit, "changes"), "");
    visit.answer("visits", "3").unwrap();
    assert_eq!(value(&visit, "changes"), "");
    visit.answer("name", "陈大河").unwrap();
    visit.answer("name", "陈大江").unwrap();
    assert_eq!(value(&visit, "changes"), "2");
    visit.add_repeat("m", "b").unwrap();
    visit.answer("m[2]/who", "妻").unwrap();
    assert_eq!(value(&visit, "m[2]/copy"), "陈大江:妻");
    assert_eq!(value(&visit, "m[1]/copy"), "", "only the instance of the trigger is concerned");
    // What a trigger set can be corrected by hand, and stays until the trigger changes.
    visit.answer("m[2]/copy", "另写").unwrap();
    visit.answer("name", "陈大海").unwrap();
    assert_eq!(value(&visit, "m[2]/copy"), "另写");
}

#[test]
fn triggers_that_set_each_other_off_come_to_an_end() {
    let mut visit = session(
        &[
            "type|name|label|calculation|trigger",
            "text|start|开始||",
            "integer|a|甲|coalesce(${b}, 0) + 1|${start},${b}",
            "integer|b|乙|coalesce(${a}, 0) + 1|${a}",
        ],
        &[],
    );
    visit.answer("start", "x").unwrap();
    let told = visit.missing().into_iter().any(|missing| missing.reason.message().zh.contains("太多"));
    assert!(told, "a circle is told, not run for ever: {:?}", visit.missing());
}

#[test]
fn people_entered_above_are_choices_below() {
    let mut visit = session(
        &[
            "type|name|label|choice_filter",
            "begin_repeat|member|成员|",
            "text|name|姓名|",
            "integer|age|年龄|",
            "end_repeat|||",
            "select_one ${name}|signer|谁签字|${age} >= 18",
        ],
        &[],
    );
    assert_eq!(values_of(&visit, "signer"), Vec::<String>::new());
    visit.answer("member[1]/name", "陈大河").unwrap();
    visit.answer("member[1]/age", "61").unwrap();
    visit.add_repeat("member", "b").unwrap();
    visit.answer("member[2]/name", "陈小芽").unwrap();
    visit.answer("member[2]/age", "7").unwrap();
    assert_eq!(values_of(&visit, "signer"), ["陈大河"]);
    assert!(matches!(visit.answer("signer", "陈小芽"), Err(AnswerError::UnknownChoice { .. })));
    visit.answer("signer", "陈大河").unwrap();
    visit.answer("member[1]/name", "陈大江").unwrap();
    let error = visit.node("signer").unwrap().error.unwrap();
    assert!(error.zh.contains("不适用"), "{error:?}");
    assert_eq!(value(&visit, "signer"), "陈大河", "what was chosen is kept until somebody chooses again");
}

#[test]
fn a_random_order_is_the_same_for_one_draft_and_another_for_the_next() {
    let rows = [
        "type|name|label|parameters",
        "select_one v|q|问|randomize=true",
        "select_one v|s|问|randomize=true, seed=42",
    ];
    let choices = ["list_name|name|label", "v|a|甲", "v|b|乙", "v|c|丙", "v|d|丁", "v|e|戊", "v|f|己"];
    let visit = session(&rows, &choices);
    let other = Session::new(visit.form().clone(), Environment { seed: 99, ..MORNING });
    assert_eq!(values_of(&visit, "q"), values_of(&visit, "q"));
    assert_ne!(values_of(&visit, "q"), values_of(&other, "q"), "seeds 7 and 99");
    assert_eq!(values_of(&visit, "s"), values_of(&other, "s"), "a seed of the form holds for all");
    let mut sorted = values_of(&visit, "q");
    sorted.sort();
    assert_eq!(sorted, ["a", "b", "c", "d", "e", "f"]);
}

#[test]
fn the_phone_is_asked_for_what_only_it_knows() {
    let mut visit = session(
        &[
            "type|name|label|trigger",
            "start-geopoint|began_at||",
            "deviceid|device||",
            "text|house|门牌|",
            "background-geopoint|place||${house}",
        ],
        &[],
    );
    let asked = |visit: &Session| -> Vec<(String, Wanted)> {
        visit.requests().into_iter().map(|request| (request.path, request.wanted)).collect()
    };
    let first = [
        ("/data/began_at".to_owned(), Wanted::Geopoint),
        ("/data/device".to_owned(), Wanted::Property("deviceid".to_owned())),
    ];
    assert_eq!(asked(&visit), first);
    assert!(matches!(visit.answer("device", "x"), Err(AnswerError::Calculated { .. })));
    assert!(matches!(visit.provide("house", "x"), Err(AnswerError::NotRequested { .. })));
    assert!(matches!(visit.provide("began_at", "here"), Err(AnswerError::WrongType { .. })));
    visit.provide("began_at", "30.1 120.2 5 6").unwrap();
    visit.provide("device", "ruhu:a1").unwrap();
    assert_eq!(asked(&visit), []);
    visit.answer("house", "12").unwrap();
    assert_eq!(asked(&visit), [("/data/place".to_owned(), Wanted::Geopoint)]);
    visit.provide("place", "30.1 120.2 5 6").unwrap();
    visit.answer("house", "13").unwrap();
    assert_eq!(asked(&visit).len(), 1, "the house changed: where is it now?");
}

#[test]
fn a_name_in_a_predicate_means_the_instance_that_is_looked_at() {
    let mut visit = session(
        &[
            "type|name|label|calculation",
            "begin_repeat|member|成员|",
            "integer|age|年龄|",
            "calculate|older||count(${member}[age > current()/../age])",
            "end_repeat|||",
            "calculate|old||count(${member}[${age} >= 60])",
        ],
        &[],
    );
    for (n, age) in [(1, "61"), (2, "35"), (3, "70")] {
        if n > 1 {
            visit.add_repeat("member", &format!("m{n}")).unwrap();
        }
        visit.answer(&format!("member[{n}]/age"), age).unwrap();
    }
    assert_eq!(value(&visit, "old"), "2");
    assert_eq!(value(&visit, "member[2]/older"), "2");
}

#[test]
fn a_range_takes_what_its_scale_has_and_keeps_what_comes_from_elsewhere() {
    let mut visit =
        session(&["type|name|label|parameters", "range|care|照护程度|start=1, end=5, step=1"], &[]);
    visit.answer("care", "4").unwrap();
    assert!(visit.missing().is_empty());
    assert!(matches!(visit.answer("care", "2.5"), Err(AnswerError::WrongType { .. })));
    visit.answer("care", "9").unwrap();
    let [missing] = <[_; 1]>::try_from(visit.missing()).unwrap();
    assert!(missing.reason.message().zh.contains("1 到 5"), "{missing:?}");
}

#[test]
fn a_count_that_looks_into_its_own_repeat_grows_as_it_is_answered() {
    let mut visit = session(
        &[
            "type|name|label|calculation|repeat_count",
            "calculate|n||1 + count(/data/flat[last = 'no'])|",
            "begin_repeat|flat|住户||${n}",
            "text|last|是不是最后一户||",
            "end_repeat||||",
        ],
        &[],
    );
    let flats =
        |visit: &Session| visit.nodes().iter().filter(|node| node.name == "last" && node.relevant).count();
    assert_eq!(flats(&visit), 1);
    visit.answer("flat[1]/last", "no").unwrap();
    assert_eq!(flats(&visit), 2);
    visit.answer("flat[2]/last", "yes").unwrap();
    assert_eq!(flats(&visit), 2);
    let again = Session::new(Arc::clone(visit.form()), MORNING);
    assert_eq!(flats(&again), 1);
}

#[test]
fn a_count_that_always_wants_one_more_waits_until_the_last_is_answered() {
    let mut visit = session(
        &[
            "type|name|label|calculation|repeat_count",
            "calculate|n||count(/data/flat) + if(/data/flat[last()]/last = 'yes', 0, 1)|",
            "begin_repeat|flat|住户||${n}",
            "text|who|户主||",
            "text|last|是不是最后一户||",
            "end_repeat||||",
            "text|note|备注||",
        ],
        &[],
    );
    let flats =
        |visit: &Session| visit.nodes().iter().filter(|node| node.name == "last" && node.relevant).count();
    assert_eq!(flats(&visit), 1);
    visit.answer("note", "不相干").unwrap();
    assert_eq!(flats(&visit), 1, "nothing was answered in the last one");
    visit.answer("flat[1]/who", "陈大河").unwrap();
    assert_eq!(flats(&visit), 2);
    visit.answer("flat[1]/who", "陈大江").unwrap();
    assert_eq!(flats(&visit), 2);
    visit.answer("flat[2]/last", "yes").unwrap();
    assert_eq!(flats(&visit), 2);
}
