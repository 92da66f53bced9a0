//! Where a document lies in a picture, and what of it is not in the picture.
//!
//! A document differs from what it lies on: it is brighter, darker, paler or more colourful. For each of
//! these, at several levels, the largest piece is taken, its outline made a quadrangle of straight lines,
//! and the one kept along whose sides the picture changes most.

use serde::Serialize;

use super::exposure::Small;
use crate::geometry::Point;
use crate::outline::{area, crossing, distance, hull, through};
use crate::picture::{Picture, Plane, pieces};

/// Points along the longer side at which documents are looked for.
pub(super) const LONGEST: usize = 400;
/// The least share of the picture that a document fills.
const LEAST_AREA: f64 = 0.06;
/// The contrast along the sides below which nothing was found.
const LEAST_CONTRAST: f64 = 0.10;
/// The cosine of the sharpest corner that a sheet seen at an angle has.
const SHARPEST_CORNER: f64 = 0.42;
/// How far a corner may lie beyond the picture's edge, as a share of the longer side.
const BEYOND: f64 = 0.012;
/// The share of a document's side that may lie on the picture's edge.
const ALONG_EDGE: f64 = 0.12;
/// Ink at the picture's edge that shows that a page goes on, as a share of that edge.
const INK_AT_EDGE: f32 = 0.03;

/// A side of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The upper one.
    Top,
    /// The right one.
    Right,
    /// The lower one.
    Bottom,
    /// The left one.
    Left,
}

/// A document in a picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    /// Its corners in pixels of the picture, from the top left on clockwise; the corners of what is cut
    /// off lie outside. The picture's own corners when it fills the picture.
    pub corners: [Point; 4],
    /// Whether its edges were seen. If not, the whole picture is taken for it.
    pub edges_seen: bool,
    /// How much the picture changes along its sides, 0 to 1.
    pub contrast: f64,
    /// The share of the picture that it fills, 0 to 1.
    pub share: f64,
    /// How far its sides are from level and upright, in degrees, the largest of the four.
    pub skew: f64,
    /// The sides of the picture beyond which it goes on.
    pub cut_off: Vec<Side>,
}

impl Document {
    /// Which points of a small copy, made of squares with this side, lie on the document.
    pub(super) fn covers(&self, plane: &Plane, step: usize) -> Vec<bool> {
        let half = (step as f64 - 1.0) / 2.0;
        let corners = self.corners.map(|(x, y)| ((x - half) / step as f64, (y - half) / step as f64));
        let points = (0..plane.height).flat_map(|y| (0..plane.width).map(move |x| (x as f64, y as f64)));
        let inside = |(x, y): (f64, f64)| {
            (0..4).all(|at| {
                let (a, b) = (corners[at], corners[(at + 1) % 4]);
                (b.0 - a.0) * (y - a.1) - (b.1 - a.1) * (x - a.0) >= 0.0
            })
        };
        points.map(inside).collect()
    }
}

struct Found {
    corners: [Point; 4],
    contrast: f64,
    score: f64,
}

/// Finds the document. Works on a small copy of the picture; points are given for the picture.
pub(super) fn find(picture: &Picture, small: &Small) -> Document {
    let planes = [small.least.clone(), small.grey.clone(), colour(picture, small)];
    let mut best: Option<Found> = None;
    for plane in planes.map(|plane| plane.mean(1)) {
        for inverted in [false, true] {
            for level in 1..10 {
                let level = plane.quantile(0.05 + 0.09 * level as f32);
                let set: Vec<bool> = plane.data.iter().map(|value| (*value > level) != inverted).collect();
                let Some(corners) = outline(&set, &plane) else { continue };
                let contrast = contrast(&plane, &corners);
                let seen = clipped_area(&corners, &plane) / plane.data.len() as f64;
                let score = contrast * seen.sqrt();
                if contrast >= LEAST_CONTRAST && best.as_ref().is_none_or(|best| score > best.score) {
                    best = Some(Found { corners, contrast, score });
                }
            }
        }
    }
    let (width, height) = (small.grey.width as f64, small.grey.height as f64);
    let found = best.filter(|best| area(&best.corners) < 0.97 * width * height);
    match found {
        Some(found) => described(found, small),
        None => whole(small, picture),
    }
}

