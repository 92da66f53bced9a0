//! The application and declaration as caseworkers meet it.

use crate::packs_a::{answered, hash_of_note, idno, refused_by_constraint, value};
use crate::support::{MORNING, filled, missing, pack_form};
use ruhu_form::{AnswerError, Session};

const MEMBER: &str = "/apply_declare/members/member";
const INCOME: &str = "/apply_declare/income/income_entry";

fn application() -> Session {
    filled("apply_declare")
}

#[test]
fn a_whole_application_of_an_invented_household_adds_up() {
    let application = application();
    assert_eq!(application.missing(), []);
    assert_eq!(value(&application, "applicant_age"), "68");
    assert_eq!(value(&application, "applicant_birth"), "1958-03-02");
    assert_eq!(
        (value(&application, "member_count"), value(&application, "counted_members")),
        ("3".into(), "3".into())
    );
    assert_eq!(value(&application, "household_annual"), "11640");
    assert_eq!(value(&application, "per_capita_month"), "323.33");
    assert_eq!(value(&application, "expense_year"), "12860.4");
    assert_eq!(value(&application, "one_time_notice"), "医疗费票据、在校证明");
    assert_eq!(value(&application, "address"), "青禾镇河东村三组12号");
}

#[test]
fn what_an_application_says_goes_into_the_household() {
    let fields = application().answers();
    let saved: Vec<String> = fields
        .iter()
        .filter(|field| !field.path.ends_with("/case_id"))
        .filter_map(|field| Some(format!("{} = {}", field.save_to.as_ref()?, field.value)))
        .collect();
    insta::assert_yaml_snapshot!("application_saved_fields", saved);
}

#[test]
fn income_members_account_and_identity_are_settled_by_a_person_when_two_devices_differ() {
    let form = pack_form("apply_declare");
    let settled = form.questions().iter().filter(|question| question.merge.is_some());
    let settled: Vec<&str> = settled.map(|question| question.name.as_str()).collect();
    insta::assert_yaml_snapshot!("application_eligibility", settled);
}

#[test]
fn the_pages_of_an_application_name_the_person_they_are_about() {
    let application = application();
    let titles: Vec<String> = application
        .pages()
        .iter()
        .map(|page| page.labels.iter().find(|(language, _)| language.ends_with("(zh)")).unwrap().1.clone())
        .collect();
    insta::assert_yaml_snapshot!("application_pages", titles);
}

#[test]
fn the_applicant_is_a_member_without_being_asked_twice() {
    let mut application = application();
    assert_eq!(value(&application, &format!("{MEMBER}[1]/person")), "陈大河");
    assert_eq!(value(&application, &format!("{MEMBER}[1]/member_age")), "68");
    assert!(!application.node(&format!("{MEMBER}[1]/member_idno")).unwrap().relevant);
    answered(&mut application, &format!("{MEMBER}[1]/"), &[("member_rel", "")]);
    assert!(missing(&application).contains(&"applicant_absent".to_owned()));
    answered(&mut application, &format!("{MEMBER}[1]/"), &[("member_rel", "01")]);
    assert_eq!(application.missing(), []);
    answered(&mut application, &format!("{MEMBER}[3]/"), &[("member_rel", "01")]);
    assert!(missing(&application).contains(&"applicant_twice".to_owned()));
}

#[test]
fn the_first_member_is_the_applicant_and_the_next_is_asked_about() {
    let mut application = Session::new(pack_form("apply_declare"), MORNING);
    assert_eq!(value(&application, &format!("{MEMBER}[1]/member_rel")), "01");
    application.add_repeat(MEMBER, "second").unwrap();
    assert_eq!(value(&application, &format!("{MEMBER}[2]/member_rel")), "");
    assert!(missing(&application).contains(&"member_rel".to_owned()));
}

#[test]
fn two_members_cannot_have_one_identity_number() {
    let mut application = application();
    for taken in ["330109196107180045", "330109195803020016"] {
        let message = refused_by_constraint(&mut application, &format!("{MEMBER}[3]/member_idno"), taken);
        assert!(message.ends_with("也不能与别的成员相同。"), "{message}");
    }
    application.answer("applicant_idno", "330109196107180045").unwrap();
    assert!(missing(&application).contains(&"member_idno".to_owned()));
}

#[test]
fn a_minor_without_a_guardian_cannot_be_finished() {
    let mut application = application();
    let minor = format!("{MEMBER}[3]/");
    answered(&mut application, &minor, &[("guardian_name", ""), ("guardian_rel", "")]);
    let left = application.missing();
    assert_eq!(missing(&application), ["guardian_name", "guardian_rel"]);
    assert_eq!(left[0].reason.message().zh, "未成年人要写明监护人。");
    refused_by_constraint(&mut application, &format!("{minor}guardian_name"), "陈小川");
    // Eighteen on the day of the application.
    answered(&mut application, &minor, &[("member_idno", &idno("33010920081120001"))]);
    assert_eq!(value(&application, &format!("{minor}member_age")), "18");
    assert_eq!(application.missing(), []);
    answered(&mut application, &minor, &[("member_idno", &idno("33010920081121001"))]);
    assert_eq!(missing(&application), ["guardian_name", "guardian_rel"]);
}

