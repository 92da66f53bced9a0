//! What a piece of ink is like, in figures that do not depend on who drew it.

use ruhu_sheet::page::Rect;
use serde::Serialize;

use crate::drawn::Drawn;
use crate::geometry::Homography;
use crate::ink::{Colour, Densities};
use crate::outline::{area, hull};
use crate::picture::{Picture, Plane, pieces, quantile};
use crate::ridges::Ridges;
use crate::rim::Rim;
use crate::straight::Straight;
use crate::texture::Texture;

/// Points a millimetre at which ink is looked at: a ridge's distance is 4 points and more.
pub const PER_MM: f64 = 12.0;
/// What is so many times as dark as a dark print is no part of it.
const PRINTED: f32 = 3.0;
/// Paper that is looked at around the ink, so that its brightness is known.
const AROUND: f64 = 6.0;

/// A piece of ink, measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Print {
    /// Which ink.
    pub colour: Colour,
    /// The ink's mean density in red, green and blue.
    pub ink: [f32; 3],
    /// Optical density of what is inked, in the channel that it takes most.
    pub density: f32,
    /// What it covers, gaps between ridges closed, in square millimetres.
    pub area: f32,
    /// Longest and shortest width through its middle, in millimetres.
    pub axes: (f32, f32),
    /// The share of its convex outline that it covers.
    pub solidity: f32,
    /// The share of what it covers that is inked at least half as much as its darkest parts.
    pub cover: f32,
    /// The share of its windows in which ridges can be read.
    pub ridges: f32,
    /// The area over which ridges can be read, in square millimetres.
    pub ridge_area: f32,
    /// See [`Ridges::directed`]: of ridges that a finger was dragged across, grain is left, which has no direction.
    pub directed: f32,
    /// See [`Ridges::flow`].
    pub flow: f32,
    /// See [`Ridges::together`].
    pub together: f32,
    /// See [`Ridges::around`].
    pub around: f32,
    /// Means over all windows: see [`crate::ridges::Window`].
    pub peak: f32,
    /// See `peak`.
    pub contrast: f32,
    /// See `peak`.
    pub coarse: f32,
    /// See `peak`.
    pub lattice: f32,
    /// See `peak`.
    pub slope: f32,
    /// See `peak`.
    pub lines: f32,
    /// Deviation of the ink over its mean, within what it covers.
    pub unevenness: f32,
    /// How much more the ink changes in one direction than across it, 0 to 1: high where a finger was
    /// dragged, for that leaves streaks.
    pub grain: f32,
    /// The same at 0.3 to 1 mm, where a finger's ridges are evened out: how the ink lies has no direction
    /// where a finger was pressed, and streaks where it was dragged. 0 to 1.
    pub streaks: f32,
    /// How steep its outline and its strokes are: the steepest slopes, in its density a millimetre.
    pub steepness: f32,
    /// See [`Texture`].
    #[serde(flatten)]
    pub texture: Texture,
    /// See [`Rim`].
    #[serde(flatten)]
    pub rim: Rim,
    /// See [`Drawn`].
    #[serde(flatten)]
    pub drawn: Drawn,
}

/// A piece of ink, cut out.
#[derive(Debug, Clone)]
pub struct Inked {
    /// The ink's mean density, by channel.
    pub ink: [f32; 3],
    /// Its density in the channel that it takes most.
    pub density: f32,
    /// How much of it lies at each point, [`PER_MM`] points a millimetre; 1 is the mean.
    pub amount: Plane,
    /// The same by its colour alone, which what is printed beneath has not; of dark ink as `amount`.
    pub coloured: Plane,
    /// 1 where it covers the paper, gaps between ridges closed.
    pub mask: Plane,
    /// Which part of the sheet the planes show, in millimetres.
    pub rect: Rect,
}

impl Inked {
    /// Cuts out the coloured (or, when `dark`, the dark) ink in a rectangle of a sheet; none when there
    /// is none.
    pub fn of(picture: &Picture, view: &Homography, rect: &Rect, dark: bool) -> Option<Inked> {
        let part = Straight::of(picture, view, rect.grown(AROUND), PER_MM);
        let densities = Densities::of(&part);
        Inked::cut(part, &densities, rect, dark)
    }

    /// The same of dark ink that lies alone on its paper: see [`Densities::of_lone_ink`].
    pub fn alone(picture: &Picture, view: &Homography, rect: &Rect) -> Option<Inked> {
        let part = Straight::of(picture, view, rect.grown(AROUND), PER_MM);
        let densities = Densities::of_lone_ink(&part);
        Inked::cut(part, &densities, rect, true)
    }

