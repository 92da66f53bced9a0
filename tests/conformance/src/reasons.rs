//! Why a trace may differ here from what was recorded: rules, each of which the
//! decision on where forms depart from other engines has at length. A rule
//! explains the nodes it holds for, what follows from them, and what was refused
//! or kept because of them.

use ruhu_form::definition::{Action, DefaultValue, Event, Row, Source};
use ruhu_form::{FormSchema, QuestionKind, Session};
use ruhu_xpath::{Expr, Moment, NodeDefId, ROOT_DEF, Schema, parse};
use std::collections::{BTreeMap, BTreeSet};

const COUNTED: &str = "repeat-count: the instances that a count asks for are there at once, and those beyond it no longer apply; the recorded engine adjusts them when a person walks there";
const FIRST: &str = "first-instance: a repeat begins with one instance, so that there is something to fill in; the recorded engine begins with none inside a new instance, and where there is only a template";
const POSITION: &str =
    "position: an instance keeps its position while it does not apply; the recorded engine gives it 0";
const NUMBER: &str = "number-as-written: the same number in other digits; an answer is kept as it was written, and no number has an exponent";
const TRUTH: &str =
    "truth-as-text: a truth is written true or false, as XPath writes it; the recorded engine stores 1 or 0";
const DAY: &str = "calendar-day: a date is a day without a time; the recorded engine adds midnight where the question is no date, and takes the time of moments for none";
const MOMENT: &str = "same-moment: a moment is written with the offset of the phone; the recorded engine writes that of the day, which was another in summers from 1986 to 1991";
const TEXT_DATE: &str = "text-as-date: for an order with a date, a text that is a date counts as that date; the recorded engine makes no number of it";
const DATE: &str = "date-arithmetic: a day plus a number is a day; the recorded engine leaves its number in the date question";
const BLANK: &str = "blank-in-sum: a sum, a least and a greatest with a blank in it is blank, so that no missing figure counts as 0; the recorded engine leaves blanks out";
const DEFAULT: &str = "default-order: a default that is worked out sees all that is calculated, is blank when it cannot be worked out, and is there in every new instance; the recorded engine works some out before, makes 0 of a blank, and leaves repeats inside a new instance without";
const JOINED: &str = "joined-blanks: an instance that is added joins at once, blank as it is; the recorded engine waits until something is entered";
const GREATEST: &str =
    "greatest-below-0: the greatest of numbers below 0 is one of them; the recorded engine gives 0";
const NO_PLACE: &str = "no-place: what is no place has no distance and no area; the recorded engine gives 0";
const HALVES: &str = "halves: they are rounded away from zero; the recorded engine rounds them upward";
const INDEX: &str =
    "index-below-1: there is no instance before the first; the recorded engine takes the first";
const CHOICE: &str = "kept-choice: an answer that is no longer on offer is kept and stands in the way of finishing; the recorded engine deletes it when a person walks there";
const PATTERN: &str =
    "pattern-found: regex holds where the pattern is found; the recorded engine wants it for the whole text";
const CALCULATED: &str = "calculated: what the form calculates is not answered by hand, for the next calculation would overwrite it silently; the recorded engine takes it";
const TAKEN_BACK: &str = "taken-back: a required answer may be taken back, and then stands in the way of finishing; the recorded engine keeps it";
const OTHERS: &str = "other-instances: what looks at all instances of its own repeat sees all, and is worked out again when another of them changes; the recorded engine does so only when its own changes";
const INITIAL: &str = "initial-instances: filling begins with the first instance that a form holds, and a warning says so when it is read; the recorded engine begins with all";
const ENDLESS: &str = "endless-number: a number without end is a word, and what is worked out from it is blank; the recorded engine calculates with it";
const CHOICE_TEXT: &str = "choice-text: the text of a choice that refers to a question is shown as it is written, and a warning says so when it is read; the recorded engine fills it in";

/// A difference that is to be explained.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub path: &'a str,
    /// The state that was recorded; none when the node was not there.
    pub expected: Option<&'a str>,
    pub got: Option<&'a str>,
}

/// What is known of a form, and of a trace so far.
pub(super) struct Reasons {
    /// What the form's expressions say, by node definition.
    rules: Vec<Rules>,
    /// The definitions that look at other instances of a repeat they stand in.
    across: BTreeSet<NodeDefId>,
    /// The definitions that a definition looks at.
    looks_at: BTreeMap<NodeDefId, BTreeSet<NodeDefId>>,
    /// Definitions where an entry came out otherwise or a difference stays, as
    /// nothing is worked out there again.
    estranged: BTreeMap<NodeDefId, &'static str>,
}

