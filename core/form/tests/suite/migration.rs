//! A draft that is open when the county sends a new version of its form.

use crate::support::{MORNING, filled, pack_form, workbook};
use ruhu_form::{
    DropReason, Environment, Form, HiddenReason, JournalEntry, Migration, MigrationError, MigrationReport,
    Session, migrate,
};
use ruhu_formats::read_workbook;
use std::sync::Arc;

const AFTERNOON: Environment = Environment { now_ms: MORNING.now_ms + 5 * 3_600_000, ..MORNING };
const CHOICES: [&str; 7] = [
    "list_name|name|label",
    "work|farm|务农",
    "work|factory|进厂",
    "work|none|没有工作",
    "need|food|粮食",
    "need|coal|煤",
    "need|medicine|药",
];

fn version_of(version: &str, survey: &[&str], choices: &[&str]) -> Arc<Form> {
    let settings = format!("visit|{version}");
    let bytes = workbook(&[
        ("survey", survey),
        ("choices", choices),
        ("settings", &["form_id|version", settings.as_str()]),
    ]);
    Arc::new(read_workbook(&bytes).unwrap_or_else(|faults| panic!("{faults}")).form)
}

fn begin(survey: &[&str]) -> Session {
    Session::new(version_of("1", survey, &CHOICES), MORNING)
}

fn update(old: &Session, survey: &[&str]) -> Migration {
    migrate(old, version_of("2", survey, &CHOICES)).unwrap()
}

fn value(session: &Session, path: &str) -> String {
    session.node(path).unwrap_or_else(|| panic!("{path}")).value
}

/// The paths of the answers but those of the form's own metadata.
fn answered(session: &Session) -> Vec<String> {
    let paths = session.answers().into_iter().map(|field| field.path);
    paths.filter(|path| !path.starts_with("/data/meta/")).collect()
}

/// Path, value as a person reads it, and the reason in Chinese.
fn dropped(report: &MigrationReport) -> Vec<(&str, &str, String)> {
    report
        .dropped
        .iter()
        .map(|told| (told.path.as_str(), told.shown.as_str(), told.reason.text().zh))
        .collect()
}

#[test]
fn a_visit_of_the_pack_goes_on_with_the_same_form_as_if_nothing_had_happened() {
    for name in ["home_visit", "apply_declare", "lead"] {
        let old = filled(name);
        let migration = migrate(&old, pack_form(name)).unwrap();
        assert!(migration.report.is_empty(), "{name}: {:#?}", migration.report);
        assert_eq!(migration.session.nodes(), old.nodes(), "{name}");
        assert_eq!(migration.session.answers(), old.answers(), "{name}");
    }
}

#[test]
fn a_question_that_was_moved_or_renamed_is_found_again() {
    let mut old = begin(&[
        "type|name|label|ruhu::save_to",
        "begin_group|head|户主|",
        "text|full_name|姓名|",
        "integer|area|面积|case/house_area",
        "end_group|||",
    ]);
    old.answer("full_name", "陈大河").unwrap();
    old.answer("area", "86").unwrap();
    let migration = update(
        &old,
        &[
            "type|name|label|ruhu::save_to",
            "begin_group|person|申请人|",
            "text|full_name|姓名|",
            "end_group|||",
            "begin_group|house|住房|",
            "decimal|house_size|面积（平方米）|case/house_area:int",
            "end_group|||",
        ],
    );
    assert_eq!(value(&migration.session, "/data/person/full_name"), "陈大河");
    assert_eq!(value(&migration.session, "/data/house/house_size"), "86");
    let moved: Vec<_> = migration.report.moved.iter().map(|moved| (&*moved.from, &*moved.to)).collect();
    assert_eq!(
        moved,
        [("/data/head/full_name", "/data/person/full_name"), ("/data/head/area", "/data/house/house_size")]
    );
    assert!(migration.report.dropped.is_empty());
}

