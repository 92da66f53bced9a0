//! Who may be looked up, for what and until when: the household of a caseworker's week.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use ruhu_case::{Event, Fields, Household, Person as CasePerson, Record, Value};
use ruhu_letter::{
    CheckRequest, Coverage, Lack, NATIONAL, RecordFacts, RequestError, Role, Template, WITHDRAWAL, Wishes,
    contents, grantors_meant_by,
};
use ruhu_national::Day;
use uuid::Uuid;

const HEAD: (&str, &str) = ("陈大河", "330109195803020016");
const WIFE: (&str, &str) = ("吴桂香", "330109196107180045");
const CHILD: (&str, &str) = ("陈小满", "33010920170811002X");
const SON: (&str, &str) = ("陈建军", "330109198509260039");

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn person((name, idno): (&str, &str)) -> CasePerson {
    CasePerson {
        id: format!("p{idno}"),
        name: Some(name.into()),
        idno: Some(idno.into()),
        removed: None,
        fields: Fields::default(),
    }
}

fn record(id: &str, form: &str, status: &str, answers: &[(&str, &str)]) -> Record {
    let answers: BTreeMap<String, Value> =
        answers.iter().map(|(key, value)| (format!("/{form}/{key}"), Value::Text((*value).into()))).collect();
    Record {
        id: id.into(),
        form: Some(form.into()),
        version: Some("1".into()),
        status: Some(status.into()),
        started_by: None,
        answers: Fields::new(format!("records/{id}/answers/"), answers),
        fields: Fields::default(),
        edited_after_close: Vec::new(),
        flags: Vec::new(),
    }
}

/// The wife for herself and the child, the head for himself, the son by his own will.
fn authorization(id: &str, status: &str) -> Record {
    let grantor = |id: &str, question: &str| format!("grantors/grantor[@id='{id}']/{question}");
    let entries: Vec<(String, &str)> = vec![
        ("extent/scope".into(), "bank tax"),
        ("extent/valid_from".into(), "2026-11-22"),
        ("extent/valid_to".into(), "2027-11-21"),
        (grantor("1", "grantor_role"), "member"),
        (grantor("1", "grantor_name"), HEAD.0),
        (grantor("1", "grantor_idno"), HEAD.1),
        (grantor("wu", "grantor_role"), "member"),
        (grantor("wu", "grantor_name"), WIFE.0),
        (grantor("wu", "grantor_idno"), WIFE.1),
        (grantor("ward", "grantor_role"), "guardian"),
        (grantor("ward", "grantor_name"), WIFE.0),
        (grantor("ward", "grantor_idno"), WIFE.1),
        (grantor("ward", "ward_name"), CHILD.0),
        (grantor("ward", "ward_idno"), CHILD.1),
        (grantor("ward", "guardian_rel"), "grandparent"),
        (grantor("son", "grantor_role"), "obligor"),
        (grantor("son", "grantor_name"), SON.0),
        (grantor("son", "grantor_idno"), SON.1),
    ];
    let entries: Vec<(&str, &str)> = entries.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    record(id, "check_authorization", status, &entries)
}

fn household(records: Vec<Record>) -> Household {
    Household { people: [HEAD, WIFE, CHILD].map(person).into(), records, ..Household::default() }
}

fn facts() -> RecordFacts {
    RecordFacts::default()
}

fn covered(household: &Household, facts: &RecordFacts, at: &str) -> Vec<(String, Vec<String>, Vec<Lack>)> {
    let coverage = Coverage::of(household, facts, day(at));
    let line = |one: &ruhu_letter::PersonCoverage| {
        let scope = one.covered.iter().map(|cover| format!("{}≤{}", cover.scope, cover.until)).collect();
        (one.person.name.clone(), scope, one.lacks.clone())
    };
    coverage.people.iter().map(line).collect()
}

/// What stands in each person's way, in the order of the coverage.
fn lacks(household: &Household, facts: &RecordFacts, at: &str) -> Vec<Vec<Lack>> {
    covered(household, facts, at).into_iter().map(|(_, _, lacks)| lacks).collect()
}

