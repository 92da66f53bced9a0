//! Every command, as a program and as a person use it.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use ruhu_pictures::tables::{Fault, document_photo};
use ruhu_sync::Role;
use serde_json::Value;

use crate::support::{Phone, TOWNSHIP, Town, VILLAGE, photo, stable};
use crate::workbook;

#[test]
fn a_new_phone_enrols_and_says_whose_it_is() {
    let town = Town::open();
    let phone = Phone::new();
    assert_eq!(phone.json(&["status"])["enrolled"], false);
    let status = phone.json(&["enroll", &town.code("周明远", Role::Caseworker, TOWNSHIP)]);
    assert_snapshot!("status", stable(&status));
    let standing = phone.json(&["status"]);
    assert!(status.as_object().unwrap().iter().all(|(key, value)| standing[key] == *value), "{standing}");
    assert_eq!(standing["not_yet_safe"]["count"], 0);
    assert!(phone.text(&["status"]).contains("周明远（经办人员）"));
    assert!(phone.text(&["--lang", "en", "status"]).contains("周明远 (caseworker)"));
    assert_snapshot!("sync", stable(&phone.json(&["sync"])));
    assert!(phone.text(&["sync"]).starts_with("同步完成：上传 0 项"));
    assert_snapshot!("form_list", stable(&phone.json(&["form", "list"])));
    assert!(phone.text(&["form", "list"]).contains("home_visit  2026112201"));
    assert_eq!(phone.json(&["check"]), serde_json::json!({ "findings": [] }));
    assert_eq!(phone.text(&["check"]), "本机数据完整。\n");
}

#[test]
fn a_caseworker_opens_a_household_and_finds_it_again() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    assert_eq!(phone.text(&["case", "list"]), "没有户。\n");
    let case = phone.household();
    assert_snapshot!("case_list", stable(&phone.json(&["case", "list"])));
    for query in ["陈大河", "cdh", "0014", "河东村"] {
        assert_eq!(phone.json(&["case", "search", query])[0]["id"], case.as_str(), "{query}");
    }
    assert_eq!(phone.json(&["case", "search", "别人"]), serde_json::json!([]));
    assert_eq!(phone.json(&["case", "list", "--division", "4401"]), serde_json::json!([]));
    assert_eq!(phone.json(&["case", "list", "--offset", "1", "--limit", "1"]), serde_json::json!([]));
    assert_snapshot!("case_show", stable(&phone.json(&["case", "show", "last"])));
    for shown in [phone.text(&["case", "list"]), phone.text(&["case", "show", &case])] {
        assert!(shown.contains("陈大河") && shown.contains("0014"), "{shown}");
        assert!(!shown.contains("19000101"), "the birth date in the ID number is masked: {shown}");
    }
    assert_snapshot!("history", stable(&phone.json(&["case", "history", &case, "case/address"])));
    assert!(phone.text(&["case", "history", &case, "case/address"]).contains("未上传"));
    assert_eq!(phone.json(&["case", "conflicts", &case]), serde_json::json!([]));
}

#[test]
fn a_visit_is_answered_question_by_question_and_closed() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    let case = phone.household();
    assert_snapshot!("visit_start", stable(&phone.json(&["visit", "start", "last"])));
    assert_snapshot!("visit_answer", stable(&phone.json(&["visit", "answer", "last", "water", "tap"])));
    assert_snapshot!("visit_show", stable(&phone.json(&["visit", "show", "last"])));
    let shown = phone.text(&["visit", "show", "last"]);
    assert!(shown.contains("自来水") && shown.contains("还有 1 处未完成"), "{shown}");
    assert!(phone.text(&["--lang", "en", "visit", "show", "last"]).contains("Tap"));
    let output = phone.run(&["--json", "visit", "close", "last"]);
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["missing"][0]["path"], "/data/facts/members_real");
    assert_snapshot!("visit_save", stable(&phone.json(&["visit", "save", "last"])));
    phone.json(&["visit", "answer", "last", "members_real", "4"]);
    assert_eq!(phone.text(&["visit", "close", "last"]), "已办结。\n");
    assert_snapshot!("visit_list", stable(&phone.json(&["visit", "list"])));
    assert_eq!(phone.json(&["visit", "list", "--open"]), serde_json::json!([]));
    let household = phone.json(&["case", "show", &case]);
    assert_eq!(household["household"]["case"]["members_real"]["int"], 4);
}