#[test]
fn what_is_dropped_stays_readable_with_its_question_its_label_and_the_reason() {
    let mut old = begin(&[
        "type|name|label|ruhu::class",
        "select_one work|job|做什么工作|",
        "select_multiple need|needs|缺什么|S",
        "text|phone|电话|S",
        "integer|members|几口人|",
        "text|floors|几层|",
        "decimal|income|收入|S",
    ]);
    for (path, answer) in [
        ("job", "none"),
        ("needs", "food coal medicine"),
        ("phone", "13800000000"),
        ("members", "12"),
        ("floors", "两层半"),
        ("income", "1250.50"),
    ] {
        old.answer(path, answer).unwrap();
    }
    let form = version_of(
        "2",
        &[
            "type|name|label|constraint|constraint_message|calculation",
            "select_one work|job|做什么工作|||",
            "select_multiple need|needs|缺什么|||",
            "integer|members|几口人|. < 10|一户不会有这么多人。|",
            "integer|floors|几层|||",
            "calculate|income||||${members} * 100",
        ],
        &["list_name|name|label", "work|farm|务农", "need|food|粮食", "need|medicine|药"],
    );
    let migration = migrate(&old, form).unwrap();
    assert_eq!(
        dropped(&migration.report),
        [
            ("/data/job", "没有工作", "新版表单没有这个选项了，请重新选择。".to_owned()),
            ("/data/needs", "煤", "新版表单没有这个选项了，请重新选择。".into()),
            ("/data/phone", "13800000000", "新版表单没有这道题了。".into()),
            ("/data/members", "12", "新版表单不接受这个值：一户不会有这么多人。".into()),
            ("/data/floors", "两层半", "这道题的题型由 text 改成了 integer，原来的回答不能照搬。".into()),
            ("/data/income", "1250.50", "新版表单自动算出这一项，结果和原来填的不同。".into()),
        ]
    );
    let classes: Vec<_> = migration.report.dropped.iter().map(|told| told.class.as_deref()).collect();
    assert_eq!(classes, [None, Some("S"), Some("S"), None, None, Some("S")]);
    assert_eq!(migration.report.dropped[2].label.zh, "电话");
    assert_eq!(value(&migration.session, "needs"), "food medicine");
    assert_eq!(value(&migration.session, "members"), "");
}

#[test]
fn a_kind_that_holds_more_takes_the_answer_as_it_is_or_as_it_reads() {
    let mut old = begin(&[
        "type|name|label",
        "integer|size|面积",
        "select_one work|job|工作",
        "text|rooms|几间",
        "decimal|whole|整数",
        "date|moved|哪天搬来",
        "text|when|几时",
    ]);
    for (path, answer) in [
        ("size", "80"),
        ("job", "farm"),
        ("rooms", "007"),
        ("whole", "3.00"),
        ("moved", "2020-05-01"),
        ("when", "2021-5-1"),
    ] {
        old.answer(path, answer).unwrap();
    }
    let migration = update(
        &old,
        &[
            "type|name|label",
            "decimal|size|面积",
            "select_multiple work|job|工作",
            "integer|rooms|几间",
            "integer|whole|整数",
            "dateTime|moved|什么时候搬来",
            "date|when|几时",
        ],
    );
    let now: Vec<String> = ["size", "job", "rooms", "whole", "moved", "when"]
        .iter()
        .map(|path| value(&migration.session, path))
        .collect();
    assert_eq!(now, ["80", "farm", "7", "3", "", "2021-05-01"]);
    let converted: Vec<_> =
        migration.report.converted.iter().map(|told| (&*told.before, &*told.after)).collect();
    assert_eq!(converted, [("007", "7"), ("3.00", "3"), ("2021-5-1", "2021-05-01")]);
    assert!(matches!(migration.report.dropped[..], [ref told] if told.value == "2020-05-01"));
}

#[test]
fn answers_whose_relevance_hangs_on_a_later_one_are_not_lost() {
    let survey = ["type|name|label", "text|why|为什么", "text|who|谁", "select_one work|job|工作"];
    let mut old = begin(&survey);
    old.answer("why", "路不通").unwrap();
    old.answer("who", "村里").unwrap();
    old.answer("job", "farm").unwrap();
    let migration = update(
        &old,
        &[
            "type|name|label|relevant",
            "text|why|为什么|${who} != ''",
            "text|who|谁|${job} = 'farm'",
            "select_one work|job|工作|",
        ],
    );
    assert!(migration.report.is_empty(), "{:#?}", migration.report);
    assert_eq!(answered(&migration.session).len(), 3);
}

#[test]
fn an_answer_that_no_longer_applies_waits_unseen_and_is_listed() {
    let mut old = begin(&["type|name|label", "select_one work|job|工作", "text|debt|欠债"]);
    old.answer("job", "farm").unwrap();
    old.answer("debt", "两万").unwrap();
    let mut migration = update(
        &old,
        &["type|name|label|relevant", "select_one work|job|工作|", "text|debt|欠债|${job} = 'none'"],
    );
    let told = &migration.report.hidden[0];
    assert_eq!(
        (told.path.as_str(), told.value.as_str(), told.reason),
        ("/data/debt", "两万", HiddenReason::Irrelevant)
    );
    assert_eq!(answered(&migration.session).len(), 1);
    migration.session.answer("job", "none").unwrap();
    assert_eq!(value(&migration.session, "debt"), "两万");
    assert!(migration.session.node("debt").unwrap().relevant);
}