fn described(found: Found, small: &Small) -> Document {
    let (width, height) = (small.grey.width as f64, small.grey.height as f64);
    let cut_off = cut_sides(&found.corners, width, height);
    Document {
        skew: skew(&found.corners),
        share: clipped_area(&found.corners, &small.grey) / (width * height),
        corners: in_pixels(found.corners, small.step),
        edges_seen: true,
        contrast: found.contrast,
        cut_off,
    }
}

/// The picture itself, as of a scanner; cut off where ink reaches its edge.
fn whole(small: &Small, picture: &Picture) -> Document {
    let (right, bottom) = (picture.width() as f64 - 0.5, picture.height() as f64 - 0.5);
    let cut_off = ink_at_edges(small);
    let corners = [(-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom)];
    Document { corners, edges_seen: false, contrast: 0.0, share: 1.0, skew: 0.0, cut_off }
}

fn in_pixels(corners: [Point; 4], step: usize) -> [Point; 4] {
    let (step, half) = (step as f64, (step as f64 - 1.0) / 2.0);
    corners.map(|(x, y)| (x * step + half, y * step + half))
}

/// How colourful each point is: the largest channel less the least.
fn colour(picture: &Picture, small: &Small) -> Plane {
    let (step, middle) = (small.step, small.step / 2);
    let mut data = Vec::with_capacity(small.grey.data.len());
    for y in 0..small.grey.height {
        for x in 0..small.grey.width {
            let (x, y) = (x * step + middle, y * step + middle);
            let pixel = picture.pixel(x.min(picture.width() - 1), y.min(picture.height() - 1));
            let (low, high) = pixel.iter().fold((u8::MAX, 0), |(l, h), v| (l.min(*v), h.max(*v)));
            data.push(f32::from(high - low));
        }
    }
    Plane::new(small.grey.width, small.grey.height, data)
}

/// The quadrangle that the largest piece of what is set fills, from its top left corner on.
fn outline(set: &[bool], plane: &Plane) -> Option<[Point; 4]> {
    let piece = pieces(set, plane.width).into_iter().max_by_key(Vec::len)?;
    if (piece.len() as f64) < LEAST_AREA * set.len() as f64 {
        return None;
    }
    let points: Vec<Point> = piece
        .iter()
        .flat_map(|&at| {
            let (x, y) = ((at % plane.width) as f64, (at / plane.width) as f64);
            [(x - 0.5, y - 0.5), (x + 0.5, y - 0.5), (x + 0.5, y + 0.5), (x - 0.5, y + 0.5)]
        })
        .collect();
    let hull = hull(&points);
    let whole = area(&hull);
    // What is full of holes or has bays is no sheet; print and fingers take less.
    if (piece.len() as f64) < 0.6 * whole {
        return None;
    }
    let corners = straightened(&hull, rough(&hull)?)?;
    let fills = clipped_area(&corners, plane) / whole;
    (0.9..1.12).contains(&fills).then_some(corners)
}

/// The hull's corners that are outermost along the diagonals, or, of what is turned by about half a
/// right angle, along the axes, whichever quadrangle is larger.
fn rough(hull: &[Point]) -> Option<[Point; 4]> {
    let most = |direction: fn(&Point) -> f64| {
        hull.iter().copied().max_by(|a, b| direction(a).total_cmp(&direction(b)))
    };
    let level = [most(|p| -p.0 - p.1)?, most(|p| p.0 - p.1)?, most(|p| p.0 + p.1)?, most(|p| p.1 - p.0)?];
    let turned = [most(|p| -p.1)?, most(|p| p.0)?, most(|p| p.1)?, most(|p| -p.0)?];
    Some(if area(&turned) > area(&level) { turned } else { level })
}

