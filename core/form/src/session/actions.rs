//! Values that are set when something happens: defaults that are worked out,
//! triggers, and what only the host can give.

use super::lexical::MAX_ANSWER;
use super::{AnswerError, Request, Session, Wanted};
use crate::definition::{ActionKind, Event};
use crate::form::{ActionValue, CompiledAction};
use crate::question::QuestionKind;
use ruhu_text::Explain;
use ruhu_xpath::{EvalError, NodeDefId, NodeId, Schema};

impl Session {
    /// Does the actions of `event` for a node and all below it, in the order of
    /// the form, each seeing those before it.
    pub(super) fn fire(&mut self, events: &[Event], node: NodeId) {
        let form = self.form.clone();
        for node in self.tree.subtree(node) {
            let Some(rules) = form.program().rules(self.def(node)) else { continue };
            for action in rules.actions.iter().filter(|action| events.contains(&action.event)) {
                self.run_action(node, action);
                self.propagate_triggers();
            }
        }
    }

    /// The actions of a new instance that a count asked for: the list is being
    /// worked off, so nothing is settled in between.
    pub(super) fn new_repeat_later(&mut self, node: NodeId) {
        let form = self.form.clone();
        for node in self.tree.subtree(node) {
            let Some(rules) = form.program().rules(self.def(node)) else { continue };
            for action in rules.actions.iter().filter(|action| action.event == Event::NewRepeat) {
                self.run_action(node, action);
            }
        }
    }

    /// Notes that a change of `node` sets other values.
    pub(super) fn note_trigger(&mut self, node: NodeId) {
        if !self.form.program().graph.triggered(self.def(node)).is_empty() {
            self.work.triggers.push(node);
        }
    }

    /// Sets what follows from the change of one node; false when there is none.
    pub(super) fn pull_trigger(&mut self) -> bool {
        let Some(source) = self.work.triggers.pop() else { return false };
        if self.tree.get(source).is_none_or(|found| found.row.is_none()) {
            return true;
        }
        let form = self.form.clone();
        let def = self.def(source);
        for target in form.program().graph.triggered(def) {
            let above = self.ancestor_at(source, self.nearest_common(def, *target));
            for node in self.nodes_below(above, *target) {
                self.pull(source, node);
            }
        }
        true
    }

    fn pull(&mut self, source: NodeId, node: NodeId) {
        let form = self.form.clone();
        let (from, rules) = (self.def(source), form.program().rules(self.def(node)));
        let of_source =
            |action: &&CompiledAction| action.event == Event::ValueChanged && action.source == Some(from);
        for action in rules.into_iter().flat_map(|rules| &rules.actions).filter(of_source) {
            match self.work.rounds.checked_sub(1) {
                Some(left) => self.work.rounds = left,
                None => return self.fail_value(node, EvalError::TooMuchWork),
            }
            self.run_action(node, action);
        }
    }

    /// The definition that holds both, which may be one of them.
    fn nearest_common(&self, a: NodeDefId, b: NodeDefId) -> Option<NodeDefId> {
        let above: Vec<NodeDefId> = self.schema().lineage(a).collect();
        self.schema().lineage(b).find(|def| above.contains(def))
    }

    fn run_action(&mut self, node: NodeId, action: &CompiledAction) {
        if action.kind != ActionKind::SetValue {
            self.status_mut(node).asked = true;
            return;
        }
        let text = match &action.value {
            ActionValue::Text(text) => text.clone(),
            ActionValue::Expr(expr) => match self.evaluate(expr, node) {
                Ok(value) => self.value_text(node, &value),
                Err(error) => return self.fail_value(node, error),
            },
        };
        if text.len() > MAX_ANSWER {
            return self.fail_value(node, EvalError::TextTooLong);
        }
        self.fail_with(node, |failures| &mut failures.value, None);
        self.set_value(node, text);
    }

    fn fail_value(&mut self, node: NodeId, error: EvalError) {
        self.fail_with(node, |failures| &mut failures.value, Some(error.explain().what));
    }

    pub(super) fn apply_provide(&mut self, path: &str, value: &str) -> Result<(), AnswerError> {
        let node = self.locate_node(path)?;
        if self.wanted(node).is_none() {
            return Err(AnswerError::NotRequested { path: self.key(node) });
        }
        let value = self.lexical(node, value)?;
        self.status_mut(node).asked = false;
        self.set_value(node, value);
        Ok(())
    }

    /// What the form wants of its host and has not got yet, in the order of
    /// the form: give it with [`Session::provide`]. An action such as
    /// `background-geopoint` asks again whenever its trigger changes.
    pub fn requests(&self) -> Vec<Request> {
        let nodes = self.tree.subtree(self.root_node()).into_iter();
        nodes
            .filter(|node| self.tree.visible(*node))
            .filter(|node| self.value(*node).is_empty() || self.status(*node).is_some_and(|s| s.asked))
            .filter_map(|node| Some(Request { path: self.key(node), wanted: self.wanted(node)? }))
            .collect()
    }

    /// What the host may give for a node.
    fn wanted(&self, node: NodeId) -> Option<Wanted> {
        let asked = self.status(node).is_some_and(|status| status.asked);
        match self.kind(node) {
            QuestionKind::StartGeopoint => Some(Wanted::Geopoint),
            QuestionKind::BackgroundAudio => Some(Wanted::Audio),
            QuestionKind::Audit => Some(Wanted::Audit),
            QuestionKind::Property => {
                let row = (self.def(node) as usize).checked_sub(1)?;
                let question = self.form.questions().get(row)?;
                Some(Wanted::Property(question.parameter("name").unwrap_or("deviceid").to_owned()))
            }
            QuestionKind::Audio if asked => Some(Wanted::Audio),
            _ if asked => Some(Wanted::Geopoint),
            _ => None,
        }
    }
}
