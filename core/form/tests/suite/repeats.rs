//! Repeats: instances, their keys, and what looks into them.

use crate::support::session;
use ruhu_form::{AnswerError, Session};

fn household() -> Session {
    session(
        &[
            "type|name|label|calculation|repeat_count|relevant",
            "begin_group|h|户|||",
            "begin_repeat|m|成员|||",
            "text|name|姓名|||",
            "decimal|income|收入|||",
            "calculate|line||concat(position(..), ' ', ${name}, ' ', ${share})||",
            "calculate|share||if(${total} > 0, round(${income} div ${total}, 2), '')||",
            "begin_repeat|paper|材料|||",
            "text|kind|种类|||",
            "calculate|of||concat(${name}, ${kind})||",
            "end_repeat|||||",
            "end_repeat|||||",
            "calculate|total||sum(/data/h/m[income != '']/income)||",
            "calculate|count||count(${m})||",
            "calculate|second||indexed-repeat(${name}, ${m}, 2)||",
            "end_group|||||",
            "integer|n|几个|||",
            "begin_repeat|row|行||${n}|",
            "text|cell|格|||",
            "end_repeat|||||",
        ],
        &[],
    )
}

fn value(session: &Session, path: &str) -> String {
    session.node(path).unwrap_or_else(|| panic!("{path}")).value
}

#[test]
fn a_repeat_begins_with_one_instance_and_grows_by_ids() {
    let mut visit = household();
    assert_eq!(visit.canonical("name").unwrap(), "/data/h/m[@id='1']/name");
    assert_eq!(visit.canonical("m").unwrap(), "/data/h/m");
    visit.add_repeat("m", "b").unwrap();
    assert_eq!(visit.canonical("/data/h/m[2]/name").unwrap(), "/data/h/m[@id='b']/name");
    assert_eq!(visit.canonical("m[2]/name").unwrap(), "/data/h/m[@id='b']/name");
    assert_eq!(visit.canonical("name"), Err(AnswerError::AmbiguousPath { path: "name".into() }));
    assert!(matches!(visit.add_repeat("m", "b"), Err(AnswerError::InstanceExists { .. })));
    assert!(matches!(visit.add_repeat("m", "b c"), Err(AnswerError::BadInstanceId { .. })));
    assert!(matches!(visit.add_repeat("m[2]", "c"), Err(AnswerError::NotARepeat { .. })));
    assert!(matches!(visit.add_repeat("n", "c"), Err(AnswerError::NotARepeat { .. })));
    assert!(matches!(visit.remove_repeat("h"), Err(AnswerError::NotARepeat { .. })));
    assert!(matches!(visit.remove_repeat("m[3]"), Err(AnswerError::UnknownPath { .. })));
}

#[test]
fn sums_counts_and_positions_follow_what_is_added_answered_and_removed() {
    let mut visit = household();
    visit.answer("m[1]/name", "陈大河").unwrap();
    visit.answer("m[1]/income", "30").unwrap();
    visit.add_repeat("m", "b").unwrap();
    visit.answer("m[@id='b']/name", "吴桂香").unwrap();
    visit.answer("m[@id='b']/income", "10").unwrap();
    assert_eq!(
        (value(&visit, "total"), value(&visit, "count"), value(&visit, "second")),
        ("40".into(), "2".into(), "吴桂香".into())
    );
    assert_eq!(value(&visit, "m[1]/line"), "1 陈大河 0.75");
    assert_eq!(value(&visit, "m[2]/line"), "2 吴桂香 0.25");
    let changed = visit.remove_repeat("m[1]").unwrap();
    assert!(changed.nodes.iter().any(|node| node.removed && node.path == "/data/h/m[@id='1']/name"));
    assert_eq!(value(&visit, "m[@id='b']/line"), "1 吴桂香 1");
    assert_eq!(
        (value(&visit, "total"), value(&visit, "count"), value(&visit, "second")),
        ("10".into(), "1".into(), String::new())
    );
}

#[test]
fn a_nested_repeat_sees_the_member_it_belongs_to() {
    let mut visit = household();
    visit.add_repeat("m", "b").unwrap();
    visit.answer("m[1]/name", "陈").unwrap();
    visit.answer("m[2]/name", "吴").unwrap();
    visit.add_repeat("m[2]/paper", "p").unwrap();
    visit.answer("m[2]/paper[@id='p']/kind", "病历").unwrap();
    visit.answer("m[1]/paper/kind", "户口簿").unwrap();
    assert_eq!(value(&visit, "/data/h/m[@id='b']/paper[@id='p']/of"), "吴病历");
    assert_eq!(value(&visit, "/data/h/m[@id='1']/paper[@id='1']/of"), "陈户口簿");
    visit.answer("m[2]/name", "何").unwrap();
    assert_eq!(value(&visit, "/data/h/m[@id='b']/paper[@id='p']/of"), "何病历");
}

#[test]
fn a_counted_repeat_grows_and_hides_but_forgets_nothing() {
    let mut visit = household();
    assert!(matches!(visit.add_repeat("row", "x"), Err(AnswerError::CountedRepeat { .. })));
    visit.answer("n", "3").unwrap();
    visit.answer("row[3]/cell", "三").unwrap();
    visit.answer("n", "1").unwrap();
    assert!(!visit.node("row[3]/cell").unwrap().relevant);
    assert!(visit.answers().iter().all(|field| field.value != "三"));
    visit.answer("n", "3").unwrap();
    assert_eq!(value(&visit, "row[3]/cell"), "三");
    visit.answer("n", "999999999").unwrap();
    assert_eq!(visit.nodes().iter().filter(|node| node.name == "row").count(), 10_000);
}

#[test]
fn each_instance_of_a_repeat_is_a_page() {
    let mut visit = household();
    visit.add_repeat("m", "b").unwrap();
    let pages: Vec<String> = visit.pages().into_iter().map(|page| page.path).collect();
    assert_eq!(
        pages,
        [
            "/data/h/m[@id='1']",
            "/data/h/m[@id='1']/paper[@id='1']",
            "/data/h/m[@id='b']",
            "/data/h/m[@id='b']/paper[@id='1']",
            "/data"
        ]
    );
}
