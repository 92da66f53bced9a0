//! Where an expression is evaluated, and whom the evaluator asks.

use crate::tree::NodeRef;
use regex_lite::Regex;

/// What the evaluator asks of whoever holds the trees.
pub trait Host {
    /// The label of a choice of the select question that `node` answers.
    fn choice_label(&self, node: NodeRef, value: &str) -> Option<String>;
    /// The number of the tree of a choice list.
    fn list(&self, name: &str) -> Option<u16>;
    /// What stays the same about a node wherever it stands: its stable key.
    fn key(&self, node: NodeRef) -> String;
    /// A pattern that was compiled when the form was.
    fn pattern(&self, pattern: &str) -> Option<&Regex>;
    /// The language code for names of months and days.
    fn language(&self) -> &str;
    /// The text with this id of the form's translations (`jr:itext`).
    fn itext(&self, _id: &str) -> Option<String> {
        None
    }
    /// What is known of the device and its user, such as `username` (`property`).
    fn property(&self, _name: &str) -> Option<String> {
        None
    }
    /// The version of the form.
    fn version(&self) -> Option<String> {
        None
    }
}

/// Where in the trees an expression stands.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The context node.
    pub node: NodeRef,
    /// What `position()` gives: from 1.
    pub position: usize,
    /// What `last()` gives.
    pub size: usize,
    /// What `current()` gives: the node whose expression it is.
    pub current: NodeRef,
}

impl Frame {
    /// An expression of this node.
    #[inline]
    pub fn of(node: NodeRef) -> Frame {
        Frame { node, position: 1, size: 1, current: node }
    }

    /// The same expression at another node.
    #[inline]
    pub fn at(self, node: NodeRef) -> Frame {
        Frame { node, ..self }
    }
}
