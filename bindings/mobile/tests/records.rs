//! What a screen is given: the records, filled by a real device.
#![allow(clippy::unwrap_used)]
// uniffi carries the error across by value; it is written once, on the way out.
#![allow(clippy::result_large_err)]

use ruhu_case::{ActorId, DocKind, Document, Fields, Record, RecordFlag, Value, Write};
use ruhu_device::VisitMigration;
use ruhu_form::{
    Choice, Choices, Converted, DropReason, Dropped, HiddenReason, Labels, MigrationReport, Moved, NodeState,
    Page, QuestionKind, Recalculated,
};
use ruhu_mobile::{
    ChoiceView, Field, RuhuDevice, RuhuError, UniFfiTag, drop_reason_text, hidden_reason_text,
};
use ruhu_text::Bilingual;
use uniffi::{Lift, Lower};

fn fields(beneath: &str, pairs: &[(&str, Value)]) -> Fields {
    Fields::new(beneath, pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

#[test]
fn fields_carry_whole_paths_values_and_what_a_person_reads() {
    let values = [
        ("address", Value::Text("河东村三组".into())),
        ("cause", Value::Blank),
        ("members_real", Value::Int(4)),
        ("monthly_spend", Value::Fen(123_450)),
        ("urgent", Value::Bool(false)),
        ("visited", Value::Timestamp(0)),
    ];
    let arrived: Vec<Field> = crossed(fields("people/p1/", &values));
    let shown: Vec<_> = arrived.iter().map(|f| (f.path.as_str(), f.text.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("people/p1/address", "河东村三组"),
            ("people/p1/cause", ""),
            ("people/p1/members_real", "4"),
            ("people/p1/monthly_spend", "1234.50"),
            ("people/p1/urgent", "false"),
            ("people/p1/visited", "1970-01-01T00:00:00.000Z"),
        ]
    );
    assert!(arrived.iter().map(|f| &f.value).eq(values.iter().map(|(_, value)| value)));
}

#[test]
fn answers_and_flags_of_a_record_can_be_pointed_at() {
    let mut zhang = Document::new(DocKind::Household);
    let answer = "records/v1/answers//home_visit/facts/members_real";
    let writes = [("records/v1/status", Value::Text("closed".into())), (answer, Value::Int(4))];
    let writes = writes.map(|(path, value)| Write::Put { path: path.into(), value });
    zhang.edit(ActorId([7; 16]), 0, &writes).unwrap();
    let later = Write::Put { path: answer.into(), value: Value::Int(5) };
    zhang.edit(ActorId([7; 16]), 1, &[later]).unwrap();

    let mut records = zhang.household().records;
    let record: Record = crossed(records.remove(0));
    let answers: Vec<Field> = crossed(record.answers);
    let [RecordFlag::EditedAfterClose { paths }] = record.flags.as_slice() else {
        panic!("{:?}", record.flags)
    };
    assert_eq!((answers[0].path.as_str(), paths.as_slice()), (answer, [answer.to_owned()].as_slice()));
    let facts: Vec<Field> = crossed(record.fields);
    assert_eq!(facts[0].path, "records/v1/status");
}

/// What arrives on the other side.
fn crossed<A: Lower<UniFfiTag>, B: Lift<UniFfiTag>>(value: A) -> B {
    let mut bytes = Vec::new();
    A::write(value, &mut bytes);
    let mut rest = bytes.as_slice();
    let arrived = B::try_read(&mut rest).unwrap();
    assert!(rest.is_empty());
    arrived
}

#[test]
fn a_label_in_one_language_serves_both() {
    let text: Bilingual = crossed(Labels::one("中文 (zh)", "姓名"));
    assert_eq!(text, Bilingual::new("姓名", "姓名"));
}

#[test]
fn choices_cross_as_a_list_of_what_is_on_offer_without_what_filters_read() {
    let choice = |value: &str, label: &str| Choice {
        value: value.into(),
        labels: Bilingual::new(label, value).into(),
        columns: vec![("town".into(), "河东".into())],
        media: Vec::new(),
    };
    let list = [choice("v1", "柳树一村"), choice("v2", "柳树二村"), choice("v3", "柳树三村")];
    let offered: Vec<ChoiceView> = crossed(Choices::some(list.into(), [2, 0]));
    let shown: Vec<_> = offered.iter().map(|c| (c.value.as_str(), c.labels.get("zh"))).collect();
    assert_eq!(shown, [("v3", "柳树三村"), ("v1", "柳树一村")]);
}

#[test]
fn a_page_arrives_with_its_questions_as_the_session_has_them() {
    let node = NodeState {
        path: "/home_visit/facts/care".into(),
        name: "care".into(),
        kind: QuestionKind::Range,
        relevant: true,
        required: false,
        read_only: true,
        value: "3".into(),
        labels: Bilingual::new("照护程度", "Care").into(),
        hints: Bilingual::new("一到五", "One to five").into(),
        choices: Choices::default(),
        appearance: Some("vertical".into()),
        parameters: vec![("start".into(), "1".into())].into(),
        error: Some(Bilingual::new("太大", "Too large")),
    };
    let page = Page {
        path: "/home_visit/facts".into(),
        labels: Bilingual::new("情况", "Facts").into(),
        nodes: vec![node],
    };
    let arrived: Page = crossed(page.clone());
    assert_eq!(arrived, page);
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
fn a_report_arrives_with_each_list_and_every_reason() {
    let label = || Bilingual::new("面积", "Area");
    let (text, decimal) = (QuestionKind::Text, QuestionKind::Decimal);
    let reasons = [
        DropReason::QuestionGone,
        DropReason::KindChanged { from: text, to: decimal },
        DropReason::ChoiceGone,
        DropReason::Constraint { message: Bilingual::new("应在 1 到 30 之间。", "From 1 to 30.") },
        DropReason::Calculated,
        DropReason::ReadOnly,
        DropReason::NoRoom,
    ];
    for reason in &reasons {
        assert_eq!(drop_reason_text(reason), reason.text());
    }
    assert_eq!(hidden_reason_text(HiddenReason::BeyondCount), HiddenReason::BeyondCount.text());
    let dropped = |reason| Dropped {
        path: "/home_visit/facts/debt".into(),
        label: Bilingual::new("欠债情况", "Debts"),
        value: "2".into(),
        shown: "两万".into(),
        class: Some("S".into()),
        reason,
    };
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
        dropped: reasons.into_iter().map(dropped).collect(),
        recalculated: vec![Recalculated {
            path: "/f/e".into(),
            label: label(),
            before: "1".into(),
            after: "2".into(),
        }],
    };
    let migration = VisitMigration { at_ms: 17, report };
    let arrived: VisitMigration = crossed(migration.clone());
    assert_eq!(arrived, migration);
}
