//! What goes wrong is said clearly, in the language asked for, and changes nothing.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use ruhu_pictures::tables::{Fault, document_photo};
use ruhu_server::hub::Bounds;
use ruhu_sync::Role;
use serde_json::Value;

use crate::support::{Phone, TOWNSHIP, Town, VILLAGE, photo};

#[test]
fn a_phone_that_is_not_enrolled_says_so() {
    let phone = Phone::new();
    let new = ["case", "new", "--name", "某人", "--division", VILLAGE, "--address", "某处"];
    assert_eq!(phone.refused(&new).0, "not_enrolled");
    assert_eq!(phone.refused_with(4, &["sync"]).0, "not_enrolled");
    assert_eq!(phone.text(&["status"]), "本机尚未登记。\n");
    assert_eq!(phone.refused(&["enroll", "RUHU1-no-code"]).0, "invalid_code");
}

#[test]
fn a_code_works_for_one_phone_and_a_phone_belongs_to_one_server() {
    let (town, elsewhere) = (Town::open(), Town::open());
    let (first, second) = (Phone::new(), Phone::new());
    let code = town.code("周明远", Role::Caseworker, TOWNSHIP);
    first.json(&["enroll", &code]);
    first.json(&["enroll", &code]);
    let foreign = elsewhere.code("周明远", Role::Caseworker, TOWNSHIP);
    assert_eq!(first.refused(&["enroll", &foreign]).0, "already_enrolled");
    let (code, message) = second.refused(&["enroll", &code]);
    assert_eq!(code, "server", "{message}");
}

#[test]
fn a_wrong_key_opens_nothing_and_breaks_nothing() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let other = phone.file("other.hex");
    fs::write(&other, "ab".repeat(32)).unwrap();
    assert_eq!(phone.refused(&["--key-file", other.to_str().unwrap(), "case", "list"]).0, "wrong_key");
    fs::write(&other, "ab").unwrap();
    assert_eq!(phone.refused(&["--key-file", other.to_str().unwrap(), "case", "list"]).0, "key_malformed");
    let (key, away) = (phone.data().join("key.hex"), phone.file("away.hex"));
    fs::rename(&key, &away).unwrap();
    assert_eq!(phone.refused(&["case", "list"]).0, "key_missing");
    fs::rename(&away, &key).unwrap();
    assert_eq!(phone.json(&["case", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_command_waits_for_another_program_that_has_the_data_and_says_so() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    let held = fs::File::open(phone.data().join("store.lock")).unwrap();
    held.lock().unwrap();
    assert_eq!(phone.refused(&["--wait", "0", "status"]).0, "in_use");
    let mut waiting = phone.command(&["status"]);
    let mut waiting = waiting.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(waiting.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("正在使用本机数据"), "{said}");
    // Only now does the other program end.
    drop(held);
    let output = waiting.wait_with_output().unwrap();
    assert!(output.status.success() && !output.stdout.is_empty());
}

#[test]
fn a_wrong_id_number_names_the_rule_that_failed() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    let refused = |idno: &str| {
        let new =
            ["case", "new", "--name", "某人", "--division", VILLAGE, "--address", "某处", "--idno", idno];
        phone.refused(&new)
    };
    let (code, check_digit) = refused("110101190001010015");
    let (_, birth_date) = refused("110101190013010014");
    assert_eq!(code, "id_number");
    assert_ne!(check_digit, birth_date);
    assert_eq!(phone.json(&["case", "list"]), serde_json::json!([]));
}

#[test]
fn what_is_not_there_is_not_found() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    let id = "01a20143-602a-717b-9390-949dd9519e45";
    let (out, sha256) = (phone.file("out.jpg"), "ab".repeat(32));
    for command in [
        &["case", "show", id][..],
        &["case", "show", "last"],
        &["case", "history", "no id at all", "case/address"],
        &["case", "conflicts", id],
        &["case", "resolve", id, "case/address", "x"],
        &["visit", "start", id],
        &["visit", "show", id],
        &["visit", "answer", "last", "water", "tap"],
        &["visit", "close", id],
        &["file", &sha256, "--out", out.to_str().unwrap()],
    ] {
        assert_eq!(phone.refused(command).0, "not_found", "{command:?}");
    }
    assert!(!out.exists());
    phone.household();
    assert_eq!(phone.refused(&["visit", "start", "last", "--form", "no_form"]).0, "not_found");
}