#[test]
fn at_least_one_member_is_counted_and_who_is_not_has_a_reason() {
    let mut application = application();
    for member in 1..=3 {
        answered(&mut application, &format!("{MEMBER}[{member}]/"), &[("counted", "no")]);
    }
    assert_eq!(
        missing(&application),
        ["not_counted_reason", "not_counted_reason", "not_counted_reason", "nobody_counted"]
    );
    assert!(application.node("applicant_not_counted").unwrap().relevant);
    assert_eq!(value(&application, "per_capita_month"), "");
    assert_eq!(value(&application, "household_annual"), "0");
}

#[test]
fn the_income_of_who_is_not_counted_does_not_count() {
    let mut application = application();
    answered(
        &mut application,
        &format!("{MEMBER}[2]/"),
        &[("counted", "no"), ("not_counted_reason", "prison")],
    );
    assert_eq!(application.missing(), []);
    assert!(!application.node("applicant_not_counted").unwrap().relevant);
    assert_eq!(value(&application, "household_annual"), "9000");
    assert_eq!(value(&application, "per_capita_month"), "375");
}

#[test]
fn income_is_by_the_month_or_the_year_less_cost_and_without_what_the_state_exempts() {
    let mut application = application();
    assert_eq!(value(&application, &format!("{INCOME}[1]/income_year")), "9000");
    assert_eq!(value(&application, &format!("{INCOME}[3]/income_year")), "1500");
    assert_eq!(value(&application, &format!("{INCOME}[3]/income_counted")), "0");
    answered(&mut application, &format!("{INCOME}[3]/"), &[("exclude_reason", "")]);
    assert_eq!(value(&application, "household_annual"), "13140");
    let message = refused_by_constraint(&mut application, &format!("{INCOME}[1]/income_cost"), "950.01");
    assert!(message.contains("亏本"), "{message}");
    refused_by_constraint(&mut application, &format!("{INCOME}[1]/income_months"), "13");
    answered(&mut application, &format!("{INCOME}[1]/"), &[("income_period", "year")]);
    assert_eq!(value(&application, &format!("{INCOME}[1]/income_year")), "900");
    refused_by_constraint(&mut application, &format!("{INCOME}[1]/income_gross"), "950.005");
}

#[test]
fn only_the_items_of_a_kind_of_income_are_offered() {
    let mut application = application();
    let item = format!("{INCOME}[1]/income_item");
    not_offered(&mut application, &item, "pension");
    answered(&mut application, &format!("{INCOME}[1]/"), &[("income_kind", "transfer_net")]);
    assert_eq!(missing(&application), ["income_item"]);
    assert_eq!(application.missing()[0].reason.message().zh, "原来的选项已不适用，请重新选择。");
    application.answer(&item, "pension").unwrap();
    assert_eq!(application.missing(), []);
}

fn offered(session: &Session, path: &str) -> Vec<String> {
    session.node(path).unwrap().choices.iter().map(|choice| choice.value.clone()).collect()
}

fn not_offered(session: &mut Session, path: &str, value: &str) {
    let refused = session.answer(path, value);
    assert!(matches!(refused, Err(AnswerError::UnknownChoice { .. })), "{path} = {value}: {refused:?}");
}

#[test]
fn who_is_named_is_chosen_from_the_list_of_members() {
    let mut application = application();
    let whose = format!("{INCOME}[1]/income_member");
    assert_eq!(offered(&application, &whose), ["陈大河", "吴桂香", "陈小川"]);
    not_offered(&mut application, &whose, "陈建军");
    answered(&mut application, &format!("{MEMBER}[2]/"), &[("member_name", "吴桂珍")]);
    assert_eq!(missing(&application), ["income_member", "deposit_owner"]);
}

#[test]
fn two_members_of_one_name_are_told_apart() {
    let mut application = application();
    answered(
        &mut application,
        &format!("{MEMBER}[3]/"),
        &[("member_name", "吴桂香"), ("guardian_name", "陈大河")],
    );
    assert_eq!(value(&application, &format!("{MEMBER}[2]/person")), "吴桂香（2）");
    assert_eq!(value(&application, &format!("{MEMBER}[3]/person")), "吴桂香（3）");
    assert_eq!(missing(&application), ["income_member", "income_member", "deposit_owner"]);
}

