//! The authorisation letter from printing to withdrawal, on two phones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use ruhu_device::{
    DeviceError, FontSet, Lack, LetterError, LetterWishes, NATIONAL_LETTER, PrintedLetter, RequestError,
    Value, fonts_in,
};
use ruhu_harness::county::compiled;
use ruhu_harness::world::{Phone, World};
use ruhu_text::{Explain, Lang};

/// What the letter asks of the form `check_authorization`, without its pictures.
const SURVEY: &str = "\
text,case_id,个案编号,,,
select_multiple scope,scope,范围,,,yes
date,valid_from,起,,,yes
date,valid_to,止,,,yes
begin_repeat,grantor,授权人,,,
select_one role,grantor_role,身份,,,yes
text,grantor_name,姓名,,,yes
text,grantor_idno,号码,,,yes
text,ward_name,被监护人,,,
text,ward_idno,号码,,,
end_repeat,,,,,
";
const CHOICES: &str = ",scope,bank,银行\n,scope,tax,纳税\n,role,member,成员\n,role,guardian,监护人\n";
const HEAD: (&str, &str) = ("陈大河", "330109195803020016");
const CHILD: (&str, &str) = ("陈小满", "33010920170811002X");

/// The fonts that `cargo xtask fonts` fetched.
fn fonts() -> FontSet {
    let folder = std::env::var_os("RUHU_FONTS").map(PathBuf::from).or_else(|| {
        let own = std::env::current_exe().unwrap();
        own.ancestors().map(|folder| folder.join("fonts")).find(|folder| folder.is_dir())
    });
    fonts_in(&folder.expect("no fonts: run `cargo xtask fonts` first")).unwrap()
}

struct Street {
    world: World,
    wang: Phone,
    li: Phone,
    case: String,
}

impl Street {
    fn open(seed: u64) -> Street {
        let mut world = World::new(seed);
        let (wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
        let form = compiled("check_authorization", "1", SURVEY, CHOICES);
        for phone in [&wang, &li] {
            phone.device().form_install(&form).unwrap();
        }
        let case = wang.new_case(HEAD.0);
        let street = Street { world, wang, li, case };
        street.sync();
        street
    }

    fn sync(&self) {
        for phone in [&self.wang, &self.li, &self.wang] {
            phone.sync().unwrap();
        }
    }

    fn print(&self, phone: &Phone, wishes: &LetterWishes) -> Result<PrintedLetter, DeviceError> {
        phone.device().letter_print(&self.case, NATIONAL_LETTER, wishes, &fonts())
    }

    /// An authorisation of the head for himself and the child, for bank and tax.
    fn authorise(&self, phone: &Phone) -> String {
        let device = phone.device();
        let today = device.letter_coverage(&self.case).unwrap().day;
        let visit = device.visit_start(&self.case, "check_authorization").unwrap().id;
        let answer =
            |question: &str, value: &str| drop(device.visit_answer(&visit, question, value).unwrap());
        for (question, value) in
            [("case_id", "XA-1"), ("scope", "bank tax"), ("valid_from", &today), ("valid_to", "2030-01-01")]
        {
            answer(question, value);
        }
        let repeat = "/data/grantor";
        let first = format!("{repeat}[1]");
        device.visit_add_repeat_as(&visit, repeat, "ward").unwrap();
        let ward = format!("{repeat}[@id='ward']");
        for (of, question, value) in [
            (&first, "grantor_role", "member"),
            (&first, "grantor_name", HEAD.0),
            (&first, "grantor_idno", HEAD.1),
            (&ward, "grantor_role", "guardian"),
            (&ward, "grantor_name", HEAD.0),
            (&ward, "grantor_idno", HEAD.1),
            (&ward, "ward_name", CHILD.0),
            (&ward, "ward_idno", CHILD.1),
        ] {
            answer(&format!("{of}/{question}"), value);
        }
        device.visit_save(&visit).unwrap();
        visit
    }

    fn lacks(&self, phone: &Phone) -> Vec<(String, Vec<Lack>)> {
        let coverage = phone.device().letter_coverage(&self.case).unwrap();
        coverage.people.into_iter().map(|one| (one.person.name, one.lacks)).collect()
    }

    fn export(&self, phone: &Phone, people: &[&str], scope: &[&str]) -> Result<String, DeviceError> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        phone.device().check_request_export(&self.case, &words(people), &words(scope))
    }

