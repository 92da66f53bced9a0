//! What caseworkers do to one household, together and apart.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;

use ruhu_case::{
    CaseError, DocKind, Document, PathFault, RecordFlag, STATUS_CLOSED, Value, Waiting, Write, limits,
};
use ruhu_text::{Explain, Lang};
use support::{Phone, all_changes, first_visit, put};

const NAME: &str = "people/p1/name";

#[test]
fn two_phones_edit_different_fields_and_both_are_there() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.put(NAME, "张建国");
    a.meet(&mut b);
    a.put("people/p1/phone", "13800000001");
    b.put("case/address", "三组12号");
    a.meet(&mut b);
    assert_eq!(a.doc.fields(""), b.doc.fields(""));
    assert_eq!(a.text("case/address").unwrap(), "三组12号");
    assert_eq!(b.text("people/p1/phone").unwrap(), "13800000001");
    assert!(a.doc.conflicts().is_empty());
}

#[test]
fn two_phones_edit_the_same_field_and_both_values_are_kept_until_someone_settles() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.put("case/members_real", "3");
    a.meet(&mut b);
    let by_a = a.put("case/members_real", "4");
    let by_b = b.put("case/members_real", "5");
    a.meet(&mut b);
    let conflicts = a.doc.conflicts();
    assert_eq!(conflicts, b.doc.conflicts());
    let [conflict] = &conflicts[..] else { panic!("{conflicts:?}") };
    assert_eq!(conflict.path, "case/members_real");
    let sides: Vec<_> =
        conflict.values.iter().map(|v| (v.change, v.actor, v.shown, v.value.to_string())).collect();
    assert_eq!(sides, [(by_b, b.actor, true, "5".into()), (by_a, a.actor, false, "4".into())]);

    // Saving the page again, unchanged, decides nothing.
    assert_eq!(a.doc.edit(a.actor, 0, &[put("case/members_real", "5")]), Ok(Vec::new()));
    assert_eq!(a.doc.conflicts().len(), 1);

    a.settle("case/members_real", "5");
    a.meet(&mut b);
    assert!(b.doc.conflicts().is_empty());
    let history = b.doc.history("case/members_real");
    let told: Vec<_> = history.iter().map(|h| (h.value.to_string(), h.actor, h.current)).collect();
    let expected =
        [("3", a.actor, false), ("4", a.actor, false), ("5", b.actor, false), ("5", a.actor, true)];
    assert_eq!(told, expected.map(|(v, who, now)| (v.to_string(), who, now)));
}

#[test]
fn two_phones_write_the_same_value_and_nobody_is_asked() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.put(NAME, "李秀英");
    b.put(NAME, "李秀英");
    a.meet(&mut b);
    assert!(a.doc.conflicts().is_empty());
    assert_eq!(a.doc.history(NAME).len(), 2);
}