#[test]
fn a_name_with_blanks_can_be_referred_to() {
    let mut application = application();
    answered(&mut application, &format!("{MEMBER}[3]/"), &[("member_name", "Anna Maria Chen")]);
    assert_eq!(value(&application, &format!("{MEMBER}[3]/person")), "Anna·Maria·Chen");
    answered(&mut application, &format!("{INCOME}[3]/"), &[("income_member", "Anna·Maria·Chen")]);
    assert_eq!(application.missing(), []);
}

#[test]
fn dibao_for_some_of_a_household_is_warned_about_and_who_applies_alone_is_one_person() {
    let mut application = application();
    answered(&mut application, &format!("{MEMBER}[2]/"), &[("included", "no")]);
    assert!(application.node("partly_included").unwrap().relevant);
    assert_eq!(application.missing(), []);
    application.answer("single_apply", "yes").unwrap();
    assert!(!application.node("partly_included").unwrap().relevant);
    assert_eq!(missing(&application), ["single_apply_basis", "single_apply_basis", "single_not_one"]);
    answered(&mut application, &format!("{MEMBER}[3]/"), &[("included", "no")]);
    assert_eq!(missing(&application), ["single_apply_basis"]);
    answered(&mut application, &format!("{MEMBER}[1]/"), &[("single_apply_basis", "disability")]);
    assert_eq!(application.missing(), []);
    application.answer("program", "medical").unwrap();
    assert!(!application.node(&format!("{MEMBER}[1]/included")).unwrap().relevant);
}

#[test]
fn an_expense_lies_within_the_twelve_months_before_the_application() {
    let mut application = application();
    let at = |name: &str| format!("/apply_declare/expenses/expense[1]/{name}");
    application.answer(&at("expense_from"), "2025-11-20").unwrap();
    refused_by_constraint(&mut application, &at("expense_from"), "2025-11-19");
    refused_by_constraint(&mut application, &at("expense_to"), "2026-11-21");
    refused_by_constraint(&mut application, &at("expense_to"), "2025-11-19");
    application.answer(&at("expense_self_paid"), "").unwrap();
    assert_eq!(application.missing()[0].reason.message().zh, "医疗支出要填报销以后自己负担的金额。");
    refused_by_constraint(&mut application, &at("expense_self_paid"), "38600.01");
    application.answer(&at("expense_kind"), "education").unwrap();
    assert_eq!(application.missing(), []);
    assert_eq!(value(&application, "expense_year"), "38600");
}

/// Wrong in one digit, or with two neighbours exchanged.
#[test]
fn a_bank_card_with_a_wrong_digit_is_refused() {
    let mut application = application();
    for right in ["6228480330123456783", "6217003310001234560", "4000000000000002", "4222222222222"] {
        application.answer("card_no", right).unwrap();
        for at in 0..right.len() {
            let mut digits: Vec<u8> = right.bytes().collect();
            digits[at] = if digits[at] == b'9' { b'0' } else { digits[at] + 1 };
            refused_by_constraint(&mut application, "card_no", std::str::from_utf8(&digits).unwrap());
        }
    }
    for wrong in ["6228 4803 3012 3456 783", "622848033012", "62284803301234567830000"] {
        refused_by_constraint(&mut application, "card_no", wrong);
    }
    application.answer("account_kind", "passbook").unwrap();
    application.answer("card_no", "6228480330123456784").unwrap();
    assert_eq!(application.missing(), []);
    application.answer("account_kind", "card").unwrap();
    assert_eq!(missing(&application), ["card_no"]);
}

#[test]
fn an_account_of_somebody_else_says_whose_and_one_kept_by_staff_has_an_agreement() {
    let mut application = application();
    application.answer("account_name", "吴桂香").unwrap();
    application.answer("kept_by_other", "yes").unwrap();
    assert_eq!(missing(&application), ["holder_rel", "keeper_agreement"]);
}

#[test]
fn a_disability_certificate_agrees_with_the_identity_number_kind_and_grade() {
    let mut application = application();
    let right = "33010919580302001642";
    application.answer("applicant_disab_no", &format!("{right}B1")).unwrap();
    for wrong in
        ["33010919580302001641", "33010919580302001632", "33010919610718004542", "3301091958030200164"]
    {
        refused_by_constraint(&mut application, "applicant_disab_no", wrong);
    }
    application.answer("applicant_disab_level", "1").unwrap();
    assert_eq!(missing(&application), ["applicant_disab_no"]);
}

