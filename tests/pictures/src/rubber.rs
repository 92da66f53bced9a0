//! What the second hand puts where a finger should be: other stamps, other things drawn.

use std::f32::consts::TAU;

use crate::PER_MM;
use crate::drawing::{curve, glyph, stroke};
use crate::ink::{Ink, Mark};
use crate::noise::{Chance, smooth};

/// A stamp at random. One without a frame is of red ink always: in blue it would be writing.
pub fn stamp(ink: Ink, chance: &mut Chance) -> Mark {
    let density = chance.between(0.45, 1.6);
    let mut mark = match chance.below(5) {
        0 => banded(density, chance),
        1 => row(true, density, chance),
        2 => row(ink != Ink::Red, density, chance),
        3 => seal(density, chance),
        _ => column(density, chance),
    };
    let plane = &mut mark.density;
    let patches = smooth(plane.width, plane.height, chance.between(2.0, 6.0) * PER_MM, chance);
    let rough = smooth(plane.width, plane.height, chance.between(1.5, 4.0), chance);
    let (uneven, grain) = (chance.between(0.0, 0.45), chance.between(0.0, 0.4));
    let soft = plane.blurred(chance.between(0.6, 1.3));
    for (at, value) in plane.data.iter_mut().enumerate() {
        *value = (soft.data[at] * (1.0 + uneven * patches.data[at] + grain * rough.data[at])).max(0.0);
    }
    mark
}

fn ellipse(a: f32, b: f32) -> Vec<(f32, f32)> {
    (0..=80).map(|at| at as f32 / 80.0 * TAU).map(|t| (a * t.cos(), b * t.sin())).collect()
}

/// Two rings with a band across that holds a date.
fn banded(density: f32, chance: &mut Chance) -> Mark {
    let r = chance.between(10.0, 17.0);
    let mut mark = Mark::bare(2.0 * r + 3.0, 2.0 * r + 3.0);
    let line = chance.between(0.3, 0.8);
    stroke(&mut mark, &ellipse(r, r), line, density);
    stroke(&mut mark, &ellipse(r * 0.62, r * 0.62), line * 0.7, density);
    for y in [-0.2, 0.2] {
        stroke(&mut mark, &[(-r * 0.97, y * r), (r * 0.97, y * r)], line, density);
    }
    let side = r * 0.3;
    for at in 0..5 {
        glyph(&mut mark, ((at as f32 - 2.0) * side * 0.95, 0.0), side * 0.9, side * 0.12, density, chance);
    }
    for at in 0..6 {
        let angle = at as f32 / 6.0 * TAU + 0.5;
        let (x, y) = (0.8 * r * angle.cos(), 0.8 * r * angle.sin());
        glyph(&mut mark, (x, y), side * 0.8, side * 0.1, density, chance);
    }
    mark
}

/// A row of characters, with a frame or without.
fn row(framed: bool, density: f32, chance: &mut Chance) -> Mark {
    let count = 2 + chance.below(3);
    let side = chance.between(5.0, 9.0).min(27.0 / count as f32);
    let (w, h) = (count as f32 * side / 2.0 + 0.8, side / 2.0 + 0.8);
    let mut mark = Mark::bare(2.0 * w + 3.0, 2.0 * h + 3.0);
    if framed {
        let line = chance.between(0.3, 1.0);
        stroke(&mut mark, &[(-w, -h), (w, -h), (w, h), (-w, h), (-w, -h)], line, density);
    }
    for at in 0..count {
        let x = (at as f32 - (count as f32 - 1.0) / 2.0) * side;
        glyph(&mut mark, (x, 0.0), side * 0.92, side * chance.between(0.07, 0.14), density, chance);
        glyph(&mut mark, (x, 0.0), side * 0.85, side * 0.08, density, chance);
    }
    mark
}

/// A name's seal with white characters, its corners round.
fn seal(density: f32, chance: &mut Chance) -> Mark {
    let (a, b) = (chance.between(4.5, 10.0), chance.between(5.5, 11.0));
    let mut white = Mark::bare(2.0 * a + 3.0, 2.0 * b + 3.0);
    let count = 2 + chance.below(2);
    let side = (2.0 * b / count as f32).min(2.0 * a) * 0.88;
    for at in 0..count {
        let y = (at as f32 - (count as f32 - 1.0) / 2.0) * 2.0 * b / count as f32 * 0.93;
        glyph(&mut white, (0.0, y), side, side * chance.between(0.10, 0.16), 1.0, chance);
    }
    let plane = white.density;
    let power = chance.between(2.5, 9.0);
    Mark::drawn(2.0 * a + 3.0, 2.0 * b + 3.0, |x, y| {
        let r = ((x / a).abs().powf(power) + (y / b).abs().powf(power)).powf(1.0 / power);
        let edge = ((1.0 - r) * a * PER_MM + 0.5).clamp(0.0, 1.0);
        let (u, v) = (x * PER_MM + plane.width as f32 / 2.0, y * PER_MM + plane.height as f32 / 2.0);
        density * edge * (1.0 - plane.sample(u, v))
    })
}