    /// The events of a kind, without ids and times.
    fn events(&self, phone: &Phone, kind: &str) -> Vec<BTreeMap<String, String>> {
        let household = phone.device().case_show(&self.case).unwrap().household;
        let events = household.events.into_iter().filter(|event| event.kind.as_deref() == Some(kind));
        let told = |fields: ruhu_case::Fields| {
            let shown = fields.into_iter().map(|(key, value)| match value {
                Value::Timestamp(_) => (key, "[time]".to_owned()),
                value if key == "order" => (key, "0".repeat(value.to_string().len())),
                value if ["hash", "sha256", "template", "records"].contains(&key.as_str()) => {
                    (key, format!("[{} characters]", value.to_string().len()))
                }
                value => (key, value.to_string()),
            });
            shown.collect()
        };
        events.map(|event| told(event.fields)).collect()
    }
}

#[test]
fn the_same_letter_again_is_the_same_and_another_is_a_new_version_on_every_phone() {
    let street = Street::open(11);
    let wishes = LetterWishes::default();
    let first = street.print(&street.wang, &wishes).unwrap();
    assert!(first.new && first.version.ends_with("/1"));
    assert_eq!(first.grantors, [HEAD.0]);
    let again = street.print(&street.wang, &wishes).unwrap();
    let same = |one: &PrintedLetter, other: &PrintedLetter| {
        assert_eq!(
            (&one.id, &one.version, &one.hash, one.new),
            (&other.id, &other.version, &other.hash, false)
        );
        assert!(one.pdf == other.pdf && one.boxes == other.boxes, "the same bytes");
    };
    same(&again, &first);
    street.sync();
    same(&street.print(&street.li, &wishes).unwrap(), &first);
    // The next day it still is.
    street.world.clock.advance(24 * 3_600_000);
    same(&street.print(&street.li, &wishes).unwrap(), &first);
    let narrower = LetterWishes { scope: vec!["bank".into()], ..LetterWishes::default() };
    let second = street.print(&street.li, &narrower).unwrap();
    assert!(
        second.new && second.version.ends_with("/2") && second.hash != first.hash && second.pdf != first.pdf
    );
    same(&street.print(&street.li, &wishes).unwrap(), &first);
    assert_eq!(street.events(&street.li, "letter").len(), 2);
    insta::assert_yaml_snapshot!(street.events(&street.li, "letter")[1]);
}

#[test]
fn a_letter_that_cannot_be_printed_is_not_recorded() {
    let street = Street::open(12);
    let print = |template: &[u8], wishes: &LetterWishes, fonts: &FontSet| {
        let printed = street.wang.device().letter_print(&street.case, template, wishes, fonts);
        printed.map(drop).map_err(|error| error.code())
    };
    let wishes = LetterWishes::default();
    assert_eq!(print(b"version = 1", &wishes, &fonts()), Err("letter_template"));
    assert_eq!(print(NATIONAL_LETTER, &wishes, &FontSet::new()), Err("letter_no_font"));
    let no_day = LetterWishes { from: Some("明天".into()), ..LetterWishes::default() };
    assert_eq!(print(NATIONAL_LETTER, &no_day, &fonts()), Err("letter_not_a_day"));
    let no_code = LetterWishes { scope: vec!["gold".into()], ..LetterWishes::default() };
    assert_eq!(print(NATIONAL_LETTER, &no_code, &fonts()), Err("letter_no_words"));
    assert_eq!(street.events(&street.wang, "letter"), []);
}

