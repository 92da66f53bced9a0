//! Which definition of the new form is which of the old one.

use crate::Form;
use crate::definition::Row;
use crate::form::schema::FormSchema;
use ruhu_xpath::{NodeDefId, ROOT_DEF, Schema};
use std::collections::{BTreeMap, HashMap};

/// The definitions that are the same in both forms, both ways.
#[derive(Debug)]
pub(super) struct Pairs {
    to: Vec<Option<NodeDefId>>,
    from: Vec<Option<NodeDefId>>,
}

impl Pairs {
    /// Matches by path, then by a name that is unique in both forms, then by
    /// name within a group that was matched, then by a `ruhu::save_to` target
    /// that is unique among what is left; and at last repeats whose questions
    /// all went to one repeat.
    pub fn of(old: &Form, new: &Form) -> Pairs {
        let blank = |form: &Form| vec![None; form.program().schema.len()];
        let mut pairs = Pairs { to: blank(old), from: blank(new) };
        pairs.set(ROOT_DEF, ROOT_DEF);
        pairs.by_path(old, new);
        pairs.by(old, new, false, |row| Some(row.name.as_str()));
        pairs.by_path(old, new);
        pairs.by(old, new, true, |row| row.save_to.as_deref().map(target));
        pairs.by_content(&old.program().schema, &new.program().schema);
        pairs
    }

    /// The new definition of an old one.
    pub fn new_def(&self, old: NodeDefId) -> Option<NodeDefId> {
        self.to.get(old as usize).copied().flatten()
    }

    /// The old definition of a new one.
    pub fn old_def(&self, new: NodeDefId) -> Option<NodeDefId> {
        self.from.get(new as usize).copied().flatten()
    }

    fn set(&mut self, old: NodeDefId, new: NodeDefId) {
        if let (Some(to), Some(from)) = (self.to.get_mut(old as usize), self.from.get_mut(new as usize)) {
            *to = Some(new);
            *from = Some(old);
        }
    }

    /// Children of matched definitions that have the same name, from the root down.
    fn by_path(&mut self, old: &Form, new: &Form) {
        let (old_shape, new_shape) = (&old.program().schema, &new.program().schema);
        for def in old_shape.subtree(ROOT_DEF).into_iter().skip(1) {
            let above = old_shape.parent(def).and_then(|parent| self.new_def(parent));
            let (Some(above), None) = (above, self.new_def(def)) else { continue };
            let same = |child: &&NodeDefId| {
                new_shape.name(**child) == old_shape.name(def)
                    && self.old_def(**child).is_none()
                    && is_container(old, def) == is_container(new, **child)
            };
            if let Some(found) = new_shape.children(above).iter().find(same) {
                self.set(def, *found);
            }
        }
    }

    /// Rows with the same mark, where one row of each form has it: of all rows,
    /// or of those that are `left`.
    fn by<'a>(&mut self, old: &'a Form, new: &'a Form, left: bool, mark: fn(&'a Row) -> Option<&'a str>) {
        let olds = unique(old, mark, |def| left && self.new_def(def).is_some());
        let news = unique(new, mark, |def| left && self.old_def(def).is_some());
        for (mark, def) in olds {
            let Some(def) = def else { continue };
            let Some(found) = news.get(mark).copied().flatten() else { continue };
            let free = self.new_def(def).is_none() && self.old_def(found).is_none();
            if free && is_container(old, def) == is_container(new, found) {
                self.set(def, found);
            }
        }
    }

    /// A repeat that was renamed is known by what stands in it.
    fn by_content(&mut self, old: &FormSchema, new: &FormSchema) {
        let mut went: BTreeMap<NodeDefId, Option<NodeDefId>> = BTreeMap::new();
        for def in old.subtree(ROOT_DEF) {
            let (Some(repeat), Some(found)) = (nearest_repeat(old, def), self.new_def(def)) else {
                continue;
            };
            let to = nearest_repeat(new, found);
            went.entry(repeat)
                .and_modify(|known| *known = known.filter(|known| Some(*known) == to))
                .or_insert(to);
        }
        for (repeat, found) in went {
            let Some(found) = found else { continue };
            if self.new_def(repeat).is_none() && self.old_def(found).is_none() {
                self.set(repeat, found);
            }
        }
    }
}

/// The repeat that holds a definition.
pub(super) fn nearest_repeat(schema: &FormSchema, def: NodeDefId) -> Option<NodeDefId> {
    schema.lineage(def).skip(1).find(|above| schema.is_repeat(*above))
}

/// A target without the suffix that tells how it is stored.
fn target(save_to: &str) -> &str {
    save_to.split_once(':').map_or(save_to, |(target, _)| target)
}

fn is_container(form: &Form, def: NodeDefId) -> bool {
    form.program().kind(def).is_container()
}

/// The definitions by a mark; none where several have it.
fn unique<'a>(
    form: &'a Form,
    mark: fn(&'a Row) -> Option<&'a str>,
    skip: impl Fn(NodeDefId) -> bool,
) -> HashMap<&'a str, Option<NodeDefId>> {
    let mut found = HashMap::new();
    for (row, def) in form.definition().rows.iter().zip(1..) {
        let Some(mark) = mark(row).filter(|_| !skip(def)) else { continue };
        found.entry(mark).and_modify(|known| *known = None).or_insert(Some(def));
    }
    found
}
