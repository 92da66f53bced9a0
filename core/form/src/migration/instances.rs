//! Where the nodes of the old session stand in the new form, repeat instances
//! included.

use super::matching::{Pairs, nearest_repeat};
use crate::Form;
use crate::form::schema::FormSchema;
use crate::session::Session;
use ruhu_xpath::{NodeDefId, NodeId, ROOT_DEF, Schema};
use std::collections::HashMap;

/// The id of the instance that a repeat begins with.
const FIRST: &str = "1";

/// The instances of the new session.
pub(super) struct Instances<'a> {
    old: &'a Session,
    new: &'a Form,
    pairs: &'a Pairs,
    /// The new id of every old instance.
    ids: HashMap<NodeId, String>,
    /// The ids that repeats got from old instances, by the key of the repeat.
    lists: HashMap<String, Vec<String>>,
    /// The ids that something was put into, by the key of the repeat.
    used: HashMap<String, Vec<String>>,
}

impl<'a> Instances<'a> {
    /// Gives every old instance whose repeat is a repeat in the new form its
    /// definition there. It keeps its id, but for two cases: a counted repeat
    /// numbers its instances, and where repeats of several holders come
    /// together an id that is taken gets a number.
    pub fn of(old: &'a Session, new: &'a Form, pairs: &'a Pairs) -> Instances<'a> {
        let (ids, lists, used) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut instances = Instances { old, new, pairs, ids, lists, used };
        for snapshot in old.node_snapshots() {
            let repeat = instances.old_shape().is_repeat(snapshot.def);
            let Some(def) = pairs.new_def(snapshot.def).filter(|_| repeat) else { continue };
            if !instances.schema().is_repeat(def) {
                continue;
            }
            let above = instances.schema().parent(def).unwrap_or(ROOT_DEF);
            let list =
                format!("{}/{}", instances.key(above, snapshot.node, true), instances.schema().name(def));
            let id = instances.new_id(&list, def, old.own_id(snapshot.node));
            instances.lists.entry(list).or_default().push(id.clone());
            instances.ids.insert(snapshot.node, id);
        }
        instances
    }

    fn schema(&self) -> &'a FormSchema {
        &self.new.program().schema
    }

    fn old_shape(&self) -> &'a FormSchema {
        &self.old.form().program().schema
    }

    fn is_counted(&self, repeat: NodeDefId) -> bool {
        self.new.program().rules(repeat).is_some_and(|rules| rules.repeat_count.is_some())
    }

    fn new_id(&self, list: &str, repeat: NodeDefId, id: &str) -> String {
        let taken = self.lists.get(list).map_or(&[][..], Vec::as_slice);
        if self.is_counted(repeat) {
            return (taken.len() + 1).to_string();
        }
        let free = |id: &String| !taken.contains(id);
        let numbered = (2..).map(|n| format!("{}-{n}", id.get(..30).unwrap_or(id)));
        std::iter::once(id.to_owned()).chain(numbered).find(free).unwrap_or_default()
    }

    /// The stable key of the new `def` for what stands at an old node: each
    /// repeat on the way has the instance that the node is in, or its first.
    pub fn key(&mut self, def: NodeDefId, node: NodeId, used: bool) -> String {
        let mut way: Vec<NodeDefId> = self.schema().lineage(def).collect();
        way.reverse();
        let mut key = String::new();
        for step in way {
            key.push('/');
            key.push_str(self.schema().name(step));
            if !self.schema().is_repeat(step) {
                continue;
            }
            let instance = self.pairs.old_def(step).and_then(|old| self.old.instance_above(node, old));
            let own = instance.and_then(|instance| self.ids.get(&instance));
            let first = || self.lists.get(&key).and_then(|ids| ids.first());
            let id = own.or_else(first).map_or(FIRST, String::as_str).to_owned();
            let instance = format!("{key}[@id='{id}']");
            if used {
                let ids = self.used.entry(key).or_default();
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            key = instance;
        }
        key
    }

    /// The stable keys of all instances, each after the one that holds it.
    pub fn all(&self) -> Vec<String> {
        let mut found = Vec::new();
        let root = format!("/{}", self.schema().name(ROOT_DEF));
        let mut open = vec![(ROOT_DEF, root)];
        while let Some((def, key)) = open.pop() {
            for child in self.schema().children(def) {
                let key = format!("{key}/{}", self.schema().name(*child));
                if self.schema().is_repeat(*child) {
                    for id in self.ids_of(*child, &key) {
                        let instance = format!("{key}[@id='{id}']");
                        found.push(instance.clone());
                        open.push((*child, instance));
                    }
                } else {
                    open.push((*child, key));
                }
            }
        }
        found
    }

    fn ids_of(&self, repeat: NodeDefId, key: &str) -> Vec<String> {
        let mut ids = self.lists.get(key).cloned().unwrap_or_default();
        let used = self.used.get(key).into_iter().flatten();
        let more: Vec<String> = used.filter(|id| !ids.contains(id)).cloned().collect();
        ids.extend(more);
        if self.is_counted(repeat) {
            // Counted instances are numbered without gaps.
            let last = ids.iter().filter_map(|id| id.parse().ok()).max().unwrap_or(0);
            return (1..=last.max(ids.len())).map(|n| n.to_string()).collect();
        }
        if ids.is_empty() && !self.was_emptied(repeat) {
            ids.push(FIRST.to_owned());
        }
        ids
    }

    /// Whether a repeat without instances had none before either: it stands in
    /// the same repeat as it did.
    fn was_emptied(&self, repeat: NodeDefId) -> bool {
        let Some(old) = self.pairs.old_def(repeat).filter(|old| self.old_shape().is_repeat(*old)) else {
            return false;
        };
        let above = nearest_repeat(self.old_shape(), old).and_then(|old| self.pairs.new_def(old));
        above == nearest_repeat(self.schema(), repeat)
    }
}