#[test]
fn nothing_is_asked_until_the_letter_is_closed_and_nothing_after_it_is_withdrawn() {
    let street = Street::open(13);
    assert_eq!(street.lacks(&street.wang), [(HEAD.0.to_owned(), vec![Lack::NoLetter])]);
    let visit = street.authorise(&street.wang);
    assert!(street.lacks(&street.wang).iter().all(|(_, lacks)| *lacks == [Lack::NotClosed]));
    let refused = street.export(&street.wang, &[], &["bank"]).unwrap_err();
    assert_eq!(refused.code(), "not_authorized");
    street.wang.device().visit_close(&visit).unwrap();
    street.sync();

    let coverage = street.li.device().letter_coverage(&street.case).unwrap();
    let people: Vec<_> = coverage.people.iter().map(|one| (one.person.name.as_str(), one.minor)).collect();
    assert_eq!(people, [(HEAD.0, false), (CHILD.0, true)]);
    assert!(coverage.people.iter().all(|one| one.covered.len() == 2 && one.covered[0].until == "2030-01-01"));
    let request = street.export(&street.li, &[CHILD.0, HEAD.1], &["bank"]).unwrap();
    let request: serde_json::Value = serde_json::from_str(&request).unwrap();
    assert_eq!(request["case"], street.case);
    assert_eq!(request["people"][0]["idno"], CHILD.1);
    assert_eq!(request["people"][0]["authorized"][0]["by"], HEAD.0);
    let Err(DeviceError::Request(RequestError::NotAuthorized(refused))) =
        street.export(&street.li, &[], &["bank", "fund"])
    else {
        panic!("fund was never authorised")
    };
    assert!(refused.iter().all(|one| one.scope == "fund" && one.lack == Lack::OutsideScope));

    let nobody = street.li.device().letter_withdraw(&street.case, CHILD.0, "不愿意").unwrap_err();
    assert!(matches!(nobody, DeviceError::Letter(LetterError::NoSuchGrantor)));
    street.li.device().letter_withdraw(&street.case, HEAD.0, "不愿意继续核对").unwrap();
    for phone in [&street.li, &street.wang] {
        street.sync();
        assert!(street.lacks(phone).iter().all(|(_, lacks)| *lacks == [Lack::Withdrawn]));
        assert_eq!(street.export(phone, &[], &["bank"]).unwrap_err().code(), "not_authorized");
    }
    insta::assert_yaml_snapshot!((
        street.events(&street.wang, "check_request"),
        street.events(&street.wang, "authorization_withdrawn"),
    ));
    // Authorised anew afterwards, it counts again.
    street.world.clock.advance(60_000);
    let anew = street.authorise(&street.wang);
    street.wang.device().visit_close(&anew).unwrap();
    assert!(street.export(&street.wang, &[], &["bank"]).is_ok());
}

#[test]
fn what_one_phone_closed_before_another_wrote_the_withdrawal_is_withdrawn_too() {
    let street = Street::open(14);
    let first = street.authorise(&street.li);
    street.li.device().visit_close(&first).unwrap();
    street.sync();
    // Both without a network: one closes another authorisation, then the grantor withdraws at the other.
    let second = street.authorise(&street.wang);
    street.wang.device().visit_close(&second).unwrap();
    street.world.clock.advance(60_000);
    street.li.device().letter_withdraw(&street.case, HEAD.1, "撤回").unwrap();
    street.sync();
    for phone in [&street.wang, &street.li] {
        assert_eq!(street.export(phone, &[], &["bank"]).unwrap_err().code(), "not_authorized");
    }
}

#[test]
fn the_head_is_one_person_though_two_phones_authorise_and_the_case_was_opened_without_a_number() {
    let street = Street::open(13);
    for phone in [&street.wang, &street.li] {
        let visit = street.authorise(phone);
        phone.device().visit_close(&visit).unwrap();
    }
    street.sync();
    for phone in [&street.wang, &street.li] {
        assert_eq!(street.lacks(phone), [(HEAD.0.into(), vec![]), (CHILD.0.into(), vec![])]);
        street.export(phone, &[HEAD.0], &["bank"]).unwrap();
    }
    // The household gets a number that is not the letter's: two persons, and it is said what may be wrong.
    let device = street.wang.device();
    let people = device.case_show(&street.case).unwrap().household.people;
    let number = format!("people/{}/idno", people[0].id);
    device.case_set(&street.case, &number, "330109195803070013").unwrap();
    street.sync();
    for phone in [&street.wang, &street.li] {
        assert_eq!(street.lacks(phone)[0], (HEAD.0.into(), vec![Lack::OtherNumber]));
        let Err(DeviceError::Request(error)) = street.export(phone, &[HEAD.0], &["bank"]) else { panic!() };
        assert_eq!(error, RequestError::WhoIsMeant(HEAD.0.into(), 2));
        assert!(error.explain().in_lang(Lang::Zh).contains("证件号码"), "{error}");
    }
    device.case_set(&street.case, &number, HEAD.1).unwrap();
    street.sync();
    street.export(&street.li, &[HEAD.0], &["bank"]).unwrap();
}
