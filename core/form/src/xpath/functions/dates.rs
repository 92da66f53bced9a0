//! Days and moments.

use super::{Function, function};
use crate::moment::{Moment, Names};
use crate::xpath::ast::Expr;
use crate::xpath::eval::{EvalError, Evaluator, Frame};
use crate::xpath::value::Value;

type Evaluated = Result<Value, EvalError>;

pub(super) const TABLE: &[Function] = &[
    function("today", 0, 0, |e, _, _| Ok(e.now().map_or_else(|| "".into(), |now| Value::Moment(now.day())))),
    function("now", 0, 0, |e, _, _| Ok(e.now().map_or_else(|| "".into(), Value::Moment))),
    function("date", 1, 1, date),
    function("date-time", 1, 1, date),
    function("decimal-date-time", 1, 1, decimal_date_time),
    function("decimal-time", 1, 1, decimal_time),
    function("format-date", 2, 2, format_date),
    function("format-date-time", 2, 2, format_date),
];

impl Evaluator<'_> {
    fn now(&self) -> Option<Moment> {
        self.environment.moment()
    }

    /// The day or moment that a value is: written out, or days since 1970.
    fn to_moment(&self, value: &Value) -> Option<Moment> {
        let offset = self.environment.utc_offset_minutes;
        match value {
            Value::Moment(moment) => Some(*moment),
            Value::Number(days) => Moment::from_days(*days, offset),
            Value::Boolean(_) => None,
            Value::Nodes(_) | Value::Text(_) => {
                let text = self.to_text(value);
                let text = text.trim();
                Moment::parse(text, offset)
                    .or_else(|| Moment::from_days(crate::xpath::value::decimal(text)?, offset))
            }
        }
    }

    fn argument_moment(&self, frame: Frame, args: &[Expr]) -> Result<Option<Moment>, EvalError> {
        let Some(argument) = args.first() else { return Ok(None) };
        Ok(self.to_moment(&self.evaluate(argument, frame)?))
    }
}

/// Blank stays blank, and what is no date is blank too.
fn date(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    Ok(e.argument_moment(frame, args)?.map_or_else(|| "".into(), Value::Moment))
}

fn decimal_date_time(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let offset = e.environment.utc_offset_minutes;
    Ok(e.argument_moment(frame, args)?.map_or(f64::NAN, |moment| moment.utc_days(offset)).into())
}

fn decimal_time(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let text = e.argument_text(frame, args, 0)?;
    if let Some((ms, _)) = crate::moment::parse_time(text.trim()) {
        return Ok((ms as f64 / 86_400_000.0).into());
    }
    let moment = Moment::parse(text.trim(), e.environment.utc_offset_minutes);
    Ok(moment.map_or(f64::NAN, Moment::fraction_of_day).into())
}

fn format_date(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let Some(moment) = e.argument_moment(frame, args)? else { return Ok("".into()) };
    let pattern = e.argument_text(frame, args, 1)?;
    Ok(moment.format(&pattern, Names::of(e.host.language())).into())
}
