//! What is drawn by a pen or a printer: strokes, glyphs, signatures, dots.

use std::f32::consts::TAU;

use crate::PER_MM;
use crate::ink::Mark;
use crate::noise::{Chance, smooth};

/// Draws a line with round ends; points are millimetres from the mark's middle.
pub fn stroke(mark: &mut Mark, points: &[(f32, f32)], width: f32, density: f32) {
    let plane = &mut mark.density;
    let (cx, cy) = (plane.width as f32 / 2.0, plane.height as f32 / 2.0);
    let radius = width / 2.0 * PER_MM;
    for pair in points.windows(2) {
        let a = (pair[0].0 * PER_MM + cx, pair[0].1 * PER_MM + cy);
        let b = (pair[1].0 * PER_MM + cx, pair[1].1 * PER_MM + cy);
        let low = |p: f32, q: f32| (p.min(q) - radius - 1.0).floor().max(0.0) as usize;
        let high = |p: f32, q: f32, end: usize| ((p.max(q) + radius + 2.0).max(0.0) as usize).min(end);
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = (dx * dx + dy * dy).max(1e-6);
        for y in low(a.1, b.1)..high(a.1, b.1, plane.height) {
            for x in low(a.0, b.0)..high(a.0, b.0, plane.width) {
                let (px, py) = (x as f32 - a.0, y as f32 - a.1);
                let t = ((px * dx + py * dy) / length).clamp(0.0, 1.0);
                let distance = (px - t * dx).hypot(py - t * dy);
                let cover = (radius - distance + 0.5).clamp(0.0, 1.0);
                let at = y * plane.width + x;
                plane.data[at] = plane.data[at].max(cover * density);
            }
        }
    }
}

/// A curve through points, smooth.
pub fn curve(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut out = Vec::new();
    for at in 0..points.len().saturating_sub(1) {
        let p = |i: usize| points[i.min(points.len() - 1)];
        let (p0, p1, p2, p3) = (p(at.saturating_sub(1)), p(at), p(at + 1), p(at + 2));
        for step in 0..8 {
            let t = step as f32 / 8.0;
            let spline = |a: f32, b: f32, c: f32, d: f32| {
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            };
            out.push((spline(p0.0, p1.0, p2.0, p3.0), spline(p0.1, p1.1, p2.1, p3.1)));
        }
    }
    out.extend(points.last());
    out
}

/// Something like a Chinese character: strokes across, down and aslant in a square of this side.
pub fn glyph(mark: &mut Mark, at: (f32, f32), side: f32, weight: f32, density: f32, chance: &mut Chance) {
    let half = side * 0.46;
    let place = |chance: &mut Chance| chance.between(-half, half);
    let strokes = 3 + chance.below(6);
    for _ in 0..strokes {
        let points = match chance.below(5) {
            0 | 1 => {
                let y = place(chance);
                let (a, b) = (chance.between(-half, -0.1 * half), chance.between(0.1 * half, half));
                vec![(a, y), (b, y - 0.03 * side)]
            }
            2 | 3 => {
                let x = place(chance);
                vec![(x, chance.between(-half, 0.0)), (x, chance.between(0.1 * half, half))]
            }
            _ => {
                let x = chance.between(-0.3, 0.3) * half;
                vec![(x, place(chance) * 0.5 - 0.3 * half), (chance.one_of(&[-half, half]), half)]
            }
        };
        let moved: Vec<_> = points.iter().map(|p| (p.0 + at.0, p.1 + at.1)).collect();
        stroke(mark, &moved, weight, density);
    }
}

/// A signature of two to four characters by hand, about as wide as given.
pub fn signature(width: f32, height: f32, density: f32, chance: &mut Chance) -> Mark {
    let mut mark = Mark::bare(width + 6.0, height + 6.0);
    let characters = 2 + chance.below(3);
    let side = (width / characters as f32).min(height);
    let pen = chance.between(0.35, 0.9);
    let slant = chance.between(-0.2, 0.3);
    for c in 0..characters {
        let cx = (c as f32 - (characters as f32 - 1.0) / 2.0) * side;
        for _ in 0..3 + chance.below(5) {
            let count = 2 + chance.below(4);
            let mut point =
                (chance.between(-0.45, 0.45) * side * 0.9, chance.between(-0.45, 0.45) * side * 0.9);
            let mut points = vec![];
            for _ in 0..count {
                points.push((point.0 + cx - slant * point.1, point.1));
                point.0 = (point.0 + chance.between(-0.4, 0.5) * side).clamp(-0.48 * side, 0.48 * side);
                point.1 = (point.1 + chance.between(-0.35, 0.5) * side).clamp(-0.48 * side, 0.48 * side);
            }
            stroke(&mut mark, &curve(&points), pen * chance.between(0.7, 1.2), density);
        }
    }
    mark
}

