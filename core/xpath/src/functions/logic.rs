//! Truth and choice.

use super::{Function, MANY, function};
use crate::ast::Expr;
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::value::Value;

type Evaluated = Result<Value, EvalError>;

pub(super) const TABLE: &[Function] = &[
    function("boolean", 1, 1, |e, frame, args| Ok(e.boolean_of_nth(frame, args, 0)?.into())),
    function("not", 1, 1, |e, frame, args| Ok((!e.boolean_of_nth(frame, args, 0)?).into())),
    function("true", 0, 0, |_, _, _| Ok(true.into())),
    function("false", 0, 0, |_, _, _| Ok(false.into())),
    function("boolean-from-string", 1, 1, boolean_from_string),
    function("if", 3, 3, choose),
    function("coalesce", 2, 2, coalesce),
    function("once", 1, 1, once),
    function("checklist", 2, MANY, checklist),
    function("weighted-checklist", 4, MANY, weighted_checklist),
];

impl Evaluator<'_> {
    fn boolean_of_nth(&self, frame: Frame, args: &[Expr], n: usize) -> Result<bool, EvalError> {
        args.get(n).map_or(Ok(false), |expr| self.boolean_of(expr, frame))
    }

    fn nth(&self, frame: Frame, args: &[Expr], n: usize) -> Evaluated {
        args.get(n).map_or(Ok(Value::from("")), |expr| self.evaluate(expr, frame))
    }
}

fn boolean_from_string(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let text = e.argument_text(frame, args, 0)?;
    Ok(matches!(&*text, "1" | "true").into())
}

fn choose(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let n = if e.boolean_of_nth(frame, args, 0)? { 1 } else { 2 };
    Ok(something(e.nth(frame, args, n)?))
}

/// What does not apply is a blank, not nothing: so a comparison sees a blank.
fn something(value: Value) -> Value {
    match value {
        Value::Nodes(nodes) if nodes.is_empty() => "".into(),
        value => value,
    }
}

fn coalesce(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let first = e.nth(frame, args, 0)?;
    // What cannot be worked out is as good as blank.
    let blank = match &first {
        Value::Number(number) | Value::Days(number) => number.is_nan(),
        value => e.to_text(value).is_empty(),
    };
    if blank { Ok(something(e.nth(frame, args, 1)?)) } else { Ok(first) }
}

/// The node's own value if it has one: worked out once, then kept.
fn once(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let own = e.node_text(frame.current);
    if own.is_empty() { e.nth(frame, args, 0) } else { Ok(own.into_owned().into()) }
}

fn checklist(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let mut held = 0.0;
    for item in args.iter().skip(2) {
        held += match e.evaluate(item, frame)? {
            Value::Nodes(nodes) => nodes.iter().filter(|node| !e.node_text(**node).is_empty()).count() as f64,
            value => f64::from(u8::from(e.to_boolean(&value))),
        };
    }
    within(e, frame, args, held)
}

fn weighted_checklist(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let mut weight = 0.0;
    for pair in args.get(2..).unwrap_or(&[]).chunks(2) {
        let [item, worth] = pair else {
            return Err(EvalError::BadArgument { function: "weighted-checklist" });
        };
        weight += match (e.evaluate(item, frame)?, e.evaluate(worth, frame)?) {
            (Value::Nodes(items), Value::Nodes(worths)) => items
                .iter()
                .zip(&worths)
                .filter(|(item, _)| !e.node_text(**item).is_empty())
                .map(|(_, worth)| e.node_number(*worth))
                .sum(),
            (item, worth) if e.to_boolean(&item) => e.to_number(&worth),
            _ => 0.0,
        };
    }
    within(e, frame, args, weight)
}

/// Whether `held` lies between the first two arguments; -1 is no limit.
fn within(e: &Evaluator<'_>, frame: Frame, args: &[Expr], held: f64) -> Evaluated {
    let (least, most) = (e.argument_number(frame, args, 0)?, e.argument_number(frame, args, 1)?);
    Ok(((least == -1.0 || held >= least) && (most == -1.0 || held <= most)).into())
}
