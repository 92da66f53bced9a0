//! Differences from what another engine recorded, with and without a reason.

use crate::support::session;
use ruhu_conformance::{Difference, run_traces};
use std::sync::Arc;

fn differences(rows: &[&str], trace: &serde_json::Value) -> Vec<Difference> {
    let form = Arc::new(session(rows, &[]).form().clone());
    let mut trace = trace.clone();
    trace["form"] = "f.xlsx".into();
    trace["volatile"] = serde_json::json!(["/data/meta/instanceID"]);
    trace["initial"]["/data/meta"] = "R|".into();
    let file = serde_json::json!({"meta": {"clock": "2026-11-22T04:17+08:00"}, "traces": [trace]});
    run_traces(&file.to_string(), &form, "f.xlsx").unwrap().differences
}

/// The node and the name of the reason.
fn brief(differences: &[Difference]) -> Vec<String> {
    let reason = |reason: &'static str| reason.split(':').next().unwrap();
    differences
        .iter()
        .map(|found| format!("{} {}", found.node, found.reason.map_or("none", reason)))
        .collect()
}

#[test]
fn what_follows_from_a_difference_with_a_reason_has_that_reason_too() {
    let rows = [
        "type|name|label|calculation|relevant",
        "begin_repeat|member|人||",
        "integer|income|收入||",
        "end_repeat||||",
        "calculate|total||sum(${income})|",
        "text|why|为什么||${total} = 0",
        "text|other|别的||",
    ];
    let trace = serde_json::json!({
        "initial": {
            "/data/member[1]": "R|", "/data/member[1]/income": "R|",
            "/data/total": "R|0", "/data/why": "R|", "/data/other": "R|no",
        },
    });
    let found = brief(&differences(&rows, &trace));
    assert_eq!(found, ["/data/other none", "/data/total blank-in-sum", "/data/why blank-in-sum"]);
}

#[test]
fn an_answer_that_is_refused_for_a_reason_explains_what_is_missing_later() {
    let rows = [
        "type|name|label|constraint|calculation",
        "text|code|编号|regex(., '[0-9]')|",
        "text|twice|算||${code}",
        "calculate|told|||concat(${twice}, '!')",
    ];
    let trace = serde_json::json!({
        "initial": {"/data/code": "R|", "/data/twice": "R|", "/data/told": "R|!"},
        "events": [
            {"op": "set", "path": "/data/code[1]", "value": "a1", "result": "constraint", "changes": {}},
            {"op": "set", "path": "/data/twice[1]", "value": "b", "result": "ok",
             "changes": {"/data/twice": "R|b", "/data/told": "R|b!"}},
        ],
    });
    let found = brief(&differences(&rows, &trace));
    assert_eq!(
        found[..3],
        ["/data/code[1] pattern-found", "/data/code pattern-found", "/data/told pattern-found"]
    );
    assert!(found.contains(&"/data/twice[1] calculated".to_owned()), "{found:?}");
    assert!(found.iter().all(|found| !found.ends_with("none")), "{found:?}");
}

#[test]
fn the_same_number_and_the_same_truth_may_be_written_otherwise() {
    let rows = [
        "type|name|label|calculation",
        "decimal|size|平方米|",
        "calculate|told||concat('面积', ${size})",
        "calculate|big||${size} > 60",
        "calculate|half||${size} div 2",
    ];
    let initial = serde_json::json!({
        "/data/size": "R|", "/data/told": "R|面积", "/data/big": "R|0", "/data/half": "R|",
    });
    let event = |half: &str| {
        serde_json::json!([{"op": "set", "path": "/data/size[1]", "value": "80.0", "result": "ok", "changes": {
            "/data/size": "R|80.0", "/data/told": "R|面积80", "/data/big": "R|1", "/data/half": half,
        }}])
    };
    let found = differences(&rows, &serde_json::json!({"initial": initial, "events": event("R|4.0E1")}));
    assert_eq!(
        brief(&found),
        [
            "/data/big truth-as-text",
            "/data/big truth-as-text",
            "/data/half number-as-written",
            "/data/told number-as-written",
        ]
    );
    let found = differences(&rows, &serde_json::json!({"initial": initial, "events": event("R|41")}));
    assert!(brief(&found).contains(&"/data/half none".to_owned()));
}

#[test]
fn members_that_a_form_holds_to_begin_with_are_told_and_what_follows_from_them() {
    let rows = [
        "type|name|label|calculation",
        "begin_repeat|member|人|",
        "text|name|名字|",
        "end_repeat|||",
        "calculate|people||count(${member})",
        "text|other|别的|",
    ];
    let trace = serde_json::json!({
        "initial": {
            "/data/member[1]": "R|", "/data/member[1]/name": "R|",
            "/data/member[2]": "R|", "/data/member[2]/name": "R|李四",
            "/data/people": "R|2", "/data/other": "R|no",
        },
    });
    let found = brief(&differences(&rows, &trace));
    assert_eq!(
        found,
        [
            "/data/member[2] initial-instances",
            "/data/member[2]/name initial-instances",
            "/data/other none",
            "/data/people initial-instances",
        ]
    );
}

#[test]
fn a_member_that_is_missing_later_has_no_reason() {
    let rows = ["type|name|label", "begin_repeat|member|人", "text|name|名字", "end_repeat||"];
    let trace = serde_json::json!({
        "initial": {"/data/member[1]": "R|", "/data/member[1]/name": "R|"},
        "events": [{"op": "set", "path": "/data/member[1]/name[1]", "value": "李四", "result": "ok", "changes": {
            "/data/member[1]/name": "R|李四", "/data/member[2]": "R|", "/data/member[2]/name": "R|",
        }}],
    });
    let found = brief(&differences(&rows, &trace));
    assert_eq!(found, ["/data/member[2] none", "/data/member[2]/name none"]);
}

#[test]
fn a_number_without_end_is_a_blank_here_and_a_word_elsewhere() {
    let rows = [
        "type|name|label|calculation",
        "decimal|size|平方米|",
        "decimal|power|算|pow(${size}, 400)",
        "decimal|half|一半|${power} div 2",
    ];
    let initial = serde_json::json!({"/data/size": "R|", "/data/power": "R|", "/data/half": "R|"});
    let event = |half: &str| {
        serde_json::json!([{"op": "set", "path": "/data/size[1]", "value": "80", "result": "ok", "changes": {
            "/data/size": "R|80", "/data/power": "R|Infinity", "/data/half": half,
        }}])
    };
    let found =
        brief(&differences(&rows, &serde_json::json!({"initial": initial, "events": event("R|Infinity")})));
    assert_eq!(found, ["/data/half endless-number"]);
    let found = brief(&differences(&rows, &serde_json::json!({"initial": initial, "events": event("R|40")})));
    assert!(found.contains(&"/data/half none".to_owned()), "{found:?}");
}
