//! Vectors that do not pass: who agrees, and by which rule.

use super::check::Verdict;
use super::vectors::{Vector, plain};

/// The engines that gave what was got.
pub(super) fn agreeing(vector: &Vector, verdict: &Verdict) -> Vec<String> {
    let same = |given: &str| match (given.parse::<f64>(), verdict.got.parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b || a.is_nan() && b.is_nan(),
        _ => given == verdict.got,
    };
    let agrees = |given: &&serde_json::Value| same(&plain(given));
    vector.engines.iter().filter(|(_, given)| agrees(given)).map(|(engine, _)| engine.clone()).collect()
}

pub(super) fn rule(_: &Vector) -> Option<u8> {
    None
}
