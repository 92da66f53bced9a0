//! What can happen to phones and servers, told as stories.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_device::Explain;
use ruhu_harness::link::Fate;
use ruhu_harness::world::{OTHER_VILLAGE, Phone, World};

fn sync(phone: &Phone) -> ruhu_device::SyncReport {
    let report = phone.sync().expect("sync");
    assert_eq!(report.drifted, Vec::<String>::new(), "no silent drift");
    report
}

#[test]
fn two_phones_write_different_fields_and_both_are_there() {
    let mut world = World::new(1);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    sync(&a);
    sync(&b);
    a.write(&case, "house_type", "自建");
    b.write(&case, "remark", "门前有坡");
    for phone in [&a, &b, &a] {
        sync(phone);
    }
    for phone in [&a, &b] {
        assert_eq!(phone.field(&case, "house_type").as_deref(), Some("自建"));
        assert_eq!(phone.field(&case, "remark").as_deref(), Some("门前有坡"));
        assert!(phone.device().conflicts(&case).unwrap().is_empty());
    }
    assert_eq!(a.heads(&case), b.heads(&case));
}

#[test]
fn two_phones_write_one_field_and_a_person_settles_it() {
    let mut world = World::new(2);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    sync(&a);
    sync(&b);
    a.write(&case, "members_real", "4");
    b.write(&case, "members_real", "3");
    for phone in [&a, &b, &a] {
        sync(phone);
    }
    let conflicts = a.device().conflicts(&case).unwrap();
    let conflict = conflicts.iter().find(|c| c.path == "case/members_real").expect("one conflict");
    assert!(conflict.eligibility);
    let mut people: Vec<&str> = conflict.choices.iter().map(|c| c.author.person.as_str()).collect();
    people.sort_unstable();
    assert_eq!(people, ["李网格", "王经办"]);
    assert!(conflict.choices.iter().all(|choice| choice.server_time_ms.is_some()));
    a.device().resolve(&case, "case/members_real", "3").unwrap();
    sync(&a);
    sync(&b);
    for phone in [&a, &b] {
        assert_eq!(phone.field(&case, "members_real").as_deref(), Some("3"));
        assert!(phone.device().conflicts(&case).unwrap().iter().all(|c| c.path != "case/members_real"));
        assert!(phone.history(&case, "case/members_real").contains(&"4".to_owned()));
    }
    assert_eq!(a.heads(&case), b.heads(&case));
}

#[test]
fn a_visit_begun_before_a_colleagues_value_came_does_not_write_over_it() {
    let mut world = World::new(3);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    sync(&a);
    sync(&b);
    let visit = b.visit(&case);
    b.device().visit_answer(&visit, "members_real", "3").unwrap();
    a.write(&case, "members_real", "4");
    sync(&a);
    sync(&b);
    let saved = b.device().visit_save(&visit).unwrap();
    assert_eq!(saved.overtaken, ["case/members_real"]);
    for phone in [&b, &a] {
        sync(phone);
        assert_eq!(phone.conflict(&case, "case/members_real"), ["3", "4"]);
    }
}

#[test]
fn a_volunteer_sees_only_the_own_village() {
    let mut world = World::new(4);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let mine = a.new_case("张三");
    let other = a.new_case_in("李四", OTHER_VILLAGE);
    sync(&a);
    sync(&b);
    let seen: Vec<String> = b.device().case_list("", 0, 10).unwrap().into_iter().map(|c| c.id).collect();
    assert_eq!(seen, [mine]);
    assert_eq!(b.device().case_show(&other).unwrap_err().code(), "not_found");
    let outside = ruhu_device::NewCase {
        name: "王五".into(),
        division: OTHER_VILLAGE.into(),
        ..ruhu_device::NewCase::default()
    };
    assert_eq!(b.device().case_new(outside).unwrap_err().code(), "out_of_scope");
}

#[test]
fn a_lost_answer_is_asked_for_again_and_nothing_is_there_twice() {
    let mut world = World::new(5);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    a.write(&case, "remark", "一");
    a.link.decide(vec![Fate::AnswerLost]);
    assert_eq!(a.sync().unwrap_err().code(), "offline");
    assert_eq!(a.device().status().unwrap().outbox, 2);
    a.link.decide(vec![Fate::Twice]);
    sync(&a);
    assert_eq!(a.device().status().unwrap().outbox, 0);
    sync(&b);
    assert_eq!(a.heads(&case), b.heads(&case));
    assert_eq!(b.history(&case, "case/remark"), ["一"]);
}