#[test]
fn answers_of_the_wrong_kind_are_refused_and_the_old_one_stays() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    phone.json(&["visit", "start", "last"]);
    phone.json(&["visit", "answer", "last", "members_real", "4"]);
    for (question, value) in [("members_real", "many"), ("water", "river"), ("facts", "x"), ("nothing", "x")]
    {
        assert_eq!(phone.refused(&["visit", "answer", "last", question, value]).0, "answer", "{question}");
    }
    phone.json(&["visit", "answer", "last", "members_real", "-4"]);
    phone.json(&["visit", "answer", "last", "members_real", "4"]);
    phone.json(&["visit", "close", "last"]);
    assert_eq!(phone.refused(&["visit", "answer", "last", "members_real", "5"]).0, "visit_closed");
    assert_eq!(phone.refused(&["visit", "close", "last"]).0, "visit_closed");
}

#[test]
fn a_text_file_is_no_photo_and_a_missing_file_is_no_file() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let file = phone.file("note.jpg");
    let attach = ["attach", "last", file.to_str().unwrap(), "--kind", "house_out"];
    assert_eq!(phone.refused(&attach).0, "file");
    fs::write(&file, "not a photo").unwrap();
    assert_eq!(phone.refused(&attach).0, "picture_unknown");
    photo(&file);
    phone.json(&attach);
}

#[test]
fn without_a_network_the_work_stays_on_the_phone() {
    let mut town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    town.close();
    assert_eq!(phone.refused_with(4, &["sync"]).0, "offline");
    assert_eq!(phone.json(&["status"])["outbox"], 1);
}

#[test]
fn a_wrong_command_line_exits_with_2_in_the_form_asked_for() {
    let phone = Phone::new();
    let human = phone.run(&["case", "fly"]);
    assert_eq!(human.status.code(), Some(2));
    assert!(String::from_utf8(human.stderr).unwrap().starts_with("用法有误。"));
    let english = phone.run(&["--lang", "en", "case", "fly"]);
    assert!(String::from_utf8(english.stderr).unwrap().starts_with("error:"));
    let program = phone.run(&["--json", "case", "fly"]);
    let error: Value = serde_json::from_slice(&program.stdout).unwrap();
    assert_eq!((program.status.code(), &error["error"]["code"]), (Some(2), &Value::from("usage")));
    let nowhere = std::process::Command::new(env!("CARGO_BIN_EXE_ruhu"))
        .env_remove("RUHU_DATA")
        .args(["status"])
        .output()
        .unwrap();
    assert_eq!(nowhere.status.code(), Some(2));
    let help = phone.run(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(help.status.success() && text.contains("Keystore") && text.contains("登记"), "{text}");
}

#[test]
fn a_photo_too_large_for_the_server_is_named_and_the_others_go() {
    let town = Town::within(Bounds { file_bytes: 20_000, ..Bounds::default() });
    let phone = town.phone("周明远", Role::Caseworker);
    let case = phone.household();
    let (small, large, last) = (phone.file("small.jpg"), phone.file("large.jpg"), phone.file("last.jpg"));
    photo(&small);
    fs::write(&large, document_photo(7, Fault::None)).unwrap();
    let attach = |file: &std::path::Path| {
        let view = phone.json(&["attach", &case, file.to_str().unwrap(), "--kind", "house_out"]);
        view["sha256"].as_str().unwrap().to_owned()
    };
    attach(&small);
    let refused = attach(&large);
    let sync = |exit: i32| -> Value {
        let output = phone.run(&["--json", "sync"]);
        assert_eq!(output.status.code(), Some(exit));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    // Exit code 3: in part. The photo is named with its reason, here, in the status and as not yet safe.
    let report = sync(3);
    assert_eq!(
        (&report["files_sent"], &report["files_failed"][0]["item"]),
        (&1.into(), &refused.clone().into())
    );
    assert!(report["files_failed"][0]["zh"].as_str().unwrap().contains("不能超过 20000 字节"), "{report}");
    let pending = phone.json(&["status"])["not_yet_safe"]["pending"].clone();
    let [told] = pending.as_array().unwrap().as_slice() else { panic!("{pending}") };
    assert_eq!((&told["kind"], &told["reason"]), (&"photo".into(), &"too_large".into()));
    assert!(phone.text(&["status"]).contains("没有被服务器收下"));
    // It is not asked again at once, and what comes after it goes.
    image::RgbImage::from_pixel(30, 20, image::Rgb([90, 60, 30])).save(&last).unwrap();
    attach(&last);
    let report = sync(3);
    assert_eq!((&report["files_sent"], report["files_failed"].as_array().unwrap().len()), (&1.into(), 0));
    // The photo is still whole here.
    let out = phone.file("kept.jpg");
    phone.json(&["file", &refused, "--out", out.to_str().unwrap()]);
    assert!(fs::metadata(&out).unwrap().len() > 20_000);
}
