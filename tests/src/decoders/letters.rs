//! What staff write as a letter's template, and what a screen records as a signature.

use ruhu_letter::signature::{self, Shape, Signature};
use ruhu_letter::{NATIONAL, Template};
use ruhu_text::{Explain, Lang};

pub(super) fn letter_template(bytes: &[u8]) {
    match Template::parse(bytes) {
        Ok(template) => assert!(!template.version.is_empty() && !template.scope.is_empty()),
        Err(faults) => {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            assert!(faults.0.iter().all(|fault| fault.line as usize <= lines));
            assert!(!faults.0.is_empty() && !faults.message(Lang::Zh).is_empty());
        }
    }
}

pub(super) fn letter_template_seeds() -> Vec<Vec<u8>> {
    vec![NATIONAL.to_vec(), b"version = 1\n[text]\n{scope} {{ {to\n".to_vec()]
}

/// What was taken is written and taken as the same, is its own copy, and fits where it is drawn. The text of a
/// shape that is read is written as the same.
pub(super) fn signature(bytes: &[u8]) {
    let shape = std::str::from_utf8(bytes).ok().and_then(Shape::from_text);
    assert!(shape.is_none_or(|shape| shape.is_same(&shape) && shape.to_text().as_bytes() == bytes));
    let Ok(signature) = Signature::from_json(bytes) else { return };
    assert_eq!(Signature::from_json(signature.to_json().as_bytes()).as_ref(), Ok(&signature));
    assert!(signature.is_copy_of(&signature) && signature::check_differs(bytes, bytes).is_err());
    let shape = Shape::of(&signature);
    assert!(Shape::from_text(&shape.to_text()) == Some(shape) && signature.picture(64).is_some());
    let inside = |at: f64, length: f64| (-0.001..=length + 0.001).contains(&at);
    let points = signature.fitted((0.0, 0.0, 50.0, 30.0));
    assert!(points.iter().flatten().all(|(x, y)| inside(*x, 50.0) && inside(*y, 30.0)));
}

pub(super) fn signature_seeds() -> Vec<Vec<u8>> {
    let points = |by: u32| {
        let points = (0..24).map(|at| format!("[{},{},{}]", 20 + at * 9, 30 + at * by % 50, at * 16));
        points.collect::<Vec<_>>().join(",")
    };
    let file = |by| format!(r#"{{"signature":1,"width":300,"height":120,"strokes":[[{}]]}}"#, points(by));
    let shape = || Some(Shape::of(&Signature::from_json(file(7).as_bytes()).ok()?).to_text().into_bytes());
    [7, 13].map(|by| file(by).into_bytes()).into_iter().chain(shape()).collect()
}
