//! Finding the corner marks in a picture.
//!
//! What is darker than its surroundings is taken apart into connected pieces. A piece whose outline is
//! a quadrangle is straightened and read module by module; a dark frame with a code inside it that is
//! nearer to one corner's than to any other's is that corner's mark.

use std::collections::BTreeMap;

use ruhu_sheet::layout::{Corner, MARK_MODULES, MARK_SIDE};
use ruhu_sheet::page::{PAGE_HEIGHT, PAGE_WIDTH, Rect};

use crate::geometry::{Homography, Point};
use crate::outline::{Line, area, crossing, distance, hull, through};
use crate::picture::{Picture, Plane, pieces};

/// Pictures are looked at in this size first, and larger only when marks are lacking.
const SIZES: [usize; 2] = [1400, 2800];
/// Misread modules that leave no doubt: codes differ in 8 at least.
const MISREAD: u32 = 3;
/// Frame modules, of 20, that may be hidden or misread.
const FRAME_MISREAD: usize = 2;

/// A mark in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Which one.
    pub corner: Corner,
    /// Its corners in pixels: top left, top right, bottom right, bottom left, as it is printed.
    pub corners: [Point; 4],
}

/// The marks of a picture, each at most once.
pub fn find(picture: &Picture) -> Vec<Mark> {
    let mut best: Vec<(u32, f64, Mark)> = Vec::new();
    for size in SIZES {
        let (grey, step) = picture.grey(size);
        for window in [24, 9] {
            for (misread, mark) in among(&grey, grey.width.max(grey.height) / window) {
                let corners = mark.corners.map(|p| full_size(p, step));
                let extent = area(&corners);
                keep(&mut best, (misread, extent, Mark { corners, ..mark }));
            }
            if best.len() == 4 {
                break;
            }
        }
        if best.len() == 4 || step == 1 {
            break;
        }
    }
    best.into_iter().map(|(_, _, mark)| mark).collect()
}

/// The middle of a square of `step` pixels, in pixels.
fn full_size((x, y): Point, step: usize) -> Point {
    let (step, half) = (step as f64, (step as f64 - 1.0) / 2.0);
    (x * step + half, y * step + half)
}

/// Of two that claim one corner, the one that is read better, then the larger one.
fn keep(best: &mut Vec<(u32, f64, Mark)>, found: (u32, f64, Mark)) {
    match best.iter_mut().find(|one| one.2.corner == found.2.corner) {
        Some(one) if (found.0, -found.1) < (one.0, -one.1) => *one = found,
        Some(_) => {}
        None => best.push(found),
    }
}

fn among(grey: &Plane, radius: usize) -> Vec<(u32, Mark)> {
    let around = grey.mean(radius.max(6));
    let dark: Vec<bool> =
        grey.data.iter().zip(&around.data).map(|(&value, &mean)| value < 0.80 * mean - 2.0).collect();
    pieces(&dark, grey.width)
        .iter()
        .filter_map(|piece| outermost(piece, grey.width, grey.height))
        .filter_map(|points| quadrangle(&points))
        .filter_map(|corners| read(grey, corners))
        .collect()
}

/// The outermost points of a connected dark piece, row by row; none for what is too small, too large
/// or too long for a mark.
fn outermost(piece: &[usize], width: usize, height: usize) -> Option<Vec<Point>> {
    // Of each row the first and the last point.
    let mut ends = BTreeMap::<usize, (usize, usize)>::new();
    for at in piece {
        let x = at % width;
        let row = ends.entry(at / width).or_insert((x, x));
        *row = (row.0.min(x), row.1.max(x));
    }
    let left = ends.values().map(|row| row.0).min()?;
    let right = ends.values().map(|row| row.1).max()?;
    let (w, h) = (right + 1 - left, ends.len());
    let fits = w >= 9 && h >= 9 && w < width / 3 && h < height / 3 && w < 3 * h && h < 3 * w;
    let full = piece.len() * 10 >= w * h * 2;
    (fits && full).then(|| {
        let corners = |(&y, &(a, b)): (&usize, &(usize, usize))| {
            let (y, a, b) = (y as f64, a as f64 - 0.5, b as f64 + 0.5);
            [(a, y - 0.5), (b, y - 0.5), (b, y + 0.5), (a, y + 0.5)]
        };
        ends.iter().flat_map(corners).collect()
    })
}

