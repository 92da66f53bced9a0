//! Entities: a node of their own under `meta`
//! (<https://getodk.github.io/xforms-spec/entities>).

use super::export::Export;
use super::markup::{Attributes, Markup, attributes};
use ruhu_form::definition::{Entity, Source};
use ruhu_xpath::{NodeDefId, ROOT_DEF};

impl Export<'_> {
    fn entity_at(&self, path: &str) -> Option<&Entity> {
        self.definition().entities.iter().find(|entity| self.entity_path(entity) == path)
    }

    /// The attributes of a row that is an entity's node.
    pub(super) fn entity_attributes(&self, def: NodeDefId) -> Attributes {
        self.entity_at(self.path_of(def)).map(entity_attributes).unwrap_or_default()
    }

    /// The nodes of the entities of a definition that have no rows of their own.
    pub(super) fn entity_nodes(&self, markup: &mut Markup, holder: NodeDefId) {
        let row = holder.checked_sub(1);
        for entity in self.definition().entities.iter().filter(|entity| entity.repeat == row) {
            let path = self.entity_path(entity);
            if self.form.questions().iter().any(|question| question.path == path) {
                continue;
            }
            if holder != ROOT_DEF {
                markup.open("meta", Vec::new());
            }
            markup.open("entity", entity_attributes(entity));
            if entity.label.is_some() {
                markup.empty("label", Vec::new());
            }
            markup.close();
            if holder != ROOT_DEF {
                markup.close();
            }
        }
    }

    pub(super) fn entity_binds(&self, markup: &mut Markup) {
        for entity in &self.definition().entities {
            let path = self.entity_path(entity);
            let label = format!("{path}/label");
            let row = self.form.questions().iter().position(|question| question.path == label);
            // The node of the label stands as deep as the attributes.
            let def = row.map_or(entity.repeat.map_or(ROOT_DEF, |row| row + 1), |row| row as u32 + 1);
            let calculated =
                |cell: &Option<Source>| cell.as_ref().map(|cell| self.expression(&cell.text, def, false));
            let mut bind = |part: &str, calculate: Option<String>| {
                let nodeset = format!("{path}/{part}");
                let found = attributes([
                    ("nodeset", Some(nodeset)),
                    ("type", Some("string".to_owned())),
                    ("readonly", (part != "label").then(|| "true()".to_owned())),
                    ("calculate", calculate),
                ]);
                markup.empty("bind", found);
            };
            bind("@id", calculated(&entity.entity_id));
            for (part, cell) in [("@create", &entity.create_if), ("@update", &entity.update_if)] {
                if cell.is_some() {
                    bind(part, calculated(cell));
                }
            }
            if entity.label.is_some() && row.is_none() {
                bind("label", calculated(&entity.label));
            }
        }
    }
}

fn entity_attributes(entity: &Entity) -> Attributes {
    let creates = entity.entity_id.is_none() || entity.create_if.is_some();
    let updates = entity.entity_id.is_some();
    let mark = |wanted: bool, cell: &Option<Source>| {
        wanted.then(|| if cell.is_some() { String::new() } else { "1".to_owned() })
    };
    let version = |wanted: bool| wanted.then(String::new);
    attributes([
        ("dataset", Some(entity.list.clone())),
        ("id", Some(String::new())),
        ("create", mark(creates, &entity.create_if)),
        ("update", mark(updates, &entity.update_if)),
        ("baseVersion", version(updates)),
        ("trunkVersion", version(updates)),
        ("branchId", version(updates)),
    ])
}
