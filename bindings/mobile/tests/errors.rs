//! Every error of a device reaches a phone's language as a variant of its own kind, with its code and
//! both messages.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::ErrorKind;

use ruhu_case::{ApplyError, CaseError, Refusal};
use ruhu_device::Explain;
use ruhu_device::{
    DeviceError, LetterError, NoRandomness, PictureAnswerError, PictureError, RequestError, StoreError,
    SyncReport, TransportError, UnknownKind,
};
use ruhu_form::{AnswerError, FormError, Missing, MissingReason, QuestionKind};
use ruhu_mobile::{AnswerRule, IdNumberRule, RuhuError};
use ruhu_national::{Day, Division, IdNumber, IdNumberError};
use ruhu_sync::Problem;
use ruhu_sync::engine::EngineError;
use ruhu_text::{Bilingual, Lang};

/// One of each kind that `DeviceError` has, and of each kind that it tells apart inside.
fn every_error() -> Vec<DeviceError> {
    let mut all = vec![
        CaseError::Engine.into(),
        ApplyError { index: 0, hash: None, refusal: Refusal::Fork }.into(),
        IdNumberError::CheckDigit.into(),
        Division::parse("12345").unwrap_err().into(),
        FormError::Damaged.into(),
        AnswerError::ReadOnly { path: "/f/x".into() }.into(),
        EngineError::OutOfTurn.into(),
        LetterError::NoFont.into(),
        RequestError::NotAuthorized(Vec::new()).into(),
        DeviceError::Stored("heads".into()),
        NoRandomness.into(),
        DeviceError::Server { status: 410, problem: problem() },
        DeviceError::NotEnrolled,
        DeviceError::AlreadyEnrolled,
        DeviceError::InvalidCode,
        DeviceError::WrongServer,
        DeviceError::OutOfScope,
        DeviceError::NotFound { what: "case" },
        DeviceError::VisitClosed,
        DeviceError::NotComplete { missing: vec![missing()] },
        DeviceError::InConflict { paths: vec!["case/members_real".into()] },
        DeviceError::NoSuchConflict,
        DeviceError::NoSuchMigration,
        DeviceError::NotAPhoto,
        DeviceError::NoPicture(PictureError::Damaged),
        DeviceError::Picture(PictureAnswerError::NotEvidence { path: "/v/house".into() }),
        DeviceError::Picture(PictureAnswerError::Used { path: "/v/in".into(), first: "/v/out".into() }),
        DeviceError::UnknownKind(UnknownKind { suggestion: None }),
        DeviceError::File(ErrorKind::NotFound),
        DeviceError::SyncRunning,
        DeviceError::Cancelled { report: Box::default() },
        DeviceError::Incomplete { cause: Box::new(DeviceError::WrongServer), report: Box::default() },
    ];
    all.extend(store_errors().into_iter().map(DeviceError::from));
    all.extend(transport_errors().into_iter().map(DeviceError::from));
    all
}

fn store_errors() -> Vec<StoreError> {
    vec![
        StoreError::WrongKey,
        StoreError::InUse,
        StoreError::DiskFull,
        StoreError::Newer { found: 9, supported: 1 },
        StoreError::Damaged { detail: "database".into() },
        StoreError::WrongContent,
        StoreError::NotFound { what: "draft" },
        StoreError::Clash { what: "a place in the store" },
        StoreError::OutOfRange { what: "seq" },
        StoreError::ReadOnly,
        StoreError::RolledBack,
        StoreError::Io { action: "open the store's folder", kind: ErrorKind::PermissionDenied },
        StoreError::Sqlite { code: 1 },
        StoreError::TooOldSqlite { found: "3.40.0".into() },
    ]
}

fn transport_errors() -> Vec<TransportError> {
    vec![
        TransportError::Unreachable("connection refused".into()),
        TransportError::Cut("connection reset".into()),
        TransportError::Silent,
        TransportError::TooLarge(1024),
        TransportError::WrongCertificate,
        TransportError::Protocol { found: Some("9".into()), supported: 1 },
    ]
}

fn problem() -> Problem {
    Problem::new("code_expired", "登记码已过期。", "The code has expired.")
}

fn missing() -> Missing {
    Missing {
        path: "/home_visit/place/geo".into(),
        labels: Bilingual::new("现场定位", "Position").into(),
        reason: MissingReason::Required {
            message: Bilingual::new("必须填写。", "An answer is required.")
        },
    }
}

/// The variant's name and what it says.
fn parts(error: &RuhuError) -> (String, String) {
    let shown = format!("{error:?}");
    let variant = shown.split([' ', '{']).next().unwrap_or_default().to_owned();
    (variant, error.to_string())
}

