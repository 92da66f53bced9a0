//! The body: what is shown, how and in which order.

use super::outline::CONTROLS;
use super::texts::{Style, Text};
use super::{Import, unknown_node};
use crate::vocabulary::{Place, media_type, parameter};
use crate::xml::{Node, at_line};
use ruhu_form::QuestionKind;
use ruhu_form::definition::{LayoutItem, Source};
use ruhu_text::{Bilingual, Diagnostic};

/// What elements of the body hold besides groups and controls.
const DESCRIPTIONS: [&str; 8] =
    ["label", "hint", "item", "itemset", "setvalue", "odk:setgeopoint", "odk:recordaudio", "help"];

/// Attributes of the body that a row holds in fields of its own.
const BODY_ATTRIBUTES: [&str; 8] =
    ["ref", "bind", "nodeset", "appearance", "mediatype", "jr:count", "jr:noAddRemove", "jr:template"];

/// Where an element of the body stands.
#[derive(Clone, Copy)]
struct Spot<'p> {
    /// The path that relative ones begin at.
    context: &'p str,
    /// The item of the layout that holds it.
    item: Option<u32>,
}

impl<'a> Import<'a> {
    /// Goes through the body.
    pub(super) fn body(&mut self) {
        let root = format!("/{}", self.primary.local_name());
        self.below(self.body, Spot { context: &root, item: None });
    }

    fn below(&mut self, holder: Node<'a>, spot: Spot<'_>) {
        holder.children().for_each(|node| self.element(node, spot));
    }

    fn element(&mut self, node: Node<'a>, spot: Spot<'_>) {
        match node.name() {
            "group" => self.group(node, spot),
            "repeat" => self.repeat(node, None, spot),
            name if CONTROLS.contains(&name) => self.control(node, spot),
            name if DESCRIPTIONS.contains(&name) => {}
            name => self.left_out(node, name),
        }
    }

    fn group(&mut self, node: Node<'a>, spot: Spot<'_>) {
        let target = self.outline.target(node, spot.context);
        if self.wraps_repeat(node, target.as_deref()) {
            for child in node.children() {
                match child.name() {
                    "repeat" => self.repeat(child, Some(node), spot),
                    _ => self.element(child, spot),
                }
            }
            return;
        }
        // A group of the whole form has no row of its own.
        let root = format!("/{}", self.primary.local_name());
        let Some(path) = target.filter(|path| *path != root) else {
            let labels = self.text(node, "label").labels;
            let appearance = node.attribute("appearance").map(str::to_owned);
            let item = self.lay(LayoutItem { row: None, parent: spot.item, labels, appearance });
            return self.below(node, Spot { item: Some(item), ..spot });
        };
        let item = match self.row_at(&path) {
            Some(row) => {
                self.describe(row, node);
                self.body_attributes(row, node);
                Some(self.lay_row(row, spot))
            }
            None => {
                self.diagnostic(unknown_node(node.line(), "group/@ref", &path));
                spot.item
            }
        };
        self.below(node, Spot { context: &path, item });
    }

    /// Whether the group is there for the label of a repeat alone.
    fn wraps_repeat(&self, node: Node<'_>, target: Option<&str>) -> bool {
        let repeats = node.named("repeat").count();
        match target {
            Some(path) => self.outline.repeats.contains(path),
            None => repeats == 1 && node.children().all(|child| matches!(child.name(), "label" | "repeat")),
        }
    }

    fn repeat(&mut self, node: Node<'a>, wrapper: Option<Node<'a>>, spot: Spot<'_>) {
        let Some(path) = self.outline.target(node, spot.context) else {
            return self.diagnostic(unknown_node(
                node.line(),
                "repeat/@nodeset",
                node.attribute("nodeset").unwrap_or(""),
            ));
        };
        let Some(row) = self.row_at(&path) else {
            return self.diagnostic(unknown_node(node.line(), "repeat/@nodeset", &path));
        };
        self.describe(row, node);
        self.body_attributes(row, node);
        if let Some(wrapper) = wrapper {
            self.describe(row, wrapper);
            self.body_attributes(row, wrapper);
        }
        let context = match wrapper.map(|wrapper| self.outline.target(wrapper, spot.context)) {
            Some(Some(path)) => path,
            _ => spot.context.to_owned(),
        };
        self.count(row, node, &path, &context);
        let item = self.lay_row(row, spot);
        self.below(node, Spot { context: &path, item: Some(item) });
    }

    fn count(&mut self, row: usize, node: Node<'_>, path: &str, context: &str) {
        let count = match (node.attribute("jr:count"), node.attribute("jr:noAddRemove")) {
            (Some(count), _) if !count.trim().is_empty() => Some(self.count_cell(count, path, context)),
            (_, Some(fixed)) if fixed.trim() != "false()" => {
                Some(Source { text: "1".to_owned(), column: format!("{path}/@jr:noAddRemove") })
            }
            _ => None,
        };
        if let Some(row) = self.rows.get_mut(row) {
            row.repeat_count = count;
        }
    }