#[test]
fn a_sync_ends_with_what_is_left_in_words_and_in_its_exit_code() {
    let mut town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    let case = phone.household();
    let code = |phone: &Phone| phone.run(&["--json", "sync"]).status.code();
    assert_eq!(code(&phone), Some(0), "all was given");
    // Answers that were not saved: told, and not the sync's to give.
    phone.json(&["visit", "start", &case]);
    phone.json(&["visit", "answer", "last", "members_real", "4"]);
    assert_eq!(code(&phone), Some(0));
    let told = phone.text(&["sync"]);
    assert!(told.contains("尚不安全  1 项：1 个答案没有存入") && told.contains("陈大河"), "{told}");
    assert!(phone.text(&["case", "list"]).contains("! 1"));
    phone.json(&["visit", "save", "last"]);
    let status = phone.text(&["--lang", "en", "status"]);
    assert!(status.contains("not safe yet  1: 1 changes to send"), "{status}");
    // Revoked: what was saved is not taken, and that is told from now on.
    town.revoke(&phone);
    for _ in 0..2 {
        assert_eq!(code(&phone), Some(3), "in part");
        let status = phone.json(&["status"]);
        assert_eq!(status["not_yet_safe"]["pending"][0]["reason"], "revoked", "{status}");
        assert!(phone.text(&["status"]).contains("1 项修改没有被收下"));
    }
    town.close();
    let output = phone.run(&["--json", "sync"]);
    assert_eq!(output.status.code(), Some(4), "nothing");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["error"]["code"], &told["extent"]), (&"offline".into(), &"nothing".into()));
    assert_eq!(told["not_yet_safe"]["count"], 1);
}

#[test]
fn a_script_tells_each_answer_as_soon_as_it_is_durable_and_can_be_played_again() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    phone.json(&["visit", "start", "last"]);
    let script = phone.file("visit.txt");
    let lines = "# 入户\nmembers_real = 4\n\n/data/neighbour[1]/neighbour_name = 何水根\n+ /data/neighbour n2\n\
                 /data/neighbour[@id='n2']/neighbour_name = 张三\n- /data/neighbour[@id='n2']\nremark = a = b\n";
    fs::write(&script, lines).unwrap();
    let play = ["--json", "visit", "answers", "last", script.to_str().unwrap()];
    let output = phone.run(&play);
    assert_eq!(output.status.code(), Some(0));
    let told: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_snapshot!("visit_answers", stable(&Value::Array(told)));
    assert_eq!(phone.run(&play).status.code(), Some(0), "a script may be played again from its beginning");
}

#[test]
fn a_script_that_is_refused_in_the_middle_keeps_what_came_before() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    phone.json(&["visit", "start", "last"]);
    let script = phone.file("visit.txt");
    fs::write(&script, "members_real = 4\nmembers_rael = 5\n").unwrap();
    let (code, message) = phone.refused(&["visit", "answers", "last", script.to_str().unwrap()]);
    assert_eq!(code, "answer");
    assert!(message.contains("第 2 行") && message.contains("members_real"), "{message}");
    assert_eq!(phone.json(&["visit", "show", "last"])["answered"], 1);
    fs::write(&script, "members_real = 6\nnonsense\n").unwrap();
    assert_eq!(phone.refused(&["visit", "answers", "last", script.to_str().unwrap()]).0, "script");
    let shown = phone.json(&["visit", "show", "last"]).to_string();
    assert!(shown.contains(r#""value":"4""#), "a script that cannot be read is not begun: {shown}");
}

#[test]
fn a_photo_goes_in_and_comes_out_and_overwrites_nothing() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let file = phone.file("house.jpg");
    photo(&file);
    let attached = phone.json(&["attach", "last", file.to_str().unwrap(), "--kind", "house_out"]);
    assert_snapshot!("attach", stable(&attached));
    let sha256 = attached["sha256"].as_str().unwrap();
    let out = phone.file("out.jpg");
    assert_snapshot!("file", stable(&phone.json(&["file", sha256, "--out", out.to_str().unwrap()])));
    assert_eq!(fs::read(&out).unwrap(), fs::read(&file).unwrap());
    let (code, _) = phone.refused(&["file", sha256, "--out", out.to_str().unwrap()]);
    assert_eq!(code, "file_exists");
}

