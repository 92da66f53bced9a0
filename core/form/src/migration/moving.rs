//! The values on their way from the old session to the new one.

use super::convert::convert;
use super::instances::Instances;
use super::matching::Pairs;
use super::report::{
    Converted, DropReason, Dropped, HiddenAnswer, HiddenReason, MigrationReport, Moved, Recalculated,
};
use crate::Form;
use crate::choices::Choice;
use crate::form::Rules;
use crate::question::{Question, QuestionKind};
use crate::session::{NodeSnapshot, Refusal, Session, Snapshot, SnapshotValue};
use ruhu_text::Bilingual;
use ruhu_xpath::{Environment, NodeDefId, NodeId};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// One value on its way.
struct Value {
    old: NodeSnapshot,
    /// The stable key in the new version.
    key: String,
    def: NodeDefId,
    /// What is taken over; less than the old value when choices are gone.
    text: String,
    /// Whether it is taken over, or only looked at when all is done.
    snapshot: bool,
}

/// A migration under way.
pub(super) struct Moving<'a> {
    old: &'a Session,
    new: &'a Arc<Form>,
    instances: Vec<String>,
    values: Vec<Value>,
    dropped: Vec<(NodeId, String, DropReason)>,
    /// The order the old nodes stand in.
    order: HashMap<NodeId, usize>,
}

