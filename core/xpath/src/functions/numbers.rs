//! Arithmetic.

use super::{Function, MANY, function};
use crate::ast::Expr;
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::value::Value;
use sha2::{Digest, Sha256};

type Evaluated = Result<Value, EvalError>;

/// A function of one number.
macro_rules! of_one {
    ($name:literal, $f:expr) => {
        function($name, 1, 1, |e, frame, args| {
            let f: fn(f64) -> f64 = $f;
            Ok(f(e.argument_number(frame, args, 0)?).into())
        })
    };
}

/// A function of two numbers.
macro_rules! of_two {
    ($name:literal, $f:expr) => {
        function($name, 2, 2, |e, frame, args| {
            let f: fn(f64, f64) -> f64 = $f;
            Ok(f(e.argument_number(frame, args, 0)?, e.argument_number(frame, args, 1)?).into())
        })
    };
}

pub(super) const TABLE: &[Function] = &[
    function("number", 0, 1, number),
    function("sum", 1, 1, sum),
    function("min", 1, MANY, |e, frame, args| Ok(extreme(e, frame, args, f64::min)?.into())),
    function("max", 1, MANY, |e, frame, args| Ok(extreme(e, frame, args, f64::max)?.into())),
    function("round", 1, 2, round),
    function("random", 0, 0, |e, frame, _| Ok(((e.draw(frame) >> 11) as f64 / (1_u64 << 53) as f64).into())),
    function("pi", 0, 0, |_, _, _| Ok(std::f64::consts::PI.into())),
    of_one!("int", f64::trunc),
    of_one!("abs", f64::abs),
    of_one!("floor", f64::floor),
    of_one!("ceiling", f64::ceil),
    of_one!("sqrt", f64::sqrt),
    of_one!("exp", f64::exp),
    of_one!("exp10", |x| 10_f64.powf(x)),
    of_one!("log", f64::ln),
    of_one!("log10", f64::log10),
    of_one!("sin", f64::sin),
    of_one!("cos", f64::cos),
    of_one!("tan", f64::tan),
    of_one!("asin", f64::asin),
    of_one!("acos", f64::acos),
    of_one!("atan", f64::atan),
    of_two!("atan2", f64::atan2),
    of_two!("pow", f64::powf),
];

impl Evaluator<'_> {
    /// A random number that only depends on the seed, the node and how many
    /// were drawn before in this expression: replaying gives it again,
    /// whatever the order in which expressions are worked out.
    pub(super) fn draw(&self, frame: Frame) -> u64 {
        let draw = self.draws.get();
        self.draws.set(draw.wrapping_add(1));
        let mut hash = Sha256::new();
        hash.update(self.environment.seed.to_le_bytes());
        hash.update(draw.to_le_bytes());
        hash.update(self.host.key(frame.current));
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        u64::from_le_bytes(first)
    }
}

fn number(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    match args.is_empty() {
        true => Ok(e.node_number(frame.node).into()),
        false => Ok(e.argument_number(frame, args, 0)?.into()),
    }
}

fn sum(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let nodes = super::nodes::nodes(e, frame, args, 0, "sum")?;
    Ok(nodes.into_iter().map(|node| e.node_number(node)).sum::<f64>().into())
}

/// The least or greatest of all arguments; not a number if one of them is.
fn extreme(
    e: &Evaluator<'_>,
    frame: Frame,
    args: &[Expr],
    choose: fn(f64, f64) -> f64,
) -> Result<f64, EvalError> {
    let mut best: Option<f64> = None;
    for argument in args {
        let numbers = match e.evaluate(argument, frame)? {
            Value::Nodes(nodes) => nodes.into_iter().map(|node| e.node_number(node)).collect(),
            value => vec![e.to_number(&value)],
        };
        for number in numbers {
            if number.is_nan() {
                return Ok(f64::NAN);
            }
            best = Some(best.map_or(number, |best| choose(best, number)));
        }
    }
    Ok(best.unwrap_or(f64::NAN))
}

/// Halves round away from zero, as in a spreadsheet (`round(-2.5)` is -3); a
/// second argument is the number of decimals.
fn round(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let number = e.argument_number(frame, args, 0)?;
    if args.len() < 2 {
        return Ok(number.round().into());
    }
    let places = e.argument_number(frame, args, 1)?;
    if !number.is_finite() || places.is_nan() {
        return Ok(f64::NAN.into());
    }
    Ok(round_to(number, places.trunc().clamp(-30.0, 30.0) as i32).into())
}

/// Rounds what is written, not what is stored: 1.005 to two places is 1.01.
fn round_to(number: f64, places: i32) -> f64 {
    shift(shift(number, places).round(), -places)
}

/// Moves the decimal point by way of the shortest decimal text.
fn shift(number: f64, places: i32) -> f64 {
    format!("{number}e{places}").parse().unwrap_or(f64::NAN)
}
