//! The choices of selects: written out, of an instance, or of nodes.

use super::sources::{ChoiceSource, Label};
use super::texts::{Style, Text};
use super::{Import, free_name, unknown_node};
use crate::xml::{Node, at_line};
use ruhu_form::definition::{ChoiceList, Element, Instance, Itemset, Source};
use ruhu_form::{Choice, Labels};
use ruhu_text::{Bilingual, Diagnostic, Explain};
use ruhu_xpath::{Axis, Expr, NodeTest, Path, Start, Step};
use std::collections::{BTreeSet, HashMap, HashSet};

impl<'a> Import<'a> {
    /// Notes the choices of a control.
    pub(super) fn offer(&mut self, row: usize, control: Node<'a>, path: &str) {
        if let Some(itemset) = control.child("itemset") {
            self.itemset(row, itemset, path);
        } else if control.child("item").is_some() {
            let items: Vec<Choice> = control.named("item").map(|item| self.item(item)).collect();
            let list = self.written_list(items, path);
            if let Some(row) = self.rows.get_mut(row) {
                row.list = Some(list);
            }
        }
    }

    /// A choice that is written out in a control.
    fn item(&mut self, node: Node<'a>) -> Choice {
        let value = node.child("value").map(Node::text).unwrap_or_default();
        let text = match node.child("label").map(|label| self.texts.element(label, Style::Plain)) {
            Some(Ok(text)) => text,
            _ => Text::default(),
        };
        self.choice(node, value, text, Vec::new())
    }

    fn choice(
        &mut self,
        node: Node<'_>,
        value: String,
        text: Text,
        columns: Vec<(String, String)>,
    ) -> Choice {
        if text.has_output {
            let message = Bilingual::new(
                "选项的文字里引用了题目，将照原样显示。",
                "The label of a choice refers to a question; it is shown as written.",
            );
            self.diagnostic(at_line(Diagnostic::warning("reference-in-choice", message), node.line()));
        }
        let language = || self.texts.languages.first().cloned().unwrap_or_default();
        let labels =
            if text.labels.is_empty() { Labels::one(language(), value.clone()) } else { text.labels };
        Choice { value, labels, columns, media: text.media }
    }

    /// The name of the list of those choices; equal ones are one list.
    fn written_list(&mut self, choices: Vec<Choice>, path: &str) -> String {
        let key = format!("{choices:?}");
        if let Some(name) = self.choices.written.get(&key) {
            return name.clone();
        }
        let ids: HashSet<&str> =
            self.model.named("instance").filter_map(|node| node.attribute("id")).collect();
        let wanted = path.rsplit('/').next().unwrap_or("list");
        let name = free_name(wanted, |name| ids.contains(name) || self.choices.names.contains(name));
        self.choices.names.insert(name.clone());
        self.choices.written.insert(key, name.clone());
        self.lists.push(ChoiceList { name: name.clone(), choices: choices.into() });
        name
    }

    fn itemset(&mut self, row: usize, node: Node<'a>, path: &str) {
        let written = node.attribute("nodeset").unwrap_or("");
        let cell = |text: String| Source { text, column: format!("{path}/itemset/@nodeset") };
        let expr = match ruhu_xpath::parse(written) {
            Ok(expr) => expr,
            Err(error) => return self.diagnostic(unreadable(node, path, written, &error)),
        };
        let expr = self.unshuffled(row, expr);
        let (nodes, filter) = split(expr);
        let list = instance_items(&nodes);
        let reference = |name: &str| node.child(name).and_then(|child| child.attribute("ref")).map(str::trim);
        let value = reference("value").unwrap_or("name").to_owned();
        let label = reference("label").unwrap_or(&value);
        let label = match label.strip_prefix("jr:itext(").and_then(|rest| rest.strip_suffix(')')) {
            Some(child) => Label::Itext(child.trim().to_owned()),
            None => Label::Child(label.to_owned()),
        };
        let filter = filter.map(|filter| cell(filter.to_string()));
        let nodes = cell(nodes.to_string());
        let source = ChoiceSource { row, line: node.line(), nodes, filter, list, value, label };
        self.choices.itemsets.push(source);
    }

    /// Takes `randomize(nodes, seed)` apart.
    fn unshuffled(&mut self, row: usize, expr: Expr) -> Expr {
        let Expr::Call { function, arguments } = &expr else { return expr };
        let ("randomize", Some(nodes)) = (function.name, arguments.first()) else { return expr };
        if let Some(row) = self.rows.get_mut(row) {
            row.parameters.push("randomize", "true");
            if let Some(seed) = arguments.get(1) {
                row.parameters.push("seed", seed.to_string());
            }
        }
        nodes.clone()
    }