/// Each side laid through the outline's points beside it; the corners are where the sides cross.
fn straightened(hull: &[Point], rough: [Point; 4]) -> Option<[Point; 4]> {
    let mut lines = Vec::new();
    for at in 0..4 {
        let (a, b) = (rough[at], rough[(at + 1) % 4]);
        let length = distance(a, b);
        if length < 20.0 {
            return None;
        }
        let (ux, uy) = ((b.0 - a.0) / length, (b.1 - a.1) / length);
        let mut close = Vec::new();
        for (p, q) in hull.iter().zip(hull.iter().skip(1).chain(hull.first())) {
            let steps = distance(*p, *q).ceil().max(1.0) as usize;
            for step in 0..steps {
                let t = step as f64 / steps as f64;
                let (x, y) = (p.0 + (q.0 - p.0) * t, p.1 + (q.1 - p.1) * t);
                let (s, off) = ((x - a.0) * ux + (y - a.1) * uy, (x - a.0) * uy - (y - a.1) * ux);
                if s > 0.15 * length && s < 0.85 * length && off.abs() < 0.05 * length {
                    close.push((x, y));
                }
            }
        }
        lines.push(through(&close).unwrap_or((a, (ux, uy))));
    }
    let corner = |at: usize| crossing(lines[(at + 3) % 4], lines[at]);
    let corners = [corner(0)?, corner(1)?, corner(2)?, corner(3)?];
    let far = corners.iter().zip(rough).any(|(corner, rough)| {
        let longest = (0..4).map(|at| distance(corners[at], corners[(at + 1) % 4])).fold(0.0, f64::max);
        distance(*corner, rough) > 0.35 * longest
    });
    (!far && is_sheet(&corners)).then_some(corners)
}

/// Whether a flat thing with right angles may look like this: the edge of a shadow and a side of the
/// picture make sharper corners.
fn is_sheet(corners: &[Point; 4]) -> bool {
    (0..4).all(|at| {
        let (before, here, after) = (corners[(at + 3) % 4], corners[at], corners[(at + 1) % 4]);
        let (one, other) = ((before.0 - here.0, before.1 - here.1), (after.0 - here.0, after.1 - here.1));
        let lengths = distance(before, here) * distance(after, here);
        (one.0 * other.0 + one.1 * other.1).abs() < SHARPEST_CORNER * lengths
    })
}

/// One of a point's numbers.
type Coordinate = fn(&Point) -> f64;
/// How far a point lies beyond a side of a plane so wide and high.
type Beyond = fn(&Point, f64, f64) -> f64;

/// The area of the part of a quadrangle that lies in the plane.
fn clipped_area(corners: &[Point; 4], plane: &Plane) -> f64 {
    let (right, bottom) = (plane.width as f64 - 0.5, plane.height as f64 - 0.5);
    let mut points = corners.to_vec();
    let sides: [(Coordinate, f64, f64); 4] =
        [(|p| p.0, -0.5, 1.0), (|p| p.0, right, -1.0), (|p| p.1, -0.5, 1.0), (|p| p.1, bottom, -1.0)];
    for (of, limit, sign) in sides {
        let inside = |p: &Point| (of(p) - limit) * sign >= 0.0;
        let mut kept = Vec::new();
        for (p, q) in points.iter().zip(points.iter().skip(1).chain(points.first())) {
            if inside(p) {
                kept.push(*p);
            }
            if inside(p) != inside(q) {
                let t = (limit - of(p)) / (of(q) - of(p));
                kept.push((p.0 + (q.0 - p.0) * t, p.1 + (q.1 - p.1) * t));
            }
        }
        points = kept;
    }
    if points.len() < 3 { 0.0 } else { area(&points) }
}

