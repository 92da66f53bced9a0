//! Moves that cannot be: the visit stays as it is.

use ruhu_text::Lang;

use ruhu_device::Explain;
use ruhu_harness::county::{FORM, Open, compiled};

/// What happened to a visit that must not have changed.
fn stays(open: &Open, question: &str, value: &str) {
    assert_eq!(open.shown().visit.version, "1");
    assert!(open.phone.device().visit_migrations(&open.visit).unwrap().is_empty());
    assert_eq!(open.value("debt"), "欠表哥两万");
    open.answer(question, value);
    assert_eq!(open.value(question), value);
}

#[test]
fn a_visit_with_the_newest_version_has_nothing_to_move_to() {
    let open = Open::answered(41);
    assert_eq!(open.phone.device().visit_migration(&open.visit).unwrap(), None);
    for number in ["1", "2", "", "没有这个版本"] {
        let refused = open.phone.device().visit_migrate(&open.visit, number).unwrap_err();
        assert_eq!(refused.code(), "no_such_migration", "{number}");
    }
    stays(&open, "members", "5");
}

#[test]
fn a_version_that_came_after_somebody_looked_is_looked_at_first() {
    let open = Open::answered(42);
    open.publish("2");
    let seen = open.phone.device().visit_migration(&open.visit).unwrap().unwrap();
    open.publish("3");
    let refused = open.phone.device().visit_migrate(&open.visit, &seen.to).unwrap_err();
    assert_eq!(refused.code(), "no_such_migration");
    stays(&open, "members", "5");
    open.migrate();
    // A second tap on the same button does nothing twice.
    assert_eq!(open.phone.device().visit_migrate(&open.visit, "3").unwrap_err().code(), "no_such_migration");
    assert_eq!(open.phone.device().visit_migrations(&open.visit).unwrap().len(), 1);
}

#[test]
fn a_closed_visit_and_one_that_is_not_there_do_not_move() {
    let open = Open::answered(43);
    open.phone.device().visit_close(&open.visit).unwrap();
    open.publish("2");
    assert_eq!(open.shown().visit.newer_version, None);
    assert_eq!(open.phone.device().visits(false).unwrap()[0].newer_version, None);
    assert_eq!(open.phone.device().visit_migration(&open.visit).unwrap_err().code(), "visit_closed");
    assert_eq!(open.phone.device().visit_migrate(&open.visit, "2").unwrap_err().code(), "visit_closed");
    assert!(open.phone.device().visit_migrations(&open.visit).unwrap().is_empty());
    for refused in [
        open.phone.device().visit_migration("nobody").unwrap_err(),
        open.phone.device().visit_migrate("nobody", "2").unwrap_err(),
        open.phone.device().visit_migrations("nobody").unwrap_err(),
    ] {
        assert_eq!(refused.code(), "not_found");
    }
}

#[test]
fn an_older_version_and_another_form_are_no_newer_version() {
    let open = Open::answered(44);
    let survey = "text,debt,欠债情况,,,\n";
    for (id, number) in [(FORM, "0"), ("another_visit", "9")] {
        open.phone.device().form_install(&compiled(id, number, survey, ",work,farm,务农\n")).unwrap();
    }
    assert_eq!(open.shown().visit.newer_version, None);
    assert_eq!(open.phone.device().visit_migration(&open.visit).unwrap(), None);
    stays(&open, "members", "5");
}

#[test]
fn a_new_version_that_this_program_cannot_read_is_told_and_the_visit_goes_on_with_its_own() {
    let mut open = Open::answered(45);
    open.with_store(|store| store.write(|tx| tx.put_form(FORM, "2", [2; 32], b"of a later program")))
        .unwrap();
    assert_eq!(open.shown().visit.newer_version.as_deref(), Some("2"));
    assert_eq!(open.phone.device().visit_migration(&open.visit).unwrap_err().code(), "form");
    assert_eq!(open.phone.device().visit_migrate(&open.visit, "2").unwrap_err().code(), "form");
    stays(&open, "members", "5");
    assert!(open.phone.device().visit_save(&open.visit).unwrap().changed);
}

#[test]
fn a_form_that_lies_under_another_ones_name_is_damage() {
    let mut open = Open::answered(46);
    let strange = compiled("another_visit", "2", "text,debt,欠债情况,,,\n", ",work,farm,务农\n");
    open.with_store(|store| store.write(|tx| tx.put_form(FORM, "2", [2; 32], &strange))).unwrap();
    assert_eq!(open.phone.device().visit_migration(&open.visit).unwrap_err().code(), "damaged");
    assert_eq!(open.phone.device().visit_migrate(&open.visit, "2").unwrap_err().code(), "damaged");
    stays(&open, "members", "5");
}

#[test]
fn a_new_version_that_cannot_hold_what_was_entered_is_refused_before_anything_is_written() {
    let open = Open::answered(47);
    // Nineteen thousand questions about each child: a visit has no room for eighteen children.
    let many: String = (0..19_000).map(|n| format!("text,more_{n},又一题,,,\n")).collect();
    let survey = format!("begin_repeat,child,子女,,,\ntext,child_name,子女姓名,,,\n{many}end_repeat,,,,,\n");
    let bytes = compiled(FORM, "2", &survey, ",work,farm,务农\n");
    open.phone.device().form_install(&bytes).unwrap();
    for number in 0..16 {
        let id = format!("more{number}");
        open.phone.device().visit_add_repeat_as(&open.visit, "/data/child", &id).unwrap();
        open.answer(&format!("/data/child[@id='{id}']/child_name"), "张小小");
    }
    let refused = open.phone.device().visit_migrate(&open.visit, "2").unwrap_err();
    assert_eq!(refused.code(), "answer");
    let said = format!("{refused:?} {} {}", refused.message(Lang::Zh), refused.message(Lang::En));
    assert!(!said.contains("张小小"), "an error tells no answer: {said}");
    stays(&open, "members", "5");
}
