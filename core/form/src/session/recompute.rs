//! Recomputation: working out what follows from a change, and nothing else.
//!
//! Why this gives what working out everything would give:
//! - Every task (a count, a relevance, a value) has a rank: its place in an order,
//!   found when the form is compiled, in which it comes after all tasks whose
//!   results it looks at. The queue hands out the lowest rank first, and a task
//!   only ever queues higher ones, so what a task looks at is final when it is
//!   done, and it is done once.
//! - Whatever changes a node, its value, whether it applies, which instances
//!   stand beside it, queues every task that looks at it: the graph has an edge
//!   for each reference that an expression can follow, found without evaluating
//!   it. A task of which no edge was touched would give what it gave.
//! - A blank that comes to apply, or no longer does, wakes only what can tell a
//!   blank from nothing (`Reference::presence`); to all else both are blank.
//! - Nothing looks at the result of a check, so checks come last, once a node.
//! - Two things go back in rank: a count that looks into its own repeat, which
//!   the order leaves out (`circular_counts`), and actions, which set values when
//!   the queue is empty. Both start the drain anew and take from `MAX_ROUNDS`, so
//!   that every entry ends.
//!
//! `tests.rs` holds it to that on arbitrary forms: after any entries a session
//! equals itself `recalculated_from_nothing`.

use super::lexical::MAX_ANSWER;
use super::nodes::MAX_NODES;
use super::status::{Failures, Status};
use super::work_queue::Before;
use super::{Changed, NodeChange, Session};
use crate::form::{Dependent, Task};
use crate::labels::language_code;
use crate::question::QuestionKind;
use ruhu_text::{Bilingual, Explain};
use ruhu_xpath::{
    EvalError, Evaluator, Expr, Frame, Host, NodeDefId, NodeId, NodeRef, ROOT, Regex, Schema, Value,
};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The most instances a `repeat_count` may ask for.
const MAX_COUNT: usize = 10_000;

impl Host for Session {
    fn choice_label(&self, node: NodeRef, value: &str) -> Option<String> {
        self.label_of(node.id, value)
    }

    fn list(&self, name: &str) -> Option<u16> {
        self.form.program().list_numbers.get(name).copied()
    }

    fn key(&self, node: NodeRef) -> String {
        Session::key(self, node.id)
    }

    fn itext(&self, id: &str) -> Option<String> {
        let texts = self.form.definition().texts.as_ref()?;
        let at = texts.binary_search_by(|(found, _)| found.as_str().cmp(id)).ok()?;
        let (_, labels) = texts.get(at)?;
        Some(labels.get(self.first_language()).to_owned())
    }

    fn pattern(&self, pattern: &str) -> Option<&Regex> {
        self.form.program().patterns.get(pattern)
    }

    fn language(&self) -> &str {
        self.first_language()
    }

    /// What the phone gave for a question about it.
    fn property(&self, name: &str) -> Option<String> {
        let mut questions = (1..).zip(self.form.questions());
        let (def, _) = questions.find(|(_, question)| {
            question.kind == QuestionKind::Property && question.parameter("name") == Some(name)
        })?;
        self.only_node(def).map(|node| self.value(node).to_owned())
    }

    fn version(&self) -> Option<String> {
        Some(self.form.version().to_owned())
    }
}

impl Session {
    pub(super) fn first_language(&self) -> &str {
        self.form.languages().first().map_or("", |language| language_code(language))
    }

