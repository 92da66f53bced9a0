//! Recorded traces: what another engine did with a form, step by step, and
//! whether this one does the same.
//!
//! A file holds `meta.clock` (the time of the recording, with its offset) and
//! `traces`, each with `form`, `seed`, `initial` (the state of every node),
//! `events` and `volatile` (nodes that differ between two runs). An event is
//! `set` (`path`, `value`, `result` `ok` or `constraint`) or `add_repeat`, with
//! `changes`: every node whose state is another than before, null when gone.
//! A state is `R` (relevant) or `-`, then `!` (required), `o` (read-only), `|`
//! and the value. Paths have positions on repeats, those of events everywhere.

use super::reasons::{Case, Reasons};
use super::{ConformanceError, MAX_BYTES};
use ruhu_form::{AnswerError, Changed, Form, NodeView, Session};
use ruhu_xpath::{Environment, Moment, ROOT_DEF, Schema};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// 2026-11-22T04:17+08:00, for files that do not name their clock.
const CLOCK: &str = "2026-11-22T04:17+08:00";

#[derive(Debug, Deserialize)]
struct File {
    #[serde(default)]
    meta: Meta,
    traces: Vec<Trace>,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default)]
    clock: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Trace {
    form: String,
    #[serde(default)]
    seed: i64,
    #[serde(default)]
    initial: BTreeMap<String, String>,
    #[serde(default)]
    events: Vec<Event>,
    #[serde(default)]
    volatile: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Event {
    op: String,
    path: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    result: Option<String>,
    #[serde(default)]
    changes: BTreeMap<String, Option<String>>,
}

/// Something that came out otherwise than it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The seed of the trace.
    pub seed: i64,
    /// The number of the event, from 1; 0 for the beginning.
    pub step: usize,
    /// The node, or the path of the event.
    pub node: String,
    /// The state that was recorded, or the result.
    pub expected: String,
    /// The state here, or the result.
    pub got: String,
    /// Why it is right that they differ; none when it is not known to be.
    pub reason: Option<&'static str>,
}

/// What a run of the traces of one form gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceReport {
    /// How many traces were run.
    pub traces: usize,
    /// How many events they have together.
    pub steps: usize,
    /// Everything that differs.
    pub differences: Vec<Difference>,
    /// How long sessions were at work, comparing not counted.
    pub run: Duration,
}

impl TraceReport {
    /// Whether everything is equal or differs for a reason.
    pub fn holds(&self) -> bool {
        self.differences.iter().all(|difference| difference.reason.is_some())
    }
}

/// Runs the traces of the form whose file is called `name`, or `name` with
/// `.xml` added.
///
/// # Errors
/// When the text is no file of traces.
pub fn run_traces(text: &str, form: &Arc<Form>, name: &str) -> Result<TraceReport, ConformanceError> {
    if text.len() > MAX_BYTES {
        return Err(ConformanceError::TooLarge);
    }
    let file: File = serde_json::from_str(text)?;
    let clock = file.meta.clock.as_deref().unwrap_or(CLOCK);
    let environment = environment(clock).ok_or_else(|| ConformanceError::BadClock { clock: clock.into() })?;
    let with_xml = format!("{name}.xml");
    let own = file.traces.iter().filter(|trace| trace.form == name || trace.form == with_xml);
    let mut report = TraceReport { traces: 0, steps: 0, differences: Vec::new(), run: Duration::ZERO };
    for trace in own {
        report.traces += 1;
        report.steps += trace.events.len();
        let mut run = Run::new(trace, form, environment);
        run.play();
        report.differences.extend(run.differences);
        report.run += run.at_work;
    }
    Ok(report)
}

fn environment(clock: &str) -> Option<Environment> {
    let (_, time) = clock.split_once('T')?;
    let (_, offset) = ruhu_xpath::parse_time(time)?;
    let offset = offset.unwrap_or(480);
    let days = Moment::parse(clock, offset)?.utc_days(offset);
    Some(Environment { now_ms: (days * 86_400_000.0).round() as i64, utc_offset_minutes: offset, seed: 1 })
}

/// One trace being run.
struct Run<'a> {
    trace: &'a Trace,
    session: Session,
    /// The states that were recorded, as they stand now.
    expected: BTreeMap<String, String>,
    got: BTreeMap<String, String>,
    differences: Vec<Difference>,
    reasons: Reasons,
    at_work: Duration,
}

/// An entry that was refused here and not in the recording, or the other way
/// round.
struct Refusal {
    path: String,
    expected: String,
    got: String,
}

