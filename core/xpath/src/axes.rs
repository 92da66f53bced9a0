//! The axes of XPath 1.0 (section 2.2) and document order.

use crate::ast::{Axis, NodeTest};
use crate::eval::Evaluator;
use crate::tree::{NodeId, NodeRef, Part, ROOT, Tree};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// So many nodes are sorted by their way from the root; more, by a count of the
/// whole tree.
const FEW: usize = 32;

impl Evaluator<'_> {
    /// The nodes along `axis`, nearest first.
    pub(super) fn along(&self, from: NodeRef, axis: Axis) -> Vec<NodeRef> {
        let Some(tree) = self.tree(from.tree) else { return Vec::new() };
        if from.part != Part::Whole {
            return along_part(from, axis, tree);
        }
        let whole = |id: NodeId| NodeRef { id, ..from };
        let all = |ids: Vec<NodeId>| ids.into_iter().map(whole).collect();
        match axis {
            Axis::SelfNode => vec![from],
            Axis::Child => children(tree, from),
            Axis::Descendant => descendants(tree, from).split_off(1),
            Axis::DescendantOrSelf => descendants(tree, from),
            Axis::Parent => tree.get(from.id).and_then(|node| node.parent).map(whole).into_iter().collect(),
            Axis::Ancestor => all(ancestors(tree, from.id)),
            Axis::AncestorOrSelf => {
                let mut found = vec![from];
                found.extend(ancestors(tree, from.id).into_iter().map(whole));
                found
            }
            Axis::FollowingSibling => all(siblings(tree, from.id, true)),
            Axis::PrecedingSibling => all(siblings(tree, from.id, false)),
            Axis::Following => beyond(tree, from, true),
            Axis::Preceding => beyond(tree, from, false),
            Axis::Attribute => attributes(tree, from),
            Axis::Namespace => Vec::new(),
        }
    }

    /// Whether `node`, found along `axis`, passes `test`.
    pub(super) fn passes(&self, node: NodeRef, axis: Axis, test: &NodeTest) -> bool {
        let is_text = self.is_text(node);
        let principal = match axis {
            Axis::Attribute => matches!(node.part, Part::Attribute(_)),
            _ => node.part == Part::Whole && !is_text && node.id != ROOT,
        };
        match test {
            NodeTest::Node => true,
            NodeTest::Text => is_text,
            NodeTest::Any => principal,
            NodeTest::Name(name) => principal && self.name(node) == name,
            NodeTest::Prefix(prefix) => {
                principal && self.name(node).split_once(':').is_some_and(|(found, _)| found == prefix)
            }
            NodeTest::Nothing(_) => false,
        }
    }

    fn is_text(&self, node: NodeRef) -> bool {
        node.part == Part::Text
            || node.part == Part::Whole && self.tree(node.tree).is_some_and(|tree| tree.is_text(node.id))
    }

    /// The name with its prefix; empty for the root and texts.
    pub(super) fn name(&self, node: NodeRef) -> &str {
        let Some(found) = self.tree(node.tree).and_then(|tree| tree.get(node.id)) else { return "" };
        match node.part {
            Part::Whole => &found.name,
            Part::Attribute(n) => found.attributes.get(usize::from(n)).map_or("", |(name, _)| name),
            Part::Text => "",
        }
    }

    /// Sorts into document order and drops doubles.
    pub(super) fn in_document_order(&self, mut nodes: Vec<NodeRef>) -> Vec<NodeRef> {
        if nodes.len() < FEW {
            nodes.sort_by_cached_key(|node| self.order_key(*node));
        } else {
            let ranks = self.ranks(&nodes);
            let rank = |node: &NodeRef| {
                let ranks: Option<&Vec<u32>> = ranks.get(&node.tree);
                ranks.and_then(|ranks| ranks.get(node.id as usize)).copied().unwrap_or(0)
            };
            nodes.sort_by_key(|node| (node.tree, rank(node), node.part));
        }
        nodes.dedup();
        nodes
    }

    /// The places in document order of all nodes of the trees of `nodes`.
    fn ranks(&self, nodes: &[NodeRef]) -> HashMap<u16, Vec<u32>> {
        let mut ranks = HashMap::new();
        for node in nodes {
            if let (Entry::Vacant(slot), Some(tree)) = (ranks.entry(node.tree), self.tree(node.tree)) {
                slot.insert(tree.ranks());
            }
        }
        ranks
    }

    /// The positions from the root down, the tree first, the part last.
    fn order_key(&self, node: NodeRef) -> (u16, Vec<usize>, Part) {
        let mut positions = Vec::new();
        if let Some(tree) = self.tree(node.tree) {
            let mut id = node.id;
            while let Some(parent) = tree.get(id).and_then(|node| node.parent) {
                positions.push(tree.children(parent).iter().position(|child| *child == id).unwrap_or(0));
                id = parent;
            }
        }
        positions.reverse();
        (node.tree, positions, node.part)
    }
}

