//! From answers to fields: what a filled form writes into the household.

use std::collections::BTreeMap;

use ruhu_case::{Value, Write};
use ruhu_form::{AnswerField, QuestionKind};
use ruhu_national::Fen;

/// A write of a value.
pub(crate) fn put(path: impl Into<String>, value: Value) -> Write {
    Write::Put { path: path.into(), value }
}

/// A write of a text.
pub(crate) fn text(path: impl Into<String>, value: impl Into<String>) -> Write {
    put(path, Value::Text(value.into()))
}

/// The key that orders children by the time they were made: 13 digits of milliseconds.
pub(crate) fn order_key(now_ms: i64) -> String {
    format!("{:013}", now_ms.max(0))
}

/// The fields of the household that answers name by `ruhu::save_to`, with their values. Of several
/// answers for one field the last in the form's order counts.
pub(crate) fn saved_fields(answers: &[AnswerField]) -> BTreeMap<String, Value> {
    let named = answers.iter().filter_map(|a| a.save_to.as_deref().map(|target| (target, a)));
    named.filter_map(|(target, answer)| saved_field(target, answer)).collect()
}

/// `case/house_area`, with an optional suffix: `:fen` yuan kept as whole fen, `:int` a whole number.
/// A value that is none stays as it was typed: nothing entered is lost.
fn saved_field(target: &str, answer: &AnswerField) -> Option<(String, Value)> {
    let (path, suffix) = target.rsplit_once(':').unwrap_or((target, ""));
    let as_text = || Value::Text(answer.value.clone());
    let value = match suffix {
        "fen" => answer.value.parse().map_or_else(|_| as_text(), |Fen(fen)| Value::Fen(fen)),
        "int" => answer.value.parse().map_or_else(|_| as_text(), Value::Int),
        _ => answer_value(answer),
    };
    (!path.is_empty()).then(|| (path.to_owned(), value))
}

/// How an answer is kept in its record.
pub(crate) fn answer_value(answer: &AnswerField) -> Value {
    match answer.kind {
        QuestionKind::Integer => {
            answer.value.parse().map_or_else(|_| Value::Text(answer.value.clone()), Value::Int)
        }
        // The order in which somebody ticked says nothing: one set is one text.
        QuestionKind::SelectMultiple => {
            let mut chosen: Vec<&str> = answer.value.split_whitespace().collect();
            chosen.sort_unstable();
            Value::Text(chosen.join(" "))
        }
        _ => Value::Text(answer.value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_that_is_no_amount_is_kept_as_it_was_typed() {
        let answer = AnswerField {
            path: "/v/spend".into(),
            kind: QuestionKind::Text,
            value: "约三百".into(),
            save_to: Some("case/spend:fen".into()),
            class: None,
            merge: None,
        };
        let fields = saved_fields(&[answer]);
        assert_eq!(fields.get("case/spend"), Some(&Value::Text("约三百".into())));
    }
}
