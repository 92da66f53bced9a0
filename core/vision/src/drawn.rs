//! What ink that ends sharply draws: a frame, one line, many dots.

use serde::Serialize;

use crate::geometry::Point;
use crate::outline::{area, hull};
use crate::picture::{Plane, pieces};

/// From a point this far within the outline, in millimetres, a frame has ended and what it frames has
/// not begun.
const WITHIN: (f32, f32) = (1.2, 2.4);
/// Parts with a smaller share of all ink are specks.
const SPECK: f32 = 0.004;

/// Figures of a drawing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Drawn {
    /// The share of the convex outline along which ink lies, 0 to 1.
    pub outlined: f32,
    /// The share without ink of what lies a little within the convex outline, 0 to 1.
    pub hollow: f32,
    /// The share of all ink that is in its largest connected part, 0 to 1.
    pub largest_part: f32,
    /// The share that the convex outline has of the smallest rectangle around it, 0 to 1: 1 for what has
    /// straight sides and right angles, 0.79 for a circle or an oval.
    pub square: f32,
}

impl Drawn {
    /// Of the places where `inked` is above 0.5.
    pub fn of(inked: &Plane, per_mm: f32) -> Drawn {
        let set: Vec<bool> = inked.data.iter().map(|&value| value > 0.5).collect();
        let parts = pieces(&set, inked.width);
        let all: usize = parts.iter().map(Vec::len).sum();
        let largest = parts.iter().map(Vec::len).max().unwrap_or(0);
        let mut ink = Plane::filled(inked.width, inked.height, 0.0);
        let large = |part: &&Vec<usize>| part.len() as f32 > SPECK * all as f32;
        parts.iter().filter(large).flatten().for_each(|&at| ink.data[at] = 1.0);
        let around = outline(&ink);
        Drawn {
            outlined: outlined(&ink, &around),
            hollow: hollow(&ink, &around, per_mm),
            largest_part: largest as f32 / all.max(1) as f32,
            square: square(&around),
        }
    }
}

fn outline(ink: &Plane) -> Vec<Point> {
    let mut points = Vec::new();
    for y in 0..ink.height {
        let row = &ink.data[y * ink.width..][..ink.width];
        let ends = (row.iter().position(|&v| v > 0.5), row.iter().rposition(|&v| v > 0.5));
        if let (Some(first), Some(last)) = ends {
            points.extend([(first as f64, y as f64), (last as f64, y as f64)]);
        }
    }
    hull(&points)
}

/// One of the sides of the smallest rectangle lies along a side of the outline.
fn square(around: &[Point]) -> f32 {
    let smallest = sides(around).filter(|(p, q)| p != q).map(|(p, q)| {
        let length = (q.0 - p.0).hypot(q.1 - p.1);
        let (ux, uy) = ((q.0 - p.0) / length, (q.1 - p.1) / length);
        let extent = |of: &dyn Fn(&Point) -> f64| {
            let values = around.iter().map(of);
            let (least, most) = values.fold((f64::MAX, f64::MIN), |(l, m), v| (l.min(v), m.max(v)));
            most - least
        };
        extent(&|r| r.0 * ux + r.1 * uy) * extent(&|r| r.1 * ux - r.0 * uy)
    });
    let smallest = smallest.fold(f64::MAX, f64::min);
    if smallest > 0.0 { (area(around) / smallest) as f32 } else { 0.0 }
}

fn sides(around: &[Point]) -> impl Iterator<Item = (&Point, &Point)> {
    around.iter().zip(around.iter().skip(1).chain(around.first()))
}

fn outlined(ink: &Plane, around: &[Point]) -> f32 {
    let near = ink.highest(2);
    let (mut inside, mut all) = (0usize, 0usize);
    for (p, q) in sides(around) {
        let steps = (p.0 - q.0).hypot(p.1 - q.1).ceil() as usize;
        for step in 0..steps {
            let t = step as f64 / steps as f64;
            let (x, y) = (p.0 + (q.0 - p.0) * t, p.1 + (q.1 - p.1) * t);
            all += 1;
            inside += usize::from(near.at(x as usize, y as usize) > 0.5);
        }
    }
    inside as f32 / all.max(1) as f32
}