impl<'a> Run<'a> {
    fn new(trace: &'a Trace, form: &Arc<Form>, environment: Environment) -> Run<'a> {
        let began = Instant::now();
        let session = Session::new(form.clone(), environment);
        let at_work = began.elapsed();
        Run {
            trace,
            reasons: Reasons::of(&session),
            session,
            expected: trace.initial.clone(),
            got: BTreeMap::new(),
            differences: Vec::new(),
            at_work,
        }
    }

    fn play(&mut self) {
        self.got = self.states();
        let all: BTreeSet<String> = self.expected.keys().chain(self.got.keys()).cloned().collect();
        self.compare(0, &all, None);
        let trace = self.trace;
        for (step, event) in (1..).zip(&trace.events) {
            self.step(step, event);
        }
    }

    fn step(&mut self, step: usize, event: &Event) {
        let began = Instant::now();
        let result = self.apply(event);
        self.at_work += began.elapsed();
        let expected = event.result.as_deref().unwrap_or("ok");
        let refusal = (result != expected).then(|| Refusal {
            path: event.path.clone(),
            expected: expected.to_owned(),
            got: result,
        });
        for (path, state) in &event.changes {
            match state {
                Some(state) => self.expected.insert(path.clone(), state.clone()),
                None => self.expected.remove(path),
            };
        }
        let states = self.states();
        let mut touched: BTreeSet<String> = event.changes.keys().cloned().collect();
        touched.extend(states.iter().filter(|(path, state)| self.got.get(*path) != Some(state)).map(first));
        touched.extend(self.got.keys().filter(|path| !states.contains_key(*path)).cloned());
        self.got = states;
        self.compare(step, &touched, refusal);
    }

    fn apply(&mut self, event: &Event) -> String {
        let applied = match event.op.as_str() {
            "set" => self.own_path(&event.path).map(|path| self.session.answer(&path, &event.value)),
            "add_repeat" => self.own_path(&event.path).map(|path| self.add_repeat(&path)),
            other => return format!("unknown operation {other}"),
        };
        match applied {
            None => "no such node".to_owned(),
            Some(Ok(_)) => "ok".to_owned(),
            Some(Err(AnswerError::Constraint { .. })) => "constraint".to_owned(),
            Some(Err(error)) => error.to_string(),
        }
    }

    /// Adds the instance that a path names by its position, if it is not there.
    fn add_repeat(&mut self, path: &str) -> Result<Changed, AnswerError> {
        if self.session.node(path).is_some() {
            return Ok(Changed::default());
        }
        let (repeat, position) = path.rsplit_once('[').unwrap_or((path, ""));
        self.session.add_repeat(repeat, &format!("t{}", position.trim_end_matches(']')))
    }

    /// The path with positions on repeats only.
    fn own_path(&self, path: &str) -> Option<String> {
        let schema = self.session.form().schema();
        let mut def = ROOT_DEF;
        let mut own = format!("/{}", schema.name(ROOT_DEF));
        for step in path.split('/').skip(2) {
            let (name, position) = step.split_once('[').map_or((step, None), |(n, p)| (n, Some(p)));
            def = *schema.children(def).iter().find(|child| schema.name(**child) == name)?;
            own.push('/');
            own.push_str(name);
            if let Some(position) = position.filter(|_| schema.is_repeat(def)) {
                own.push('[');
                own.push_str(position);
            }
        }
        Some(own)
    }

    /// The state of every node below the root, by its path with positions.
    fn states(&self) -> BTreeMap<String, String> {
        let schema = self.session.form().schema();
        let mut states = BTreeMap::new();
        let mut open = vec![(self.session.root(), format!("/{}", schema.name(ROOT_DEF)))];
        while let Some((node, path)) = open.pop() {
            let mut position = 0;
            let mut before = None;
            for child in node.children() {
                let def = child.definition();
                position = if before == Some(def) { position + 1 } else { 1 };
                before = Some(def);
                let name = schema.name(def);
                let path = match schema.is_repeat(def) {
                    true => format!("{path}/{name}[{position}]"),
                    false => format!("{path}/{name}"),
                };
                states.insert(path.clone(), state(child));
                open.push((child, path));
            }
        }
        states
    }

    /// What differs anywhere now explains what has come to differ.
    fn compare(&mut self, step: usize, touched: &BTreeSet<String>, result: Option<Refusal>) {
        let all: BTreeSet<&String> = self.expected.keys().chain(self.got.keys()).collect();
        let fixed = all.into_iter().filter(|path| !self.trace.volatile.contains(*path));
        let cases: Vec<Case<'_>> = fixed
            .map(|path| Case {
                path,
                expected: self.expected.get(path).map(String::as_str),
                got: self.got.get(path).map(String::as_str),
            })
            .filter(|case| case.expected != case.got)
            .collect();
        if cases.is_empty() && result.is_none() {
            return;
        }
        if step == 0 {
            self.reasons.at_the_beginning(&self.session, &cases);
        }
        let mut causes = self.reasons.causes(&self.session, &cases);
        if let Some(Refusal { path, expected, got }) = result {
            let reason = self.reasons.of_result(&self.session, (&path, &expected), &causes);
            causes = self.reasons.causes(&self.session, &cases);
            self.differences.push(Difference {
                seed: self.trace.seed,
                step,
                node: path,
                expected,
                got,
                reason,
            });
        }
        let schema = self.session.form().schema();
        let text = |state: Option<&str>| state.unwrap_or("absent").to_owned();
        let fresh = cases.iter().filter(|case| touched.contains(case.path));
        self.differences.extend(fresh.map(|case| Difference {
            seed: self.trace.seed,
            step,
            node: case.path.to_owned(),
            expected: text(case.expected),
            got: text(case.got),
            reason: causes.of(schema, case.path),
        }));
    }
}

fn state(node: NodeView<'_>) -> String {
    let mark = |holds: bool, mark: &'static str| if holds { mark } else { "" };
    format!(
        "{}{}{}|{}",
        if node.is_relevant() { "R" } else { "-" },
        mark(node.is_required(), "!"),
        mark(node.is_read_only(), "o"),
        node.value()
    )
}

fn first((path, _): (&String, &String)) -> String {
    path.clone()
}