    /// Settles where choices come from, once all itemsets are known: a flat
    /// instance whose items are only used as choices becomes a list.
    pub(super) fn choices(&mut self) {
        self.find_instances();
        let itemsets = std::mem::take(&mut self.choices.itemsets);
        let flat = self.flat_lists(&itemsets);
        let mut labelled: HashMap<String, BTreeSet<String>> = HashMap::new();
        for source in itemsets {
            if let (Some(list), Label::Itext(child)) = (&source.list, &source.label) {
                labelled.entry(list.clone()).or_default().insert(child.clone());
            }
            self.settle(source, &flat);
        }
        for node in self.model.named("instance").skip(1).collect::<Vec<_>>() {
            let Some(id) = node.attribute("id") else { continue };
            match (flat.contains(id), node.children().next()) {
                (true, Some(root)) => self.list(id, root),
                _ => self.instance(id, node, labelled.get(id)),
            }
        }
    }

    fn find_instances(&mut self) {
        for node in self.model.named("instance").skip(1) {
            match (node.attribute("id"), node.attribute("src")) {
                (None, _) => self.left_out(node, "instance"),
                (Some(id), None) => {
                    self.choices.inline.entry(id).or_insert(node);
                }
                (Some(_), Some(_)) => {}
            }
        }
    }

    /// The instances that can be lists.
    fn flat_lists(&self, itemsets: &[ChoiceSource]) -> HashSet<String> {
        let mut lists: HashMap<&str, bool> = HashMap::new();
        for source in itemsets {
            let Some(list) = &source.list else { continue };
            let usual = source.value == "name"
                && match &source.label {
                    Label::Child(child) => child == "label",
                    Label::Itext(child) => child == "itextId",
                };
            *lists.entry(list).or_insert(true) &= usual;
        }
        let flat = |id: &str| self.choices.inline.get(id).is_some_and(|node| is_flat(*node));
        lists.into_iter().filter(|(id, usual)| *usual && flat(id)).map(|(id, _)| id.to_owned()).collect()
    }

    fn settle(&mut self, source: ChoiceSource, flat: &HashSet<String>) {
        if let Some(list) = &source.list
            && !self.model.named("instance").any(|node| node.attribute("id") == Some(list))
        {
            return self.diagnostic(unknown_node(source.line, &source.nodes.column, &source.nodes.text));
        }
        let Some(row) = self.rows.get_mut(source.row) else { return };
        row.choice_filter = source.filter;
        match source.list.filter(|list| flat.contains(list)) {
            Some(list) => row.list = Some(list),
            None => {
                let label = match source.label {
                    Label::Child(child) => child,
                    Label::Itext(_) => "label".to_owned(),
                };
                row.itemset = Some(Itemset { nodes: source.nodes, value: source.value, label });
            }
        }
    }

    /// A list from a flat instance.
    fn list(&mut self, id: &str, root: Node<'a>) {
        let mut choices = Vec::new();
        for item in root.children() {
            let child = |name: &str| item.child(name).map(Node::text);
            let value = child("name").unwrap_or_default();
            let text = match child("itextId") {
                Some(id) => self.text_of_id(item, &id),
                None => self.plain_label(item),
            };
            let own = |name: &str| matches!(name, "name" | "label" | "itextId");
            let columns = item
                .children()
                .filter(|child| !own(child.name()))
                .map(|child| (child.local_name().to_owned(), child.text()))
                .collect();
            choices.push(self.choice(item, value, text, columns));
        }
        self.lists.push(ChoiceList { name: id.to_owned(), choices: choices.into() });
    }

    fn text_of_id(&mut self, item: Node<'_>, id: &str) -> Text {
        if let Some(text) = self.texts.id(id, Style::Plain) {
            return text;
        }
        let message =
            Bilingual::new(format!("itext 里没有“{id}”的文字。"), format!("The itext has no text “{id}”."));
        self.diagnostic(
            at_line(Diagnostic::warning("missing-itext", message), item.line()).at_cell("itextId", id),
        );
        Text::default()
    }

    fn plain_label(&self, item: Node<'a>) -> Text {
        let label = item.child("label").map(|label| self.texts.element(label, Style::Plain));
        label.and_then(Result::ok).unwrap_or_default()
    }