#[test]
fn a_photo_that_is_too_dark_or_stood_elsewhere_is_told_so_and_settings_say_how_it_is_kept() {
    let town = Town::open();
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/forms");
    town.publish(&packs.join("home_visit.xlsx"));
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let file = phone.file("card.jpg");
    fs::write(&file, document_photo(11, Fault::Dark)).unwrap();
    let file = file.to_str().unwrap();
    let dark = phone.text(&["attach", "last", file, "--kind", "id_card"]);
    assert!(dark.contains("太暗") && !dark.contains("同一画面"), "{dark}");
    let again = phone.json(&["attach", "last", file, "--kind", "papers"]);
    assert_eq!(
        (&again["seen"][0]["kind"], &again["quality"]["verdict"]),
        (&"id_card".into(), &"dark".into())
    );
    phone.json(&["visit", "start", "last"]);
    phone.json(&["visit", "answer", "last", "mode", "home"]);
    let answered = phone.json(&["visit", "answer", "last", "photo_house_out", file]);
    assert_eq!(answered["evidence"]["seen"].as_array().unwrap().len(), 2);
    assert!(answered["nodes"].is_array());
    let small = phone.file("small.jpg");
    let id = answered["evidence"]["id"].as_str().unwrap();
    phone.json(&["file", id, "--thumbnail", "--out", small.to_str().unwrap()]);
    assert!(fs::metadata(&small).unwrap().len() < answered["evidence"]["size"].as_u64().unwrap());
    // What an office decides is kept.
    let settings = phone.json(&["photo", "settings"]);
    assert_eq!((&settings["place"], &settings["originals"]), (&true.into(), &false.into()));
    phone.json(&["photo", "settings", "--place", "no", "--originals", "yes"]);
    let settings = phone.json(&["photo", "settings"]);
    assert_eq!((&settings["place"], &settings["originals"]), (&false.into(), &true.into()));
}

