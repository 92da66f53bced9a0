//! A form compiled: expressions parsed and resolved, lists as trees, and the
//! graph that says what follows from what.

use super::graph::Graph;
use super::index::{ColumnId, Indexes};
use super::rules::Rules;
use super::schema::FormSchema;
use crate::question::QuestionKind;
use ruhu_xpath::{NodeDefId, Regex, Tree};
use std::collections::HashMap;

/// The compiled form.
#[derive(Debug)]
pub(crate) struct Program {
    pub schema: FormSchema,
    pub(super) rules: Vec<Rules>,
    pub graph: Graph,
    /// The choices of each list as `root/item/{name,label,...}`, then the other
    /// instances; tree n of an expression is the list n - 1.
    pub lists: Vec<Tree>,
    pub list_numbers: HashMap<String, u16>,
    pub(super) indexes: Indexes,
    /// The index of the values of each list.
    pub(super) by_value: Vec<ColumnId>,
    pub patterns: HashMap<String, Regex>,
}

impl Program {
    pub fn rules(&self, def: NodeDefId) -> Option<&Rules> {
        self.rules.get(def as usize)
    }

    /// The positions of the choices of a list that have this value.
    pub fn positions(&self, list: u16, value: &str) -> &[usize] {
        let column = usize::from(list).checked_sub(1).and_then(|list| self.by_value.get(list));
        column.map_or(&[], |column| self.indexes.positions(&self.lists, *column, value))
    }

    /// The positions of the choices of a list whose column holds `text`.
    pub fn positions_by(&self, column: ColumnId, text: &str) -> &[usize] {
        self.indexes.positions(&self.lists, column, text)
    }

    pub fn kind(&self, def: NodeDefId) -> QuestionKind {
        self.rules(def).and_then(|rules| rules.kind).unwrap_or(QuestionKind::Group)
    }
}
