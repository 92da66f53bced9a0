//! Publicity, self-care assessment, quick small aid and hearings, as
//! caseworkers meet them.

use crate::support::{MORNING, filled, missing, pack_form};
use ruhu_form::{AnswerError, Session};
use ruhu_text::Lang;

fn value(session: &Session, path: &str) -> String {
    session.node(path).unwrap().value
}

/// The form's own words, when its constraint refuses the answer.
fn refused(session: &mut Session, path: &str, answer: &str) -> String {
    match session.answer(path, answer) {
        Err(AnswerError::Constraint { message, .. }) => message.zh,
        other => panic!("{path} = {answer}: {other:?}"),
    }
}

/// A new session with these answers.
fn answered(name: &str, answers: &[(&str, &str)]) -> Session {
    let mut session = Session::new(pack_form(name), MORNING);
    for (path, value) in answers {
        session.answer(path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    session
}

#[test]
fn every_question_about_a_person_has_its_class_in_these_forms() {
    let open = [
        ("publicity", "kind place place_detail posted_on only_three has_objection removed_on objection_on"),
        ("selfcare", "assess_kind assess_due assessed_on result_told"),
        ("quick_aid", "known_on month_standard paid_on explained_on"),
        ("change_hearing", "has_papers told_all served_how told_remedies"),
    ];
    let common = ["close", "officer_free", "assessor_free", "officers_least", "assessors_least"];
    let parameters = ["notice_days", "days_limit", "cap_months", "grace_most"];
    for (name, names) in open {
        for question in pack_form(name).questions().iter().filter(|question| question.kind.is_answerable()) {
            let known = question.name.as_str();
            let is_open = names.split(' ').any(|open| open == known)
                || common.contains(&known)
                || parameters.contains(&known);
            assert_ne!(question.class.is_some(), is_open, "{}", question.path);
        }
    }
}

#[test]
fn what_the_household_record_keeps_of_these_forms() {
    let kept: Vec<String> = ["publicity", "selfcare", "quick_aid", "change_hearing"]
        .into_iter()
        .flat_map(|name| filled(name).answers())
        .filter_map(|field| Some(format!("{} = {} {:?}", field.save_to?, field.value, field.merge)))
        .collect();
    insta::assert_yaml_snapshot!("packs_b_saved_fields", kept);
}

#[test]
fn a_notice_says_name_number_and_amount_and_nothing_else() {
    let session = filled("publicity");
    let notice = session.node("notice_shown").unwrap();
    assert_eq!(
        notice.label("zh"),
        "照下面的字贴出，一个字不多：\n【初审公示】\n申请人：陈大河；家庭人数：4 人；拟保障金额：每月 1480.00 元"
    );
    assert_eq!(value(&session, "notice_text"), "申请人：陈大河；家庭人数：4 人；拟保障金额：每月 1480.00 元");
}

#[test]
fn a_number_has_no_place_in_the_name_on_a_notice() {
    let mut session = Session::new(pack_form("publicity"), MORNING);
    for name in ["陈大河 330109195504123015", "陈大河13800000000", "陈"] {
        assert_eq!(refused(&mut session, "applicant_name", name), "请填 2 到 60 个字的姓名，不带号码。");
    }
    session.answer("applicant_name", "买买提·吐尔逊").unwrap();
    session.answer("applicant_name", "𠮷田").unwrap();
}

#[test]
fn a_notice_hangs_for_seven_calendar_days_across_a_holiday_and_a_leap_day() {
    let mut session = Session::new(pack_form("publicity"), MORNING);
    for (posted, until) in
        [("2026-09-28", "2026-10-05"), ("2024-02-25", "2024-03-03"), ("2025-12-29", "2026-01-05")]
    {
        session.answer("posted_on", posted).unwrap();
        assert_eq!(value(&session, "posted_until"), until);
    }
    assert!(session.node("until_shown").unwrap().label("en").contains("until 2026-01-05"));
}

#[test]
fn a_notice_taken_down_on_the_sixth_day_does_not_count() {
    let mut session = filled("publicity");
    session.answer("posted_on", "2026-11-12").unwrap();
    session.answer("removed_on", "2026-11-19").unwrap();
    assert!(refused(&mut session, "removed_on", "2026-11-18").starts_with("公示没有期满"));
    assert!(refused(&mut session, "removed_on", "2026-11-23").starts_with("公示没有期满"));
    session.answer("posted_on", "2026-11-14").unwrap();
    assert_eq!(missing(&session), ["removed_on"]);
}

#[test]
fn a_notice_that_shows_more_must_come_down_at_once() {
    let mut session = filled("publicity");
    assert!(refused(&mut session, "only_three", "no").contains("立即撤下"));
}

#[test]
fn an_objection_without_a_name_counts_and_an_open_one_blocks_the_result() {
    let mut session = filled("publicity");
    let objection = "/publicity/objections/objection[1]";
    assert!(!session.node(&format!("{objection}/objector")).unwrap().relevant);
    session.answer(&format!("{objection}/objection_state"), "open").unwrap();
    assert_eq!(missing(&session), ["objections_pending"]);
    session.answer(&format!("{objection}/objection_state"), "upheld").unwrap();
    assert_eq!(missing(&session), ["result"]);
    session.answer("result", "upheld").unwrap();
    assert_eq!(missing(&session), [] as [&str; 0]);
    assert!(session.node("next_upheld").unwrap().relevant);
    assert!(refused(&mut session, "result", "none").contains("对不上"));
}

#[test]
fn six_items_give_the_level_and_the_grade_follows() {
    let mut session = Session::new(pack_form("selfcare"), MORNING);
    let items = ["can_eat", "can_dress", "can_bed", "can_toilet", "can_walk", "can_bath"];
    for item in items {
        assert_eq!(value(&session, "level"), "", "before {item}");
        session.answer(item, "yes").unwrap();
    }
    let mut levels = vec![value(&session, "level")];
    for item in items {
        session.answer(item, "no").unwrap();
        levels.push(value(&session, "level"));
    }
    assert_eq!(levels, ["able", "partly", "partly", "partly", "lost", "lost", "lost"]);
    assert!(refused(&mut session, "care_grade", "partly").contains("一致"));
    session.answer("care_grade", "lost").unwrap();
    session.answer("can_eat", "yes").unwrap();
    session.answer("can_bath", "yes").unwrap();
    session.answer("can_walk", "yes").unwrap();
    assert!(missing(&session).contains(&"care_grade".to_owned()), "the grade no longer fits three of six");
}

#[test]
fn what_somebody_cannot_do_must_be_described_and_papers_photographed() {
    let mut session = filled("selfcare");
    session.answer("can_toilet", "no").unwrap();
    assert_eq!(missing(&session), ["note_toilet", "care_grade"]);
    session.answer("can_toilet", "yes").unwrap();
    session.answer("papers", "").unwrap();
    let left = session.missing();
    assert_eq!(left[0].reason.message().zh, "有一项是照病历、证件得知的，请拍下那份材料。");
    session.answer("how_bath", "told").unwrap();
    assert_eq!(missing(&session), [] as [&str; 0]);
}

#[test]
fn age_is_by_the_calendar_on_the_day_of_the_assessment() {
    let mut session = answered("selfcare", &[("person_idno", "330109194809031176")]);
    for (day, age) in [("2026-09-02", "77"), ("2026-09-03", "78"), ("2026-11-20", "78")] {
        session.answer("assessed_on", day).unwrap();
        assert_eq!(value(&session, "person_age"), age);
    }
    assert_eq!(value(&session, "person_birth"), "1948-09-03");
}

#[test]
fn a_wrong_check_digit_is_found_in_every_place_of_an_id_number() {
    let right = "330109195504123015";
    for (form_name, path) in [("selfcare", "person_idno"), ("quick_aid", "person_idno")] {
        let mut session = Session::new(pack_form(form_name), MORNING);
        if form_name == "quick_aid" {
            session.answer("has_idno", "yes").unwrap();
        }
        session.answer(path, right).unwrap();
        session.answer(path, "33010919721105203X").unwrap();
        for at in 0..17 {
            let mut digits = right.as_bytes().to_vec();
            digits[at] = if digits[at] == b'9' { b'8' } else { digits[at] + 1 };
            let wrong = String::from_utf8(digits).unwrap();
            assert!(refused(&mut session, path, &wrong).starts_with("身份证号不对"), "{wrong}");
        }
        for wrong in [
            "33010919550412301",
            "3301091955041230150",
            "33010919721105203x",
            "330109197202302041",
            "330109202702282044",
            "一二三",
        ] {
            assert!(refused(&mut session, path, wrong).starts_with("身份证号不对"), "{wrong}");
        }
    }
}

#[test]
fn a_fingerprint_needs_a_witness_who_is_none_of_the_officers() {
    let mut session = filled("selfcare");
    assert!(refused(&mut session, "person_witness", "林秀梅").contains("不能是经办人员"));
    session.answer("person_witness", "").unwrap();
    let left = session.missing();
    assert_eq!(left[0].reason.message().en, "A fingerprint or a refusal needs a witness.");
    session.answer("person_sign_kind", "refused").unwrap();
    assert_eq!(missing(&session), ["person_refusal", "person_witness"]);
}

#[test]
fn quick_aid_is_at_most_a_month_of_the_local_standard() {
    let mut session = filled("quick_aid");
    assert!(refused(&mut session, "amount", "830.01").contains("上限"));
    session.answer("amount", "830").unwrap();
    session.answer("month_standard", "630").unwrap();
    assert_eq!(missing(&session), ["amount", "amount_over"]);
    assert!(session.node("amount_over").unwrap().label("zh").contains("超过了上限 630 元"));
}

#[test]
fn quick_aid_after_the_third_day_is_explained_and_not_refused() {
    let mut session = filled("quick_aid");
    session.answer("known_on", "2026-11-17").unwrap();
    assert_eq!(value(&session, "pay_by"), "2026-11-20");
    assert_eq!(missing(&session), [] as [&str; 0]);
    session.answer("known_on", "2026-11-16").unwrap();
    assert_eq!(missing(&session), ["late_reason"]);
    session.answer("late_reason", "道路塌方，第四天才能进村").unwrap();
    assert_eq!(missing(&session), [] as [&str; 0]);
}

#[test]
fn somebody_without_papers_is_helped_and_only_the_explanation_keeps_the_record_open() {
    let mut session = filled("quick_aid");
    session.answer("has_idno", "no").unwrap();
    session.answer("person_name", "不详，左眉有疤的老人").unwrap();
    assert!(session.node("next_idno").unwrap().relevant);
    assert_eq!(missing(&session), [] as [&str; 0]);
    session.answer("later_explanation", "").unwrap();
    let left = session.missing();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].reason.message().zh, "先救助的，事后必须补说明。");
}