#[test]
fn every_code_of_a_device_has_a_variant_that_says_it_in_both_languages() {
    let mut table = String::new();
    for error in every_error() {
        let (code, zh, en) = (error.code(), error.message(Lang::Zh), error.message(Lang::En));
        let carried = RuhuError::from(error);
        let (variant, shown) = parts(&carried);
        assert_eq!(shown, format!("{code}: {en}"), "{variant}");
        assert!(format!("{carried:?}").contains(&format!("{zh:?}")), "{variant}");
        writeln!(table, "{code} -> {variant}").unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn one_code_never_becomes_two_kinds_of_error() {
    // A sync that broke off has the code of what broke it.
    let errors = every_error().into_iter().filter(|error| !matches!(error, DeviceError::Incomplete { .. }));
    let pairs: BTreeSet<(&str, String)> =
        errors.map(|error| (error.code(), parts(&error.into()).0)).collect();
    let codes: BTreeSet<&str> = pairs.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes.len(), pairs.len(), "{pairs:?}");
}

#[test]
fn a_sync_that_broke_off_carries_what_went_well() {
    let report = SyncReport { sent: 3, ..SyncReport::default() };
    let broken =
        DeviceError::Incomplete { cause: Box::new(DeviceError::WrongServer), report: Box::new(report) };
    let RuhuError::SyncIncomplete { code, report, .. } = broken.into() else { panic!("another variant") };
    assert_eq!((code.as_str(), report.sent), ("wrong_server", 3));
}

#[test]
fn a_screen_gets_what_it_needs_besides_the_message() {
    let RuhuError::NotComplete { missing: told, .. } =
        RuhuError::from(DeviceError::NotComplete { missing: vec![missing()] })
    else {
        panic!("another variant")
    };
    assert_eq!(told, [missing()]);

    let refused = DeviceError::Server { status: 410, problem: problem() };
    let RuhuError::ServerRefused { status, problem, .. } = RuhuError::from(refused) else {
        panic!("another variant")
    };
    assert_eq!((status, problem.as_str()), (410, "code_expired"));

    let unknown =
        AnswerError::UnknownPath { path: "members_rael".into(), suggestion: Some("members_real".into()) };
    let RuhuError::InvalidAnswer { rule, path, suggestion, .. } = RuhuError::from(DeviceError::from(unknown))
    else {
        panic!("another variant")
    };
    assert_eq!((rule, path.as_str()), (AnswerRule::UnknownPath, "members_rael"));
    assert_eq!(suggestion.as_deref(), Some("members_real"));
}

#[test]
fn each_rule_of_the_form_and_of_id_numbers_keeps_its_name() {
    let path = || "/f/x".to_owned();
    let message = || Bilingual::new("不行。", "No.");
    let answers = [
        AnswerError::UnknownPath { path: path(), suggestion: None },
        AnswerError::AmbiguousPath { path: path() },
        AnswerError::BadPath { path: path() },
        AnswerError::NotAQuestion { path: path() },
        AnswerError::NotARepeat { path: path() },
        AnswerError::CountedRepeat { path: path() },
        AnswerError::WrongType { path: path(), kind: QuestionKind::Integer },
        AnswerError::UnknownChoice { path: path(), suggestion: None },
        AnswerError::ReadOnly { path: path() },
        AnswerError::Calculated { path: path() },
        AnswerError::Irrelevant { path: path() },
        AnswerError::Constraint { path: path(), message: message() },
        AnswerError::TooLong { path: path(), limit: 9 },
        AnswerError::BadInstanceId { path: path() },
        AnswerError::InstanceExists { path: path() },
        AnswerError::TooManyInstances { path: path(), limit: 9 },
        AnswerError::NotRequested { path: path() },
        AnswerError::Expression { path: path(), message: message() },
    ];
    for error in answers {
        let named = format!("{error:?}");
        match RuhuError::from(DeviceError::from(error)) {
            RuhuError::InvalidAnswer { rule, path, .. } => {
                assert!(named.starts_with(&format!("{rule:?} ")), "{named} became {rule:?}");
                assert_eq!(path, "/f/x");
            }
            other => panic!("{other:?}"),
        }
    }
    let numbers = [
        ("", IdNumberRule::Empty),
        ("1101051949123100", IdNumberRule::Length),
        ("110105491231002", IdNumberRule::Old),
        ("1101051949123100A2", IdNumberRule::Character),
        ("991105194912310021", IdNumberRule::Region),
        ("110105194902300021", IdNumberRule::BirthDate),
        ("110105189912310021", IdNumberRule::BirthTooEarly),
        ("110105202603020021", IdNumberRule::BirthInFuture),
        ("110105194912310021", IdNumberRule::CheckDigit),
    ];
    for (number, expected) in numbers {
        let error = IdNumber::parse(number, Day::new(2026, 3, 1)).unwrap_err();
        match RuhuError::from(DeviceError::from(error)) {
            RuhuError::InvalidIdNumber { rule, .. } => assert_eq!(rule, expected, "{number}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn answers_that_were_to_be_taken_over_too_late_name_no_question() {
    match RuhuError::from(DeviceError::from(AnswerError::NotFirst)) {
        RuhuError::InvalidAnswer { rule, path, suggestion, .. } => {
            assert_eq!((rule, path.as_str(), suggestion), (AnswerRule::NotFirst, "", None));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_old_id_number_stays_out_of_the_error_that_a_crash_report_would_carry() {
    let error = IdNumber::parse("110105491231002", None).unwrap_err();
    let shown = format!("{:?}", RuhuError::from(DeviceError::from(error)));
    assert!(!shown.contains("19491231") && !shown.contains("491231"), "{shown}");
}
