//! Records at the limits of a change, an envelope and a page: saved, closed, delivered, and the same on a
//! colleague's phone. What no document can hold is refused at the answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use ruhu_case::{CaseError, limits};
use ruhu_device::DeviceError;
use ruhu_formats::read_form;
use ruhu_harness::link::Fate;
use ruhu_harness::world::{Phone, World};
use ruhu_text::{Explain, Lang};

/// Two phones with a household and a form, and a visit begun on the first.
struct Visit {
    world: World,
    wang: Phone,
    li: Phone,
    case: String,
    id: String,
}

impl Visit {
    fn begin(seed: u64, survey: &str) -> Visit {
        let mut world = World::new(seed);
        let (wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
        let form = compiled(survey);
        for phone in [&wang, &li] {
            phone.device().form_install(&form).unwrap();
        }
        let case = wang.new_case("张三");
        for phone in [&wang, &li] {
            sync(phone);
        }
        let id = wang.device().visit_start(&case, "large").unwrap().id;
        Visit { world, wang, li, case, id }
    }

    fn answer(&self, question: &str, value: &str) {
        self.wang.device().visit_answer(&self.id, question, value).unwrap();
    }

    fn refused(&self, question: &str, value: &str) -> DeviceError {
        self.wang.device().visit_answer(&self.id, question, value).unwrap_err()
    }

    /// The answers of the record as a phone shows them, and its status.
    fn record(&self, phone: &Phone) -> (BTreeMap<String, String>, Option<String>) {
        let household = phone.device().case_show(&self.case).unwrap().household;
        let Some(record) = household.records.into_iter().find(|record| record.id == self.id) else {
            return (BTreeMap::new(), None);
        };
        assert!(record.flags.is_empty(), "{:?}", record.flags);
        let asked = record.answers.into_iter().filter(|(path, _)| !path.starts_with("/data/meta/"));
        let answers = asked.map(|(path, value)| (path, value.to_string())).collect();
        (answers, record.status)
    }

    /// Saves, closes, delivers, and gives the answers that the colleague sees.
    fn saved_closed_and_delivered(&self) -> BTreeMap<String, String> {
        assert!(self.wang.device().visit_save(&self.id).unwrap().changed);
        assert_eq!(self.record(&self.wang).1.as_deref(), Some("open"));
        assert!(self.wang.device().visit_close(&self.id).unwrap().changed);
        sync(&self.wang);
        sync(&self.li);
        let (seen, status) = self.record(&self.li);
        assert_eq!(status.as_deref(), Some("closed"));
        // Without the texts: they are long.
        assert!(seen == self.record(&self.wang).0, "{:?}", seen.keys());
        assert_eq!(self.wang.heads(&self.case), self.li.heads(&self.case));
        seen
    }
}

fn sync(phone: &Phone) {
    let report = phone.sync().expect("sync");
    assert_eq!((report.refused, report.waiting), (0, 0));
    assert_eq!((report.quarantined, report.drifted), (Vec::<String>::new(), Vec::<String>::new()));
}

/// A form `large` of these rows: type, name, label, `ruhu::save_to`, calculation, repeat_count.
fn compiled(survey: &str) -> Vec<u8> {
    let rows: String = survey.lines().map(|row| format!(",{row}\n")).collect();
    let text = format!(
        "survey,,,,,,\n,type,name,label,ruhu::save_to,calculation,repeat_count\n{rows}\
         settings,,\n,form_id,version\n,large,1\n"
    );
    read_form(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form.to_bytes()
}

/// Text of this many bytes that hardly compresses.
fn noise(bytes: usize, random: &mut fastrand::Rng) -> String {
    (0..bytes).map(|_| char::from(random.u8(b'!'..=b'~'))).collect()
}

fn questions(count: usize) -> String {
    (0..count).map(|n| format!("text,story{n},情况{n},,,\n")).collect()
}

#[test]
fn a_visit_of_six_long_answers_is_saved_closed_and_delivered() {
    let visit = Visit::begin(71, &questions(6));
    let long = "屋漏偏逢连夜雨".repeat(60_000 / 21);
    for n in 0..6 {
        visit.answer(&format!("story{n}"), &format!("{n}{long}"));
    }
    let seen = visit.saved_closed_and_delivered();
    assert_eq!(seen.len(), 6);
    assert!(seen.iter().all(|(_, text)| text.len() == long.len() + 1));
}

#[test]
fn a_visit_of_a_hundred_and_twenty_members_with_thirty_answers_is_saved_closed_and_delivered() {
    let members: String = (0..30).map(|n| format!("text,about{n},情况{n},,,\n")).collect();
    let visit = Visit::begin(72, &format!("begin_repeat,member,成员,,,\n{members}end_repeat,,,,,\n"));
    let device = visit.wang.device();
    for member in 0..120 {
        let id = format!("018f3f5e-7c1d-7aaa-8000-{member:012}");
        device.visit_add_repeat_as(&visit.id, "/data/member", &id).unwrap();
        for n in 0..30 {
            visit.answer(&format!("/data/member[@id='{id}']/about{n}"), &format!("第{member}人第{n}问"));
        }
    }
    let seen = visit.saved_closed_and_delivered();
    assert_eq!(seen.len(), 120 * 30);
    let bytes: usize = seen.iter().map(|(path, text)| path.len() + text.len()).sum();
    assert!(bytes > limits::CHANGE_BYTES, "it would be one change: {bytes}");
}

#[test]
fn answers_at_the_limit_go_in_several_envelopes_and_nobody_sees_the_record_closed_before_the_last() {
    let visit = Visit::begin(73, &questions(20));
    let mut random = fastrand::Rng::with_seed(73);
    for n in 0..20 {
        visit.answer(&format!("story{n}"), &noise(limits::TEXT_BYTES, &mut random));
    }
    visit.wang.device().visit_close(&visit.id).unwrap();
    let mut closed = false;
    // The line breaks after each page.
    for round in 1.. {
        visit.wang.link.decide(vec![Fate::Arrives, Fate::Lost]);
        let done = visit.wang.sync().is_ok();
        visit.wang.link.decide(Vec::new());
        sync(&visit.li);
        let (seen, status) = visit.record(&visit.li);
        closed = status.as_deref() == Some("closed");
        assert_eq!(closed, seen.len() == 20, "closed with {} answers", seen.len());
        if done {
            assert!(round > 2, "it went in one page");
            break;
        }
    }
    assert!(closed);
    assert!(visit.record(&visit.wang) == visit.record(&visit.li));
    assert_eq!(visit.wang.heads(&visit.case), visit.li.heads(&visit.case));
}

#[test]
fn an_answer_of_one_byte_more_than_a_field_holds_is_refused_with_the_number() {
    let visit = Visit::begin(74, &questions(1));
    visit.answer("story0", &"a".repeat(limits::TEXT_BYTES));
    let refused = visit.refused("story0", &"b".repeat(limits::TEXT_BYTES + 1));
    for lang in [Lang::Zh, Lang::En] {
        assert!(refused.message(lang).contains("65536"), "{}", refused.message(lang));
    }
    let seen = visit.saved_closed_and_delivered();
    assert!(seen.into_values().eq(["a".repeat(limits::TEXT_BYTES)]), "what stood before stands");
}

#[test]
fn what_a_form_works_out_beyond_a_field_is_told_at_the_answer_and_can_be_mended() {
    let survey = "text,one,之一,,,\ntext,two,之二,,,\ncalculate,both,,,\"concat(${one}, ${two})\",\n";
    let visit = Visit::begin(75, survey);
    visit.answer("one", &"a".repeat(limits::TEXT_BYTES - 1));
    let changed = visit.wang.device().visit_answer(&visit.id, "two", "bb").unwrap();
    let both = changed.nodes.iter().find(|node| node.path == "/data/both").unwrap();
    assert!(both.value.is_empty() && both.error.is_some(), "{} bytes", both.value.len());
    assert!(visit.wang.device().visit_save(&visit.id).unwrap().changed);
    let Err(DeviceError::NotComplete { missing }) = visit.wang.device().visit_close(&visit.id) else {
        panic!("closed with an expression that failed");
    };
    assert_eq!(missing.iter().map(|missing| missing.path.as_str()).collect::<Vec<_>>(), ["/data/both"]);
    visit.answer("two", "b");
    visit.wang.device().visit_close(&visit.id).unwrap();
    for phone in [&visit.wang, &visit.li] {
        sync(phone);
    }
    let (seen, status) = visit.record(&visit.li);
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["/data/both", "/data/one", "/data/two"]);
    assert_eq!(status.as_deref(), Some("closed"));
}

#[test]
fn an_answer_whose_path_no_field_can_have_is_refused_at_once() {
    let name = |n: usize| format!("g{n}{}", "x".repeat(90));
    let begin: String = (0..6).map(|n| format!("begin_group,{},组,,,\n", name(n))).collect();
    let survey = format!("{begin}text,deep,深,,,\n{}text,shallow,浅,,,\n", "end_group,,,,,\n".repeat(6));
    let visit = Visit::begin(76, &survey);
    let refused = visit.refused("deep", "在");
    assert!(matches!(refused, DeviceError::Case(CaseError::Path { .. })), "{refused:?}");
    for lang in [Lang::Zh, Lang::En] {
        assert!(refused.message(lang).contains("512"), "{}", refused.message(lang));
    }
    visit.answer("shallow", "在");
    assert_eq!(visit.saved_closed_and_delivered().len(), 1);
}

#[test]
fn a_record_of_more_answers_than_one_change_has_rows_is_delivered() {
    let worked_out: String = (0..6).map(|n| format!("calculate,c{n},,,'{n}',\n")).collect();
    let survey = format!(
        "integer,count,几户,,,\nbegin_repeat,household,户,,,${{count}}\n{worked_out}end_repeat,,,,,\n"
    );
    let visit = Visit::begin(77, &survey);
    visit.answer("count", "9000");
    let seen = visit.saved_closed_and_delivered();
    assert!(seen.len() as u64 > limits::CHANGE_ROWS, "{}", seen.len());
}

#[test]
fn a_large_record_is_written_beside_what_its_visitor_had_not_seen_and_not_over_it() {
    let survey = format!("text,house,房屋,case/house_type,,\n{}", questions(8));
    let visit = Visit::begin(78, &survey);
    visit.answer("house", "租住");
    for n in 0..8 {
        visit.answer(&format!("story{n}"), &"长".repeat(20_000));
    }
    visit.li.write(&visit.case, "house_type", "自建");
    sync(&visit.li);
    sync(&visit.wang);
    let saved = visit.wang.device().visit_close(&visit.id).unwrap();
    assert_eq!(saved.overtaken, ["case/house_type"]);
    sync(&visit.wang);
    sync(&visit.li);
    for phone in [&visit.wang, &visit.li] {
        assert_eq!(phone.conflict(&visit.case, "case/house_type"), ["租住", "自建"]);
        assert_eq!(visit.record(phone).0.len(), 9);
    }
    assert_eq!(visit.wang.heads(&visit.case), visit.li.heads(&visit.case));
}

#[test]
fn a_copied_phone_issues_a_large_record_again_whole() {
    let mut visit = Visit::begin(79, &questions(12));
    let mut random = fastrand::Rng::with_seed(79);
    let mut copy = visit.world.clone_phone(&mut visit.wang);
    copy.write(&visit.case, "remark", "副本写的");
    sync(&copy);
    for n in 0..12 {
        visit.answer(&format!("story{n}"), &noise(60_000, &mut random));
    }
    visit.wang.device().visit_close(&visit.id).unwrap();
    let before = visit.record(&visit.wang);
    let report = visit.wang.sync().unwrap();
    assert!(report.reissued > 0, "{report:?}");
    sync(&visit.wang);
    sync(&visit.li);
    copy.kill_and_reopen();
    sync(&copy);
    for phone in [&visit.wang, &visit.li, &copy] {
        assert!(visit.record(phone) == before);
        assert_eq!(phone.field(&visit.case, "remark").as_deref(), Some("副本写的"));
    }
}
