//! Planes seen at an angle.

/// A homography: where the points of one plane lie in another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homography([f64; 9]);

/// A point.
pub type Point = (f64, f64);

impl Homography {
    /// The one that brings each first point nearest to its second, by least squares. Four pairs at
    /// least, no three of them on a line; else there is none.
    pub fn fit(pairs: &[(Point, Point)]) -> Option<Homography> {
        if pairs.len() < 4 {
            return None;
        }
        let from = Scaling::of(pairs.iter().map(|pair| pair.0))?;
        let to = Scaling::of(pairs.iter().map(|pair| pair.1))?;
        let mut normal = [[0.0; 9]; 8];
        for &(one, other) in pairs {
            let ((x, y), (u, v)) = (from.apply(one), to.apply(other));
            add(&mut normal, [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u);
            add(&mut normal, [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v);
        }
        let h = solve(normal)?;
        let inner = Homography([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
        Some(to.inverse().after(&inner).after(&from.matrix()))
    }

    /// The one that makes all lengths so many times longer.
    pub fn scaling(factor: f64) -> Homography {
        Homography([factor, 0.0, 0.0, 0.0, factor, 0.0, 0.0, 0.0, 1.0])
    }

    /// Where a point lies. A point of the horizon lies far away.
    #[inline]
    pub fn apply(&self, (x, y): Point) -> Point {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        let w = if w.abs() < 1e-12 { 1e-12 } else { w };
        ((m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w)
    }

    /// The way back, if there is one.
    pub fn inverse(&self) -> Option<Homography> {
        let m = &self.0;
        let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
        let cofactors = [
            minor(4, 5, 7, 8),
            -minor(1, 2, 7, 8),
            minor(1, 2, 4, 5),
            -minor(3, 5, 6, 8),
            minor(0, 2, 6, 8),
            -minor(0, 2, 3, 5),
            minor(3, 4, 6, 7),
            -minor(0, 1, 6, 7),
            minor(0, 1, 3, 4),
        ];
        let determinant = m[0] * cofactors[0] + m[1] * cofactors[3] + m[2] * cofactors[6];
        let size = m.iter().fold(0.0f64, |most, value| most.max(value.abs()));
        let usable = determinant.is_finite() && determinant.abs() > 1e-15 * size.powi(3);
        usable.then(|| Homography(cofactors.map(|value| value / determinant)))
    }

    /// This one after `first`.
    pub fn after(&self, first: &Homography) -> Homography {
        let (a, b) = (&self.0, &first.0);
        Homography(std::array::from_fn(|at| (0..3).map(|k| a[at / 3 * 3 + k] * b[k * 3 + at % 3]).sum()))
    }

    /// How much longer lengths are there than here, at a point: the root of the areas' ratio.
    pub fn scale_at(&self, (x, y): Point) -> f64 {
        const STEP: f64 = 0.5;
        let (left, right) = (self.apply((x - STEP, y)), self.apply((x + STEP, y)));
        let (above, below) = (self.apply((x, y - STEP)), self.apply((x, y + STEP)));
        let across = (right.0 - left.0, right.1 - left.1);
        let down = (below.0 - above.0, below.1 - above.1);
        (across.0 * down.1 - across.1 * down.0).abs().sqrt() / (2.0 * STEP)
    }
}

/// Moves points about their middle and scales them to a distance of about 1, for the sake of figures.
struct Scaling {
    centre: Point,
    scale: f64,
}

impl Scaling {
    fn of(points: impl Iterator<Item = Point> + Clone) -> Option<Scaling> {
        let count = points.clone().count() as f64;
        let sum = points.clone().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        let centre = (sum.0 / count, sum.1 / count);
        let distance = points.map(|p| (p.0 - centre.0).hypot(p.1 - centre.1)).sum::<f64>() / count;
        (distance.is_finite() && distance > 1e-9).then(|| Scaling { centre, scale: 1.0 / distance })
    }

    fn apply(&self, (x, y): Point) -> Point {
        ((x - self.centre.0) * self.scale, (y - self.centre.1) * self.scale)
    }

    fn matrix(&self) -> Homography {
        let (s, (x, y)) = (self.scale, self.centre);
        Homography([s, 0.0, -s * x, 0.0, s, -s * y, 0.0, 0.0, 1.0])
    }

    fn inverse(&self) -> Homography {
        let (s, (x, y)) = (1.0 / self.scale, self.centre);
        Homography([s, 0.0, x, 0.0, s, y, 0.0, 0.0, 1.0])
    }
}

/// Adds one equation to the normal equations; the last column is the right side.
fn add(normal: &mut [[f64; 9]; 8], row: [f64; 8], right: f64) {
    for (i, line) in normal.iter_mut().enumerate() {
        for (j, value) in row.iter().enumerate() {
            line[j] += row[i] * value;
        }
        line[8] += row[i] * right;
    }
}

/// Gauss, with the largest pivot of each column; of an N-by-(N+1) system.
pub(crate) fn solve<const N: usize, const M: usize>(mut system: [[f64; M]; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot =
            (column..N).max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs()))?;
        system.swap(column, pivot);
        let head = system[column][column];
        if !head.is_finite() || head.abs() < 1e-11 {
            return None;
        }
        for row in 0..N {
            if row != column {
                let factor = system[row][column] / head;
                let above = system[column];
                for (value, above) in system[row].iter_mut().zip(above).skip(column) {
                    *value -= factor * above;
                }
            }
        }
    }
    Some(std::array::from_fn(|at| system[at][N] / system[at][at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [Point; 4] = [(0.0, 0.0), (210.0, 0.0), (210.0, 297.0), (0.0, 297.0)];

    #[test]
    fn a_sheet_seen_at_an_angle_is_found_again_point_by_point() {
        let seen = [(410.0, 300.0), (2600.0, 410.0), (2900.0, 3500.0), (200.0, 3300.0)];
        let pairs: Vec<_> = SQUARE.into_iter().zip(seen).collect();
        let there = Homography::fit(&pairs).unwrap();
        let back = there.inverse().unwrap();
        for (x, y) in [(0.0, 0.0), (105.0, 148.0), (200.0, 20.0)] {
            let (u, v) = back.apply(there.apply((x, y)));
            assert!((u - x).abs() < 1e-6 && (v - y).abs() < 1e-6);
        }
        let corner = there.apply(SQUARE[2]);
        assert!((corner.0 - 2900.0).abs() < 1e-6 && (corner.1 - 3500.0).abs() < 1e-6);
    }

    #[test]
    fn points_on_one_line_give_none() {
        let line = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)];
        let pairs: Vec<_> = SQUARE.into_iter().zip(line).collect();
        assert!(Homography::fit(&pairs).and_then(|h| h.inverse()).is_none());
        assert!(Homography::fit(&pairs[..3]).is_none());
    }
}
