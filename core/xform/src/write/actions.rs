//! `setvalue` and its kin, and the defaults that are worked out.

use super::export::Export;
use super::markup::{Attributes, Markup, attributes};
use crate::paths::parent;
use ruhu_form::QuestionKind;
use ruhu_form::definition::{Action, ActionKind, DefaultValue, Event, Row};
use ruhu_xpath::{NodeDefId, Schema};

const FIRST_LOAD: &str = "odk-instance-first-load";
const NEW_REPEAT: &str = "odk-new-repeat";

impl Export<'_> {
    /// Actions of nodes outside of repeats, and the recording of a filling.
    pub(super) fn model_actions(&self, markup: &mut Markup) {
        for (row, def) in self.definition().rows.iter().zip(1..) {
            match row.kind {
                QuestionKind::StartGeopoint => {
                    let found = self.target(def, FIRST_LOAD);
                    markup.empty("odk:setgeopoint", found);
                }
                QuestionKind::BackgroundAudio => {
                    let mut found = self.target(def, "odk-instance-load");
                    let quality = row.parameters.get("quality");
                    found.extend(quality.map(|value| ("odk:quality".to_owned(), value.to_owned())));
                    markup.empty("odk:recordaudio", found);
                }
                _ => {}
            }
            if self.repeat_above(def).is_none() {
                self.loading(markup, def, row, FIRST_LOAD);
            }
        }
        self.entity_actions(markup, None);
    }

    /// Actions of the nodes whose nearest repeat this is.
    pub(super) fn repeat_actions(&self, markup: &mut Markup, repeat: NodeDefId) {
        for def in self.form.schema().subtree(repeat) {
            let Some(row) = self.row(def).filter(|_| self.repeat_above(def) == Some(repeat)) else {
                continue;
            };
            self.loading(markup, def, row, &format!("{FIRST_LOAD} {NEW_REPEAT}"));
        }
        self.entity_actions(markup, Some(repeat));
    }

    fn target(&self, def: NodeDefId, event: &str) -> Attributes {
        attributes([("ref", Some(self.path_of(def).to_owned())), ("event", Some(event.to_owned()))])
    }

    /// A default that is worked out, and actions at the beginning.
    fn loading(&self, markup: &mut Markup, def: NodeDefId, row: &Row, event: &str) {
        if let Some(DefaultValue::Expression(cell)) = row.default_value() {
            let mut found = self.target(def, event);
            found.push(("value".to_owned(), self.expression(&cell.text, def, false)));
            markup.empty("setvalue", found);
        }
        let mut written: Vec<&Action> = Vec::new();
        for action in row.actions.iter().filter(|action| action.event != Event::ValueChanged) {
            let same = |other: &&Action| other.kind == action.kind && other.value == action.value;
            if written.iter().any(same) {
                continue;
            }
            written.push(action);
            let events: Vec<&str> =
                row.actions.iter().filter(same).filter_map(|action| event_name(action.event)).collect();
            self.action(markup, def, action, &events.join(" "));
        }
    }

    fn action(&self, markup: &mut Markup, def: NodeDefId, action: &Action, event: &str) {
        let mut found = self.target(def, event);
        let element = match action.kind {
            ActionKind::SetValue => "setvalue",
            ActionKind::SetGeopoint => "odk:setgeopoint",
            ActionKind::RecordAudio => "odk:recordaudio",
        };
        match &action.value {
            Some(cell) if action.literal => return markup.leaf(element, found, &cell.text),
            Some(cell) => found.push(("value".to_owned(), self.expression(&cell.text, def, false))),
            None => {}
        }
        markup.empty(element, found);
    }

    /// What the change of a question sets.
    pub(super) fn control_actions(&self, markup: &mut Markup, source: NodeDefId) {
        let path = self.path_of(source);
        for (row, def) in self.definition().rows.iter().zip(1..) {
            for action in row.actions.iter().filter(|action| action.event == Event::ValueChanged) {
                let cell = action.source.as_ref();
                let named = cell.and_then(|cell| self.path(&cell.text, def, self.path_of(def)));
                if named.as_deref() == Some(path) {
                    self.action(markup, def, action, "xforms-value-changed");
                }
            }
        }
    }

    /// Every entity that is made anew needs an id.
    fn entity_actions(&self, markup: &mut Markup, repeat: Option<NodeDefId>) {
        let row = repeat.map(|repeat| repeat - 1);
        for entity in self.definition().entities.iter().filter(|entity| entity.repeat == row) {
            if entity.entity_id.is_none() {
                let event = match repeat {
                    Some(_) => format!("{FIRST_LOAD} {NEW_REPEAT}"),
                    None => FIRST_LOAD.to_owned(),
                };
                let path = format!("{}/@id", self.entity_path(entity));
                markup.empty(
                    "setvalue",
                    attributes([
                        ("ref", Some(path)),
                        ("event", Some(event)),
                        ("value", Some("uuid()".to_owned())),
                    ]),
                );
            }
        }
    }

    /// The path of what holds an entity's node, and the node.
    pub(super) fn entity_path(&self, entity: &ruhu_form::definition::Entity) -> String {
        let holder = match entity.repeat {
            Some(row) => self.path_of(row + 1).to_owned(),
            None => format!("/{}", self.definition().root),
        };
        debug_assert!(parent(&holder).len() < holder.len());
        format!("{holder}/meta/entity")
    }
}

fn event_name(event: Event) -> Option<&'static str> {
    match event {
        Event::FirstLoad => Some(FIRST_LOAD),
        Event::Load => Some("odk-instance-load"),
        Event::NewRepeat => Some(NEW_REPEAT),
        Event::ValueChanged => None,
    }
}
