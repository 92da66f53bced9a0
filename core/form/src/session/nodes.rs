//! The nodes of a session: one for each definition, for repeats many.

use super::Session;
use super::status::Status;
use super::work_queue::{Before, WorkQueue};
use crate::definition::Event;
use crate::form::{InitialValue, Rules, Task};
use crate::question::QuestionKind;
use ruhu_text::Explain;
use ruhu_xpath::{Moment, Node, NodeDefId, NodeId, ROOT, ROOT_DEF, Schema, Value, decimal};
use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// The most nodes of one session.
pub(super) const MAX_NODES: usize = 300_000;
/// The id of a repeat's first instance.
const FIRST: &str = "1";

impl Session {
    /// Makes all nodes and works everything out.
    pub(super) fn build(&mut self) {
        let root = self.push_node(ROOT, usize::MAX, ROOT_DEF, None);
        self.fill(root);
        self.propagate_tasks();
        // That there are calculations is no change: nothing is triggered by it.
        self.work.triggers.clear();
        self.dynamic_defaults(root);
        self.fire(&[Event::FirstLoad, Event::Load], root);
        self.propagate();
        self.work = WorkQueue::default();
    }

    /// The form's root node.
    pub(crate) fn root_node(&self) -> NodeId {
        self.tree.children(ROOT).first().copied().unwrap_or(ROOT)
    }

    pub(crate) fn def(&self, node: NodeId) -> NodeDefId {
        self.tree.get(node).and_then(|node| node.row).unwrap_or(ROOT_DEF)
    }

    pub(super) fn rules(&self, node: NodeId) -> Option<&Rules> {
        self.form.program().rules(self.def(node))
    }

    pub(crate) fn kind(&self, node: NodeId) -> QuestionKind {
        self.form.program().kind(self.def(node))
    }

    pub(crate) fn value(&self, node: NodeId) -> &str {
        self.tree.get(node).map_or("", |node| &node.text)
    }

    pub(super) fn status(&self, node: NodeId) -> Option<&Status> {
        self.status.get(node as usize)
    }

    pub(super) fn status_mut(&mut self, node: NodeId) -> &mut Status {
        let at = node as usize;
        if self.status.len() <= at {
            self.status.resize(at + 1, Status::default());
        }
        // The line above made room for it.
        &mut self.status[at]
    }

    /// The id of a repeat instance.
    pub(super) fn instance_id(&self, node: NodeId) -> Option<&str> {
        self.tree.get(node)?.attributes.first().map(|(_, id)| id.as_str())
    }

    /// The nodes of `def` directly under `parent`.
    pub(super) fn instances(&self, parent: NodeId, def: NodeDefId) -> &[NodeId] {
        self.tree.children_of_row(parent, def)
    }

    /// The instance of a repeat under `parent` that has this id.
    pub(super) fn instance(&self, parent: NodeId, repeat: NodeDefId, id: &str) -> Option<NodeId> {
        self.instances.get(&(parent, repeat))?.get(id).copied()
    }

    /// Whether the node is one of the form.
    pub(super) fn exists(&self, node: NodeId) -> bool {
        self.tree.get(node).is_some_and(|found| found.row.is_some())
    }

    /// The position of a node among the children of `parent`, which stand in
    /// the order of their definitions.
    pub(super) fn position_in(&self, parent: NodeId, node: NodeId) -> usize {
        let children = self.tree.children(parent);
        let from = children.partition_point(|child| self.def(*child) < self.def(node));
        from + children.iter().skip(from).take_while(|child| **child != node).count()
    }

    /// The nodes of `def` anywhere under `above`, or `above` itself.
    pub(super) fn nodes_below(&self, above: NodeId, def: NodeDefId) -> Vec<NodeId> {
        if let Some(only) = self.only_node(def) {
            return vec![only];
        }
        let top = self.def(above);
        if self.schema().parent(def) == Some(top) {
            return self.instances(above, def).to_vec();
        }
        let mut way: Vec<NodeDefId> = self.schema().lineage(def).take_while(|step| *step != top).collect();
        way.reverse();
        let mut nodes = vec![above];
        for step in way {
            nodes = nodes.into_iter().flat_map(|node| self.instances(node, step).iter().copied()).collect();
        }
        nodes
    }