#[test]
fn a_checked_field_is_recorded_though_its_value_stays() {
    let mut a = Phone::new(1);
    a.put(NAME, "张建国");
    assert_eq!(a.doc.edit(a.actor, 5, &[put(NAME, "张建国")]), Ok(Vec::new()));
    a.settle(NAME, "张建国");
    let history = a.doc.history(NAME);
    assert_eq!(history.iter().map(|h| h.current).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn clearing_a_field_is_not_the_same_as_never_filling_it() {
    let mut a = Phone::new(1);
    assert_eq!(
        a.doc.edit(a.actor, 1, &[Write::Put { path: NAME.into(), value: Value::Blank }]),
        Ok(Vec::new())
    );
    a.put(NAME, "张");
    a.write(&[Write::Put { path: NAME.into(), value: Value::Blank }]);
    assert_eq!(a.doc.field(NAME), Some(Value::Blank));
    assert_eq!(a.doc.field("people/p2/name"), None);
}

#[test]
fn money_and_a_number_of_the_same_digits_are_different_values() {
    let mut a = Phone::new(1);
    a.write(&[Write::Put { path: "case/income".into(), value: Value::Int(1200) }]);
    a.write(&[Write::Put { path: "case/income".into(), value: Value::Fen(1200) }]);
    assert_eq!(a.doc.field("case/income"), Some(Value::Fen(1200)));
    assert_eq!(a.doc.history("case/income").len(), 2);
}

#[test]
fn the_same_new_person_on_two_phones_is_read_from_both_sides() {
    // Ids are made once, but a draft restored on two phones writes the same id twice.
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.write(&[
        put("people/d1/name", "王芳"),
        put("people/d1/phone", "13800000002"),
        put("people/d1/order", "a"),
    ]);
    b.write(&[put("people/d1/name", "王方"), put("people/d1/health", "一般"), put("people/d1/order", "a")]);
    a.meet(&mut b);
    for phone in [&a, &b] {
        let person = &phone.doc.household().people[0];
        assert_eq!(person.fields["phone"].to_string(), "13800000002");
        assert_eq!(person.fields["health"].to_string(), "一般");
        let conflicts = phone.doc.conflicts();
        assert_eq!(conflicts.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), ["people/d1/name"]);
    }
    a.settle("people/d1/name", "王芳");
    a.put("people/d1/health", "慢病");
    a.meet(&mut b);
    assert!(b.doc.conflicts().is_empty());
    assert_eq!(b.text("people/d1/name").unwrap(), "王芳");
    assert_eq!(b.text("people/d1/health").unwrap(), "慢病");
    assert_eq!(b.doc.history("people/d1/name").len(), 3);
}

#[test]
fn changes_that_arrive_backwards_wait_beside_the_document_and_never_in_its_bytes() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    for name in ["张", "张建", "张建国"] {
        a.put(NAME, name);
    }
    let [first, second, third] = &a.made[..] else { panic!() };
    let empty = b.doc.save();
    let taken = b.doc.apply(std::slice::from_ref(&third.bytes)).unwrap();
    assert_eq!((taken.applied.len(), taken.waiting), (0, vec![third.hash]));
    assert_eq!(b.doc.waiting(), [second.hash]);
    assert_eq!(b.doc.save(), empty, "what waits is not saved");
    let bytes = third.bytes.len();
    let waits = Waiting { change: third.hash, actor: a.actor, lacks: second.hash, bytes };
    assert_eq!(b.doc.take_waiting(), [waits]);
    assert!(!b.doc.is_waiting(&third.hash) && !b.doc.has_change(&third.hash));
    // Whoever kept it gives it again.
    b.doc.apply(&[third.bytes.clone(), second.bytes.clone()]).unwrap();
    assert_eq!(b.doc.waiting(), [first.hash]);
    let taken = b.doc.apply(std::slice::from_ref(&first.bytes)).unwrap();
    assert_eq!(taken.applied, [first.hash, second.hash, third.hash]);
    assert_eq!(b.doc.heads(), a.doc.heads());
    assert_eq!(b.doc.waiting(), []);
    assert_eq!(b.text(NAME).unwrap(), "张建国");
}

#[test]
fn a_document_that_an_earlier_program_saved_with_what_waits_is_read_and_saved_without_it() {
    let mut a = Phone::new(1);
    for name in ["张", "张建"] {
        a.put(NAME, name);
    }
    let [first, second] = &a.made[..] else { panic!() };
    let empty = Document::new(DocKind::Household).save();
    let mut earlier =
        Document::load(DocKind::Household, &[empty.clone(), second.bytes.clone()].concat()).unwrap();
    assert!(earlier.is_waiting(&second.hash) && earlier.waits_of(&a.actor));
    assert_eq!(earlier.waiting_changes().len(), 1);
    assert_eq!(earlier.save(), empty);
    earlier.apply(std::slice::from_ref(&first.bytes)).unwrap();
    assert_eq!(earlier.heads(), a.doc.heads());
}

#[test]
fn a_verdict_hides_what_a_revoked_device_wrote_and_honest_work_on_top_stays() {
    let (mut honest, mut revoked) = (Phone::new(1), Phone::new(2));
    honest.put(NAME, "张建国");
    honest.meet(&mut revoked);
    let bad = [revoked.put(NAME, "某某"), revoked.put("case/note", "伪造")];
    honest.meet(&mut revoked);
    honest.put("case/address", "三组12号");
    honest.doc.set_hidden(BTreeSet::from(bad));
    assert_eq!(honest.text(NAME).unwrap(), "张建国");
    assert_eq!(honest.text("case/note"), None);
    assert_eq!(honest.text("case/address").unwrap(), "三组12号");
    let history = honest.doc.history(NAME);
    assert_eq!(
        history.iter().map(|h| (h.hidden, h.current)).collect::<Vec<_>>(),
        [(false, true), (true, false)]
    );

    // What a person writes over a hidden value replaces what was beneath it, also where the verdict is not yet known.
    honest.put(NAME, "张建军");
    honest.meet(&mut revoked);
    assert_eq!(revoked.text(NAME).unwrap(), "张建军");
    assert!(honest.doc.conflicts().is_empty());
}

#[test]
fn writing_the_very_value_that_is_hidden_makes_it_ones_own() {
    let (mut honest, mut revoked) = (Phone::new(1), Phone::new(2));
    let bad = revoked.put(NAME, "张建国");
    honest.meet(&mut revoked);
    honest.doc.set_hidden(BTreeSet::from([bad]));
    assert_eq!(honest.text(NAME), None);
    honest.put(NAME, "张建国");
    assert_eq!(honest.text(NAME).unwrap(), "张建国");
    assert_eq!(honest.doc.history(NAME).len(), 2);
}

