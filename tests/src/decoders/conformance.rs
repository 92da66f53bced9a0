//! Files of recorded vectors and traces, which a developer gets from elsewhere.

use std::sync::{Arc, LazyLock};

use ruhu_conformance::{Outcome, run_traces, run_vectors};
use ruhu_form::Form;
use ruhu_formats::read_workbook;
use serde_json::{Value, json};

use ruhu_harness::world::SMALL_FORM;

/// The longest file that is run: a longer one tells nothing new.
const LONGEST: usize = 32 * 1024;
/// What the traces call the small form.
const SMALL: &str = "small.xlsx";

static FORM: LazyLock<Arc<Form>> = LazyLock::new(|| read_workbook(SMALL_FORM).unwrap().form.into());

pub(super) fn vectors(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.len() > LONGEST {
        return;
    }
    match run_vectors(text) {
        Ok(report) => {
            let counted: usize = report.summary.iter().map(|line| line.total).sum();
            assert_eq!(counted, report.vectors.len());
            let passed = report.vectors.iter().filter(|vector| vector.outcome == Outcome::Passed).count();
            assert_eq!(passed, report.summary.iter().map(|line| line.passed).sum::<usize>());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Our own vectors, a handful at a time, with the documents they name.
pub(super) fn vector_seeds() -> Vec<Vec<u8>> {
    let file: Value = serde_json::from_str(include_str!("../../conformance/xpath/ruhu.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    let every = (vectors.len() / 48).max(1);
    let chosen: Vec<&Value> = vectors.iter().step_by(every).collect();
    let seed = |part: &[&Value]| {
        let named = part.iter().filter_map(|vector| vector["doc"].as_str());
        let docs: serde_json::Map<String, Value> =
            named.map(|key| (key.to_owned(), file["docs"][key].clone())).collect();
        json!({"docs": docs, "vectors": part}).to_string().into_bytes()
    };
    chosen.chunks(6).map(seed).collect()
}

pub(super) fn traces(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if text.len() > LONGEST {
        return;
    }
    match run_traces(text, &FORM, SMALL) {
        Ok(report) => {
            let again = run_traces(text, &FORM, SMALL).unwrap();
            assert_eq!((report.traces, report.steps), (again.traces, again.steps));
            assert_eq!(report.differences, again.differences);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A trace over the small form: an answer that is taken, one that is refused, a path that is not there.
pub(super) fn trace_seeds() -> Vec<Vec<u8>> {
    let questions = FORM.questions().iter().filter(|question| question.kind.is_answerable());
    let events: Vec<Value> = questions
        .zip(["3", "2026-11-22", "住", ""].iter().cycle())
        .map(|(question, value)| json!({"op": "set", "path": question.path, "value": value, "result": "ok"}))
        .collect();
    let nowhere = json!({"op": "add_repeat", "path": "/nowhere[1]/there[2]", "changes": {"/nowhere": null}});
    let trace = |events: Value, clock: &str| {
        let initial = json!({"/small": "R|", "/small/name": "R!|"});
        let trace = json!({"form": SMALL, "seed": 1, "initial": initial, "events": events});
        json!({"meta": {"clock": clock}, "traces": [trace]}).to_string().into_bytes()
    };
    vec![trace(json!(events), "2026-11-22T04:17+08:00"), trace(json!([nowhere]), "2026-11-22T04:17Z")]
}
