//! Who of a household is covered by a live authorisation, for what, and until when.
//!
//! An authorisation is live on a day when its record is closed and nothing in it is unsettled, the day
//! lies within it, and whoever gave it has not withdrawn. Grown persons cover themselves, minors are
//! covered by a guardian, persons with a duty of support by themselves alone.

use std::collections::BTreeSet;

use ruhu_case::{Document, Household};
use ruhu_national::Day;
use ruhu_text::Bilingual;
use serde::Serialize;

use crate::authorization::{Authorization, RecordFacts, Withdrawal, authorizations, withdrawals};
use crate::contents::Role;
use crate::members::{Member, members, named};
use crate::person::{OWN_LIVING, Person, age};

/// One thing that may be looked up about somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cover {
    /// What, as the form codes it (`bank`).
    pub scope: String,
    /// The last day, `2027-11-26`.
    pub until: String,
    /// Who gave the authorisation.
    pub by: String,
    /// The record that says so.
    pub record: String,
}

/// Why something may not be looked up about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Nobody has authorised anything for them.
    NoLetter,
    /// An authorisation holds, and this is not among its scope.
    OutsideScope,
    /// The authorisation is not closed yet: not everybody has signed.
    NotClosed,
    /// A minor's authorisation was given by themselves, or by nobody who is their guardian.
    NotByGuardian,
    /// Answers of the authorisation are in conflict, or changed after it was closed.
    Unsettled,
    /// Its first day has not come.
    NotYet,
    /// Its last day is over.
    Expired,
    /// It was withdrawn.
    Withdrawn,
    /// The number of their paper is not known, so nobody could be asked about them.
    NoNumber,
    /// No authorisation is theirs, and somebody of their name has another number, or several have: a number may
    /// be wrong, or lacking.
    OtherNumber,
}

impl Lack {
    /// For people, what to do included.
    pub fn message(self) -> Bilingual {
        let (zh, en) = match self {
            Lack::NoLetter => ("没有授权，请先签授权书", "nobody has authorised it: have the letter signed"),
            Lack::OutsideScope => ("不在授权范围内", "outside the authorised scope"),
            Lack::NotClosed => ("授权书还没有办结", "the authorisation is not closed yet"),
            Lack::NotByGuardian => ("未成年人，要由监护人授权", "a minor: a guardian has to authorise"),
            Lack::Unsettled => (
                "授权的内容有冲突或办结后被改过，请先处理",
                "the authorisation is in conflict or was changed after closing: settle that first",
            ),
            Lack::NotYet => ("授权还没有开始", "the authorisation has not begun"),
            Lack::Expired => ("授权已经到期", "the authorisation has ended"),
            Lack::NoNumber => ("没有证件号码，请先补上", "no ID number is known: enter it first"),
            Lack::OtherNumber => (
                "同名的人证件号码不同：请核对号码，写错的改正，没有的补上",
                "people of this name have different numbers: check them, correct a wrong one, enter one that is lacking",
            ),
            Lack::Withdrawn => ("授权已经撤回", "the authorisation was withdrawn"),
        };
        Bilingual::new(zh, en)
    }
}

/// How somebody is covered on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonCoverage {
    /// Who.
    pub person: Person,
    /// Whether they were under 18 on that day.
    pub minor: bool,
    /// Whether they live elsewhere and have a duty of support.
    pub obligor: bool,
    /// What may be looked up.
    pub covered: Vec<Cover>,
    /// Why nothing more may be: what stands in the way of each authorisation that is not live, worst
    /// last; `no_letter` or `other_number` alone when there is none.
    pub lacks: Vec<Lack>,
}

/// The coverage of a household on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The day, `2026-11-27`.
    pub day: String,
    /// The members, then those with a duty of support, then others whom an authorisation names.
    pub people: Vec<PersonCoverage>,
}

/// What one authorisation gives for one person.
struct Grant<'a> {
    person: Person,
    by: Person,
    role: Role,
    authorization: &'a Authorization,
}

impl Coverage {
    /// Reads it off a document, for a day.
    pub fn of_document(document: &Document, day: Day) -> Coverage {
        let household = document.household();
        Coverage::of(&household, &RecordFacts::of(document, &household), day)
    }

    /// Works it out.
    pub fn of(household: &Household, facts: &RecordFacts, day: Day) -> Coverage {
        let authorizations = authorizations(household, facts);
        let withdrawals = withdrawals(household);
        let grants: Vec<Grant<'_>> = authorizations.iter().flat_map(grants).collect();
        let persons = named(household);
        let mut members = members(household, &persons);
        for grant in &grants {
            let born = grant.person.birth();
            match members.iter_mut().find(|member| persons.same(&member.person, &grant.person)) {
                // Known here by name alone: the authorisation has the number.
                Some(member) if member.person.idno.is_empty() => {
                    member.person.idno = grant.person.idno.clone();
                    member.birth = member.birth.or(born);
                }
                Some(_) => {}
                None => members.push(Member {
                    person: grant.person.clone(),
                    birth: born,
                    guardian: None,
                    obligor: grant.role == Role::Obligor,
                }),
            }
        }
        let person = |member: Member| {
            let minor = member.is_minor(day);
            let own: Vec<&Grant<'_>> =
                grants.iter().filter(|grant| persons.same(&grant.person, &member.person)).collect();
            let none = if persons.is_mistakable(&member.person) { Lack::OtherNumber } else { Lack::NoLetter };
            person_coverage(member, (minor, none), &own, &withdrawals, day)
        };
        let people = members.into_iter().map(person).collect();
        Coverage { day: day.to_string(), people }
    }