#[test]
fn a_conflict_settled_by_a_hidden_change_is_open_again_but_not_after_honest_work_on_top() {
    let (mut a, mut b, mut revoked) = (Phone::new(1), Phone::new(2), Phone::new(3));
    a.put(NAME, "张");
    b.put(NAME, "章");
    a.meet(&mut b);
    a.meet(&mut revoked);
    let bad = revoked.settle(NAME, &a.text(NAME).unwrap());
    a.meet(&mut revoked);
    assert!(a.doc.conflicts().is_empty());
    a.doc.set_hidden(BTreeSet::from([bad]));
    assert_eq!(a.doc.conflicts().len(), 1);
    a.doc.set_hidden(BTreeSet::new());
    a.put(NAME, "弓长张");
    a.doc.set_hidden(BTreeSet::from([bad]));
    assert!(a.doc.conflicts().is_empty());
    assert_eq!(a.text(NAME).unwrap(), "弓长张");
}

#[test]
fn the_work_of_a_lost_change_is_made_again_under_a_new_actor() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.write(&[put(NAME, "张"), put("case/address", "三组")]);
    a.put(NAME, "张建国");
    let lost: Vec<_> = a.made.iter().map(|c| c.hash).collect();
    let again = a.doc.writes_of(&lost);
    assert_eq!(again, [put("case/address", "三组"), put(NAME, "张建国")]);
    b.write(&again);
    assert_eq!(b.doc.fields(""), a.doc.fields(""));
    assert_eq!(a.doc.writes_of(&[ruhu_case::base_hash(DocKind::Household)]), []);
}

#[test]
fn a_record_that_names_a_removed_person_is_flagged_and_the_person_stays_readable() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    let person = "0198c0de-0000-7000-8000-000000000001";
    a.write(&[put(&format!("people/{person}/name"), "张小军"), put("records/r1/form", "home_visit")]);
    a.meet(&mut b);
    a.put(&format!("people/{person}/removed_reason"), "已分户");
    b.put("records/r1/answers/income/7f/earner", person);
    a.meet(&mut b);
    let household = b.doc.household();
    assert_eq!(household.people[0].removed.as_deref(), Some("已分户"));
    assert_eq!(household.people[0].name.as_deref(), Some("张小军"));
    let path = "records/r1/answers/income/7f/earner".to_string();
    assert_eq!(
        household.records[0].flags,
        [RecordFlag::RefersToRemovedPerson { path, person: person.to_string() }]
    );
    b.write(&[Write::Put { path: format!("people/{person}/removed_reason"), value: Value::Blank }]);
    assert_eq!(b.doc.household().records[0].flags, []);
}

#[test]
fn two_phones_add_to_a_repeat_and_both_instances_are_there() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.put("records/r1/answers/members/aa/name", "张小军");
    a.meet(&mut b);
    a.put("records/r1/answers/members/bb/name", "张小梅");
    b.put("records/r1/answers/members/cc/name", "张小兰");
    a.meet(&mut b);
    let keys: Vec<_> = a.doc.household().records[0].answers.keys().cloned().collect();
    assert_eq!(keys, ["members/aa/name", "members/bb/name", "members/cc/name"]);
    assert_eq!(a.doc.household().records[0].flags, []);
}

#[test]
fn a_repeat_instance_removed_by_one_and_edited_by_the_other_is_flagged_not_lost() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.write(&[
        put("records/r1/answers/members/aa/name", "张小军"),
        put("records/r1/answers/members/aa/age", "9"),
    ]);
    a.meet(&mut b);
    let removed =
        Write::Put { path: "records/r1/answers/members/aa/_removed".into(), value: Value::Bool(true) };
    a.write(&[removed]);
    assert_eq!(a.doc.household().records[0].flags, [], "nobody edited it meanwhile");
    b.put("records/r1/answers/members/aa/age", "10");
    a.meet(&mut b);
    for phone in [&a, &b] {
        let record = &phone.doc.household().records[0];
        assert_eq!(record.answers["members/aa/age"].to_string(), "10");
        let instance = "records/r1/answers/members/aa".to_string();
        let paths = vec!["records/r1/answers/members/aa/age".to_string()];
        assert_eq!(record.flags, [RecordFlag::RemovedInstanceEdited { instance, paths }]);
    }
}

