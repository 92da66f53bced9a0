//! Who authorised what, read off the records of the form `check_authorization` and off withdrawals.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::{ChangeHash, Document, HistoryEntry, Household, Record, STATUS_CLOSED};
use ruhu_national::Day;
use uuid::Uuid;

use crate::answers::Answers;
use crate::contents::{Contents, Grantor};
use crate::grantors::{FORM, grantors};
use crate::members;
use crate::person::Person;
use crate::template::{Template, WordList};

/// The kind of event by which somebody withdraws.
pub const WITHDRAWAL: &str = "authorization_withdrawn";

/// What the document knows of its records beside what they say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordFacts {
    /// For each closed record the withdrawals, by the ids of their events, that whoever closed it had
    /// seen. No clock has a say in it: clocks of phones differ.
    pub seen_at_closing: BTreeMap<String, BTreeSet<String>>,
    /// Records with an answer in conflict, or changed after they were closed: what they say is not
    /// settled.
    pub unsettled: BTreeSet<String>,
}

impl RecordFacts {
    /// Reads them off a document. `household`: what it says.
    pub fn of(document: &Document, household: &Household) -> RecordFacts {
        let changes = |path: String, of: &dyn Fn(&HistoryEntry) -> bool| -> Vec<ChangeHash> {
            document.history(&path).iter().filter(|entry| of(entry)).map(|entry| entry.change).collect()
        };
        let mut facts = RecordFacts::default();
        for record in household.records.iter().filter(|record| record.form.as_deref() == Some(FORM)) {
            let closed = |entry: &HistoryEntry| entry.current && entry.value.as_text() == Some(STATUS_CLOSED);
            let closings = changes(format!("records/{}/status", record.id), &closed);
            let seen = household.events.iter().filter(|event| {
                let withdrawals = changes(format!("events/{}/kind", event.id), &|_| true);
                let known = |closing: &ChangeHash| {
                    withdrawals.iter().any(|withdrawal| document.knew(closing, withdrawal))
                };
                event.kind.as_deref() == Some(WITHDRAWAL) && closings.iter().all(known)
            });
            facts.seen_at_closing.insert(record.id.clone(), seen.map(|event| event.id.clone()).collect());
        }
        for conflict in document.conflicts() {
            let record = conflict.path.strip_prefix("records/").and_then(|rest| rest.split_once('/'));
            facts.unsettled.extend(record.map(|(id, _)| id.to_owned()));
        }
        facts
    }
}

/// One record of the form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Authorization {
    pub record: String,
    pub closed: bool,
    pub seen_at_closing: BTreeSet<String>,
    pub unsettled: bool,
    pub answers: Answers,
    pub scope: Vec<String>,
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub grantors: Vec<Grantor>,
    /// In the form itself.
    pub withdrawn_by: Option<String>,
}

/// All records of the form, those begun first first.
pub(crate) fn authorizations(household: &Household, facts: &RecordFacts) -> Vec<Authorization> {
    let records = household.records.iter().filter(|record| record.form.as_deref() == Some(FORM));
    records.map(|record| authorization(record, facts)).collect()
}

fn authorization(record: &Record, facts: &RecordFacts) -> Authorization {
    let answers = Answers::of(record);
    Authorization {
        record: record.id.clone(),
        closed: record.status.as_deref() == Some(STATUS_CLOSED),
        seen_at_closing: facts.seen_at_closing.get(&record.id).cloned().unwrap_or_default(),
        unsettled: facts.unsettled.contains(&record.id) || !record.edited_after_close.is_empty(),
        scope: answers.codes("scope"),
        from: answers.day("valid_from"),
        to: answers.day("valid_to"),
        grantors: grantors(record),
        withdrawn_by: (answers.text("withdrawn") == "yes").then(|| answers.text("withdraw_by").to_owned()),
        answers,
    }
}

/// A withdrawal: by whom, and the records that the phone held then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Withdrawal {
    pub id: String,
    pub grantor: Person,
    pub records: BTreeSet<String>,
}