/// What somebody draws or prints in the place of a print.
pub fn dot(chance: &mut Chance) -> Mark {
    let radius = chance.between(4.0, 10.0);
    let density = chance.between(0.6, 1.6);
    let side = 2.0 * radius * 1.4 + 4.0;
    let stretch = chance.between(1.0, 1.4);
    match chance.below(7) {
        0 => disc(radius, stretch, density, chance),
        1 => scribble(radius, density, chance),
        2 => halftone(radius, stretch, density, chance),
        3 => hatched(radius, density, chance),
        4 => spiral(radius, density, chance),
        5 => rings(radius, stretch, density, chance),
        _ => {
            // A brush or a thick pen: soft, full, of one piece.
            let wobble = smooth((side * PER_MM) as usize, (side * PER_MM) as usize, 4.0 * PER_MM, chance);
            let soft = chance.between(0.1, 0.6);
            Mark::drawn(side, side, |x, y| {
                let at = wobble.sample((x + side / 2.0) * PER_MM, (y + side / 2.0) * PER_MM);
                density
                    * (1.0 + 0.1 * at)
                    * ((radius * (1.0 + 0.06 * at) - x.hypot(y / stretch)) / soft).clamp(0.0, 1.0)
            })
        }
    }
}

fn disc(radius: f32, stretch: f32, density: f32, chance: &mut Chance) -> Mark {
    let side = 2.0 * radius * stretch + 3.0;
    let fades = chance.happens(0.3);
    Mark::drawn(side, side, |x, y| {
        let r = x.hypot(y / stretch);
        let edge = ((radius - r) * PER_MM + 0.5).clamp(0.0, 1.0);
        edge * density * if fades { 1.0 - 0.6 * r / radius } else { 1.0 }
    })
}

fn scribble(radius: f32, density: f32, chance: &mut Chance) -> Mark {
    let mut mark = Mark::bare(2.0 * radius + 4.0, 2.0 * radius + 4.0);
    let pen = chance.between(0.4, 1.0);
    let turns = (radius / pen * chance.between(1.5, 3.0)) as usize;
    let mut points = Vec::new();
    for _ in 0..turns.max(8) {
        let (angle, r) = (chance.between(0.0, TAU), radius * chance.between(0.5, 1.0));
        points.push((r * angle.cos(), r * angle.sin()));
    }
    stroke(&mut mark, &curve(&points), pen, density);
    mark
}

fn halftone(radius: f32, stretch: f32, density: f32, chance: &mut Chance) -> Mark {
    let side = 2.0 * radius * stretch + 3.0;
    let pitch = chance.between(0.3, 1.0);
    let (sin, cos) = chance.between(0.0, 1.5).sin_cos();
    let fill = chance.between(0.25, 0.42);
    Mark::drawn(side, side, |x, y| {
        if x.hypot(y / stretch) > radius {
            return 0.0;
        }
        let (u, v) = ((cos * x + sin * y) / pitch, (cos * y - sin * x) / pitch);
        let r = (u - u.round()).hypot(v - v.round());
        density * ((fill - r) * pitch * PER_MM + 0.5).clamp(0.0, 1.0)
    })
}

fn hatched(radius: f32, density: f32, chance: &mut Chance) -> Mark {
    let mut mark = Mark::bare(2.0 * radius + 4.0, 2.0 * radius + 4.0);
    let pen = chance.between(0.35, 0.8);
    let gap = (pen * chance.between(1.3, 2.2)).max(0.85);
    let (sin, cos) = chance.between(0.0, TAU).sin_cos();
    let mut at = -radius;
    while at < radius {
        let half = (radius * radius - at * at).max(0.0).sqrt() * chance.between(0.85, 1.05);
        let (a, b) = ((at + chance.between(-0.1, 0.1), -half), (at + chance.between(-0.15, 0.15), half));
        let turn = |(x, y): (f32, f32)| (cos * x - sin * y, sin * x + cos * y);
        stroke(&mut mark, &[turn(a), turn(b)], pen, density);
        at += gap * chance.between(0.75, 1.25);
    }
    mark
}

fn spiral(radius: f32, density: f32, chance: &mut Chance) -> Mark {
    let mut mark = Mark::bare(2.0 * radius + 4.0, 2.0 * radius + 4.0);
    let pen = chance.between(0.4, 1.0);
    let gap = pen * chance.between(0.9, 2.0);
    let turns = radius / gap;
    let points: Vec<_> = (0..(turns * 24.0) as usize)
        .map(|at| {
            let angle = at as f32 / 24.0 * TAU;
            let r = gap * at as f32 / 24.0 + chance.between(-0.06, 0.06);
            (r * angle.cos(), r * angle.sin())
        })
        .collect();
    stroke(&mut mark, &points, pen, density);
    mark
}

/// Ovals in each other, as if they were ridges.
fn rings(radius: f32, stretch: f32, density: f32, chance: &mut Chance) -> Mark {
    let mut mark = Mark::bare(2.0 * radius + 4.0, 2.0 * radius * stretch + 4.0);
    let pen = chance.between(0.4, 0.7);
    let gap = pen + chance.between(0.5, 1.2);
    let mut r = radius;
    while r > 0.4 {
        let points: Vec<_> = (0..=40)
            .map(|at| {
                let angle = at as f32 / 40.0 * TAU;
                let r = r + chance.between(-0.07, 0.07);
                (r * angle.cos(), r * stretch * angle.sin())
            })
            .collect();
        stroke(&mut mark, &points, pen, density);
        r -= gap * chance.between(0.8, 1.2);
    }
    mark
}
