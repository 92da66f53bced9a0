//! Points, traces and shapes on the earth: `latitude longitude altitude
//! accuracy`, in degrees and metres, points separated by semicolons.

use super::{Function, MANY, function};
use crate::ast::Expr;
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::number::decimal;
use crate::value::Value;

type Evaluated = Result<Value, EvalError>;

pub(super) const TABLE: &[Function] = &[
    function("distance", 1, MANY, |e, frame, args| Ok(measure(e, frame, args, length)?.into())),
    function("area", 1, MANY, |e, frame, args| Ok(measure(e, frame, args, area)?.into())),
    function("enclosed-area", 1, MANY, |e, frame, args| Ok(measure(e, frame, args, area)?.into())),
    function("geofence", 2, 2, geofence),
];

/// The radius that all engines count with, in metres.
const EARTH_RADIUS: f64 = 6_378_100.0;

/// Degrees north and degrees east.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    latitude: f64,
    longitude: f64,
}

/// Reads `38.2 21.7`, with altitude and accuracy or without.
fn point(text: &str) -> Option<Point> {
    let numbers: Option<Vec<f64>> = text.split_whitespace().map(decimal).collect();
    let numbers = numbers?;
    let (latitude, longitude) = (*numbers.first()?, *numbers.get(1)?);
    let valid = numbers.len() <= 4
        && (-90.0..=90.0).contains(&latitude)
        && (-180.0..=180.0).contains(&longitude)
        && numbers.get(3).is_none_or(|accuracy| *accuracy >= 0.0);
    valid.then_some(Point { latitude, longitude })
}

/// Reads points separated by semicolons, one after the last included; none
/// when there is nothing or one of them is no point.
fn points<'t>(texts: impl Iterator<Item = &'t str>) -> Option<Vec<Point>> {
    let parts = texts.flat_map(|text| text.split(';')).map(str::trim).filter(|part| !part.is_empty());
    let points: Vec<Point> = parts.map(point).collect::<Option<_>>()?;
    if points.is_empty() { None } else { Some(points) }
}

/// Metres or square metres to two decimals; not a number without points.
fn measure(
    e: &Evaluator<'_>,
    frame: Frame,
    args: &[Expr],
    of: fn(&[Point]) -> f64,
) -> Result<f64, EvalError> {
    let texts = e.all_texts(frame, args)?;
    let Some(points) = points(texts.iter().map(String::as_str)) else { return Ok(f64::NAN) };
    Ok((of(&points) * 100.0).round() / 100.0)
}

/// The length of the way from point to point, along great circles.
fn length(points: &[Point]) -> f64 {
    points.iter().zip(points.iter().skip(1)).map(|(from, to)| between(*from, *to)).sum()
}

/// By the spherical law of cosines; rounding may carry the cosine beyond 1.
fn between(from: Point, to: Point) -> f64 {
    let (north, other) = (from.latitude.to_radians(), to.latitude.to_radians());
    let turn = (from.longitude - to.longitude).to_radians();
    let cosine = north.sin() * other.sin() + north.cos() * other.cos() * turn.cos();
    cosine.clamp(-1.0, 1.0).acos() * EARTH_RADIUS
}

/// The area of a shape on the sphere; the last point joins the first.
fn area(points: &[Point]) -> f64 {
    if points.len() < 3 {
        return 0.0;
    }
    let next = points.iter().cycle().skip(1);
    let strip = |(from, to): (&Point, &Point)| {
        let width = (to.longitude - from.longitude).to_radians();
        width * (2.0 + from.latitude.to_radians().sin() + to.latitude.to_radians().sin())
    };
    let sum: f64 = points.iter().zip(next).map(strip).sum();
    (sum * EARTH_RADIUS * EARTH_RADIUS / 2.0).abs()
}

/// Whether a point lies within a shape, which must be one; a blank point does not.
fn geofence(e: &Evaluator<'_>, frame: Frame, args: &[Expr]) -> Evaluated {
    let (place, shape) = (e.argument_text(frame, args, 0)?, e.argument_text(frame, args, 1)?);
    let shape = points(std::iter::once(&*shape));
    let shape =
        shape.filter(|shape| shape.len() > 2).ok_or(EvalError::BadArgument { function: "geofence" })?;
    Ok(point(&place).is_some_and(|place| is_inside(place, &shape)).into())
}

/// Counts the sides that a ray to the east crosses; an open shape has no inside.
fn is_inside(place: Point, shape: &[Point]) -> bool {
    if shape.first() != shape.last() {
        return false;
    }
    let crossed = shape.iter().zip(shape.iter().skip(1)).filter(|(a, b)| {
        let spans = (a.latitude > place.latitude) != (b.latitude > place.latitude);
        let along = (place.latitude - a.latitude) / (b.latitude - a.latitude);
        spans && place.longitude < a.longitude + along * (b.longitude - a.longitude)
    });
    crossed.count() % 2 == 1
}
