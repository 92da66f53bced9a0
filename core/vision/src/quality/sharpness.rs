//! How sharp a picture is: how many pixels its edges need from dark to bright.
//!
//! Along pieces of rows and of columns, contrast is divided by the steepest slope. That is the width of
//! an edge as well as of a stroke, whatever the light. A picture out of focus is wide both ways; a shaken
//! one is sharp along the shake, so the worse of the two ways counts.

use serde::Serialize;

use crate::picture::{Plane, quantile};

/// Pixels of a piece.
const PIECE: usize = 48;
/// Every so many rows and columns are looked at.
const EVERY: usize = 6;
/// The contrast of a piece against the brightness of the picture, from which on it has an edge.
const LEAST_CONTRAST: f32 = 0.16;
/// The same against the deviation of the noise.
const OVER_NOISE: f32 = 9.0;
/// Pieces with an edge, below which nothing is said of a direction.
const LEAST_PIECES: usize = 12;
/// The share of the edges that are sharper than the one that is told: shadows and what is far are soft in
/// sharp pictures too.
const SHARPER: f32 = 0.15;
/// How often the picture is halved to look for edges wider than a piece.
const HALVINGS: usize = 3;

/// What the edges of a picture are like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sharpness {
    /// Pixels from dark to bright across an edge of the sharper ones, in the direction in which they are
    /// wider, at the scale at which the picture is looked at (2,048 pixels along the longer side at
    /// most). A step without blur has about 3. None in a picture without edges.
    pub edge_width: Option<f32>,
    /// The other direction.
    pub edge_width_along: Option<f32>,
    /// Pieces with an edge per thousand looked at.
    pub edges: u32,
    /// The deviation of the noise, in steps of 255.
    pub noise: f32,
}

/// Measures.
pub fn sharpness(grey: &Plane) -> Sharpness {
    let noise = noise(grey);
    let bright = sampled(grey).quantile(0.9);
    let least = (LEAST_CONTRAST * bright).max(OVER_NOISE * noise).max(6.0);
    let mut plane = grey.clone();
    let mut told = Sharpness { edge_width: None, edge_width_along: None, edges: 0, noise };
    for halving in 0..=HALVINGS {
        let factor = (1 << halving) as f32;
        let mut rows = widths(&plane, least, false);
        let mut columns = widths(&plane, least, true);
        if halving == 0 {
            let pieces = pieces_of(&plane);
            told.edges = ((rows.len() + columns.len()) * 1000 / pieces.max(1)) as u32;
        }
        let width = |widths: &mut Vec<f32>| {
            (widths.len() >= LEAST_PIECES).then(|| quantile(widths, SHARPER) * factor)
        };
        let (across, down) = (width(&mut rows), width(&mut columns));
        if across.is_some() || down.is_some() {
            told.edge_width = across.into_iter().chain(down).reduce(f32::max);
            told.edge_width_along = across.zip(down).map(|(a, b)| a.min(b));
            break;
        }
        if plane.width.min(plane.height) < 4 * PIECE {
            break;
        }
        plane = plane.halved();
    }
    told
}

/// Every fourth pixel of every fourth row.
fn sampled(plane: &Plane) -> Plane {
    let rows = (0..plane.height).step_by(4);
    let data: Vec<f32> = rows
        .clone()
        .flat_map(|y| (0..plane.width).step_by(4).map(move |x| (x, y)))
        .map(|(x, y)| plane.at(x, y))
        .collect();
    Plane::new(plane.width.div_ceil(4), rows.count(), data)
}

fn pieces_of(plane: &Plane) -> usize {
    plane.width / PIECE * (plane.height / EVERY) + plane.height / PIECE * (plane.width / EVERY)
}

/// The widths of the edges in pieces of rows, or of columns.
fn widths(plane: &Plane, least: f32, columns: bool) -> Vec<f32> {
    let (length, lines) = if columns { (plane.height, plane.width) } else { (plane.width, plane.height) };
    let value = |line: usize, at: usize| if columns { plane.at(line, at) } else { plane.at(at, line) };
    let mut widths = Vec::new();
    let mut smooth = vec![0.0f32; length];
    for line in (1..lines.saturating_sub(1)).step_by(EVERY) {
        // Over three lines and three places, which takes most of the noise away.
        let mean = |at: usize| value(line - 1, at) + value(line, at) + value(line + 1, at);
        for (at, smooth) in smooth.iter_mut().enumerate() {
            let (before, after) = (at.saturating_sub(1), (at + 1).min(length - 1));
            *smooth = (mean(before) + mean(at) + mean(after)) / 9.0;
        }
        widths.extend(smooth.chunks_exact(PIECE).filter_map(|piece| width(piece, least)));
    }
    widths
}

fn width(piece: &[f32], least: f32) -> Option<f32> {
    let (low, high) = piece.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    let steepest = piece.windows(3).map(|v| (v[2] - v[0]).abs() / 2.0).fold(0.0, f32::max);
    (high - low > least && steepest > 0.0).then(|| (high - low) / steepest)
}

/// The deviation of what differs from pixel to pixel where nothing else does: the lower quarter of
/// differences of second order, whose deviation for noise alone is six times the noise's.
fn noise(plane: &Plane) -> f32 {
    let mut differences = Vec::new();
    for y in (1..plane.height.saturating_sub(1)).step_by(5) {
        for x in (1..plane.width.saturating_sub(1)).step_by(3) {
            let at = |dx: usize, dy: usize| plane.at(x + dx - 1, y + dy - 1);
            let corners = at(0, 0) + at(2, 0) + at(0, 2) + at(2, 2);
            let sides = at(1, 0) + at(0, 1) + at(2, 1) + at(1, 2);
            differences.push((corners - 2.0 * sides + 4.0 * at(1, 1)).abs());
        }
    }
    // A quarter of a normal distribution lies within 0.319 deviations.
    quantile(&mut differences, 0.25) / 0.319 / 6.0
}