    /// What stands in the way of looking something up about somebody: nothing, when they are covered.
    pub fn lack(&self, person: &PersonCoverage, scope: &str) -> Option<Lack> {
        match person.covered.iter().any(|cover| cover.scope == scope) {
            true => None,
            false if person.covered.is_empty() => {
                Some(person.lacks.last().copied().unwrap_or(Lack::NoLetter))
            }
            false => Some(Lack::OutsideScope),
        }
    }
}

/// Those who authorised something and took all of it back.
pub(crate) fn withdrawn(document: &Document, household: &Household) -> Vec<Person> {
    let authorizations = authorizations(household, &RecordFacts::of(document, household));
    let withdrawals = withdrawals(household);
    let grants: Vec<Grant<'_>> = authorizations.iter().flat_map(grants).collect();
    let stands =
        |person: &Person| grants.iter().any(|grant| grant.by.is(person) && !grant.is_withdrawn(&withdrawals));
    let mut people: Vec<Person> = Vec::new();
    for grant in grants.iter().filter(|grant| !stands(&grant.by)) {
        if !people.iter().any(|known| known.is(&grant.by)) {
            people.push(grant.by.clone());
        }
    }
    people
}

fn grants(authorization: &Authorization) -> Vec<Grant<'_>> {
    let grant = |grantor: &crate::contents::Grantor| {
        let by = Person::new(&grantor.name, &grantor.idno);
        let person = match (&grantor.ward, grantor.role) {
            (Some(ward), Role::Guardian) => Person::new(&ward.name, &ward.idno),
            _ => by.clone(),
        };
        Grant { person, by, role: grantor.role, authorization }
    };
    authorization.grantors.iter().map(grant).collect()
}

/// What a person's own authorisations give. `none`: what stands in the way when there are none.
fn person_coverage(
    Member { person, obligor, .. }: Member,
    (minor, none): (bool, Lack),
    own: &[&Grant<'_>],
    withdrawals: &[Withdrawal],
    day: Day,
) -> PersonCoverage {
    let mut covered: Vec<Cover> = Vec::new();
    let mut lacks = BTreeSet::new();
    for grant in own {
        if let Some(lack) = grant.lack(withdrawals, day) {
            lacks.insert(lack);
            continue;
        }
        let until = grant.authorization.to.map(|day| day.to_string()).unwrap_or_default();
        for scope in &grant.authorization.scope {
            let cover = Cover {
                scope: scope.clone(),
                until: until.clone(),
                by: grant.by.name.clone(),
                record: grant.authorization.record.clone(),
            };
            match covered.iter_mut().find(|known| known.scope == *scope) {
                Some(known) if known.until >= until => {}
                Some(known) => *known = cover,
                None => covered.push(cover),
            }
        }
    }
    covered.sort_by(|one, other| one.scope.cmp(&other.scope));
    if covered.is_empty() && lacks.is_empty() {
        lacks.insert(none);
    }
    PersonCoverage { person, minor, obligor, covered, lacks: lacks.into_iter().collect() }
}

impl Grant<'_> {
    /// Why it is not live.
    fn lack(&self, withdrawals: &[Withdrawal], day: Day) -> Option<Lack> {
        let of = self.authorization;
        let (Some(from), Some(to)) = (of.from, of.to) else { return Some(Lack::NotClosed) };
        match () {
            () if self.is_withdrawn(withdrawals) => Some(Lack::Withdrawn),
            () if !of.closed => Some(Lack::NotClosed),
            () if of.unsettled => Some(Lack::Unsettled),
            () if day > to => Some(Lack::Expired),
            () if day < from => Some(Lack::NotYet),
            () if !self.is_by_who_may(from) => Some(Lack::NotByGuardian),
            () => None,
        }
    }

    /// Whether whoever gave it took it back, in the form or by an event.
    fn is_withdrawn(&self, withdrawals: &[Withdrawal]) -> bool {
        let of = self.authorization;
        let in_form = of.withdrawn_by.as_ref().is_some_and(|by| by.is_empty() || self.by.is_meant_by(by));
        in_form || withdrawals.iter().any(|one| one.grantor.is(&self.by) && one.ends(of))
    }

    /// Minors are their guardian's to authorise; those of 16 and 17 who live on their own work are
    /// asked so by the form.
    fn is_by_who_may(&self, at: Day) -> bool {
        let years = self.person.birth().map(|birth| age(birth, at));
        self.role == Role::Guardian || years.is_none_or(|years| years >= OWN_LIVING)
    }
}