/// The four corners of what the points fill, clockwise as the picture is seen; none when they fill no
/// quadrangle.
fn quadrangle(points: &[Point]) -> Option<[Point; 4]> {
    let hull = hull(points);
    if hull.len() < 4 {
        return None;
    }
    let far = |from: Point| {
        let away = |p: &Point| (p.0 - from.0).powi(2) + (p.1 - from.1).powi(2);
        hull.iter().copied().max_by(|a, b| away(a).total_cmp(&away(b)))
    };
    let count = hull.len() as f64;
    let centre = hull.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / count, sum.1 + p.1 / count));
    let first = far(centre)?;
    let third = far(first)?;
    let side = |p: &Point| (third.0 - first.0) * (p.1 - first.1) - (third.1 - first.1) * (p.0 - first.0);
    let second = hull.iter().copied().min_by(|a, b| side(a).total_cmp(&side(b)))?;
    let fourth = hull.iter().copied().max_by(|a, b| side(a).total_cmp(&side(b)))?;
    let rough = [first, second, third, fourth];
    let lines = sides(&hull, &rough);
    let corners = match lines {
        Some(lines) => {
            std::array::from_fn(|at| crossing(lines[(at + 3) % 4], lines[at]).unwrap_or(rough[at]))
        }
        None => rough,
    };
    let whole = area(&hull);
    let fills = area(&corners) / whole;
    let longest = (0..4).map(|at| distance(corners[at], corners[(at + 1) % 4])).fold(0.0, f64::max);
    let shortest = (0..4).map(|at| distance(corners[at], corners[(at + 1) % 4])).fold(f64::MAX, f64::min);
    ((0.88..1.12).contains(&fills) && longest < 3.0 * shortest).then_some(corners)
}

/// A line through the outline's points of each side, its ends left out.
fn sides(hull: &[Point], corners: &[Point; 4]) -> Option<[Line; 4]> {
    let mut lines = [((0.0, 0.0), (1.0, 0.0)); 4];
    for (at, line) in lines.iter_mut().enumerate() {
        let (a, b) = (corners[at], corners[(at + 1) % 4]);
        let length = distance(a, b);
        if length < 4.0 {
            return None;
        }
        let along = ((b.0 - a.0) / length, (b.1 - a.1) / length);
        let mut close = Vec::new();
        // The hull's edges are sampled: a straight side has few corners of its own.
        for (p, q) in hull.iter().zip(hull.iter().skip(1).chain(hull.first())) {
            let steps = distance(*p, *q).ceil().max(1.0) as usize;
            for step in 0..steps {
                let t = step as f64 / steps as f64;
                let point = (p.0 + (q.0 - p.0) * t, p.1 + (q.1 - p.1) * t);
                let (dx, dy) = (point.0 - a.0, point.1 - a.1);
                let (s, off) = (dx * along.0 + dy * along.1, dx * along.1 - dy * along.0);
                if off.abs() < 0.08 * length && s > 0.12 * length && s < 0.88 * length {
                    close.push(point);
                }
            }
        }
        *line = through(&close)?;
    }
    Some(lines)
}

/// Reads what is inside a quadrangle as a mark.
fn read(grey: &Plane, corners: [Point; 4]) -> Option<(u32, Mark)> {
    const LAST: f64 = MARK_MODULES as f64;
    let square = [(0.0, 0.0), (LAST, 0.0), (LAST, LAST), (0.0, LAST)];
    let pairs: Vec<_> = square.into_iter().zip(corners).collect();
    let view = Homography::fit(&pairs)?;
    let module = |column: f64, row: f64| {
        let mut sum = 0.0;
        for (dx, dy) in [(0.5, 0.5), (0.3, 0.3), (0.7, 0.3), (0.3, 0.7), (0.7, 0.7)] {
            let (x, y) = view.apply((column + dx, row + dy));
            sum += grey.sample(x as f32, y as f32);
        }
        sum / 5.0
    };
    let values: Vec<f32> =
        (0..36).map(|at| module((at % MARK_MODULES) as f64, (at / MARK_MODULES) as f64)).collect();
    let outside: f32 = (0..6)
        .flat_map(|i| {
            [module(i as f64, -1.0), module(i as f64, 6.0), module(-1.0, i as f64), module(6.0, i as f64)]
        })
        .sum::<f32>()
        / 24.0;
    let is_frame = |at: usize| [at % 6, at / 6].iter().any(|&i| i == 0 || i == 5);
    let mut frame: Vec<f32> = (0..36).filter(|&at| is_frame(at)).map(|at| values[at]).collect();
    frame.sort_by(f32::total_cmp);
    let black = frame[10];
    let middle = (black + outside) / 2.0;
    if black > 0.75 * outside || frame.iter().filter(|&&value| value > middle).count() > FRAME_MISREAD {
        return None;
    }
    let code =
        (0..36).filter(|&at| !is_frame(at)).fold(0u16, |code, at| code << 1 | u16::from(values[at] < middle));
    let mut best: Option<(u32, Corner, usize)> = None;
    for corner in Corner::ALL {
        let mut turned = corner.code();
        for turn in 0..4 {
            let misread = (turned ^ code).count_ones();
            if misread <= MISREAD && best.is_none_or(|(least, ..)| misread < least) {
                best = Some((misread, corner, turn));
            }
            turned = turned_right(turned);
        }
    }
    best.map(|(misread, corner, turn)| {
        // Turned to the right, the mark's own top left lies `turn` corners further on.
        let own = std::array::from_fn(|at| corners[(at + turn) % 4]);
        (misread, Mark { corner, corners: own })
    })
}

