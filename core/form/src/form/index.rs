//! Where in a list the choices stand that hold a value in a column. An index is
//! made when it is first wanted, once for all questions of the list.

use ruhu_xpath::{ROOT, Tree};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The column that holds a choice's value, as pyxform names it.
pub(super) const VALUE: &str = "name";

/// The number of a column of a list that has an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnId(usize);

/// The indexes of all lists.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    numbers: HashMap<(u16, String), ColumnId>,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    list: u16,
    name: String,
    index: OnceLock<HashMap<String, Vec<usize>>>,
}

impl Indexes {
    /// The index of that column of the list, to be made when it is wanted.
    pub fn column(&mut self, list: u16, name: &str) -> ColumnId {
        *self.numbers.entry((list, name.to_owned())).or_insert_with(|| {
            self.columns.push(Column { list, name: name.to_owned(), index: OnceLock::new() });
            ColumnId(self.columns.len() - 1)
        })
    }

    /// The positions of the choices whose column holds `text`.
    pub fn positions(&self, lists: &[Tree], column: ColumnId, text: &str) -> &[usize] {
        let Some(column) = self.columns.get(column.0) else { return &[] };
        let tree = usize::from(column.list).checked_sub(1).and_then(|list| lists.get(list));
        let index =
            column.index.get_or_init(|| tree.map_or_else(HashMap::new, |tree| index(tree, &column.name)));
        index.get(text).map_or(&[], Vec::as_slice)
    }
}

fn index(list: &Tree, column: &str) -> HashMap<String, Vec<usize>> {
    let mut index: HashMap<String, Vec<usize>> = HashMap::new();
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