    /// The node of a definition that stands in no repeat.
    pub(super) fn only_node(&self, def: NodeDefId) -> Option<NodeId> {
        self.only.get(def as usize).copied().flatten()
    }

    /// What holds `node` at `def`, or the root.
    pub(super) fn ancestor_at(&self, node: NodeId, def: Option<NodeDefId>) -> NodeId {
        let Some(def) = def else { return self.root_node() };
        let mut at = Some(node);
        while let Some(id) = at {
            if self.def(id) == def {
                return id;
            }
            at = self.tree.get(id).and_then(|node| node.parent).filter(|id| *id != ROOT);
        }
        self.root_node()
    }

    /// Adds one node; its tasks and checks are put on the list.
    pub(super) fn push_node(
        &mut self,
        parent: NodeId,
        at: usize,
        def: NodeDefId,
        id: Option<&str>,
    ) -> NodeId {
        let form = self.form.clone();
        let program = form.program();
        let name: Arc<str> = program.schema.get(def).map_or_else(|| Arc::from(""), |def| def.name.clone());
        let kind = program.kind(def);
        let attributes = id.map(|id| (Arc::from("id"), id.to_owned())).into_iter().collect();
        let node = Node { attributes, numeric: kind.is_number(), row: Some(def), ..Node::element(name) };
        let node = self.tree.insert(parent, at, node);
        if program.schema.get(def).is_some_and(|def| def.repeat_depth == 0 && !def.repeat) {
            self.only.resize(self.only.len().max(def as usize + 1), None);
            if let Some(slot) = self.only.get_mut(def as usize) {
                *slot = Some(node);
            }
        }
        if let Some(id) = id {
            self.instances.entry((parent, def)).or_default().insert(id.to_owned(), node);
        }
        *self.status_mut(node) = Status { wanted: true, ..Status::default() };
        self.work.before.insert(node, Before::default());
        let text = self.first_value(def, kind);
        if !text.is_empty() {
            self.tree.set_text(node, text);
        }
        for task in [Task::Relevance(def), Task::Value(def)] {
            if let Some(rank) = program.graph.rank(task) {
                self.work.add(Some(rank), node);
            }
        }
        for child in program.schema.children(def) {
            if let Some(rank) = program.graph.rank(Task::Count(*child)) {
                self.work.add(Some(rank), node);
            }
        }
        self.work.checks.insert(node);
        node
    }

    fn first_value(&self, def: NodeDefId, kind: QuestionKind) -> String {
        let now = self.environment.moment();
        match (kind, self.form.program().rules(def).and_then(|rules| rules.default.as_ref())) {
            (QuestionKind::Start, _) => now.map_or_else(String::new, Moment::text),
            (QuestionKind::Today, _) => now.map_or_else(String::new, |now| now.day().text()),
            (_, Some(InitialValue::Static(text))) => text.clone(),
            _ => String::new(),
        }
    }

