//! What is done to a form: written once, played in every engine.

use serde_json::{Value, json};

/// One thing that a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// More instances at the end of a repeat.
    Add {
        /// The repeat without positions: `/roster/member`.
        repeat: String,
        /// How many.
        count: usize,
    },
    /// An answer.
    Set {
        /// With positions where repeats are: `/roster/member[3]/age`.
        path: String,
        /// As XForms writes it; empty to clear.
        value: String,
        /// Whether its time counts; the others fill the form.
        measured: bool,
        /// A select whose choices are wanted after the answer: its path, and how many it offers.
        offers: Option<(String, usize)>,
    },
}

/// As the drivers read it.
pub fn to_json(steps: &[Step]) -> String {
    let steps: Vec<Value> = steps.iter().map(step_to_json).collect();
    json!({ "steps": steps }).to_string()
}

fn step_to_json(step: &Step) -> Value {
    match step {
        Step::Add { repeat, count } => json!({ "op": "add", "repeat": repeat, "count": count }),
        Step::Set { path, value, measured, offers } => {
            let mut json = json!({ "op": "set", "path": path, "value": value, "measured": measured });
            if let Some((select, count)) = offers {
                json["offers"] = json!(select);
                json["count"] = json!(count);
            }
            json
        }
    }
}

/// Reads what [`to_json`] wrote.
pub fn from_json(text: &str) -> Vec<Step> {
    let script: Value = serde_json::from_str(text).unwrap();
    script["steps"].as_array().unwrap().iter().map(step_from_json).collect()
}

fn step_from_json(json: &Value) -> Step {
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let number = |name: &str| json[name].as_u64().unwrap() as usize;
    match json["op"].as_str().unwrap() {
        "add" => Step::Add { repeat: text("repeat"), count: number("count") },
        "set" => Step::Set {
            path: text("path"),
            value: text("value"),
            measured: json["measured"].as_bool().unwrap(),
            offers: json["offers"].as_str().map(|select| (select.to_owned(), number("count"))),
        },
        other => panic!("unknown step {other}"),
    }
}

/// A stable key as the other engines name nodes: positions for ids. All instances of these scripts
/// have their position as id.
pub fn positional(key: &str) -> String {
    key.replace("[@id='", "[").replace("']", "]")
}
