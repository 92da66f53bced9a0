//! Entities and the log of a filling, both of which stand under `meta`
//! (<https://getodk.github.io/xforms-spec/entities>).

use super::Import;
use crate::paths::parent;
use crate::xml::Node;
use ruhu_form::QuestionKind;
use ruhu_form::definition::{Entity, Source};

impl<'a> Import<'a> {
    /// Reads the entities; their nodes are rows already.
    pub(super) fn entities(&mut self) {
        let root = format!("/{}", self.primary.local_name());
        let mut found = Vec::new();
        self.entities_below(self.primary, &root, &mut found);
        for (path, node) in found {
            let entity = self.entity(&path, node);
            if !self
                .entities
                .iter()
                .any(|before| before.list == entity.list && before.repeat == entity.repeat)
            {
                self.entities.push(entity);
            }
        }
        self.audit(&format!("{root}/meta/audit"));
    }

    fn entities_below(&self, holder: Node<'a>, path: &str, found: &mut Vec<(String, Node<'a>)>) {
        for node in holder.children() {
            let path = format!("{path}/{}", node.local_name());
            match node.attribute("dataset").filter(|_| node.local_name() == "entity") {
                Some(_) => found.push((path, node)),
                None => self.entities_below(node, &path, found),
            }
        }
    }

    fn entity(&self, path: &str, node: Node<'a>) -> Entity {
        let calculated = |part: &str| -> Option<Source> {
            let path = format!("{path}/{part}");
            let text = self.binds.get(&path)?.attribute("calculate")?;
            Some(self.cell(&path, "calculate", text))
        };
        let holder = parent(parent(path));
        Entity {
            list: node.attribute("dataset").unwrap_or("").to_owned(),
            entity_id: calculated("@id"),
            create_if: calculated("@create"),
            update_if: calculated("@update"),
            label: calculated("label"),
            repeat: self
                .row_at(holder)
                .filter(|row| self.rows.get(*row).is_some_and(|row| row.kind == QuestionKind::Repeat))
                .map(|row| row as u32),
            line: node.line(),
        }
    }

    fn audit(&mut self, path: &str) {
        let Some(row) = self.row_at(path).and_then(|row| self.rows.get_mut(row)) else { return };
        if row.kind == QuestionKind::Hidden {
            row.kind = QuestionKind::Audit;
            row.attributes.retain(|(name, _)| name != "bind::type");
        }
    }
}
