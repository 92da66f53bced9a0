//! Answers of a record, found by the names of their questions.

use std::collections::BTreeMap;

use ruhu_case::Record;
use ruhu_national::Day;

/// Answers by the name of their question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answers(BTreeMap<String, String>);

impl Answers {
    /// The answers of a record that stand in no repeat.
    pub(crate) fn of(record: &Record) -> Answers {
        let outside = record.answers.iter().filter(|(key, _)| !key.contains("[@id="));
        Answers(outside.filter_map(|(key, value)| named(key, value)).collect())
    }

    /// The instances of a repeat, each with its id, as far as they are answered.
    pub(crate) fn instances(record: &Record, repeat: &str) -> Vec<(String, Answers)> {
        let opening = format!("/{repeat}[@id='");
        let mut instances: Vec<(String, Answers)> = Vec::new();
        for (key, value) in &record.answers {
            let Some((id, rest)) = key.split_once(&opening).and_then(|(_, rest)| rest.split_once("']"))
            else {
                continue;
            };
            // A question of a repeat within this one is another's.
            let Some((name, value)) = named(rest, value).filter(|_| !rest.contains("[@id=")) else {
                continue;
            };
            match instances.iter_mut().find(|(known, _)| known == id) {
                Some((_, answers)) => {
                    answers.0.insert(name, value);
                }
                None => instances.push((id.to_owned(), Answers([(name, value)].into()))),
            }
        }
        instances.retain(|(_, answers)| answers.text("_removed").is_empty());
        instances
    }

    /// An answer; blank when there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The codes that were ticked.
    pub(crate) fn codes(&self, name: &str) -> Vec<String> {
        self.text(name).split_whitespace().map(str::to_owned).collect()
    }

    /// A day; `None` when there is none.
    pub(crate) fn day(&self, name: &str) -> Option<Day> {
        self.text(name).get(..10).unwrap_or(self.text(name)).parse().ok()
    }
}

fn named(key: &str, value: &ruhu_case::Value) -> Option<(String, String)> {
    let name = key.rsplit('/').next().unwrap_or(key);
    (!value.is_blank()).then(|| (name.to_owned(), value.to_string()))
}
