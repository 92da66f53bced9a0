//! Stamps: round ones of offices, square and oval ones with names.

use std::f32::consts::TAU;

use crate::PER_MM;
use crate::drawing::{glyph, stroke};
use crate::ink::Mark;
use crate::noise::{Chance, smooth};

/// A stamp at random, with the traces that rubber or stone leaves.
pub fn stamp(chance: &mut Chance) -> Mark {
    let density = chance.between(0.5, 1.5);
    let mut mark = match chance.below(5) {
        0 => round(density, chance),
        1 | 2 => square(density, chance),
        3 => square_white(density, chance),
        _ => oval(density, chance),
    };
    worn(&mut mark, chance);
    mark
}

fn round(density: f32, chance: &mut Chance) -> Mark {
    let radius = chance.between(12.0, 20.0);
    let mut mark = Mark::bare(2.0 * radius + 3.0, 2.0 * radius + 3.0);
    ring(&mut mark, radius, radius, chance.between(0.7, 1.4), density);
    if chance.happens(0.4) {
        ring(&mut mark, radius - 1.6, radius - 1.6, 0.3, density);
    }
    star(&mut mark, radius * chance.between(0.25, 0.36), density);
    let side = radius * chance.between(0.24, 0.32);
    let count = 7 + chance.below(7);
    for at in 0..count {
        let angle = (-1.15 + 2.3 * at as f32 / (count - 1) as f32) * 1.05;
        let mut one = Mark::bare(side * 1.6, side * 1.6);
        glyph(&mut one, (0.0, 0.0), side, side * 0.11, density, chance);
        let r = radius * 0.76;
        mark.add(&one.turned(angle, 1.0), r * angle.sin(), -r * angle.cos());
    }
    if chance.happens(0.6) {
        for at in 0..4 {
            glyph(
                &mut mark,
                ((at as f32 - 1.5) * side, radius * 0.58),
                side * 0.9,
                side * 0.1,
                density,
                chance,
            );
        }
    }
    mark
}

fn square(density: f32, chance: &mut Chance) -> Mark {
    let half = chance.between(5.0, 12.0);
    let tall = if chance.happens(0.3) { chance.between(0.4, 0.8) } else { 1.0 };
    let mut mark = Mark::bare(2.0 * half + 3.0, 2.0 * half + 3.0);
    let line = half * chance.between(0.06, 0.16);
    let (w, h) = (half, half * tall);
    stroke(&mut mark, &[(-w, -h), (w, -h), (w, h), (-w, h), (-w, -h)], line, density);
    let rows = if tall < 0.7 { 1 } else { 2 };
    let columns = if tall < 0.7 { 2 + chance.below(2) } else { 2 };
    for row in 0..rows {
        for column in 0..columns {
            let side = (2.0 * w / columns as f32).min(2.0 * h / rows as f32) * 0.86;
            let x = ((column as f32 + 0.5) / columns as f32 - 0.5) * 1.9 * w;
            let y = ((row as f32 + 0.5) / rows as f32 - 0.5) * 1.9 * h;
            glyph(&mut mark, (x, y), side, side * chance.between(0.08, 0.17), density, chance);
        }
    }
    mark
}

/// White characters on a red ground.
fn square_white(density: f32, chance: &mut Chance) -> Mark {
    let half = chance.between(5.0, 11.0);
    let mut characters = Mark::bare(2.0 * half + 3.0, 2.0 * half + 3.0);
    for (x, y) in [(-0.45, -0.45), (0.45, -0.45), (-0.45, 0.45), (0.45, 0.45)] {
        let side = half * 0.86;
        glyph(&mut characters, (x * half, y * half), side, side * chance.between(0.10, 0.18), 1.0, chance);
    }
    let middle = characters.density.width as f32 / 2.0;
    Mark::drawn(2.0 * half + 3.0, 2.0 * half + 3.0, |x, y| {
        let edge = ((half - x.abs().max(y.abs())) * PER_MM + 0.5).clamp(0.0, 1.0);
        density * edge * (1.0 - characters.density.sample(x * PER_MM + middle, y * PER_MM + middle))
    })
}

fn oval(density: f32, chance: &mut Chance) -> Mark {
    let (w, h) = (chance.between(7.0, 20.0), chance.between(5.0, 13.0));
    let mut mark = Mark::bare(2.0 * w + 3.0, 2.0 * h + 3.0);
    ring(&mut mark, w, h, chance.between(0.4, 1.0), density);
    let side = (h * 0.9).min(w * 0.5);
    for at in 0..3 {
        glyph(&mut mark, ((at as f32 - 1.0) * side * 1.05, 0.0), side, side * 0.12, density, chance);
    }
    mark
}

fn ring(mark: &mut Mark, a: f32, b: f32, line: f32, density: f32) {
    let points: Vec<_> =
        (0..=72).map(|at| at as f32 / 72.0 * TAU).map(|t| (a * t.cos(), b * t.sin())).collect();
    stroke(mark, &points, line, density);
}

fn star(mark: &mut Mark, radius: f32, density: f32) {
    let point = |at: usize, r: f32| {
        let angle = at as f32 * TAU / 10.0 - TAU / 4.0;
        (r * angle.cos(), r * angle.sin())
    };
    for at in 0..5 {
        for step in 0..12 {
            let t = step as f32 / 12.0;
            let tip = point(2 * at, radius);
            for side in [2 * at + 9, 2 * at + 1] {
                let inner = point(side % 10, radius * 0.4);
                let from = (inner.0 + (tip.0 - inner.0) * t, inner.1 + (tip.1 - inner.1) * t);
                stroke(mark, &[(0.0, 0.0), from], radius * 0.07 + 0.12, density);
            }
        }
    }
}

/// Uneven pressure, grain of the paper, edges that ran or did not print.
fn worn(mark: &mut Mark, chance: &mut Chance) {
    let plane = &mut mark.density;
    let soft = plane.blurred(1.2);
    let blur = chance.between(0.2, 1.0);
    let patches = smooth(plane.width, plane.height, chance.between(3.0, 8.0) * PER_MM, chance);
    let grain = smooth(plane.width, plane.height, chance.between(2.0, 6.0), chance);
    let (uneven, rough) = (chance.between(0.05, 0.35), chance.between(0.05, 0.35));
    for (at, value) in plane.data.iter_mut().enumerate() {
        let base = *value + (soft.data[at] - *value) * blur;
        *value = (base * (1.0 + uneven * patches.data[at] + rough * grain.data[at])).max(0.0);
    }
}
