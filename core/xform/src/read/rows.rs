//! The rows, from the primary instance and the binds.

use super::kinds::{kind, type_of};
use super::{Import, unknown_node};
use crate::paths::{absolute, parent, relative};
use crate::vocabulary::{
    CLASS, COUNT, COUNT_OF, INSTANCE_ID, KIND, MERGE, PARAMETERS_LEFT, Place, SAVE_TO, bind_type, parameter,
};
use crate::xml::{Node, at_line};
use ruhu_form::QuestionKind;
use ruhu_form::definition::MAX_ROWS;
use ruhu_form::definition::{Action, ActionKind, Event, Row, Source};
use ruhu_text::{Bilingual, Diagnostic};
use std::collections::HashMap;

/// Attributes of a bind that a row holds in fields of its own.
const BIND_ATTRIBUTES: [&str; 18] = [
    "nodeset",
    "ref",
    "id",
    "type",
    "relevant",
    "required",
    "readonly",
    "constraint",
    "calculate",
    "jr:constraintMsg",
    "jr:requiredMsg",
    "jr:preload",
    "jr:preloadParams",
    "entities:saveto",
    SAVE_TO,
    CLASS,
    MERGE,
    KIND,
];

/// What a new instance of a repeat begins with: what its template has, and
/// nothing where a repeat has none, as in JavaRosa.
#[derive(Clone, Copy)]
enum Fresh<'a> {
    /// The same as the form, for this is in no repeat.
    Same,
    Of(Option<Node<'a>>),
}

impl<'a> Fresh<'a> {
    fn child(self, name: &str) -> Fresh<'a> {
        match self {
            Fresh::Same => Fresh::Same,
            Fresh::Of(holder) => {
                Fresh::Of(holder.and_then(|node| node.children().find(|child| child.local_name() == name)))
            }
        }
    }

    fn text(self, begins: &str) -> String {
        match self {
            Fresh::Same => begins.to_owned(),
            Fresh::Of(node) => node.map(Node::text).unwrap_or_default(),
        }
    }
}

/// What gives the instance that a form begins with a value of its own.
fn first_value(begins: &str, default: &str, path: &str) -> Option<Action> {
    let value = Source { text: begins.to_owned(), column: path.to_owned() };
    (begins != default).then(|| Action {
        event: Event::FirstLoad,
        source: None,
        kind: ActionKind::SetValue,
        value: (!begins.is_empty()).then_some(value),
        literal: true,
    })
}

impl<'a> Import<'a> {
    /// Makes a row of every node of the instance.
    pub(super) fn rows(&mut self, primary: Node<'a>) {
        let root = format!("/{}", primary.local_name());
        self.children(primary, &root, None, Fresh::Same);
    }

