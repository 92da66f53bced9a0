//! Choice filters. A filter that asks for a column to equal something is
//! answered from an index, for lists have thousands of villages.

use super::schema::FormSchema;
use ruhu_xpath::{ChildName, Expr, NodeDefId, ROOT, Tree, find_ways, operands_of_and, sides_of_equal};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A compiled choice filter.
#[derive(Debug)]
pub(crate) struct Filter {
    expr: Expr,
    /// The first condition that an index can answer.
    key: Option<Key>,
}

/// `column = value`, where the value has nothing to do with the choice.
#[derive(Debug)]
struct Key {
    column: String,
    value: Expr,
    index: OnceLock<Index>,
}

/// The positions of the choices by what a column holds.
pub(super) type Index = HashMap<String, Vec<usize>>;

impl Filter {
    pub fn of(expr: Expr) -> Filter {
        let key = operands_of_and(&expr).into_iter().find_map(key);
        Filter { expr, key }
    }

    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// See [`find_ways`].
    pub fn find_ways(&mut self, schema: &FormSchema, place: NodeDefId) {
        find_ways(&mut self.expr, schema, place, true);
        if let Some(key) = &mut self.key {
            find_ways(&mut key.value, schema, place, true);
        }
    }

    /// What the column of the index must equal, if there is one.
    pub fn key(&self) -> Option<&Expr> {
        self.key.as_ref().map(|key| &key.value)
    }

    /// The positions of the choices of `list` whose column holds one of
    /// `texts`, in the order of the list.
    pub fn candidates(&self, list: &Tree, texts: &[String]) -> Vec<usize> {
        let Some(key) = &self.key else { return Vec::new() };
        let index = key.index.get_or_init(|| positions_by(list, &key.column));
        let mut found: Vec<usize> =
            texts.iter().filter_map(|text| index.get(text)).flatten().copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn key(condition: &Expr) -> Option<Key> {
    let (left, right) = sides_of_equal(condition)?;
    let of = |column: &Expr, value: &Expr| {
        let ChildName(column) = ChildName::of(column)?;
        (!value.looks_at_context()).then(|| Key { column, value: value.clone(), index: OnceLock::new() })
    };
    of(left, right).or_else(|| of(right, left))
}

/// The positions of the choices of `list` by what `column` holds.
pub(super) fn positions_by(list: &Tree, column: &str) -> Index {
    let mut index = Index::new();
    let root = list.children(ROOT).first().copied().unwrap_or(ROOT);
    for (position, item) in list.children(root).iter().enumerate() {
        for child in list.children(*item) {
            if list.get(*child).is_some_and(|node| &*node.name == column) {
                index.entry(list.string_value(*child).into_owned()).or_default().push(position);
            }
        }
    }
    index
}
