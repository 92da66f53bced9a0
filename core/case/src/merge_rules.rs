//! What becomes of values that were written side by side. Mostly a person decides; here are the fields
//! where there is nothing to decide: those that the program fills in, and values that say the same.
//!
//! Some rules follow from the field alone ([`fixed`]); others a form states for its answers and for the
//! household fields that it fills ([`MergeRules`]). All values stay in the history, whatever the rule.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime};

use crate::Value;
use crate::path::{Collection, FieldPath, Place};

/// What becomes of values of one field that were written side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeRule {
    /// A person filled it: different values are a conflict, and a person settles it. Numbers that are
    /// equal are no different values.
    Person,
    /// A person chose several of a list: the order says nothing.
    Choices,
    /// A person gave a number: `4` and `4.0` are the same.
    Number,
    /// A person gave a day or a moment: the same one may be written in several ways.
    Moment,
    /// The program noted when something began: the earliest counts.
    Earliest,
    /// The program noted when something ended: the latest counts.
    Latest,
    /// The program worked it out, or noted it beside what people entered: the value counts that goes
    /// with what is shown, that is, whose author knew the answers that are nearest to those shown.
    WorkedOut,
}

impl MergeRule {
    /// The name under which a rule is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            MergeRule::Person => "person",
            MergeRule::Choices => "choices",
            MergeRule::Number => "number",
            MergeRule::Moment => "moment",
            MergeRule::Earliest => "earliest",
            MergeRule::Latest => "latest",
            MergeRule::WorkedOut => "worked_out",
        }
    }

    /// The rule of a name; [`MergeRule::Person`] for one that is not known: then people decide.
    pub fn named(name: &str) -> MergeRule {
        use MergeRule::{Choices, Earliest, Latest, Moment, Number, Person, WorkedOut};
        let all = [Choices, Number, Moment, Earliest, Latest, WorkedOut];
        all.into_iter().find(|rule| rule.as_str() == name).unwrap_or(Person)
    }

    /// Whether the program fills the field in.
    pub fn is_programs(self) -> bool {
        matches!(self, MergeRule::Earliest | MergeRule::Latest | MergeRule::WorkedOut)
    }

    /// Whether two values say the same under this rule.
    pub(crate) fn same(self, a: &Value, b: &Value) -> bool {
        a == b
            || a.is_blank() && b.is_blank()
            || match self {
                MergeRule::Choices => choices(a).is_some_and(|set| Some(set) == choices(b)),
                MergeRule::Number => number(a).is_some_and(|n| Some(n) == number(b)),
                MergeRule::Moment => moment(a).is_some_and(|at| Some(at) == moment(b)),
                // A value that is kept as a number says that the field holds numbers.
                _ => {
                    [a, b].iter().any(|v| matches!(v, Value::Int(_)))
                        && number(a).is_some_and(|n| Some(n) == number(b))
                }
            }
    }
}

/// What forms say of the fields they fill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergeRules {
    /// By id and version of a form, then by the question's path without positions.
    pub(crate) answers: BTreeMap<(String, String), BTreeMap<String, MergeRule>>,
    /// By the path of a household field; where forms differ, people decide.
    pub(crate) fields: BTreeMap<String, MergeRule>,
}

impl MergeRules {
    /// Notes what a version of a form says of one of its questions.
    pub fn answer(&mut self, form: &str, version: &str, question: &str, rule: MergeRule) {
        let of_form = self.answers.entry((form.to_owned(), version.to_owned())).or_default();
        of_form.insert(question.to_owned(), rule);
    }

    /// Notes what a form says of a field of the household that it fills.
    pub fn field(&mut self, path: &str, rule: MergeRule) {
        let known = self.fields.entry(path.to_owned()).or_insert(rule);
        if *known != rule {
            *known = MergeRule::Person;
        }
    }
}