#[test]
fn a_passport_does_not_tell_sex_and_birth_so_they_are_asked() {
    let mut application = application();
    application.answer("applicant_id_type", "passport").unwrap();
    application.answer("applicant_idno", "E12345678").unwrap();
    assert_eq!(missing(&application), ["applicant_sex_asked", "applicant_birth_asked"]);
    application.answer("applicant_birth_asked", "1960-11-21").unwrap();
    application.answer("applicant_sex_asked", "2").unwrap();
    assert_eq!(value(&application, &format!("{MEMBER}[1]/member_age")), "65");
    assert_eq!(value(&application, &format!("{MEMBER}[1]/member_sex")), "2");
    assert_eq!(application.missing(), []);
    application.answer("applicant_id_type", "idcard").unwrap();
    assert_eq!(missing(&application), ["applicant_idno", "applicant_disab_no"]);
}

#[test]
fn an_applicant_under_eighteen_does_not_sign() {
    let mut application = application();
    application.answer("applicant_disab_cert", "no").unwrap();
    application.answer("applicant_idno", &idno("33010920100304001")).unwrap();
    assert!(application.node("applicant_minor").unwrap().relevant);
    assert_eq!(missing(&application), ["student_stage", "guardian_name", "guardian_rel", "signer"]);
    application.answer("signer", "guardian").unwrap();
    assert!(missing(&application).contains(&"signer_guardian".to_owned()));
}

#[test]
fn a_member_who_signs_is_grown_up() {
    let mut application = application();
    application.answer("signer", "member").unwrap();
    assert_eq!(offered(&application, "signer_ref"), ["陈大河", "吴桂香"]);
    not_offered(&mut application, "signer_ref", "陈小川");
    application.answer("signer_ref", "吴桂香").unwrap();
    assert_eq!(application.missing(), []);
}

#[test]
fn a_fingerprint_on_the_application_needs_reading_aloud_and_an_outside_witness() {
    let mut application = application();
    for name in ["apply_read_aloud", "apply_witness_name", "apply_witness_sign"] {
        application.answer(name, "").unwrap();
    }
    assert_eq!(missing(&application), ["apply_read_aloud", "apply_witness_name", "apply_witness_sign"]);
    refused_by_constraint(&mut application, "apply_witness_name", "吴桂香");
    application.answer("apply_sign_kind", "sign").unwrap();
    assert_eq!(missing(&application), ["apply_sign"]);
}

#[test]
fn who_applies_for_another_brings_a_mandate_and_signs_too() {
    let mut application = application();
    refused_by_constraint(&mut application, "signer", "proxy");
    application.answer("channel", "proxy").unwrap();
    assert_eq!(
        missing(&application),
        ["proxy_name", "proxy_idno", "proxy_rel", "proxy_phone", "mandate_photo", "proxy_sign"]
    );
    refused_by_constraint(&mut application, "proxy_idno", "330109195803020016");
    application.answer("proxy_idno", &idno("33010919750606001")).unwrap();
    application.answer("signer", "proxy").unwrap();
    assert!(!missing(&application).contains(&"proxy_sign".to_owned()));
}

#[test]
fn the_promise_that_is_signed_is_the_promise_that_was_shown() {
    let mut application = application();
    assert_eq!(value(&application, "promise_hash"), hash_of_note(&application, "promise_text"));
    refused_by_constraint(&mut application, "true_and_full", "no");
    refused_by_constraint(&mut application, "inform_duty", "no");
}

#[test]
fn a_near_relative_among_officials_is_named_and_leads_to_a_county_visit() {
    let mut application = application();
    application.answer("has_near_relative", "yes").unwrap();
    assert_eq!(
        missing(&application),
        ["relative_of", "official_name", "official_post", "relative_member", "near_rel"]
    );
    assert!(application.node("must_visit").unwrap().relevant);
}

#[test]
fn a_person_with_a_duty_of_support_who_is_not_able_has_a_reason_and_no_member_is_one() {
    let mut application = application();
    let at = |name: &str| format!("/apply_declare/obligors/obligor[1]/{name}");
    application.answer(&at("obligor_ability"), "no").unwrap();
    application.answer(&at("consent_to_check"), "yes").unwrap();
    assert_eq!(missing(&application), ["no_ability_basis", "consent_sign"]);
    for member in ["330109196107180045", "330109195803020016"] {
        refused_by_constraint(&mut application, &at("obligor_idno"), member);
    }
}

#[test]
fn no_property_excludes_all_other_answers() {
    let mut application = application();
    refused_by_constraint(&mut application, "property_kinds", "none house");
    application.answer("property_kinds", "none").unwrap();
    assert_eq!(application.missing(), []);
    assert!(application.answers().iter().all(|field| !field.path.contains("/deposit_balance")));
}

#[test]
fn who_is_registered_elsewhere_is_told_when_they_may_apply_here() {
    let mut application = application();
    assert!(!application.node("elsewhere").unwrap().relevant);
    application.answer("reg_region_code", "520111103204").unwrap();
    assert!(application.node("elsewhere").unwrap().relevant);
    assert_eq!(application.missing(), []);
    refused_by_constraint(&mut application, "reg_region_code", "5201111032");
}
