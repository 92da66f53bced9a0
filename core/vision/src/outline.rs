//! Outlines: convex hulls, lines through points, where lines cross.

use crate::geometry::Point;

/// A line: a point and a direction of length 1.
pub(crate) type Line = (Point, Point);

/// How far two points are from each other.
pub(crate) fn distance(a: Point, b: Point) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// The area of a polygon.
pub(crate) fn area(points: &[Point]) -> f64 {
    let next = points.iter().skip(1).chain(points.first());
    (points.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>() / 2.0).abs()
}

/// The line with the least squares of distances.
pub(crate) fn through(points: &[Point]) -> Option<Line> {
    if points.len() < 2 {
        return None;
    }
    let count = points.len() as f64;
    let centre = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / count, sum.1 + p.1 / count));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in points {
        let (dx, dy) = (p.0 - centre.0, p.1 - centre.1);
        (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
    }
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    Some((centre, (angle.cos(), angle.sin())))
}

/// Where two lines cross.
pub(crate) fn crossing(a: Line, b: Line) -> Option<Point> {
    let cross = a.1.0 * b.1.1 - a.1.1 * b.1.0;
    if cross.abs() < 1e-6 {
        return None;
    }
    let (dx, dy) = (b.0.0 - a.0.0, b.0.1 - a.0.1);
    let t = (dx * b.1.1 - dy * b.1.0) / cross;
    Some((a.0.0 + t * a.1.0, a.0.1 + t * a.1.1))
}

/// The convex hull, clockwise as the picture is seen (Andrew's way).
pub(crate) fn hull(points: &[Point]) -> Vec<Point> {
    let mut points = points.to_vec();
    points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    let turn = |o: Point, a: Point, b: Point| (a.0 - o.0) * (b.1 - o.1) - (a.1 - o.1) * (b.0 - o.0);
    let half = |points: &mut dyn Iterator<Item = Point>| {
        let mut half: Vec<Point> = Vec::new();
        for point in points {
            while half.len() >= 2 && turn(half[half.len() - 2], half[half.len() - 1], point) <= 0.0 {
                half.pop();
            }
            half.push(point);
        }
        half.pop();
        half
    };
    let mut hull = half(&mut points.iter().copied());
    hull.extend(half(&mut points.iter().rev().copied()));
    hull
}