    fn children(&mut self, holder: Node<'a>, path: &str, parent: Option<u32>, fresh: Fresh<'a>) {
        let mut groups: Vec<Vec<Node<'a>>> = Vec::new();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        for child in holder.children() {
            let at = *by_name.entry(child.local_name()).or_insert(groups.len());
            match groups.get_mut(at) {
                Some(group) => group.push(child),
                None => groups.push(vec![child]),
            }
        }
        for group in groups {
            let Some(first) = group.first() else { continue };
            let path = format!("{path}/{}", first.local_name());
            if self.outline.repeats.contains(&path) {
                self.repeat_row(&group, path, parent, fresh);
            } else {
                for node in group {
                    self.row(node, path.clone(), parent, fresh.child(node.local_name()));
                }
            }
        }
    }

    /// The first instance that is no template tells what stands in a repeat.
    fn repeat_row(&mut self, nodes: &[Node<'a>], path: String, parent: Option<u32>, fresh: Fresh<'a>) {
        let mut instances = nodes.iter().filter(|node| node.attribute("jr:template").is_none());
        let first = instances.next();
        let count = usize::from(first.is_some()) + instances.count();
        let Some(node) = first.or_else(|| nodes.first()) else { return };
        if count == 0 {
            self.only_templates.insert(path.clone());
        }
        if count > 1 {
            let message = Bilingual::new(
                format!("实例里预先放了 {count} 条；开始填写时只有第一条。"),
                format!("The instance has {count} of it to begin with; filling begins with the first alone."),
            );
            let diagnostic = at_line(Diagnostic::warning("initial-instances", message), node.line());
            self.diagnostic(diagnostic.at_cell(&path, ""));
        }
        let template = nodes.iter().find(|node| node.attribute("jr:template").is_some());
        let fresh = match (template, fresh.child(node.local_name())) {
            (Some(template), _) => Fresh::Of(Some(*template)),
            (None, Fresh::Same) => Fresh::Of(None),
            (None, around) => around,
        };
        self.row(*node, path, parent, fresh);
    }

    fn row(&mut self, node: Node<'a>, path: String, parent: Option<u32>, fresh: Fresh<'a>) {
        if self.rows.len() > MAX_ROWS {
            return;
        }
        let bind = self.binds.get(&path).copied();
        let repeat = self.outline.repeats.contains(&path);
        let holds = node.children().next().is_some() || self.outline.groups.contains(&path);
        let begins = if holds { String::new() } else { node.text() };
        let default = if holds { String::new() } else { fresh.text(&begins) };
        let control = self.outline.controls.get(&path).copied();
        let kind = match (repeat, holds) {
            (true, _) => QuestionKind::Repeat,
            (false, true) => QuestionKind::Group,
            (false, false) => kind(control, bind, !begins.is_empty() || !default.is_empty()),
        };
        let mut row = Row {
            kind,
            name: node.local_name().to_owned(),
            parent,
            literal_default: !default.is_empty(),
            actions: first_value(&begins, &default, &path).into_iter().collect(),
            default: (!default.is_empty()).then(|| Source { text: default, column: path.clone() }),
            line: bind.map_or(node.line(), Node::line),
            ..Row::default()
        };
        self.instance_attributes(&mut row, node);
        if let Some(bind) = bind {
            self.bind(&mut row, bind, &path, control.is_some());
        }
        let index = self.rows.len() as u32;
        self.rows.push(row);
        self.paths.push(path.clone());
        self.places.entry(path.clone()).or_insert(index);
        if kind == QuestionKind::Group || kind == QuestionKind::Repeat {
            self.children(node, &path, Some(index), fresh);
        }
    }

    fn instance_attributes(&self, row: &mut Row, node: Node<'_>) {
        // What makes an entity of a form is kept apart: see `entities`.
        if node.local_name() == "entity" && node.attribute("dataset").is_some() {
            return;
        }
        for (name, value) in node.attributes().iter().filter(|(name, _)| name != "jr:template") {
            row.attributes.push((format!("instance::{name}"), value.clone()));
        }
    }

    fn bind(&mut self, row: &mut Row, bind: Node<'a>, path: &str, shown: bool) {
        let cell = |name: &str, idle: &str| {
            let text = bind.attribute(name)?.trim();
            (!text.is_empty() && text != idle).then(|| self.cell(path, name, text))
        };
        row.relevant = cell("relevant", "true()");
        row.required = cell("required", "false()");
        row.read_only = cell("readonly", "false()");
        row.constraint = cell("constraint", "true()");
        row.calculation = cell("calculate", "");
        row.constraint_messages = self.message(bind, "jr:constraintMsg");
        row.required_messages = self.message(bind, "jr:requiredMsg");
        let own = |name: &str| bind.attribute(name).map(str::to_owned);
        row.entity_property = own("entities:saveto");
        row.save_to = own(SAVE_TO);
        row.class = own(CLASS);
        row.merge = own(MERGE);
        // What a note says about itself needs no more words.
        if row.kind == QuestionKind::Note {
            row.read_only = None;
        }
        self.preload(row, bind, path, shown);
        self.other_attributes(row, bind);
    }

    fn message(&self, bind: Node<'_>, name: &str) -> ruhu_form::Labels {
        bind.attribute(name).map(|text| self.texts.message(text)).unwrap_or_default()
    }

    /// What is known when a form is begun.
    fn preload(&mut self, row: &mut Row, bind: Node<'_>, path: &str, shown: bool) {
        let attribute = |name: &str| bind.attribute(name).unwrap_or("").trim();
        let (preload, parameter) = (attribute("jr:preload"), attribute("jr:preloadParams"));
        let mut first_load = |value: &str| {
            let value = Some(Source { text: value.to_owned(), column: format!("{path}/@jr:preload") });
            let action = Action {
                event: Event::FirstLoad,
                source: None,
                kind: ActionKind::SetValue,
                value,
                literal: false,
            };
            row.actions.push(action);
        };
        match (preload, parameter) {
            ("", _) => {}
            ("timestamp", "start") | ("date", "today") if !shown => {}
            ("timestamp", "end") => {}
            ("timestamp", "start") => first_load("now()"),
            ("date", "today") => first_load("today()"),
            ("property", name) => row.parameters.push("name", name),
            ("uid", _) if !shown => {
                let text = INSTANCE_ID.to_owned();
                row.calculation = Some(Source { text, column: format!("{path}/@jr:preload") });
            }
            _ => {
                row.attributes.push(("bind::jr:preload".to_owned(), preload.to_owned()));
                row.attributes.push(("bind::jr:preloadParams".to_owned(), parameter.to_owned()));
                self.left_out(bind, &format!("jr:preload {preload} {parameter}"));
            }
        }
    }

    fn other_attributes(&self, row: &mut Row, bind: Node<'_>) {
        for (name, value) in bind.attributes() {
            let name = name.as_str();
            match parameter(Place::Bind, name) {
                Some(parameter) => row.parameters.push(parameter, value.as_str()),
                None if name == PARAMETERS_LEFT => row.parameters.extend(pairs(value)),
                None if BIND_ATTRIBUTES.contains(&name) => {}
                None => row.attributes.push((format!("bind::{name}"), value.clone())),
            }
        }
        let found = type_of(Some(bind));
        let usual = bind_type(row);
        let same = found == usual
            || matches!((usual, found), ("string", "select" | "select1" | "text") | ("int", "integer"))
            || matches!(row.kind, QuestionKind::Group | QuestionKind::Repeat | QuestionKind::Range);
        if !same {
            row.attributes.push(("bind::type".to_owned(), found.to_owned()));
        }
    }

    /// Helper nodes that only hold the count of a repeat go back into it.
    pub(super) fn fold_counts(&mut self) {
        let name = format!("bind::{COUNT_OF}");
        let helpers: Vec<(usize, String)> = self
            .rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| {
                row.attributes.iter().find(|(found, _)| *found == name).map(|(_, path)| (at, path.clone()))
            })
            .collect();
        for (at, repeat) in helpers.iter().rev() {
            let Some(helper) = self.rows.get(*at) else { continue };
            let line = helper.line;
            let written = helper.attributes.iter().find(|(found, _)| *found == format!("bind::{COUNT}"));
            let count = written.map(|(_, text)| self.cell(repeat, "jr:count", text));
            let Some(target) = self.row_at(repeat) else {
                self.diagnostic(unknown_node(line, COUNT_OF, repeat));
                continue;
            };
            if let Some(row) = self.rows.get_mut(target) {
                row.repeat_count = count;
            }
            self.take_row(*at);
        }
    }

    /// Takes out a row that holds no others.
    fn take_row(&mut self, at: usize) {
        let moved = |row: u32| if row as usize > at { row - 1 } else { row };
        if at >= self.rows.len() || self.rows.iter().any(|row| row.parent == Some(at as u32)) {
            return;
        }
        self.rows.remove(at);
        let path = self.paths.remove(at);
        self.places.remove(&path);
        self.places.values_mut().for_each(|row| *row = moved(*row));
        self.rows.iter_mut().for_each(|row| row.parent = row.parent.map(moved));
        self.layout.iter_mut().for_each(|item| item.row = item.row.map(moved));
        self.entities.iter_mut().for_each(|entity| entity.repeat = entity.repeat.map(moved));
    }

    /// The `jr:count` of a repeat. It is worked out at what holds the repeat,
    /// and sees the nodes of the repeats around it.
    pub(super) fn count_cell(&self, text: &str, repeat: &str, context: &str) -> Source {
        let holder = parent(repeat);
        let text = match absolute(text, context) {
            Some(path) if self.shares_repeat(holder, &path) => relative(holder, &path),
            Some(path) => path,
            None => text.to_owned(),
        };
        self.cell(repeat, "jr:count", &text)
    }

    /// Whether a repeat holds both paths.
    fn shares_repeat(&self, a: &str, b: &str) -> bool {
        let mut above = a;
        while !above.is_empty() {
            if self.outline.repeats.contains(above)
                && b.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
            {
                return true;
            }
            above = parent(above);
        }
        false
    }
}

/// `a=1 b=2`
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}
