//! The trees expressions are evaluated over: the answers of a session, the
//! choices of a list.

use crate::number::{decimal, trim};
use std::borrow::Cow;
use std::sync::Arc;

/// The index of a node in its [`Tree`].
pub type NodeId = u32;

/// A node of one of several trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeRef {
    /// 0 for the answers, from 1 for the lists.
    pub tree: u16,
    /// The stored node.
    pub id: NodeId,
    /// It or what hangs on it.
    pub part: Part,
}

impl NodeRef {
    /// The stored node itself.
    #[inline]
    pub fn element(tree: u16, id: NodeId) -> NodeRef {
        NodeRef { tree, id, part: Part::Whole }
    }
}

/// Which node is meant: the stored one, or one that hangs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The stored node.
    Whole,
    /// The n-th attribute.
    Attribute(u16),
    /// The text of an element without children.
    Text,
}

/// A stored node: the root, an element, or, when it has no name, a text that
/// stands between elements.
#[derive(Debug, Clone)]
pub struct Node {
    /// The element's name; empty for the root and for texts.
    pub name: Arc<str>,
    /// What holds it; none for the root.
    pub parent: Option<NodeId>,
    /// What it holds, in document order.
    pub children: Vec<NodeId>,
    /// Names and values.
    pub attributes: Vec<(Arc<str>, String)>,
    /// The text of an element without children; see [`Tree::set_text`].
    pub text: String,
    /// The number that the text is, where it is one and was set as a text.
    pub number: Option<f64>,
    /// Whether the value compares as a number.
    pub numeric: bool,
    /// Whether it applies, apart from what holds it; see [`Tree::set_relevant`].
    pub relevant: bool,
    /// Whether it and all that holds it apply: kept by the tree.
    pub visible: bool,
    /// The row of the form it stands for.
    pub row: Option<u32>,
}

impl Node {
    /// An empty element that applies.
    pub fn element(name: Arc<str>) -> Node {
        Node {
            name,
            parent: None,
            children: Vec::new(),
            attributes: Vec::new(),
            text: String::new(),
            number: None,
            numeric: false,
            relevant: true,
            visible: true,
            row: None,
        }
    }
}

/// A tree of nodes; node 0 is the root above the first element.
#[derive(Debug, Clone)]
pub struct Tree {
    nodes: Vec<Node>,
    free: Vec<NodeId>,
}

/// The longest text that is looked at for a number, in bytes.
const LONGEST_NUMBER: usize = 40;

/// The root of every tree.
pub const ROOT: NodeId = 0;

impl Default for Tree {
    fn default() -> Tree {
        Tree::new()
    }
}

impl Tree {
    /// A tree of the root alone.
    pub fn new() -> Tree {
        Tree { nodes: vec![Node::element(Arc::from(""))], free: Vec::new() }
    }

