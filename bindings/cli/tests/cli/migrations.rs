//! A visit that is open when the county publishes a new version of its form.

use insta::assert_snapshot;
use ruhu_sync::Role;
use serde_json::json;

use crate::support::{Phone, Town, stable};

/// A phone with an open visit, and the new version of the form.
fn open_visit(town: &Town) -> Phone {
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    phone.json(&["visit", "start", "last"]);
    for (question, value) in
        [("members_real", "4"), ("water", "well"), ("remark", "井水要走一里路"), ("neighbour_name", "何水根")]
    {
        phone.json(&["visit", "answer", "last", question, value]);
    }
    town.publish_next();
    phone.json(&["sync"]);
    phone
}

/// A text of the command without what differs from run to run.
fn told(phone: &Phone, arguments: &[&str]) -> String {
    let text = phone.text(arguments);
    let text = stable(&json!(text)).replace("\\n", "\n").replace("\\\"", "\"");
    let moment = regex_lite::Regex::new(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?").unwrap();
    moment.replace_all(text.trim_matches('"'), "[moment]").into_owned()
}

#[test]
fn a_clerk_looks_what_the_new_version_would_do_then_moves_the_visit() {
    let town = Town::open();
    let phone = open_visit(&town);
    assert!(phone.text(&["visit", "list"]).contains("2026112201  2026112202"));
    let shown = phone.text(&["visit", "show", "last"]);
    assert!(shown.contains("表单有新版 2026112202") && shown.contains("--dry-run"), "{shown}");

    let before = phone.json(&["visit", "show", "last"]);
    assert_snapshot!("migrate_dry_run", told(&phone, &["visit", "migrate", "last", "--dry-run"]));
    let dry = phone.json(&["visit", "migrate", "last", "--dry-run"]);
    assert_eq!((&dry["migrated"], &dry["report"]["to"]), (&json!(false), &json!("2026112202")));
    assert_eq!(phone.json(&["visit", "show", "last"]), before, "to look changes nothing");
    assert_eq!(phone.text(&["visit", "migrations", "last"]), "这次调查没有换过表单版本。\n");

    let done = phone.json(&["visit", "migrate", "last"]);
    assert_snapshot!("migrate", stable(&done));
    assert_eq!(done["report"], dry["report"]);
    assert_eq!(phone.json(&["visit", "show", "last"])["visit"]["version"], "2026112202");
    assert!(!phone.text(&["visit", "show", "last"]).contains("有新版"));
    assert_eq!(
        phone.json(&["visit", "migrate", "last"]),
        json!({ "visit": done["visit"], "migrated": false, "report": null })
    );
    assert_eq!(phone.text(&["visit", "migrate", "last"]), "这次调查用的已是最新版表单，不用换。\n");
}

#[test]
fn what_was_not_taken_over_can_be_read_after_the_visit_was_closed() {
    let town = Town::open();
    let phone = open_visit(&town);
    let moved = phone.text(&["--lang", "en", "visit", "migrate", "last"]);
    assert!(moved.ends_with("The visit goes on with version 2026112202.\n"), "{moved}");
    phone.json(&["visit", "answer", "last", "water", "tank"]);
    phone.json(&["visit", "close", "last"]);
    assert_snapshot!("migrations", told(&phone, &["visit", "migrations", "last"]));
    assert_snapshot!("migrations_english", told(&phone, &["--lang", "en", "visit", "migrations", "last"]));
    let kept = phone.json(&["visit", "migrations", "last"]);
    assert_eq!(kept[0]["report"]["dropped"][1]["value"], "井水要走一里路");
    for command in [&["visit", "migrate", "last"][..], &["visit", "migrate", "last", "--dry-run"]] {
        assert_eq!(phone.refused(command).0, "visit_closed");
    }
}
