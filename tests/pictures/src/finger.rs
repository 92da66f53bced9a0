//! Ridges of a finger that never was: an orientation field with cores and deltas, filled by filtering
//! noise along it again and again.

use std::f32::consts::{PI, TAU};

use ruhu_vision::picture::Plane;

use crate::PER_MM;
use crate::noise::{Chance, smooth};

/// Width and height of the field, in millimetres.
pub const WIDTH: f32 = 24.0;
/// See [`WIDTH`].
pub const HEIGHT: f32 = 32.0;

const ORIENTATIONS: usize = 32;
const PERIODS: usize = 5;
const ROUNDS: usize = 7;

/// How the ridges of a finger run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Up one side, over, and down the same.
    Loop,
    /// Around.
    Whorl,
    /// From one side to the other.
    Arch,
}

/// A finger.
pub struct Finger {
    /// Ridges are near 1, valleys near -1.
    pub ridges: Plane,
    /// The mean distance between ridges, in millimetres.
    pub period: f32,
    /// How the ridges run.
    pub pattern: Pattern,
}

impl Finger {
    /// The finger of a seed.
    pub fn of(seed: u64) -> Finger {
        let chance = &mut Chance::of(seed ^ 0x66_69_6e_67_65_72);
        let pattern = chance.one_of(&[Pattern::Loop, Pattern::Loop, Pattern::Whorl, Pattern::Arch]);
        let period = chance.between(0.40, 0.58);
        let (width, height) = ((WIDTH * PER_MM) as usize, (HEIGHT * PER_MM) as usize);
        let orientation = orientations(pattern, width, height, chance);
        let variation = smooth(width, height, 7.0 * PER_MM, chance);
        let noise = (0..width * height).map(|_| chance.normal()).collect();
        let mut ridges = Plane::new(width, height, noise);
        let bank = Bank::new(period * PER_MM);
        let choice: Vec<u8> = orientation
            .iter()
            .zip(&variation.data)
            .map(|(&angle, &varied)| bank.choose(angle, 1.0 + 0.07 * varied))
            .collect();
        for _ in 0..ROUNDS {
            ridges = bank.filter(&ridges, &choice);
        }
        pores(&mut ridges, period, chance);
        Finger { ridges, period, pattern }
    }
}

/// The angle of the ridges at each point.
fn orientations(pattern: Pattern, width: usize, height: usize, chance: &mut Chance) -> Vec<f32> {
    let side = if chance.happens(0.5) { 1.0 } else { -1.0 };
    let near = |chance: &mut Chance, value: f32, by: f32| value + chance.between(-by, by);
    let core = (near(chance, 0.0, 0.8), near(chance, -1.5, 1.5));
    let delta = (side * near(chance, 6.5, 1.5), near(chance, 7.0, 2.0));
    let (cores, deltas) = match pattern {
        Pattern::Loop => (vec![core], vec![delta]),
        Pattern::Whorl => {
            let gap = chance.between(1.0, 4.5);
            let other = (near(chance, core.0, 0.7), core.1 + gap);
            (vec![core, other], vec![delta, (-side * near(chance, 6.5, 1.5), near(chance, 7.5, 2.0))])
        }
        Pattern::Arch => (vec![], vec![]),
    };
    let bend = chance.between(0.7, 1.3);
    let waves = smooth(width, height, 8.0 * PER_MM, chance);
    let mut angles = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (px, py) = (x as f32 / PER_MM - WIDTH / 2.0, y as f32 / PER_MM - HEIGHT / 2.0);
            let mut angle = 0.10 * waves.at(x, y);
            if pattern == Pattern::Arch {
                let height_factor = (1.0 - (py + 2.0).abs() / 22.0).max(0.0);
                angle += bend * height_factor * (px / WIDTH * TAU * 0.9).sin() * 0.9;
            } else {
                let turn = |&(cx, cy): &(f32, f32)| (py - cy).atan2(px - cx);
                angle += 0.5 * (cores.iter().map(turn).sum::<f32>() - deltas.iter().map(turn).sum::<f32>());
                // One core and one delta leave nothing over; two of each the same.
                angle += if pattern == Pattern::Loop { PI / 2.0 * (1.0 - side) * 0.5 } else { 0.0 };
            }
            angles.push(angle);
        }
    }
    angles
}

