//! Finding the edges of a sheet that has no marks.
//!
//! Paper is bright and has no colour, so its darkest channel is bright. At several levels what is
//! brighter is taken, its outline made a quadrangle of straight lines, and the quadrangle kept along
//! whose sides brightness changes most. Where none stands out, the picture is the sheet.

use super::page::{PAGE_HEIGHT, PAGE_WIDTH};
use crate::geometry::{Homography, Point};
use crate::outline::{area, crossing, hull, through};
use crate::picture::{Picture, Plane, pieces};

const LONGEST: usize = 480;
/// Sides along which brightness changes less are no edges.
const LEAST_CONTRAST: f64 = 0.06;
/// The least share of the picture that a sheet fills.
const LEAST: f64 = 0.15;

/// Where the sheet lies, from millimetres to pixels, and whether its edges were seen.
pub fn find(picture: &Picture) -> Option<(Homography, bool)> {
    let (plane, step) = darkest_channel(picture);
    let plane = plane.mean(1);
    let mut best: Option<(f64, [Point; 4])> = None;
    for share in 1..12 {
        let level = plane.quantile(0.05 + 0.075 * share as f32);
        let Some(corners) = outline(&plane, level) else { continue };
        let score = contrast(&plane, &corners) * (area(&corners) / plane.data.len() as f64).sqrt();
        if best.is_none_or(|(most, _)| score > most) {
            best = Some((score, corners));
        }
    }
    let whole = whole(picture);
    let Some((_, corners)) = best.filter(|(score, _)| *score > LEAST_CONTRAST) else {
        return Some((view(whole)?, false));
    };
    let (step, half) = (step as f64, (step as f64 - 1.0) / 2.0);
    let corners = corners.map(|(x, y)| (x * step + half, y * step + half));
    Some((view(corners)?, true))
}

fn whole(picture: &Picture) -> [Point; 4] {
    let (right, bottom) = (picture.width() as f64 - 0.5, picture.height() as f64 - 0.5);
    [(-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom)]
}

/// The view of a sheet with these corners, from the top left of the picture on. A sheet that lies on
/// its side is taken to be turned to the left, as phones held across do.
fn view(corners: [Point; 4]) -> Option<Homography> {
    let side = |a: usize, b: usize| (corners[a].0 - corners[b].0).hypot(corners[a].1 - corners[b].1);
    let lies = side(0, 1) + side(2, 3) > 1.12 * (side(1, 2) + side(3, 0));
    let sheet = [(0.0, 0.0), (PAGE_WIDTH, 0.0), (PAGE_WIDTH, PAGE_HEIGHT), (0.0, PAGE_HEIGHT)];
    let turn = usize::from(lies);
    let pairs: Vec<_> = (0..4).map(|at| (sheet[(at + turn) % 4], corners[at])).collect();
    Homography::fit(&pairs)
}

fn darkest_channel(picture: &Picture) -> (Plane, usize) {
    let step = picture.width().max(picture.height()).div_ceil(LONGEST).max(1);
    let (width, height) = ((picture.width() / step).max(1), (picture.height() / step).max(1));
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0u32; 3];
            for row in y * step..(y + 1) * step {
                for column in x * step..(x + 1) * step {
                    let pixel = picture.pixel(column.min(picture.width() - 1), row.min(picture.height() - 1));
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(value));
                }
            }
            let least = sum.iter().min().copied().unwrap_or(0);
            data.push(least as f32 / (step * step) as f32);
        }
    }
    (Plane::new(width, height, data), step)
}

/// The quadrangle that what is brighter than `level` fills, from its top left corner on.
fn outline(plane: &Plane, level: f32) -> Option<[Point; 4]> {
    let piece = largest(plane, level)?;
    let hull = hull(&piece);
    let whole = area(&hull);
    if whole < LEAST * plane.data.len() as f64 {
        return None;
    }
    let corners = straightened(&hull, quadrangle_of(&hull)?)?;
    let fills = area(&corners) / whole;
    (0.93..1.15).contains(&fills).then_some(corners)
}

