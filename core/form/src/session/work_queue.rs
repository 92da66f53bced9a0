//! What is still to be worked out in an entry, and what was so before.

use super::state::NodeChange;
use super::status::Status;
use crate::labels::Labels;
use ruhu_text::Bilingual;
use ruhu_xpath::{NodeDefId, NodeId};
use std::collections::{BTreeSet, HashSet};

/// The most actions, and rounds of a count that depends on itself, that one
/// entry may set off.
pub(super) const MAX_ROUNDS: u32 = 10_000;

/// What is still to be worked out, and what was so before.
#[derive(Debug, Clone, Default)]
pub(super) struct WorkQueue {
    /// Tasks by rank, with the node they are done at.
    tasks: BTreeSet<(u32, NodeId)>,
    pub checks: NodeSet,
    /// Nodes of which only the error is to be looked at again: they came to
    /// apply, or no longer do.
    pub errors: NodeSet,
    pub before: Memory,
    /// The node that was answered: its value is on offer and its constraint
    /// holds, unless something else changes as well.
    pub entered: Option<NodeId>,
    pub removed: Vec<NodeChange>,
    /// Nodes whose change sets other values.
    pub triggers: Vec<NodeId>,
    /// Repeats that grew in this entry by a count that looks into them.
    pub grown: BTreeSet<(NodeId, NodeDefId)>,
    /// How many more counts that depend on themselves, and how many more
    /// actions, may be done before it is called a circle.
    pub rounds: u32,
}

impl WorkQueue {
    /// Puts the task of that rank on the list; none is the check.
    pub fn add(&mut self, rank: Option<u32>, node: NodeId) {
        match rank {
            Some(rank) => {
                self.tasks.insert((rank, node));
            }
            None => self.checks.insert(node),
        }
    }

    /// Takes the task of the lowest rank.
    pub fn next_task(&mut self) -> Option<(u32, NodeId)> {
        self.tasks.pop_first()
    }

    /// Takes the nodes to check wholly, and those of which only the error is
    /// to be looked at.
    pub fn take_checks(&mut self) -> (Vec<NodeId>, Vec<NodeId>) {
        let mut errors = self.errors.take();
        errors.retain(|node| !self.checks.contains(*node));
        (self.checks.take(), errors)
    }

    /// Forgets nodes that are gone: new ones get their numbers.
    pub fn forget(&mut self, gone: &HashSet<NodeId>) {
        if gone.is_empty() {
            return;
        }
        self.tasks.retain(|(_, node)| !gone.contains(node));
        self.checks.retain(|node| !gone.contains(&node));
        self.errors.retain(|node| !gone.contains(&node));
        self.before.retain(|node| !gone.contains(&node));
    }
}

/// Nodes, each once, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(super) struct NodeSet {
    nodes: Vec<NodeId>,
    /// By node number.
    there: Vec<bool>,
}

impl NodeSet {
    pub fn contains(&self, node: NodeId) -> bool {
        self.there.get(node as usize).copied().unwrap_or(false)
    }

    pub fn insert(&mut self, node: NodeId) {
        let at = node as usize;
        if at >= self.there.len() {
            self.there.resize(at + 1, false);
        }
        if let Some(there) = self.there.get_mut(at).filter(|there| !**there) {
            *there = true;
            self.nodes.push(node);
        }
    }

    fn take(&mut self) -> Vec<NodeId> {
        let nodes = std::mem::take(&mut self.nodes);
        nodes.iter().for_each(|node| self.unmark(*node));
        nodes
    }

    fn retain(&mut self, keep: impl Fn(NodeId) -> bool) {
        for node in self.take().into_iter().filter(|node| keep(*node)) {
            self.insert(node);
        }
    }

    fn unmark(&mut self, node: NodeId) {
        if let Some(there) = self.there.get_mut(node as usize) {
            *there = false;
        }
    }
}

/// How nodes were before an entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    known: NodeSet,
    /// In the order of `known`.
    before: Vec<Before>,
}

/// A node before an entry; a new one did not apply.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Before {
    pub relevant: bool,
    pub value: String,
    pub required: bool,
    pub read_only: bool,
    pub error: Option<Bilingual>,
    pub labels: Labels,
}

impl Before {
    /// Whether a node that was so is otherwise now.
    pub fn differs(&self, relevant: bool, value: &str, status: &Status) -> bool {
        self.relevant != relevant
            || self.value != value
            || (self.required, self.read_only) != (status.required, status.read_only)
            || self.error.as_ref() != status.error.as_deref()
            || self.labels != status.labels
    }
}

impl Memory {
    pub fn contains(&self, node: NodeId) -> bool {
        self.known.contains(node)
    }

    /// Whether no other node has changed.
    pub fn is_only(&self, node: NodeId) -> bool {
        self.known.nodes == [node]
    }

    /// Keeps how a node was, unless it is known already.
    pub fn insert(&mut self, node: NodeId, before: Before) {
        if !self.contains(node) {
            self.known.insert(node);
            self.before.push(before);
        }
    }

    pub fn take(&mut self) -> impl Iterator<Item = (NodeId, Before)> + use<> {
        self.known.take().into_iter().zip(std::mem::take(&mut self.before))
    }

    fn retain(&mut self, keep: impl Fn(NodeId) -> bool) {
        for (node, before) in self.take().filter(|(node, _)| keep(*node)) {
            self.insert(node, before);
        }
    }
}
