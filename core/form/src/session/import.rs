//! Taking over the answers of another session at once, and what a migration
//! must know of a session for it.

use super::address::{Target, is_instance_id};
use super::error::AnswerError;
use super::lexical::{MAX_ANSWER, normalise};
use super::nodes::MAX_NODES;
use super::{NodeChange, Session, Snapshot};
use crate::definition::Event;
use crate::form::{InitialValue, Task};
use crate::labels::Labels;
use crate::question::QuestionKind;
use ruhu_text::Bilingual;
use ruhu_xpath::{Environment, NodeDefId, NodeId, ROOT, Schema};
use std::collections::{BTreeSet, HashSet};

/// A node as it stands, for a migration.
#[derive(Debug, Clone)]
pub(crate) struct NodeSnapshot {
    pub node: NodeId,
    pub def: NodeDefId,
    pub kind: QuestionKind,
    pub value: String,
    pub visible: bool,
    pub read_only: bool,
    /// Whether something is wrong with it.
    pub error: bool,
    /// See [`crate::SnapshotValue::asked`].
    pub asked: bool,
}

/// Why a form refuses a value that stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not among the choices on offer.
    Choice,
    /// It breaks the constraint or lies beyond the range.
    Rule(Bilingual),
}

impl Session {
    /// Takes over the answers of another session: the instances that it names
    /// and no others, the values as they are. No trigger is pulled, and nothing
    /// is refused for what the form says of it; that shows as an error beside
    /// the question. New questions get their defaults, which see the answers.
    pub(super) fn apply_import(&mut self, snapshot: &Snapshot) -> Result<(), AnswerError> {
        if self.last_change.is_some() {
            return Err(AnswerError::NotFirst);
        }
        let mut next = self.clone();
        let before: Vec<NodeId> = next.tree.subtree(next.root_node());
        next.clear_repeats(next.root_node());
        let mut grown = BTreeSet::new();
        for path in &snapshot.instances {
            grown.insert(next.import_instance(path)?);
        }
        for (parent, repeat) in grown {
            next.structure_changed(parent, repeat);
        }
        let mut known = HashSet::with_capacity(snapshot.values.len());
        for value in &snapshot.values {
            if value.value.len() > MAX_ANSWER {
                return Err(AnswerError::TooLong { path: value.path.clone(), limit: MAX_ANSWER });
            }
            let node = next.locate_node(&value.path)?;
            next.status_mut(node).asked = value.asked;
            next.set_value(node, value.value.clone());
            known.insert(node);
        }
        next.propagate_untriggered();
        next.new_questions(&known);
        next.propagate_untriggered();
        next.propagate();
        next.last_change = snapshot.last_change;
        let gone = before.into_iter().map(|node| self.change(node));
        next.work.removed = gone
            .filter(|change| next.locate_node(&change.path).is_err())
            .map(|change| NodeChange { removed: true, ..change })
            .collect();
        *self = next;
        Ok(())
    }

    /// To take over is no change: nothing is triggered by it.
    fn propagate_untriggered(&mut self) {
        self.propagate_tasks();
        self.work.triggers.clear();
    }