/// The fields that the program fills in whatever the form.
pub(crate) fn fixed(field: &FieldPath) -> Option<MergeRule> {
    let Place::Child(collection, _) = &field.place else { return None };
    match (collection, field.key.as_str()) {
        (_, "order")
        | (Collection::Records, "started_at")
        | (Collection::Events, "at")
        | (Collection::Evidence, "attached_at" | "taken_at" | "place" | "size" | "mime" | "orientation") => {
            Some(MergeRule::Earliest)
        }
        // `closed` stands before `open`: what one person closed is closed, and what another answered
        // beside it is listed (see `rules`).
        (Collection::Records, "status") => Some(MergeRule::Earliest),
        (Collection::Records, "form" | "version" | "begun_version" | "started_by") => {
            Some(MergeRule::WorkedOut)
        }
        _ => None,
    }
}

fn choices(value: &Value) -> Option<BTreeSet<&str>> {
    match value {
        Value::Text(text) => Some(text.split_whitespace().collect()),
        Value::Blank => Some(BTreeSet::new()),
        _ => None,
    }
}

/// A number in its shortest form: without a plus, leading zeros, or zeros at the end of its fraction.
fn number(value: &Value) -> Option<String> {
    let text = match value {
        Value::Int(_) | Value::Fen(_) | Value::Text(_) => value.to_string(),
        _ => return None,
    };
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let sign = if whole.is_empty() && fraction.is_empty() { "" } else { sign };
    Some(format!("{sign}{whole}.{fraction}"))
}

/// A day (`2026-3-1`, `2026/03/01`, `2026年3月1日`) or a moment of RFC 3339, in milliseconds; days apart
/// from moments.
fn moment(value: &Value) -> Option<(bool, i64)> {
    let text = match value {
        Value::Timestamp(ms) => return Some((true, *ms)),
        Value::Text(text) => text.trim(),
        _ => return None,
    };
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some((true, moment.timestamp_millis()));
    }
    let plain: String = text
        .chars()
        .filter(|c| *c != '日')
        .map(|c| if matches!(c, '/' | '.' | '年' | '月') { '-' } else { c })
        .collect();
    let day = NaiveDate::parse_from_str(&plain, "%Y-%m-%d").ok()?;
    Some((false, day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn values_that_say_the_same_are_the_same_under_their_rule_only() {
        for (rule, a, b, same) in [
            (MergeRule::Choices, text("a b"), text("b a"), true),
            (MergeRule::Choices, text("a b"), text("a c"), false),
            (MergeRule::Choices, Value::Blank, text(""), true),
            (MergeRule::Person, text("a b"), text("b a"), false),
            (MergeRule::Number, text("4"), text("4.0"), true),
            (MergeRule::Number, text("-0"), text("0"), true),
            (MergeRule::Number, text("4"), text("40"), false),
            (MergeRule::Number, text("4"), text("vier"), false),
            (MergeRule::Person, text("007"), text("7"), false),
            (MergeRule::Person, Value::Int(4), text("4.0"), true),
            (MergeRule::Person, Value::Int(400), Value::Fen(400), false),
            (MergeRule::Person, Value::Blank, text(""), true),
            (MergeRule::Moment, text("2026-3-1"), text("2026-03-01"), true),
            (MergeRule::Moment, text("2026年3月1日"), text("2026/03/01"), true),
            (MergeRule::Moment, text("2026-03-01T08:00:00+08:00"), text("2026-03-01T00:00:00.000Z"), true),
            (MergeRule::Moment, text("2026-03-01"), text("2026-03-01T00:00:00Z"), false),
            (MergeRule::Person, text("2026-3-1"), text("2026-03-01"), false),
        ] {
            assert_eq!(rule.same(&a, &b), same, "{rule:?} {a:?} {b:?}");
            assert_eq!(rule.same(&b, &a), same, "{rule:?} {b:?} {a:?}");
        }
    }

    #[test]
    fn every_rule_reads_back_from_its_name_and_an_unknown_one_is_left_to_people() {
        use MergeRule::{Choices, Earliest, Latest, Moment, Number, Person, WorkedOut};
        for rule in [Person, Choices, Number, Moment, Earliest, Latest, WorkedOut] {
            assert_eq!(MergeRule::named(rule.as_str()), rule);
        }
        assert_eq!(MergeRule::named("by_a_newer_program"), Person);
    }
}