#[test]
fn nobody_decides_before_the_household_was_told_and_heard() {
    let mut session = filled("change_hearing");
    for day in ["2026-11-15", "2026-11-17"] {
        assert!(refused(&mut session, "decided_at", day).contains("听取意见"), "{day}");
    }
    session.answer("decided_at", "2026-11-18").unwrap();
    session.answer("heard_at", "2026-11-19").unwrap();
    assert_eq!(missing(&session), ["decided_at"]);
    session.answer("heard_at", "").unwrap();
    session.answer("household_view", "").unwrap();
    assert_eq!(missing(&session), ["heard_at", "household_view"]);
}

#[test]
fn a_decision_has_reasons_and_is_served_after_it_was_made() {
    let mut session = filled("change_hearing");
    assert!(refused(&mut session, "served_at", "2026-11-19").contains("不能早于决定日期"));
    session.answer("reasons", "").unwrap();
    let left = session.missing();
    assert_eq!(left[0].reason.message().get(Lang::Zh), "决定必须写明理由。");
    assert!(refused(&mut session, "from_month", "2026-10").contains("不能早于"));
    session.answer("from_month", "2026-11").unwrap();
    session.answer("from_month", "2027-01").unwrap();
}

#[test]
fn a_harsher_decision_than_the_household_was_told_needs_a_new_hearing() {
    let mut session = filled("change_hearing");
    session.answer("amount_decided", "660").unwrap();
    assert_eq!(missing(&session), [] as [&str; 0]);
    session.answer("amount_decided", "500").unwrap();
    assert_eq!(missing(&session), ["harsher"]);
    session.answer("decision", "end").unwrap();
    assert_eq!(missing(&session), ["harsher", "grace_months"]);
    session.answer("decision", "keep").unwrap();
    assert_eq!(missing(&session), [] as [&str; 0]);
}