    fn cut(part: Straight, densities: &Densities, rect: &Rect, dark: bool) -> Option<Inked> {
        let (ink, density) = mean_ink(&part, densities, rect, dark)?;
        let mut amount = densities.amount(ink);
        let coloured = if dark { amount.clone() } else { densities.coloured_amount(ink) };
        if !dark {
            without_print(&mut amount, &coloured, densities, ink);
        }
        let mask = envelope(&part, &coloured, rect);
        let covered = mask.data.iter().filter(|value| **value > 0.5).count();
        (covered > 200).then_some(Inked { ink, density, amount, coloured, mask, rect: part.rect })
    }

    /// The share of it that lies in a rectangle of the sheet.
    pub fn inside(&self, rect: &Rect) -> f64 {
        let width = self.mask.width;
        let at = |at: usize| {
            let mm = |points: usize, from: f64| from + (points as f64 + 0.5) / PER_MM;
            rect.contains(mm(at % width, self.rect.x), mm(at / width, self.rect.y))
        };
        let covered = || (0..self.mask.data.len()).filter(|&at| self.mask.data[at] > 0.5);
        covered().filter(|place| at(*place)).count() as f64 / covered().count().max(1) as f64
    }

    /// What it covers, in square millimetres.
    pub fn area(&self) -> f32 {
        self.mask.data.iter().filter(|value| **value > 0.5).count() as f32 / (PER_MM * PER_MM) as f32
    }
}

impl Print {
    /// Measures the ink that [`Inked::of`] cuts out; `edge` as in [`Print::measured`].
    pub fn of(
        picture: &Picture,
        view: &Homography,
        rect: &Rect,
        dark: bool,
        edge: Option<f32>,
    ) -> Option<Print> {
        Inked::of(picture, view, rect, dark).map(|inked| Print::measured(&inked, edge))
    }

    /// Measures a piece of ink, in a picture whose sharpest edges take `edge` millimetres.
    pub fn measured(inked: &Inked, edge: Option<f32>) -> Print {
        let Inked { ink, density, amount, coloured, mask, .. } = inked;
        let mut values: Vec<f32> =
            amount.data.iter().zip(&mask.data).filter(|(_, m)| **m > 0.5).map(|(a, _)| *a).collect();
        let ridges = Ridges::of(amount, mask, |amount| louder(*ink, amount), edge, PER_MM as f32);
        let dark_level = quantile(&mut values, 0.9);
        let count = values.len().max(1) as f32;
        let mean = values.iter().sum::<f32>() / count;
        let deviation = (values.iter().map(|a| (a - mean).powi(2)).sum::<f32>() / count).sqrt();
        let half = values.iter().filter(|&&a| a > 0.5 * dark_level).count();
        let (axes, solidity) = shape(mask);
        Print {
            colour: Colour::of(*ink),
            ink: *ink,
            density: *density,
            area: inked.area(),
            axes,
            solidity,
            cover: half as f32 / count,
            ridges: ridges.readable(),
            ridge_area: ridges.area(),
            directed: ridges.directed(),
            flow: ridges.flow(),
            together: ridges.together(),
            around: ridges.around(),
            peak: ridges.mean(|window| window.peak),
            contrast: ridges.mean(|window| window.contrast.min(2.0)),
            coarse: ridges.mean(|window| window.coarse),
            lattice: ridges.mean(|window| window.lattice),
            slope: ridges.mean(|window| window.slope.min(10.0)),
            lines: ridges.mean(|window| window.lines),
            unevenness: deviation / mean.max(0.01),
            grain: grain(&amount.blurred(1.5), mask),
            streaks: grain(&streaky(coloured), mask),
            steepness: steepness(amount, mask) * PER_MM as f32,
            rim: Rim::of(amount, mask, PER_MM as f32),
            drawn: Drawn::of(&inked_places(amount, mask, dark_level), PER_MM as f32),
            texture: Texture::of(amount, mask, louder(*ink, mean), PER_MM as f32),
        }
    }
}

/// Takes away what is printed beneath coloured ink: where much more of all colours is lacking than the ink
/// takes, only its colour says how much of it lies there.
fn without_print(amount: &mut Plane, coloured: &Plane, densities: &Densities, ink: [f32; 3]) {
    const BLACK: f32 = 0.35;
    let least = ink.iter().fold(f32::MAX, |least, value| least.min(*value));
    let printed = |at: usize| {
        let d = densities.at(at);
        d[0].min(d[1]).min(d[2]) - least * coloured.data[at].max(0.0) > BLACK
    };
    let printed = (0..amount.data.len()).map(|at| f32::from(u8::from(printed(at)))).collect();
    // The softer edges of the letters belong to them.
    let printed = Plane::new(amount.width, amount.height, printed).highest((0.15 * PER_MM) as usize + 1);
    for at in (0..amount.data.len()).filter(|&at| printed.data[at] > 0.5) {
        amount.data[at] = coloured.data[at];
    }
}

