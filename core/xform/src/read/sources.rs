//! Where the choices of selects come from, before all of them have been seen.

use crate::xml::Node;
use ruhu_form::definition::Source;
use std::collections::{HashMap, HashSet};

/// What is known of choices before all of them have been seen.
#[derive(Default)]
pub(super) struct Choices<'a> {
    /// Secondary instances that stand in the form, by id.
    pub inline: HashMap<&'a str, Node<'a>>,
    pub itemsets: Vec<ChoiceSource>,
    /// Lists of choices that were written out, to be found again.
    pub written: HashMap<String, String>,
    pub names: HashSet<String>,
}

/// An itemset of a row.
pub(super) struct ChoiceSource {
    pub row: usize,
    pub line: u32,
    pub nodes: Source,
    pub filter: Option<Source>,
    /// The instance, when the nodes are its items and nothing else.
    pub list: Option<String>,
    pub value: String,
    pub label: Label,
}

/// Where the label of an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Label {
    /// A child holds it.
    Child(String),
    /// A child holds the id of a text.
    Itext(String),
}