    /// The node; none for an unknown id.
    #[inline]
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The node, to be changed; texts by [`Tree::set_text`] instead.
    #[inline]
    pub fn get_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(id as usize)
    }

    /// What a node holds, in document order.
    #[inline]
    pub fn children(&self, id: NodeId) -> &[NodeId] {
        self.get(id).map_or(&[], |node| &node.children)
    }

    /// Every node's place in document order, by its id.
    pub fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0; self.nodes.len()];
        for (rank, id) in self.subtree(ROOT).into_iter().enumerate() {
            if let Some(slot) = ranks.get_mut(id as usize) {
                *slot = rank as u32;
            }
        }
        ranks
    }

    /// Whether a name of the tree has this namespace prefix.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        let bears = |name: &str| name.split_once(':').is_some_and(|(found, _)| found == prefix);
        self.nodes.iter().any(|node| bears(&node.name) || node.attributes.iter().any(|(name, _)| bears(name)))
    }

    /// How many nodes are in use.
    pub fn node_count(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    /// The children that stand for a row of the form, which stand side by side:
    /// children stand in the order of their rows.
    #[inline]
    pub fn children_of_row(&self, parent: NodeId, row: u32) -> &[NodeId] {
        let children = self.children(parent);
        let at = |node: &NodeId| self.get(*node).and_then(|found| found.row);
        let from = children.partition_point(|node| at(node) < Some(row));
        let rest = children.get(from..).unwrap_or(&[]);
        // Most rows have one node, most others end with their parent's children.
        let end = match (rest.get(1).and_then(at), rest.last().and_then(at)) {
            (second, _) if second != Some(row) => usize::from(rest.first().and_then(at) == Some(row)),
            (_, last) if last == Some(row) => rest.len(),
            _ => rest.partition_point(|node| at(node) <= Some(row)),
        };
        rest.get(..end).unwrap_or(&[])
    }

    /// The first child that stands for a row of the form; `offset` is where it
    /// stands as long as every repeat before it has one instance.
    #[inline]
    pub fn child_of_row(&self, parent: NodeId, row: u32, offset: u32) -> Option<NodeId> {
        let likely = self.children(parent).get(offset as usize).copied();
        likely
            .filter(|node| self.get(*node).is_some_and(|found| found.row == Some(row)))
            .or_else(|| self.children_of_row(parent, row).first().copied())
    }

    /// Sets the text of an element without children; gives the one before.
    pub fn set_text(&mut self, id: NodeId, text: String) -> String {
        let number = if text.len() <= LONGEST_NUMBER { decimal(trim(&text)) } else { None };
        self.get_mut(id).map_or_else(String::new, |node| {
            node.number = number;
            std::mem::replace(&mut node.text, text)
        })
    }

    /// Puts `node` under `parent` at `position` among its children.
    pub fn insert(&mut self, parent: NodeId, position: usize, node: Node) -> NodeId {
        let visible = node.relevant && self.visible(parent);
        let node = Node { parent: Some(parent), visible, ..node };
        let id = match self.free.pop() {
            Some(id) => {
                if let Some(slot) = self.get_mut(id) {
                    *slot = node;
                }
                id
            }
            None => {
                self.nodes.push(node);
                (self.nodes.len() - 1) as NodeId
            }
        };
        if let Some(parent) = self.get_mut(parent) {
            let position = position.min(parent.children.len());
            parent.children.insert(position, id);
        }
        id
    }

    /// Puts `node` under `parent`, last.
    pub fn append(&mut self, parent: NodeId, node: Node) -> NodeId {
        self.insert(parent, usize::MAX, node)
    }

    /// Takes out a node with all below it.
    pub fn remove(&mut self, id: NodeId) {
        let Some(parent) = self.get(id).and_then(|node| node.parent) else { return };
        if let Some(parent) = self.get_mut(parent) {
            parent.children.retain(|child| *child != id);
        }
        let mut gone = vec![id];
        while let Some(id) = gone.pop() {
            if let Some(node) = self.get_mut(id) {
                gone.append(&mut node.children);
                *node = Node::element(Arc::from(""));
                self.free.push(id);
            }
        }
    }

    /// Whether the node is a text that stands between elements.
    #[inline]
    pub fn is_text(&self, id: NodeId) -> bool {
        id != ROOT && self.get(id).is_some_and(|node| node.name.is_empty())
    }

    /// Whether the node and all that holds it apply.
    #[inline]
    pub fn visible(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|node| node.visible)
    }

    /// Says whether a node applies, apart from what holds it.
    pub fn set_relevant(&mut self, id: NodeId, relevant: bool) {
        let Some(node) = self.get_mut(id) else { return };
        node.relevant = relevant;
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let Some(node) = self.get(id) else { continue };
            let visible = node.relevant && node.parent.is_none_or(|parent| self.visible(parent));
            if let Some(node) = self.get_mut(id).filter(|node| node.visible != visible) {
                node.visible = visible;
                open.extend(&node.children);
            }
        }
    }

    /// The node and all below it, in document order.
    pub fn subtree(&self, id: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            found.push(id);
            open.extend(self.children(id).iter().rev());
        }
        found
    }

    /// The text of the node and all below it that applies.
    pub fn string_value(&self, id: NodeId) -> Cow<'_, str> {
        let Some(node) = self.get(id) else { return Cow::Borrowed("") };
        if node.children.is_empty() {
            return Cow::Borrowed(&node.text);
        }
        let mut text = String::new();
        let mut open: Vec<NodeId> = node.children.iter().rev().copied().collect();
        while let Some(node) = open.pop().and_then(|id| self.get(id)) {
            if node.relevant {
                text.push_str(&node.text);
                open.extend(node.children.iter().rev());
            }
        }
        Cow::Owned(text)
    }
}
