//! An impression as a picture of ink, brought to one size, for finding copies of it.
//!
//! What is kept is the picture itself, blurred to a sixth of a millimetre, and how far and how densely
//! the ink reaches in each direction. It says how one pressing turned out: its outline, where the ink
//! lay thick and thin. Another pressing of the same finger has another outline and other ink, so this
//! finds copies and recognises nobody; no minutiae, no orientation field, no pattern class is computed.

use ruhu_sheet::page::Rect;

use crate::geometry::Homography;
use crate::picture::{Picture, Plane};
use crate::print::Inked;

/// Points along a side of the picture.
pub const SIDE: usize = 160;
/// Points to the root of the inked area.
const PER_ROOT: f64 = 96.0;
/// Ink is cut off at so many times its mean.
pub(crate) const DENSEST: f32 = 4.0;
/// Directions.
pub(crate) const DIRECTIONS: usize = 64;
/// Figures for each direction: how far the ink reaches, and its density near, midway and at the edge.
pub(crate) const FIGURES: usize = 4;

/// One impression.
#[derive(Debug, Clone, PartialEq)]
pub struct Impression {
    /// The ink, 1 where it is as dense as its mean; [`SIDE`] squared, its middle in the middle.
    pub(crate) ink: Plane,
    /// 1 where the impression lies.
    pub(crate) mask: Plane,
    /// By direction, [`FIGURES`] each.
    pub(crate) outline: Vec<f32>,
    /// The inked area in square millimetres, where the picture's scale is known.
    pub area: f32,
}

impl Impression {
    /// Of the ink in a rectangle of a sheet; none where there is none.
    pub fn of(picture: &Picture, view: &Homography, rect: &Rect, dark: bool) -> Option<Impression> {
        Impression::of_ink(&Inked::of(picture, view, rect, dark)?)
    }

    /// Of ink that was cut out; none where there is hardly any.
    pub fn of_ink(inked: &Inked) -> Option<Impression> {
        let (centre, area) = middle(&inked.mask)?;
        let step = (area.sqrt() / PER_ROOT) as f32;
        // Points of the finer picture that fall together are averaged.
        let soft = |plane: &Plane| match step {
            step if step > 1.3 => plane.blurred(0.45 * step),
            _ => plane.clone(),
        };
        let (ink, mask) = (soft(&inked.amount), inked.mask.mean(1));
        let half = SIDE as f32 / 2.0;
        let taken = |plane: &Plane| {
            let mut data = Vec::with_capacity(SIDE * SIDE);
            for y in 0..SIDE {
                for x in 0..SIDE {
                    let (dx, dy) = ((x as f32 + 0.5 - half) * step, (y as f32 + 0.5 - half) * step);
                    let (sx, sy) = (centre.0 as f32 + dx, centre.1 as f32 + dy);
                    let inside =
                        sx >= 0.0 && sy >= 0.0 && sx < plane.width as f32 && sy < plane.height as f32;
                    data.push(if inside { plane.sample(sx, sy) } else { 0.0 });
                }
            }
            Plane::new(SIDE, SIDE, data)
        };
        let mask = taken(&mask);
        let mut ink = taken(&ink);
        let covered: f32 = mask.data.iter().sum();
        let total: f32 = ink.data.iter().zip(&mask.data).map(|(ink, mask)| ink * mask).sum();
        let mean = (total / covered.max(1.0)).max(1e-3);
        ink.data
            .iter_mut()
            .zip(&mask.data)
            .for_each(|(ink, mask)| *ink = (*ink / mean).clamp(0.0, DENSEST) * mask);
        let outline = outline(&ink, &mask);
        Some(Impression { ink, mask, outline, area: inked.area() })
    }
}

fn middle(mask: &Plane) -> Option<((f64, f64), f64)> {
    let (mut count, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for (at, _) in mask.data.iter().enumerate().filter(|(_, value)| **value > 0.5) {
        count += 1.0;
        sum_x += (at % mask.width) as f64;
        sum_y += (at / mask.width) as f64;
    }
    (count > 100.0).then(|| ((sum_x / count, sum_y / count), count))
}

/// How far the ink reaches in each direction and how dense it is on the way.
pub(crate) fn outline(ink: &Plane, mask: &Plane) -> Vec<f32> {
    let soft = ink.blurred(4.0);
    let half = SIDE as f32 / 2.0 - 0.5;
    let mut figures = Vec::with_capacity(DIRECTIONS * FIGURES);
    for direction in 0..DIRECTIONS {
        let (sin, cos) = (direction as f32 / DIRECTIONS as f32 * std::f32::consts::TAU).sin_cos();
        let at = |r: f32| (half + r * cos, half + r * sin);
        let mut reach = 0.0;
        for r in 0..SIDE / 2 {
            let (x, y) = at(r as f32);
            if mask.sample(x, y) > 0.5 {
                reach = r as f32;
            }
        }
        // A tenth more reach weighs as much as a third more ink.
        figures.push(reach / half * 6.0);
        for share in [0.25, 0.55, 0.82] {
            let (x, y) = at(reach * share);
            figures.push(soft.sample(x, y));
        }
    }
    figures
}