impl Reasons {
    pub fn of(session: &Session) -> Reasons {
        let schema = session.form().schema();
        let rows = session.form().definition().rows.iter();
        let mut reasons = Reasons {
            rules: std::iter::once(Rules::default()).chain(rows.map(Rules::of)).collect(),
            across: BTreeSet::new(),
            looks_at: BTreeMap::new(),
            estranged: BTreeMap::new(),
        };
        for def in schema.subtree(ROOT_DEF) {
            for dependent in session.form().dependents(def) {
                reasons.looks_at.entry(dependent.def).or_default().insert(def);
                if looks_across(schema, dependent.def, def, dependent.anchor) {
                    reasons.across.insert(dependent.def);
                }
            }
        }
        reasons
    }

    /// What a form begins with elsewhere and not here: instances of a repeat
    /// after the first.
    pub fn at_the_beginning(&mut self, session: &Session, cases: &[Case<'_>]) {
        let schema = session.form().schema();
        let counted = |def: NodeDefId| schema.lineage(def).any(|def| self.is_counted(def));
        let missing = cases.iter().filter(|case| case.got.is_none() && case.path.ends_with(']'));
        let later = missing.filter(|case| !case.path.ends_with("[1]"));
        let defs = later.filter_map(|case| def_of(schema, case.path));
        let defs: Vec<NodeDefId> = defs.filter(|def| !counted(*def)).collect();
        self.estranged.extend(defs.into_iter().map(|def| (def, INITIAL)));
    }

    /// Why an entry that was recorded may be refused here, or the other way
    /// round, given what differs now; from then on it explains what follows.
    pub fn of_result(
        &mut self,
        session: &Session,
        (path, expected): (&str, &str),
        causes: &Causes,
    ) -> Option<&'static str> {
        let def = def_of(session.form().schema(), path)?;
        let rules = self.rules.get(def as usize)?;
        let constraint = rules.constraint.as_ref();
        let own = match constraint {
            _ if expected == "required" => Some(TAKEN_BACK),
            _ if rules.calculation.is_some() => Some(CALCULATED),
            Some(constraint) if constraint.calls("regex") => Some(PATTERN),
            Some(constraint) if SUMS.iter().any(|sum| constraint.calls(sum)) => Some(BLANK),
            _ => None,
        };
        let reason = own.or_else(|| causes.of_def(def))?;
        self.estranged.insert(def, reason);
        Some(reason)
    }

