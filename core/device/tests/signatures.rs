//! A signature drawn on the screen is evidence: its strokes are sealed, what was signed is seen, and one drawing
//! stands for one person.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use ruhu_device::signature::{MIME, Signature};
use ruhu_device::{DeviceError, Explain};
use ruhu_formats::read_form;
use ruhu_harness::world::{Phone, World};
use ruhu_vision::picture::decode;

const FORM: &str = "survey,,,,\n\
    ,type,name,label,required,appearance\n\
    ,image,house,房屋,,\n\
    ,image,sign_zhou,周签字,yes,signature\n\
    ,image,sign_lin,林签字,yes,signature\n\
    settings,,\n,form_id,version\n,signed,1\n";

/// A name written by a hand, as a screen records it; `place` moves and scales it, `each` leaves points out.
fn drawn(hand: u32, (left, scale): (f32, f32), each: usize, slower: u32) -> String {
    let stroke = |number: u32| -> String {
        let points = (0..40u32).step_by(each).chain([39]).map(|at| {
            let (t, n) = (at as f32 / 39.0, (number * 7 + hand * 13) as f32);
            let x = 20.0 + 60.0 * (number as f32 + t) + 14.0 * (n + 5.0 * t).sin();
            let y = 60.0 + 34.0 * (1.7 * n + 6.0 * t).cos() + 10.0 * (n * t).sin();
            let (x, y) = (left + scale * x, scale * y);
            format!("[{x:.2},{y:.2},{}]", slower * (number * 700 + at * 14))
        });
        format!("[{}]", points.collect::<Vec<_>>().join(","))
    };
    let strokes: Vec<String> = (0..4).map(stroke).collect();
    format!(r#"{{"signature":1,"width":600,"height":240,"strokes":[{}]}}"#, strokes.join(","))
}

fn plain(hand: u32) -> String {
    drawn(hand, (0.0, 1.0), 1, 1)
}

/// The same drawing, as somebody gives it again who does not want it to be seen.
fn again(hand: u32) -> [String; 3] {
    [plain(hand), drawn(hand, (40.0, 1.5), 1, 3), drawn(hand, (9.0, 0.8), 2, 2)]
}

struct Visit {
    world: World,
    phone: Phone,
    case: String,
    id: String,
}

impl Visit {
    fn begin(seed: u64) -> Visit {
        let mut world = World::new(seed);
        let phone = world.caseworker("周明远");
        let form = read_form(FORM.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
        phone.device().form_install(&form.to_bytes()).unwrap();
        let case = phone.new_case("张三");
        let id = phone.device().visit_start(&case, "signed").unwrap().id;
        Visit { world, phone, case, id }
    }

    fn file(&self, strokes: &str) -> PathBuf {
        let file = self.world.folder().join("signature.json");
        std::fs::write(&file, strokes).unwrap();
        file
    }

    fn give(&self, question: &str, strokes: &str) -> Result<ruhu_device::EvidenceView, DeviceError> {
        let file = self.file(strokes);
        self.phone.device().visit_answer_picture(&self.id, question, &file).map(|given| given.evidence)
    }

    fn refused(&self, question: &str, strokes: &str) -> String {
        self.give(question, strokes).unwrap_err().code().to_owned()
    }

    fn attach(
        &self,
        case: &str,
        strokes: &str,
        kind: &str,
    ) -> Result<ruhu_device::EvidenceView, DeviceError> {
        self.phone.device().attach(case, &self.file(strokes), kind)
    }

    fn evidence(&self) -> usize {
        self.phone.device().case_show(&self.case).unwrap().household.evidence.len()
    }
}

#[test]
fn strokes_are_kept_sealed_with_a_picture_and_signed_facts_and_a_visit_closes_on_them() {
    let mut visit = Visit::begin(121);
    let given = visit.give("sign_zhou", &plain(1)).unwrap();
    let facts = given.signature.unwrap();
    assert_eq!((facts.strokes, facts.points, facts.duration_ms), (4, 164, 2_646));
    assert_eq!((given.width, given.height), (600, 240));
    let entry = &visit.phone.device().case_show(&visit.case).unwrap().household.evidence[0];
    let told = entry.fields.iter().map(|(field, value)| {
        // What follows from how this machine works out a sine.
        let worked_out = ["likeness", "sha256", "original_sha256", "size"].contains(&field.as_str());
        (field.as_str(), if worked_out { "[worked out]".to_owned() } else { format!("{value:?}") })
    });
    let told: BTreeMap<&str, String> = told.collect();
    let lines: Vec<String> = told.iter().map(|(field, value)| format!("{field}: {value}")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(entry.fields["likeness"].as_text().unwrap().starts_with("strokes1:"));
    let kept = visit.phone.device().file(&given.sha256).unwrap();
    let signature = Signature::from_json(&kept).unwrap();
    assert_eq!(
        signature,
        Signature::from_json(plain(1).as_bytes()).unwrap(),
        "the strokes as they were drawn"
    );
    let small = decode(&visit.phone.device().thumbnail(&given.id).unwrap()).unwrap();
    assert_eq!((small.width(), small.height()), (256, 102));
    let dark = small.rgb().chunks(3).filter(|pixel| pixel[0] < 120).count();
    assert!((100..5_000).contains(&dark), "{dark} dark pixels");
    visit.give("sign_lin", &plain(2)).unwrap();
    visit.phone.device().visit_close(&visit.id).unwrap();
    visit.phone.kill_and_reopen();
    assert_eq!(visit.phone.device().file(&given.sha256).unwrap(), kept);
    assert_eq!(visit.phone.device().check().unwrap(), Vec::<String>::new());
}

#[test]
fn nothing_a_dash_and_another_persons_strokes_are_refused_and_leave_nothing() {
    let visit = Visit::begin(122);
    let file = |strokes: &str| format!(r#"{{"signature":1,"width":300,"height":120,"strokes":{strokes}}}"#);
    assert_eq!(visit.refused("sign_zhou", &file("[]")), "signature_empty");
    assert_eq!(visit.refused("sign_zhou", &file("[[[10,10,0],[12,10,900]]]")), "signature_too_short");
    assert_eq!(visit.refused("sign_zhou", "{"), "signature_shape");
    assert_eq!(visit.refused("house", &plain(1)), "picture_unknown", "a house is no signature");
    assert_eq!(visit.evidence(), 0);
    let zhou = visit.give("sign_zhou", &plain(1)).unwrap();
    for copy in again(1) {
        assert_eq!(visit.refused("sign_lin", &copy), "signature_used");
    }
    let by_id = visit.phone.device().visit_answer(&visit.id, "sign_lin", &zhou.id).unwrap_err();
    assert_eq!(by_id.code(), "picture_used");
    let as_a_house = visit.phone.device().visit_answer(&visit.id, "house", &zhou.id).unwrap_err();
    assert_eq!(as_a_house.code(), "evidence_no_picture");
    assert_eq!(visit.evidence(), 1);
    // The same answer again changes nothing; who signs again takes its place.
    assert_eq!(visit.give("sign_zhou", &plain(1)).unwrap().id, zhou.id);
    visit.give("sign_zhou", &plain(3)).unwrap();
    visit.give("sign_lin", &plain(2)).unwrap();
    visit.phone.device().visit_close(&visit.id).unwrap();
}

#[test]
fn strokes_that_were_attached_for_nobody_answer_one_question() {
    let visit = Visit::begin(123);
    let attached = visit.attach(&visit.case, &plain(1), "signature").unwrap();
    for copy in again(1) {
        assert_eq!(visit.attach(&visit.case, &copy, "signature").unwrap_err().code(), "signature_used");
    }
    visit.phone.device().visit_answer(&visit.id, "sign_zhou", &attached.id).unwrap();
    let by_id = visit.phone.device().visit_answer(&visit.id, "sign_lin", &attached.id).unwrap_err();
    assert_eq!(by_id.code(), "picture_used");
    for copy in again(1) {
        assert_eq!(visit.refused("sign_lin", &copy), "picture_used");
    }
    assert_eq!(visit.attach(&visit.case, &plain(5), "house_out").unwrap_err().code(), "picture_unknown");
}

#[test]
fn a_signature_replayed_in_another_household_is_told_with_both_places_on_a_colleagues_phone_too() {
    let mut visit = Visit::begin(124);
    let first = visit.give("sign_zhou", &plain(1)).unwrap();
    let other = visit.phone.new_case("李四");
    let replayed = visit.attach(&other, &again(1)[2], "signature").unwrap();
    let seen = &replayed.seen[..];
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0].case, &seen[0].evidence, seen[0].same_household), (&visit.case, &first.id, false));
    let warning = &seen[0].warning;
    assert!(
        warning.zh.contains("李四") && warning.zh.contains("张三") && warning.zh.contains("笔迹"),
        "{warning:?}"
    );
    assert!(visit.attach(&other, &plain(2), "signature").unwrap().seen.is_empty(), "another drawing");
    // A colleague has no file of it, only what the entry says.
    let li = visit.world.caseworker("李经办");
    drop(visit.phone.sync());
    drop(li.sync());
    let third = li.new_case("王五");
    let file = visit.file(&again(1)[1]);
    let seen = li.device().attach(&third, &file, "signature").unwrap().seen;
    assert_eq!(seen.iter().map(|seen| &seen.case).collect::<std::collections::BTreeSet<_>>().len(), 2);
}

#[test]
fn a_kept_signature_is_given_by_its_id_to_be_printed_and_nothing_else_is() {
    let visit = Visit::begin(125);
    let kept = visit.give("sign_zhou", &plain(1)).unwrap();
    let strokes = visit.phone.device().signature(&visit.case, &kept.id).unwrap();
    assert!(Signature::from_json(&strokes).is_ok());
    let other = visit.phone.new_case("李四");
    let code = |case: &str, id: &str| visit.phone.device().signature(case, id).unwrap_err().code().to_owned();
    assert_eq!(code(&other, &kept.id), "not_found", "another household's");
    assert_eq!(code(&visit.case, "none"), "not_found");
    let photo = visit.world.folder().join("house.jpg");
    std::fs::write(&photo, ruhu_harness::pictures::picture(7, 9_000)).unwrap();
    let house = visit.phone.device().attach(&visit.case, &photo, "house_out").unwrap();
    assert_eq!(code(&visit.case, &house.id), "signature_shape", "a photo");
    assert_eq!(MIME, "application/vnd.ruhu.signature+json");
}
