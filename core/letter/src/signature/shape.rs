//! What strokes look like whatever their place, their size, their speed and the number of their points: by this
//! a drawing that is used a second time is found.
//!
//! The strokes are taken as one line, which also goes where the pen was lifted, so that it does not matter
//! where a stroke ends. Width and height are stretched to one, each by itself: of two lines that two people
//! draw, what differs is how they tremble. Two shapes are laid over each other along their lines.

use data_encoding::BASE64URL_NOPAD;

use super::strokes::{Signature, SignatureError};

/// How the text of a shape begins.
const HEAD: &str = "strokes1:";
/// How much more one direction is stretched than the other, at most.
const MOST_STRETCH: f32 = 8.0;
/// The most corners of a shape.
const MOST_CORNERS: usize = 400;
/// The most points among which corners are looked for.
const MOST_POINTS: usize = 4_096;
/// How far a line may lie from the points that it stands for, in steps of the grid.
const LEAST_TOLERANCE: f32 = 0.8;
/// Steps of the grid along a side.
const GRID: f32 = 255.0;
/// Points along a line that are laid over each other.
const LAID: usize = 1_024;
/// How far one line may be ahead of the other, in these points.
const AHEAD: usize = 88;
/// Each how many of them are looked at first, and how far apart these may lie, in steps of the grid.
const SPARSE: (usize, f32) = (16, 0.20 * GRID);
/// How far apart two lines of one drawing lie, on average, in steps of the grid. Stored with fewer points or in
/// whole numbers a drawing moves by half as much at most; a steady hand that signs again by twice as much.
const NEAR: f32 = 0.005 * GRID;

/// What strokes look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// The corners of the line, on the grid.
    corners: Vec<(u8, u8)>,
}

impl Shape {
    /// Of a signature.
    pub fn of(signature: &Signature) -> Shape {
        let all: Vec<(f32, f32)> = signature.points().map(|point| (point.0, point.1)).collect();
        let reach = |of: fn(&(f32, f32)) -> f32| {
            let range = |(least, most): (f32, f32), at: f32| (least.min(at), most.max(at));
            let (least, most) = all.iter().map(of).fold((f32::MAX, f32::MIN), range);
            (least, most - least)
        };
        let ((left, width), (top, height)) = (reach(|point| point.0), reach(|point| point.1));
        let longest = width.max(height).max(f32::MIN_POSITIVE);
        let side = |reach: f32| reach.max(longest / MOST_STRETCH);
        let step = |value: f32, from: f32, side: f32| ((value - from) / side * GRID).round() as u8;
        let mut points: Vec<(u8, u8)> =
            all.iter().map(|(x, y)| (step(*x, left, side(width)), step(*y, top, side(height)))).collect();
        points.dedup();
        let points: Vec<(u8, u8)> = match points.len().div_ceil(MOST_POINTS) {
            0 | 1 => points,
            each => points.into_iter().step_by(each).collect(),
        };
        let mut tolerance = LEAST_TOLERANCE;
        let mut corners = corners(&points, tolerance);
        while corners.len() > MOST_CORNERS {
            tolerance *= 1.5;
            corners = self::corners(&points, tolerance);
        }
        Shape { corners }
    }

