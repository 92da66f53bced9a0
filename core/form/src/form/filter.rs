//! Choice filters. A filter that asks for a column to equal something is
//! answered from an index, for lists have thousands of villages.

use super::index::{ColumnId, Indexes};
use super::schema::FormSchema;
use ruhu_xpath::{ChildName, Expr, NodeDefId, compile_paths, operands_of_and, sides_of_equal};

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
    column: ColumnId,
    value: Expr,
}

impl Filter {
    /// The filter of a question of the list with this number, if it has one.
    pub fn of(expr: Expr, list: Option<u16>, indexes: &mut Indexes) -> Filter {
        let key = list.and_then(|list| {
            let (column, value) = operands_of_and(&expr).into_iter().find_map(key)?;
            Some(Key { column: indexes.column(list, &column), value: value.clone() })
        });
        Filter { expr, key }
    }

    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// See [`compile_paths`].
    pub fn compile_paths(&mut self, schema: &FormSchema, def: NodeDefId) {
        compile_paths(&mut self.expr, schema, def, true);
        if let Some(key) = &mut self.key {
            compile_paths(&mut key.value, schema, def, true);
        }
    }

    /// The column that an index answers for, and what it must equal.
    pub fn key(&self) -> Option<(ColumnId, &Expr)> {
        self.key.as_ref().map(|key| (key.column, &key.value))
    }
}

fn key(condition: &Expr) -> Option<(String, &Expr)> {
    let (left, right) = sides_of_equal(condition)?;
    let of = |column: &Expr, value| {
        let ChildName(column) = ChildName::of(column)?;
        Some((column, value)).filter(|(_, value): &(String, &Expr)| !value.looks_at_context())
    };
    of(left, right).or_else(|| of(right, left))
}
