//! Pictures of letters and of papers from the command line. No device is needed.

use std::path::PathBuf;

use ruhu_pictures::camera::Shot;
use ruhu_pictures::impression::Manner;
use ruhu_pictures::letters::{Done, Fingers, Hand, Letter, drawn};
use ruhu_pictures::noise::Chance;
use ruhu_pictures::pressed::{code, photo};
use ruhu_pictures::rooms::room_photo;
use ruhu_pictures::tables::{Fault, document_photo};
use ruhu_sync::Role;
use serde_json::Value;

use crate::support::{Phone, Town};

/// One object a line.
fn lines(phone: &Phone, args: &[&str]) -> Vec<Value> {
    let out = phone.run(&[args, &["--json"]].concat());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn file(phone: &Phone, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = phone.file(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A letter of ours on which this was done, photographed well.
fn letter(seed: u64, done: &[Done]) -> Letter {
    let chance = &mut Chance::of(seed);
    let shot = Shot::fair(chance);
    drawn(done, true, shot, &Fingers::of(seed, 3), chance)
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_broken_photo_harms_itself_only_and_each_has_its_verdict_and_advice() {
    let phone = Phone::new();
    let (dark, good) = (document_photo(11, Fault::Dark), document_photo(11, Fault::None));
    let names = [
        file(&phone, "dark.jpg", &dark),
        file(&phone, "broken.jpg", &good[..good.len() / 2]),
        phone.file("none.jpg").to_str().unwrap().to_owned(),
        file(&phone, "good.jpg", &good),
    ];
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let told = lines(&phone, &[&["photo", "check"][..], &names, &["--kind", "document"]].concat());
    let said: Vec<&str> = told.iter().map(|one| one["verdict"].as_str().unwrap()).collect();
    assert_eq!(said, ["dark", "unsure", "unsure", "good"]);
    assert_eq!(told.iter().map(|one| one["file"].as_str().unwrap()).collect::<Vec<_>>(), names);
    assert!(told[0]["advice"].as_str().unwrap().contains('暗'), "{}", told[0]["advice"]);
    assert!(told[1]["reason"].is_string() && told[2]["reason"].is_string());
    assert!(told[3]["advice"].is_null() && told[3]["facts"]["sharpness"].is_object());
    assert!(told.iter().all(|one| one["ms"].is_number()));
}

#[test]
fn a_letter_says_whose_it_is_and_what_each_grantor_did() {
    let phone = Phone::new();
    let letter = letter(6, &[Done::Ok, Done::Missing]);
    let payload = letter.payload.clone().unwrap();
    let names = [file(&phone, "letter.jpg", &letter.jpeg), file(&phone, "no.jpg", b"no picture")];
    let told = lines(&phone, &["letter", "check", &names[0], &names[1]]);
    let one = &told[0];
    for key in ["file", "readable", "retake", "advice", "letter", "grantors", "ms"] {
        assert!(keys(one).contains(&key), "{key}: {one}");
    }
    assert_eq!((&one["readable"], &one["retake"]), (&true.into(), &false.into()), "{one}");
    assert_eq!(one["letter"]["found"], true);
    assert_eq!(one["letter"]["case"], payload.case.to_string());
    assert_eq!(one["letter"]["version"], payload.version);
    let verdicts: Vec<&Value> = one["grantors"].as_array().unwrap().iter().map(|g| &g["verdict"]).collect();
    assert_eq!(verdicts, ["ok", "missing"], "{one}");
    assert_eq!(told[1]["readable"], false);
}

#[test]
fn a_letter_stored_again_is_one_impression_and_another_letter_is_not() {
    let phone = Phone::new();
    let letters = [7, 8].map(|seed| letter(seed, &[Done::Ok]).jpeg);
    let again = image::load_from_memory(&letters[0]).unwrap();
    let mut stored = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut stored, 60);
    again.write_with_encoder(encoder).unwrap();
    let names = [
        file(&phone, "a.jpg", &letters[0]),
        file(&phone, "b.jpg", &letters[1]),
        file(&phone, "again.jpg", &stored),
        file(&phone, "cut.jpg", &letters[1][..letters[1].len() / 2]),
        file(&phone, "empty.jpg", &letter(14, &[Done::Missing]).jpeg),
        phone.file("none.jpg").to_str().unwrap().to_owned(),
    ];
    let args: Vec<&str> = ["letter", "reuse"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let out = phone.run(&[args.as_slice(), &["--json"]].concat());
    let parsed = |bytes: &[u8]| -> Vec<Value> {
        std::str::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    // A program that reads pairs reads nothing else.
    let (told, aside) = (parsed(&out.stdout), parsed(&out.stderr));
    let ([pair], [summary]) = (told.as_slice(), aside.as_slice()) else { panic!("{told:?} {aside:?}") };
    assert_eq!((pair["a"].as_str(), pair["b"].as_str()), (Some(&*names[0]), Some(&*names[2])));
    assert!(pair["score"].as_f64().unwrap() > 0.5);
    // What was not compared is counted, and what cannot be read is named.
    let summary = &summary["summary"];
    assert_eq!((&summary["files"], &summary["prints"], &summary["pairs"]), (&3.into(), &3.into(), &1.into()));
    assert_eq!(summary["left"], 0);
    let reasons: Vec<_> = summary["not_compared"].as_array().unwrap().iter().collect();
    let reasons: Vec<_> =
        reasons.iter().map(|one| (one["reason"].as_str().unwrap(), &one["photos"])).collect();
    assert_eq!(reasons, [("unreadable", &2.into()), ("no_print", &1.into())]);
    let unread: Vec<_> = summary["unread"].as_array().unwrap().iter().map(|one| &one["file"]).collect();
    assert_eq!(unread, [&names[3], &names[5]]);
    let said = phone.text(&args);
    for part in ["是同一枚捺印", "3 个文件中的 3 枚捺印", "没有比对 2 张", "没有比对 1 张", "none.jpg: "]
    {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

#[test]
fn a_letter_of_another_household_is_said_to_be_one_by_check_and_by_attach() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let name = file(&phone, "letter.jpg", &letter(6, &[Done::Ok]).jpeg);
    let told = lines(&phone, &["letter", "check", &name, "--case", "last"]);
    assert_eq!(told[0]["letter"]["standing"], "other_case");
    assert!(told[0]["letter"]["advice"].as_str().unwrap().contains("别的户"));
    let said = phone.text(&["letter", "check", &name, "--case", "last"]);
    assert!(said.contains("别的户") && said.contains("捺印清楚"), "{said}");
    let attached = phone.json(&["attach", "last", &name, "--kind", "letter"]);
    assert_eq!(attached["letter"]["standing"], "other_case");
    assert_eq!(attached["letter"]["grantors"][0]["verdict"], "ok");
    let said = phone.text(&["attach", "last", &name, "--kind", "letter"]);
    assert!(said.contains("别的户") && said.contains("捺印清楚"), "{said}");
}

#[test]
fn a_copy_is_made_straight_or_stamped_and_the_photo_is_as_it_was() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let photo = file(&phone, "card.jpg", &document_photo(71_002, Fault::None));
    let kept = phone.json(&["attach", "last", &photo, "--kind", "papers"])["id"].as_str().unwrap().to_owned();
    let written = |name: &str, wishes: &[&str]| {
        let out = phone.file(name);
        let told = phone.json(&[&["file", &kept, "--out", out.to_str().unwrap()], wishes].concat());
        let picture = image::open(&out).unwrap();
        (told, (picture.width(), picture.height()), std::fs::read(&out).unwrap())
    };
    let (told, whole, before) = written("whole.jpg", &[]);
    let sha256 = told["sha256"].clone();
    let (told, straight, _) = written("straight.jpg", &["--straightened"]);
    assert_eq!(told["copy_of"], sha256);
    assert!(straight.0 * straight.1 < whole.0 * whole.1, "{straight:?} of {whole:?}");
    let (told, stamped, _) = written("stamped.jpg", &["--stamped"]);
    assert_eq!((&told["copy_of"], stamped.0), (&sha256, whole.0));
    assert!(stamped.1 > whole.1, "the band stands below: {stamped:?} of {whole:?}");
    let (_, both, _) = written("both.jpg", &["--straightened", "--stamped"]);
    assert!(both.0 == straight.0 && both.1 > straight.1, "{both:?}");
    // The photo is what it was, and there is no other evidence.
    assert_eq!(written("again.jpg", &[]).2, before);
    let shown = phone.json(&["case", "show", "last"]);
    assert_eq!(shown["household"]["evidence"].as_array().unwrap().len(), 1);
    let there = phone.file("straight.jpg");
    let exists = ["file", &kept, "--straightened", "--out", there.to_str().unwrap()];
    assert_eq!(phone.refused(&exists).0, "file_exists");
}

#[test]
fn a_room_is_not_made_straight_as_a_document() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let out = phone.file("straight.jpg");
    // Some of these have a window or a cupboard with edges as clear as a paper's.
    for seed in 0..6 {
        let room = file(&phone, &format!("room-{seed}.jpg"), &room_photo(71_000 + seed, Fault::None));
        let kept = phone.json(&["attach", "last", &room, "--kind", "house_in"]);
        let (code, said) = phone.refused(&[
            "file",
            kept["id"].as_str().unwrap(),
            "--straightened",
            "--out",
            out.to_str().unwrap(),
        ]);
        assert_eq!(code, "document_not_found", "{seed}: {said}");
        assert!(!out.exists());
    }
}

#[test]
fn one_print_on_letters_of_two_households_is_found_among_all_that_are_held() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    let print = Hand::First.press(&Hand::First.finger(91), Manner::Good, &mut Chance::of(91));
    let letters: Vec<Value> = (0..2)
        .map(|number| {
            let case = phone.household();
            let taken = photo(&code(&case, "2026-11", 1), &[(1, &print)], 910 + number);
            let name = file(&phone, &format!("letter-{number}.jpg"), &taken);
            phone.json(&["attach", &case, &name, "--kind", "letter"])
        })
        .collect();
    assert_eq!(letters[0]["reuse"]["reused"].as_array().unwrap().len(), 0);
    assert_eq!(letters[1]["reuse"]["reused"][0]["earlier"]["evidence"], letters[0]["id"]);
    let told = lines(&phone, &["letter", "reuse", "--held"]);
    let [pair, summary] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&pair["a"], &pair["b"]), (&letters[0]["sha256"], &letters[1]["sha256"]));
    let summary = &summary["summary"];
    assert_eq!(
        (&summary["photos"], &summary["prints"], &summary["pairs"]),
        (&2.into(), &2.into(), &1.into())
    );
    assert_eq!((&summary["left"], &summary["not_come_to"]), (&0.into(), &0.into()));
    assert_eq!(summary["not_compared"], Value::Array(vec![]));
    let said = phone.text(&["letter", "reuse", "--held"]);
    assert!(said.contains("同一枚印痕") && said.contains("比对了 2 张照片上的 2 枚捺印"), "{said}");
}
