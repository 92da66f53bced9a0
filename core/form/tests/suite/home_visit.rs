//! The home visit form as caseworkers meet it.

use crate::support::{MORNING, filled, missing, pack_form};
use ruhu_form::{AnswerError, Form, MissingReason, Session};
use ruhu_text::{Explain, Lang};
use std::sync::Arc;

fn form() -> Arc<Form> {
    pack_form("home_visit")
}

fn visited() -> Session {
    filled("home_visit")
}

#[test]
fn a_whole_visit_of_an_invented_household_can_be_closed() {
    let session = visited();
    assert_eq!(session.missing(), []);
    let value = |path: &str| session.node(path).unwrap().value;
    assert_eq!(value("team_size"), "2");
    assert_eq!(value("monthly_spend"), "2557.9");
    assert_eq!(value("income_year"), "13440");
    assert_eq!(value("per_capita_month"), "280");
    assert_eq!((value("care_failed"), value("care_level")), ("2".into(), "partly".into()));
    assert_eq!(value("sign_time"), "2026-11-22T09:30:00.000+08:00");
    assert_eq!(value("/home_visit/income/income_item[1]/diff_percent"), "20");
}

#[test]
fn the_answers_of_a_visit_say_where_they_go_and_how_they_are_guarded() {
    let fields = visited().answers();
    let saved: Vec<String> = fields
        .iter()
        .filter_map(|field| Some(format!("{} = {}", field.save_to.as_ref()?, field.value)))
        .collect();
    insta::assert_yaml_snapshot!("saved_fields", saved);
    let eligibility: Vec<&str> =
        fields.iter().filter(|field| field.merge.is_some()).map(|field| field.path.as_str()).collect();
    insta::assert_yaml_snapshot!("eligibility_fields", eligibility);
}

#[test]
fn every_question_about_a_person_has_its_class_of_personal_information() {
    let open = [
        "visit_kind",
        "task_due",
        "role",
        "avoid_conflict",
        "mode",
        "mode_reason",
        "addr_match",
        "basis",
        "has_neighbours",
        "has_papers",
        "has_dissent",
        "close",
        "diff_limit",
    ];
    for question in form().questions().iter().filter(|question| question.kind.is_answerable()) {
        let classed = question.class.is_some();
        assert_ne!(classed, open.contains(&question.name.as_str()), "{}", question.path);
    }
}

#[test]
fn an_empty_visit_says_everything_that_is_missing_in_both_languages() {
    let session = Session::new(form(), MORNING);
    let missing: Vec<String> = session
        .missing()
        .iter()
        .map(|missing| {
            format!("{}: {} / {}", missing.path, missing.reason.message().zh, missing.reason.message().en)
        })
        .collect();
    insta::assert_yaml_snapshot!("empty_visit", missing);
}

#[test]
fn one_investigator_alone_cannot_close_a_visit() {
    let mut session = visited();
    session.remove_repeat("/home_visit/team/investigator[@id='lin']").unwrap();
    let left = session.missing();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].path, "/home_visit/team/team_too_small");
    let MissingReason::Required { message } = &left[0].reason else { panic!("{left:?}") };
    assert_eq!(message.get(Lang::Zh), "至少要有两名调查人员填全姓名、证号并签字，现在只有 1 名。");
}

#[test]
fn an_investigator_who_has_not_signed_does_not_count() {
    let mut session = visited();
    session.answer("/home_visit/team/investigator[2]/sign", "").unwrap();
    assert_eq!(missing(&session), ["sign", "team_too_small"]);
}

#[test]
fn the_same_person_cannot_be_both_investigators() {
    let mut session = visited();
    let before = session.nodes();
    for typed in [
        "ZF-330109-021",
        "zf-330109-021",
        "ＺＦ-330109-021",
        "ZF-330109-021 ",
        "ZF-330109-021\u{3000}",
        "ZF - 330109 - ０２１",
    ] {
        let refused = session.answer("/home_visit/team/investigator[2]/cert_no", typed);
        let Err(AnswerError::Constraint { message, .. }) = refused else { panic!("{typed:?}: {refused:?}") };
        assert_eq!(message.zh, "这个工作证号已经填过：调查人员必须是不同的人。");
        assert_eq!(session.nodes(), before);
    }
    session.answer("/home_visit/team/investigator[2]/cert_no", "ZF-330109-022").unwrap();
}

#[test]
fn whoever_fills_the_form_in_is_one_of_the_investigators() {
    let mut session = visited();
    assert_eq!(session.missing(), [], "a page knows no user, and asks for none");
    session.provide("/home_visit/user", "沈建国").unwrap();
    let left = session.missing();
    let message = left[0].reason.message();
    assert_eq!((left.len(), left[0].path.as_str()), (1, "/home_visit/team/user_not_in_team"));
    assert!(message.zh.contains("填表的人 沈建国 必须是调查人员之一"), "{message:?}");
    session.provide("/home_visit/user", "林 秀梅\u{3000}").unwrap();
    assert_eq!(session.missing(), []);
}

#[test]
fn who_is_related_to_the_household_must_be_replaced() {
    let mut session = visited();
    let refused = session.answer("/home_visit/team/investigator[2]/avoid_conflict", "no").unwrap_err();
    assert_eq!(
        refused.message(Lang::En),
        "Who has a conflict of interest cannot take part; name another person."
    );
    session.answer("/home_visit/team/investigator[2]/avoid_conflict", "").unwrap();
    assert_eq!(missing(&session), ["avoid_conflict"]);
}

