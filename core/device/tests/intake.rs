//! What becomes of a photo that is attached or answers a question: what is kept and signed, what an office
//! may decide, and where such a picture stood before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::process::Command;

use ruhu_device::{DeviceError, EvidenceView, Explain, Lang, PictureAnswered, PictureSettings};
use ruhu_formats::read_form;
use ruhu_harness::pictures::{photographed, picture, sent_on};
use ruhu_harness::world::{Phone, World};
use ruhu_vision::picture::decode;
use ruhu_vision::picture::intake::{Policy, intake};

/// Two required pictures, the second one small.
const FORM: &str = "survey,,,,\n\
    ,type,name,label,required,parameters\n\
    ,image,house,房屋,yes,\n\
    ,image,room,屋内,yes,max-pixels=200\n\
    ,text,says,情况,,\n\
    settings,,\n,form_id,version\n,pictures,1\n";

struct Day {
    world: World,
    phone: Phone,
    case: String,
}

impl Day {
    fn begin(seed: u64) -> Day {
        let mut world = World::new(seed);
        let phone = world.caseworker("周明远");
        let case = phone.new_case("张三");
        Day { world, phone, case }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let file = self.world.folder().join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    }

    fn attach(&self, bytes: &[u8], kind: &str) -> EvidenceView {
        self.phone.device().attach(&self.case, &self.file("photo.jpg", bytes), kind).unwrap()
    }

