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

use super::{ConformanceError, MAX_BYTES};
use crate::form::shape::{PlaceId, ROOT_PLACE};
use crate::moment::Moment;
use crate::session::Session;
use crate::xpath::NodeId;
use crate::{AnswerError, Changed, Environment, Form};
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
    let (_, offset) = crate::moment::parse_time(time)?;
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
    at_work: Duration,
}

impl<'a> Run<'a> {
    fn new(trace: &'a Trace, form: &Arc<Form>, environment: Environment) -> Run<'a> {
        let began = Instant::now();
        let session = Session::new(form.clone(), environment);
        let at_work = began.elapsed();
        Run {
            trace,
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
        self.compare(0, all);
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
        if result != expected {
            self.differences.push(Difference {
                seed: self.trace.seed,
                step,
                node: event.path.clone(),
                expected: expected.to_owned(),
                got: result,
                reason: self.reason_of_path(&event.path),
            });
        }
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
        self.compare(step, touched);
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
        let shape = self.session.shape();
        let mut place = ROOT_PLACE;
        let mut own = format!("/{}", shape.name(ROOT_PLACE));
        for step in path.split('/').skip(2) {
            let (name, position) = step.split_once('[').map_or((step, None), |(n, p)| (n, Some(p)));
            place = *shape.children(place).iter().find(|child| shape.name(**child) == name)?;
            own.push('/');
            own.push_str(name);
            if let Some(position) = position.filter(|_| shape.is_repeat(place)) {
                own.push('[');
                own.push_str(position);
            }
        }
        Some(own)
    }

    /// The state of every node below the root, by its path with positions.
    fn states(&self) -> BTreeMap<String, String> {
        let session = &self.session;
        let mut states = BTreeMap::new();
        let root = session.root_node();
        let mut open = vec![(root, format!("/{}", session.shape().name(ROOT_PLACE)))];
        while let Some((node, path)) = open.pop() {
            let mut position = 0;
            let mut before = None;
            for child in session.tree().children(node) {
                let place = session.place(*child);
                position = if before == Some(place) { position + 1 } else { 1 };
                before = Some(place);
                let name = session.shape().name(place);
                let path = match session.shape().is_repeat(place) {
                    true => format!("{path}/{name}[{position}]"),
                    false => format!("{path}/{name}"),
                };
                states.insert(path.clone(), self.state(*child));
                open.push((*child, path));
            }
        }
        states
    }

    fn state(&self, node: NodeId) -> String {
        let (required, read_only) = self.session.required_and_read_only(node);
        let mark = |holds: bool, mark: &'static str| if holds { mark } else { "" };
        format!(
            "{}{}{}|{}",
            if self.session.tree().visible(node) { "R" } else { "-" },
            mark(required, "!"),
            mark(read_only, "o"),
            self.session.value(node)
        )
    }

    fn compare(&mut self, step: usize, paths: BTreeSet<String>) {
        for node in paths.into_iter().filter(|path| !self.trace.volatile.contains(path)) {
            let none = || "absent".to_owned();
            let expected = self.expected.get(&node).cloned().unwrap_or_else(none);
            let got = self.got.get(&node).cloned().unwrap_or_else(none);
            if expected != got {
                let hidden = expected.starts_with('-') && got.starts_with('-');
                let reason = self.reason_of_path(&node).or_else(|| self.reason_of_position(&node, hidden));
                self.differences.push(Difference {
                    seed: self.trace.seed,
                    step,
                    node,
                    expected,
                    got,
                    reason,
                });
            }
        }
    }

    /// Why a node may differ: it stands in a repeat with other instances here,
    /// or follows from one.
    fn reason_of_path(&self, path: &str) -> Option<&'static str> {
        let place = self.place_of(path)?;
        let shape = self.session.shape();
        let graph = &self.session.form().program().graph;
        let concerned = |repeat: PlaceId| {
            shape.lineage(place).any(|above| above == repeat)
                || graph.followers(shape, repeat).contains(&place)
        };
        self.differing_repeats().into_iter().find(|(repeat, _)| concerned(*repeat)).map(|(_, reason)| reason)
    }

    /// The position of a repeat that does not apply.
    fn reason_of_position(&self, path: &str, hidden: bool) -> Option<&'static str> {
        let place = self.place_of(path).filter(|_| hidden)?;
        let rules = self.session.form().program().rules(place)?;
        rules.calculation.as_ref().is_some_and(|expr| expr.calls("position")).then_some(POSITION)
    }

    fn place_of(&self, path: &str) -> Option<PlaceId> {
        let shape = self.session.shape();
        path.split('/').skip(2).try_fold(ROOT_PLACE, |place, step| {
            let name = step.split('[').next().unwrap_or(step);
            shape.children(place).iter().find(|child| shape.name(**child) == name).copied()
        })
    }

    /// The repeats that have other instances here, and why.
    fn differing_repeats(&self) -> BTreeMap<PlaceId, &'static str> {
        let shape = self.session.shape();
        let program = self.session.form().program();
        let is_counted =
            |place: &PlaceId| program.rules(*place).is_some_and(|rules| rules.repeat_count.is_some());
        let instances = |states: &BTreeMap<String, String>| -> BTreeSet<String> {
            states.keys().filter(|path| path.ends_with(']')).cloned().collect()
        };
        let (expected, got) = (instances(&self.expected), instances(&self.got));
        let differing = expected.symmetric_difference(&got).filter_map(|path| self.place_of(path));
        let explained = differing.filter_map(|place| match shape.lineage(place).find(is_counted) {
            Some(counted) => Some((counted, COUNTED)),
            None => shape.get(place).filter(|found| found.repeat_depth > 0).map(|_| (place, NESTED)),
        });
        explained.collect()
    }
}

fn first((path, _): (&String, &String)) -> String {
    path.clone()
}

/// The reasons for which a difference is right; the guide to conformance has
/// them at length.
const COUNTED: &str = "repeat-count: the instances that a count asks for are there at once, and those beyond it no longer apply; the recorded engine adjusts them when a person walks there";
const NESTED: &str = "nested-repeat: a repeat inside a new instance begins with one instance, as it does in the first; the recorded engine begins it with none";
const POSITION: &str =
    "position: an instance keeps its position while it does not apply; the recorded engine gives it 0";