/// A tall frame with two or three characters one above the other.
fn column(density: f32, chance: &mut Chance) -> Mark {
    let count = 2 + chance.below(2);
    let side = chance.between(5.0, 8.0);
    let (w, h) = (side * 0.62, count as f32 * side * 0.53);
    let mut mark = Mark::bare(2.0 * w + 3.0, 2.0 * h + 3.0);
    let line = chance.between(0.4, 1.1);
    stroke(&mut mark, &[(-w, -h), (w, -h), (w, h), (-w, h), (-w, -h)], line, density);
    for at in 0..count {
        let y = (at as f32 - (count as f32 - 1.0) / 2.0) * side;
        glyph(&mut mark, (0.0, y), side * 0.9, side * chance.between(0.08, 0.15), density, chance);
    }
    mark
}

/// Something drawn or printed.
pub fn dot(chance: &mut Chance) -> Mark {
    let radius = chance.between(4.5, 10.0);
    let density = chance.between(0.5, 1.5);
    match chance.below(4) {
        0 => filled(radius, density, chance),
        1 => thick(radius, density, chance),
        2 => screened(radius, density, chance),
        _ => crossed(radius, density, chance),
    }
}

/// A felt pen's full patch, streaky.
fn filled(radius: f32, density: f32, chance: &mut Chance) -> Mark {
    let side = 2.0 * radius * 1.4 + 3.0;
    let stretch = chance.between(1.0, 1.4);
    let (sin, cos) = chance.between(0.0, TAU).sin_cos();
    let pen = chance.between(1.5, 4.0);
    let streak = chance.between(0.02, 0.12);
    Mark::drawn(side, side, |x, y| {
        let edge = ((radius - x.hypot(y / stretch)) * PER_MM * 0.7 + 0.5).clamp(0.0, 1.0);
        edge * density * (1.0 + streak * (TAU * (cos * x + sin * y) / pen).sin())
    })
}

/// A thick pen, round and round.
fn thick(radius: f32, density: f32, chance: &mut Chance) -> Mark {
    let mut mark = Mark::bare(2.0 * radius + 5.0, 2.0 * radius + 5.0);
    let pen = chance.between(0.9, 2.2);
    let mut points = Vec::new();
    let (mut angle, mut r) = (0.0f32, radius);
    while r > 0.5 * pen {
        points.push((r * angle.cos(), 1.1 * r * angle.sin()));
        angle += 0.55 + chance.between(-0.1, 0.1);
        r -= pen * chance.between(0.03, 0.10);
    }
    stroke(&mut mark, &curve(&points), pen, density);
    mark
}

/// Printed in lines, all in one direction.
fn screened(radius: f32, density: f32, chance: &mut Chance) -> Mark {
    let side = 2.0 * radius + 3.0;
    let pitch = chance.between(0.35, 0.9);
    let (sin, cos) = chance.between(0.0, TAU).sin_cos();
    Mark::drawn(side, side, |x, y| {
        let edge = ((radius - x.hypot(y)) * PER_MM + 0.5).clamp(0.0, 1.0);
        let wave = 0.5 + 0.5 * (TAU * (cos * x + sin * y) / pitch).cos();
        density * edge * (wave * 1.6 - 0.3).clamp(0.0, 1.0)
    })
}

/// Hatched in two directions.
fn crossed(radius: f32, density: f32, chance: &mut Chance) -> Mark {
    let mut mark = Mark::bare(2.0 * radius + 4.0, 2.0 * radius + 4.0);
    let pen = chance.between(0.35, 0.7);
    let first = chance.between(0.0, TAU);
    for angle in [first, first + chance.between(0.8, 1.5)] {
        let (sin, cos) = angle.sin_cos();
        let gap = pen * chance.between(1.6, 2.8);
        let mut at = -radius;
        while at < radius {
            let half = (radius * radius - at * at).max(0.0).sqrt() * chance.between(0.9, 1.05);
            let turn = |x: f32, y: f32| (cos * x - sin * y, sin * x + cos * y);
            stroke(&mut mark, &[turn(at, -half), turn(at + chance.between(-0.2, 0.2), half)], pen, density);
            at += gap * chance.between(0.85, 1.15);
        }
    }
    mark
}
