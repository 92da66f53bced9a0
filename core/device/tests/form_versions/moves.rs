//! Looking, moving, going on.

use ruhu_form::{DropReason, HiddenReason};

use ruhu_device::Explain;
use ruhu_harness::county::{FORM, Open, dropped};

#[test]
fn a_visit_stays_with_its_version_until_somebody_moves_it() {
    let mut open = Open::answered(21);
    assert_eq!(open.shown().visit.newer_version, None);
    open.publish("2");
    let told = |open: &Open| {
        let listed = open.phone.device().visits(true).unwrap();
        let visit = open.shown().visit;
        assert_eq!(listed, std::slice::from_ref(&visit));
        (visit.version, visit.newer_version)
    };
    let stays = ("1".to_owned(), Some("2".to_owned()));
    assert_eq!(told(&open), stays);
    // Answering, saving and a new start of the app move nothing.
    open.answer("debt", "欠表哥三万");
    open.phone.device().visit_save(&open.visit).unwrap();
    open.phone.kill_and_reopen();
    assert_eq!(told(&open), stays);
    assert_eq!(open.value("debt"), "欠表哥三万");
    assert!(open.phone.device().visit_migrations(&open.visit).unwrap().is_empty());
    // A visit that begins now has the new version, and nothing to move to.
    let second = open.phone.device().visit_start(&open.case, FORM).unwrap();
    assert_eq!((second.version.as_str(), second.newer_version), ("2", None));
}

#[test]
fn a_look_at_the_new_version_tells_what_would_happen_and_changes_nothing() {
    let open = Open::answered(22);
    open.publish("2");
    let before = open.shown();
    let report = open.phone.device().visit_migration(&open.visit).unwrap().unwrap();
    assert_eq!((report.form.as_str(), report.from.as_str(), report.to.as_str()), (FORM, "1", "2"));
    assert_eq!(dropped(&report), [("/data/facts/debt", "欠表哥两万"), ("/data/facts/job", "没有工作")]);
    let reasons: Vec<&DropReason> = report.dropped.iter().map(|told| &told.reason).collect();
    assert_eq!(reasons, [&DropReason::QuestionGone, &DropReason::ChoiceGone]);
    let moved: Vec<_> = report.moved.iter().map(|told| (told.from.as_str(), told.to.as_str())).collect();
    assert_eq!(moved, [("/data/facts/landlord", "/data/home/landlord")]);
    let hidden: Vec<_> = report.hidden.iter().map(|told| (told.path.as_str(), told.reason)).collect();
    assert_eq!(hidden, [("/data/facts/remark", HiddenReason::Irrelevant)]);
    assert_eq!(open.shown(), before);
    assert_eq!(open.phone.device().visit_migration(&open.visit).unwrap(), Some(report));
}

#[test]
fn a_visit_goes_on_with_the_new_version_and_what_was_dropped_stays_readable_to_the_end() {
    let mut open = Open::answered(23);
    open.publish("2");
    let report = open.migrate();
    assert_eq!(open.shown().visit.version, "2");
    assert_eq!(open.shown().visit.newer_version, None);
    for (question, value) in [
        ("members", "4"),
        ("area", "86.5"),
        ("/data/home/landlord", "赵房东"),
        ("/data/child[@id='second']/child_name", "张二小"),
        // Not asked of a family of four, but kept for when it is.
        ("remark", "门前有坡"),
        // No longer on offer: to be chosen again.
        ("job", ""),
    ] {
        assert_eq!(open.value(question), value, "{question}");
    }
    assert_eq!(open.phone.device().visit_node(&open.visit, "debt").unwrap(), None);
    let missing: Vec<String> = open.shown().missing.into_iter().map(|missing| missing.path).collect();
    assert_eq!(missing, ["/data/home/water"], "the new version asks for more");
    assert_eq!(open.phone.device().visit_close(&open.visit).unwrap_err().code(), "not_complete");

    open.phone.kill_and_reopen();
    open.answer("job", "farm");
    open.answer("water", "井水");
    open.answer("members", "6");
    assert_eq!(open.value("remark"), "门前有坡");
    open.phone.device().visit_close(&open.visit).unwrap();
    open.phone.kill_and_reopen();
    let kept = open.phone.device().visit_migrations(&open.visit).unwrap();
    assert_eq!(kept.iter().map(|done| &done.report).collect::<Vec<_>>(), [&report]);
    assert_eq!(
        (open.fact("version").as_deref(), open.fact("begun_version").as_deref()),
        (Some("2"), Some("1"))
    );
    assert_eq!(open.saved("/data/home/landlord").as_deref(), Some("赵房东"));
    assert_eq!(open.phone.field(&open.case, "remark").as_deref(), Some("门前有坡"));
}

#[test]
fn an_app_that_is_killed_after_the_move_shows_the_same_visit() {
    let mut open = Open::answered(24);
    open.phone.kill_and_reopen();
    open.publish("2");
    let listed = |open: &Open| open.phone.device().visits(true).unwrap();
    let updated_at_ms = listed(&open)[0].updated_at_ms;
    open.migrate();
    assert_eq!(listed(&open)[0].updated_at_ms, updated_at_ms, "nobody has answered anything");
    let shown = open.shown();
    open.phone.kill_and_reopen();
    assert_eq!(open.shown(), shown);
    open.answer("job", "factory");
    let shown = open.shown();
    open.phone.kill_and_reopen();
    assert_eq!(open.shown(), shown);
}

#[test]
fn a_visit_that_lies_open_for_long_moves_twice_and_keeps_both_reports() {
    let mut open = Open::answered(25);
    open.publish("2");
    let first = open.migrate();
    open.answer("water", "井水");
    open.publish("3");
    assert_eq!(open.shown().visit.newer_version.as_deref(), Some("3"));
    let second = open.migrate();
    assert_eq!((second.from.as_str(), second.to.as_str()), ("2", "3"));
    assert_eq!(dropped(&second), [("/data/facts/remark", "门前有坡"), ("/data/home/landlord", "赵房东")]);
    for _ in 0..2 {
        assert_eq!(open.value("members"), "4");
        assert_eq!(open.value("water"), "井水");
        // Asked again, but the answer of the first version is not put in by itself: it can be read.
        assert_eq!(open.value("debt"), "");
        let kept = open.phone.device().visit_migrations(&open.visit).unwrap();
        assert_eq!(kept.iter().map(|done| &done.report).collect::<Vec<_>>(), [&first, &second]);
        open.phone.kill_and_reopen();
    }
}

#[test]
fn a_visit_skips_a_version_that_came_and_went_while_nobody_looked() {
    let open = Open::answered(26);
    open.publish("2");
    open.publish("3");
    let report = open.migrate();
    assert_eq!((report.from.as_str(), report.to.as_str()), ("1", "3"));
    assert_eq!(open.value("debt"), "欠表哥两万", "the third version asks what the first did");
}

#[test]
fn a_visit_in_which_nothing_was_answered_yet_moves_too() {
    let mut open = Open::answered(27);
    let empty = open.phone.device().visit_start(&open.case, FORM).unwrap().id;
    open.visit = empty;
    open.publish("2");
    assert!(open.migrate().is_empty());
    open.phone.kill_and_reopen();
    assert_eq!(open.shown().visit.version, "2");
    open.answer("water", "自来水");
}