fn withdrawal(grantor: (&str, &str), records: &str) -> Event {
    let text = |text: &str| Value::Text(text.into());
    let fields = BTreeMap::from([
        ("grantor".to_owned(), text(grantor.0)),
        ("idno".to_owned(), text(grantor.1)),
        ("records".to_owned(), text(records)),
    ]);
    Event {
        id: "e1".into(),
        kind: Some(WITHDRAWAL.into()),
        at: Some(0),
        by: None,
        text: None,
        fields: Fields::new("events/e1/", fields),
    }
}

#[test]
fn a_closed_authorisation_covers_members_wards_and_the_son_within_its_days() {
    let household = household(vec![authorization("a", "closed")]);
    let whole = vec!["bank≤2027-11-21".to_owned(), "tax≤2027-11-21".to_owned()];
    let expected: Vec<_> =
        [HEAD, WIFE, CHILD, SON].iter().map(|(name, _)| (name.to_string(), whole.clone(), vec![])).collect();
    assert_eq!(covered(&household, &facts(), "2026-11-22"), expected);
    assert_eq!(covered(&household, &facts(), "2027-11-21"), expected);
    assert_eq!(lacks(&household, &facts(), "2026-11-21"), vec![vec![Lack::NotYet]; 4]);
    assert_eq!(lacks(&household, &facts(), "2027-11-22"), vec![vec![Lack::Expired]; 4]);
}

#[test]
fn without_a_letter_or_with_an_open_contested_or_half_said_one_nobody_is_covered() {
    let at = "2026-12-01";
    assert_eq!(lacks(&household(vec![]), &facts(), at), vec![vec![Lack::NoLetter]; 3]);
    assert_eq!(
        lacks(&household(vec![authorization("a", "open")]), &facts(), at),
        vec![vec![Lack::NotClosed]; 4]
    );
    let unsettled = RecordFacts { unsettled: ["a".to_owned()].into(), ..facts() };
    let closed = household(vec![authorization("a", "closed")]);
    assert_eq!(lacks(&closed, &unsettled, at), vec![vec![Lack::Unsettled]; 4]);
    let mut changed = authorization("a", "closed");
    changed.edited_after_close = vec!["records/a/answers/x".into()];
    assert_eq!(lacks(&household(vec![changed]), &facts(), at), vec![vec![Lack::Unsettled]; 4]);
}

#[test]
fn who_withdraws_takes_back_their_own_and_their_wards_and_nobody_elses() {
    let mut closed = household(vec![authorization("a", "closed")]);
    closed.events = vec![withdrawal(WIFE, "a")];
    let none = vec![];
    let withdrawn = vec![Lack::Withdrawn];
    let expected = vec![none.clone(), withdrawn.clone(), withdrawn.clone(), none.clone()];
    assert_eq!(lacks(&closed, &facts(), "2026-12-01"), expected);
    // Closed by somebody who had not heard of it, on a phone that the one who withdrew had not heard of.
    closed.events = vec![withdrawal(WIFE, "")];
    assert_eq!(lacks(&closed, &facts(), "2026-12-01"), expected);
    // Given anew by who knew of it.
    let knowing = ("a".to_owned(), ["e1".to_owned()].into());
    let knowing = RecordFacts { seen_at_closing: [knowing].into(), ..facts() };
    assert_eq!(lacks(&closed, &knowing, "2026-12-01"), vec![none.clone(); 4]);
    // In the form itself.
    let mut in_form = authorization("a", "closed");
    let mut answers = (*in_form.answers).clone();
    answers.insert("/check_authorization/withdrawal/withdrawn".into(), Value::Text("yes".into()));
    answers.insert("/check_authorization/withdrawal/withdraw_by".into(), Value::Text(SON.0.into()));
    in_form.answers = Fields::new("records/a/answers/", answers);
    let in_form = household(vec![in_form]);
    assert_eq!(lacks(&in_form, &facts(), "2026-12-01"), vec![none.clone(), none.clone(), none, withdrawn]);
}