    fn visit(&self) -> String {
        let form = read_form(FORM.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
        self.phone.device().form_install(&form.to_bytes()).unwrap();
        self.phone.device().visit_start(&self.case, "pictures").unwrap().id
    }

    fn answer(&self, visit: &str, question: &str, bytes: &[u8]) -> Result<PictureAnswered, DeviceError> {
        let file = self.file("answer.jpg", bytes);
        self.phone.device().visit_answer_picture(visit, question, &file)
    }

    /// The entry of evidence in the document, without what another processor may work out otherwise.
    fn stored(&self, id: &str) -> String {
        let household = self.phone.device().case_show(&self.case).unwrap().household;
        let entry = household.evidence.iter().find(|entry| entry.id == id).unwrap();
        let fields = entry.fields.iter().map(|(key, value)| {
            let shown = match key.as_str() {
                "sha256" | "original_sha256" | "likeness" | "size" | "original_size" | "quality_facts" => {
                    "[worked out]".into()
                }
                _ => format!("{value:?}"),
            };
            format!("{key}: {shown}\n")
        });
        fields.collect()
    }
}

#[test]
fn what_a_photo_says_is_signed_with_it_and_what_a_camera_hides_in_it_is_not_kept() {
    let day = Day::begin(401);
    let offered = photographed(&picture(1, 40_000));
    let evidence = day.attach(&offered, "house_out");
    insta::assert_snapshot!(day.stored(&evidence.id));
    assert_eq!(evidence.taken_at.as_deref(), Some("2026-11-20 09:30:05"));
    assert_eq!((evidence.zone_minutes, evidence.place.as_deref()), (Some(480), Some("30.675278 104.075000")));
    assert_eq!(evidence.camera.as_deref(), Some("HUAWEI nova 5"));
    let kept = day.phone.device().file(&evidence.sha256).unwrap();
    assert_eq!(kept, intake(&offered, &Policy::default()).unwrap().bytes);
    assert!(!kept.windows(6).any(|window| window == b"HUAWEI"));
    let thumbnail = decode(&day.phone.device().thumbnail(&evidence.id).unwrap()).unwrap();
    assert_eq!(thumbnail.width().max(thumbnail.height()), 256);
    // It says nothing of itself: only the phone speaks.
    let bare = day.attach(&picture(2, 9_000), "sign");
    insta::assert_snapshot!(day.stored(&bare.id));
    assert_eq!((&bare.taken_at, &bare.place, &bare.quality), (&None, &None, &None));
}

#[test]
fn an_office_may_forbid_places_and_keep_originals() {
    let mut day = Day::begin(402);
    assert_eq!(day.phone.device().picture_settings().unwrap(), PictureSettings::default());
    let settings = PictureSettings { place: false, originals: true };
    day.phone.device().set_picture_settings(settings).unwrap();
    day.phone.kill_and_reopen();
    assert_eq!(day.phone.device().picture_settings().unwrap(), settings);
    let offered = photographed(&picture(1, 40_000));
    let evidence = day.attach(&offered, "house_out");
    assert_eq!((&evidence.place, evidence.original_kept), (&None, true));
    insta::assert_snapshot!(day.stored(&evidence.id));
    // The original is a file of its own, and both are to be sent.
    let original = intake(&offered, &Policy::default()).unwrap().original.sha256;
    let original: String = original.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(day.phone.device().file(&original).unwrap(), offered);
    assert_eq!(day.phone.device().status().unwrap().files_waiting, 2);
    // What is kept as it came is its own original.
    let bare = day.attach(&picture(2, 9_000), "house_in");
    assert!(!bare.original_kept);
    assert_eq!(day.phone.device().status().unwrap().files_waiting, 3);
    assert_eq!(day.phone.device().check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_form_says_how_many_pixels_its_picture_has_at_most() {
    let day = Day::begin(403);
    let visit = day.visit();
    let house = day.answer(&visit, "house", &picture(1, 40_000)).unwrap().evidence;
    let room = day.answer(&visit, "room", &picture(2, 40_000)).unwrap().evidence;
    assert!(house.width > 250, "{}", house.width);
    assert_eq!((room.width, room.height), (200, 200));
    let kept = decode(&day.phone.device().file(&room.sha256).unwrap()).unwrap();
    assert_eq!((kept.width(), kept.height()), (200, 200));
}

#[test]
fn a_picture_that_stood_elsewhere_is_told_with_both_places_and_is_taken() {
    let mut day = Day::begin(404);
    let li = day.world.caseworker("李经办");
    let first = day.attach(&picture(1, 40_000), "house_out");
    assert_eq!(first.seen, []);
    // The same picture, sent on by a messenger, for another household: on this phone, and on a colleague's
    // that has the text alone, for there is no lane for photos here.
    let other = day.phone.new_case("李四");
    drop(day.phone.sync());
    drop(li.sync());
    let copy = day.file("copy.jpg", &sent_on(&picture(1, 40_000)));
    for phone in [&day.phone, &li] {
        let again = phone.device().attach(&other, &copy, "yard").unwrap();
        let seen = &again.seen[0];
        assert_eq!((&seen.case, &seen.evidence, &*seen.kind), (&day.case, &first.id, "house_out"));
        assert_eq!((&*seen.household, seen.same_household), ("张三 柳树胡同3号", false));
        for said in [&seen.warning.zh, &seen.warning.en] {
            let named =
                ["张三 柳树胡同3号", "李四 柳树胡同3号", "house_out", "yard"].map(|word| said.contains(word));
            assert_eq!(named, [true; 4], "{said}");
        }
    }
    // Another one is nothing but itself.
    assert_eq!(day.attach(&picture(2, 40_000), "house_in").seen, []);
}

#[test]
fn one_picture_for_two_required_questions_is_refused_as_a_file_and_told_as_a_copy() {
    let day = Day::begin(405);
    let visit = day.visit();
    day.answer(&visit, "house", &picture(1, 40_000)).unwrap();
    // The other question keeps a smaller picture of the same file: it is the same file.
    let same = day.answer(&visit, "room", &picture(1, 40_000)).unwrap_err();
    assert_eq!(same.code(), "picture_used");
    let copy = day.answer(&visit, "room", &sent_on(&picture(1, 40_000))).unwrap();
    let [seen] = &copy.evidence.seen[..] else { panic!("{:?}", copy.evidence.seen) };
    assert_eq!((&*seen.kind, seen.same_household), ("house", true));
    assert!(seen.warning.zh.contains("house") && seen.warning.zh.contains("room"));
}

#[test]
fn evidence_of_an_earlier_program_is_read_answers_and_is_found_by_its_file() {
    let day = Day::begin(406);
    let visit = day.visit();
    // As it was written: without likeness, size in pixels or facts.
    let offered = photographed(&picture(1, 9_000));
    let original = intake(&offered, &Policy::default()).unwrap().original.sha256;
    let digits: String = original.iter().map(|byte| format!("{byte:02x}")).collect();
    for (field, value) in
        [("order", "1795309200000"), ("kind", "house"), ("sha256", &digits), ("mime", "image/jpeg")]
    {
        day.phone.device().case_set(&day.case, &format!("evidence/old/{field}"), value).unwrap();
    }
    day.phone.device().visit_answer(&visit, "house", "old").unwrap();
    assert_eq!(day.phone.device().visit_node(&visit, "house").unwrap().unwrap().value, "old");
    // The very file, taken in as it is now.
    let again = day.attach(&offered, "house_out");
    assert_eq!(again.seen.iter().map(|seen| &*seen.evidence).collect::<Vec<_>>(), ["old"]);
}

#[test]
fn what_is_no_picture_is_refused_with_what_to_do_and_leaves_nothing() {
    let day = Day::begin(407);
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    let whole = picture(1, 9_000);
    for (bytes, code, said) in [
        (&heic[..], "picture_heic", "Most Compatible"),
        (b"%PDF-1.7", "picture_unknown", "photo"),
        (b"", "picture_empty", "again"),
        (&whole[..whole.len() / 2], "picture_truncated", "whole file"),
    ] {
        let file = day.file("offered", bytes);
        let refused = day.phone.device().attach(&day.case, &file, "papers").unwrap_err();
        assert_eq!(refused.code(), code);
        assert!(refused.message(Lang::En).contains(said), "{refused:?}");
    }
    assert!(day.phone.device().case_show(&day.case).unwrap().household.evidence.is_empty());
    assert_eq!(day.phone.device().status().unwrap().files_waiting, 0);
}

#[cfg(unix)]
#[test]
fn who_answers_meanwhile_does_not_wait_for_a_photo_that_is_being_read() {
    let day = Day::begin(408);
    let visit = day.visit();
    // A file that ends when somebody else says so.
    let pipe = day.world.folder().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| day.phone.device().visit_answer_picture(&visit, "house", &pipe));
        // Opening returns when the other side has begun to read.
        let mut photo = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        day.phone.device().visit_answer(&visit, "says", "门前有坡").unwrap();
        day.phone.device().case_set(&day.case, "case/remark", "同时写下").unwrap();
        std::io::Write::write_all(&mut photo, &picture(1, 9_000)).unwrap();
        drop(photo);
        let answered = reading.join().unwrap().unwrap();
        let value = day.phone.device().visit_node(&visit, "house").unwrap().unwrap().value;
        assert_eq!(value, answered.evidence.id);
    });
    assert_eq!(day.phone.field(&day.case, "remark").as_deref(), Some("同时写下"));
}
