//! Whether a value is the expected one.

use super::Outcome;
use super::document::{Document, frame};
use super::vectors::{Vector, plain};
use regex_lite::RegexBuilder;
use ruhu_text::{Explain, Lang};
use ruhu_xpath::{Environment, EvalError, Evaluator, NodeRef, SyntaxErrorKind, Value};
use serde_json::Value as Json;

/// How a vector came out, and what was got.
pub(super) struct Verdict {
    pub outcome: Outcome,
    pub got: String,
}

impl Verdict {
    pub fn refused(got: String) -> Verdict {
        Verdict { outcome: Outcome::Refused, got }
    }

    fn failed(got: String) -> Verdict {
        Verdict { outcome: Outcome::Failed, got }
    }

    fn of(passed: bool, got: String) -> Verdict {
        Verdict { outcome: if passed { Outcome::Passed } else { Outcome::Failed }, got }
    }
}

/// Works a vector out at its context node.
pub(super) fn check(
    vector: &Vector,
    document: &Document,
    context: NodeRef,
    environment: Environment,
) -> Verdict {
    let wants_error = vector.check == "error";
    let expr = match ruhu_xpath::parse(&vector.expr) {
        Ok(expr) => expr,
        Err(error) => {
            let text = error.message(Lang::En);
            let unsupported = matches!(error.kind, SyntaxErrorKind::UnknownFunction { .. });
            return match (wants_error, unsupported) {
                (true, _) => Verdict::of(true, text),
                (false, true) => Verdict::refused(text),
                (false, false) => Verdict::failed(text),
            };
        }
    };
    let evaluator = document.evaluator(document, environment);
    match evaluator.evaluate(&expr, frame(context)) {
        Ok(value) if wants_error => Verdict::failed(evaluator.to_text(&value)),
        Ok(value) => compare(vector, document, &evaluator, &value),
        Err(error) => Verdict::of(wants_error, described(&error)),
    }
}

fn described(error: &EvalError) -> String {
    error.message(Lang::En)
}

fn compare(vector: &Vector, document: &Document, evaluator: &Evaluator<'_>, value: &Value) -> Verdict {
    let expected = &vector.expected;
    match vector.check.as_str() {
        "boolean" => {
            let truth = evaluator.to_boolean(value);
            Verdict::of(expected.as_bool() == Some(truth), truth.to_string())
        }
        "string" => {
            let text = evaluator.to_text(value);
            Verdict::of(plain(expected) == text, text)
        }
        "number" => numbers(expected, evaluator.to_number(value), None),
        "number-rounded" => numbers(expected, evaluator.to_number(value), vector.factor),
        "string-length" => {
            let length = evaluator.to_text(value).chars().count();
            Verdict::of(number(expected) == Some(length as f64), length.to_string())
        }
        "string-match" => matching(&plain(expected), evaluator.to_text(value)),
        "nodeset" => nodes(expected, document, value, evaluator),
        other => Verdict::refused(format!("no check “{other}”")),
    }
}

/// The number that the file writes, as a number or as its text.
fn number(expected: &Json) -> Option<f64> {
    match expected {
        Json::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        other => other.as_f64(),
    }
}

fn numbers(expected: &Json, got: f64, factor: Option<f64>) -> Verdict {
    let rounded = match factor {
        Some(factor) => (got * factor).round() / factor,
        None => got,
    };
    let same = |wanted: f64| {
        wanted == rounded
            || wanted.is_nan() && rounded.is_nan()
            || (wanted - rounded).abs() <= TOLERANCE * wanted.abs().max(1.0)
    };
    Verdict::of(number(expected).is_some_and(same), got.to_string())
}

/// How far engines may be apart, relative to a number beyond 1: the last digits
/// of `sin` or of a remainder are those of a platform, not of an engine.
const TOLERANCE: f64 = 1e-14;

/// The expectation is a regular expression of JavaScript, as `/.../i`.
fn matching(pattern: &str, text: String) -> Verdict {
    let parts = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    let Some((body, flags)) = parts else { return Verdict::refused("the pattern is not /.../".into()) };
    let pattern = RegexBuilder::new(body)
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .size_limit(1 << 20)
        .build();
    match pattern {
        Ok(pattern) => Verdict::of(pattern.is_match(&text), text),
        Err(error) => Verdict::refused(format!("the pattern cannot be read: {error}")),
    }
}

fn nodes(expected: &Json, document: &Document, value: &Value, evaluator: &Evaluator<'_>) -> Verdict {
    let Value::Nodes(found) = value else { return Verdict::failed(evaluator.to_text(value)) };
    let wanted: Option<Vec<NodeRef>> = expected
        .as_array()
        .and_then(|paths| paths.iter().map(|path| document.place(path.as_str()?)).collect());
    let got: Vec<String> = found.iter().map(|node| document.path(*node)).collect();
    Verdict::of(wanted.as_ref() == Some(found), got.join(" "))
}
