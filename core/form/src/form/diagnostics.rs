//! What is wrong with an expression of a form, and in which cell.

use crate::definition::{Row, Source};
use ruhu_text::{Bilingual, Diagnostic, Explain, Explanation};
use ruhu_xpath::ResolveError;

pub(super) fn at_cell(diagnostic: Diagnostic, row: &Row, cell: &Source) -> Diagnostic {
    diagnostic.at_sheet("survey").at_row(row.line).at_cell(&cell.column, &cell.text)
}

pub(super) fn syntax_diagnostic(row: &Row, cell: &Source, error: &ruhu_xpath::SyntaxError) -> Diagnostic {
    let text = error.explain().what;
    let before = cell.text.get(..error.at).map_or(0, |before| before.chars().count());
    let message = Bilingual::new(
        format!("算式读不懂，第 {} 个字符处：{}。", before + 1, text.zh),
        format!("The expression cannot be read, at character {}: {}.", before + 1, text.en),
    );
    at_cell(Diagnostic::error("bad-expression", message), row, cell)
}

pub(super) fn reference_diagnostic(row: &Row, cell: &Source, error: &ResolveError) -> Diagnostic {
    let Explanation { what: message, advice } = error.explain();
    let diagnostic = match error {
        ResolveError::Unknown { .. } => Diagnostic::error("dangling-reference", message),
        ResolveError::Ambiguous { .. } => Diagnostic::error("ambiguous-reference", message),
    };
    at_cell(diagnostic, row, cell).help(advice)
}

pub(super) fn too_many_references(limit: usize) -> Diagnostic {
    let message = Bilingual::new(
        format!("算式引用的题目总共超过 {limit} 处。"),
        format!("The expressions refer to more than {limit} places in all."),
    );
    Diagnostic::error("too-many-references", message).at_sheet("survey").help(Bilingual::new(
        "请写出题目名，不用 “//*” 一类的路径。",
        "Name the questions instead of using paths such as “//*”.",
    ))
}

pub(super) fn choice_name_diagnostic(row: &Row, cell: &Source) -> Diagnostic {
    let message = Bilingual::new(
        "选项的来源里不能用 jr:choice-name。",
        "Where choices come from cannot be told with jr:choice-name.",
    );
    at_cell(Diagnostic::error("choice-name-in-choices", message), row, cell)
}

pub(super) fn bad_pattern(row: &Row, cell: &Source, pattern: &str) -> Diagnostic {
    let message = Bilingual::new(
        format!("正则表达式“{pattern}”读不懂。"),
        format!("The regular expression “{pattern}” cannot be read."),
    );
    at_cell(Diagnostic::error("bad-pattern", message), row, cell)
}