#[test]
fn what_was_wrong_before_stays_for_somebody_to_mend() {
    let survey = [
        "type|name|label|constraint",
        "integer|members|几口人|",
        "integer|children|其中小孩|. <= ${members}",
        "text|note|备注|",
    ];
    let mut old = begin(&survey);
    old.answer("members", "5").unwrap();
    old.answer("children", "3").unwrap();
    old.answer("members", "2").unwrap();
    let migration = update(&old, &survey);
    assert!(migration.report.is_empty());
    assert_eq!(value(&migration.session, "children"), "3");
    assert_eq!(migration.session.missing(), old.missing());
}

#[test]
fn the_first_value_that_is_refused_goes_and_those_that_hung_on_it_stay() {
    let survey = ["type|name|label", "integer|members|几口人", "integer|children|其中小孩"];
    let mut old = begin(&survey);
    old.answer("members", "0").unwrap();
    old.answer("children", "3").unwrap();
    let migration = update(
        &old,
        &[
            "type|name|label|constraint",
            "integer|members|几口人|. > 0",
            "integer|children|其中小孩|${members} = '' or . <= ${members}",
        ],
    );
    assert_eq!(dropped(&migration.report).len(), 1);
    assert_eq!(value(&migration.session, "children"), "3");
}

const MEMBERS: [&str; 6] = [
    "type|name|label",
    "begin_repeat|member|成员",
    "text|name|姓名",
    "select_one work|job|工作",
    "end_repeat||",
    "text|note|备注",
];

fn household() -> Session {
    let mut old = begin(&MEMBERS);
    old.answer("member[1]/name", "陈大河").unwrap();
    old.add_repeat("member", "b").unwrap();
    old.answer("member[2]/name", "吴桂香").unwrap();
    old.add_repeat("member", "c").unwrap();
    old.remove_repeat("member[1]").unwrap();
    old.answer("member[@id='c']/name", "陈小满").unwrap();
    old
}

#[test]
fn members_keep_their_ids_and_their_order_in_a_repeat_that_was_renamed() {
    let migration = update(
        &household(),
        &[
            "type|name|label|default",
            "begin_repeat|person|家人|",
            "text|name|姓名|",
            "text|nation|民族|汉",
            "end_repeat|||",
        ],
    );
    assert_eq!(
        answered(&migration.session),
        [
            "/data/person[@id='b']/name",
            "/data/person[@id='b']/nation",
            "/data/person[@id='c']/name",
            "/data/person[@id='c']/nation"
        ]
    );
    assert!(migration.report.dropped.is_empty());
}

#[test]
fn a_repeat_that_became_a_group_keeps_the_first_answers_and_tells_the_others() {
    let migration = update(
        &household(),
        &["type|name|label", "begin_group|member|户主", "text|name|姓名", "end_group||"],
    );
    assert_eq!(value(&migration.session, "/data/member/name"), "吴桂香");
    let told = &migration.report.dropped[..];
    assert!(
        matches!(told, [told] if told.value == "陈小满" && told.reason == DropReason::NoRoom),
        "{told:#?}"
    );
}

#[test]
fn a_group_that_became_a_repeat_is_its_first_instance() {
    let mut old = begin(&["type|name|label", "begin_group|head|户主", "text|name|姓名", "end_group||"]);
    old.answer("name", "陈大河").unwrap();
    let migration =
        update(&old, &["type|name|label", "begin_repeat|head|成员", "text|name|姓名", "end_repeat||"]);
    assert_eq!(value(&migration.session, "/data/head[@id='1']/name"), "陈大河");
    assert_eq!(migration.report.moved.len(), 1);
}

#[test]
fn members_beyond_a_new_count_wait_unseen() {
    let mut migration = update(
        &household(),
        &[
            "type|name|label|repeat_count|default",
            "integer|n|几口人||1",
            "begin_repeat|member|成员|${n}|",
            "text|name|姓名||",
            "end_repeat||||",
        ],
    );
    let told = &migration.report.hidden[..];
    assert!(
        matches!(told, [told] if told.value == "陈小满" && told.reason == HiddenReason::BeyondCount),
        "{told:#?}"
    );
    migration.session.answer("n", "2").unwrap();
    assert_eq!(value(&migration.session, "/data/member[@id='2']/name"), "陈小满");
    assert_eq!(answered(&migration.session).len(), 3);
}

#[test]
fn a_household_without_members_does_not_get_one() {
    let mut old = begin(&MEMBERS);
    old.remove_repeat("member[1]").unwrap();
    let migration = update(&old, &MEMBERS);
    assert!(migration.session.nodes().iter().all(|node| node.name != "member"));
}