    pub(super) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.tree, &self.form.program().lists, self, self.environment)
    }

    pub(super) fn evaluate(&self, expr: &Expr, node: NodeId) -> Result<Value, EvalError> {
        self.evaluator().evaluate(expr, Frame::of(NodeRef::element(0, node)))
    }

    pub(super) fn evaluate_truth(&self, expr: &Expr, node: NodeId) -> Result<bool, EvalError> {
        let evaluator = self.evaluator();
        let value = evaluator.evaluate(expr, Frame::of(NodeRef::element(0, node)))?;
        Ok(evaluator.to_boolean(&value))
    }

    /// Evaluates a choice filter at a choice of list `tree`.
    pub(super) fn evaluate_filter(
        &self,
        expr: &Expr,
        node: NodeId,
        tree: u16,
        item: NodeId,
    ) -> Result<bool, EvalError> {
        let evaluator = self.evaluator();
        let frame = Frame::of(NodeRef::element(0, node)).at(NodeRef::element(tree, item));
        let value = evaluator.evaluate(expr, frame)?;
        Ok(evaluator.to_boolean(&value))
    }

    pub(super) fn text_of(&self, value: &Value) -> String {
        self.evaluator().to_text(value)
    }

    pub(super) fn number_of(&self, value: &Value) -> f64 {
        self.evaluator().to_number(value)
    }

    /// Keeps how a node is before its first change of this entry.
    pub(super) fn remember(&mut self, node: NodeId) {
        if self.work.before.contains(node) {
            return;
        }
        let before = self.before(node);
        self.work.before.insert(node, before);
    }

    fn before(&self, node: NodeId) -> Before {
        let unknown = Status::default();
        let status = self.status(node).unwrap_or(&unknown);
        Before {
            relevant: self.tree.visible(node),
            value: self.value(node).to_owned(),
            required: status.required,
            read_only: status.read_only,
            error: status.error.as_deref().cloned(),
            labels: status.labels.clone(),
        }
    }

    /// Whether a node that stands is not what it was.
    fn differs(&self, node: NodeId, before: &Before) -> bool {
        let found = self.tree.get(node).filter(|found| found.row.is_some()).zip(self.status(node));
        found.is_some_and(|(found, status)| before.differs(found.visible, &found.text, status))
    }

    /// Sets a value and queues what follows from it.
    pub(super) fn set_value(&mut self, node: NodeId, text: String) {
        if self.value(node) == text {
            return;
        }
        self.remember(node);
        self.tree.set_text(node, text);
        self.work.checks.insert(node);
        self.note_trigger(node);
        self.changed(node, false);
    }

    /// Queues what looks at `node`: all of it, or only what can tell
    /// a blank from nothing.
    fn changed(&mut self, node: NodeId, presence_only: bool) {
        let form = self.form.clone();
        let dependents = form.program().graph.dependents(self.def(node)).iter();
        let concerned =
            |dependent: &&Dependent| !dependent.structure && (dependent.presence || !presence_only);
        for dependent in dependents.filter(concerned) {
            if let Some(only) = self.only_node(dependent.def) {
                self.work.add(dependent.rank, only);
                continue;
            }
            let above = self.ancestor_at(node, dependent.anchor);
            self.schedule(dependent.rank, above, dependent.def);
        }
    }

    fn schedule(&mut self, rank: Option<u32>, above: NodeId, def: NodeDefId) {
        if self.schema().parent(def) == Some(self.def(above)) {
            let nodes = self.tree.children_of_row(above, def).iter();
            return nodes.for_each(|node| self.work.add(rank, *node));
        }
        for node in self.nodes_below(above, def) {
            self.work.add(rank, node);
        }
    }

    /// Queues what looks at instances of `repeat` under `parent`, or
    /// into them: how many there are and their positions have changed. What
    /// looks only at its own instance is not concerned, unless at its position.
    pub(super) fn structure_changed(&mut self, parent: NodeId, repeat: NodeDefId) {
        let form = self.form.clone();
        let program = form.program();
        let limit = program.schema.depth(self.def(parent));
        let mut concerned = BTreeSet::new();
        for def in program.schema.subtree(repeat) {
            for dependent in program.graph.dependents(def) {
                let within = dependent.anchor.is_some_and(|anchor| program.schema.depth(anchor) > limit);
                let above = match within {
                    true if dependent.structure => parent,
                    true => continue,
                    false => self.ancestor_at(parent, dependent.anchor),
                };
                concerned.insert((dependent.rank, above, dependent.def));
            }
        }
        for (rank, above, def) in concerned {
            self.schedule(rank, above, def);
        }
    }

    /// Drains the queue: what follows, what is triggered by it, and at the end
    /// the checks, from which nothing follows.
    pub(super) fn propagate(&mut self) {
        self.propagate_triggers();
        let entered = self.work.entered.take().filter(|node| self.work.before.is_only(*node));
        let (checks, errors) = self.work.take_checks();
        for node in checks {
            if self.exists(node) {
                self.check(node, entered == Some(node));
            }
        }
        for node in errors {
            if self.exists(node) {
                self.check_error(node);
            }
        }
    }

    /// What follows, and what is triggered by it, until nothing is.
    pub(super) fn propagate_triggers(&mut self) {
        self.propagate_tasks();
        while self.pull_trigger() {
            self.propagate_tasks();
        }
    }

    pub(super) fn propagate_tasks(&mut self) {
        while let Some((rank, node)) = self.work.next_task() {
            if !self.exists(node) {
                continue;
            }
            match self.form.program().graph.task(rank) {
                Some(Task::Count(repeat)) => self.do_count(node, repeat),
                Some(Task::Relevance(_)) => self.do_relevance(node),
                Some(Task::Value(_)) => self.do_value(node),
                None => {}
            }
        }
    }

    fn do_relevance(&mut self, node: NodeId) {
        let form = self.form.clone();
        let Some(expr) = form.program().rules(self.def(node)).and_then(|rules| rules.relevant.as_ref())
        else {
            return;
        };
        // What cannot be worked out is shown: nothing is hidden by mistake.
        let (wanted, failure) = match self.evaluate_truth(expr, node) {
            Ok(wanted) => (wanted, None),
            Err(error) => (true, Some(error.explain().what)),
        };
        self.fail_with(node, |failures| &mut failures.relevance, failure);
        let status = self.status_mut(node);
        status.wanted = wanted;
        let relevant = wanted && !status.beyond_count;
        self.set_relevant(node, relevant);
    }

    fn set_relevant(&mut self, node: NodeId, relevant: bool) {
        if self.tree.get(node).is_none_or(|found| found.relevant == relevant) {
            return;
        }
        let below = self.tree.subtree(node);
        for node in &below {
            self.remember(*node);
        }
        self.tree.set_relevant(node, relevant);
        for node in below {
            let blank = self.value(node).is_empty();
            if !blank {
                self.work.errors.insert(node);
            }
            self.changed(node, blank);
        }
    }

    fn do_value(&mut self, node: NodeId) {
        let form = self.form.clone();
        let Some(expr) = form.program().rules(self.def(node)).and_then(|rules| rules.calculation.as_ref())
        else {
            return;
        };
        let (text, failure) = match self.evaluate(expr, node) {
            Ok(value) => match self.value_text(node, &value) {
                text if text.len() > MAX_ANSWER => {
                    (String::new(), Some(EvalError::TextTooLong.explain().what))
                }
                text => (text, None),
            },
            Err(error) => (String::new(), Some(error.explain().what)),
        };
        self.fail_with(node, |failures| &mut failures.value, failure);
        self.set_value(node, text);
    }

    fn do_count(&mut self, parent: NodeId, repeat: NodeDefId) {
        let form = self.form.clone();
        let Some(expr) = form.program().rules(repeat).and_then(|rules| rules.repeat_count.as_ref()) else {
            return;
        };
        if form.program().graph.circular_counts.contains(&repeat) {
            match self.work.rounds.checked_sub(1) {
                Some(left) => self.work.rounds = left,
                None => {
                    let failure = Some(EvalError::TooMuchWork.explain().what);
                    return self.fail_with(parent, |failures| &mut failures.count, failure);
                }
            }
        }
        let (count, failure) = match self.evaluate(expr, parent) {
            Ok(value) => match self.number_of(&value) {
                number if number >= 1.0 => ((number.min(MAX_COUNT as f64)) as usize, None),
                _ => (0, None),
            },
            Err(error) => (self.instances(parent, repeat).len(), Some(error.explain().what)),
        };
        self.fail_with(parent, |failures| &mut failures.count, failure);
        let mut instances = self.instances(parent, repeat).to_vec();
        let there = instances.len();
        let wanted = self.growth(parent, repeat, there, count);
        while instances.len() < wanted && self.tree.node_count() < MAX_NODES {
            let id = (instances.len() + 1).to_string();
            let node = self.make_instance(parent, repeat, &id);
            self.dynamic_defaults_later(node);
            instances.push(node);
        }
        if instances.len() > there {
            self.structure_changed(parent, repeat);
        }
        for (n, node) in instances.into_iter().enumerate() {
            let status = self.status_mut(node);
            status.beyond_count = n >= count;
            let relevant = status.wanted && !status.beyond_count;
            self.set_relevant(node, relevant);
        }
    }

    /// How many instances there may be now: as many as are wanted, but where the
    /// count looks into its own repeat ("another one?") one more at a time. The
    /// next comes when something in the last has been answered.
    fn growth(&mut self, parent: NodeId, repeat: NodeDefId, there: usize, wanted: usize) -> usize {
        if !self.form.program().graph.circular_counts.contains(&repeat) || wanted <= there {
            return wanted;
        }
        let first = self.work.grown.insert((parent, repeat));
        let allowed = there + usize::from(first);
        if wanted > allowed {
            self.waiting.insert((parent, repeat));
        }
        allowed.min(wanted)
    }

    /// Lets the repeats grow whose last instance holds `node`.
    pub(super) fn grow_after(&mut self, node: NodeId) {
        for (parent, repeat) in std::mem::take(&mut self.waiting) {
            let last = self.instances(parent, repeat).last().copied();
            let exists = self.exists(parent);
            let holds = last.is_some_and(|last| self.ancestor_at(node, Some(repeat)) == last);
            match self.form.program().graph.rank(Task::Count(repeat)) {
                Some(rank) if exists && (holds || last.is_none()) => {
                    self.work.add(Some(rank), parent);
                }
                _ if exists => {
                    self.waiting.insert((parent, repeat));
                }
                _ => {}
            }
        }
    }

    /// Static parts of a counted instance are there; what its dynamic defaults
    /// and actions look at may not be settled yet, so they are worked out as it
    /// stands.
    fn dynamic_defaults_later(&mut self, node: NodeId) {
        self.new_repeat_later(node);
        let form = self.form.clone();
        for node in self.tree.subtree(node) {
            let rules = form.program().rules(self.def(node));
            let Some(crate::form::InitialValue::Dynamic(expr)) =
                rules.and_then(|rules| rules.default.as_ref())
            else {
                continue;
            };
            if let Ok(value) = self.evaluate(expr, node) {
                let text = self.value_text(node, &value);
                self.set_value(node, text);
            }
        }
    }

    /// Notes why a task failed, or that it no longer does.
    pub(super) fn fail_with(
        &mut self,
        node: NodeId,
        which: fn(&mut Failures) -> &mut Option<Bilingual>,
        failure: Option<Bilingual>,
    ) {
        if self.set_failure(node, which, failure) {
            self.work.checks.insert(node);
        }
    }

    /// Notes it, and tells whether that is new.
    pub(super) fn set_failure(
        &mut self,
        node: NodeId,
        which: fn(&mut Failures) -> &mut Option<Bilingual>,
        failure: Option<Bilingual>,
    ) -> bool {
        let status = self.status_mut(node);
        if failure.is_none() && status.failures.is_none() {
            return false;
        }
        let slot = which(status.failures.get_or_insert_default());
        let new = *slot != failure;
        *slot = failure;
        if status.failures.as_deref() == Some(&Failures::default()) {
            status.failures = None;
        }
        new
    }

    /// What changed since the last time, in the order of the form.
    pub(super) fn take_changes(&mut self) -> Changed {
        let before = self.work.before.take();
        let mut nodes = std::mem::take(&mut self.work.removed);
        let differs = |(node, before): (NodeId, Before)| self.differs(node, &before).then_some(node);
        let mut changed: Vec<NodeId> = before.filter_map(differs).collect();
        self.sort(&mut changed);
        nodes.extend(changed.into_iter().map(|node| self.change(node)));
        Changed { nodes }
    }

    /// Sorts nodes into the order of the form.
    fn sort(&self, nodes: &mut Vec<NodeId>) {
        // Many nodes are found in order faster than their order is.
        if nodes.len() < 2 {
            return;
        }
        if nodes.len() > self.tree.node_count() / 16 {
            let all: BTreeSet<NodeId> = std::mem::take(nodes).into_iter().collect();
            nodes.extend(self.tree.subtree(self.root_node()).into_iter().filter(|node| all.contains(node)));
        } else {
            let mut lineages: Vec<Vec<NodeId>> = nodes.iter().map(|node| self.lineage(*node)).collect();
            lineages.sort_by(|a, b| self.order(a, b));
            nodes.clear();
            nodes.extend(lineages.iter().filter_map(|lineage| lineage.last().copied()));
        }
    }

    /// A node and all that hold it, from the root down.
    fn lineage(&self, node: NodeId) -> Vec<NodeId> {
        let parent = |node: &NodeId| self.tree.get(*node).and_then(|found| found.parent);
        let mut lineage: Vec<NodeId> = std::iter::successors(Some(node), parent).collect();
        lineage.reverse();
        lineage
    }

    /// Siblings stand in the order of their definitions, instances of one repeat in
    /// that of their positions.
    fn order(&self, a: &[NodeId], b: &[NodeId]) -> Ordering {
        let Some(fork) = a.iter().zip(b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
        let (Some(a), Some(b)) = (a.get(fork), b.get(fork)) else { return Ordering::Equal };
        self.def(*a).cmp(&self.def(*b)).then_with(|| {
            let parent = self.tree.get(*a).and_then(|found| found.parent).unwrap_or(ROOT);
            self.position_in(parent, *a).cmp(&self.position_in(parent, *b))
        })
    }

    pub(super) fn change(&self, node: NodeId) -> NodeChange {
        let status = self.status(node);
        NodeChange {
            path: self.key(node),
            removed: false,
            relevant: self.tree.visible(node),
            required: status.is_some_and(|status| status.required),
            read_only: status.is_some_and(|status| status.read_only),
            value: self.value(node).to_owned(),
            error: status.and_then(|status| status.error.as_deref().cloned()),
        }
    }
}