#[test]
fn a_child_does_not_authorise_for_itself() {
    let own = record(
        "a",
        "check_authorization",
        "closed",
        &[
            ("extent/scope", "bank"),
            ("extent/valid_from", "2026-11-22"),
            ("extent/valid_to", "2027-11-21"),
            ("grantors/grantor[@id='1']/grantor_role", "member"),
            ("grantors/grantor[@id='1']/grantor_name", CHILD.0),
            ("grantors/grantor[@id='1']/grantor_idno", CHILD.1),
        ],
    );
    let coverage = Coverage::of(&household(vec![own]), &facts(), day("2026-12-01"));
    let child = coverage.people.iter().find(|one| one.person.name == CHILD.0).unwrap();
    assert!(child.minor && child.covered.is_empty());
    assert_eq!(child.lacks, [Lack::NotByGuardian]);
}

#[test]
fn a_head_who_was_opened_without_a_number_is_the_grantor_of_that_name() {
    let mut household = household(vec![authorization("a", "closed")]);
    // The name as somebody else types it, and a number in wide digits.
    household.people =
        vec![person(("陈 大河", "")), person(("陈小满", "３３０１０９２０１７０８１１００２ｘ"))];
    let coverage = Coverage::of(&household, &facts(), day("2026-12-01"));
    let people: Vec<_> =
        coverage.people.iter().map(|one| (one.person.idno.as_str(), one.covered.len())).collect();
    assert_eq!(people, [("330109195803020016", 2), (CHILD.1, 2), (SON.1, 2), (WIFE.1, 2)]);
    let request = CheckRequest::new(&coverage, &["陈大河".into()], &["bank".into()]).unwrap();
    assert_eq!(request.names().len(), 1);
}

#[test]
fn people_of_one_name_with_different_numbers_are_never_one_and_it_is_said() {
    let lacks = |household: &Household| {
        let coverage = Coverage::of(household, &facts(), day("2026-12-01"));
        let of_name = coverage.people.iter().filter(|one| one.person.name == HEAD.0);
        let lines = of_name.map(|one| (one.person.idno.clone(), one.lacks.clone())).collect::<Vec<_>>();
        let asked = CheckRequest::new(&coverage, &[HEAD.0.into()], &["bank".into()]);
        (lines, asked.map(|request| request.names().len()))
    };
    let other = "330109195803070013";
    // A number of the household's that is not the letter's: one of them may be wrong.
    let mut household = household(vec![authorization("a", "closed")]);
    household.people = vec![person((HEAD.0, other))];
    let two = Err(RequestError::WhoIsMeant(HEAD.0.into(), 2));
    let told = vec![(other.to_owned(), vec![Lack::OtherNumber]), (HEAD.1.to_owned(), vec![])];
    assert_eq!(lacks(&household), (told, two));
    // Father and son of one name, both with a number, and the head without one: he may be either.
    household.people.push(person((HEAD.0, "")));
    let three = Err(RequestError::WhoIsMeant(HEAD.0.into(), 3));
    let (mut told, asked) = lacks(&household);
    told.sort();
    assert_eq!(told[0], (String::new(), vec![Lack::OtherNumber]));
    assert_eq!((told.len(), asked), (3, three));
    // In whatever order the papers lie.
    household.people.reverse();
    let (mut again, _) = lacks(&household);
    again.sort();
    assert_eq!(again, told);
}

#[test]
fn a_request_is_refused_for_each_person_and_thing_that_is_not_covered() {
    let coverage = |records| Coverage::of(&household(records), &facts(), day("2026-12-01"));
    let covered = coverage(vec![authorization("a", "closed")]);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let ask = |people: &str, scope: &str| CheckRequest::new(&covered, &words(people), &words(scope));
    assert_eq!(ask("陈大河 陈小满", "bank").unwrap().names(), ["陈大河", "陈小满"]);
    assert_eq!(ask("", "bank tax").unwrap().names().len(), 4);
    let Err(RequestError::NotAuthorized(refused)) = ask("陈大河 吴桂香", "bank fund") else { panic!() };
    let refused: Vec<_> =
        refused.iter().map(|one| (one.person.name.as_str(), one.scope.as_str(), one.lack)).collect();
    assert_eq!(refused, [("陈大河", "fund", Lack::OutsideScope), ("吴桂香", "fund", Lack::OutsideScope)]);
    assert_eq!(ask("王五", "bank"), Err(RequestError::WhoIsMeant("王五".into(), 0)));
    assert_eq!(ask("", ""), Err(RequestError::NoScope));
    let none = coverage(vec![]);
    let all = CheckRequest::new(&none, &[], &words("bank"));
    assert!(matches!(all, Err(RequestError::NotAuthorized(refused)) if refused.len() == 3));
    let mut nameless = household(vec![]);
    nameless.people = vec![person(("无号", ""))];
    let nameless = Coverage::of(&nameless, &facts(), day("2026-12-01"));
    let Err(RequestError::NotAuthorized(refused)) = CheckRequest::new(&nameless, &[], &words("bank")) else {
        panic!()
    };
    assert_eq!(refused[0].lack, Lack::NoNumber);
}

