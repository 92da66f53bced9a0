//! Finding the edges of a sheet that has no marks.
//!
//! Paper is bright and has no colour, so its darkest channel is bright. For each side of the picture the
//! straight lines are looked for along which it is brighter within than without, everywhere along the
//! line: a shadow's edge or a row of text is so in parts only. Of four such lines, one a side, those are
//! the sheet's that agree best and have its shape. Where none stand out, the picture is the sheet.

use ruhu_sheet::page::{PAGE_HEIGHT, PAGE_WIDTH};

use crate::geometry::{Homography, Point};
use crate::outline::{area, crossing, distance, through};
use crate::picture::{Picture, Plane, quantile};

/// Pixels of the longer side in which lines are looked for.
const LONGEST: usize = 260;
/// And in which they are traced then.
const FINE: usize = 1000;
/// How far off a line may have been found, in pixels of the coarser picture.
const REACH: f64 = 6.0;
/// How far inwards of the picture's edge a line's ends are looked for, as a share of its side.
const DEEPEST: f32 = 0.42;
/// How far from a line it is compared, in pixels.
const OFF: f32 = 3.0;
/// Relative differences of brightness count up to this: a strong edge on half of a line is none.
const MOST: f32 = 0.10;
/// Lines that are kept a side.
const KEPT: usize = 10;
/// The mean of the four sides, 0 to 1, from which the sheet was seen.
const SEEN: f32 = 0.30;
/// The least share of the picture that a sheet fills.
const LEAST: f64 = 0.15;
/// How far a sheet seen at an angle may be from its shape: the quotient of its sides' quotients.
const SHAPE: f64 = 1.35;

/// Where the sheet lies, from millimetres to pixels, and whether its edges were seen.
pub fn find(picture: &Picture) -> Option<(Homography, bool)> {
    let (plane, step) = darkest_channel(picture, LONGEST);
    // Text is thin and dark: what is bright beside it takes its place.
    let Some(corners) = sheet(&plane.highest(1).mean(1)) else {
        return Some((view(whole(picture))?, false));
    };
    let (fine, fine_step) = darkest_channel(picture, FINE);
    let place = |(x, y): Point, from: usize, to: usize| {
        let half = |step: usize| (step as f64 - 1.0) / 2.0;
        let pixel = |value: f64| value * from as f64 + half(from);
        ((pixel(x) - half(to)) / to as f64, (pixel(y) - half(to)) / to as f64)
    };
    let reach = (REACH * step as f64 / fine_step as f64).ceil();
    let corners = corners.map(|corner| place(corner, step, fine_step));
    let corners = traced(&fine.mean(1), corners, reach).unwrap_or(corners);
    Some((view(corners.map(|corner| place(corner, fine_step, 1)))?, true))
}

fn whole(picture: &Picture) -> [Point; 4] {
    let (right, bottom) = (picture.width() as f64 - 0.5, picture.height() as f64 - 0.5);
    [(-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom)]
}

/// The view of a sheet with these corners, from the top left of the picture on. A sheet that lies on
/// its side is taken to be turned to the left, as phones held across do.
fn view(corners: [Point; 4]) -> Option<Homography> {
    let side = |a: usize, b: usize| distance(corners[a], corners[b]);
    let lies = side(0, 1) + side(2, 3) > 1.12 * (side(1, 2) + side(3, 0));
    let sheet = [(0.0, 0.0), (PAGE_WIDTH, 0.0), (PAGE_WIDTH, PAGE_HEIGHT), (0.0, PAGE_HEIGHT)];
    let turn = usize::from(lies);
    let pairs: Vec<_> = (0..4).map(|at| (sheet[(at + turn) % 4], corners[at])).collect();
    Homography::fit(&pairs)
}