fn hollow(ink: &Plane, around: &[Point], per_mm: f32) -> f32 {
    let mut outside = Plane::filled(ink.width, ink.height, 1.0);
    for y in 0..ink.height {
        let level = y as f64;
        let crossings = sides(around).filter(|(p, q)| p.1.min(q.1) <= level && p.1.max(q.1) >= level);
        let (mut left, mut right) = (f64::MAX, f64::MIN);
        for (p, q) in crossings {
            let t = if p.1 == q.1 { 0.0 } else { (level - p.1) / (q.1 - p.1) };
            let x = p.0 + t * (q.0 - p.0);
            (left, right) = (left.min(x), right.max(x));
        }
        for x in left.max(0.0).ceil() as usize..=(right.max(-1.0).floor() + 1.0) as usize {
            if x > 0 && x <= ink.width && left <= right {
                outside.data[y * ink.width + x - 1] = 0.0;
            }
        }
    }
    let far = |mm: f32| outside.highest((mm * per_mm).round() as usize);
    let (near, far) = (far(WITHIN.0), far(WITHIN.1));
    let (mut bare, mut all) = (0usize, 0usize);
    for at in 0..ink.data.len() {
        if near.data[at] < 0.5 && far.data[at] > 0.5 {
            all += 1;
            bare += usize::from(ink.data[at] < 0.5);
        }
    }
    bare as f32 / all.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    const PER_MM: f32 = 5.0;

    fn drawn(ink: impl Fn(f32, f32) -> bool) -> Drawn {
        let side = 160usize;
        let at = |at: usize| ((at % side) as f32 / PER_MM - 16.0, (at / side) as f32 / PER_MM - 16.0);
        let data = (0..side * side).map(|i| f32::from(u8::from(ink(at(i).0, at(i).1)))).collect();
        Drawn::of(&Plane::new(side, side, data), PER_MM)
    }

    #[test]
    fn a_ring_with_a_star_is_framed_hollow_and_of_two_parts() {
        let ring = |x: f32, y: f32| (x.hypot(y) - 12.0).abs() < 0.5 || x.abs() + y.abs() < 4.0;
        let drawn = drawn(ring);
        assert!(drawn.outlined > 0.95 && drawn.hollow > 0.9, "{drawn:?}");
        assert!((0.6..0.8).contains(&drawn.largest_part), "{drawn:?}");
    }

    #[test]
    fn a_disc_is_full_to_its_outline_and_of_one_part() {
        let drawn = drawn(|x, y| x.hypot(y) < 8.0);
        assert!(drawn.outlined > 0.95 && drawn.hollow < 0.01 && drawn.largest_part == 1.0, "{drawn:?}");
    }

    #[test]
    fn what_has_straight_sides_fills_a_rectangle_however_it_is_turned_and_an_oval_does_not() {
        let (sin, cos) = 0.4f32.sin_cos();
        let turned = |x: f32, y: f32| (cos * x + sin * y, cos * y - sin * x);
        let seal = drawn(|x, y| turned(x, y).0.abs() < 8.0 && turned(x, y).1.abs() < 6.0);
        assert!(seal.square > 0.93, "{seal:?}");
        let oval = drawn(|x, y| (turned(x, y).0 / 9.0).hypot(turned(x, y).1 / 7.0) < 1.0);
        assert!((0.75..0.84).contains(&oval.square), "{oval:?}");
    }

    #[test]
    fn a_cross_has_no_frame_and_dots_have_no_large_part() {
        let cross = drawn(|x, y| (x.abs() < 0.6 || y.abs() < 0.6) && x.abs() < 9.0 && y.abs() < 9.0);
        assert!(cross.outlined < 0.4, "{cross:?}");
        let dots =
            drawn(|x, y| x.hypot(y) < 9.0 && (x.rem_euclid(1.0) - 0.5).hypot(y.rem_euclid(1.0) - 0.5) < 0.35);
        assert!(dots.largest_part < 0.05, "{dots:?}");
    }

    #[test]
    fn where_there_is_no_ink_all_figures_are_nothing() {
        assert_eq!(drawn(|_, _| false), Drawn::default());
    }
}