    /// Any other instance, kept as it is; items whose label is the id of a text
    /// are given the text.
    fn instance(&mut self, id: &str, node: Node<'a>, labelled: Option<&BTreeSet<String>>) {
        let file = node.attribute("src").map(|address| file_of(address).to_owned());
        let mut elements = Vec::new();
        if let Some(root) = node.children().next() {
            self.flatten(root, None, labelled, &mut elements);
        }
        self.instances.push(Instance { id: id.to_owned(), file, elements });
    }

    fn flatten(
        &self,
        node: Node<'a>,
        parent: Option<u32>,
        labelled: Option<&BTreeSet<String>>,
        elements: &mut Vec<Element>,
    ) {
        let leaf = node.children().next().is_none();
        let at = elements.len() as u32;
        elements.push(Element {
            name: node.local_name().to_owned(),
            attributes: node.attributes().to_vec(),
            text: if leaf { node.text() } else { String::new() },
            parent,
        });
        let has_label = node.child("label").is_some();
        for child in node.children() {
            self.flatten(child, Some(at), labelled, elements);
            if !has_label && labelled.is_some_and(|names| names.contains(child.name())) {
                let text = self.texts.id(&child.text(), Style::Plain).unwrap_or_default();
                let text = text.labels.into_iter().next().map(|(_, text)| text).unwrap_or_default();
                elements.push(Element {
                    name: "label".to_owned(),
                    text,
                    parent: Some(at),
                    ..Element::default()
                });
            }
        }
    }
}

/// The file of an instance: the name alone where the address is of the usual
/// kind, else the whole address.
fn file_of(address: &str) -> &str {
    let address = address.trim();
    address.strip_prefix("jr://file-csv/").or_else(|| address.strip_prefix("jr://file/")).unwrap_or(address)
}

/// Whether an instance is `root/item/…` with texts only, a value in each.
fn is_flat(instance: Node<'_>) -> bool {
    let mut roots = instance.children();
    let (Some(root), None) = (roots.next(), roots.next()) else { return false };
    root.name() == "root"
        && root.children().all(|item| {
            let mut names = HashSet::new();
            item.name() == "item"
                && item.attributes().is_empty()
                && item.child("name").is_some()
                && item.children().all(|child| {
                    child.children().next().is_none()
                        && child.attributes().is_empty()
                        && names.insert(child.local_name())
                })
        })
}

/// Takes the last predicate off, where it is a condition rather than a
/// position.
fn split(expr: Expr) -> (Expr, Option<Expr>) {
    let Expr::Path(mut path) = expr else { return (expr, None) };
    let filter = match path.steps.last_mut() {
        Some(last) if last.predicates.len() == 1 => last.predicates.pop(),
        _ => None,
    };
    match filter {
        Some(filter) if is_position(&filter) => {
            path.steps.last_mut().into_iter().for_each(|last| last.predicates.push(filter.clone()));
            (Expr::Path(path), None)
        }
        filter => (Expr::Path(path), filter),
    }
}

/// Whether a predicate may choose by position.
fn is_position(predicate: &Expr) -> bool {
    let text = predicate.to_string();
    let counts = text.contains("position(") || text.contains("last(");
    counts || !matches!(predicate, Expr::Chain { .. } | Expr::Call { .. })
}

/// The id of the instance when the expression is `instance('id')/root/item`.
fn instance_items(expr: &Expr) -> Option<String> {
    let Expr::Path(Path { start: Start::Filter { primary, predicates }, steps }) = expr else { return None };
    let Expr::Call { function, arguments } = primary.as_ref() else { return None };
    let [Expr::Literal(id)] = arguments.as_slice() else { return None };
    let [root, item] = steps.as_slice() else { return None };
    let plain = |step: &Step, name: &str| {
        step.axis == Axis::Child
            && step.predicates.is_empty()
            && matches!(&step.test, NodeTest::Name(found) if found == name)
    };
    let of_list = function.name == "instance" && predicates.is_empty();
    (of_list && plain(root, "root") && plain(item, "item")).then(|| id.clone())
}

fn unreadable(node: Node<'_>, path: &str, written: &str, error: &ruhu_xpath::SyntaxError) -> Diagnostic {
    let text = error.explain().what;
    let message = Bilingual::new(
        format!("选项的来源读不懂：{}。", text.zh),
        format!("Where the choices come from cannot be read: {}.", text.en),
    );
    at_line(Diagnostic::error("bad-expression", message), node.line())
        .at_cell(&format!("{path}/itemset/@nodeset"), written)
}