#[test]
fn an_app_that_is_killed_in_the_middle_of_a_form_has_every_answer() {
    let mut world = World::new(6);
    let mut a = world.caseworker("王经办");
    let case = a.new_case("张三");
    let visit = a.visit(&case);
    a.device().visit_answer(&visit, "members_real", "4").unwrap();
    a.device().visit_answer(&visit, "remark", "有一老人卧床").unwrap();
    a.kill_and_reopen();
    let value = |path: &str| a.device().visit_node(&visit, path).unwrap().unwrap().value;
    assert_eq!(value("members_real"), "4");
    assert_eq!(value("remark"), "有一老人卧床");
    a.device().visit_save(&visit).unwrap();
    assert_eq!(a.field(&case, "remark").as_deref(), Some("有一老人卧床"));
}

#[test]
fn two_phones_with_the_same_copied_database_lose_nothing_of_either() {
    let mut world = World::new(7);
    let (mut a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    sync(&a);
    let twin = world.clone_phone(&mut a);
    a.write(&case, "members_real", "4");
    a.write(&case, "house_type", "自建");
    twin.write(&case, "members_real", "5");
    twin.write(&case, "remark", "另一部手机所写");
    let born_on_twin = twin.new_case("赵六");
    sync(&a);
    let report = sync(&twin);
    assert!(report.reissued >= 2, "the twin says that it issued its work again: {report:?}");
    for phone in [&a, &twin, &b] {
        sync(phone);
        assert_eq!(phone.conflict(&case, "case/members_real"), ["4", "5"], "neither was written over");
        assert_eq!(phone.field(&case, "house_type").as_deref(), Some("自建"));
        assert_eq!(phone.field(&case, "remark").as_deref(), Some("另一部手机所写"));
        assert_eq!(phone.device().case_show(&born_on_twin).unwrap().household.people.len(), 1);
    }
    assert_eq!(a.heads(&case), twin.heads(&case));
    assert_eq!(a.heads(&case), b.heads(&case));
    // From now on they are two authors.
    a.write(&case, "remark", "甲");
    twin.write(&case, "house_type", "乙");
    for phone in [&a, &twin, &a] {
        assert_eq!(sync(phone).reissued, 0);
    }
    assert_eq!(a.heads(&case), twin.heads(&case));
}

#[test]
fn a_phone_restored_from_an_old_copy_gets_its_own_later_work_back() {
    let mut world = World::new(8);
    let mut a = world.caseworker("王经办");
    let case = a.new_case("张三");
    sync(&a);
    let copy = world.copy_phone(&mut a);
    a.write(&case, "members_real", "4");
    sync(&a);
    world.restore_phone(&mut a, &copy);
    assert_eq!(a.field(&case, "members_real"), None);
    a.write(&case, "remark", "恢复之后");
    sync(&a);
    assert_eq!(a.field(&case, "members_real").as_deref(), Some("4"));
    assert_eq!(a.field(&case, "remark").as_deref(), Some("恢复之后"));
    assert_eq!(a.device().status().unwrap().outbox, 0);
}

#[test]
fn a_server_restored_from_yesterday_is_given_everything_again() {
    let mut world = World::new(9);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    sync(&a);
    sync(&b);
    let yesterday = world.back_up_server();
    a.write(&case, "members_real", "4");
    sync(&a);
    b.write(&case, "remark", "今日");
    sync(&b);
    let late = world.volunteer("新来的");
    sync(&late);
    world.restore_server(&yesterday);
    // The one who comes first brings what everybody had.
    let report = sync(&b);
    assert!(report.sent >= 2, "{report:?}");
    for phone in [&a, &late, &b] {
        sync(phone);
    }
    let fresh = world.volunteer("再来的");
    sync(&fresh);
    for phone in [&a, &b, &late, &fresh] {
        assert_eq!(phone.field(&case, "members_real").as_deref(), Some("4"));
        assert_eq!(phone.field(&case, "remark").as_deref(), Some("今日"));
        assert_eq!(phone.heads(&case), a.heads(&case));
    }
}

#[test]
fn a_revoked_phones_last_work_waits_apart_and_honest_work_goes_on() {
    let mut world = World::new(10);
    let (a, b, c) = (world.caseworker("王经办"), world.caseworker("周经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    for phone in [&a, &b, &c] {
        sync(phone);
    }
    world.clock.advance(60_000);
    a.write(&case, "members_real", "9");
    sync(&a);
    sync(&b);
    // Honest work on top of what A wrote.
    b.write(&case, "remark", "在甲之后");
    let (id, now) = (a.id(), world.clock.now_ms());
    world.with_hub(|hub| hub.revoke(id, Some(now), now)).unwrap();
    a.write(&case, "house_type", "被吊销之后所写");
    let report = a.sync().unwrap();
    assert!(report.revoked);
    assert_eq!(
        a.field(&case, "house_type").as_deref(),
        Some("被吊销之后所写"),
        "nothing is taken off the phone"
    );
    for phone in [&b, &c, &b] {
        sync(phone);
    }
    for phone in [&b, &c] {
        assert_eq!(phone.field(&case, "remark").as_deref(), Some("在甲之后"), "honest work is visible");
        assert_eq!(phone.field(&case, "members_real"), None, "hidden by the verdict");
        assert_eq!(phone.field(&case, "house_type"), None, "kept apart by the server");
    }
    assert_eq!(b.heads(&case), c.heads(&case));
    let waiting = world.with_hub(|hub| hub.quarantine()).unwrap();
    assert_eq!(waiting.len(), 1, "kept apart, not lost");
}

#[test]
fn a_push_that_misses_a_dependency_waits_and_arrives_when_it_is_there() {
    let mut world = World::new(11);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    sync(&a);
    sync(&b);
    let before = world.back_up_server();
    a.write(&case, "members_real", "4");
    sync(&a);
    sync(&b);
    world.restore_server(&before);
    // B's phone is the only one here that could bring A's change; take it from it.
    b.write(&case, "remark", "在甲之后");
    let (elsewhere, own) = (b.new_case("赵六"), b.device().status().unwrap().outbox);
    assert_eq!(own, 2);
    let report = sync(&b);
    assert_eq!(report.waiting, 0, "the phone holds what is missing and brings it: {report:?}");
    sync(&a);
    assert_eq!(a.field(&case, "remark").as_deref(), Some("在甲之后"));
    assert_eq!(a.device().case_show(&elsewhere).unwrap().household.people.len(), 1);
    assert_eq!(a.heads(&case), b.heads(&case));
}

#[test]
fn a_revocation_by_mistake_is_taken_back_and_everybody_sees_the_work_again() {
    let mut world = World::new(12);
    let (a, b, late) = (world.caseworker("王经办"), world.volunteer("李网格"), world.volunteer("赵网格"));
    let case = a.new_case("张三");
    sync(&a);
    sync(&b);
    b.write(&case, "remark", "门前有坡");
    sync(&b);
    let (id, now) = (b.id(), world.clock.now_ms());
    world.with_hub(|hub| hub.revoke(id, Some(now), now)).unwrap();
    sync(&a);
    assert_eq!(a.field(&case, "remark"), None, "hidden by the verdict");
    world.clock.advance(60_000);
    let back = world.with_hub(|hub| hub.unrevoke(id, world.clock.now_ms())).unwrap();
    assert_eq!((back.notices, back.shown), (1, 1));
    b.write(&case, "house_type", "自建");
    assert!(!sync(&b).revoked);
    // One phone hears both verdicts one after the other, another one both at once.
    for phone in [&a, &late, &b] {
        sync(phone);
        assert_eq!(phone.field(&case, "remark").as_deref(), Some("门前有坡"));
        assert_eq!(phone.field(&case, "house_type").as_deref(), Some("自建"));
    }
    assert_eq!(a.heads(&case), late.heads(&case));
}

#[test]
fn an_expired_phone_works_on_and_everything_counts_once_it_is_renewed() {
    let mut world = World::new(13);
    let (a, b) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let case = a.new_case("张三");
    sync(&a);
    sync(&b);
    let ends = b.device().status().unwrap().expires_at_ms.unwrap();
    world.clock.advance(ends - world.clock.now_ms());
    let now = world.clock.now_ms();
    world.with_hub(|hub| hub.accept_clock(now).unwrap());
    world.with_hub(|hub| hub.renew(a.id(), now).unwrap());
    b.write(&case, "remark", "门前有坡");
    let report = sync(&b);
    assert!(report.expired && !report.revoked && report.refused == 1, "{report:?}");
    let status = b.device().status().unwrap();
    assert!(status.expired && status.renew_soon && !status.revoked);
    assert_eq!(b.field(&case, "remark").as_deref(), Some("门前有坡"), "it is kept");
    b.write(&case, "house_type", "自建");
    sync(&b);
    sync(&a);
    assert_eq!(a.field(&case, "remark"), None);
    world.with_hub(|hub| hub.renew(b.id(), now).unwrap());
    let report = sync(&b);
    assert!(report.renewed && !report.expired && report.refused == 0, "{report:?}");
    let status = b.device().status().unwrap();
    assert!(!status.expired && !status.renew_soon && status.expires_at_ms.unwrap() > ends);
    assert_eq!(status.outbox, 0);
    assert_eq!(b.device().not_yet_safe().unwrap().count, 0);
    sync(&a);
    assert_eq!(a.field(&case, "remark").as_deref(), Some("门前有坡"));
    assert_eq!(a.field(&case, "house_type").as_deref(), Some("自建"));
    assert_eq!(a.heads(&case), b.heads(&case));
}

#[test]
fn a_server_that_doubts_its_clock_frightens_nobody_about_a_certificate() {
    let mut world = World::new(15);
    let a = world.caseworker("王经办");
    sync(&a);
    let days = 1_200 * 24 * 60 * 60 * 1_000;
    world.server_clock.be_wrong_by(days);
    assert!(sync(&a).server_clock_in_doubt);
    let status = a.device().status().unwrap();
    assert!(!status.renew_soon && !status.expired, "by the phone's clock it is good for years");
}

#[test]
fn a_phone_that_syncs_now_and_then_is_renewed_by_itself() {
    let mut world = World::new(14);
    let a = world.caseworker("王经办");
    sync(&a);
    let ends = a.device().status().unwrap().expires_at_ms.unwrap();
    let day = 24 * 60 * 60 * 1_000;
    world.clock.advance(ends - 20 * day - world.clock.now_ms());
    // The clock's jump is doubted: nothing is issued, and the phone is told of both.
    let report = sync(&a);
    assert!(report.server_clock_in_doubt && !report.renewed);
    assert!(a.device().status().unwrap().renew_soon);
    let now = world.clock.now_ms();
    world.with_hub(|hub| hub.accept_clock(now).unwrap());
    let report = sync(&a);
    assert!(report.renewed && !report.server_clock_in_doubt, "{report:?}");
    let status = a.device().status().unwrap();
    assert!(!status.renew_soon && status.expires_at_ms.unwrap() > ends);
    let ahead = status.clock_ahead_ms.unwrap_or(0);
    assert!((ahead - (a.now_ms() - now)).abs() < 1_000, "the phone is told how wrong its clock is: {ahead}");
}

#[test]
fn a_phone_takes_a_code_of_its_own_server_again_and_no_other_servers() {
    let (mut world, mut other) = (World::new(15), World::new(16));
    let a = world.caseworker("王经办");
    let case = a.new_case("张三");
    let invitation = || ruhu_hub::Invitation {
        person: "王经办".into(),
        role: ruhu_sync::Role::Caseworker,
        scope: ruhu_harness::world::TOWNSHIP.parse().unwrap(),
        valid_ms: 3_600_000,
    };
    let now = world.clock.now_ms();
    let code = |world: &mut World| {
        let code = world.with_hub(|hub| hub.issue_code(invitation(), "http://192.0.2.7:1", None, now));
        code.unwrap().to_string()
    };
    let (own, foreign) = (code(&mut world), code(&mut other));
    let enroll = |code: &str| a.enroll(code);
    assert_eq!(enroll(&foreign).unwrap_err().code(), "already_enrolled");
    assert_eq!(enroll(&own).unwrap().server.as_deref(), Some("http://192.0.2.7:1"));
    sync(&a);
    assert_eq!(a.device().status().unwrap().outbox, 0);
    let b = world.volunteer("李网格");
    sync(&b);
    assert_eq!(a.heads(&case), b.heads(&case));
}
