//! How restless ink is at the distances that ridges and the paper's grain have, and in which directions.
//!
//! A finger that lay still leaves its ridges, which run in all directions, and the grain of the paper. One
//! that was dragged evens out, along its way, all that is finer than the way is long.

use serde::Serialize;

use crate::picture::Plane;

/// What is finer than this is noise, what is coarser is how the ink lies, in millimetres (deviations of
/// a Gaussian).
const BAND: (f32, f32) = (0.07, 0.20);
/// Side of the squares in which a direction is one, in millimetres.
const SQUARE: f32 = 2.0;

/// The unrest of a piece of ink. All figures are free of the picture's noise, as it is on bare paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Texture {
    /// Deviation of what lies in the band, over the mean ink.
    pub unrest: f32,
    /// The unrest in the direction in which it is least, over the whole piece: its slope a millimetre over
    /// the mean ink. Small where a finger was dragged along a line.
    pub least: f32,
    /// The same in the direction in which it is most.
    pub most: f32,
    /// How much the slopes within squares of 2 mm have one direction, 0 to 1, the mean of the squares:
    /// high under lines of any kind.
    pub aligned: f32,
    /// The mean of the largest unrest of each square, in whichever direction.
    pub across: f32,
    /// The noise that was taken away, over the mean ink, as `unrest`.
    pub noise: f32,
}

/// Sums of slopes.
#[derive(Debug, Clone, Copy, Default)]
struct Slopes {
    count: f64,
    xx: f64,
    xy: f64,
    yy: f64,
    square: f64,
}

impl Slopes {
    fn add(&mut self, dx: f32, dy: f32, value: f32) {
        let (dx, dy, value) = (f64::from(dx), f64::from(dy), f64::from(value));
        self.count += 1.0;
        self.xx += dx * dx;
        self.xy += dx * dy;
        self.yy += dy * dy;
        self.square += value * value;
    }

    /// Mean squares in the directions of most and of least.
    fn axes(&self) -> (f64, f64) {
        let count = self.count.max(1.0);
        let root = ((self.xx - self.yy).powi(2) + 4.0 * self.xy * self.xy).sqrt();
        ((self.xx + self.yy + root) / 2.0 / count, (self.xx + self.yy - root) / 2.0 / count)
    }
}

impl Texture {
    /// Of the ink `amount` well within `mask`; `louder` is how much more power noise has there than on
    /// paper.
    pub fn of(amount: &Plane, mask: &Plane, louder: f32, per_mm: f32) -> Texture {
        let (fine, coarse) = (amount.blurred(BAND.0 * per_mm), amount.blurred(BAND.1 * per_mm));
        let band = fine.data.iter().zip(&coarse.data).map(|(a, b)| a - b).collect();
        let band = Plane::new(amount.width, amount.height, band);
        let side = (SQUARE * per_mm) as usize;
        let within = mask.mean((0.9 * per_mm) as usize);
        let near = mask.highest((0.8 * per_mm) as usize);
        let soft = amount.blurred(0.3 * per_mm);
        let across = amount.width.div_ceil(side);
        let mut squares = vec![Slopes::default(); across * amount.height.div_ceil(side)];
        let (mut all, mut paper) = (Slopes::default(), Slopes::default());
        let (mut ink, mut count) = (0.0f64, 0.0f64);
        for y in 2..amount.height.saturating_sub(2) {
            for x in 2..amount.width.saturating_sub(2) {
                let slopes = || {
                    let (dx, dy) =
                        (band.at(x + 1, y) - band.at(x - 1, y), band.at(x, y + 1) - band.at(x, y - 1));
                    (0.5 * dx * per_mm, 0.5 * dy * per_mm, band.at(x, y))
                };
                if within.at(x, y) > 0.99 {
                    let (dx, dy, value) = slopes();
                    all.add(dx, dy, value);
                    squares[y / side * across + x / side].add(dx, dy, value);
                    (ink, count) = (ink + f64::from(amount.at(x, y)), count + 1.0);
                } else if near.at(x, y) < 0.5 && soft.at(x, y).abs() < 0.08 {
                    let (dx, dy, value) = slopes();
                    paper.add(dx, dy, value);
                }
            }
        }
        if count < 100.0 {
            return Texture::default();
        }
        let louder = f64::from(louder);
        let noise = paper.axes().1 * louder;
        let noise_square = paper.square / paper.count.max(1.0) * louder;
        let mean = (ink / count).max(0.05);
        let net = |square: f64, noise: f64| ((square - noise).max(0.0).sqrt() / mean) as f32;
        let axes = all.axes();
        let full: Vec<(f64, f64)> =
            squares.iter().filter(|s| s.count * 2.0 > (side * side) as f64).map(Slopes::axes).collect();
        let of_squares = |figure: &dyn Fn(&(f64, f64)) -> f32| {
            full.iter().map(figure).sum::<f32>() / full.len().max(1) as f32
        };
        Texture {
            unrest: net(all.square / all.count, noise_square),
            least: net(axes.1, noise),
            most: net(axes.0, noise),
            aligned: of_squares(&|(most, least)| {
                ((most - least) / (most + least - 2.0 * noise).max(0.3 * (most + least)).max(1e-9)) as f32
            }),
            across: of_squares(&|(most, _)| net(*most, noise)),
            noise: (noise_square.sqrt() / mean) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PER_MM: f32 = 12.0;

    fn of(ink: impl Fn(f32, f32) -> f32) -> Texture {
        let side = 300usize;
        let at = |at: usize| ((at % side) as f32 / PER_MM - 12.5, (at / side) as f32 / PER_MM - 12.5);
        let inside = |i: usize| at(i).0.hypot(at(i).1) < 8.0;
        let value = |i: usize| if inside(i) { ink(at(i).0, at(i).1) } else { 0.0 };
        let amount = Plane::new(side, side, (0..side * side).map(value).collect());
        let mask = (0..side * side).map(|i| f32::from(u8::from(inside(i)))).collect();
        Texture::of(&amount, &Plane::new(side, side, mask), 1.0, PER_MM)
    }

    #[test]
    fn even_ink_is_at_rest() {
        let even = of(|_, _| 1.0);
        assert!(even.unrest < 0.01 && even.least < 0.05, "{even:?}");
    }

    #[test]
    fn streaks_rest_along_themselves_and_rings_in_no_direction() {
        let wave = |at: f32| 1.0 + 0.5 * (std::f32::consts::TAU * at / 0.5).cos();
        let streaks = of(|x, _| wave(x));
        assert!(streaks.least < 0.1 * streaks.most && streaks.aligned > 0.9, "{streaks:?}");
        let rings = of(|x, y| wave(x.hypot(y)));
        assert!(rings.least > 0.8 * rings.most && rings.aligned > 0.6, "{rings:?}");
    }

    #[test]
    fn noise_that_bare_paper_has_too_is_taken_away() {
        let mut state = 1u32;
        let mut chance = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let side = 300usize;
        let inside = |i: usize| ((i % side) as f32 - 150.0).hypot((i / side) as f32 - 150.0) < 96.0;
        let data = (0..side * side).map(|i| f32::from(u8::from(inside(i))) + 0.2 * chance()).collect();
        let mask = (0..side * side).map(|i| f32::from(u8::from(inside(i)))).collect();
        let noisy = Texture::of(&Plane::new(side, side, data), &Plane::new(side, side, mask), 1.0, PER_MM);
        assert!(noisy.noise > 0.005 && noisy.unrest < 0.4 * noisy.noise, "{noisy:?}");
    }
}