/// How much the picture changes across the sides, against its range; the mean of the three sides that
/// change most (a hand or the picture's edge may take one), of which the picture's own edge counts
/// nothing.
fn contrast(plane: &Plane, corners: &[Point; 4]) -> f64 {
    const OFF: f64 = 3.0;
    let range = f64::from(plane.quantile(0.98) - plane.quantile(0.02)).max(12.0);
    let mut sides: Vec<f64> = (0..4)
        .map(|at| {
            let (a, b) = (corners[at], corners[(at + 1) % 4]);
            let length = distance(a, b).max(1.0);
            let normal = ((b.1 - a.1) / length, (a.0 - b.0) / length);
            let mut sum = 0.0;
            for step in 1..30 {
                let t = step as f64 / 30.0;
                let (x, y) = (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
                let beside = [OFF, -OFF].map(|off| (x + off * normal.0, y + off * normal.1));
                let within = beside.iter().all(|(x, y)| {
                    *x >= 0.0 && *y >= 0.0 && *x < plane.width as f64 && *y < plane.height as f64
                });
                if within {
                    let [one, other] = beside.map(|(x, y)| f64::from(plane.sample(x as f32, y as f32)));
                    sum += (one - other) / range / 29.0;
                }
            }
            sum.abs()
        })
        .collect();
    sides.sort_by(f64::total_cmp);
    (sides[1] + sides[2] + sides[3]) / 3.0
}

/// The sides of the picture beyond which a document with these corners goes on: a corner lies beyond
/// one, or one of its sides lies along it.
fn cut_sides(corners: &[Point; 4], width: f64, height: f64) -> Vec<Side> {
    let beyond = BEYOND * width.max(height);
    let outside: [(Side, Beyond); 4] = [
        (Side::Top, |p, _, _| -0.5 - p.1),
        (Side::Right, |p, width, _| p.0 - (width - 0.5)),
        (Side::Bottom, |p, _, height| p.1 - (height - 0.5)),
        (Side::Left, |p, _, _| -0.5 - p.0),
    ];
    let mut sides = Vec::new();
    for (side, off) in outside {
        let off = |p: &Point| off(p, width, height);
        let along = (0..4).any(|at| {
            let (a, b) = (corners[at], corners[(at + 1) % 4]);
            let close = (0..=20).filter(|step| {
                let t = f64::from(*step) / 20.0;
                off(&(a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t)) > -1.6
            });
            close.count() as f64 / 21.0 > ALONG_EDGE
        });
        if along || corners.iter().any(|corner| off(corner) > beyond) {
            sides.push(side);
        }
    }
    sides
}

/// The largest angle, in degrees, between a side and the direction of the picture that it is next to.
fn skew(corners: &[Point; 4]) -> f64 {
    let angle = |at: usize| {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        let angle = (b.1 - a.1).atan2(b.0 - a.0).to_degrees().rem_euclid(90.0);
        angle.min(90.0 - angle)
    };
    (0..4).map(angle).fold(0.0, f64::max)
}

/// The sides of a picture at which there is ink, on something that is paper all around.
fn ink_at_edges(small: &Small) -> Vec<Side> {
    let plane = &small.grey;
    let around = plane.mean((plane.width.max(plane.height) / 16).max(2));
    let ink = |x: usize, y: usize| plane.at(x, y) < 0.75 * around.at(x, y);
    let (right, bottom) = (plane.width - 1, plane.height - 1);
    // The outermost points are often half of something else.
    let rows = |y: usize| (0..=right).filter(|x| ink(*x, y)).count() as f32 / plane.width as f32;
    let columns = |x: usize| (0..=bottom).filter(|y| ink(x, *y)).count() as f32 / plane.height as f32;
    let shares = [
        (Side::Top, rows(1.min(bottom))),
        (Side::Right, columns(right.saturating_sub(1))),
        (Side::Bottom, rows(bottom.saturating_sub(1))),
        (Side::Left, columns(1.min(right))),
    ];
    shares.into_iter().filter(|(_, share)| *share > INK_AT_EDGE).map(|(side, _)| side).collect()
}
