//! The memory of forms of one list of 20,000 choices that many questions offer.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::peers::Engine;

/// How many questions offer the list.
const QUESTIONS: [u32; 3] = [1, 100, 1_000];

/// The memory of each form, loaded, and with everything shown.
pub fn measure(ours: &Engine, folder: &Path) -> Result<Value> {
    let form = folder.join("shared-list.form");
    let form = form.to_str().context("the path of the target folder is not Unicode")?;
    let mut measured = Vec::new();
    for questions in QUESTIONS {
        ours.run(&["shared-list", &questions.to_string(), form])?;
        measured.push(ours.run(&["shared-list-memory", form])?);
    }
    Ok(json!({ "idle": ours.run(&["idle"])?, "forms": measured }))
}

/// The table in Markdown.
pub fn lines(figures: &Value) -> Vec<String> {
    let mb =
        |value: &Value| Some((value["peak_kb"].as_f64()? - figures["idle"]["now_kb"].as_f64()?) / 1_024.0);
    let row = |form: &Value| {
        let (loaded, shown) = (mb(&form["loaded"])?, mb(&form["shown"])?);
        Some(format!("| {} | {loaded:.1} MB | {shown:.1} MB |", form["questions"]))
    };
    let mut lines = vec![String::new(), "**One list of 20,000 choices**".to_owned(), String::new()];
    lines.push(
        "| questions that offer it | memory at its peak, over idle | with every question shown |".to_owned(),
    );
    lines.push("|---|---|---|".to_owned());
    lines.extend(figures["forms"].as_array().into_iter().flatten().filter_map(row));
    lines
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_row_tells_what_a_form_takes_beyond_an_idle_process() {
        let form = json!({ "questions": 100, "loaded": { "peak_kb": 7_168 }, "shown": { "peak_kb": 9_216 } });
        let figures = json!({ "idle": { "now_kb": 5_120 }, "forms": [form] });
        assert_eq!(lines(&figures).last().unwrap(), "| 100 | 2.0 MB | 4.0 MB |");
    }
}