/// Filters that pass ridges of one direction and period.
struct Bank {
    radius: usize,
    kernels: Vec<Vec<f32>>,
}

impl Bank {
    fn new(period: f32) -> Bank {
        let radius = (period * 1.15).ceil() as usize;
        let mut kernels = Vec::new();
        for o in 0..ORIENTATIONS {
            for p in 0..PERIODS {
                let scale = 0.80 + 0.10 * p as f32;
                kernels.push(gabor(o as f32 / ORIENTATIONS as f32 * PI, period * scale, radius));
            }
        }
        Bank { radius, kernels }
    }

    fn choose(&self, angle: f32, scale: f32) -> u8 {
        let turn = angle.rem_euclid(PI) / PI * ORIENTATIONS as f32;
        let o = (turn.round() as usize) % ORIENTATIONS;
        let p = (((scale - 0.80) / 0.10).round().clamp(0.0, PERIODS as f32 - 1.0)) as usize;
        (o * PERIODS + p) as u8
    }

    fn filter(&self, from: &Plane, choice: &[u8]) -> Plane {
        let (width, height, r) = (from.width, from.height, self.radius);
        let padded_width = width + 2 * r;
        let mut padded = vec![0.0f32; padded_width * (height + 2 * r)];
        for y in 0..height {
            padded[(y + r) * padded_width + r..][..width].copy_from_slice(&from.data[y * width..][..width]);
        }
        let side = 2 * r + 1;
        let mut out = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let kernel = &self.kernels[usize::from(choice[y * width + x])];
                let sum: f32 = (0..side)
                    .map(|row| {
                        let line = &padded[(y + row) * padded_width + x..][..side];
                        let weights = &kernel[row * side..][..side];
                        line.iter().zip(weights).map(|(a, b)| a * b).sum::<f32>()
                    })
                    .sum();
                out.push((1.6 * sum).tanh());
            }
        }
        Plane::new(width, height, out)
    }
}

fn gabor(angle: f32, period: f32, radius: usize) -> Vec<f32> {
    let r = radius as i32;
    let (sin, cos) = angle.sin_cos();
    let spread = period * 0.42;
    let mut kernel = Vec::new();
    for y in -r..=r {
        for x in -r..=r {
            let (x, y) = (x as f32, y as f32);
            let across = -x * sin + y * cos;
            let weight = (-(x * x + y * y) / (2.0 * spread * spread)).exp();
            kernel.push(weight * (TAU * across / period).cos());
        }
    }
    let mean = kernel.iter().sum::<f32>() / kernel.len() as f32;
    kernel.iter_mut().for_each(|v| *v -= mean);
    let size = kernel.iter().map(|v| v.abs()).sum::<f32>();
    kernel.iter_mut().for_each(|v| *v *= 2.2 / size);
    kernel
}

/// Pores: small gaps along the ridges.
fn pores(ridges: &mut Plane, period: f32, chance: &mut Chance) {
    let count = (WIDTH * HEIGHT / (period * 1.1)) as usize;
    for _ in 0..count {
        let (x, y) = (1 + chance.below(ridges.width - 2), 1 + chance.below(ridges.height - 2));
        if ridges.at(x, y) > 0.75 && chance.happens(0.5) {
            for (dx, dy, by) in [(0, 0, 1.0), (1, 0, 0.4), (0, 1, 0.4), (-1, 0, 0.4), (0, -1, 0.4)] {
                let at = (y as i32 + dy) as usize * ridges.width + (x as i32 + dx) as usize;
                ridges.data[at] -= by;
            }
        }
    }
}
