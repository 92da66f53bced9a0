//! Who belongs to a household, as far as the case says: its people, and the newest declaration.

use ruhu_case::{Household, Record};
use ruhu_national::Day;

use crate::answers::Answers;
use crate::contents::{Grantor, Role, Ward};
use crate::grantors::authorizing;
use crate::person::{ADULT, Person, Persons, age};

const DECLARATION: &str = "apply_declare";
/// The declaration's code of the applicant among the members.
const APPLICANT: &str = "01";

/// Somebody of a household, or with a duty of support for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub person: Person,
    pub birth: Option<Day>,
    /// Of a minor: the guardian's name and what they are to them, where the case says so.
    pub guardian: Option<(String, String)>,
    pub obligor: bool,
}

impl Member {
    /// Whether they were under age on a day. Whose birth nobody knows counts as grown.
    pub(crate) fn is_minor(&self, at: Day) -> bool {
        self.birth.is_some_and(|birth| age(birth, at) < ADULT)
    }
}

/// All whom a household names: its people, those declared, and those whom authorisations name.
pub(crate) fn named(household: &Household) -> Persons {
    let of_papers = named_members(household).into_iter().map(|member| member.person);
    Persons::of(of_papers.chain(authorizing(household)))
}

/// The members of a household, then those with a duty of support.
pub(crate) fn members(household: &Household, persons: &Persons) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    for member in named_members(household).into_iter().filter(|member| !member.person.name.is_empty()) {
        match members.iter_mut().find(|known| persons.same(&known.person, &member.person)) {
            None => members.push(member),
            // Of two entries of one person each may know what the other does not.
            Some(known) => {
                if known.person.idno.is_empty() {
                    known.person.idno = member.person.idno;
                }
                known.birth = known.birth.or(member.birth);
                known.guardian = known.guardian.take().or(member.guardian);
            }
        }
    }
    members.sort_by_key(|member| member.obligor);
    members
}

/// The people of a household and those declared, one for each entry.
fn named_members(household: &Household) -> Vec<Member> {
    let here = household.people.iter().filter(|person| person.removed.is_none());
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut all: Vec<Member> =
        here.map(|person| member(Person::new(&text(&person.name), &text(&person.idno)), None)).collect();
    all.extend(newest(household, DECLARATION).map(declared).unwrap_or_default());
    all
}

/// The record of a form that was begun last.
pub(crate) fn newest<'a>(household: &'a Household, form: &str) -> Option<&'a Record> {
    household.records.iter().rfind(|record| record.form.as_deref() == Some(form))
}

fn member(person: Person, birth: Option<Day>) -> Member {
    Member { birth: person.birth().or(birth), person, guardian: None, obligor: false }
}

fn declared(record: &Record) -> Vec<Member> {
    let head = Answers::of(record);
    let of_members = Answers::instances(record, "member").into_iter().filter_map(|(_, answers)| {
        let text = |name: &str| answers.text(name);
        if text("counted") == "no" {
            return None;
        }
        let person = match text("member_rel") {
            APPLICANT => Person::new(head.text("applicant_name"), head.text("applicant_idno")),
            _ => Person::new(text("member_name"), text("member_idno")),
        };
        let guardian = Some((text("guardian_name").to_owned(), text("guardian_rel").to_owned()));
        let guardian = guardian.filter(|(name, _)| !name.is_empty());
        Some(Member { guardian, ..member(person, answers.day("member_birth")) })
    });
    let obligors = Answers::instances(record, "obligor").into_iter().map(|(_, answers)| Member {
        obligor: true,
        ..member(Person::new(answers.text("obligor_name"), answers.text("obligor_idno")), None)
    });
    of_members.chain(obligors).collect()
}

/// Those who authorise, where no form says who: each grown member for themselves, and for each minor
/// the guardian that the case names, else the first grown member. Persons with a duty of support
/// authorise by their own will only, so they are not put on a letter unasked.
pub(crate) fn grantors(members: &[Member], at: Day) -> Vec<Grantor> {
    let of_household = || members.iter().filter(|member| !member.obligor);
    let grown: Vec<&Member> = of_household().filter(|member| !member.is_minor(at)).collect();
    let own = grown.iter().map(|member| Grantor {
        role: Role::Member,
        name: member.person.name.clone(),
        idno: member.person.idno.clone(),
        ward: None,
    });
    let for_minors = of_household().filter(|member| member.is_minor(at)).filter_map(|minor| {
        let (named, relation) = minor.guardian.clone().unwrap_or_default();
        let known = match named.is_empty() {
            true => grown.first().map(|member| member.person.clone()),
            false => grown.iter().map(|member| &member.person).find(|person| person.name == named).cloned(),
        };
        let guardian = known.or_else(|| (!named.is_empty()).then(|| Person::new(&named, "")))?;
        let ward = Ward { name: minor.person.name.clone(), idno: minor.person.idno.clone(), relation };
        Some(Grantor { role: Role::Guardian, name: guardian.name, idno: guardian.idno, ward: Some(ward) })
    });
    own.chain(for_minors).collect()
}
