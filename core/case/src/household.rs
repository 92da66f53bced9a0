//! A household or lead as a screen shows it, made of a document.

use std::collections::BTreeMap;

use crate::Value;
use crate::document::Document;
use crate::fields::Fields;
use crate::rules;
use crate::view::{Event, Evidence, Household, Person, Record};

type Values = BTreeMap<String, Value>;

impl Document {
    /// The typed view. A finance document gives its case, evidence and events.
    pub fn household(&self) -> Household {
        let people: Vec<Person> = self.children("people").into_iter().map(person).collect();
        let records =
            self.children("records").into_iter().map(|(id, fields)| self.record(id, fields, &people));
        Household {
            case: Fields::new("case/", self.values_beneath("case/")),
            records: records.collect(),
            evidence: self.children("evidence").into_iter().map(evidence).collect(),
            events: self.children("events").into_iter().map(event).collect(),
            people,
        }
    }

    fn values_beneath(&self, prefix: &str) -> Values {
        let beneath = self.shown_beneath(prefix);
        beneath
            .filter_map(|(path, value)| Some((path.strip_prefix(prefix)?.to_owned(), value.clone())))
            .collect()
    }

    /// The children of a collection with their fields (answers under `answers/<key>`), by order and id.
    fn children(&self, collection: &str) -> Vec<(String, Values)> {
        let prefix = format!("{collection}/");
        let mut children: Vec<(&str, Vec<(String, Value)>)> = Vec::new();
        // The paths of one child follow each other.
        for (path, value) in self.shown_beneath(&prefix) {
            let Some((id, key)) = path.strip_prefix(&prefix).and_then(|path| path.split_once('/')) else {
                continue;
            };
            let field = (key.to_owned(), value.clone());
            match children.last_mut().filter(|(last, _)| *last == id) {
                Some((_, fields)) => fields.push(field),
                None => children.push((id, vec![field])),
            }
        }
        let mut children: Vec<(String, Values)> =
            children.into_iter().map(|(id, fields)| (id.to_owned(), fields.into_iter().collect())).collect();
        children.sort_by_cached_key(|(id, fields)| (text(fields, "order").unwrap_or_default(), id.clone()));
        children
    }

    fn record(&self, id: String, all: Values, people: &[Person]) -> Record {
        let edited_after_close = rules::edited_after_close(self, &id);
        let flags = rules::flags(self, &id, &all, people, &edited_after_close);
        let mut fields = Values::new();
        let mut answers = Values::new();
        for (key, value) in all {
            match key.strip_prefix("answers/") {
                Some(answer) => answers.insert(answer.to_owned(), value),
                None => fields.insert(key, value),
            };
        }
        Record {
            form: text(&fields, "form"),
            version: text(&fields, "version"),
            status: text(&fields, "status"),
            started_by: text(&fields, "started_by"),
            answers: Fields::new(format!("records/{id}/answers/"), answers),
            fields: Fields::new(format!("records/{id}/"), fields),
            id,
            edited_after_close,
            flags,
        }
    }
}

fn person((id, fields): (String, Values)) -> Person {
    Person {
        name: text(&fields, "name"),
        idno: text(&fields, "idno"),
        removed: rules::removed(&fields),
        fields: Fields::new(format!("people/{id}/"), fields),
        id,
    }
}

fn evidence((id, fields): (String, Values)) -> Evidence {
    Evidence {
        kind: text(&fields, "kind"),
        sha256: text(&fields, "sha256"),
        size: number(&fields, "size"),
        taken_at: number(&fields, "taken_at"),
        place: text(&fields, "place"),
        by: text(&fields, "by"),
        fields: Fields::new(format!("evidence/{id}/"), fields),
        id,
    }
}

fn event((id, fields): (String, Values)) -> Event {
    Event {
        kind: text(&fields, "kind"),
        at: number(&fields, "at"),
        by: text(&fields, "by"),
        text: text(&fields, "text"),
        fields: Fields::new(format!("events/{id}/"), fields),
        id,
    }
}

fn text(fields: &Values, key: &str) -> Option<String> {
    fields.get(key).and_then(Value::as_text).map(str::to_owned)
}

fn number(fields: &Values, key: &str) -> Option<i64> {
    match fields.get(key) {
        Some(Value::Int(n) | Value::Timestamp(n)) => Some(*n),
        _ => None,
    }
}