/// How much more power noise has where so much ink lies than on bare paper: the same unrest of a darker
/// pixel is a larger change of density.
fn louder(ink: [f32; 3], amount: f32) -> f32 {
    let all: f32 = ink.iter().map(|v| v * v).sum::<f32>().max(1e-6);
    ink.iter().map(|v| v * v * (2.0 * v * amount.max(0.0)).min(4.0).exp()).sum::<f32>() / all
}

/// The mean density of the ink in the rectangle, by channel, and in the channel that it takes most.
fn mean_ink(part: &Straight, densities: &Densities, rect: &Rect, dark: bool) -> Option<([f32; 3], f32)> {
    let (left, top, right, bottom) = part.points(rect);
    let chroma = densities.chroma((0.2 * PER_MM) as f32);
    let mut points = Vec::new();
    for y in top..bottom {
        for x in left..right {
            let at = y * part.width() + x;
            let d = densities.at(at);
            points.push((if dark { d[0].min(d[1]).min(d[2]) } else { chroma.data[at] }, at));
        }
    }
    let mut strengths: Vec<f32> = points.iter().map(|point| point.0).collect();
    // Lines and words that are printed around and beneath are dark too, and darker than a pale print.
    let (high, most) = match dark {
        true => (quantile(&mut strengths, 0.9), PRINTED),
        false => (quantile(&mut strengths, 0.97), f32::MAX),
    };
    let levels = (0.5 * high).max(if dark { 0.04 } else { 0.02 })..most * high;
    let strong: Vec<usize> =
        points.iter().filter(|point| levels.contains(&point.0)).map(|point| point.1).collect();
    if strong.len() < 100 {
        return None;
    }
    let mean_of = |points: &[usize]| {
        let mut mean = [0.0f32; 3];
        for at in points {
            densities.at(*at).iter().zip(&mut mean).for_each(|(d, mean)| *mean += d / points.len() as f32);
        }
        mean
    };
    let mut mean = mean_of(&strong);
    if !dark && Colour::of(mean) == Colour::Black {
        // A word beneath coloured ink is darker in all channels: what is left without it has the ink's colour.
        let is_coloured = |at: &usize| Colour::of(densities.at(*at)) != Colour::Black;
        let coloured: Vec<usize> = strong.into_iter().filter(is_coloured).collect();
        if coloured.len() >= 100 {
            mean = mean_of(&coloured);
        }
    }
    let most = mean.iter().fold(0.0f32, |most, value| most.max(*value));
    (most > 0.03).then_some((mean, most))
}

/// What the ink covers: gaps of a ridge's distance are closed, gaps within are filled, specks dropped.
fn envelope(part: &Straight, amount: &Plane, rect: &Rect) -> Plane {
    let (left, top, right, bottom) = part.points(&rect.grown(1.5));
    let spread = amount.blurred((0.35 * PER_MM) as f32);
    let (width, height) = (amount.width, amount.height);
    let within = |at: usize| (left..right).contains(&(at % width)) && (top..bottom).contains(&(at / width));
    let solid: Vec<f32> = spread
        .data
        .iter()
        .enumerate()
        .map(|(at, &value)| if value > 0.16 && within(at) { 1.0 } else { 0.0 })
        .collect();
    let inverse = |plane: Plane| Plane::new(width, height, plane.data.iter().map(|v| 1.0 - v).collect());
    let (closing, opening) = ((0.45 * PER_MM) as usize, (1.3 * PER_MM) as usize);
    let grown = inverse(Plane::new(width, height, solid).highest(closing));
    let core = inverse(grown.highest(closing + opening));
    without_crumbs(core.highest(opening))
}

/// Without the pieces that are less than a fifth of the largest one.
fn without_crumbs(mut mask: Plane) -> Plane {
    let covered: Vec<bool> = mask.data.iter().map(|&value| value > 0.5).collect();
    let pieces = pieces(&covered, mask.width);
    let largest = pieces.iter().map(Vec::len).max().unwrap_or(0);
    for piece in pieces.iter().filter(|piece| piece.len() * 5 < largest) {
        piece.iter().for_each(|&at| mask.data[at] = 0.0);
    }
    mask
}