#[test]
fn a_record_closed_by_one_and_edited_by_another_lists_what_the_closer_had_not_seen() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.write(&[put("records/r1/status", "open"), put("records/r1/answers/opinion", "符合")]);
    a.meet(&mut b);
    // The last answers may travel in the closing change itself.
    a.write(&[put("records/r1/answers/sign", "已签"), put("records/r1/status", STATUS_CLOSED)]);
    assert_eq!(a.doc.household().records[0].edited_after_close, [""; 0]);
    b.put("records/r1/answers/rooms", "3");
    a.meet(&mut b);
    let late = ["records/r1/answers/rooms"];
    for phone in [&a, &b] {
        let record = &phone.doc.household().records[0];
        assert_eq!(record.status.as_deref(), Some(STATUS_CLOSED));
        assert_eq!(record.edited_after_close, late);
        assert_eq!(record.flags, [RecordFlag::EditedAfterClose { paths: late.map(String::from).to_vec() }]);
    }
    a.settle("records/r1/status", STATUS_CLOSED);
    a.meet(&mut b);
    assert_eq!(b.doc.household().records[0].flags, []);
    b.put("records/r1/answers/rooms", "4");
    assert_eq!(b.doc.household().records[0].edited_after_close, late, "later is late, too");
}

#[test]
fn a_bad_path_or_an_endless_text_is_named_and_nothing_is_written() {
    let mut a = Phone::new(1);
    let before = a.doc.save();
    let error = a.doc.edit(a.actor, 1, &[put(NAME, "张"), put("people/张/name", "x")]).unwrap_err();
    assert_eq!(error, CaseError::Path { path: "people/张/name".into(), fault: PathFault::Id });
    assert!(error.message(Lang::Zh).contains("编号") && error.message(Lang::En).contains("id"));
    let long = "长".repeat(limits::TEXT_BYTES / 3 + 1);
    let error = a.doc.edit(a.actor, 1, &[put(NAME, "张"), put("case/note", &long)]).unwrap_err();
    assert_eq!(error, CaseError::TextTooLong { path: "case/note".into(), bytes: long.len() });
    assert_eq!(a.doc.save(), before);
}

#[test]
fn a_finance_document_is_never_read_as_a_household() {
    let mut finance = Document::new(DocKind::Finance);
    finance.edit(ruhu_case::ActorId([1; 16]), 1, &[put("accounts/a1/bank", "信用社")]).unwrap();
    assert_eq!(Document::load(DocKind::Household, &finance.save()).unwrap_err(), CaseError::WrongKind);
    assert_eq!(Document::load(DocKind::Lead, &finance.save()).unwrap_err(), CaseError::WrongKind);
    let change = all_changes(&finance);
    let mut household = Document::new(DocKind::Household);
    assert_eq!(household.apply(&change).unwrap().applied, [], "its past is another document's");
}

#[test]
fn a_saved_household_reads_back_the_same() {
    let mut a = Phone::new(1);
    a.write(&first_visit());
    let again = Document::load(DocKind::Household, &a.doc.save()).unwrap();
    assert_eq!((again.heads(), again.fields("")), (a.doc.heads(), a.doc.fields("")));
    assert_eq!(again.household(), a.doc.household());
}

#[test]
fn a_first_visit_is_small_and_one_more_answer_tiny() {
    let mut a = Phone::new(1);
    let visit = a.write(&first_visit());
    assert_eq!(first_visit().len(), 60);
    assert!(visit.bytes.len() < 3 * 1024, "{} bytes", visit.bytes.len());
    let answer = a.write(&[put("people/0198c0de-0000-7000-8000-000000000000/health", "重病")]);
    assert!(answer.bytes.len() <= 140, "{} bytes", answer.bytes.len());
}

#[test]
fn what_is_stored_and_shown_keeps_its_form() {
    let (mut a, mut b) = (Phone::new(1), Phone::new(2));
    a.write(&[
        put("case/program", "低保"),
        put("people/p1/name", "张建国"),
        put("people/p1/order", "a0"),
        put("records/r1/form", "home_visit"),
        put("records/r1/order", "a0"),
        Write::Put { path: "records/r1/answers/income".into(), value: Value::Fen(-12_345) },
        Write::Put { path: "evidence/e1/size".into(), value: Value::Int(2_048) },
        Write::Put { path: "evidence/e1/taken_at".into(), value: Value::Timestamp(1_770_000_000_000) },
        put("evidence/e1/kind", "photo"),
        put("events/v1/kind", "visited"),
    ]);
    b.put("people/p1/name", "张建军");
    a.meet(&mut b);
    insta::assert_yaml_snapshot!("household", a.doc.household());
    insta::assert_yaml_snapshot!("conflicts", a.doc.conflicts());
    insta::assert_yaml_snapshot!("history", a.doc.history("people/p1/name"));
    insta::assert_snapshot!("change", data_encoding::HEXLOWER.encode(&a.made[0].bytes));
    insta::assert_snapshot!("saved", data_encoding::BASE64.encode(&a.doc.save()));
}