    /// Makes everything below a new node.
    pub(super) fn fill(&mut self, node: NodeId) {
        let form = self.form.clone();
        let program = form.program();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            for child in program.schema.children(self.def(node)) {
                let rules = program.rules(*child);
                if rules.is_some_and(|rules| rules.repeat_count.is_some())
                    || self.tree.node_count() >= MAX_NODES
                {
                    continue;
                }
                let id = program.schema.is_repeat(*child).then_some(FIRST);
                open.push(self.push_node(node, usize::MAX, *child, id));
            }
        }
    }

    /// Adds an instance at the end of a repeat, makes what is in it, and puts
    /// on the list what looks at how many there are.
    pub(super) fn add_instance(&mut self, parent: NodeId, repeat: NodeDefId, id: &str) -> NodeId {
        let node = self.make_instance(parent, repeat, id);
        self.structure_changed(parent, repeat);
        node
    }

    /// Adds an instance at the end of a repeat and makes what is in it.
    pub(super) fn make_instance(&mut self, parent: NodeId, repeat: NodeDefId, id: &str) -> NodeId {
        let node = self.push_node(parent, self.position_for(parent, repeat), repeat, Some(id));
        self.fill(node);
        node
    }

    /// Takes nodes out, each with all below it; gives those that are gone.
    pub(super) fn take_out(&mut self, nodes: &[NodeId]) -> HashSet<NodeId> {
        let gone: HashSet<NodeId> = nodes.iter().flat_map(|node| self.tree.subtree(*node)).collect();
        for node in &gone {
            let Some(found) = self.tree.get(*node) else { continue };
            let (Some(siblings), Some((_, id))) = (found.parent.zip(found.row), found.attributes.first())
            else {
                continue;
            };
            if let Entry::Occupied(mut siblings) = self.instances.entry(siblings) {
                siblings.get_mut().remove(id);
                if siblings.get().is_empty() {
                    siblings.remove();
                }
            }
        }
        nodes.iter().for_each(|node| self.tree.remove(*node));
        self.work.forget(&gone);
        gone
    }

    /// After the last child whose definition does not come after `repeat`.
    fn position_for(&self, parent: NodeId, repeat: NodeDefId) -> usize {
        self.tree.children(parent).partition_point(|child| self.def(*child) <= repeat)
    }

    /// Works out the dynamic defaults of a node and all below it, in the order
    /// of the form, each seeing those before it.
    pub(super) fn dynamic_defaults(&mut self, node: NodeId) {
        let form = self.form.clone();
        for node in self.tree.subtree(node) {
            let rules = form.program().rules(self.def(node));
            let Some(InitialValue::Dynamic(expr)) = rules.and_then(|rules| rules.default.as_ref()) else {
                continue;
            };
            match self.evaluate(expr, node) {
                Ok(value) => {
                    let text = self.value_text(node, &value);
                    self.set_value(node, text);
                    self.propagate_triggers();
                }
                Err(error) => {
                    self.set_failure(node, |failures| &mut failures.value, Some(error.explain().what));
                }
            }
        }
    }

    /// A result as the question's kind writes it: a date question that is
    /// given a number of days has the day, an integer question whole numbers.
    pub(super) fn value_text(&self, node: NodeId, value: &Value) -> String {
        let offset = self.environment.utc_offset_minutes;
        let moment = |read: fn(f64, i32) -> Option<Moment>| match value {
            Value::Days(days) => Moment::from_days(*days, offset),
            Value::Number(number) => read(*number, offset),
            _ => None,
        };
        match (self.kind(node), value) {
            (QuestionKind::Date, Value::Number(_) | Value::Days(_)) => {
                moment(Moment::from_number).map_or_else(String::new, |moment| moment.day().text())
            }
            (QuestionKind::Date, Value::Moment(moment)) => moment.day().text(),
            (QuestionKind::DateTime, Value::Number(_) | Value::Days(_)) => {
                moment(Moment::from_utc_days).map_or_else(String::new, Moment::text)
            }
            (QuestionKind::Integer, value) => {
                let text = self.text_of(value);
                let fraction = decimal(&text).filter(|number| number.fract() != 0.0);
                match (fraction, value) {
                    (Some(number), _) => self.text_of(&Value::Number(number.trunc())),
                    (None, Value::Number(number) | Value::Days(number)) if number.is_nan() => String::new(),
                    _ => text,
                }
            }
            // Arithmetic with blanks is blank, not the word NaN.
            (_, Value::Number(number) | Value::Days(number)) if number.is_nan() => String::new(),
            _ => self.text_of(value),
        }
    }
}