/// The ends of the rows and columns of the largest connected bright piece.
fn largest(plane: &Plane, level: f32) -> Option<Vec<Point>> {
    let bright: Vec<bool> = plane.data.iter().map(|&value| value > level).collect();
    let best = pieces(&bright, plane.width).into_iter().max_by_key(Vec::len)?;
    let points = best.iter().flat_map(|&at| {
        let (x, y) = ((at % plane.width) as f64, (at / plane.width) as f64);
        [(x - 0.5, y - 0.5), (x + 0.5, y - 0.5), (x + 0.5, y + 0.5), (x - 0.5, y + 0.5)]
    });
    Some(points.collect())
}

/// The hull's corners that are outermost along the diagonals, which suits sheets turned by up to a
/// third of a right angle.
fn quadrangle_of(hull: &[Point]) -> Option<[Point; 4]> {
    let most = |direction: fn(&Point) -> f64| {
        hull.iter().copied().max_by(|a, b| direction(a).total_cmp(&direction(b)))
    };
    Some([most(|p| -p.0 - p.1)?, most(|p| p.0 - p.1)?, most(|p| p.0 + p.1)?, most(|p| p.1 - p.0)?])
}

/// Each side laid through the outline's points beside it; the corners are where the sides cross.
fn straightened(hull: &[Point], rough: [Point; 4]) -> Option<[Point; 4]> {
    let mut lines = Vec::new();
    for at in 0..4 {
        let (a, b) = (rough[at], rough[(at + 1) % 4]);
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        if length < 20.0 {
            return None;
        }
        let (ux, uy) = ((b.0 - a.0) / length, (b.1 - a.1) / length);
        let mut close = Vec::new();
        for (p, q) in hull.iter().zip(hull.iter().skip(1).chain(hull.first())) {
            let steps = (p.0 - q.0).hypot(p.1 - q.1).ceil().max(1.0) as usize;
            for step in 0..steps {
                let t = step as f64 / steps as f64;
                let (x, y) = (p.0 + (q.0 - p.0) * t, p.1 + (q.1 - p.1) * t);
                let (s, off) = ((x - a.0) * ux + (y - a.1) * uy, (x - a.0) * uy - (y - a.1) * ux);
                if s > 0.15 * length && s < 0.85 * length && off.abs() < 0.04 * length {
                    close.push((x, y));
                }
            }
        }
        lines.push(through(&close).unwrap_or((a, (ux, uy))));
    }
    let corner = |at: usize| crossing(lines[(at + 3) % 4], lines[at]);
    Some([corner(0)?, corner(1)?, corner(2)?, corner(3)?])
}

/// How much brighter it is just inside than just outside, along the sides, against the brightness; the
/// mean of the sides, of which the picture's own edge counts nothing.
fn contrast(plane: &Plane, corners: &[Point; 4]) -> f64 {
    const OFF: f64 = 4.0;
    let centre = corners.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0 / 4.0, s.1 + p.1 / 4.0));
    let mut sum = 0.0;
    for at in 0..4 {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        let length = (b.0 - a.0).hypot(b.1 - a.1).max(1.0);
        let mut normal = ((b.1 - a.1) / length, (a.0 - b.0) / length);
        if (centre.0 - a.0) * normal.0 + (centre.1 - a.1) * normal.1 < 0.0 {
            normal = (-normal.0, -normal.1);
        }
        for step in 1..30 {
            let t = step as f64 / 30.0;
            let (x, y) = (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
            let outside = (x - OFF * normal.0, y - OFF * normal.1);
            let within = outside.0 >= 0.0
                && outside.1 >= 0.0
                && outside.0 < plane.width as f64
                && outside.1 < plane.height as f64;
            if within {
                let out = plane.sample(outside.0 as f32, outside.1 as f32);
                let inn = plane.sample((x + OFF * normal.0) as f32, (y + OFF * normal.1) as f32);
                sum += f64::from((inn - out) / (inn.max(out) + 8.0)) / (29.0 * 4.0);
            }
        }
    }
    sum
}