    fn control(&mut self, node: Node<'a>, spot: Spot<'_>) {
        let Some(path) = self.outline.target(node, spot.context) else {
            let written = node.attribute("ref").unwrap_or("");
            return self.diagnostic(unknown_node(node.line(), &format!("{}/@ref", node.name()), written));
        };
        let Some(row) = self.row_at(&path) else {
            return self.diagnostic(unknown_node(node.line(), &format!("{}/@ref", node.name()), &path));
        };
        if self
            .rows
            .get(row)
            .is_some_and(|row| matches!(row.kind, QuestionKind::Group | QuestionKind::Repeat))
        {
            let message = Bilingual::new(
                format!("“{path}”里面还有别的节点，不能作题目。"),
                format!("“{path}” holds other nodes and cannot be a question."),
            );
            return self.diagnostic(
                at_line(Diagnostic::error("not-a-leaf", message), node.line()).at_cell(&path, ""),
            );
        }
        let first = self.outline.controls.get(&path).is_some_and(|control| control.id() == node.id());
        let item = self.lay_row(row, spot);
        if !first {
            // The question is shown a second time, in other words.
            let labels = self.text(node, "label").labels;
            if let Some(item) = self.layout.get_mut(item as usize) {
                item.labels = labels;
            }
            return;
        }
        self.describe(row, node);
        self.body_attributes(row, node);
        self.unusual_control(row, node);
        self.offer(row, node, &path);
    }

    /// Labels, hints and media; what a row has already stays.
    fn describe(&mut self, row: usize, node: Node<'a>) {
        let label = self.text(node, "label");
        let help = self.text(node, "hint");
        let Some(row) = self.rows.get_mut(row) else { return };
        if row.labels.is_empty() {
            row.labels = label.labels;
        }
        if row.hints.is_empty() {
            row.hints = help.labels;
        }
        if row.guidance_hints.is_empty() {
            row.guidance_hints = help.guidance;
        }
        if row.media.is_empty() {
            row.media = label.media;
        }
        if row.appearance.is_none() {
            row.appearance = node.attribute("appearance").map(|text| text.trim().to_owned());
        }
    }

    /// The text of a child element.
    pub(super) fn text(&mut self, node: Node<'a>, child: &'static str) -> Text {
        let Some(child) = node.child(child) else { return Text::default() };
        match self.texts.element(child, Style::Template) {
            Ok(text) => text,
            Err(id) => {
                self.diagnostic(missing_text(child, &id));
                Text::default()
            }
        }
    }

    fn body_attributes(&mut self, row: usize, node: Node<'_>) {
        let Some(row) = self.rows.get_mut(row) else { return };
        let group = matches!(row.kind, QuestionKind::Group | QuestionKind::Repeat);
        for (name, value) in node.attributes() {
            let name = name.as_str();
            match parameter(Place::Body, name).filter(|_| !group) {
                Some(parameter) => row.parameters.push(parameter, value.as_str()),
                None if BODY_ATTRIBUTES.contains(&name) => {}
                None => row.attributes.push((format!("body::{name}"), value.clone())),
            }
        }
    }

    /// What writing the form again would not know from its kind.
    fn unusual_control(&mut self, row: usize, node: Node<'_>) {
        let Some(row) = self.rows.get_mut(row) else { return };
        let mut keep = |name: &str, value: &str| row.attributes.push((name.to_owned(), value.to_owned()));
        match (node.name(), node.attribute("mediatype")) {
            ("secret", _) => keep("body::control", "secret"),
            ("upload", Some(media)) if media != media_type(row.kind) => keep("body::mediatype", media),
            _ => {}
        }
    }

    fn lay_row(&mut self, row: usize, spot: Spot<'_>) -> u32 {
        self.lay(LayoutItem { row: Some(row as u32), parent: spot.item, ..LayoutItem::default() })
    }

    fn lay(&mut self, item: LayoutItem) -> u32 {
        self.layout.push(item);
        (self.layout.len() - 1) as u32
    }

    /// Whether the screen shows the rows in their own order and groups.
    pub(super) fn follows_rows(&self) -> bool {
        let mut last = None;
        self.layout.iter().all(|item| {
            let Some(row) = item.row else { return false };
            let above = item.parent.and_then(|item| self.layout.get(item as usize)).and_then(|item| item.row);
            let in_order = last.is_none_or(|last| last < row);
            last = Some(row);
            in_order && self.rows.get(row as usize).is_some_and(|row| row.parent == above)
        })
    }
}

fn missing_text(node: Node<'_>, id: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("itext 里没有“{id}”的文字。"),
        format!("The itext has no text of the id “{id}”."),
    );
    at_line(Diagnostic::warning("missing-itext", message), node.line()).at_cell(node.name(), id)
}
