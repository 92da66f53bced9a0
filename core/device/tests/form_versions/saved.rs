//! What a visit that was saved before it moved does to the household when it is saved again.

use ruhu_harness::county::Open;

#[test]
fn a_saved_answer_whose_question_is_gone_stays_in_the_record() {
    let open = Open::answered(31);
    open.phone.device().visit_save(&open.visit).unwrap();
    open.publish("2");
    open.migrate();
    assert_eq!(open.fact("version").as_deref(), Some("1"), "a move alone touches no household");
    let saved = open.phone.device().visit_save(&open.visit).unwrap();
    assert!(saved.changed && saved.overtaken.is_empty());
    assert_eq!(
        (open.fact("version").as_deref(), open.fact("begun_version").as_deref()),
        (Some("2"), Some("1"))
    );
    assert_eq!(open.saved("/data/facts/debt").as_deref(), Some("欠表哥两万"));
    // What moved stands in its new place alone.
    assert_eq!(open.saved("/data/facts/landlord"), None);
    assert_eq!(open.saved("/data/home/landlord").as_deref(), Some("赵房东"));
    // What does not apply is blank in the record, as ever, and stays in the visit.
    assert_eq!(open.saved("/data/facts/remark"), None);
    assert_eq!(open.value("remark"), "门前有坡");
    // The household's own fields are only ever written anew.
    assert_eq!(open.phone.field(&open.case, "remark").as_deref(), Some("门前有坡"));
    assert!(!open.phone.device().visit_save(&open.visit).unwrap().changed);
}

#[test]
fn a_choice_that_is_gone_stays_in_the_record_until_a_person_chooses_anew() {
    const JOB: &str = "/data/facts/job";
    let mut open = Open::answered(32);
    open.phone.device().visit_save(&open.visit).unwrap();
    open.publish("2");
    open.migrate();
    let saved = |open: &Open| {
        open.phone.device().visit_save(&open.visit).unwrap();
        open.saved(JOB)
    };
    assert_eq!(saved(&open).as_deref(), Some("idle"));
    open.phone.kill_and_reopen();
    open.answer("job", "farm");
    assert_eq!(saved(&open).as_deref(), Some("farm"));
    // From now on it is an answer like any other.
    open.answer("job", "");
    assert_eq!(saved(&open), None);
    let path = format!("records/{}/answers/{JOB}", open.visit);
    assert_eq!(open.phone.history(&open.case, &path), ["idle", "farm", ""]);
}

#[test]
fn an_answer_that_a_person_took_back_is_taken_back_whatever_the_new_version_asks() {
    let open = Open::answered(33);
    open.phone.device().visit_save(&open.visit).unwrap();
    open.answer("debt", "");
    open.phone.device().visit_remove_repeat(&open.visit, "/data/child[@id='second']").unwrap();
    open.publish("2");
    open.migrate();
    open.phone.device().visit_save(&open.visit).unwrap();
    assert_eq!(open.saved("/data/facts/debt"), None);
    assert_eq!(open.saved("/data/child[@id='second']/child_name"), None);
    assert_eq!(open.saved("/data/child[@id='1']/child_name").as_deref(), Some("张小"));
}

#[test]
fn an_answer_that_moved_and_then_was_dropped_stays_where_it_was_saved() {
    let open = Open::answered(34);
    open.phone.device().visit_save(&open.visit).unwrap();
    open.publish("2");
    open.migrate();
    open.publish("3");
    open.migrate();
    open.phone.device().visit_save(&open.visit).unwrap();
    assert_eq!(open.saved("/data/facts/landlord").as_deref(), Some("赵房东"));
    assert_eq!(open.saved("/data/home/landlord"), None, "it was never saved there");
    assert_eq!(open.saved("/data/facts/debt").as_deref(), Some("欠表哥两万"));
    assert_eq!(open.saved("/data/facts/remark").as_deref(), Some("门前有坡"));
    assert_eq!(
        (open.fact("version").as_deref(), open.fact("begun_version").as_deref()),
        (Some("3"), Some("1"))
    );
}

#[test]
fn a_visit_that_never_moved_says_nothing_of_another_version() {
    let open = Open::answered(35);
    open.phone.device().visit_save(&open.visit).unwrap();
    assert_eq!((open.fact("version").as_deref(), open.fact("begun_version")), (Some("1"), None));
}
