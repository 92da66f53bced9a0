//! What the expressions of a form hardly mean, told when it is read.

use super::program::at_cell;
use crate::definition::{Cell, Definition, Row};
use crate::fault::Fault;
use crate::question::QuestionKind;
use ruhu_xpath::{Asked, holds_identity};
use std::collections::HashMap;

/// Warns of what the author should look at.
pub(crate) fn lint(definition: &Definition, faults: &mut Vec<Fault>) {
    let mut asked: HashMap<&str, Asked> = HashMap::new();
    for row in &definition.rows {
        asked.insert(&row.name, of(row));
    }
    let question = |name: &str| asked.get(name).copied();
    for row in &definition.rows {
        let cells = [&row.relevant, &row.required, &row.constraint, &row.calculation, &row.choice_filter];
        for cell in cells.into_iter().flatten() {
            lint_cell(row, cell, &question, faults);
        }
    }
}

fn lint_cell(row: &Row, cell: &Cell, question: &dyn Fn(&str) -> Option<Asked>, faults: &mut Vec<Fault>) {
    // What cannot be read has been told as a fault.
    let Ok(expr) = ruhu_xpath::parse(&cell.text) else { return };
    for lint in ruhu_xpath::lints(&expr, Some(of(row)), question) {
        faults.push(at_cell(Fault::warning(lint.code, lint.message), row, cell).hint(lint.hint));
    }
}

fn of(row: &Row) -> Asked {
    let kind = row.kind;
    let constraint = row.constraint.as_ref().map_or("", |cell| &cell.text);
    let always = row.required.as_ref().is_some_and(|cell| {
        matches!(cell.text.trim().to_ascii_lowercase().as_str(), "yes" | "true" | "true()")
    });
    Asked {
        text: matches!(kind, QuestionKind::Text | QuestionKind::Barcode),
        number: kind.is_number(),
        filled: row.default.is_some() || row.calculation.is_some() || always && row.relevant.is_none(),
        identity: holds_identity(&row.name, constraint),
    }
}
