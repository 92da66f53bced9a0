//! Two people visit one household, and only what they entered differently is asked of anybody: times,
//! amounts that the form works out and the order of ticks are the program's to settle.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_device::Value;
use ruhu_formats::read_form;
use ruhu_harness::world::{Phone, World};

const FORM: &str = "\
survey,,,,,,
,type,name,label,ruhu::save_to,calculation,ruhu::merge
,start,begun,,,,
,end,ended,,,,
,today,day,,case/visited_on,,
,integer,members,共同生活人口,case/members:int,,eligibility
,decimal,income,年收入,,,
,calculate,per_head,,case/per_head:fen,${income} div ${members},eligibility
,select_multiple need,needs,需要,case/needs,,
,decimal,area,面积,case/area,,
,text,remark,备注,case/remark,,
choices,,,
,list_name,name,label
,need,care,照料
,need,cash,现金
,need,job,工作
settings,,
,form_id,version
,merging,1
";

/// A world in which both phones have the form and one household.
fn town(seed: u64) -> (World, Phone, Phone, String) {
    let mut world = World::new(seed);
    let form = read_form(FORM.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form.to_bytes();
    let (wang, li) = (world.caseworker("王经办"), world.volunteer("李网格"));
    for phone in [&wang, &li] {
        phone.device().form_install(&form).unwrap();
    }
    let case = wang.new_case("张三");
    wang.sync().unwrap();
    li.sync().unwrap();
    (world, wang, li, case)
}

/// A visit with these answers, saved.
fn visit(phone: &Phone, case: &str, answers: &[(&str, &str)]) {
    let visit = phone.device().visit_start(case, "merging").unwrap().id;
    for (question, value) in answers {
        phone.device().visit_answer(&visit, question, value).unwrap();
    }
    phone.device().visit_save(&visit).unwrap();
}

/// The server runs all the while and looks at its clock: one that had jumped by a day would be in doubt.
fn a_day_passes(world: &World) {
    for _ in 0..24 {
        world.clock.advance(3_600_000);
        world.with_hub(|hub| hub.observe_clock(world.clock.now_ms())).unwrap();
    }
}

fn meet(phones: &[&Phone]) {
    for _ in 0..2 {
        phones.iter().for_each(|phone| drop(phone.sync().unwrap()));
    }
}

fn conflicts(phone: &Phone, case: &str) -> Vec<String> {
    phone.device().conflicts(case).unwrap().into_iter().map(|conflict| conflict.path).collect()
}

fn amount(phone: &Phone, case: &str) -> Value {
    phone.device().case_show(case).unwrap().household.case["per_head"].clone()
}

#[test]
fn what_the_form_works_out_is_asked_of_nobody_and_follows_what_was_decided() {
    let (mut world, wang, li, case) = town(401);
    visit(&wang, &case, &[("income", "12000"), ("members", "4"), ("needs", "care cash"), ("area", "80")]);
    a_day_passes(&world);
    visit(&li, &case, &[("income", "12000"), ("members", "5"), ("needs", "cash care"), ("area", "80.0")]);
    meet(&[&wang, &li]);
    for phone in [&wang, &li] {
        assert_eq!(conflicts(phone, &case), ["case/members"]);
        let list = phone.device().case_list("", 0, 9).unwrap();
        assert_eq!(list[0].conflicts, 1, "the list counts what is shown");
        let view = phone.device().case_show(&case).unwrap();
        assert!(view.merged.contains(&"case/per_head".to_owned()), "{:?}", view.merged);
        assert_eq!(phone.field(&case, "needs").as_deref(), Some("care cash"), "one set is one text");
    }
    wang.device().resolve(&case, "case/members", "4").unwrap();
    meet(&[&wang, &li]);
    for phone in [&wang, &li] {
        assert_eq!(conflicts(phone, &case), Vec::<String>::new());
        assert_eq!(amount(phone, &case), Value::Fen(300_000), "the amount of four members");
    }
    let history = wang.history(&case, "case/per_head");
    assert!(history.contains(&"3000.00".to_owned()) && history.contains(&"2400.00".to_owned()));
    // Somebody who comes later holds the same.
    let late = world.caseworker("周经办");
    let form = read_form(FORM.as_bytes()).unwrap().form.to_bytes();
    late.device().form_install(&form).unwrap();
    late.sync().unwrap();
    assert_eq!((conflicts(&late, &case), amount(&late, &case)), (vec![], amount(&wang, &case)));
}

#[test]
fn two_copies_of_a_phone_finish_one_visit_and_only_the_answers_differ() {
    let (mut world, mut wang, li, case) = town(402);
    let visit = wang.device().visit_start(&case, "merging").unwrap().id;
    wang.device().visit_answer(&visit, "income", "12000").unwrap();
    let twin = world.clone_phone(&mut wang);
    for (phone, members, hours) in [(&wang, "4", 1), (&twin, "5", 2)] {
        world.clock.advance(hours * 3_600_000);
        phone.device().visit_answer(&visit, "members", members).unwrap();
        phone.device().visit_close(&visit).unwrap();
    }
    meet(&[&wang, &twin, &li]);
    let at_odds = conflicts(&li, &case);
    assert_eq!(at_odds.len(), 2, "{at_odds:?}");
    assert!(at_odds.iter().all(|path| path.ends_with("/members")), "{at_odds:?}");
    let view = li.device().case_show(&case).unwrap();
    let record = view.household.records.iter().find(|record| record.id == visit).unwrap();
    assert_eq!(record.status.as_deref(), Some("closed"));
    assert!(view.merged.iter().any(|path| path.ends_with("/ended")), "{:?}", view.merged);
    assert_eq!(wang.heads(&case), twin.heads(&case));
}

#[test]
fn two_people_who_settle_one_conflict_differently_are_asked_again() {
    let (mut world, wang, li, case) = town(403);
    visit(&wang, &case, &[("members", "4")]);
    visit(&li, &case, &[("members", "5")]);
    meet(&[&wang, &li]);
    wang.device().resolve(&case, "case/members", "4").unwrap();
    li.device().resolve(&case, "case/members", "5").unwrap();
    meet(&[&wang, &li]);
    let late = world.caseworker("周经办");
    late.sync().unwrap();
    for phone in [&wang, &li, &late] {
        assert_eq!(phone.conflict(&case, "case/members"), ["4", "5"]);
    }
}

#[test]
fn what_a_colleague_wrote_meanwhile_is_told_only_where_it_says_something_else() {
    let (_world, wang, li, case) = town(404);
    let visit_of_li = li.device().visit_start(&case, "merging").unwrap().id;
    for (question, value) in [("income", "12000"), ("members", "4"), ("needs", "cash care"), ("remark", "李")]
    {
        li.device().visit_answer(&visit_of_li, question, value).unwrap();
    }
    visit(&wang, &case, &[("income", "24000"), ("members", "4"), ("needs", "care cash"), ("remark", "王")]);
    wang.sync().unwrap();
    li.sync().unwrap();
    let saved = li.device().visit_save(&visit_of_li).unwrap();
    assert_eq!(saved.overtaken, ["case/remark"], "neither the amount nor the same ticks");
}
