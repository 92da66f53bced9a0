//! The authorisation letter from the command line, with the fonts that `cargo xtask fonts` fetched.

use ruhu_sync::Role;
use serde_json::Value;

use crate::support::{Phone, Town};

#[test]
fn a_letter_is_printed_with_its_boxes_and_covers_nobody_before_it_is_signed() {
    let town = Town::open();
    let phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let (pdf, boxes) = (phone.file("letter.pdf"), phone.file("boxes.json"));
    let (pdf_name, boxes_name) = (pdf.to_str().unwrap(), boxes.to_str().unwrap());
    let print = ["letter", "print", "last", "--out", pdf_name, "--boxes", boxes_name];
    let printed = phone.json(&print);
    assert_eq!(printed["grantors"][0], "陈大河");
    assert_eq!(printed["new"], true);
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF"));
    let told: Value = serde_json::from_slice(&std::fs::read(&boxes).unwrap()).unwrap();
    assert_eq!((&told["unit"], &told["origin"]), (&"mm".into(), &"top-left".into()));
    assert_eq!(told["boxes"].as_array().unwrap().len(), 2);
    assert_eq!(phone.refused(&print).0, "file_exists");
    let again = phone.file("again.pdf");
    let text = phone.text(&["letter", "print", "last", "--out", again.to_str().unwrap()]);
    assert!(text.contains("再次打印授权书"), "{text}");
    assert!(std::fs::read(&again).unwrap() == std::fs::read(&pdf).unwrap(), "the same bytes");

    let coverage = phone.json(&["letter", "coverage", "last"]);
    assert_eq!(coverage["people"][0]["lacks"][0], "no_letter");
    assert!(phone.text(&["letter", "coverage", "last"]).contains("没有授权"));
    let request = phone.file("request.json");
    let export = ["check-request", "export", "last", "--scope", "bank", "--out", request.to_str().unwrap()];
    let (code, said) = phone.refused(&export);
    assert_eq!(code, "not_authorized");
    assert!(said.contains("陈大河 bank 没有授权") && !request.exists(), "{said}");
    let withdraw = ["letter", "withdraw", "last", "陈大河", "--reason", "本人要求"];
    assert_eq!(phone.refused(&withdraw).0, "letter_no_such_grantor");
}

#[test]
fn a_faulty_template_is_told_with_line_and_character_and_prints_nothing() {
    let town = Town::open();
    let phone: Phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let (template, pdf) = (phone.file("template.txt"), phone.file("letter.pdf"));
    std::fs::write(&template, "version = 2026-11\n[title]\n授权书\n[text]\n范围：{scop}\n").unwrap();
    let name = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (code, said) =
        phone.refused(&["letter", "print", "last", "--template", &name(&template), "--out", &name(&pdf)]);
    assert_eq!(code, "letter_template");
    assert!(said.contains("第 5 行第 4 个字") && said.contains("{scope}"), "{said}");
    assert!(!pdf.exists());
}

#[test]
fn a_drawn_signature_stands_on_a_signed_copy_of_the_same_letter() {
    let town = Town::open();
    let phone: Phone = town.phone("周明远", Role::Caseworker);
    phone.household();
    let name = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let (plain, signed, strokes) =
        (phone.file("plain.pdf"), phone.file("signed.pdf"), phone.file("chen.json"));
    phone.json(&["letter", "print", "last", "--out", &name(&plain)]);
    let points: Vec<String> =
        (0..40).map(|at| format!("[{},{},{}]", 20 + at * 6, 60 + at % 7 * 5, at * 20)).collect();
    let drawn = format!(r#"{{"signature":1,"width":300,"height":120,"strokes":[[{}]]}}"#, points.join(","));
    std::fs::write(&strokes, drawn).unwrap();
    let signed_name = name(&signed);
    let print = ["letter", "print", "last", "--out", &signed_name, "--signed"];
    let (of_zhang, of_chen) = (format!("张三={}", name(&strokes)), format!("陈大河={}", name(&strokes)));
    let refused = |word: &str| phone.refused(&[&print[..], &[word]].concat()).0;
    assert_eq!(refused(&of_zhang), "letter_no_signer");
    assert_eq!(refused("陈大河"), "bad_signature_argument");
    assert!(!signed.exists());
    let told = phone.json(&[&print[..], &[&of_chen]].concat());
    assert_eq!(told["new"], false, "the same letter");
    assert!(std::fs::read(&signed).unwrap() != std::fs::read(&plain).unwrap());
    // The household keeps it, and prints the same from what it kept.
    let kept = phone.json(&["attach", "last", &name(&strokes), "--kind", "signature"]);
    assert_eq!((&kept["signature"]["strokes"], &kept["signature"]["duration_ms"]), (&1.into(), &780.into()));
    let (again, small) = (phone.file("again.pdf"), phone.file("small.jpg"));
    let of_kept = format!("陈大河={}", kept["id"].as_str().unwrap());
    phone.json(&["letter", "print", "last", "--out", &name(&again), "--signed", &of_kept]);
    assert!(std::fs::read(&again).unwrap() == std::fs::read(&signed).unwrap());
    phone.json(&["file", kept["id"].as_str().unwrap(), "--thumbnail", "--out", &name(&small)]);
    assert!(std::fs::read(&small).unwrap().starts_with(b"\xff\xd8"));
    assert_eq!(
        phone.refused(&["attach", "last", &name(&strokes), "--kind", "signature"]).0,
        "signature_used"
    );
    let nobody =
        ["letter", "print", "last", "--out", &name(&phone.file("none.pdf")), "--signed", "1=nothing"];
    assert_eq!(phone.refused(&nobody).0, "not_found");
}
