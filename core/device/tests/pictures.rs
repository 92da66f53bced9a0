//! A question for a picture is answered with evidence: the picture of a file, sealed into the household. A
//! text, somebody else's evidence, what is no picture and one picture twice are refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use ruhu_device::{DeviceError, Explain};
use ruhu_form::{JournalEntry, QuestionKind};
use ruhu_formats::script::{self, Action};
use ruhu_formats::{read_form, read_workbook};
use ruhu_harness::world::{Phone, World};
use ruhu_vision::picture::intake::{Policy, intake};

fn packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/forms")
}

fn picture(name: &str) -> PathBuf {
    packs().join(name)
}

/// What a phone keeps of one.
fn kept(name: &str) -> Vec<u8> {
    intake(&std::fs::read(picture(name)).unwrap(), &Policy::default()).unwrap().bytes
}

/// Two required pictures, two signatures, and one that may be left out.
const FORM: &str = "survey,,,,\n\
    ,type,name,label,required,appearance\n\
    ,image,house,房屋,yes,\n\
    ,image,room,屋内,yes,\n\
    ,image,sign_a,甲签字,,signature\n\
    ,image,sign_b,乙签字,,signature\n\
    ,image,more,其他,,\n\
    ,text,says,情况,,\n\
    settings,,\n,form_id,version\n,pictures,1\n";

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
        let id = phone.device().visit_start(&case, "pictures").unwrap().id;
        Visit { world, phone, case, id }
    }

    fn give(&self, question: &str, file: &Path) -> Result<String, DeviceError> {
        self.phone.device().visit_answer_picture(&self.id, question, file).map(|given| given.evidence.id)
    }

    fn refused(&self, question: &str, value: &str) -> String {
        self.phone.device().visit_answer(&self.id, question, value).unwrap_err().code().to_owned()
    }

    fn value(&self, question: &str) -> String {
        self.phone.device().visit_node(&self.id, question).unwrap().unwrap().value
    }

    fn evidence(&self) -> usize {
        self.phone.device().case_show(&self.case).unwrap().household.evidence.len()
    }
}

#[test]
fn the_example_of_a_home_visit_closes_on_evidence_alone_and_a_colleague_sees_it() {
    let mut world = World::new(111);
    let (zhou, li) = (world.caseworker("周明远"), world.caseworker("李经办"));
    let workbook = std::fs::read(packs().join("home_visit.xlsx")).unwrap();
    let form = read_workbook(&workbook).unwrap().form.to_bytes();
    zhou.device().form_install(&form).unwrap();
    let case = zhou.new_case("陈大河");
    let visit = zhou.device().visit_start(&case, "home_visit").unwrap().id;
    let text = std::fs::read_to_string(packs().join("home_visit.example.txt")).unwrap();
    for step in script::parse(&text).unwrap() {
        let done = match &step.action {
            Action::Answer { path, value } => {
                let node = zhou.device().visit_node(&visit, path).unwrap();
                match node.is_some_and(|node| node.kind == QuestionKind::Image) {
                    true => zhou.device().visit_answer_picture(&visit, path, &picture(value)).map(drop),
                    false => zhou.device().visit_answer(&visit, path, value).map(drop),
                }
            }
            Action::Add { path, id } => zhou.device().visit_add_repeat_as(&visit, path, id).map(drop),
            Action::Remove { path } => zhou.device().visit_remove_repeat(&visit, path).map(drop),
        };
        done.unwrap_or_else(|error| panic!("line {}: {error}", step.line));
    }
    zhou.device().visit_close(&visit).unwrap();
    // This server has no lane for photos: their text comes all the same.
    drop(zhou.sync());
    drop(li.sync());
    let household = li.device().case_show(&case).unwrap().household;
    let answers = &household.records[0].answers;
    let kinds: Vec<&str> = household.evidence.iter().filter_map(|entry| entry.kind.as_deref()).collect();
    assert_eq!(kinds.len(), 7, "{kinds:?}");
    let house = answers["/home_visit/evidence/photo_house_out"].to_string();
    let entry = household.evidence.iter().find(|entry| entry.id == house).expect("the answer is evidence");
    assert_eq!(entry.kind.as_deref(), Some("photo_house_out"));
    assert_eq!(li.device().file_name(&house).unwrap(), entry.sha256.clone().unwrap());
    let bytes = zhou.device().file(&zhou.device().file_name(&house).unwrap()).unwrap();
    assert_eq!(bytes, kept("house_out.jpg"));
}

