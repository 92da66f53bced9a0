//! What an entry must be to be taken. Everything is checked before anything
//! changes.

use super::address::{Target, is_instance_id};
use super::error::AnswerError;
use super::lexical::{MAX_ANSWER, normalise};
use super::nodes::MAX_NODES;
use super::{NodeChange, Session};
use crate::definition::Event;
use crate::question::QuestionKind;
use ruhu_text::{Explain, nearest};
use ruhu_xpath::{NodeDefId, NodeId, Schema};

impl Session {
    pub(super) fn apply_answer(&mut self, path: &str, value: &str) -> Result<(), AnswerError> {
        let node = self.locate_node(path)?;
        self.answerable(node)?;
        let value = if value.trim().is_empty() { String::new() } else { self.lexical(node, value)? };
        self.on_offer(node, &value)?;
        self.constraint_holds(node, &value)?;
        self.set_value(node, value);
        self.work.entered = Some(node);
        self.grow_after(node);
        Ok(())
    }

    fn answerable(&self, node: NodeId) -> Result<(), AnswerError> {
        let path = || self.key(node);
        let kind = self.kind(node);
        let calculated = self.rules(node).is_some_and(|rules| rules.calculation.is_some());
        if calculated || kind.is_metadata() {
            return Err(AnswerError::Calculated { path: path() });
        }
        if !kind.is_answerable() || node == self.root_node() {
            return Err(AnswerError::NotAQuestion { path: path() });
        }
        if !self.tree.visible(node) {
            return Err(AnswerError::Irrelevant { path: path() });
        }
        if self.status(node).is_some_and(|status| status.read_only) {
            return Err(AnswerError::ReadOnly { path: path() });
        }
        Ok(())
    }

    pub(super) fn lexical(&self, node: NodeId, value: &str) -> Result<String, AnswerError> {
        if value.len() > MAX_ANSWER {
            return Err(AnswerError::TooLong { path: self.key(node), limit: MAX_ANSWER });
        }
        let kind = self.kind(node);
        let whole = kind == QuestionKind::Range && self.is_whole_range(node);
        let kind = if whole { QuestionKind::Integer } else { kind };
        normalise(kind, value, self.environment.utc_offset_minutes)
            .ok_or_else(|| AnswerError::WrongType { path: self.key(node), kind })
    }

    /// Whether a range has whole numbers only: start, end and step all are.
    fn is_whole_range(&self, node: NodeId) -> bool {
        let row = (self.def(node) as usize).checked_sub(1);
        let question = row.and_then(|row| self.form.questions().get(row));
        question.is_some_and(|question| {
            ["start", "end", "step"]
                .into_iter()
                .all(|name| question.parameter(name).is_none_or(|value| !value.contains('.')))
        })
    }

    fn on_offer(&self, node: NodeId, value: &str) -> Result<(), AnswerError> {
        let failed = |error: ruhu_xpath::EvalError| AnswerError::Expression {
            path: self.key(node),
            message: error.explain().what,
        };
        if value.is_empty() || self.all_offered(node, value).map_err(failed)? {
            return Ok(());
        }
        let offered = self.offered(node).map_err(failed)?;
        let known: Vec<&str> = offered.iter().map(|choice| choice.value.as_str()).collect();
        let stranger = value.split(' ').find(|chosen| !known.contains(chosen));
        let suggestion = stranger.and_then(|word| nearest(word, known.iter().copied())).map(str::to_owned);
        Err(AnswerError::UnknownChoice { path: self.key(node), suggestion })
    }

    /// Tries the value against the constraint, which sees it in its place.
    fn constraint_holds(&mut self, node: NodeId, value: &str) -> Result<(), AnswerError> {
        let form = self.form.clone();
        let constraint = form.program().rules(self.def(node)).and_then(|rules| rules.constraint.as_ref());
        let Some(constraint) = constraint.filter(|_| !value.is_empty()) else { return Ok(()) };
        let old = self.put(node, value.to_owned());
        let holds = self.evaluate_truth(constraint, node);
        self.put(node, old);
        match holds {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err(AnswerError::Constraint { path: self.key(node), message: self.constraint_message(node) })
            }
            Err(error) => {
                Err(AnswerError::Expression { path: self.key(node), message: error.explain().what })
            }
        }
    }

    fn put(&mut self, node: NodeId, text: String) -> String {
        self.tree.set_text(node, text)
    }

    pub(super) fn apply_add(&mut self, path: &str, id: &str) -> Result<(), AnswerError> {
        let Target::Repeat { def, parent } = self.locate(path)? else {
            return Err(AnswerError::NotARepeat { path: path.to_owned() });
        };
        self.countable(path, def, parent)?;
        if !is_instance_id(id) {
            return Err(AnswerError::BadInstanceId { path: path.to_owned() });
        }
        if let Some(node) = self.instance(parent, def, id) {
            return Err(AnswerError::InstanceExists { path: self.key(node) });
        }
        if self.tree.node_count() + self.schema().subtree(def).len() > MAX_NODES {
            return Err(AnswerError::TooManyInstances { path: path.to_owned(), limit: MAX_NODES });
        }
        let node = self.add_instance(parent, def, id);
        self.propagate_tasks();
        self.dynamic_defaults(node);
        self.fire(&[Event::NewRepeat], node);
        Ok(())
    }

    /// Whether a person may add to and remove from the repeat.
    fn countable(&self, path: &str, def: NodeDefId, parent: NodeId) -> Result<(), AnswerError> {
        if self.form.program().rules(def).is_some_and(|rules| rules.repeat_count.is_some()) {
            return Err(AnswerError::CountedRepeat { path: path.to_owned() });
        }
        if !self.tree.visible(parent) {
            return Err(AnswerError::Irrelevant { path: self.key(parent) });
        }
        Ok(())
    }

    pub(super) fn apply_remove(&mut self, path: &str) -> Result<(), AnswerError> {
        let node = self.locate_node(path)?;
        let def = self.def(node);
        let parent = self.tree.get(node).and_then(|node| node.parent);
        let (true, Some(parent)) = (self.schema().is_repeat(def), parent) else {
            return Err(AnswerError::NotARepeat { path: path.to_owned() });
        };
        self.countable(path, def, parent)?;
        for gone in self.tree.subtree(node) {
            let change = NodeChange { removed: true, ..self.change(gone) };
            self.work.removed.push(change);
        }
        self.take_out(&[node]);
        self.structure_changed(parent, def);
        Ok(())
    }
}
