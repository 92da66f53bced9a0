//! What a screen is given: the records, filled by a real device.
#![allow(clippy::unwrap_used)]
// uniffi carries the error across by value; it is written once, on the way out.
#![allow(clippy::result_large_err)]

use std::collections::BTreeMap;

use ruhu_case::{Person, Record, RecordFlag, Value};
use ruhu_form::{
    Converted, DropReason, Dropped, HiddenReason, MigrationReport, Moved, QuestionKind, Recalculated,
};
use ruhu_mobile::{CaseRecord, ChoiceView, DropKind, FieldKind, RuhuDevice, RuhuError};
use ruhu_text::Bilingual;

fn fields(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

#[test]
fn fields_carry_whole_paths_and_say_what_their_text_stands_for() {
    let values = [
        ("address", Value::Text("河东村三组".into())),
        ("members_real", Value::Int(4)),
        ("monthly_spend", Value::Fen(123_450)),
        ("urgent", Value::Bool(false)),
        ("visited", Value::Timestamp(0)),
        ("cause", Value::Blank),
    ];
    let person = Person {
        id: "p1".into(),
        name: Some("陈大河".into()),
        idno: None,
        removed: None,
        fields: fields(&values),
    };
    let person = ruhu_mobile::Person::from(person);
    let shown: Vec<_> = person.fields.iter().map(|f| (f.path.as_str(), f.text.as_str(), f.kind)).collect();
    assert_eq!(
        shown,
        [
            ("people/p1/address", "河东村三组", FieldKind::Text),
            ("people/p1/cause", "", FieldKind::Blank),
            ("people/p1/members_real", "4", FieldKind::Number),
            ("people/p1/monthly_spend", "1234.50", FieldKind::Money),
            ("people/p1/urgent", "false", FieldKind::Flag),
            ("people/p1/visited", "1970-01-01T00:00:00.000Z", FieldKind::Moment),
        ]
    );
}

#[test]
fn answers_and_flags_of_a_record_can_be_pointed_at() {
    let record = Record {
        id: "v1".into(),
        form: Some("home_visit".into()),
        version: Some("1".into()),
        status: Some("closed".into()),
        started_by: Some("周明远".into()),
        answers: fields(&[("/home_visit/facts/members_real", Value::Int(4))]),
        fields: fields(&[("status", Value::Text("closed".into()))]),
        edited_after_close: vec!["records/v1/answers//home_visit/facts/members_real".into()],
        flags: vec![RecordFlag::EditedAfterClose {
            paths: vec!["records/v1/answers//home_visit/facts/members_real".into()],
        }],
    };
    let record = CaseRecord::from(record);
    let RecordFlag::EditedAfterClose { paths } = &record.flags[0] else { panic!("{:?}", record.flags) };
    assert_eq!(record.answers[0].path, paths[0]);
    assert_eq!(record.fields[0].path, "records/v1/status");
}

#[test]
fn a_label_in_one_language_serves_both() {
    let labels = ruhu_form::Labels::one("中文 (zh)", "姓名");
    let choice = ruhu_form::Choice { value: "name".into(), labels, columns: Vec::new(), media: Vec::new() };
    let text = ChoiceView::from(&choice).label;
    assert_eq!((text.zh.as_str(), text.en.as_str()), ("姓名", "姓名"));
}

#[test]
fn a_key_of_another_length_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ruhu");
    for length in [0, 31, 33] {
        let refused = RuhuDevice::open(path.to_string_lossy().into_owned(), vec![7; length], "phone".into());
        assert!(matches!(refused, Err(RuhuError::InvalidKey { .. })), "{length}");
    }
    assert!(!path.exists());
}

#[test]
fn a_device_shows_where_it_stands_after_it_is_dropped_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let open = || RuhuDevice::open(folder.path().to_string_lossy().into_owned(), vec![7; 32], "phone".into());
    let device = open().unwrap();
    assert!(!device.status().unwrap().enrolled);
    assert!(matches!(open(), Err(RuhuError::InUse { .. })));
    drop(device);
    assert_eq!(open().unwrap().check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_screen_can_say_why_each_answer_was_not_taken_over() {
    let text = |zh: &str, en: &str| Bilingual::new(zh, en);
    let constraint = DropReason::Constraint { message: text("应在 1 到 30 之间。", "From 1 to 30.") };
    let changed = DropReason::KindChanged { from: QuestionKind::Text, to: QuestionKind::Integer };
    let reasons = [
        (DropReason::QuestionGone, DropKind::QuestionGone),
        (changed, DropKind::KindChanged),
        (DropReason::ChoiceGone, DropKind::ChoiceGone),
        (constraint, DropKind::Constraint),
        (DropReason::Calculated, DropKind::Calculated),
        (DropReason::ReadOnly, DropKind::ReadOnly),
        (DropReason::NoRoom, DropKind::NoRoom),
    ];
    for (reason, kind) in reasons {
        let said = reason.text();
        let dropped = ruhu_mobile::DroppedAnswer::from(Dropped {
            path: "/home_visit/facts/debt".into(),
            label: text("欠债情况", "Debts"),
            value: "2".into(),
            shown: "两万".into(),
            class: Some("S".into()),
            reason,
        });
        assert_eq!((dropped.kind, dropped.text.zh, dropped.text.en), (kind, said.zh, said.en));
        assert_eq!((dropped.label.zh.as_str(), dropped.shown.as_str()), ("欠债情况", "两万"));
        assert_eq!((dropped.value.as_str(), dropped.class.as_deref()), ("2", Some("S")));
    }
}

#[test]
fn a_report_keeps_each_list_apart() {
    let label = || Bilingual::new("面积", "Area");
    let (text, decimal) = (QuestionKind::Text, QuestionKind::Decimal);
    let report = MigrationReport {
        format: MigrationReport::FORMAT,
        form: "home_visit".into(),
        from: "1".into(),
        to: "2".into(),
        moved: vec![Moved { from: "/f/a".into(), to: "/f/b".into(), label: label() }],
        converted: vec![Converted {
            path: "/f/c".into(),
            label: label(),
            from: text,
            to: decimal,
            before: "86".into(),
            after: "86.0".into(),
        }],
        hidden: vec![ruhu_form::HiddenAnswer {
            path: "/f/d".into(),
            label: label(),
            value: "86".into(),
            shown: "86".into(),
            class: None,
            reason: HiddenReason::BeyondCount,
        }],
        dropped: Vec::new(),
        recalculated: vec![Recalculated {
            path: "/f/e".into(),
            label: label(),
            before: "1".into(),
            after: "2".into(),
        }],
    };
    let shown = ruhu_mobile::VisitMigration::from(ruhu_device::VisitMigration { at_ms: 17, report });
    assert_eq!((shown.at_ms, shown.report.from.as_str(), shown.report.to.as_str()), (17, "1", "2"));
    assert_eq!((shown.report.moved[0].from.as_str(), shown.report.moved[0].to.as_str()), ("/f/a", "/f/b"));
    let converted = &shown.report.converted[0];
    assert_eq!((converted.from, converted.to), (QuestionKind::Text, QuestionKind::Decimal));
    assert_eq!((converted.before.as_str(), converted.after.as_str()), ("86", "86.0"));
    assert_eq!(shown.report.hidden[0].kind, HiddenReason::BeyondCount);
    assert_eq!(shown.report.hidden[0].text.zh, HiddenReason::BeyondCount.text().zh);
    let again = &shown.report.recalculated[0];
    assert_eq!((again.before.as_str(), again.after.as_str(), again.label.zh.as_str()), ("1", "2", "面积"));
    assert!(shown.report.dropped.is_empty());
}