#[test]
fn only_a_picture_of_this_household_answers_and_what_stood_before_stands() {
    let visit = Visit::begin(112);
    let other = visit.phone.new_case("李四");
    let theirs = visit.phone.device().attach(&other, &picture("yard.jpg"), "yard").unwrap().id;
    let house = visit.give("house", &picture("house_out.jpg")).unwrap();
    for nothing in ["x", "house_out.jpg", "sign.png", theirs.as_str()] {
        assert_eq!(visit.refused("house", nothing), "not_evidence", "{nothing}");
    }
    let folder = visit.world.folder().join("files");
    std::fs::create_dir(&folder).unwrap();
    let header = folder.join("header.jpg");
    let whole = std::fs::read(picture("house_in.jpg")).unwrap();
    for (bytes, codes) in [
        (&whole[..20], &["picture_truncated", "picture_damaged"][..]),
        (&whole[..whole.len() / 2], &["picture_truncated", "picture_damaged"]),
        (b"not a picture at all", &["picture_unknown"]),
        (b"", &["picture_empty"]),
    ] {
        std::fs::write(&header, bytes).unwrap();
        let refused = visit.give("room", &header).unwrap_err();
        assert!(codes.contains(&refused.code()), "{} bytes: {}", bytes.len(), refused.code());
    }
    assert_eq!(visit.give("room", &folder.join("none.jpg")).unwrap_err().code(), "file");
    assert_eq!(visit.give("says", &picture("house_in.jpg")).unwrap_err().code(), "answer");
    assert_eq!((visit.value("house"), visit.value("room")), (house.clone(), String::new()));
    assert_eq!(visit.evidence(), 1, "what was refused left nothing");
    // The same again, by the file and by the id, changes nothing; another takes its place.
    assert_eq!(visit.give("house", &picture("house_out.jpg")).unwrap(), house);
    visit.phone.device().visit_answer(&visit.id, "house", &house).unwrap();
    assert_eq!(visit.evidence(), 1);
    let better = visit.give("house", &picture("yard.jpg")).unwrap();
    assert_eq!((visit.value("house"), visit.evidence()), (better, 2));
}

#[test]
fn one_picture_for_two_required_questions_and_one_signature_for_two_people_are_refused() {
    let visit = Visit::begin(113);
    let house = visit.give("house", &picture("house_out.jpg")).unwrap();
    let refused = visit.give("room", &picture("house_out.jpg")).unwrap_err();
    assert_eq!(refused.code(), "picture_used");
    assert!(
        refused.message(ruhu_device::Lang::Zh).contains("/data/house"),
        "the first is named: {refused:?}"
    );
    assert_eq!(visit.refused("room", &house), "picture_used");
    visit.give("sign_a", &picture("sign_zhou.png")).unwrap();
    assert_eq!(visit.give("sign_b", &picture("sign_zhou.png")).unwrap_err().code(), "picture_used");
    assert_eq!(visit.evidence(), 2, "nothing was sealed of what was refused");
    // Where nothing asks for two, one picture may show both.
    visit.give("more", &picture("house_out.jpg")).unwrap();
    visit.give("sign_b", &picture("sign_lin.png")).unwrap();
    visit.give("room", &picture("house_in.jpg")).unwrap();
    visit.phone.device().visit_close(&visit.id).unwrap();
}

#[test]
fn a_visit_of_an_earlier_program_with_texts_for_pictures_opens_and_says_what_to_do() {
    let mut visit = Visit::begin(114);
    visit.give("room", &picture("house_in.jpg")).unwrap();
    let path = visit.phone.device().visit_node(&visit.id, "house").unwrap().unwrap().path;
    let entry = JournalEntry::Answer { path: path.clone(), value: "x".into() };
    visit.phone.append_journal(&visit.id, &entry);
    assert_eq!(visit.value("house"), "x");
    let shown = visit.phone.device().visit_show(&visit.id).unwrap();
    assert_eq!(shown.missing.iter().map(|missing| &missing.path).collect::<Vec<_>>(), [&path]);
    let message = shown.missing[0].reason.message();
    assert!(message.zh.contains("请拍照") && message.en.contains("Take a photo"), "{message:?}");
    let refused = visit.phone.device().visit_close(&visit.id).unwrap_err();
    assert_eq!(refused.code(), "not_complete");
    visit.give("house", &picture("house_out.jpg")).unwrap();
    visit.phone.device().visit_close(&visit.id).unwrap();
}

#[test]
fn an_app_that_is_killed_after_a_picture_was_answered_has_picture_and_answer() {
    let mut visit = Visit::begin(115);
    let house = visit.give("house", &picture("house_out.jpg")).unwrap();
    visit.phone.kill_and_reopen();
    assert_eq!(visit.value("house"), house);
    let sha256 = visit.phone.device().file_name(&house).unwrap();
    assert_eq!(visit.phone.device().file(&sha256).unwrap(), kept("house_out.jpg"));
    assert_eq!(visit.phone.device().check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_kind_of_evidence_is_a_known_word_or_a_questions_name() {
    let visit = Visit::begin(116);
    let attach = |kind: &str| visit.phone.device().attach(&visit.case, &picture("yard.jpg"), kind).map(drop);
    attach("yard").unwrap();
    attach("room").unwrap();
    let refused = attach("house_ot").unwrap_err();
    assert_eq!(refused.code(), "unknown_kind");
    assert!(refused.message(ruhu_device::Lang::En).contains("house_out"), "{refused}");
}
