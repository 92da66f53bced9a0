//! Days and moments.

use super::{Function, function};
use crate::ast::Expr;
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::moment::{Moment, Names};
use crate::number::{decimal, trim};
use crate::value::Value;

type Evaluated = Result<Value, EvalError>;

pub(super) const TABLE: &[Function] = &[
    function("today", 0, 0, |e, _, _| Ok(e.now().map_or_else(|| "".into(), |now| Value::Moment(now.day())))),
    function("now", 0, 0, |e, _, _| Ok(e.now().map_or_else(|| "".into(), Value::Moment))),
    function("date", 1, 1, |e, frame, args| date(e, frame, args, Moment::from_number)),
    function("date-time", 1, 1, |e, frame, args| date(e, frame, args, Moment::from_utc_days)),
    function("decimal-date-time", 1, 1, decimal_date_time),
    function("decimal-time", 1, 1, decimal_time),
    function("format-date", 2, 2, |e, frame, args| format_date(e, frame, args, Moment::from_number)),
    function("format-date-time", 2, 2, |e, frame, args| format_date(e, frame, args, Moment::from_utc_days)),
];

/// What a number of its own means, at an offset from UTC in minutes.
type FromNumber = fn(f64, i32) -> Option<Moment>;

impl Evaluator<'_> {
    fn now(&self) -> Option<Moment> {
        self.environment.moment()
    }

    /// The day or moment that the first argument is: written out, or a number.
    fn argument_moment(
        &self,
        frame: Frame,
        args: &[Expr],
        from_number: FromNumber,
    ) -> Result<Option<Moment>, EvalError> {
        let Some(argument) = args.first() else { return Ok(None) };
        let offset = self.environment.utc_offset_minutes;
        Ok(match self.evaluate(argument, frame)? {
            Value::Moment(moment) => Some(moment),
            Value::Number(number) => from_number(number, offset),
            Value::Days(days) => Moment::from_days(days, offset),
            Value::Boolean(_) => None,
            value @ (Value::Nodes(_) | Value::Text(_)) => {
                let text = self.to_text(&value);
                let text = trim(&text);
                Moment::parse(text, offset).or_else(|| from_number(decimal(text)?, offset))
            }
        })
    }
}

/// Blank stays blank, and what is no date is blank too.
fn date(e: &Evaluator<'_>, frame: Frame, args: &[Expr], from_number: FromNumber) -> Evaluated {
    let moment = e.argument_moment(frame, args, from_number)?;
    Ok(moment.map_or_else(|| "".into(), Value::Moment))
}

/// Days since 1970-01-01T00:00Z.
fn decimal_date_time(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let offset = e.environment.utc_offset_minutes;
    let moment = e.argument_moment(frame, args, Moment::from_number)?;
    Ok(moment.map_or(f64::NAN, |moment| moment.utc_days(offset)).into())
}

/// The fraction of the local day: of a time, or of a moment.
fn decimal_time(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let text = e.argument_text(frame, args, 0)?;
    let (text, offset) = (trim(&text), e.environment.utc_offset_minutes);
    if let Some((ms, own)) = crate::moment::parse_time(text) {
        let local = ms + i64::from(offset - own.unwrap_or(offset)) * 60_000;
        return Ok((local.rem_euclid(DAY_MS) as f64 / DAY_MS as f64).into());
    }
    Ok(Moment::parse(text, offset).map_or(f64::NAN, Moment::fraction_of_day).into())
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn format_date(e: &Evaluator<'_>, frame: Frame, args: &[Expr], from_number: FromNumber) -> Evaluated {
    let Some(moment) = e.argument_moment(frame, args, from_number)? else { return Ok("".into()) };
    let pattern = e.argument_text(frame, args, 1)?;
    Ok(moment.format(&pattern, Names::of(e.host.language())).into())
}