#[test]
fn the_visit_is_the_same_visit_begun_and_last_changed_when_it_was() {
    let survey = |first: &'static str| {
        [
            "type|name|label|calculation|default",
            "start|begun|||",
            "end|ended|||",
            first,
            "calculate|draw||once(random())|",
            "text|note|备注||没有",
        ]
    };
    let mut old = begin(&survey("calculate|visit_id||once(uuid())|"));
    old.set_environment(AFTERNOON);
    old.answer("note", "").unwrap();
    let migration = update(&old, &survey("calculate|visit_number||once(uuid())|"));
    let same = |path: &str| assert_eq!(value(&migration.session, path), value(&old, path), "{path}");
    same("begun");
    same("draw");
    // Somebody cleared the default, and it stays cleared.
    same("note");
    let ended =
        |session: &Session| session.answers().into_iter().find(|field| field.path.ends_with("/ended"));
    assert_eq!(ended(&migration.session), ended(&old));
    assert_eq!(migration.environment, AFTERNOON);
}

#[test]
fn a_migrated_draft_is_a_journal_that_goes_on() {
    let mut migration = update(
        &household(),
        &["type|name|label", "begin_repeat|person|家人", "text|name|姓名", "end_repeat||"],
    );
    let entry = JournalEntry::AddRepeat { path: "/data/person".into(), instance_id: "d".into() };
    migration.session.set_environment(AFTERNOON);
    migration.session.apply(&entry).unwrap();
    let kept = serde_json::to_string(&[&migration.entry, &entry]).unwrap();
    let mut reopened = Session::new(migration.session.form().clone(), migration.begun);
    for (environment, entry) in [migration.environment, AFTERNOON]
        .into_iter()
        .zip(serde_json::from_str::<Vec<JournalEntry>>(&kept).unwrap())
    {
        reopened.set_environment(environment);
        reopened.apply(&entry).unwrap();
    }
    assert_eq!(reopened.nodes(), migration.session.nodes());
    insta::assert_snapshot!(serde_json::to_string_pretty(&migration.entry).unwrap());
}

#[test]
fn the_report_is_stored_in_one_form_and_a_newer_one_is_refused() {
    let mut old = begin(&["type|name|label|ruhu::class", "select_one work|job|工作|S", "text|debt|欠债|"]);
    old.answer("job", "none").unwrap();
    old.answer("debt", "两万").unwrap();
    let form = version_of(
        "2",
        &["type|name|label", "select_one work|job|工作"],
        &["list_name|name|label", "work|farm|务农"],
    );
    let report = migrate(&old, form).unwrap().report;
    let stored = serde_json::to_string_pretty(&report).unwrap();
    assert_eq!(serde_json::from_str::<MigrationReport>(&stored).unwrap(), report);
    let newer = stored.replace("\"format\": 1", "\"format\": 2");
    assert!(serde_json::from_str::<MigrationReport>(&newer).unwrap_err().to_string().contains("format 2"));
    insta::assert_snapshot!(stored);
}

#[test]
fn a_draft_does_not_move_to_another_form() {
    let old = begin(&MEMBERS);
    let other = migrate(&old, pack_form("lead"));
    assert!(matches!(other, Err(MigrationError::OtherForm { .. })));
}

#[test]
fn what_was_carried_cannot_be_carried_into_a_draft_that_was_begun() {
    let mut session = household();
    let before = session.nodes();
    let carried = update(&session, &MEMBERS).entry;
    assert!(session.apply(&carried).is_err());
    assert_eq!(session.nodes(), before);
}

#[test]
fn a_damaged_carrying_entry_is_refused_and_changes_nothing() {
    let good = update(&household(), &MEMBERS).entry;
    let text = serde_json::to_string(&good).unwrap();
    for (from, to) in [
        ("/data/member[@id='b']\"", "/data/member\""),
        ("/data/member[@id='b']\"", "/data/note[@id='b']\""),
        ("/data/member[@id='b']\"", "/data/member[@id='b c']\""),
        ("/data/member[@id='b']\"", "/data/member[@id='c']\""),
        ("/data/member[@id='b']/name", "/data/member[@id='z']/name"),
        ("/data/member[@id='b']/name", "//"),
    ] {
        let bad = text.replace(from, to);
        assert_ne!(bad, text);
        let mut session = begin(&MEMBERS);
        let before = session.nodes();
        assert!(session.apply(&serde_json::from_str(&bad).unwrap()).is_err(), "{from} {to}");
        assert_eq!(session.nodes(), before);
    }
}
