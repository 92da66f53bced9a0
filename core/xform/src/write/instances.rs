//! The instances: what is filled in, and what expressions look things up in.

use super::export::Export;
use super::markup::{Attributes, Markup, attributes};
use crate::paths::parent;
use ruhu_form::QuestionKind;
use ruhu_form::definition::{ChoiceList, Instance};
use ruhu_xpath::{NodeDefId, ROOT_DEF, Schema, is_name};
use std::collections::HashSet;

/// Which of the two trees of a repeat is being written: the one that new
/// instances are made from, the first instance, or what holds both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tree {
    Both,
    Template,
    Instance,
}

impl Export<'_> {
    pub(super) fn primary(&self, markup: &mut Markup) {
        let definition = self.definition();
        let version = Some(definition.version.clone()).filter(|version| !version.is_empty());
        markup.open("instance", Vec::new());
        let of_root = attributes([
            ("id", Some(definition.id.clone())),
            ("version", version),
            ("odk:prefix", self.setting("prefix")),
            ("odk:delimiter", self.setting("delimiter")),
        ]);
        markup.begin(&definition.root, of_root);
        self.nodes(markup, ROOT_DEF, Tree::Both);
        if self.meta().is_none() {
            markup.open("meta", Vec::new());
            self.meta_nodes(markup);
            markup.close();
        }
        markup.end(&definition.root);
        markup.close();
    }

    /// The group `meta` of the form, when it has one.
    fn meta(&self) -> Option<NodeDefId> {
        let schema = self.form.schema();
        schema.children(ROOT_DEF).iter().copied().find(|def| schema.name(*def) == "meta")
    }

    /// The nodes under `meta` that every form has, as far as it has not got
    /// them itself: their names, and what tells their value.
    pub(super) fn added_meta(&self) -> Vec<(&'static str, Option<String>)> {
        let schema = self.form.schema();
        let has = |name: &str| {
            self.meta()
                .is_some_and(|meta| schema.children(meta).iter().any(|child| schema.name(*child) == name))
        };
        let mut added = Vec::new();
        if !has("instanceID") {
            added.push(("instanceID", None));
        }
        if let Some(name) = self.setting("instance_name").filter(|_| !has("instanceName")) {
            added.push(("instanceName", Some(name)));
        }
        added
    }

    fn meta_nodes(&self, markup: &mut Markup) {
        for (name, _) in self.added_meta() {
            markup.empty(name, Vec::new());
        }
        self.entity_nodes(markup, ROOT_DEF);
    }

    /// The nodes below a definition.
    fn nodes(&self, markup: &mut Markup, holder: NodeDefId, tree: Tree) {
        for def in self.form.schema().children(holder) {
            let Some(row) = self.row(*def) else { continue };
            match row.kind {
                QuestionKind::Repeat => {
                    if let Some(helper) = self.count_helper(*def) {
                        markup.empty(&helper, Vec::new());
                    }
                    if tree != Tree::Instance {
                        self.container(markup, *def, Tree::Template);
                    }
                    if tree != Tree::Template {
                        self.container(markup, *def, Tree::Instance);
                    }
                }
                QuestionKind::Group => self.container_of(markup, *def, tree, Vec::new()),
                _ => {
                    let text = self.static_default(*def).unwrap_or("");
                    markup.leaf(&row.name, self.own_attributes(*def), text);
                }
            }
        }
    }

    fn container(&self, markup: &mut Markup, def: NodeDefId, tree: Tree) {
        let mark = (tree == Tree::Template).then(String::new);
        self.container_of(markup, def, tree, attributes([("jr:template", mark)]));
    }

    fn container_of(&self, markup: &mut Markup, def: NodeDefId, tree: Tree, mut marks: Attributes) {
        let Some(row) = self.row(def) else { return };
        marks.extend(self.own_attributes(def));
        marks.extend(self.entity_attributes(def));
        markup.begin(&row.name, marks);
        self.nodes(markup, def, tree);
        if self.meta() == Some(def) {
            self.meta_nodes(markup);
        } else {
            self.entity_nodes(markup, def);
        }
        markup.end(&row.name);
    }

    fn own_attributes(&self, def: NodeDefId) -> Attributes {
        self.handed_through(def, "instance::")
    }

    /// The attributes of a row that belong to one part of the form.
    pub(super) fn handed_through(&self, def: NodeDefId, part: &str) -> Attributes {
        let Some(row) = self.row(def) else { return Vec::new() };
        let known = |name: &str| {
            let prefix = name.split_once(':').map_or("", |(prefix, _)| prefix);
            let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
            let declared = crate::xml::NAMESPACES.iter().any(|(found, _)| *found == prefix);
            is_name(local) && declared && !name.starts_with("xmlns")
        };
        let own = row.attributes.iter().filter_map(|(name, value)| Some((name.strip_prefix(part)?, value)));
        own.filter(|(name, _)| known(name)).map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// The name of the helper node that holds the count of a repeat, when the
    /// count is no plain path: engines take nothing else.
    pub(super) fn count_helper(&self, repeat: NodeDefId) -> Option<String> {
        let row = self.row(repeat)?;
        let count = row.repeat_count.as_ref()?;
        let schema = self.form.schema();
        let holder = schema.parent(repeat)?;
        if self.path(&count.text, holder, parent(self.path_of(repeat))).is_some() {
            return None;
        }
        let taken = |name: &str| schema.children(holder).iter().any(|child| schema.name(*child) == name);
        let wanted = format!("{}_count", row.name);
        let numbered = (2_u32..).map(|n| format!("{wanted}_{n}"));
        std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken(name))
    }

    pub(super) fn secondary(&self, markup: &mut Markup) {
        for list in &self.definition().lists {
            self.list(markup, list);
        }
        for instance in &self.definition().instances {
            self.instance(markup, instance);
        }
    }

    fn list(&self, markup: &mut Markup, list: &ChoiceList) {
        markup.open("instance", attributes([("id", Some(list.name.clone()))]));
        markup.open("root", Vec::new());
        for (choice, n) in list.choices.iter().zip(0_usize..) {
            markup.open("item", Vec::new());
            if self.has_itext {
                markup.leaf("itextId", Vec::new(), &format!("{}-{n}", list.name));
            }
            markup.leaf("name", Vec::new(), &choice.value);
            markup.leaf("label", Vec::new(), choice.labels.first().map_or("", |(_, text)| text));
            let mut written = HashSet::from(["itextId", "name", "label"]);
            for (name, value) in &choice.columns {
                if is_name(name) && written.insert(name) {
                    markup.leaf(name, Vec::new(), value);
                }
            }
            markup.close();
        }
        markup.close();
        markup.close();
    }

    fn instance(&self, markup: &mut Markup, instance: &Instance) {
        let source = instance.file.as_deref().map(address);
        let of_instance = attributes([("id", Some(instance.id.clone())), ("src", source)]);
        if instance.elements.is_empty() {
            return markup.empty("instance", of_instance);
        }
        markup.open("instance", of_instance);
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); instance.elements.len()];
        for (at, element) in instance.elements.iter().enumerate() {
            if let Some(list) = element.parent.and_then(|parent| children.get_mut(parent as usize)) {
                list.push(at);
            }
        }
        element(markup, instance, &children, 0);
        markup.close();
    }
}

/// Writes an element and all below it, without recursion: hostile forms may be
/// deep.
fn element(markup: &mut Markup, instance: &Instance, children: &[Vec<usize>], first: usize) {
    let mut open: Vec<(usize, bool)> = vec![(first, false)];
    while let Some((at, ends)) = open.pop() {
        let Some(element) = instance.elements.get(at) else { continue };
        if ends {
            markup.end(&element.name);
            continue;
        }
        let below = children.get(at).map_or(&[][..], Vec::as_slice);
        if below.is_empty() {
            markup.leaf(&element.name, element.attributes.clone(), &element.text);
        } else {
            markup.begin(&element.name, element.attributes.clone());
            open.push((at, true));
            open.extend(below.iter().rev().map(|child| (*child, false)));
        }
    }
}

fn address(file: &str) -> String {
    match file {
        file if file.contains("://") => file.to_owned(),
        file if file.to_ascii_lowercase().ends_with(".csv") => format!("jr://file-csv/{file}"),
        file => format!("jr://file/{file}"),
    }
}
