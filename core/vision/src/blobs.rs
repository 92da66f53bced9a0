//! Pieces of ink that are wide, unlike a pen's strokes and printed text.

use ruhu_sheet::page::Rect;

use crate::drawn::Drawn;
use crate::ink::{Colour, Densities};
use crate::picture::{Plane, pieces, quantile};
use crate::straight::Straight;

/// A coloured point counts from this density on, more where the picture is noisy.
const LEAST_CHROMA: f32 = 0.013;
/// Paper is what is less dense.
const INKED: f32 = 0.1;
/// Gaps narrower than twice this, in millimetres, do not divide a piece: between the strokes of a stamp.
const CLOSING: f64 = 1.1;
/// What is narrower than twice this after closing, in millimetres, is no piece: a pen's strokes.
const OPENING: f64 = 2.1;
/// How far around a box a stamp's frame is looked for, in millimetres.
pub const REACH: f64 = 9.0;
/// Smaller pieces, in square millimetres, are specks.
const SPECK: f64 = 6.0;
/// From these densities on a point is dark: of a piece, and of a pale one.
const DARK: (f32, f32) = (0.07, 0.03);
/// So many deviations of the paper's noise count as drawn.
const NOISE: f32 = 4.0;
/// A larger pale piece, in square millimetres, is a shadow.
const MOST_PALE: f64 = 700.0;

/// A piece of ink on a sheet, in millimetres.
#[derive(Debug, Clone, PartialEq)]
pub struct Blob {
    /// What it covers, gaps closed.
    pub area: f64,
    /// The rectangle around it.
    pub rect: Rect,
    /// Its middle.
    pub centre: (f64, f64),
    /// Points of the part in which it was found.
    pub points: Vec<usize>,
}

impl Blob {
    /// The share of it that lies in a rectangle.
    pub fn inside(&self, part: &Straight, rect: &Rect) -> f64 {
        let (left, top, right, bottom) = part.points(rect);
        let width = part.width();
        let is_inside =
            |at: &&usize| (left..right).contains(&(**at % width)) && (top..bottom).contains(&(**at / width));
        self.points.iter().filter(is_inside).count() as f64 / self.points.len().max(1) as f64
    }
}

/// The coloured pieces of a part of a sheet, the largest first.
pub fn coloured(part: &Straight, densities: &Densities) -> Vec<Blob> {
    opened(part, coloured_points(part, densities), OPENING)
}

/// Where coloured ink lies.
fn coloured_points(part: &Straight, densities: &Densities) -> Vec<bool> {
    let deviation = (0.5 * part.per_mm) as f32;
    let chroma = densities.chroma(deviation);
    let most = densities.most(deviation);
    // On bare paper the median is the noise's mean, and what lies below it says how far noise goes.
    let bare = chroma.data.iter().zip(&most.data).step_by(7).filter(|(_, most)| **most < INKED);
    let mut values: Vec<f32> = bare.map(|(chroma, _)| *chroma).collect();
    let median = quantile(&mut values, 0.5);
    let spread = (median - quantile(&mut values, 0.16)).max(0.0);
    let level = median + LEAST_CHROMA.max(4.0 * spread);
    // Black text is never quite grey in a photo: what is as dark must be as coloured.
    let coloured = |(&chroma, &most): (&f32, &f32)| chroma > level && chroma > 0.28 * most;
    chroma.data.iter().zip(&most.data).map(coloured).collect()
}

/// Thin coloured strokes in a box, of which no piece is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strokes {
    /// What they cover, in square millimetres.
    pub area: f64,
    /// Their densities in red, green and blue.
    pub ink: [f32; 3],
    /// The density that a tenth of their points exceed, in the channel that takes most.
    pub darkest: f32,
    /// Their ink.
    pub colour: Colour,
}

impl Strokes {
    /// How coloured they are: the largest density less the smallest.
    pub fn chroma(&self) -> f32 {
        let [red, green, blue] = self.ink;
        red.max(green).max(blue) - red.min(green).min(blue)
    }
}

/// The coloured strokes in a rectangle; none where there are hardly any.
pub fn strokes(part: &Straight, densities: &Densities, rect: &Rect) -> Option<Strokes> {
    let points = coloured_points(part, densities);
    let (left, top, right, bottom) = part.points(rect);
    let (mut count, mut sum, mut most) = (0usize, [0.0f32; 3], Vec::new());
    for y in top..bottom {
        for at in (left..right).map(|x| y * part.width() + x).filter(|&at| points[at]) {
            count += 1;
            let densities = densities.at(at);
            densities.iter().zip(&mut sum).for_each(|(d, sum)| *sum += d);
            most.push(densities.iter().fold(0.0f32, |most, d| most.max(*d)));
        }
    }
    let area = count as f64 / (part.per_mm * part.per_mm);
    (area >= SPECK).then(|| {
        let ink = sum.map(|sum| sum / count as f32);
        Strokes { area, ink, darkest: quantile(&mut most, 0.9), colour: Colour::of(ink) }
    })
}

