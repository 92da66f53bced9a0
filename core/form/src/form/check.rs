//! Whether a definition hangs together. A workbook is checked when it is read;
//! bytes from elsewhere must be, before anything relies on them.

use crate::definition::{Definition, MAX_CHOICES, MAX_DEPTH, MAX_ROWS, Row};
use crate::question::QuestionKind;
use ruhu_text::{Bilingual, Diagnostic};
use ruhu_xpath::is_name;
use std::collections::HashSet;

/// The most lists.
const MAX_LISTS: usize = 5_000;

/// Adds a fault for everything that does not hold together; false when the
/// rows are too many or hang together so badly that nothing can be built.
pub(super) fn check(definition: &Definition, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let before = diagnostics.len();
    check_sizes(definition, diagnostics);
    if !is_name(&definition.root) {
        diagnostics.push(name_diagnostic(0, &definition.root));
    }
    let mut depths: Vec<usize> = Vec::with_capacity(definition.rows.len());
    let mut names = HashSet::new();
    for row in &definition.rows {
        depths.push(check_row(definition, row, &depths, diagnostics));
        if !names.insert((row.parent, row.name.as_str())) {
            let message = Bilingual::new(
                format!("同一组里有两个“{}”。", row.name),
                format!("Two rows of one group are named “{}”.", row.name),
            );
            diagnostics.push(at_name(Diagnostic::error("duplicate-name", message), row.line, &row.name));
        }
    }
    let spoils = |diagnostic: &Diagnostic| {
        matches!(diagnostic.code.as_str(), "too-many-rows" | "bad-parent" | "too-deep")
    };
    !diagnostics.iter().skip(before).any(spoils)
}

fn check_sizes(definition: &Definition, diagnostics: &mut Vec<Diagnostic>) {
    let choices: usize = definition.lists.iter().map(|list| list.choices.len()).sum();
    let sizes = [
        ("survey", definition.rows.len(), MAX_ROWS),
        ("choices", choices, MAX_CHOICES),
        ("choices", definition.lists.len(), MAX_LISTS),
    ];
    for (sheet, size, limit) in sizes {
        if size > limit {
            let message = Bilingual::new(
                format!("行数 {size} 超过上限 {limit}。"),
                format!("{size} rows; at most {limit}."),
            );
            diagnostics.push(Diagnostic::error("too-many-rows", message).at_sheet(sheet));
        }
    }
}

/// Checks one row by itself; gives its depth.
fn check_row(
    definition: &Definition,
    row: &Row,
    depths: &[usize],
    diagnostics: &mut Vec<Diagnostic>,
) -> usize {
    if !is_name(&row.name) {
        diagnostics.push(name_diagnostic(row.line, &row.name));
    }
    let depth = match row.parent {
        None => 1,
        Some(parent) => {
            let holder = definition
                .rows
                .get(parent as usize)
                .filter(|row| matches!(row.kind, QuestionKind::Group | QuestionKind::Repeat));
            match (holder, depths.get(parent as usize)) {
                (Some(_), Some(depth)) => depth + 1,
                _ => {
                    let message =
                        Bilingual::new("所在的组不存在。", "The group that holds this row does not exist.");
                    diagnostics
                        .push(Diagnostic::error("bad-parent", message).at_sheet("survey").at_row(row.line));
                    1
                }
            }
        }
    };
    if depth == MAX_DEPTH + 1 {
        let message = Bilingual::new(
            format!("组套组超过 {MAX_DEPTH} 层。"),
            format!("Groups are nested deeper than {MAX_DEPTH}."),
        );
        diagnostics.push(at_name(Diagnostic::error("too-deep", message), row.line, &row.name));
    }
    depth
}

fn name_diagnostic(line: u32, name: &str) -> Diagnostic {
    let message = Bilingual::new(format!("“{name}”不能作题目名。"), format!("“{name}” cannot be a name."));
    at_name(Diagnostic::error("bad-name", message), line, name).help(Bilingual::new(
        "名字以字母或下划线开头，只含字母、数字、“_”、“-”、“.”。",
        "A name begins with a letter or “_” and has only letters, digits, “_”, “-” and “.”.",
    ))
}

fn at_name(diagnostic: Diagnostic, line: u32, name: &str) -> Diagnostic {
    diagnostic.at_sheet("survey").at_row(line).at_cell("name", name)
}