    /// What explains differences now: the nodes that differ for a rule of their
    /// own, and the definitions that follow from them.
    pub fn causes(&mut self, session: &Session, cases: &[Case<'_>]) -> Causes {
        let mut roots = self.estranged.clone();
        roots.extend(self.differing_repeats(session, cases));
        for case in cases {
            if let Some(def) = def_of(session.form().schema(), case.path)
                && let Some(reason) = self.own_reason(session, def, case)
            {
                roots.entry(def).or_insert(reason);
            }
        }
        let schema = session.form().schema();
        let mut reached = BTreeMap::new();
        for (def, reason) in roots {
            for def in schema.subtree(def).into_iter().chain(session.form().followers(def)) {
                reached.entry(def).or_insert(reason);
            }
        }
        self.estrange(session, cases, &reached);
        Causes { reached }
    }

    /// A value that differs where nothing is calculated stays as it is.
    fn estrange(
        &mut self,
        session: &Session,
        cases: &[Case<'_>],
        reached: &BTreeMap<NodeDefId, &'static str>,
    ) {
        let values = cases.iter().filter(|case| value(case.expected) != value(case.got));
        for def in values.filter_map(|case| def_of(session.form().schema(), case.path)) {
            let calculated = self.rules.get(def as usize).is_some_and(|rules| rules.calculation.is_some());
            if let Some(reason) = reached.get(&def).filter(|_| !calculated) {
                self.estranged.entry(def).or_insert(reason);
            }
        }
    }

    fn own_reason(&self, session: &Session, def: NodeDefId, case: &Case<'_>) -> Option<&'static str> {
        let rules = self.rules.get(def as usize)?;
        let (Some(expected), Some(got)) = (case.expected, case.got) else { return None };
        let hidden = expected.starts_with('-') && got.starts_with('-');
        let counts = |expr: &Expr| expr.calls("position");
        let checks = [&rules.calculation, &rules.required, &rules.read_only];
        if hidden && checks.into_iter().flatten().any(counts) {
            return Some(POSITION);
        }
        let (marks, expected) = expected.split_once('|')?;
        let (own_marks, got) = got.split_once('|')?;
        let of_value = || self.value_reason(session, def, rules, (expected, got));
        if marks == own_marks { of_value() } else { None }
            .or_else(|| self.across.contains(&def).then_some(OTHERS))
            .or_else(|| (marks != own_marks && sums(rules)).then_some(BLANK))
            .or_else(|| orders_texts(rules).then_some(TEXT_DATE))
    }

    fn value_reason(
        &self,
        session: &Session,
        def: NodeDefId,
        rules: &Rules,
        (expected, got): (&str, &str),
    ) -> Option<&'static str> {
        let kind = kind(session, def);
        let numbers = number(expected).zip(number(got));
        let midnight = |text: &str, day: &str| {
            !day.is_empty() && text.strip_prefix(day).is_some_and(|rest| rest.starts_with("T00:00:00.000"))
        };
        Some(match (expected, got) {
            ("1", "true") | ("0", "false") => TRUTH,
            _ if numbers.is_some_and(|(expected, got)| expected == got) => NUMBER,
            (expected, got) if moment(expected).is_some_and(|e| Some(e) == moment(got)) => MOMENT,
            (expected, got) if without_spare_zeros(expected) == without_spare_zeros(got) => NUMBER,
            (expected, got) if midnight(expected, got) => DAY,
            (expected, got) if is_choice(kind) && gave_up(expected, got) => CHOICE,
            (_, got) if kind == QuestionKind::Date && number(expected).is_some() && !got.is_empty() => DATE,
            (_, got) if (got.is_empty() || got.contains("NaN")) && calls(rules, &SUMS) => BLANK,
            (expected, got) if calls(rules, &["join"]) && ends(expected) == ends(got) => JOINED,
            (expected, "") if ENDLESS_WORDS.contains(&expected) => ENDLESS,
            (_, got) if got.contains("${") && calls(rules, &["jr:choice-name"]) => CHOICE_TEXT,
            _ if rules.has_default => DEFAULT,
            ("0", got) if calls(rules, &["max"]) && number(got).is_some_and(|got| got < 0.0) => GREATEST,
            _ if calls(rules, &["distance", "area", "enclosed-area"]) => NO_PLACE,
            _ if calls(rules, &["indexed-repeat"]) => INDEX,
            _ if calls(rules, &["round"]) && numbers.is_some_and(|(e, g)| g < e && g < 0.0) => HALVES,
            _ if self.tells_time(session, def, rules) => DAY,
            _ => return None,
        })
    }

    /// Whether a calculation makes something of a moment or a time of day.
    fn tells_time(&self, session: &Session, def: NodeDefId, rules: &Rules) -> bool {
        let timed = |def: &NodeDefId| {
            let kind = kind(session, *def);
            matches!(kind, QuestionKind::DateTime | QuestionKind::Time | QuestionKind::Start)
        };
        rules.calculation.is_some()
            && (calls(rules, &["now"]) || self.looks_at.get(&def).is_some_and(|defs| defs.iter().any(timed)))
    }

    fn is_counted(&self, def: NodeDefId) -> bool {
        self.rules.get(def as usize).is_some_and(|rules| rules.is_counted)
    }

    /// The repeats that have other instances here, or where others apply.
    fn differing_repeats(&self, session: &Session, cases: &[Case<'_>]) -> BTreeMap<NodeDefId, &'static str> {
        let schema = session.form().schema();
        let applies = |state: Option<&str>| state.map(|state| state.starts_with('R'));
        let differing = cases
            .iter()
            .filter(|case| case.path.ends_with(']') && applies(case.expected) != applies(case.got));
        let explained = differing.filter_map(|case| {
            let def = def_of(schema, case.path)?;
            if let Some(counted) = schema.lineage(def).find(|def| self.is_counted(*def)) {
                return Some((counted, COUNTED));
            }
            let nested = schema.repeat_depth(def) > 0;
            let begins = case.expected.is_none() && case.path.ends_with("[1]");
            let there = case.expected.is_none() || case.got.is_none();
            (begins || nested && there).then_some((def, FIRST))
        });
        explained.collect()
    }
}

/// What the expressions of a row say, as they are written.
#[derive(Debug, Default)]
struct Rules {
    relevant: Option<Expr>,
    required: Option<Expr>,
    read_only: Option<Expr>,
    constraint: Option<Expr>,
    calculation: Option<Expr>,
    /// Whether its first value is worked out.
    has_default: bool,
    /// Whether it is a repeat whose count is worked out.
    is_counted: bool,
}

impl Rules {
    fn of(row: &Row) -> Rules {
        let parsed = |cell: &Option<Source>| parse(&cell.as_ref()?.text).ok();
        Rules {
            relevant: parsed(&row.relevant),
            required: parsed(&row.required),
            read_only: parsed(&row.read_only),
            constraint: parsed(&row.constraint),
            calculation: parsed(&row.calculation),
            has_default: has_default(row),
            is_counted: row.repeat_count.is_some(),
        }
    }
}

/// The definitions where differences are explained, and by what.
#[derive(Debug, Default)]
pub(super) struct Causes {
    reached: BTreeMap<NodeDefId, &'static str>,
}

impl Causes {
    /// Why the node of that path may differ.
    pub fn of(&self, schema: &FormSchema, path: &str) -> Option<&'static str> {
        self.of_def(def_of(schema, path)?)
    }

    fn of_def(&self, def: NodeDefId) -> Option<&'static str> {
        self.reached.get(&def).copied()
    }
}

/// Whether what stands at `from` looks at a definition of its own repeat by a path
/// that is not bound to its own instance.
fn looks_across(schema: &FormSchema, from: NodeDefId, to: NodeDefId, anchor: Option<NodeDefId>) -> bool {
    let bound = anchor.map_or(0, |anchor| schema.depth(anchor));
    let holders: Vec<NodeDefId> = schema.lineage(to).filter(|def| schema.is_repeat(*def)).collect();
    schema.lineage(from).any(|def| holders.contains(&def) && (anchor.is_none() || bound < schema.depth(def)))
}

/// The definition that a path with or without positions leads to.
pub(super) fn def_of(schema: &FormSchema, path: &str) -> Option<NodeDefId> {
    path.split('/').skip(2).try_fold(ROOT_DEF, |def, step| {
        let name = step.split('[').next().unwrap_or(step);
        schema.children(def).iter().find(|child| schema.name(**child) == name).copied()
    })
}

fn calls(rules: &Rules, functions: &[&str]) -> bool {
    let any = |expr: &Expr| functions.iter().any(|function| expr.calls(function));
    rules.calculation.as_ref().is_some_and(any)
}

const ENDLESS_WORDS: [&str; 3] = ["Infinity", "-Infinity", "NaN"];

const SUMS: [&str; 3] = ["sum", "min", "max"];

/// Whether it hangs on a sum that a question is asked or required.
fn sums(rules: &Rules) -> bool {
    let rules = [&rules.relevant, &rules.required, &rules.read_only];
    rules.into_iter().flatten().any(|expr| SUMS.iter().any(|sum| expr.calls(sum)))
}

/// Whether its first value is worked out.
fn has_default(row: &Row) -> bool {
    let first = |action: &Action| matches!(action.event, Event::FirstLoad | Event::Load | Event::NewRepeat);
    matches!(row.default_value(), Some(DefaultValue::Expression(_))) || row.actions.iter().any(first)
}

fn kind(session: &Session, def: NodeDefId) -> QuestionKind {
    let row = (def as usize).checked_sub(1).and_then(|row| session.form().definition().rows.get(row));
    row.map_or(QuestionKind::Group, |row| row.kind)
}

/// A text without the separators at its ends.
fn ends(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

fn value(state: Option<&str>) -> &str {
    state.and_then(|state| state.split_once('|')).map_or("", |(_, value)| value)
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A moment as days since 1970 UTC.
fn moment(text: &str) -> Option<f64> {
    let (_, time) = text.split_once('T')?;
    let (_, offset) = ruhu_xpath::parse_time(time)?;
    let offset = offset?;
    Some(Moment::parse(text, offset)?.utc_days(offset))
}

/// Whether something is compared with a date that is written as a text.
fn orders_texts(rules: &Rules) -> bool {
    let rules = [&rules.relevant, &rules.required, &rules.read_only, &rules.calculation];
    rules.into_iter().flatten().any(has_date)
}

fn has_date(expr: &Expr) -> bool {
    match expr {
        Expr::Chain { first, rest } => {
            let sides = || std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, side)| side));
            let date = |side: &Expr| matches!(side, Expr::Literal(text) if Moment::parse(text, 0).is_some());
            rest.iter().any(|(operator, _)| operator.is_comparison()) && sides().any(date)
                || sides().any(has_date)
        }
        expr => expr.parts().into_iter().any(has_date),
    }
}

/// A text with its numbers as 1 for 1.0 and 1.5 for 1.50.
fn without_spare_zeros(text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_digit() && c != '.') {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let rest = part.get(digits.len()..).unwrap_or("");
        let short = match digits.contains('.') {
            true => digits.trim_end_matches('0').trim_end_matches('.'),
            false => digits,
        };
        out.push_str(short);
        out.push_str(rest);
    }
    out
}

fn is_choice(kind: QuestionKind) -> bool {
    matches!(kind, QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank)
}

/// Whether `expected` is what is left of `got` without some of its choices.
fn gave_up(expected: &str, got: &str) -> bool {
    let kept: Vec<&str> = got.split_whitespace().collect();
    let left: Vec<&str> = expected.split_whitespace().collect();
    left.len() < kept.len() && left.iter().all(|choice| kept.contains(choice))
}