    /// Takes out all instances below a node, those of counted repeats too.
    fn clear_repeats(&mut self, node: NodeId) {
        let form = self.form.clone();
        let schema = &form.program().schema;
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            // Who counts instances must count anew.
            let counts = schema.children(self.def(node)).iter().map(|child| Task::Count(*child));
            for rank in counts.filter_map(|task| form.program().graph.rank(task)) {
                self.work.add(Some(rank), node);
            }
            for def in schema.children(self.def(node)) {
                let below = self.instances(node, *def).to_vec();
                if schema.is_repeat(*def) {
                    self.take_out(&below);
                    self.structure_changed(node, *def);
                } else {
                    open.extend(below);
                }
            }
        }
    }

    /// Makes an instance; gives the repeat it is one of, and what holds that.
    fn import_instance(&mut self, path: &str) -> Result<(NodeId, NodeDefId), AnswerError> {
        let bad = || AnswerError::BadInstanceId { path: path.to_owned() };
        let (repeat, id) =
            path.strip_suffix("']").and_then(|path| path.rsplit_once("[@id='")).ok_or_else(bad)?;
        if !is_instance_id(id) {
            return Err(bad());
        }
        let Target::Repeat { def, parent } = self.locate(repeat)? else {
            return Err(AnswerError::NotARepeat { path: path.to_owned() });
        };
        if self.instance(parent, def, id).is_some() {
            return Err(AnswerError::InstanceExists { path: path.to_owned() });
        }
        if self.tree.node_count() + self.schema().subtree(def).len() > MAX_NODES {
            return Err(AnswerError::TooManyInstances { path: path.to_owned(), limit: MAX_NODES });
        }
        let node = self.make_instance(parent, def, id);
        self.clear_repeats(node);
        Ok((parent, def))
    }

    /// Gives questions that nothing was taken over for what the form gives a
    /// new question.
    fn new_questions(&mut self, known: &HashSet<NodeId>) {
        let form = self.form.clone();
        for node in self.tree.subtree(self.root_node()) {
            let Some(rules) = form.program().rules(self.def(node)) else { continue };
            if known.contains(&node) || self.kind(node).is_container() {
                continue;
            }
            if matches!(rules.default, Some(InitialValue::Dynamic(_))) {
                self.dynamic_defaults(node);
            }
            let repeats = self.schema().get(self.def(node)).is_some_and(|def| def.repeat_depth > 0);
            let begins = [Event::FirstLoad, Event::Load, Event::NewRepeat];
            let begins = if repeats { &begins[..] } else { &begins[..2] };
            if rules.actions.iter().any(|action| begins.contains(&action.event)) {
                self.fire(begins, node);
            }
            self.propagate_untriggered();
        }
    }

    /// Every node below the root, in the order of the form.
    pub(crate) fn node_snapshots(&self) -> Vec<NodeSnapshot> {
        self.tree.subtree(self.root_node()).into_iter().skip(1).map(|node| self.held_at(node)).collect()
    }

    /// One node.
    pub(crate) fn held_at(&self, node: NodeId) -> NodeSnapshot {
        let status = self.status(node);
        NodeSnapshot {
            node,
            def: self.def(node),
            kind: self.kind(node),
            value: self.value(node).to_owned(),
            visible: self.tree.visible(node),
            read_only: status.is_some_and(|status| status.read_only),
            error: self.has_error(node),
            asked: status.is_some_and(|status| status.asked),
        }
    }

    /// Whether something is wrong with a node.
    pub(crate) fn has_error(&self, node: NodeId) -> bool {
        self.status(node).is_some_and(|status| status.error.is_some())
    }

    /// The node of a stable key.
    pub(crate) fn node_at(&self, key: &str) -> Option<NodeId> {
        self.locate_node(key).ok()
    }

    /// The instance that holds a node, or is it, of the repeat `def`.
    pub(crate) fn instance_above(&self, node: NodeId, def: NodeDefId) -> Option<NodeId> {
        let mut at = Some(node);
        while let Some(id) = at.filter(|id| *id != ROOT) {
            if self.def(id) == def {
                return Some(id);
            }
            at = self.tree.get(id).and_then(|node| node.parent);
        }
        None
    }

    /// The id of a repeat instance; empty for what is none.
    pub(crate) fn own_id(&self, node: NodeId) -> &str {
        self.instance_id(node).unwrap_or("")
    }

    /// Whether an instance that holds the node lies beyond its `repeat_count`.
    pub(crate) fn is_beyond_count(&self, node: NodeId) -> bool {
        let mut at = Some(node);
        while let Some(id) = at {
            if self.status(id).is_some_and(|status| status.beyond_count) {
                return true;
            }
            at = self.tree.get(id).and_then(|node| node.parent);
        }
        false
    }

    /// Why the form refuses the value that stands at a node; none when it does
    /// not, or when that cannot be worked out.
    pub(crate) fn refusal(&self, node: NodeId) -> Option<Refusal> {
        let value = self.value(node);
        if value.is_empty() || !self.tree.visible(node) {
            return None;
        }
        if matches!(self.all_offered(node, value), Ok(false)) {
            return Some(Refusal::Choice);
        }
        if let Some(text) = self.beyond_range(node, value) {
            return Some(Refusal::Rule(text));
        }
        let constraint = self.rules(node)?.constraint.as_ref()?;
        let broken = matches!(self.evaluate_truth(constraint, node), Ok(false));
        broken.then(|| Refusal::Rule(self.constraint_message(node)))
    }

    /// Blanks a value as a migration does: nothing is triggered.
    pub(crate) fn blank(&mut self, node: NodeId) {
        self.set_value(node, String::new());
        self.propagate_untriggered();
        self.propagate();
        drop(self.work.before.take());
    }

    /// A value as this session's day writes it for a kind, if it is of it.
    pub(crate) fn as_kind(&self, kind: QuestionKind, value: &str) -> Option<String> {
        normalise(kind, value, self.begun.utc_offset_minutes)
    }

    /// Whether the form works the value of a node out.
    pub(crate) fn is_worked_out(&self, node: NodeId) -> bool {
        self.rules(node).is_some_and(|rules| rules.calculation.is_some())
    }

    /// Whether the list of a node has a choice, on offer or not.
    pub(crate) fn has_choice(&self, node: NodeId, value: &str) -> bool {
        self.label_of(node, value).is_some()
    }

    /// The labels of a node, filled in.
    pub(crate) fn labels_at(&self, node: NodeId) -> Labels {
        self.labels(node)
    }

    /// A value as a person reads it: for choices their labels.
    pub(crate) fn shown(&self, node: NodeId, value: &str) -> String {
        let is_choice = matches!(
            self.kind(node),
            QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank
        );
        if !is_choice {
            return value.to_owned();
        }
        let label = |chosen: &str| self.label_of(node, chosen).unwrap_or_else(|| chosen.to_owned());
        value.split(' ').map(label).collect::<Vec<_>>().join("、")
    }

    /// The environment it was begun in, and that of its last entry.
    pub(crate) fn times(&self) -> (Environment, Option<Environment>) {
        (self.begun, self.last_change)
    }
}
