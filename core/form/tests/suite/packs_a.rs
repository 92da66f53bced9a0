//! Leads, authorisations, applications, records of relatives and meetings as
//! caseworkers meet them.

use crate::support::{MORNING, filled, missing, pack_form};
use ruhu_form::{AnswerError, Lang, Session};

fn value(session: &Session, path: &str) -> String {
    session.node(path).unwrap().value
}

fn refused_by_constraint(session: &mut Session, path: &str, value: &str) -> String {
    match session.answer(path, value) {
        Err(AnswerError::Constraint { message, .. }) => message.get(Lang::Zh).to_owned(),
        other => panic!("{path} = {value}: {other:?}"),
    }
}

/// An invented number: the region, birth date and sequence, and the check
/// digit that follows from them by ISO 7064 MOD 11-2.
fn idno(first_17: &str) -> String {
    let sum: u32 = first_17
        .chars()
        .enumerate()
        .map(|(at, digit)| digit.to_digit(10).unwrap() * 2_u32.pow(17 - at as u32))
        .sum();
    let check = (12 - sum % 11) % 11;
    format!("{first_17}{}", if check == 10 { "X".to_owned() } else { check.to_string() })
}

/// All numbers that differ from a right one in the check digit alone are
/// wrong, and so are numbers in which two neighbouring digits are exchanged.
fn wrong_numbers(right: &str) -> Vec<String> {
    let digits: Vec<char> = right.chars().collect();
    let body: String = digits.iter().take(17).collect();
    let checks = "0123456789X".chars().filter(|check| Some(check) != digits.last());
    let mut wrong: Vec<String> = checks.map(|check| format!("{body}{check}")).collect();
    for at in (0..16).filter(|at| digits[*at] != digits[at + 1]) {
        let mut exchanged = digits.clone();
        exchanged.swap(at, at + 1);
        wrong.push(exchanged.into_iter().collect());
    }
    wrong
}

#[test]
fn a_lead_without_a_name_or_number_can_be_filed_when_it_says_how_to_find_the_person() {
    let mut lead = filled("lead");
    lead.answer("person_name", "").unwrap();
    assert_eq!(lead.missing(), []);
    lead.answer("household_note", "").unwrap();
    let left = lead.missing();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].reason.message().zh, "不知道姓名的，请写明情况，好让别人找得到。");
    lead.answer("addr", "").unwrap();
    assert_eq!(missing(&lead), ["addr", "household_note"]);
}

#[test]
fn an_identity_number_with_a_wrong_check_digit_is_refused() {
    let mut lead = filled("lead");
    for right in [idno("33010919480512002"), idno("11010519491231000"), "11010519491231002X".to_owned()] {
        lead.answer("idno", &right).unwrap();
        assert_eq!(value(&lead, "merge_key"), format!("id:{right}"));
        for wrong in wrong_numbers(&right) {
            let message = refused_by_constraint(&mut lead, "idno", &wrong);
            assert!(message.starts_with("证件号码不对"), "{message}");
        }
    }
    let no_day = idno("33010919480230002");
    let tomorrow = idno("33010920261123002");
    let no_province = idno("99010919480512002");
    let before_1900 = idno("33010918990512002");
    for wrong in
        [no_day, tomorrow, no_province, before_1900, "330109480512002".into(), "".to_owned() + "１１"]
    {
        refused_by_constraint(&mut lead, "idno", &wrong);
    }
    refused_by_constraint(&mut lead, "idno", "11010519491231002x");
}

#[test]
fn an_urgent_lead_is_due_in_three_days() {
    let mut lead = filled("lead");
    assert_eq!(value(&lead, "quick_due"), "2026-11-25");
    lead.answer("found_at", "2026-11-21T23:50:00.000+08:00").unwrap();
    assert_eq!(value(&lead, "quick_due"), "2026-11-24");
    lead.answer("quick_aid", "no").unwrap();
    assert!(lead.node("urgent_not_quick").unwrap().relevant);
    lead.answer("severity", "plain").unwrap();
    assert_eq!(value(&lead, "quick_due"), "");
    assert!(!lead.node("quick_aid").unwrap().relevant);
}

#[test]
fn who_cannot_speak_for_themselves_is_helped_to_apply() {
    let mut lead = filled("lead");
    lead.answer("willing", "unable").unwrap();
    assert_eq!(missing(&lead), ["help_apply"]);
    refused_by_constraint(&mut lead, "help_apply", "no");
    lead.answer("help_apply", "yes").unwrap();
    assert_eq!(lead.missing(), []);
}

#[test]
fn two_leads_about_the_same_person_have_the_same_key() {
    let key = |answers: &[(&str, &str)]| {
        let mut lead = filled("lead");
        for (path, answer) in answers {
            lead.answer(path, answer).unwrap();
        }
        value(&lead, "merge_key")
    };
    let number = idno("33010919480512002");
    assert_eq!(key(&[("idno", &number)]), key(&[("idno", &number), ("person_name", "罗秀英")]));
    assert_eq!(key(&[("person_phone", "13900000033")]), "tel:13900000033:罗阿婆");
    assert_eq!(key(&[]), "at:青禾镇河东村:三组，村小学后面第二排，青砖平房:罗阿婆");
}

#[test]
fn a_lead_is_closed_with_a_result_and_never_before_it_was_found() {
    let mut lead = filled("lead");
    lead.answer("result", "lost").unwrap();
    assert_eq!(missing(&lead), ["result_reason", "closed_at"]);
    for wrong in ["2026-11-21", "2026-11-23"] {
        refused_by_constraint(&mut lead, "closed_at", wrong);
    }
    lead.answer("closed_at", "2026-11-22").unwrap();
    lead.answer("result", "accepted").unwrap();
    assert_eq!(missing(&lead), ["result_case"]);
    lead.answer("result_case", "XA-2026-0118").unwrap();
    assert_eq!(lead.missing(), []);
}

#[test]
fn a_lead_cannot_come_from_the_future() {
    let mut lead = Session::new(pack_form("lead"), MORNING);
    assert_eq!(value(&lead, "found_at"), "2026-11-22T09:30:00.000+08:00");
    refused_by_constraint(&mut lead, "found_at", "2026-11-22T09:31:00.000+08:00");
}