#[test]
fn the_example_of_the_pack_is_played_with_the_pictures_beside_it_and_closed() {
    let town = Town::open();
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/forms");
    town.publish(&packs.join("home_visit.xlsx"));
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    phone.json(&["visit", "start", "last"]);
    for nothing in ["x", "house_out.jpg"] {
        let (code, message) = phone.refused(&["visit", "answer", "last", "photo_house_out", nothing]);
        assert!(code == "not_evidence" && message.contains("要照片"), "{code}: {message}");
    }
    let example = packs.join("home_visit.example.txt");
    // Played twice: a script that was cut short is played again from its beginning.
    for _ in 0..2 {
        phone.text(&["visit", "answers", "last", example.to_str().unwrap()]);
    }
    phone.json(&["visit", "close", "last"]);
    let household = &phone.json(&["case", "show", "last"])["household"];
    assert_eq!(household["evidence"].as_array().unwrap().len(), 7, "each picture once");
    let answers = household["records"][0]["answers"].to_string();
    let house = household["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["kind"] == "photo_house_out")
        .map(|entry| entry["id"].as_str().unwrap())
        .unwrap();
    assert!(answers.contains(house), "the answer is its evidence: {answers}");
    let out = phone.file("out.jpg");
    phone.json(&["file", house, "--out", out.to_str().unwrap()]);
    assert_eq!(fs::read(&out).unwrap(), fs::read(packs.join("house_out.jpg")).unwrap());
}

#[test]
fn two_phones_disagree_and_one_of_them_settles_it() {
    let town = Town::open();
    let (a, b) = (town.phone("周明远", Role::Caseworker), town.phone("林秀梅", Role::Volunteer));
    let case = a.household();
    a.json(&["sync"]);
    b.json(&["sync"]);
    for (phone, members) in [(&a, "4"), (&b, "5")] {
        phone.json(&["visit", "start", &case]);
        phone.json(&["visit", "answer", "last", "members_real", members]);
        phone.json(&["visit", "save", "last"]);
    }
    for phone in [&a, &b, &a] {
        phone.json(&["sync"]);
    }
    let conflicts = a.json(&["case", "conflicts", &case]);
    let mut people: Vec<&str> = conflicts[0]["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| choice["author"]["person"].as_str().unwrap())
        .collect();
    people.sort_unstable();
    assert_eq!(people, ["周明远", "林秀梅"]);
    let shape: Vec<&String> = conflicts[0]["choices"][0].as_object().unwrap().keys().collect();
    assert_snapshot!("conflict_choice_fields", format!("{shape:?}"));
    assert!(a.text(&["case", "conflicts", &case]).contains("影响资格"));
    let (code, _) = a.refused(&["case", "resolve", &case, "case/members_real", "6"]);
    assert_eq!(code, "no_such_conflict");
    let settled = a.json(&["case", "resolve", &case, "case/members_real", "5"]);
    assert_snapshot!("resolve", stable(&settled));
    a.json(&["sync"]);
    b.json(&["sync"]);
    for phone in [&a, &b] {
        let view = phone.json(&["case", "show", &case]);
        assert_eq!(view["household"]["case"]["members_real"]["int"], 5);
        assert_eq!(view["conflicts"], serde_json::json!([]));
    }
    assert_eq!(a.json(&["case", "show", &case])["heads"], b.json(&["case", "show", &case])["heads"]);
}

#[test]
fn workbooks_are_checked_without_a_phone() {
    let phone = Phone::new();
    let (good, bad) = (phone.file("good.xlsx"), phone.file("bad.xlsx"));
    workbook::write(&good, false);
    workbook::write(&bad, true);
    assert!(phone.text(&["form", "check", good.to_str().unwrap()]).contains("✓ 可以使用，4 题"));
    let missing = phone.file("missing.xlsx");
    let files = [&good, &bad, &missing].map(|file| file.to_str().unwrap());
    let output = phone.run(&[&["--json", "form", "check"], &files[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let found: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|mut checked: Value| {
            let name = std::path::Path::new(checked["file"].as_str().unwrap()).file_name().unwrap();
            checked["file"] = name.to_str().unwrap().into();
            checked
        })
        .collect();
    assert_snapshot!("form_check", stable(&Value::Array(found)));
    let english = phone.run(&["--lang", "en", "form", "check", bad.to_str().unwrap()]);
    assert!(String::from_utf8(english.stdout).unwrap().contains("survey row 3 type"));
    assert!(!phone.data().exists(), "no store was made");
}

#[test]
fn a_workbook_is_written_as_an_xform_and_never_over_another_file() {
    let phone = Phone::new();
    let (form, out) = (phone.file("form.xlsx"), phone.file("form.xml"));
    workbook::write(&form, false);
    let convert = ["form", "convert", form.to_str().unwrap(), out.to_str().unwrap()];
    assert!(phone.text(&convert).contains("已写成 XForm"));
    let written = std::fs::read(&out).unwrap();
    assert!(ruhu_formats::read_xform(&written).is_ok());
    assert_eq!(phone.refused(&convert).0, "file_exists");
    assert_eq!(std::fs::read(&out).unwrap(), written);
    let bad = phone.file("bad.xlsx");
    workbook::write(&bad, true);
    let other = phone.file("bad.xml");
    assert_eq!(phone.refused(&["form", "convert", bad.to_str().unwrap(), other.to_str().unwrap()]).0, "form");
    assert!(!other.exists());
}

#[test]
fn a_division_code_of_a_village_is_what_a_household_needs() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    let new = |division: &str| {
        phone.refused(&["case", "new", "--name", "某人", "--division", division, "--address", "某处"]).0
    };
    assert_eq!(new("3301"), "division");
    assert_eq!(new("440106001001"), "out_of_scope");
    assert_eq!(phone.json(&["case", "list"]), serde_json::json!([]), "{VILLAGE} has none");
}

#[test]
fn expression_vectors_are_counted_by_tier_and_scope_and_a_binding_failure_is_told() {
    let phone = Phone::new();
    let file = phone.file("vectors.json");
    let vector = |id: &str, tier: &str, expr: &str| {
        format!(
            r#"{{"id": "{id}", "tier": "{tier}", "scope": "odk", "expr": "{expr}", "check": "string", "expected": "陈"}}"#
        )
    };
    let write = |vectors: &[String]| {
        std::fs::write(&file, format!(r#"{{"vectors": [{}]}}"#, vectors.join(","))).unwrap();
    };
    let run = |json: &[&str]| phone.run(&[json, &["xpath", file.to_str().unwrap()]].concat());

    write(&[vector("v1", "A", "substr('陈大河', 0, 1)"), vector("v2", "B", "'吴'")]);
    let output = run(&["--json"]);
    assert_eq!(output.status.code(), Some(0), "only tier A, scope odk is binding");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_snapshot!("xpath", stable(&report));

    write(&[vector("v1", "A", "'吴'"), vector("v2", "A", "nosuch()")]);
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!("xpath_failed", String::from_utf8(output.stdout).unwrap());

    std::fs::write(&file, "not vectors").unwrap();
    assert_eq!(phone.refused(&["xpath", file.to_str().unwrap()]).0, "vectors");
    assert_eq!(phone.refused(&["xpath", "missing.json"]).0, "file");
    assert!(!phone.data().exists(), "no store was made");
}

#[cfg(unix)]
#[test]
fn a_sync_stopped_from_the_keyboard_says_so_and_everything_is_kept() {
    let mut town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    town.close();
    // A server that takes the connection and says nothing.
    let silent = std::net::TcpListener::bind(town.address()).unwrap();
    let mut command = phone.command(&["--json", "sync"]);
    let mut syncing = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let (_held, _) = silent.accept().unwrap();
    // The first asks it to stop before the next request, another one at once.
    while syncing.try_wait().unwrap().is_none() {
        std::process::Command::new("kill").args(["-INT", &syncing.id().to_string()]).status().unwrap();
    }
    let output = syncing.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(4), "it ended by itself, and nothing was given");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["error"]["code"], "cancelled");
    assert_eq!((&told["extent"], &told["not_yet_safe"]["count"]), (&"nothing".into(), &1.into()));
    assert_eq!(phone.json(&["status"])["outbox"], 1);
}