impl<'a> Moving<'a> {
    /// Finds where everything goes, before the new form has said what it thinks
    /// of it.
    pub fn of(old: &'a Session, new: &'a Arc<Form>, begun: Environment) -> Moving<'a> {
        let pairs = Pairs::of(old.form(), new);
        let mut instances = Instances::of(old, new, &pairs);
        let snapshot = old.node_snapshots();
        let order = snapshot.iter().enumerate().map(|(at, snapshot)| (snapshot.node, at)).collect();
        let mut moving =
            Moving { old, new, instances: Vec::new(), values: Vec::new(), dropped: Vec::new(), order };
        let scratch = Session::new(new.clone(), begun);
        // What applies comes first, so that it has the place where there is
        // but one.
        let (shown, hidden): (Vec<NodeSnapshot>, Vec<NodeSnapshot>) = snapshot
            .into_iter()
            .filter(|snapshot| !snapshot.kind.is_container())
            .partition(|snapshot| snapshot.visible);
        let mut taken = HashMap::new();
        for snapshot in shown.into_iter().chain(hidden) {
            match pairs.new_def(snapshot.def) {
                Some(def) => {
                    let key = instances.key(def, snapshot.node, !snapshot.value.is_empty());
                    moving.send(
                        &scratch,
                        &mut taken,
                        Value { text: snapshot.value.clone(), old: snapshot, key, def, snapshot: true },
                    );
                }
                None => moving.drop(snapshot.node, &snapshot.value, DropReason::QuestionGone),
            }
        }
        moving.instances = instances.all();
        moving.only_where_there_is_an_instance();
        let Moving { values, order, .. } = &mut moving;
        values.sort_by_key(|value| order.get(&value.old.node).copied());
        moving
    }

    /// Notes that a value does not come with; a blank is no loss.
    fn drop(&mut self, node: NodeId, value: &str, reason: DropReason) {
        if !value.is_empty() {
            self.dropped.push((node, value.to_owned(), reason));
        }
    }

    fn rules(&self, def: NodeDefId) -> Option<&'a Rules> {
        self.new.program().rules(def)
    }

    fn question(&self, def: NodeDefId) -> Option<&'a Question> {
        self.new.questions().get((def as usize).checked_sub(1)?)
    }

    fn kind(&self, def: NodeDefId) -> QuestionKind {
        self.new.program().kind(def)
    }

    fn send(&mut self, scratch: &Session, taken: &mut HashMap<String, usize>, mut value: Value) {
        let (from, to) = (value.old.kind, self.kind(value.def));
        if self.is_worked_out(value.def) {
            value.snapshot = false;
        } else {
            match convert(scratch, from, to, &value.text) {
                Some(text) => value.text = text,
                None => {
                    self.drop(value.old.node, &value.old.value, DropReason::KindChanged { from, to });
                    value.text.clear();
                }
            }
            self.leave_choices_that_are_gone(&mut value);
        }
        let Some(first) = taken.get(&value.key).and_then(|at| self.values.get_mut(*at)) else {
            taken.insert(value.key.clone(), self.values.len());
            return self.values.push(value);
        };
        if first.text.is_empty() {
            *first = value;
        } else {
            self.drop(value.old.node, &value.text, DropReason::NoRoom);
        }
    }

    /// Whether the new form works the value out whatever stood there.
    fn is_worked_out(&self, def: NodeDefId) -> bool {
        let calculation = self.rules(def).and_then(|rules| rules.calculation.as_ref());
        calculation.is_some_and(|calculation| !calculation.calls("once"))
            || matches!(self.kind(def), QuestionKind::Start | QuestionKind::End | QuestionKind::Today)
    }

    /// Takes the choices out of a value that the new list does not have. What
    /// the old list did not have either is a fault for somebody to mend.
    fn leave_choices_that_are_gone(&mut self, value: &mut Value) {
        let Some(question) = self.question(value.def) else { return };
        let select = matches!(
            question.kind,
            QuestionKind::SelectOne | QuestionKind::SelectMultiple | QuestionKind::Rank
        );
        let nodes = self.rules(value.def).is_some_and(|rules| rules.itemset.is_some());
        if !select || nodes || value.text.is_empty() {
            return;
        }
        let known = |choices: &[Choice], name: &str| choices.iter().any(|choice| choice.value == name);
        let (gone, left): (Vec<&str>, Vec<&str>) = value.text.split(' ').partition(|name| {
            let was_strange = value.old.kind == question.kind && !self.old.has_choice(value.old.node, name);
            !known(&question.choices, name) && !was_strange
        });
        let (gone, left) = (gone.join(" "), left.join(" "));
        self.drop(value.old.node, &gone, DropReason::ChoiceGone);
        value.text = left;
    }

    /// A blank is not worth an instance of its own.
    fn only_where_there_is_an_instance(&mut self) {
        let instances: HashSet<&str> = self.instances.iter().map(String::as_str).collect();
        let exists = |key: &str| match key.rfind(']') {
            Some(end) => key.get(..=end).is_some_and(|instance| instances.contains(instance)),
            None => true,
        };
        self.values.retain(|value| exists(&value.key));
    }

    /// What the new session takes over.
    pub fn snapshot(&self, last_change: Option<Environment>) -> Snapshot {
        let worth = |value: &&Value| {
            let given = self.rules(value.def).is_some_and(gives_a_value);
            value.snapshot && (!value.text.is_empty() || given || value.old.asked)
        };
        let values = self.values.iter().filter(worth).map(|value| SnapshotValue {
            path: value.key.clone(),
            value: value.text.clone(),
            asked: value.old.asked,
        });
        Snapshot { instances: self.instances.clone(), values: values.collect(), last_change }
    }

    /// Drops what the new form refuses, one value after the other, as what
    /// comes later may depend on it; says whether there was any.
    pub fn propagate(&mut self, session: &mut Session) -> bool {
        let mut any = false;
        let nodes: Vec<Option<NodeId>> =
            self.values.iter().map(|value| session.node_at(&value.key)).collect();
        while let Some((at, node, reason)) = self.first_refused(session, &nodes) {
            any = true;
            session.blank(node);
            if let Some(value) = self.values.get_mut(at) {
                let text = std::mem::take(&mut value.text);
                let node = value.old.node;
                self.drop(node, &text, reason);
            }
        }
        any || self.leave_to_the_form(session)
    }

    fn first_refused(
        &self,
        session: &Session,
        nodes: &[Option<NodeId>],
    ) -> Option<(usize, NodeId, DropReason)> {
        self.values.iter().zip(nodes).enumerate().find_map(|(at, (value, node))| {
            let node = (*node).filter(|_| value.snapshot && !value.text.is_empty())?;
            let was_wrong = value.old.error && value.text == value.old.value;
            if was_wrong || !session.has_error(node) {
                return None;
            }
            let reason = match session.refusal(node)? {
                Refusal::Choice => DropReason::ChoiceGone,
                Refusal::Rule(message) => DropReason::Constraint { message },
            };
            Some((at, node, reason))
        })
    }

    /// What may only be read now, and has a value of the form's own, is left to
    /// the form; says whether there was any.
    fn leave_to_the_form(&mut self, session: &Session) -> bool {
        let mut left = Vec::new();
        for value in self.values.iter_mut().filter(|value| value.snapshot && !value.text.is_empty()) {
            let rules = self.new.program().rules(value.def);
            if value.old.read_only || !rules.is_some_and(gives_a_value) {
                continue;
            }
            let node = session.node_at(&value.key).map(|node| session.held_at(node));
            if node.is_some_and(|snapshot| snapshot.read_only) {
                value.snapshot = false;
                left.push((value.old.node, value.text.clone()));
            }
        }
        let any = !left.is_empty();
        for (node, text) in left {
            self.drop(node, &text, DropReason::ReadOnly);
        }
        any
    }

    /// What was done, in the order the answers stood in.
    pub fn report(mut self, session: &Session) -> MigrationReport {
        let mut report = MigrationReport {
            format: MigrationReport::FORMAT,
            form: self.new.id().to_owned(),
            from: self.old.form().version().to_owned(),
            to: self.new.version().to_owned(),
            moved: Vec::new(),
            converted: Vec::new(),
            hidden: Vec::new(),
            dropped: Vec::new(),
            recalculated: Vec::new(),
        };
        for value in std::mem::take(&mut self.values) {
            match session.node_at(&value.key) {
                Some(node) => self.tell(&mut report, session, &value, node),
                None => self.drop(value.old.node, &value.old.value, DropReason::QuestionGone),
            }
        }
        let Moving { dropped, order, .. } = &mut self;
        dropped.sort_by_key(|(node, ..)| order.get(node).copied());
        report.dropped =
            self.dropped.iter().map(|(node, value, reason)| self.told(*node, value, reason)).collect();
        report
    }

    /// Tells what became of one value.
    fn tell(&mut self, report: &mut MigrationReport, session: &Session, value: &Value, node: NodeId) {
        let now = session.held_at(node);
        let label = || session.labels_at(node).bilingual();
        let (path, before) = (value.key.clone(), value.old.value.clone());
        if before.is_empty() {
            return;
        }
        if value.snapshot && value.text.is_empty() {
            return;
        }
        let from = self.old.key(value.old.node);
        if !value.snapshot || now.value != value.text {
            self.tell_worked_out(report, value, &now, label());
            if now.value != before {
                return;
            }
        }
        if from != path {
            report.moved.push(Moved { from, to: path.clone(), label: label() });
        }
        if now.kind != value.old.kind && now.value != before {
            let (from, to) = (value.old.kind, now.kind);
            let (path, after) = (path.clone(), now.value.clone());
            report.converted.push(Converted { path, label: label(), from, to, before, after });
        }
        if value.old.visible && !now.visible {
            let beyond = session.is_beyond_count(node);
            report.hidden.push(HiddenAnswer {
                path,
                label: label(),
                shown: session.shown(node, &now.value),
                value: now.value,
                class: self.question(value.def).and_then(|question| question.class.clone()),
                reason: if beyond { HiddenReason::BeyondCount } else { HiddenReason::Irrelevant },
            });
        }
    }

    fn tell_worked_out(
        &mut self,
        report: &mut MigrationReport,
        value: &Value,
        now: &NodeSnapshot,
        label: Bilingual,
    ) {
        let before = value.old.value.clone();
        if now.value == before {
            // What was left to the form came out the same.
            self.dropped.retain(|(node, ..)| *node != value.old.node);
        } else if self.old.is_worked_out(value.old.node) {
            let (path, after) = (value.key.clone(), now.value.clone());
            report.recalculated.push(Recalculated { path, label, before, after });
        } else if !self.dropped.iter().any(|(node, ..)| *node == value.old.node) {
            self.drop(value.old.node, &before, DropReason::Calculated);
        }
    }

    fn told(&self, node: NodeId, value: &str, reason: &DropReason) -> Dropped {
        let def = self.old.held_at(node).def as usize;
        let question = def.checked_sub(1).and_then(|row| self.old.form().questions().get(row));
        Dropped {
            path: self.old.key(node),
            label: self.old.labels_at(node).bilingual(),
            value: value.to_owned(),
            shown: self.old.shown(node, value),
            class: question.and_then(|question| question.class.clone()),
            reason: reason.clone(),
        }
    }
}

/// Whether a form fills in a question by itself.
fn gives_a_value(rules: &Rules) -> bool {
    rules.default.is_some() || !rules.actions.is_empty()
}
