//! Checks the pictures that `gallery` wrote and prints a line for each grantor, with the figures of the
//! ink, and writes a picture of each box: for who looks for rules. `figures FOLDER`. On standard error
//! comes the table that `table` writes of the same seed and count.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::path::Path;

use ruhu_pictures::camera::jpeg;
use ruhu_pictures::letters::Truth;
use ruhu_pictures::parallel;
use ruhu_pictures::table::Table;
use ruhu_sheet::boxes_file::{BoxKind, Boxes};
use ruhu_vision::letter::check::check;
use ruhu_vision::letter::{marks, paper};
use ruhu_vision::picture::{Picture, decode};
use ruhu_vision::straight::Straight;

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let count = (0..).take_while(|at| Path::new(&format!("{folder}/{at:04}.truth.json")).exists()).count();
    let mut table = Table::default();
    for (lines, of_one) in parallel::each(count, |at| figures(&folder, at)) {
        print!("{lines}");
        table = table.with(of_one);
    }
    eprintln!("{table}");
}

fn figures(folder: &str, at: usize) -> (String, Table) {
    let read = |kind: &str| std::fs::read(format!("{folder}/{at:04}.{kind}")).unwrap();
    let truth: serde_json::Value = serde_json::from_slice(&read("truth.json")).unwrap();
    let truths: Vec<Truth> = serde_json::from_value(truth["grantors"].clone()).unwrap();
    let boxes = Boxes::from_json(&read("boxes.json")).unwrap();
    let began = std::time::Instant::now();
    let picture = decode(&read("jpg")).unwrap();
    let decoded = began.elapsed().as_millis() as u64;
    let report = check(&picture, truth["case"].is_null().then_some(&boxes));
    let checked = began.elapsed().as_millis() as u64;
    let case = report.payload.as_ref().map(|payload| payload.case.to_string());
    let mut table = Table::default();
    table.count(&truths, truth["case"].as_str().is_some_and(|was| Some(was) != case.as_deref()), &report);
    let mut lines = String::new();
    for (number, truth_of_one) in truths.iter().enumerate() {
        let found = report.grantors.iter().find(|one| one.grantor == truth_of_one.grantor);
        crop(&picture, &boxes, truth_of_one, &format!("{folder}/{at:04}.{number}.box.jpg"));
        let line = serde_json::json!({"at": at, "number": number, "done": truth_of_one.done,
            "ink": truth_of_one.ink, "signed": truth_of_one.signed, "case": truth["case"].as_str() == case.as_deref(),
            "verdict": found.map(|f| f.verdict), "found_ink": found.and_then(|f| f.ink),
            "inside": found.and_then(|f| f.inside), "signature": found.and_then(|f| f.signature),
            "reasons": found.map(|f| f.reasons.clone()), "print": found.and_then(|f| f.print.clone()),
            "edge": found.and_then(|f| f.edge), "faults": report.faults, "ms": [decoded, checked], "sheet": report.sheet});
        lines += &format!("{line}\n");
    }
    (lines, table)
}

fn crop(picture: &Picture, boxes: &Boxes, truth: &Truth, file: &str) {
    let rect = boxes.find(1, &truth.grantor, BoxKind::Print).unwrap().grown(14.0);
    let view = marks::view(&marks::find(picture)).or_else(|| paper::find(picture).map(|(view, _)| view));
    let Some(view) = view else { return };
    let part = Straight::of(picture, &view, rect, 7.0);
    let [r, g, b] = &part.planes;
    let rgb: Vec<u8> =
        (0..r.data.len()).flat_map(|at| [r.data[at], g.data[at], b.data[at]].map(|v| v as u8)).collect();
    std::fs::write(file, jpeg(&rgb, part.width(), part.height(), 85)).unwrap();
}
