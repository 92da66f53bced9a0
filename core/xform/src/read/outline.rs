//! Which nodes the body of a document shows.

use crate::paths::absolute;
use crate::xml::Node;
use std::collections::{HashMap, HashSet};

pub(super) const CONTROLS: [&str; 9] =
    ["input", "secret", "select1", "select", "odk:rank", "rank", "range", "trigger", "upload"];

/// Which nodes the body shows, and as what.
pub(super) struct Outline<'a> {
    /// The first control of each path.
    pub controls: HashMap<String, Node<'a>>,
    pub groups: HashSet<String>,
    pub repeats: HashSet<String>,
    /// The paths of binds that have an id.
    ids: HashMap<&'a str, String>,
}

impl<'a> Outline<'a> {
    pub fn of(body: Node<'a>, root: &str, ids: HashMap<&'a str, String>) -> Self {
        let mut outline =
            Outline { controls: HashMap::new(), groups: HashSet::new(), repeats: HashSet::new(), ids };
        outline.below(body, root);
        // A group around a repeat is bound to the same node.
        let Outline { groups, repeats, .. } = &mut outline;
        groups.retain(|path| !repeats.contains(path));
        outline
    }

    fn below(&mut self, holder: Node<'a>, context: &str) {
        for node in holder.children() {
            let target = self.target(node, context);
            match (node.name(), target) {
                ("group", Some(path)) => {
                    self.below(node, &path);
                    self.groups.insert(path);
                }
                ("group", None) => self.below(node, context),
                ("repeat", Some(path)) => {
                    self.below(node, &path);
                    self.repeats.insert(path);
                }
                (name, Some(path)) if CONTROLS.contains(&name) => {
                    self.controls.entry(path).or_insert(node);
                }
                _ => {}
            }
        }
    }

    /// The path of the node that an element of the body is bound to.
    pub fn target(&self, node: Node<'_>, context: &str) -> Option<String> {
        if let Some(id) = node.attribute("bind") {
            return self.ids.get(id).cloned();
        }
        let written = node.attribute("ref").or_else(|| node.attribute("nodeset"))?;
        absolute(written, context)
    }
}