fn darkest_channel(picture: &Picture, longest: usize) -> (Plane, usize) {
    let step = picture.width().max(picture.height()).div_ceil(longest).max(1);
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

/// A side of the sheet: where a line crosses two opposite edges of the picture, and how well it parts
/// bright from dark.
#[derive(Debug, Clone, Copy)]
struct Edge {
    from: Point,
    to: Point,
    score: f32,
}

/// The sheet's corners in the plane, clockwise from the top left.
fn sheet(plane: &Plane) -> Option<[Point; 4]> {
    let sides: Vec<Vec<Edge>> = (0..4).map(|side| edges(plane, side)).collect();
    let mut best: Option<(f32, [Point; 4])> = None;
    for &top in &sides[0] {
        for &right in &sides[1] {
            for &bottom in &sides[2] {
                for &left in &sides[3] {
                    let lines = [top, right, bottom, left];
                    let hoped: f32 = lines.iter().map(|line| line.score).sum::<f32>() / 4.0;
                    if best.is_some_and(|(most, _)| hoped < 0.8 * most) {
                        continue;
                    }
                    let Some(corners) = corners(&lines) else { continue };
                    if !has_its_shape(plane, &corners) {
                        continue;
                    }
                    let parts: Vec<f32> =
                        (0..4).map(|at| parting(plane, corners[at], corners[(at + 1) % 4])).collect();
                    let least = parts.iter().copied().fold(f32::MAX, f32::min);
                    let score = 0.8 * parts.iter().sum::<f32>() / 4.0 + 0.2 * least;
                    if best.is_none_or(|(most, _)| score > most) {
                        best = Some((score, corners));
                    }
                }
            }
        }
    }
    best.filter(|(score, _)| *score > SEEN).map(|(_, corners)| corners)
}

fn corners(lines: &[Edge; 4]) -> Option<[Point; 4]> {
    let line = |edge: &Edge| {
        let length = distance(edge.from, edge.to).max(1e-9);
        (edge.from, ((edge.to.0 - edge.from.0) / length, (edge.to.1 - edge.from.1) / length))
    };
    let corner = |at: usize| crossing(line(&lines[(at + 3) % 4]), line(&lines[at]));
    Some([corner(0)?, corner(1)?, corner(2)?, corner(3)?])
}

fn has_its_shape(plane: &Plane, corners: &[Point; 4]) -> bool {
    let side = |a: usize, b: usize| distance(corners[a], corners[b]);
    let (top, right, bottom, left) = (side(0, 1), side(1, 2), side(2, 3), side(3, 0));
    let quotient = (right + left) / (top + bottom).max(1e-9) / (PAGE_HEIGHT / PAGE_WIDTH);
    let lying = (top + bottom) / (right + left).max(1e-9) / (PAGE_HEIGHT / PAGE_WIDTH);
    let fits = |quotient: f64| quotient < SHAPE && quotient > 1.0 / SHAPE;
    let alike = |a: f64, b: f64| a < 1.5 * b && b < 1.5 * a;
    let convex = (0..4).all(|at| {
        let (a, b, c) = (corners[at], corners[(at + 1) % 4], corners[(at + 2) % 4]);
        (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0) > 0.0
    });
    convex
        && (fits(quotient) || fits(lying))
        && alike(top, bottom)
        && alike(left, right)
        && area(corners) > LEAST * plane.data.len() as f64
}

/// The lines of one side (top, right, bottom, left) that part best, clockwise, and the picture's own edge.
fn edges(plane: &Plane, side: usize) -> Vec<Edge> {
    let (right, bottom) = ((plane.width - 1) as f64, (plane.height - 1) as f64);
    let deepest = |length: f64| (length * f64::from(DEEPEST)) as usize;
    let at = |first: usize, second: usize| -> (Point, Point) {
        let (first, second) = (first as f64, second as f64);
        match side {
            0 => ((0.0, first), (right, second)),
            1 => ((right - first, 0.0), (right - second, bottom)),
            2 => ((right, bottom - first), (0.0, bottom - second)),
            _ => ((first, bottom), (second, 0.0)),
        }
    };
    let depth = deepest(if side.is_multiple_of(2) { bottom } else { right });
    let mut all: Vec<(f32, usize, usize)> = Vec::new();
    for first in (0..depth).step_by(2) {
        for second in (0..depth).step_by(2) {
            let (from, to) = at(first, second);
            all.push((parting(plane, from, to), first, second));
        }
    }
    all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut kept: Vec<(f32, usize, usize)> = Vec::new();
    for one in all {
        if kept.len() == KEPT {
            break;
        }
        if kept.iter().all(|other| one.1.abs_diff(other.1) + one.2.abs_diff(other.2) > 8) {
            kept.push(one);
        }
    }
    let mut edges: Vec<Edge> =
        kept.into_iter().map(|(_, first, second)| settled(plane, at, first, second)).collect();
    let (from, to) = at(0, 0);
    edges.push(Edge { from, to, score: 0.0 });
    edges
}

/// The best line with ends near to these.
fn settled(plane: &Plane, at: impl Fn(usize, usize) -> (Point, Point), first: usize, second: usize) -> Edge {
    let near = |value: usize| value.saturating_sub(2)..=value + 2;
    let all = near(first).flat_map(|a| near(second).map(move |b| (a, b)));
    let scored = all.map(|(a, b)| {
        let (from, to) = at(a, b);
        Edge { from, to, score: parting(plane, from, to) }
    });
    let none = Edge { from: at(first, second).0, to: at(first, second).1, score: f32::MIN };
    scored.fold(none, |best, one| if one.score > best.score { one } else { best })
}

/// How much brighter it is to the right of a line than to its left, along all of it that lies in the
/// picture, -1 to 1; lines go clockwise around the sheet, so their right is within. Along the picture's
/// own edge there is nothing to compare: 0.
fn parting(plane: &Plane, from: Point, to: Point) -> f32 {
    let (dx, dy) = ((to.0 - from.0) as f32, (to.1 - from.1) as f32);
    let length = dx.hypot(dy).max(1e-6);
    let (nx, ny) = (-dy / length * OFF, dx / length * OFF);
    let (right, bottom) = ((plane.width - 1) as f32, (plane.height - 1) as f32);
    let inside = |x: f32, y: f32| x >= 0.0 && y >= 0.0 && x <= right && y <= bottom;
    let steps = (length / 3.0).ceil().max(8.0) as usize;
    let (mut sum, mut count) = (0.0, 0usize);
    for step in 1..steps {
        let t = step as f32 / steps as f32;
        let (x, y) = (from.0 as f32 + t * dx, from.1 as f32 + t * dy);
        if !inside(x, y) {
            continue;
        }
        count += 1;
        if inside(x - nx, y - ny) && inside(x + nx, y + ny) {
            let (out, within) = (plane.sample(x - nx, y - ny), plane.sample(x + nx, y + ny));
            sum += ((within - out) / (within + out + 8.0)).clamp(-MOST, MOST) / MOST;
        }
    }
    sum / count.max(1) as f32
}

/// The corners again, each side laid through the places where it becomes brighter most steeply.
fn traced(plane: &Plane, corners: [Point; 4], reach: f64) -> Option<[Point; 4]> {
    let mut lines = Vec::with_capacity(4);
    for at in 0..4 {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        let along = ((b.0 - a.0) / distance(a, b).max(1e-9), (b.1 - a.1) / distance(a, b).max(1e-9));
        let mut points = steepest(plane, a, b, reach);
        let mut line = (a, along);
        // What lies off the line is a fold, a finger, a shadow: the nearer half decides.
        for _ in 0..3 {
            if points.len() < 8 {
                break;
            }
            line = through(&points)?;
            let off = |p: &Point| ((p.0 - line.0.0) * line.1.1 - (p.1 - line.0.1) * line.1.0).abs();
            let mut all: Vec<f32> = points.iter().map(|p| off(p) as f32).collect();
            let most = (2.0 * f64::from(quantile(&mut all, 0.5))).max(1.0);
            points.retain(|p| off(p) <= most);
        }
        lines.push(line);
    }
    let corner = |at: usize| crossing(lines[(at + 3) % 4], lines[at]);
    let found = [corner(0)?, corner(1)?, corner(2)?, corner(3)?];
    let moved = (0..4).map(|at| distance(found[at], corners[at])).fold(0.0, f64::max);
    (moved < 4.0 * reach).then_some(found)
}

/// Along a side, the places within `reach` where it becomes brighter most steeply towards the inside.
fn steepest(plane: &Plane, a: Point, b: Point, reach: f64) -> Vec<Point> {
    const STEPS: usize = 80;
    let length = distance(a, b).max(1e-9);
    let inwards = (-(b.1 - a.1) / length, (b.0 - a.0) / length);
    let value = |(x, y): Point, off: f64| {
        let (x, y) = (x + off * inwards.0, y + off * inwards.1);
        let inside = x >= 0.0 && y >= 0.0 && x < plane.width as f64 && y < plane.height as f64;
        inside.then(|| plane.sample(x as f32, y as f32))
    };
    let at = |step: usize| {
        let t = (step as f64 + 0.5) / STEPS as f64;
        (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1))
    };
    let best_off = |point: Point| {
        let mut best: Option<(f32, f64)> = None;
        let mut off = -reach;
        while off <= reach {
            if let (Some(out), Some(within)) = (value(point, off - 1.5), value(point, off + 1.5)) {
                let rise = (within - out) / (within + out + 8.0);
                if rise > 0.02 && best.is_none_or(|(most, _)| rise > most) {
                    best = Some((rise, off));
                }
            }
            off += 0.5;
        }
        best.map(|(_, off)| (point.0 + off * inwards.0, point.1 + off * inwards.1))
    };
    (0..STEPS).filter_map(|step| best_off(at(step))).collect()
}
