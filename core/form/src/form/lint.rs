//! What the expressions of a form hardly mean, told when it is read.

use super::diagnostics::at_cell;
use crate::definition::{Definition, Row, Source};
use crate::question::QuestionKind;
use ruhu_text::Diagnostic;
use ruhu_xpath::{QuestionFacts, holds_identity};
use std::collections::HashMap;

/// Warns of what the author should look at.
pub(crate) fn lint(definition: &Definition, diagnostics: &mut Vec<Diagnostic>) {
    let mut facts: HashMap<&str, QuestionFacts> = HashMap::new();
    for row in &definition.rows {
        facts.insert(&row.name, of(row));
    }
    let question = |name: &str| facts.get(name).copied();
    for row in &definition.rows {
        let cells = [&row.relevant, &row.required, &row.constraint, &row.calculation, &row.choice_filter];
        for cell in cells.into_iter().flatten() {
            lint_cell(row, cell, &question, diagnostics);
        }
    }
}

fn lint_cell(
    row: &Row,
    cell: &Source,
    question: &dyn Fn(&str) -> Option<QuestionFacts>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    // What cannot be read has been told as a fault.
    let Ok(expr) = ruhu_xpath::parse(&cell.text) else { return };
    for lint in ruhu_xpath::lints(&expr, Some(of(row)), question) {
        diagnostics.push(at_cell(Diagnostic::warning(lint.code, lint.message), row, cell).help(lint.help));
    }
}

fn of(row: &Row) -> QuestionFacts {
    let kind = row.kind;
    let constraint = row.constraint.as_ref().map_or("", |cell| &cell.text);
    let always = row.required.as_ref().is_some_and(|cell| {
        matches!(cell.text.trim().to_ascii_lowercase().as_str(), "yes" | "true" | "true()")
    });
    QuestionFacts {
        text: matches!(kind, QuestionKind::Text | QuestionKind::Barcode),
        number: kind.is_number(),
        filled: row.default.is_some() || row.calculation.is_some() || always && row.relevant.is_none(),
        identity: holds_identity(&row.name, constraint),
    }
}