/// Axes of the ellipse with the same moments, and the share of the convex outline that is covered.
fn shape(mask: &Plane) -> ((f32, f32), f32) {
    let (mut count, mut x_sum, mut y_sum) = (0.0f64, 0.0, 0.0);
    let (mut xx, mut xy, mut yy) = (0.0f64, 0.0, 0.0);
    let mut outline = Vec::new();
    for y in 0..mask.height {
        let row = &mask.data[y * mask.width..][..mask.width];
        let Some(first) = row.iter().position(|&v| v > 0.5) else { continue };
        let last = row.iter().rposition(|&v| v > 0.5).unwrap_or(first);
        outline.extend([
            (first as f64, y as f64),
            (last as f64 + 1.0, y as f64),
            (first as f64, y as f64 + 1.0),
            (last as f64 + 1.0, y as f64 + 1.0),
        ]);
        for (x, _) in row.iter().enumerate().filter(|(_, v)| **v > 0.5) {
            let (x, y) = (x as f64, y as f64);
            (count, x_sum, y_sum) = (count + 1.0, x_sum + x, y_sum + y);
            (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
        }
    }
    if count < 1.0 {
        return ((0.0, 0.0), 0.0);
    }
    let (mx, my) = (x_sum / count, y_sum / count);
    let (xx, xy, yy) = (xx / count - mx * mx, xy / count - mx * my, yy / count - my * my);
    let root = ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt();
    let axis = |value: f64| (4.0 * value.max(0.0).sqrt() / PER_MM) as f32;
    let around = area(&hull(&outline));
    ((axis((xx + yy + root) / 2.0), axis((xx + yy - root) / 2.0)), (count / around.max(1.0)) as f32)
}

/// The slope that only a twentieth of the points within and around the ink exceed, a point.
fn steepness(amount: &Plane, mask: &Plane) -> f32 {
    let near = mask.highest(4);
    let mut slopes = Vec::new();
    for y in 1..amount.height - 1 {
        for x in 1..amount.width - 1 {
            if near.at(x, y) > 0.5 {
                let dx = amount.at(x + 1, y) - amount.at(x - 1, y);
                let dy = amount.at(x, y + 1) - amount.at(x, y - 1);
                slopes.push(0.5 * dx.hypot(dy));
            }
        }
    }
    quantile(&mut slopes, 0.95)
}

/// 1 where the ink in the mask is at least four tenths as dense as its darkest parts.
fn inked_places(amount: &Plane, mask: &Plane, dark: f32) -> Plane {
    let inked = |(&a, &m): (&f32, &f32)| if m > 0.5 && a > 0.4 * dark { 1.0 } else { 0.0 };
    Plane::new(amount.width, amount.height, amount.data.iter().zip(&mask.data).map(inked).collect())
}

/// What is coarser than ridges and finer than how the pressure lay.
fn streaky(amount: &Plane) -> Plane {
    const BAND: (f32, f32) = (0.3, 1.0);
    let (fine, coarse) = (amount.blurred(BAND.0 * PER_MM as f32), amount.blurred(BAND.1 * PER_MM as f32));
    Plane::new(
        amount.width,
        amount.height,
        fine.data.iter().zip(&coarse.data).map(|(fine, coarse)| fine - coarse).collect(),
    )
}

/// From the slopes well within the ink: how much the larger of their two mean squares exceeds the other.
fn grain(smooth: &Plane, mask: &Plane) -> f32 {
    let within = mask.mean((1.2 * PER_MM) as usize);
    let (mut xx, mut xy, mut yy) = (0.0f64, 0.0f64, 0.0f64);
    for y in 2..smooth.height - 2 {
        for x in 2..smooth.width - 2 {
            if within.at(x, y) > 0.99 {
                let dx = f64::from(smooth.at(x + 2, y) - smooth.at(x - 2, y));
                let dy = f64::from(smooth.at(x, y + 2) - smooth.at(x, y - 2));
                (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
            }
        }
    }
    let sum = xx + yy;
    let difference = ((xx - yy).powi(2) + 4.0 * xy * xy).sqrt();
    if sum > 0.0 { (difference / sum) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    fn streaks(ink: impl Fn(f32, f32) -> f32) -> f32 {
        let side = 300usize;
        let at = |at: usize| ((at % side) as f32 / 12.0 - 12.5, (at / side) as f32 / 12.0 - 12.5);
        let inside = |i: usize| at(i).0.hypot(at(i).1) < 8.0;
        let amount = (0..side * side).map(|i| if inside(i) { ink(at(i).0, at(i).1) } else { 0.0 }).collect();
        let mask = (0..side * side).map(|i| f32::from(u8::from(inside(i)))).collect();
        grain(&streaky(&Plane::new(side, side, amount)), &Plane::new(side, side, mask))
    }

    #[test]
    fn a_dragged_finger_leaves_streaks_and_one_that_was_pressed_blotches_under_its_ridges() {
        // Ridges all in one direction, as of the tip of a finger, and blotches in none.
        let ridges = |y: f32| 0.5 * (TAU * y / 0.5).cos();
        let blotches = |x: f32, y: f32| 0.3 * (TAU * x / 1.9).cos() * (TAU * y / 1.9).cos();
        let pressed = streaks(|x, y| 1.0 + ridges(y) + blotches(x, y));
        assert!(pressed < 0.15, "{pressed}");
        let dragged = streaks(|x, y| 1.0 + 0.3 * (TAU * x / 1.9).cos() + 0.05 * blotches(x, y));
        assert!(dragged > 0.8, "{dragged}");
    }
}