#[test]
fn a_household_that_refuses_to_sign_needs_a_reason_and_a_witness() {
    let mut session = visited();
    session.answer("household_sign_kind", "refused").unwrap();
    assert_eq!(missing(&session), ["refusal_reason", "witness_name", "witness_sign"]);
    session.answer("refusal_reason", "认为金额太低").unwrap();
    session.answer("witness_sign", "sign_witness.png").unwrap();
    let left = session.missing();
    assert_eq!(left[0].reason.message().zh, "拒绝签字的，须有见证人。");
    for typed in ["林秀梅", "林秀梅 ", "林 秀梅", "林秀梅\u{3000}"] {
        let refused = session.answer("witness_name", typed).unwrap_err();
        assert_eq!(refused.message(Lang::Zh), "见证人不能是调查人员。");
    }
    session.answer("witness_name", "沈建国").unwrap();
    assert_eq!(session.missing(), []);
}

#[test]
fn a_signature_that_no_longer_applies_is_kept_but_does_not_count() {
    let mut session = visited();
    session.answer("household_sign_kind", "fprint").unwrap();
    assert_eq!(missing(&session), ["household_fprint"]);
    assert!(session.answers().iter().all(|field| !field.path.ends_with("/household_sign")));
    assert!(matches!(session.answer("household_sign", "other.png"), Err(AnswerError::Irrelevant { .. })));
    session.answer("household_fprint", "fprint_chen.jpg").unwrap();
    assert_eq!(session.missing(), []);
    session.answer("household_sign_kind", "sign").unwrap();
    assert_eq!(session.node("household_sign").unwrap().value, "sign_chen.png");
}

#[test]
fn a_visit_by_telephone_needs_a_reason_and_no_photos() {
    let mut session = visited();
    session.answer("mode", "phone").unwrap();
    assert_eq!(missing(&session), ["mode_reason"]);
    assert!(session.answers().iter().all(|field| !field.path.contains("photo_house")));
    session.answer("mode_reason", "台风红色预警，道路中断").unwrap();
    assert_eq!(session.missing(), []);
}

#[test]
fn more_people_than_declared_must_be_explained() {
    let mut session = Session::new(form(), MORNING);
    session.answer("members_declared", "3").unwrap();
    session.answer("members_real", "5").unwrap();
    assert!(session.node("members_changed").unwrap().relevant);
    assert_eq!(session.node("members_changed").unwrap().label("zh"), "与申报的 3 人不一致，请在下面写明。");
    assert!(matches!(session.answer("has_diff", "no"), Err(AnswerError::Constraint { .. })));
    session.answer("members_real", "3").unwrap();
    session.answer("has_diff", "no").unwrap();
    session.answer("members_real", "4").unwrap();
    let left = session.missing();
    assert!(left.iter().any(|missing| missing.path.ends_with("has_diff")
        && matches!(missing.reason, MissingReason::Constraint { .. })));
}

#[test]
fn money_is_yuan_with_two_decimals_at_most() {
    let mut session = Session::new(form(), MORNING);
    for bad in ["12.345", "-1", "12345678901"] {
        assert!(matches!(session.answer("power_bill", bad), Err(AnswerError::Constraint { .. })), "{bad}");
    }
    assert!(matches!(session.answer("power_bill", "七十"), Err(AnswerError::WrongType { .. })));
    session.answer("power_bill", "68.40").unwrap();
    assert_eq!(session.node("monthly_spend").unwrap().value, "68.4");
}

#[test]
fn self_care_is_graded_by_how_many_of_six_fail() {
    let mut session = Session::new(form(), MORNING);
    session.answer("care_needed", "yes").unwrap();
    let items = ["self_eat", "self_dress", "self_bed", "self_toilet", "self_walk", "self_bath"];
    for item in items {
        assert_eq!(session.node("care_level").unwrap().value, "");
        session.answer(item, "yes").unwrap();
    }
    let levels: Vec<String> = items
        .iter()
        .map(|item| {
            session.answer(item, "no").unwrap();
            session.node("care_level").unwrap().value
        })
        .collect();
    assert_eq!(levels, ["partly", "partly", "partly", "lost", "lost", "lost"]);
}

#[test]
fn none_excludes_every_other_vehicle() {
    let mut session = Session::new(form(), MORNING);
    assert!(matches!(session.answer("vehicle_seen", "none car"), Err(AnswerError::Constraint { .. })));
    let refused = session.answer("vehicle_seen", "motorbyke").unwrap_err();
    assert_eq!(
        refused.message(Lang::Zh),
        "“/home_visit/facts/living/vehicle_seen”没有这个选项。是不是“motorbike”？"
    );
    session.answer("vehicle_seen", "none").unwrap();
    assert!(!session.node("vehicle_plate").unwrap().relevant);
}

#[test]
fn the_form_is_the_same_after_a_trip_as_bytes() {
    let form = form();
    let bytes = form.to_bytes();
    let again = Form::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    assert_eq!(again.hash(), form.hash());
    assert_eq!(again.questions(), form.questions());
    assert_eq!((form.id(), form.version(), form.title()), ("home_visit", "2026112701", "入户调查表"));
    assert_eq!(form.languages(), ["中文 (zh)", "English (en)"]);
}

#[test]
fn the_pages_of_a_new_visit_follow_the_paper_form() {
    let session = Session::new(form(), MORNING);
    let pages: Vec<String> = session
        .pages()
        .iter()
        .map(|page| {
            let names: Vec<&str> = page.nodes.iter().map(|node| node.name.as_str()).collect();
            format!("{}: {}", page.path, names.join(" "))
        })
        .collect();
    insta::assert_yaml_snapshot!("pages", pages);
}