/// From an attribute or a text nothing leads down or sideways.
fn along_part(from: NodeRef, axis: Axis, tree: &Tree) -> Vec<NodeRef> {
    let owner = NodeRef { part: Part::Whole, ..from };
    let above = || {
        let mut found = vec![owner];
        found.extend(ancestors(tree, from.id).into_iter().map(|id| NodeRef { id, ..owner }));
        found
    };
    match axis {
        Axis::SelfNode | Axis::DescendantOrSelf => vec![from],
        Axis::Parent => vec![owner],
        Axis::Ancestor => above(),
        Axis::AncestorOrSelf => {
            let mut found = vec![from];
            found.extend(above());
            found
        }
        // What the owner holds comes after its attributes.
        Axis::Following => {
            let mut found = match from.part {
                Part::Attribute(_) => descendants(tree, owner).split_off(1),
                _ => Vec::new(),
            };
            found.extend(beyond(tree, owner, true));
            found
        }
        Axis::Preceding => beyond(tree, owner, false),
        _ => Vec::new(),
    }
}

fn text_of(tree: &Tree, element: NodeRef) -> Option<NodeRef> {
    let node = tree.get(element.id)?;
    (node.children.is_empty() && !node.text.is_empty() && element.id != ROOT && !tree.is_text(element.id))
        .then_some(NodeRef { part: Part::Text, ..element })
}

fn children(tree: &Tree, from: NodeRef) -> Vec<NodeRef> {
    let mut found: Vec<NodeRef> =
        tree.children(from.id).iter().map(|id| NodeRef { id: *id, ..from }).collect();
    found.extend(text_of(tree, from));
    found
}

fn descendants(tree: &Tree, from: NodeRef) -> Vec<NodeRef> {
    let mut found = Vec::new();
    for id in tree.subtree(from.id) {
        let node = NodeRef { id, ..from };
        found.push(node);
        found.extend(text_of(tree, node));
    }
    found
}

fn ancestors(tree: &Tree, id: NodeId) -> Vec<NodeId> {
    let parent = |id: &NodeId| tree.get(*id).and_then(|node| node.parent);
    std::iter::successors(parent(&id), parent).collect()
}

fn siblings(tree: &Tree, id: NodeId, after: bool) -> Vec<NodeId> {
    let Some(parent) = tree.get(id).and_then(|node| node.parent) else { return Vec::new() };
    let all = tree.children(parent);
    let at = all.iter().position(|child| *child == id).unwrap_or(0);
    match after {
        true => all.iter().skip(at + 1).copied().collect(),
        false => all.iter().take(at).rev().copied().collect(),
    }
}

/// All nodes after (before) the node that are not below (above) it.
fn beyond(tree: &Tree, from: NodeRef, after: bool) -> Vec<NodeRef> {
    let mut found = Vec::new();
    let mut at = Some(from.id);
    while let Some(here) = at {
        for sibling in siblings(tree, here, after) {
            let mut below = descendants(tree, NodeRef { id: sibling, ..from });
            if !after {
                below.reverse();
            }
            found.append(&mut below);
        }
        at = tree.get(here).and_then(|node| node.parent);
    }
    found
}

fn attributes(tree: &Tree, from: NodeRef) -> Vec<NodeRef> {
    let count = tree.get(from.id).map_or(0, |node| node.attributes.len());
    (0..count as u16).map(|n| NodeRef { part: Part::Attribute(n), ..from }).collect()
}
