//! Pressing of the second hand: ink is a film that skin leaves where it touches, in grains.

use ruhu_vision::picture::Plane;

use crate::PER_MM;
use crate::finger::{self, Finger};
use crate::impression::{LEFT, Manner, ridges_kept};
use crate::ink::Mark;
use crate::noise::{Chance, smooth};

const WIDE: f32 = 34.0;
const HIGH: f32 = 38.0;

/// An impression of a finger, upright, on paper of 34 × 38 mm.
pub fn press(finger: &Finger, manner: Manner, chance: &mut Chance) -> Mark {
    let mark = touched(finger, manner, chance);
    match manner {
        Manner::Smeared => loop {
            let dragged = dragged(&mark, chance);
            if ridges_kept(&mark, &dragged) < LEFT {
                break dragged;
            }
        },
        _ => mark,
    }
}

fn touched(finger: &Finger, manner: Manner, chance: &mut Chance) -> Mark {
    let (w, h) = ((WIDE * PER_MM) as usize, (HIGH * PER_MM) as usize);
    let a = chance.between(6.5, 9.2);
    let mut b = a * chance.between(1.1, 1.5);
    let cut = if manner == Manner::Partial { chance.between(-0.2, 0.25) } else { chance.between(0.6, 1.5) };
    b = b.min(13.0);
    let power = chance.between(2.0, 2.9);
    let (off_x, off_y) = (chance.between(-1.5, 1.5), chance.between(-2.5, 2.5));
    let lumps = smooth(w, h, 7.0 * PER_MM, chance);
    let patches = smooth(w, h, chance.between(2.5, 7.0) * PER_MM, chance);
    let grains = smooth(w, h, chance.between(1.2, 2.6), chance);
    let stretch = (smooth(w, h, 13.0 * PER_MM, chance), smooth(w, h, 13.0 * PER_MM, chance));
    let (amount, wet, dry) = match manner {
        Manner::Pale => (chance.between(0.09, 0.20), chance.between(-0.2, 0.3), chance.between(0.2, 0.7)),
        Manner::OverInked => (chance.between(1.3, 2.3), chance.between(2.4, 3.4), 0.0),
        _ => (chance.between(0.6, 1.6), chance.between(0.1, 0.75), chance.between(0.0, 0.5)),
    };
    let valleys = chance.between(0.0, 0.12);
    let soft = chance.between(0.25, 0.6);
    let mark = Mark::drawn(WIDE, HIGH, |x, y| {
        let column = (((x + WIDE / 2.0) * PER_MM) as usize).min(w - 1);
        let row = (((y + HIGH / 2.0) * PER_MM) as usize).min(h - 1);
        let of = |plane: &Plane| plane.at(column, row);
        let r = ((x / a).abs().powf(power) + (y / b).abs().powf(power)).powf(1.0 / power) + 0.03 * of(&lumps);
        let inside = ((1.0 - r) * 14.0).clamp(0.0, 1.0) * ((cut - y / b) * b * 2.0).clamp(0.0, 1.0);
        if inside <= 0.0 {
            return 0.0;
        }
        let fx = x + off_x + 0.4 * of(&stretch.0) + finger::WIDTH / 2.0;
        let fy = y + off_y + 0.4 * of(&stretch.1) + finger::HEIGHT / 2.0;
        let ridge = finger.ridges.sample(fx * PER_MM, fy * PER_MM);
        let film = ((ridge + wet + 0.22 * of(&patches) - 0.6 * r.powi(3)) / soft).clamp(0.0, 1.0);
        let grain = (1.0 - dry * (of(&grains) - 0.4).clamp(0.0, 1.0)).max(0.0);
        amount * inside * (film * grain + valleys * (1.0 - film)) * (1.0 + 0.12 * of(&patches)).max(0.3)
    });
    let spread = chance.between(0.4, 1.0);
    let soft = mark.density.blurred(1.0);
    let data = mark.density.data.iter().zip(&soft.data).map(|(sharp, soft)| sharp + spread * (soft - sharp));
    Mark { density: Plane::new(soft.width, soft.height, data.collect()) }
}

/// The finger slid: what it touches on its way takes ink, the more the longer.
fn dragged(mark: &Mark, chance: &mut Chance) -> Mark {
    let plane = &mark.density;
    let (w, h) = (plane.width, plane.height);
    let length = chance.between(1.8, 7.0) * PER_MM;
    let from = chance.between(0.0, std::f32::consts::TAU);
    let (curve, turn) = (chance.between(-0.7, 0.7), chance.between(-0.25, 0.25));
    let dries = chance.between(0.0, 1.2);
    let steps = 24;
    let mut sum = vec![0.0f32; w * h];
    let mut total = 0.0;
    for step in 0..steps {
        let t = step as f32 / (steps - 1) as f32;
        let weight = 1.0 - dries * t * 0.7;
        total += weight;
        let (sin, cos) = (turn * t).sin_cos();
        let (dx, dy) = ((from + curve * t).cos() * length * t, (from + curve * t).sin() * length * t);
        for y in 0..h {
            for x in 0..w {
                let (px, py) = (x as f32 - w as f32 / 2.0 - dx, y as f32 - h as f32 / 2.0 - dy);
                let (sx, sy) = (cos * px + sin * py + w as f32 / 2.0, cos * py - sin * px + h as f32 / 2.0);
                if sx >= 0.0 && sy >= 0.0 && sx < w as f32 - 1.0 && sy < h as f32 - 1.0 {
                    sum[y * w + x] += weight * plane.sample(sx, sy);
                }
            }
        }
    }
    let gain = chance.between(1.2, 2.4);
    let ceiling = chance.between(0.7, 1.4);
    let grains = smooth(w, h, 3.0, chance);
    let data = sum
        .iter()
        .zip(&grains.data)
        .map(|(s, grain)| ceiling * (1.0 - (-gain * s / total).exp()) * (1.0 + 0.12 * grain).max(0.0));
    Mark { density: Plane::new(w, h, data.collect()) }
}