    /// As text, at most 1,100 characters.
    pub fn to_text(&self) -> String {
        let bytes: Vec<u8> = self.corners.iter().flat_map(|(x, y)| [*x, *y]).collect();
        format!("{HEAD}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// Reads a shape's text; anything else is none.
    pub fn from_text(text: &str) -> Option<Shape> {
        let bytes = BASE64URL_NOPAD.decode(text.strip_prefix(HEAD)?.as_bytes()).ok()?;
        let corners: Vec<(u8, u8)> = bytes.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let is_one = bytes.len().is_multiple_of(2) && (2..=MOST_CORNERS).contains(&corners.len());
        is_one.then_some(Shape { corners })
    }

    /// Whether two are one drawing: moved, scaled in either direction, stored with other points, replayed at
    /// another speed. Nobody draws a line twice.
    pub fn is_same(&self, other: &Shape) -> bool {
        let (one, two) = (self.laid_out(), other.laid_out());
        let (each, far) = SPARSE;
        let sparse = one.iter().zip(&two).step_by(each);
        let apart: f32 = sparse.clone().map(|(a, b)| (a.0 - b.0).hypot(a.1 - b.1)).sum();
        apart <= far * sparse.len() as f32 && distance(&one, &two) <= NEAR && distance(&two, &one) <= NEAR
    }

    /// Points along the line, at equal distances.
    fn laid_out(&self) -> Vec<(f32, f32)> {
        let corners: Vec<(f32, f32)> =
            self.corners.iter().map(|(x, y)| (f32::from(*x), f32::from(*y))).collect();
        let length: f32 = corners.iter().zip(corners.iter().skip(1)).map(|(a, b)| apart(*a, *b)).sum();
        let step = length / (LAID - 1) as f32;
        let mut points = Vec::with_capacity(LAID);
        let (mut gone, mut next) = (0.0, 0.0);
        for (a, b) in corners.iter().zip(corners.iter().skip(1)) {
            let side = apart(*a, *b);
            while next <= gone + side && points.len() < LAID {
                let t = if side > 0.0 { (next - gone) / side } else { 0.0 };
                points.push((a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t));
                next += step.max(f32::MIN_POSITIVE);
            }
            gone += side;
        }
        let last = corners.last().copied().unwrap_or_default();
        points.resize(LAID, last);
        points
    }
}

impl Signature {
    /// Whether another is a copy, see [`Shape::is_same`].
    pub fn is_copy_of(&self, other: &Signature) -> bool {
        Shape::of(self).is_same(&Shape::of(other))
    }
}

/// Whether two people's signatures of one letter, drawn or photographed, are the same: the same bytes,
/// or the same strokes.
///
/// # Errors
/// `signature_same`.
pub fn check_differs(one: &[u8], other: &[u8]) -> Result<(), SignatureError> {
    let strokes = |bytes| Signature::from_json(bytes).ok();
    let same =
        one == other || strokes(one).zip(strokes(other)).is_some_and(|(one, other)| one.is_copy_of(&other));
    if same { Err(SignatureError::Same) } else { Ok(()) }
}

fn apart(a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// How far the points of a line lie from another, on average: each from a piece of it that is not before that
/// of the point before.
fn distance(one: &[(f32, f32)], other: &[(f32, f32)]) -> f32 {
    /// How many pieces the next point may be further.
    const STRIDE: usize = 3;
    let pieces = other.len().saturating_sub(1);
    let mut least = vec![f32::INFINITY; pieces];
    for (at, point) in one.iter().enumerate() {
        let (first, end) = (at.saturating_sub(AHEAD), (at + AHEAD + 1).min(pieces));
        let mut now = vec![f32::INFINITY; pieces];
        for piece in first..end {
            let before = match at {
                0 => 0.0,
                _ => {
                    least[piece.saturating_sub(STRIDE)..=piece].iter().copied().fold(f32::INFINITY, f32::min)
                }
            };
            now[piece] = before + off(*point, other[piece], other[piece + 1]);
        }
        least = now;
    }
    least.into_iter().fold(f32::INFINITY, f32::min) / one.len() as f32
}

/// How far a point lies from a piece of a line.
fn off(point: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let square = dx * dx + dy * dy;
    let t = if square > 0.0 { ((point.0 - a.0) * dx + (point.1 - a.1) * dy) / square } else { 0.0 };
    let t = t.clamp(0.0, 1.0);
    apart(point, (a.0 + dx * t, a.1 + dy * t))
}

/// The points without those that a line between two others stands for (Ramer, Douglas, Peucker).
fn corners(points: &[(u8, u8)], tolerance: f32) -> Vec<(u8, u8)> {
    let place = |at: usize| (f32::from(points[at].0), f32::from(points[at].1));
    let mut kept = vec![false; points.len()];
    let ends = [kept.first_mut().is_some(), kept.len() > 1];
    if ends[0] {
        kept[0] = true;
    }
    let mut open = Vec::new();
    if ends[1] {
        kept[points.len() - 1] = true;
        open.push((0, points.len() - 1));
    }
    while let Some((from, to)) = open.pop() {
        let (a, b) = (place(from), place(to));
        let farthest = (from + 1..to).map(|at| (off(place(at), a, b), at)).max_by(|x, y| x.0.total_cmp(&y.0));
        if let Some((_, at)) = farthest.filter(|(off, _)| *off > tolerance) {
            kept[at] = true;
            open.extend([(from, at), (at, to)]);
        }
    }
    points.iter().zip(kept).filter(|(_, kept)| *kept).map(|(point, _)| *point).collect()
}

#[cfg(test)]
mod tests {
    use super::super::strokes::Point;
    use super::*;

    /// Numbers from -1 to 1, the same for the same seed.
    struct Chance(u64);

    impl Chance {
        fn next(&mut self) -> f32 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        }
    }

    const WIDTH: f32 = 600.0;
    const HEIGHT: f32 = 240.0;

    /// A name by a hand: some characters of some strokes, bent. `again`: how the hand differs this time, in
    /// parts of a character, 0 for not at all.
    fn name(seed: u64, again: Option<(u64, f32)>) -> Vec<Vec<Point>> {
        let mut hand = Chance(seed.wrapping_mul(977).wrapping_add(5));
        let (mut day, unsteady) = again.map_or((Chance(0), 0.0), |(day, much)| (Chance(day), much));
        let characters = 2 + (seed % 2) as usize;
        let mut ms = 0;
        let mut strokes = Vec::new();
        for character in 0..characters {
            let middle = WIDTH * (character as f32 + 0.5) / characters as f32;
            for _ in 0..4 + seed as usize % 5 {
                let mut place = |centre: f32, side: f32| {
                    centre + 0.45 * side * hand.next() + unsteady * side * day.next()
                };
                let points: Vec<(f32, f32)> =
                    (0..3).map(|_| (place(middle, 180.0), place(HEIGHT / 2.0, 180.0))).collect();
                ms += 120;
                strokes.push(
                    (0..24)
                        .map(|at| {
                            let t = at as f32 / 23.0;
                            let bent = |a: f32, b: f32, c: f32| {
                                (1.0 - t) * ((1.0 - t) * a + t * b) + t * ((1.0 - t) * b + t * c)
                            };
                            ms += 12;
                            let [a, b, c] = [points[0], points[1], points[2]];
                            Point(bent(a.0, b.0, c.0), bent(a.1, b.1, c.1), ms)
                        })
                        .collect(),
                );
            }
        }
        strokes
    }

    fn shape(strokes: &[Vec<Point>]) -> Shape {
        let strokes: Vec<Vec<Point>> = strokes.to_vec();
        Shape::of(&Signature { width: 10_000.0, height: 10_000.0, strokes })
    }

    fn each(strokes: &[Vec<Point>], change: impl Fn(&Point) -> Point) -> Vec<Vec<Point>> {
        strokes.iter().map(|stroke| stroke.iter().map(&change).collect()).collect()
    }

    /// The ways in which a drawing is used again.
    fn copies(strokes: &[Vec<Point>]) -> Vec<(&'static str, Vec<Vec<Point>>)> {
        let thinned = |by: usize| -> Vec<Vec<Point>> {
            let kept = |stroke: &Vec<Point>| {
                let last = stroke.last().copied();
                stroke.iter().copied().step_by(by).chain(last).collect()
            };
            strokes.iter().map(kept).collect()
        };
        let doubled = |stroke: &Vec<Point>| -> Vec<Point> {
            let middle = |a: &Point, b: &Point| Point((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0, a.2);
            stroke
                .iter()
                .zip(&stroke[1..])
                .flat_map(|(a, b)| [*a, middle(a, b)])
                .chain(stroke.last().copied())
                .collect()
        };
        let halves = |stroke: &Vec<Point>| [stroke[..12].to_vec(), stroke[12..].to_vec()];
        vec![
            ("moved", each(strokes, |p| Point(p.0 + 31.0, p.1 + 17.0, p.2))),
            ("larger", each(strokes, |p| Point(p.0 * 3.0, p.1 * 3.0, p.2))),
            (
                "smaller, in whole numbers",
                each(strokes, |p| Point((p.0 / 2.0).round(), (p.1 / 2.0).round(), p.2)),
            ),
            ("wider than high", each(strokes, |p| Point(p.0 * 1.6, p.1, p.2))),
            ("slower, and later", each(strokes, |p| Point(p.0, p.1, p.2 * 3 + 900))),
            ("every second point", thinned(2)),
            ("every third point", thinned(3)),
            ("twice as many points", strokes.iter().map(doubled).collect()),
            ("strokes parted", strokes.iter().flat_map(halves).collect()),
            ("strokes joined", vec![strokes.concat()]),
        ]
    }

    #[test]
    fn a_drawing_used_again_is_found_and_a_hand_that_signs_again_is_not() {
        for seed in 0..10 {
            let drawn = name(seed, None);
            let one = shape(&drawn);
            for (way, copy) in copies(&drawn) {
                assert!(one.is_same(&shape(&copy)), "seed {seed}, {way}");
                assert!(shape(&copy).is_same(&one), "seed {seed}, {way}, the other way round");
            }
            for day in 1..3 {
                let again = shape(&name(seed, Some((seed * 31 + day, 0.05))));
                assert!(!one.is_same(&again), "seed {seed}: the same hand on day {day}");
            }
            assert!(!one.is_same(&shape(&name(seed + 100, None))), "seed {seed}: another name");
        }
    }

    #[test]
    fn of_two_people_who_draw_a_line_or_a_cross_none_draws_the_others() {
        let line = |seed: u64, (from, to): ((f32, f32), (f32, f32))| -> Vec<Point> {
            let mut hand = Chance(seed);
            let (mut dx, mut dy) = (0.0, 0.0);
            (0..30)
                .map(|at| {
                    let t = at as f32 / 29.0;
                    (dx, dy) = (0.8 * dx + hand.next(), 0.8 * dy + hand.next());
                    Point(from.0 + (to.0 - from.0) * t + dx, from.1 + (to.1 - from.1) * t + dy, at * 15)
                })
                .collect()
        };
        let flat = |seed: u64| vec![line(seed, ((40.0, 120.0), (520.0, 118.0)))];
        let cross = |seed: u64| {
            let mut hand = Chance(seed * 7 + 3);
            let mut by = |side: f32| side + 12.0 * hand.next();
            let (a, b) = (
                ((by(100.0), by(120.0)), (by(400.0), by(118.0))),
                ((by(250.0), by(20.0)), (by(252.0), by(220.0))),
            );
            vec![line(seed, a), line(seed + 50, b)]
        };
        for seed in 1..16 {
            assert!(!shape(&flat(seed)).is_same(&shape(&flat(seed + 1))), "line {seed}");
            assert!(!shape(&cross(seed)).is_same(&shape(&cross(seed + 1))), "cross {seed}");
            let moved = each(&flat(seed), |p| Point(p.0 * 2.0 + 9.0, p.1 * 2.0, p.2 + 5));
            assert!(shape(&flat(seed)).is_same(&shape(&moved)), "line {seed} again");
        }
    }

    #[test]
    fn a_shapes_text_is_bounded_and_read_again() {
        let mut hand = Chance(9);
        let scribble: Vec<Point> = (0..9_999)
            .map(|at| Point(300.0 + 290.0 * hand.next(), 120.0 + 110.0 * hand.next(), at))
            .collect();
        for strokes in [name(3, None), vec![scribble]] {
            let shape = shape(&strokes);
            let text = shape.to_text();
            assert!(text.len() <= 1_100, "{} characters", text.len());
            assert_eq!(Shape::from_text(&text), Some(shape.clone()));
            assert!(shape.is_same(&shape));
        }
        for none in ["", "strokes1:", "strokes1:AAA", "strokes1:AAAA!", "strokes2:AAAAAA", "0a1b"] {
            assert_eq!(Shape::from_text(none), None, "{none}");
        }
    }
}
