//! Whether a definition hangs together. A workbook is checked when it is read;
//! bytes from elsewhere must be, before anything relies on them.

use crate::definition::{Definition, MAX_CHOICES, MAX_DEPTH, MAX_ROWS, Row};
use crate::fault::Fault;
use crate::question::QuestionKind;
use ruhu_text::Bilingual;
use ruhu_xpath::is_name;
use std::collections::HashSet;

/// The most lists.
const MAX_LISTS: usize = 5_000;

/// Adds a fault for everything that does not hold together; false when the
/// rows are too many or hang together so badly that nothing can be built.
pub(super) fn check(definition: &Definition, faults: &mut Vec<Fault>) -> bool {
    let before = faults.len();
    check_sizes(definition, faults);
    if !is_name(&definition.root) {
        faults.push(name_fault(0, &definition.root));
    }
    let mut depths: Vec<usize> = Vec::with_capacity(definition.rows.len());
    let mut names = HashSet::new();
    for row in &definition.rows {
        depths.push(check_row(definition, row, &depths, faults));
        if !names.insert((row.parent, row.name.as_str())) {
            let message = Bilingual::new(
                format!("同一组里有两个“{}”。", row.name),
                format!("Two rows of one group are named “{}”.", row.name),
            );
            faults.push(at_name(Fault::error("duplicate-name", message), row.line, &row.name));
        }
    }
    let spoils = |fault: &Fault| matches!(fault.code.as_str(), "too-many-rows" | "bad-parent" | "too-deep");
    !faults.iter().skip(before).any(spoils)
}

fn check_sizes(definition: &Definition, faults: &mut Vec<Fault>) {
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
            faults.push(Fault::error("too-many-rows", message).at_sheet(sheet));
        }
    }
}

/// Checks one row by itself; gives its depth.
fn check_row(definition: &Definition, row: &Row, depths: &[usize], faults: &mut Vec<Fault>) -> usize {
    if !is_name(&row.name) {
        faults.push(name_fault(row.line, &row.name));
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
                    faults.push(Fault::error("bad-parent", message).at_sheet("survey").at_row(row.line));
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
        faults.push(at_name(Fault::error("too-deep", message), row.line, &row.name));
    }
    depth
}

fn name_fault(line: u32, name: &str) -> Fault {
    let message = Bilingual::new(format!("“{name}”不能作题目名。"), format!("“{name}” cannot be a name."));
    at_name(Fault::error("bad-name", message), line, name).hint(Bilingual::new(
        "名字以字母或下划线开头，只含字母、数字、“_”、“-”、“.”。",
        "A name begins with a letter or “_” and has only letters, digits, “_”, “-” and “.”.",
    ))
}

fn at_name(fault: Fault, line: u32, name: &str) -> Fault {
    fault.at_sheet("survey").at_row(line).at_cell("name", name)
}
