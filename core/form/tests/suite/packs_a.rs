//! Leads, authorisations, applications, records of relatives and meetings as
//! caseworkers meet them.

use crate::support::{MORNING, filled, missing, pack_form};
use ruhu_form::{AnswerError, Session};
use ruhu_text::Lang;
use sha2::{Digest, Sha256};

pub fn value(session: &Session, path: &str) -> String {
    session.node(path).unwrap().value
}

pub fn refused_by_constraint(session: &mut Session, path: &str, value: &str) -> String {
    match session.answer(path, value) {
        Err(AnswerError::Constraint { message, .. }) => message.get(Lang::Zh).to_owned(),
        other => panic!("{path} = {value}: {other:?}"),
    }
}

pub fn answered(session: &mut Session, at: &str, answers: &[(&str, &str)]) {
    for (name, answer) in answers {
        session.answer(&format!("{at}{name}"), answer).unwrap_or_else(|error| panic!("{at}{name}: {error}"));
    }
}

/// The hash of the text that a note shows in Chinese, as the form keeps it
/// beside the signature.
pub fn hash_of_note(session: &Session, note: &str) -> String {
    let text = session.node(note).unwrap().label("zh").to_owned();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An invented number: the region, birth date and sequence, and the check
/// digit that follows from them by ISO 7064 MOD 11-2.
pub fn idno(first_17: &str) -> String {
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

const GRANTOR: &str = "/check_authorization/grantors/grantor";

#[test]
fn the_text_that_is_signed_is_the_text_that_was_shown() {
    let authorization = filled("check_authorization");
    assert_eq!(value(&authorization, "text_hash"), hash_of_note(&authorization, "auth_text"));
    assert_eq!(value(&authorization, "text_version"), "2026-11");
}

#[test]
fn a_fingerprint_needs_reading_aloud_and_a_witness_who_is_not_a_grantor() {
    let mut authorization = filled("check_authorization");
    let at = |name: &str| format!("{GRANTOR}[1]/{name}");
    authorization.answer(&at("can_read"), "yes").unwrap();
    for name in ["read_aloud", "witness_name", "witness_sign"] {
        authorization.answer(&at(name), "").unwrap();
    }
    assert_eq!(missing(&authorization), ["read_aloud", "witness_name", "witness_sign"]);
    refused_by_constraint(&mut authorization, &at("read_aloud"), "no");
    refused_by_constraint(&mut authorization, &at("witness_name"), "吴桂香");
    authorization.answer(&at("grant_sign_kind"), "sign").unwrap();
    assert_eq!(missing(&authorization), ["grant_sign"]);
}

#[test]
fn who_signs_but_cannot_read_has_it_read_aloud_before_a_witness() {
    let mut authorization = filled("check_authorization");
    authorization.answer(&format!("{GRANTOR}[2]/can_read"), "no").unwrap();
    assert_eq!(missing(&authorization), ["read_aloud", "witness_name", "witness_sign"]);
}

#[test]
fn a_minor_does_not_authorise_but_a_guardian_does() {
    let mut authorization = filled("check_authorization");
    let child = idno("33010920170811002");
    answered(&mut authorization, &format!("{GRANTOR}[2]/"), &[("grantor_idno", &child)]);
    let left = authorization.missing();
    assert_eq!(missing(&authorization), ["grantor_minor"]);
    assert_eq!(
        left[0].reason.message().zh,
        "吴桂香 未满 18 周岁，要由监护人授权：请换成监护人，身份选“监护人”。"
    );
    let works_at_16 = idno("33010920100304001");
    answered(&mut authorization, &format!("{GRANTOR}[2]/"), &[("grantor_idno", &works_at_16)]);
    assert_eq!(missing(&authorization), ["own_living"]);
    answered(&mut authorization, &format!("{GRANTOR}[2]/"), &[("own_living", "yes")]);
    assert_eq!(authorization.missing(), []);
    answered(&mut authorization, &format!("{GRANTOR}[2]/"), &[("own_living", "no")]);
    assert_eq!(missing(&authorization), ["grantor_minor"]);
}

#[test]
fn for_a_child_under_fourteen_the_guardian_signs_once_more() {
    let mut authorization = filled("check_authorization");
    let ward = format!("{GRANTOR}[3]/");
    answered(&mut authorization, &ward, &[("minor_guardian_sign", "")]);
    assert_eq!(missing(&authorization), ["minor_guardian_sign"]);
    let fourteen_today = idno("33010920121122002");
    answered(&mut authorization, &ward, &[("ward_idno", &fourteen_today)]);
    assert_eq!(value(&authorization, &format!("{ward}ward_age")), "14");
    assert_eq!(authorization.missing(), []);
    let fourteen_tomorrow = idno("33010920121123002");
    answered(&mut authorization, &ward, &[("ward_idno", &fourteen_tomorrow)]);
    assert_eq!(missing(&authorization), ["minor_guardian_sign"]);
    refused_by_constraint(&mut authorization, &format!("{ward}ward_idno"), "330109196107180045");
}

#[test]
fn a_grown_person_who_can_judge_is_not_represented() {
    let mut authorization = filled("check_authorization");
    let ward = format!("{GRANTOR}[3]/");
    answered(&mut authorization, &ward, &[("ward_idno", &idno("33010919580302001"))]);
    assert_eq!(missing(&authorization), ["ward_unable"]);
    let message = refused_by_constraint(&mut authorization, &format!("{ward}ward_unable"), "no");
    assert_eq!(message, "被监护人已成年又能自己作主的，应由本人授权。");
}

#[test]
fn nobody_authorises_twice_but_a_guardian_may_also_authorise_for_herself() {
    let mut authorization = filled("check_authorization");
    answered(&mut authorization, &format!("{GRANTOR}[1]/"), &[("grantor_idno", "330109196107180045")]);
    assert_eq!(missing(&authorization), ["grantor_twice", "grantor_twice"]);
}

#[test]
fn a_person_with_a_duty_of_support_is_checked_by_their_own_will_only() {
    let mut authorization = filled("check_authorization");
    refused_by_constraint(&mut authorization, &format!("{GRANTOR}[4]/own_will"), "no");
    answered(&mut authorization, &format!("{GRANTOR}[4]/"), &[("own_will", "")]);
    assert_eq!(missing(&authorization), ["own_will"]);
}

#[test]
fn nobody_signs_before_it_was_explained() {
    let mut authorization = filled("check_authorization");
    for told in ["told_sensitive", "told_effect", "told_rights"] {
        refused_by_constraint(&mut authorization, told, "no");
    }
    refused_by_constraint(&mut authorization, "valid_to", "2026-11-21");
    authorization.answer("valid_to", "2028-11-21").unwrap();
    assert!(authorization.node("valid_long").unwrap().relevant);
    assert_eq!(authorization.missing(), []);
}

#[test]
fn an_authorisation_can_be_withdrawn_by_one_of_those_who_gave_it() {
    let mut authorization = filled("check_authorization");
    authorization.answer("withdrawn", "yes").unwrap();
    assert_eq!(missing(&authorization), ["withdraw_at", "withdraw_by"]);
    refused_by_constraint(&mut authorization, "withdraw_by", "周明远");
    authorization.answer("withdraw_by", "陈建军").unwrap();
    authorization.answer("withdraw_at", "2026-11-22T09:00:00.000+08:00").unwrap();
    assert!(authorization.node("withdraw_effect").unwrap().relevant);
    assert_eq!(authorization.missing(), []);
}

#[test]
fn a_record_of_relatives_sends_the_county_to_the_home() {
    let record = filled("near_relative_record");
    let sent = record.answers();
    let field = |target: &str| sent.iter().find(|field| field.save_to.as_deref() == Some(target)).unwrap();
    assert_eq!(field("case/must_visit").value, "yes");
    assert_eq!(field("case/near_relative_at").value, "2026-11-22");
}

#[test]
fn nobody_puts_themselves_on_record_or_handles_the_case_of_a_relative() {
    let mut record = filled("near_relative_record");
    for path in ["officer", "handled_by", "relative_name"] {
        refused_by_constraint(&mut record, path, "何小燕");
    }
    record.answer("near_duty", "informed").unwrap();
    assert!(!record.node("handled_by").unwrap().relevant);
    refused_by_constraint(&mut record, "registered_at", "2026-11-23");
}

#[test]
fn who_reports_a_relative_may_stay_unnamed() {
    let mut record = filled("near_relative_record");
    record.answer("declared_by", "report").unwrap();
    record.answer("declared_name", "").unwrap();
    assert_eq!(record.missing(), []);
    record.answer("declared_by", "official").unwrap();
    assert_eq!(missing(&record), ["declared_name"]);
}

#[test]
fn the_votes_of_a_meeting_must_add_up() {
    let mut meeting = filled("review_meeting");
    assert_eq!((value(&meeting, "attendee_count"), value(&meeting, "voters")), ("5".into(), "3".into()));
    meeting.answer("votes_yes", "3").unwrap();
    let left = meeting.missing();
    assert_eq!(missing(&meeting), ["votes_wrong"]);
    assert_eq!(left[0].reason.message().zh, "票数对不上：有表决权的 3 人，三种票合计 4 张。");
    meeting.answer("votes_abstain", "0").unwrap();
    assert_eq!(meeting.missing(), []);
    refused_by_constraint(&mut meeting, "votes_no", "-1");
    meeting.remove_repeat("/review_meeting/attendees/attendee[@id='he']").unwrap();
    assert_eq!(missing(&meeting), ["votes_wrong"]);
}

#[test]
fn the_household_and_its_relatives_do_not_vote() {
    let mut meeting = filled("review_meeting");
    let vote = |id: &str| format!("/review_meeting/attendees/attendee[@id='{id}']/attendee_vote");
    refused_by_constraint(&mut meeting, &vote("wu"), "yes");
    meeting.answer("/review_meeting/attendees/attendee[@id='he']/attendee_related", "yes").unwrap();
    assert_eq!(missing(&meeting), ["attendee_vote"]);
    meeting.answer(&vote("he"), "no").unwrap();
    assert_eq!(missing(&meeting), ["votes_wrong"]);
}

#[test]
fn a_result_against_the_majority_needs_reasons() {
    let mut meeting = filled("review_meeting");
    meeting.answer("result", "disagree").unwrap();
    assert!(meeting.node("result_against_votes").unwrap().relevant);
    assert_eq!(missing(&meeting), ["result_reason"]);
    meeting.answer("result", "recheck").unwrap();
    assert!(!meeting.node("result_against_votes").unwrap().relevant);
    assert_eq!(missing(&meeting), ["result_reason"]);
    meeting.answer("result_reason", "儿子的车在谁名下，要再查").unwrap();
    assert_eq!(meeting.missing(), []);
}

#[test]
fn chair_and_recorder_are_two_of_those_present() {
    let mut meeting = filled("review_meeting");
    refused_by_constraint(&mut meeting, "recorder", "周明远");
    refused_by_constraint(&mut meeting, "chair", "罗阿婆");
    meeting.answer("/review_meeting/attendees/attendee[1]/attendee_name", "周明亮").unwrap();
    assert_eq!(missing(&meeting), ["chair"]);
}

/// What says nothing about a person has no class, and is listed here.
#[test]
fn every_question_about_a_person_has_its_class_of_personal_information() {
    let open = [
        ("lead", "found_at found_by data_source"),
        ("check_authorization", "language valid_days"),
        ("apply_declare", ""),
        ("near_relative_record", ""),
        ("review_meeting", ""),
    ];
    for (name, open) in open {
        let form = pack_form(name);
        let questions = form.questions().iter().filter(|question| question.kind.is_answerable());
        let unclassed = questions.filter(|question| question.class.is_none());
        let unclassed: Vec<&str> = unclassed.map(|question| question.name.as_str()).collect();
        assert_eq!(unclassed.join(" "), open, "{name}");
    }
}