/// The inner modules turned by a quarter to the right.
fn turned_right(code: u16) -> u16 {
    (0..16).fold(0, |turned, at| {
        let from = (3 - at % 4) * 4 + at / 4;
        turned << 1 | (code >> (15 - from) & 1)
    })
}

/// Where the sheet lies, in pixels a millimetre: from two marks or more that agree with each other.
pub fn view(marks: &[Mark]) -> Option<Homography> {
    let pairs = |marks: &[&Mark]| -> Vec<(Point, Point)> {
        marks.iter().flat_map(|mark| mark.corner.mark().corners().into_iter().zip(mark.corners)).collect()
    };
    let all: Vec<&Mark> = marks.iter().collect();
    let mut sets: Vec<Vec<&Mark>> = vec![all.clone()];
    if all.len() > 2 {
        sets.extend((0..all.len()).map(|out| {
            let mut rest = all.clone();
            rest.remove(out);
            rest
        }));
    }
    sets.into_iter().filter(|set| set.len() >= 2).find_map(|set| {
        let pairs = pairs(&set);
        let view = Homography::fit(&pairs)?;
        let scale = view.scale_at((105.0, 148.0));
        let worst = pairs.iter().map(|&(from, to)| distance(view.apply(from), to)).fold(0.0, f64::max);
        (scale.is_finite() && worst < 0.25 * MARK_SIDE * scale && is_a_sheet(&view)).then_some(view)
    })
}

/// Whether a sheet can look so: its corners turn one way, and what is opposite or beside each other is not
/// of very different length. Pieces of text that look like marks say otherwise.
fn is_a_sheet(view: &Homography) -> bool {
    /// How many times as long one side may be as the opposite one, and as it is to a side beside it in
    /// truth: beyond this a phone would lie nearly flat on the table.
    const OPPOSITE: f64 = 2.0;
    const BESIDE: f64 = 2.2;
    let page = Rect { x: 0.0, y: 0.0, w: PAGE_WIDTH, h: PAGE_HEIGHT };
    let corners = page.corners().map(|corner| view.apply(corner));
    let turns = (0..4).all(|at| {
        let (a, b, c) = (corners[at], corners[(at + 1) % 4], corners[(at + 2) % 4]);
        (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0) > 0.0
    });
    let side = |at: usize| distance(corners[at], corners[(at + 1) % 4]);
    let alike = |a: f64, b: f64, most: f64| a < most * b && b < most * a;
    let across = (side(0) + side(2)) / PAGE_WIDTH;
    let down = (side(1) + side(3)) / PAGE_HEIGHT;
    turns
        && alike(side(0), side(2), OPPOSITE)
        && alike(side(1), side(3), OPPOSITE)
        && alike(across, down, BESIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The marks of a sheet whose corners lie at these points of the picture.
    fn marks(corners: [Point; 4]) -> Vec<Mark> {
        let page = Rect { x: 0.0, y: 0.0, w: PAGE_WIDTH, h: PAGE_HEIGHT }.corners();
        let pairs: Vec<_> = page.into_iter().zip(corners).collect();
        let view = Homography::fit(&pairs).unwrap();
        let seen = |corner: Corner| Mark { corner, corners: corner.mark().corners().map(|p| view.apply(p)) };
        Corner::ALL.map(seen).to_vec()
    }

    #[test]
    fn marks_are_a_sheets_only_where_a_sheet_can_lie_so() {
        let tilted = marks([(300.0, 250.0), (1500.0, 280.0), (1720.0, 2300.0), (120.0, 2250.0)]);
        assert!(view(&tilted).is_some() && view(&tilted[1..3]).is_some());
        // Words that look like marks, of which one shows the sheet's end as a point and one its back.
        let pointed = marks([(900.0, 250.0), (1000.0, 250.0), (1720.0, 2300.0), (120.0, 2250.0)]);
        assert_eq!(view(&pointed), None);
        let turned = marks([(1500.0, 280.0), (300.0, 250.0), (120.0, 2250.0), (1720.0, 2300.0)]);
        assert_eq!(view(&turned), None);
    }
}