impl Withdrawal {
    /// Whether it ends what its grantor gave with a record: one that the phone held, and any that was
    /// closed by somebody who had not heard of it. Given anew is only what was closed knowing it.
    pub(crate) fn ends(&self, authorization: &Authorization) -> bool {
        self.records.contains(&authorization.record) || !authorization.seen_at_closing.contains(&self.id)
    }
}

pub(crate) fn withdrawals(household: &Household) -> Vec<Withdrawal> {
    let events = household.events.iter().filter(|event| event.kind.as_deref() == Some(WITHDRAWAL));
    let text = |event: &ruhu_case::Event, key: &str| {
        event.fields.get(key).map(ToString::to_string).unwrap_or_default()
    };
    events
        .map(|event| Withdrawal {
            id: event.id.clone(),
            grantor: Person::new(&text(event, "grantor"), &text(event, "idno")),
            records: text(event, "records").split_whitespace().map(str::to_owned).collect(),
        })
        .collect()
}

/// Those of whom a record or the household says that they could authorise or did, whom a word means;
/// with the records that name them.
pub fn grantors_meant_by(household: &Household, word: &str) -> Vec<(Person, Vec<String>)> {
    let mut meant: Vec<(Person, Vec<String>)> = Vec::new();
    for authorization in authorizations(household, &RecordFacts::default()) {
        for grantor in &authorization.grantors {
            let person = Person::new(&grantor.name, &grantor.idno);
            if !person.is_meant_by(word) {
                continue;
            }
            match meant.iter_mut().find(|(known, _)| known.is(&person)) {
                Some((_, records)) if records.contains(&authorization.record) => {}
                Some((_, records)) => records.push(authorization.record.clone()),
                None => meant.push((person, vec![authorization.record.clone()])),
            }
        }
    }
    meant
}

/// What to print otherwise than the case and the template say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Codes of what may be looked up.
    pub scope: Option<Vec<String>>,
    /// The first day.
    pub from: Option<Day>,
    /// The last day.
    pub to: Option<Day>,
}

/// What a letter of this household says: by its newest record of the form that is not withdrawn, and
/// where there is none by its members and the template. The second value says whether the days were
/// left to the template.
pub fn contents(
    (case, household): (Uuid, &Household),
    template: &Template,
    wishes: &Wishes,
    today: Day,
) -> (Contents, bool) {
    let authorizations = authorizations(household, &RecordFacts::default());
    let form = authorizations.into_iter().rfind(|one| one.withdrawn_by.is_none() && !one.grantors.is_empty());
    let text = |name: &str| form.as_ref().map(|form| form.answers.text(name).to_owned()).unwrap_or_default();
    let codes = |name: &str, default: &[String]| {
        let told = form.as_ref().map(|form| form.answers.codes(name)).unwrap_or_default();
        if told.is_empty() { default.to_vec() } else { told }
    };
    let grantors = match &form {
        Some(form) => form.grantors.clone(),
        None => members::grantors(&members::members(household, &members::named(household)), today),
    };
    let told = (form.as_ref().and_then(|form| form.from), form.as_ref().and_then(|form| form.to));
    let (from, to) = (wishes.from.or(told.0), wishes.to.or(told.1));
    let first = from.unwrap_or(today);
    let last = to.or_else(|| first.plus(i64::from(template.days) - 1)).unwrap_or(first);
    // A record keeps ticks in no order that says something.
    let in_order = |list, codes: &[String]| template.in_order(list, codes);
    let contents = Contents {
        case,
        case_number: text("case_id"),
        grantors,
        scope: in_order(
            WordList::Scope,
            &wishes.scope.clone().unwrap_or_else(|| codes("scope", &template.scope)),
        ),
        scope_other: text("scope_other"),
        purpose: in_order(WordList::Purpose, &codes("purpose", &template.purpose)),
        recipient: in_order(WordList::Recipient, &codes("recipient", &template.recipient)),
        recipient_other: text("recipient_other"),
        from: first,
        to: last,
    };
    (contents, from.is_none() && to.is_none())
}