/// How coloured a density is, 0 to 1: what is printed is dark in all colours, and in a photo never quite alike.
fn share_of_colour(density: [f32; 3]) -> f32 {
    let most = density.iter().fold(0.0f32, |most, d| most.max(*d));
    let least = density.iter().fold(f32::MAX, |least, d| least.min(*d));
    (most - least.max(0.0)) / most.max(1e-6)
}

/// The deviation of a plane that is paper for the most part, from what lies below its median.
fn noise(plane: &Plane) -> f32 {
    let mut values: Vec<f32> = plane.data.iter().step_by(7).copied().collect();
    let median = quantile(&mut values, 0.5);
    (median - quantile(&mut values, 0.16)).max(0.0)
}

/// What ink of this colour draws in a rectangle, with the thin lines that belong to no piece.
pub fn drawn(part: &Straight, densities: &Densities, ink: [f32; 3], rect: &Rect) -> Drawn {
    let amount = densities.coloured_amount(ink);
    let (left, top, right, bottom) = part.points(rect);
    let near: Vec<usize> =
        (top..bottom).flat_map(|y| (left..right).map(move |x| y * part.width() + x)).collect();
    let mut values: Vec<f32> = near.iter().map(|&at| amount.data[at]).filter(|&a| a > 0.15).collect();
    // What is no more than the paper's noise is no line, and no frame of specks.
    let level = (0.4 * quantile(&mut values, 0.8).max(0.3)).max(NOISE * noise(&amount));
    let mut inked = Plane::filled(part.width(), part.height(), 0.0);
    let of_its_colour = |at: usize| share_of_colour(densities.at(at)) > 0.5 * share_of_colour(ink);
    let is_inked = |at: &&usize| amount.data[**at] > level && of_its_colour(**at);
    near.iter().filter(is_inked).for_each(|&at| inked.data[at] = 1.0);
    Drawn::of(&inked, part.per_mm as f32)
}

/// The dark pieces: what remains of text and lines after closing gaps and taking away all that is
/// narrower than a print.
pub fn dark(part: &Straight, densities: &Densities) -> Vec<Blob> {
    let [red, green, blue] = &densities.planes;
    let least =
        red.data.iter().zip(&green.data).zip(&blue.data).map(|((r, g), b)| r.min(*g).min(*b)).collect();
    let dark = Plane::new(red.width, red.height, least);
    let blurred = dark.blurred((0.45 * part.per_mm) as f32);
    let darker_than = |level: f32| {
        let mask = blurred.data.iter().map(|&value| value > level).collect();
        opened(part, mask, 1.6 * OPENING)
    };
    let mut found = darker_than(DARK.0);
    let pale = darker_than(DARK.1);
    found.extend(
        pale.into_iter()
            .filter(|blob| blob.area < MOST_PALE)
            .filter(|blob| {
                // What is darker within it was found for itself.
                !found.iter().any(|other| other.rect.overlaps(&blob.rect))
            })
            .collect::<Vec<_>>(),
    );
    found
}

/// Connected pieces of what is left after an opening (mm).
fn opened(part: &Straight, mask: Vec<bool>, opening: f64) -> Vec<Blob> {
    let radius = |mm: f64| (mm * part.per_mm).round().max(1.0) as usize;
    let (width, height) = (part.width(), part.height());
    let inverse =
        |plane: Plane| Plane::new(width, height, plane.data.iter().map(|value| 1.0 - value).collect());
    let inked = Plane::new(width, height, mask.iter().map(|&set| f32::from(u8::from(set))).collect());
    let grown = inverse(inked.highest(radius(CLOSING)));
    let core = inverse(grown.highest(radius(CLOSING) + radius(opening)));
    let opened = core.highest(radius(opening));
    let opened: Vec<bool> = opened.data.iter().map(|&value| value > 0.5).collect();
    let mut blobs: Vec<Blob> =
        pieces(&opened, width).into_iter().map(|points| described(part, points)).collect();
    blobs.retain(|blob| blob.area >= SPECK);
    blobs.sort_by(|a, b| b.area.total_cmp(&a.area));
    blobs
}

fn described(part: &Straight, points: Vec<usize>) -> Blob {
    let width = part.width();
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    let (mut sum_x, mut sum_y) = (0.0, 0.0);
    for at in &points {
        let (x, y) = (at % width, at / width);
        (left, right, top, bottom) = (left.min(x), right.max(x), top.min(y), bottom.max(y));
        (sum_x, sum_y) = (sum_x + x as f64, sum_y + y as f64);
    }
    let count = points.len() as f64;
    let mm = |points: f64| points / part.per_mm;
    Blob {
        area: count / (part.per_mm * part.per_mm),
        rect: Rect {
            x: part.rect.x + mm(left as f64),
            y: part.rect.y + mm(top as f64),
            w: mm((right - left + 1) as f64),
            h: mm((bottom - top + 1) as f64),
        },
        centre: (part.rect.x + mm(sum_x / count + 0.5), part.rect.y + mm(sum_y / count + 0.5)),
        points,
    }
}