#[test]
fn refusing_work_counts_after_three_times_and_costs_one_share_only() {
    let mut session = filled("change_hearing");
    session.answer("cause", "refused_work").unwrap();
    assert!(refused(&mut session, "refusals", "2").contains("满 3 次"));
    session.answer("refusals", "3").unwrap();
    assert_eq!(missing(&session), [] as [&str; 0]);
    session.answer("planned_change", "end").unwrap();
    assert_eq!(missing(&session), ["own_share_only"]);
}

#[test]
fn grace_after_finding_work_is_six_months_at_most() {
    let mut session = filled("change_hearing");
    session.answer("planned_change", "end").unwrap();
    session.answer("decision", "end").unwrap();
    assert_eq!(missing(&session), ["grace_months"]);
    assert!(refused(&mut session, "grace_months", "7").contains("6 个月"));
    session.answer("grace_months", "6").unwrap();
    assert_eq!(missing(&session), [] as [&str; 0]);
}

#[test]
fn an_officer_with_a_conflict_or_without_a_signature_does_not_count() {
    for name in ["publicity", "quick_aid", "change_hearing"] {
        let mut session = filled(name);
        let officer = format!("/{name}/officers/officer[1]");
        assert!(refused(&mut session, &format!("{officer}/officer_free"), "no").contains("请换人"));
        session.answer(&format!("{officer}/officer_sign"), "").unwrap();
        assert_eq!(missing(&session), ["officer_sign", "officer_too_few"], "{name}");
    }
}