#[test]
fn a_letter_takes_its_contents_from_the_form_and_without_one_from_the_members() {
    let template = Template::parse(NATIONAL).unwrap();
    let of = |household: &Household| {
        contents((Uuid::nil(), household), &template, &Wishes::default(), day("2026-11-27"))
    };
    let (by_form, free) = of(&household(vec![authorization("a", "open")]));
    assert!(!free);
    assert_eq!(by_form.grantors.len(), 4);
    assert_eq!(by_form.scope, ["tax", "bank"], "in the template's order");
    assert_eq!((by_form.from, by_form.to), (day("2026-11-22"), day("2027-11-21")));
    let declaration = record(
        "d",
        "apply_declare",
        "closed",
        &[
            ("m/member[@id='1']/member_rel", "01"),
            ("m/member[@id='2']/member_rel", "20"),
            ("m/member[@id='2']/member_name", "陈建国"),
            ("m/member[@id='2']/member_birth", "1990-01-01"),
            ("m/member[@id='3']/member_rel", "42"),
            ("m/member[@id='3']/member_name", CHILD.0),
            ("m/member[@id='3']/guardian_name", WIFE.0),
            ("m/member[@id='3']/guardian_rel", "grandparent"),
            ("m/member[@id='4']/member_name", "不计入"),
            ("m/member[@id='4']/counted", "no"),
        ],
    );
    let (by_members, free) = of(&household(vec![declaration]));
    assert!(free);
    let told: Vec<_> = by_members
        .grantors
        .iter()
        .map(|one| (one.role, one.name.as_str(), one.ward.as_ref().map(|ward| ward.relation.as_str())))
        .collect();
    assert_eq!(
        told,
        [
            (Role::Member, HEAD.0, None),
            (Role::Member, WIFE.0, None),
            (Role::Member, "陈建国", None),
            (Role::Guardian, WIFE.0, Some("grandparent")),
        ]
    );
    assert_eq!((by_members.from, by_members.to), (day("2026-11-27"), day("2027-11-26")));
    assert_eq!(by_members.scope, template.scope);
}

#[test]
fn a_grantor_is_meant_by_name_or_number() {
    let household = household(vec![authorization("a", "closed"), authorization("b", "open")]);
    for word in [WIFE.0, WIFE.1] {
        let meant = grantors_meant_by(&household, word);
        assert_eq!(meant.len(), 1);
        assert_eq!(meant[0].1, ["a", "b"]);
    }
    assert!(grantors_meant_by(&household, CHILD.0).is_empty(), "a ward authorises nothing");
}

proptest! {
    /// No request without a closed, settled authorisation of its day that nobody took back.
    #[test]
    fn nothing_is_asked_without_a_live_authorisation(
        closed: bool, unsettled: bool, withdrawn: bool, days_from_first in -400i64..800,
    ) {
        let at = day("2026-11-22").plus(days_from_first).unwrap();
        let mut household = household(vec![authorization("a", if closed { "closed" } else { "open" })]);
        if withdrawn {
            household.events = vec![withdrawal(HEAD, "a")];
        }
        let mut facts = facts();
        if unsettled {
            facts.unsettled.insert("a".into());
        }
        let coverage = Coverage::of(&household, &facts, at);
        let asked = CheckRequest::new(&coverage, &[HEAD.0.to_owned()], &["bank".to_owned()]);
        let live = closed && !unsettled && !withdrawn && (0..=364).contains(&days_from_first);
        prop_assert_eq!(asked.is_ok(), live);
    }
}
