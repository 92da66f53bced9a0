//! Answers to select questions: choices separated by blanks.

use super::{Function, function};
use crate::ast::Expr;
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::parser::parse;
use crate::value::Value;

type Evaluated = Result<Value, EvalError>;

pub(super) const TABLE: &[Function] = &[
    function("selected", 2, 2, selected),
    function("selected-at", 2, 2, selected_at),
    function("count-selected", 1, 1, count_selected),
    function("jr:choice-name", 2, 2, choice_name),
];

fn selected(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let (chosen, wanted) = (e.argument_text(frame, args, 0)?, e.argument_text(frame, args, 1)?);
    let wanted = wanted.trim();
    if wanted.is_empty() {
        return Ok(chosen.trim().is_empty().into());
    }
    Ok(chosen.split_whitespace().any(|choice| choice == wanted).into())
}

fn selected_at(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let (chosen, at) = (e.argument_text(frame, args, 0)?, e.argument_number(frame, args, 1)?);
    if at.is_nan() || at < 0.0 {
        return Ok("".into());
    }
    Ok(chosen.split_whitespace().nth(at as usize).unwrap_or("").into())
}

fn count_selected(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let chosen = e.argument_text(frame, args, 0)?;
    Ok((chosen.split_whitespace().count() as f64).into())
}

/// The label of a choice of the question named by the second argument, which
/// is a path in quotation marks; in a form it has been resolved to a path by now.
fn choice_name(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let value = e.argument_text(frame, args, 0)?;
    let written = match args.get(1) {
        Some(Expr::Literal(text)) => parse(text).ok(),
        _ => None,
    };
    let Some(Expr::Path(path)) = written.as_ref().or(args.get(1)) else {
        return Err(EvalError::BadArgument { function: "jr:choice-name" });
    };
    let Some(question) = e.path_unfiltered(path, frame)?.first().copied() else { return Ok("".into()) };
    Ok(e.host.choice_label(question, &value).unwrap_or_default().into())
}
