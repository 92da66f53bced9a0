//! A list that many questions offer is kept once: in the form, in a form that
//! came as bytes, and in what is shown.

use crate::support::{MORNING, session};
use ruhu_form::{Choice, Form, NodeState, Session};
use std::sync::Arc;

/// Three questions of one list: as it is, narrowed by the town, shuffled.
fn visit() -> Session {
    let survey = [
        "type|name|label|choice_filter|parameters",
        "text|town|镇||",
        "select_one village|lives|住在哪个村？||",
        "select_one village|born|生在哪个村？|town = ${town}|",
        "select_multiple village|visits|常去哪些村？||randomize=true, seed=7",
        "select_one yes_no|moved|搬过家吗？||",
    ];
    let choices = [
        "list_name|name|label|town",
        "village|hedong|河东村|xitang",
        "village|hexi|河西村|xitang",
        "village|shanqian|山前村|ganyao",
        "yes_no|yes|是|",
        "yes_no|no|否|",
    ];
    let form = session(&survey, &choices).form().clone();
    // As a phone has it.
    Session::new(Arc::new(Form::from_bytes(&form.to_bytes()).unwrap()), MORNING)
}

fn list(visit: &Session, name: &str) -> Arc<[Choice]> {
    visit.form().question(name).unwrap().choices.clone()
}

fn values(node: &NodeState) -> Vec<&str> {
    node.choices.iter().map(|choice| choice.value.as_str()).collect()
}

#[test]
fn all_questions_of_a_list_share_it_with_the_definition() {
    let visit = visit();
    let villages = list(&visit, "lives");
    for name in ["born", "visits"] {
        assert!(Arc::ptr_eq(&villages, &list(&visit, name)), "{name} has a copy");
    }
    let defined = visit.form().definition().lists.iter().find(|list| list.name == "village").unwrap();
    assert!(Arc::ptr_eq(&villages, &defined.choices));
    assert!(!Arc::ptr_eq(&villages, &list(&visit, "moved")));
}

#[test]
fn what_is_shown_of_a_list_is_shared_too_narrowed_or_shuffled() {
    let mut visit = visit();
    visit.answer("town", "xitang").unwrap();
    let villages = list(&visit, "lives");
    let shown = ["lives", "born", "visits"].map(|name| visit.node(name).unwrap());
    for node in &shown {
        assert!(Arc::ptr_eq(node.choices.list(), &villages), "{} shows a copy", node.name);
    }
    let [lives, born, visits] = &shown;
    assert_eq!(values(lives), ["hedong", "hexi", "shanqian"]);
    assert_eq!(values(born), ["hedong", "hexi"]);
    let mut shuffled = values(visits);
    shuffled.sort_unstable();
    assert_eq!(shuffled, values(lives));
}

#[test]
fn two_questions_narrowed_by_the_same_column_answer_alike() {
    let survey = [
        "type|name|label|choice_filter",
        "text|a|镇甲|",
        "text|b|镇乙|",
        "select_one village|in_a|村|town = ${a}",
        "select_one village|in_b|村|${b} = town",
        "select_one village|by_name|村|name = ${a}",
    ];
    let choices = ["list_name|name|label|town", "village|v1|一村|east", "village|v2|二村|west"];
    let mut visit = session(&survey, &choices);
    visit.answer("a", "west").unwrap();
    visit.answer("b", "east").unwrap();
    assert_eq!(values(&visit.node("in_a").unwrap()), ["v2"]);
    assert_eq!(values(&visit.node("in_b").unwrap()), ["v1"]);
    assert!(visit.node("by_name").unwrap().choices.is_empty());
    visit.answer("a", "v2").unwrap();
    assert_eq!(values(&visit.node("by_name").unwrap()), ["v2"]);
    assert!(visit.node("in_a").unwrap().choices.is_empty());
}
