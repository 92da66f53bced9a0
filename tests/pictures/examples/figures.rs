//! Checks the pictures that `gallery` wrote and prints a line for each grantor, with the figures of the
//! ink: for who looks for rules. `figures FOLDER [boxes]`; with `boxes` the boxes' file is given.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use ruhu_pictures::letters::Truth;
use ruhu_vision::letter::boxes_file::Boxes;
use ruhu_vision::letter::check::check;
use ruhu_vision::picture::decode;

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let given = std::env::args().nth(2).is_some();
    for at in 0.. {
        let read = |kind: &str| std::fs::read(format!("{folder}/{at:04}.{kind}"));
        let Ok(truth) = read("truth.json") else { break };
        let truth: serde_json::Value = serde_json::from_slice(&truth).unwrap();
        let truths: Vec<Truth> = serde_json::from_value(truth["grantors"].clone()).unwrap();
        let boxes = Boxes::from_json(&read("boxes.json").unwrap()).unwrap();
        let began = std::time::Instant::now();
        let picture = decode(&read("jpg").unwrap()).unwrap();
        let decoded = began.elapsed().as_millis() as u64;
        let report = check(&picture, given.then_some(&boxes));
        let checked = began.elapsed().as_millis() as u64;
        let case = report.payload.as_ref().map(|payload| payload.case.to_string());
        if truth["case"].as_str() != case.as_deref() {
            println!("{at} case {case:?}, sheet {:?}, code {:?}", report.sheet, report.code);
        }
        for truth in &truths {
            let found = report.grantors.iter().find(|one| one.grantor == truth.grantor);
            println!(
                "{}",
                serde_json::json!({"at": at, "done": truth.done, "ink": truth.ink, "signed": truth.signed,
                    "verdict": found.map(|f| f.verdict), "found_ink": found.and_then(|f| f.ink), "inside": found.and_then(|f| f.inside),
                    "signature": found.and_then(|f| f.signature), "print": found.and_then(|f| f.print.clone()),
                    "faults": report.faults, "ms": [decoded, checked], "sheet": report.sheet})
            );
        }
    }
}
