//! The rim of a piece of ink: how softly it ends.
//!
//! What is printed, stamped or drawn ends sharply all around. So does a finger that was pressed and
//! lifted, a little softer. A finger that was dragged ends softly where it came from and where it went.

use serde::Serialize;

use crate::picture::{Plane, quantile};

/// Ridges and strokes are evened out by this deviation, in millimetres, before a rim's width is measured.
pub const EVEN: f32 = 0.3;
/// How far inwards and outwards of the outline ink is looked for, in millimetres.
const REACH: (f32, f32) = (2.5, 1.5);
/// The rim of a piece of ink.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Rim {
    /// Millimetres over which the ink ends, the median of the outline.
    pub rim: f32,
    /// The same where it ends most softly: of the softest quarter, the least.
    pub soft_rim: f32,
}

impl Rim {
    /// Of the ink `amount` that covers `mask`.
    pub fn of(amount: &Plane, mask: &Plane, per_mm: f32) -> Rim {
        let mut widths = widths(amount, mask, per_mm);
        Rim { rim: quantile(&mut widths, 0.5), soft_rim: quantile(&mut widths, 0.75) }
    }
}

/// At points along the outline, the millimetres over which ink ends.
fn widths(amount: &Plane, mask: &Plane, per_mm: f32) -> Vec<f32> {
    let even = amount.blurred(EVEN * per_mm);
    let sides = mask.blurred(0.7 * per_mm);
    let (width, height) = (mask.width, mask.height);
    let mut widths = Vec::new();
    for y in (1..height.saturating_sub(1)).step_by(2) {
        for x in 1..width.saturating_sub(1) {
            let beside = [mask.at(x - 1, y), mask.at(x + 1, y), mask.at(x, y - 1), mask.at(x, y + 1)];
            if mask.at(x, y) <= 0.5 || beside.into_iter().all(|m| m > 0.5) {
                continue;
            }
            let dx = sides.at(x + 1, y) - sides.at(x - 1, y);
            let dy = sides.at(x, y + 1) - sides.at(x, y - 1);
            let length = dx.hypot(dy);
            if length > 1e-4 {
                let outwards = (-dx / length, -dy / length);
                widths.extend(width_at(&even, (x as f32, y as f32), outwards, per_mm));
            }
        }
    }
    widths
}

/// The ink's level within, divided by how steeply it ends along a line across the outline.
fn width_at(even: &Plane, (x, y): (f32, f32), (nx, ny): (f32, f32), per_mm: f32) -> Option<f32> {
    const STEP: f32 = 0.15;
    let count = ((REACH.0 + REACH.1) / STEP) as usize;
    let at = |step: usize| {
        let t = (step as f32 * STEP - REACH.0) * per_mm;
        even.sample(x + t * nx, y + t * ny)
    };
    let values: Vec<f32> = (0..=count).map(at).collect();
    let inner = (REACH.0 / STEP) as usize;
    let level = values[..=inner].iter().fold(0.0f32, |most, v| most.max(*v));
    let steepest = values.windows(3).map(|v| (v[0] - v[2]) / (2.0 * STEP)).fold(0.0, f32::max);
    (level > 0.15 && steepest > 1e-3).then(|| (level / steepest).min(8.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PER_MM: f32 = 12.0;

    /// A disc of ink that ends over so many millimetres to the left and to the right.
    fn disc(left: f32, right: f32) -> Rim {
        let side = 300usize;
        let at = |at: usize| ((at % side) as f32 / PER_MM - 12.5, (at / side) as f32 / PER_MM - 12.5);
        let value = |i: usize| {
            let (x, y) = at(i);
            let over = if x < 0.0 { left } else { right };
            (0.5 + (7.0 - x.hypot(y)) / over).clamp(0.0, 1.0)
        };
        let amount = Plane::new(side, side, (0..side * side).map(value).collect());
        let mask = amount.data.iter().map(|&a| f32::from(u8::from(a > 0.2))).collect();
        Rim::of(&amount, &Plane::new(side, side, mask), PER_MM)
    }

    #[test]
    fn a_sharp_rim_is_as_wide_as_the_evening_makes_it_and_a_soft_one_as_it_is() {
        let sharp = disc(0.1, 0.1);
        assert!((0.6..0.9).contains(&sharp.rim), "{sharp:?}");
        let soft = disc(3.0, 3.0);
        assert!((2.5..3.5).contains(&soft.rim), "{soft:?}");
    }

    #[test]
    fn what_ends_softly_at_one_side_shows_there() {
        let dragged = disc(0.4, 3.0);
        assert!(dragged.soft_rim > 2.0 && dragged.rim < dragged.soft_rim, "{dragged:?}");
    }
}
