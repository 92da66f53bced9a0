//! `setvalue` and its kin: what sets values when something happens (ODK XForms
//! specification, section Actions).

use super::{Import, unknown_node};
use crate::paths::{absolute, parent};
use crate::vocabulary::KIND;
use crate::xml::Node;
use ruhu_form::QuestionKind;
use ruhu_form::definition::{Action, ActionKind, Event};

/// An action with the path that relative ones begin at, and the control it
/// stands in.
struct Found<'a> {
    node: Node<'a>,
    context: String,
    control: Option<String>,
}

impl<'a> Import<'a> {
    /// Puts every action with the row that it sets.
    pub(super) fn actions(&mut self) {
        let root = format!("/{}", self.primary.local_name());
        let mut found = Vec::new();
        let of_model = |node| Found { node, context: root.clone(), control: None };
        found.extend(self.model.children().filter(|node| is_action(*node)).map(of_model));
        self.actions_below(self.body, &root, &mut found);
        for action in found {
            self.action(&action);
        }
    }

    fn actions_below(&self, holder: Node<'a>, context: &str, found: &mut Vec<Found<'a>>) {
        for node in holder.children() {
            if is_action(node) {
                let control = self.outline.target(holder, context).filter(|_| holder.name() != "repeat");
                found.push(Found { node, context: context.to_owned(), control });
                continue;
            }
            match self.outline.target(node, context) {
                Some(path) => self.actions_below(node, &path, found),
                None => self.actions_below(node, context, found),
            }
        }
    }

    fn action(&mut self, found: &Found<'a>) {
        let node = found.node;
        let written = node.attribute("ref").or_else(|| node.attribute("bind")).unwrap_or("");
        let path = absolute(written, &found.context);
        let Some((row, path)) = path.and_then(|path| Some((self.row_at(&path)?, path))) else {
            // The id of an entity is told by the entity itself.
            if !written.contains("/@") {
                self.diagnostic(unknown_node(node.line(), &format!("{}/@ref", node.name()), written));
            }
            return;
        };
        let events = node.attribute("event").or_else(|| node.attribute("ev:event")).unwrap_or("");
        for event in events.split_whitespace() {
            match (event_of(event), &found.control) {
                (Some(Event::ValueChanged), None) | (None, _) => self.left_out(node, event),
                (Some(event), control) => self.act(row, &path, node, event, control.as_deref()),
            }
        }
        let has = |wanted| events.split_whitespace().any(|event| event_of(event) == Some(wanted));
        if has(Event::NewRepeat) && !has(Event::FirstLoad) && self.begins_with_a_new_one(&path) {
            self.act(row, &path, node, Event::FirstLoad, found.control.as_deref());
        }
    }

    /// Whether the repeat around a path has only a template, so that its first
    /// instance is a new one too.
    fn begins_with_a_new_one(&self, path: &str) -> bool {
        let mut above = parent(path);
        while !above.is_empty() && !self.outline.repeats.contains(above) {
            above = parent(above);
        }
        self.only_templates.contains(above)
    }

    fn act(&mut self, row: usize, path: &str, node: Node<'a>, event: Event, control: Option<&str>) {
        let kind = match node.name() {
            "odk:setgeopoint" => ActionKind::SetGeopoint,
            "odk:recordaudio" => ActionKind::RecordAudio,
            _ => ActionKind::SetValue,
        };
        let source = control.filter(|_| event == Event::ValueChanged);
        let source = source.map(|source| self.cell(path, "event", source));
        let text = node.text();
        let (value, literal) = match node.attribute("value") {
            Some(value) if !value.trim().is_empty() => (Some(self.cell(path, "setvalue", value)), false),
            _ if !text.is_empty() => (Some(self.cell(path, "setvalue", &text)), true),
            _ => (None, false),
        };
        let Some(row) = self.rows.get_mut(row) else { return };
        if kind == ActionKind::RecordAudio {
            row.kind = QuestionKind::BackgroundAudio;
            let quality =
                node.attribute("odk:quality").map(|quality| ("quality".to_owned(), quality.to_owned()));
            row.parameters.extend(quality);
            return;
        }
        // The place where a form is begun is a kind of its own.
        if kind == ActionKind::SetGeopoint && row.kind == QuestionKind::Hidden && event == Event::FirstLoad {
            row.kind = QuestionKind::StartGeopoint;
            row.attributes.retain(|(name, _)| name != "bind::type");
            return;
        }
        // A note that is given a value is a text that may only be read.
        let told = self.binds.get(path).is_some_and(|bind| bind.attribute(KIND).is_some());
        if row.kind == QuestionKind::Note && kind == ActionKind::SetValue && !told {
            row.kind = QuestionKind::Text;
            row.read_only = Some(ruhu_form::definition::Source {
                text: "true()".to_owned(),
                column: format!("{path}/@readonly"),
            });
        }
        row.actions.push(Action { event, source, kind, value, literal });
    }
}

fn is_action(node: Node<'_>) -> bool {
    matches!(node.name(), "setvalue" | "odk:setgeopoint" | "odk:recordaudio")
}

fn event_of(name: &str) -> Option<Event> {
    Some(match name {
        "odk-instance-first-load" => Event::FirstLoad,
        "odk-instance-load" => Event::Load,
        "odk-new-repeat" => Event::NewRepeat,
        "xforms-value-changed" => Event::ValueChanged,
        // JavaRosa's older name of the first (ODK XForms specification).
        "xforms-ready" => Event::FirstLoad,
        _ => return None,
    })
}
