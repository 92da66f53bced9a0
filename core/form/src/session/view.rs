//! What a session tells: nodes, what is missing, the answers.

use super::address::Target;
use super::{AnswerField, Missing, MissingReason, NodeState, Session};
use crate::definition::Row;
use crate::labels::Labels;
use crate::parameters::Parameters;
use crate::question::QuestionKind;
use ruhu_xpath::{Environment, NodeId, Schema};

impl Session {
    /// The node of a question, group or repeat instance, by any kind of path;
    /// a group holds no value, and so has none of its own.
    pub fn node(&self, path: &str) -> Option<NodeState> {
        match self.locate(path).ok()? {
            Target::Node(node) => Some(self.state(node)),
            Target::Repeat { .. } => self.locate_node(path).ok().map(|node| self.state(node)),
        }
    }

    /// Every node in the order of the form, those that do not apply too. The
    /// root is not among them.
    pub fn nodes(&self) -> Vec<NodeState> {
        self.tree.subtree(self.root_node()).into_iter().skip(1).map(|node| self.state(node)).collect()
    }

    /// What stands in the way of finishing, and where: relevant questions that
    /// are required and unanswered, values that break a constraint or are no
    /// longer on offer, expressions that fail. A note can be required too: it
    /// is never answered, so it holds the form open as long as it is relevant.
    pub fn missing(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        for node in self.tree.subtree(self.root_node()) {
            let Some(status) = self.status(node).filter(|_| self.tree.visible(node)) else { continue };
            let reason = match status.error.as_deref() {
                Some(message) => MissingReason::Constraint { message: message.clone() },
                None if status.required && self.is_unanswered(node) => {
                    MissingReason::Required { message: self.required_message(node) }
                }
                None => continue,
            };
            missing.push(Missing { path: self.key(node), labels: self.labels(node), reason });
        }
        missing
    }

    fn is_unanswered(&self, node: NodeId) -> bool {
        !self.kind(node).is_container() && self.value(node).is_empty()
    }

    /// The answers that count, in the order of the form: relevant and not
    /// empty, calculated ones too. A question of the kind `end` has the time of
    /// the last entry here, and is blank while the form is being filled.
    pub fn answers(&self) -> Vec<AnswerField> {
        let nodes = self.tree.subtree(self.root_node()).into_iter();
        nodes.filter(|node| self.tree.visible(*node)).filter_map(|node| self.answer_field(node)).collect()
    }

    fn answer_field(&self, node: NodeId) -> Option<AnswerField> {
        let row = self.row(node)?;
        let kind = row.kind;
        let value = match kind {
            QuestionKind::End => self.last_change.and_then(Environment::moment)?.text(),
            _ => Some(self.value(node)).filter(|value| !value.is_empty())?.to_owned(),
        };
        Some(AnswerField {
            path: self.key(node),
            kind,
            value,
            save_to: row.save_to.clone(),
            class: row.class.clone(),
            merge: row.merge.clone(),
        })
    }

    pub(super) fn row(&self, node: NodeId) -> Option<&Row> {
        self.form.definition().rows.get((self.def(node) as usize).checked_sub(1)?)
    }

    pub(super) fn state(&self, node: NodeId) -> NodeState {
        let status = self.status(node).cloned().unwrap_or_default();
        let rules = self.rules(node);
        let calculated = rules.is_some_and(|rules| rules.calculation.is_some());
        NodeState {
            path: self.key(node),
            name: self.schema().name(self.def(node)).to_owned(),
            kind: self.kind(node),
            relevant: self.tree.visible(node),
            required: status.required,
            read_only: status.read_only || calculated || !self.kind(node).is_answerable(),
            value: self.value(node).to_owned(),
            labels: self.labels(node),
            hints: rules.map_or_else(Labels::new, |rules| self.render(&rules.hints, node)),
            // A filter that fails shows as the node's error.
            choices: self.offered(node).unwrap_or_default(),
            appearance: self.row(node).and_then(|row| row.appearance.clone()),
            parameters: self.row(node).map_or_else(Parameters::default, |row| row.parameters.clone()),
            error: status.error.map(|error| *error),
        }
    }
}
