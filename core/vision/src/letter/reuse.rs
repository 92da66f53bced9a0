//! The same impression on two papers.
//!
//! First the outlines are laid over each other, turned by each of 64 angles. Outlines of fingers are alike,
//! so of what is left the ink is laid over each other coarsely, at the best of these angles and then as well as
//! it can be: of a thousand pairs hardly one is left then. That is aligned point by point, by an affine map near
//! to a turn and a change of size, and compared: do the same places have ink, is it dense in the same places, and
//! do the fine lines agree everywhere? A second pressing of one finger fails each: its skin was stretched
//! otherwise, it touched elsewhere, and the ink lay otherwise.

use super::impression::{DIRECTIONS, FIGURES, Impression, SIDE};
use crate::geometry::solve;
use crate::picture::Plane;

/// Two outlines that differ by more, in the mean over directions and figures, are not compared.
pub(crate) const FARTHEST_OUTLINE: f32 = 0.20;
/// Two whose ink agrees less, evened out over squares of [`BLOCK`] points, are not aligned: that of a copy
/// agrees almost wholly, of whatever quality it is. Of 207 copies that were compared the least alike had 0.91.
const LEAST_ALIKE: f32 = 0.85;
const BLOCK: usize = 4;
/// The same of two that were aligned by their squares. Aligned point by point none of 1,990 pairs agreed better by
/// more than 0.007, and of copies none agrees less than to 0.979 there (see [`DENSITY`]).
const LEAST_ALIKE_ALIGNED: f32 = 0.94;
/// Angles that are tried to the end.
pub(crate) const TRIED: usize = 3;
/// From this score on two are one impression. Of 859 copies that were compared the lowest scored 0.86.
pub const SAME: f32 = 0.70;
/// From where on an overlap counts, and from where on it counts whole.
const OVERLAP: (f32, f32) = (0.80, 0.97);
/// The same of an agreement of density: each pressing leaves its ink thick and thin in places of its own, however
/// alike the lines are. Of 430 copies none agreed less than to 0.979, of pressings the most alike to 0.866.
const DENSITY: (f32, f32) = (0.88, 0.97);
/// Points along a side of the squares in which fine lines are compared.
const SQUARE: usize = 16;

/// How alike two impressions are.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Likeness {
    /// The share of what either covers that both cover.
    pub overlap: f32,
    /// How the densities agree that are even over a millimetre, -1 to 1.
    pub density: f32,
    /// How the fine lines agree, the mean of all squares, -1 to 1.
    pub lines: f32,
    /// The share of squares in which they agree.
    pub agreeing: f32,
}

impl Likeness {
    /// One figure of all, 0 to 1. Prints cover ovals of one size and are dense in their middle, whosever they
    /// are: that never makes up for lines that agree no better than those of two prints do when they are laid
    /// over each other as well as they can be.
    pub fn score(&self) -> f32 {
        let part = |value: f32, low: f32, high: f32| ((value - low) / (high - low)).clamp(0.0, 1.0);
        let parts = [
            part(self.overlap, OVERLAP.0, OVERLAP.1),
            part(self.density, DENSITY.0, DENSITY.1),
            part(self.lines, 0.40, 0.75),
            part(self.agreeing, 0.70, 1.0),
        ];
        parts.iter().product::<f32>().powf(0.25)
    }
}

/// Sums that run side by side: one alone waits for itself at every step.
const ABREAST: usize = 8;
const _: () = assert!((DIRECTIONS * FIGURES).is_multiple_of(ABREAST));

/// The sum of the differences of as many figures, a multiple of [`ABREAST`].
fn differences(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; ABREAST];
    for (a, b) in a.as_chunks::<ABREAST>().0.iter().zip(b.as_chunks::<ABREAST>().0) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += (a - b).abs();
        }
    }
    sums.iter().sum()
}

/// How far apart two outlines are when turned best, and by which angles (in 64ths), the best first, of the turns that
/// may be it.
pub(crate) fn best_turns(a: &[f32], b: &[f32], may_be: impl Fn(usize) -> bool) -> (f32, [usize; TRIED]) {
    let count = (DIRECTIONS * FIGURES) as f32;
    let mut best = [(f32::MAX, 0usize); TRIED];
    let doubled: Vec<f32> = b.iter().chain(b).copied().collect();
    for turn in (0..DIRECTIONS).filter(|turn| may_be(*turn)) {
        let other = &doubled[turn * FIGURES..][..DIRECTIONS * FIGURES];
        let apart = differences(a, other) / count;
        if apart < best[TRIED - 1].0 {
            best[TRIED - 1] = (apart, turn);
            best.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
    }
    (best[0].0, best.map(|one| one.1))
}

/// The likeness of two, if their outlines are near enough for them to be one.
pub fn compare(a: &Impression, b: &Impression) -> Option<Likeness> {
    let (apart, turns) = best_turns(&a.outline, &b.outline, |_| true);
    if apart > FARTHEST_OUTLINE {
        return None;
    }
    let (one, other) = (Coarse::of(a).squares(), Coarse::of(b));
    let (turns, _) = worth_trying(&one, &other, turns, |turn| other.turned(turn).agreement(&one))?;
    laid_over(a, b, &turns)
}

/// The turns to begin with, and how the ink of two agrees, when a coarse look leaves it open that they are one.
/// `alike` says how the ink of both agrees, the other one turned.
pub(crate) fn worth_trying(
    one: &Squares,
    other: &Coarse,
    turns: [usize; TRIED],
    mut alike: impl FnMut(usize) -> f32,
) -> Option<(Vec<usize>, f32)> {
    let mut agreement = 0.0f32;
    let near = |turn: &usize| {
        let alike = alike(*turn);
        agreement = agreement.max(alike);
        alike >= LEAST_ALIKE
    };
    let turns: Vec<usize> = turns.into_iter().filter(near).collect();
    // What agrees so without being aligned is no worse when it is.
    if agreement < LEAST_ALIKE_ALIGNED {
        let aligned = turns.iter().map(|turn| other.alike_aligned(one, *turn));
        agreement = aligned.fold(agreement, f32::max);
    }
    (agreement >= LEAST_ALIKE_ALIGNED).then_some((turns, agreement))
}

/// The likeness of two, laid over each other point by point from each of these turns, in 64ths.
pub(crate) fn laid_over(a: &Impression, b: &Impression, turns: &[usize]) -> Option<Likeness> {
    if turns.is_empty() {
        return None;
    }
    let angles: Vec<f32> = turns.iter().map(|turn| angle(*turn)).collect();
    let softened = LEVELS.map(|level| (a.ink.blurred(level.blur), b.ink.blurred(level.blur)));
    aligned(a, &softened, &angles)
        .into_iter()
        .map(|map| likeness(a, b, &map))
        .max_by(|x, y| x.score().total_cmp(&y.score()))
}

fn angle(turn: usize) -> f32 {
    turn as f32 / DIRECTIONS as f32 * std::f32::consts::TAU
}

/// How two are aligned, from coarse to fine.
struct Level {
    /// Deviation, in points, by which both are blurred.
    blur: f32,
    /// From point to point.
    stride: usize,
    /// Steps at most.
    rounds: usize,
}

const LEVELS: [Level; 3] = [
    Level { blur: 6.0, stride: 3, rounds: 12 },
    Level { blur: 3.0, stride: 2, rounds: 10 },
    Level { blur: 1.4, stride: 1, rounds: 10 },
];

/// An impression, each square of [`BLOCK`] points evened out.
pub(crate) struct Coarse {
    ink: Plane,
    mask: Plane,
}

/// The squares of an impression: how thick the ink lies, and which lie within it. What is kept of each of many, in
/// 8 KB.
pub(crate) struct Squares {
    ink: Plane,
    /// 1 in each that lies within it, else 0.
    within: Vec<u8>,
}

impl Coarse {
    const SIDE: usize = SIDE / BLOCK;
    /// From which share on a square lies within the impression.
    const WITHIN: f32 = 0.9;

    pub(crate) fn of(impression: &Impression) -> Coarse {
        let evened = |plane: &Plane| {
            let mut sums = vec![0.0f32; Coarse::SIDE * Coarse::SIDE];
            for (y, row) in plane.data.chunks_exact(SIDE).enumerate() {
                let sums = &mut sums[y / BLOCK * Coarse::SIDE..][..Coarse::SIDE];
                for (sum, values) in sums.iter_mut().zip(row.chunks_exact(BLOCK)) {
                    *sum += values.iter().sum::<f32>() / (BLOCK * BLOCK) as f32;
                }
            }
            Plane::new(Coarse::SIDE, Coarse::SIDE, sums)
        };
        // Ridges are a few points apart: what is left of them in a square is not how thick the ink lies.
        Coarse { ink: evened(&impression.ink).blurred(0.8), mask: evened(&impression.mask) }
    }

    pub(crate) fn squares(&self) -> Squares {
        Squares {
            ink: self.ink.clone(),
            within: self.mask.data.iter().map(|mask| Coarse::within(*mask)).collect(),
        }
    }

    fn within(mask: f32) -> u8 {
        u8::from(mask > Coarse::WITHIN)
    }

    /// Turned by so many 64ths: what lies where the squares of another one are.
    pub(crate) fn turned(&self, turn: usize) -> Squares {
        self.mapped(&Affine::turned(angle(turn)))
    }

    fn mapped(&self, map: &Affine) -> Squares {
        let half = Coarse::SIDE as f32 / 2.0 - 0.5;
        let places = (0..Coarse::SIDE * Coarse::SIDE).map(|at| {
            let (x, y) = ((at % Coarse::SIDE) as f32 - half, (at / Coarse::SIDE) as f32 - half);
            let (x, y) = map.apply(x, y);
            (x + half, y + half)
        });
        let of = |(x, y): (f32, f32)| (self.ink.sample(x, y), Coarse::within(self.mask.sample(x, y)));
        let (ink, within) = places.map(of).unzip();
        Squares { ink: Plane::new(Coarse::SIDE, Coarse::SIDE, ink), within }
    }

    /// How the ink agrees with that of another one, on which this one is laid as well as it can be from a turn.
    fn alike_aligned(&self, other: &Squares, turn: usize) -> f32 {
        const ROUNDS: usize = 5;
        const STRIDE: usize = 2;
        let start = Affine::turned(angle(turn));
        let map = refined(&other.ink, &self.ink, |at| other.within[at] > 0, start, STRIDE, ROUNDS);
        map.map_or(0.0, |map| self.mapped(&map).agreement(other))
    }
}

impl Squares {
    /// How the ink of both agrees where both have any, -1 to 1: their correlation, by sums that run side by side.
    pub(crate) fn agreement(&self, other: &Squares) -> f32 {
        const FEWEST: f32 = 50.0;
        let mut sums = [[0.0f32; ABREAST]; 6];
        let inks = self.ink.data.as_chunks::<ABREAST>().0.iter().zip(other.ink.data.as_chunks::<ABREAST>().0);
        let withins = self.within.as_chunks::<ABREAST>().0.iter().zip(other.within.as_chunks::<ABREAST>().0);
        for ((one, two), (in_one, in_two)) in inks.zip(withins) {
            for at in 0..ABREAST {
                let both = f32::from(in_one[at] & in_two[at]);
                // About its mean, which is 1: little is lost when it is squared.
                let (x, y) = ((one[at] - 1.0) * both, (two[at] - 1.0) * both);
                for (sum, value) in sums.iter_mut().zip([both, x, y, x * y, x * x, y * y]) {
                    sum[at] += value;
                }
            }
        }
        let [count, x, y, xy, xx, yy] = sums.map(|sum| sum.iter().sum::<f32>());
        if count < FEWEST {
            return 0.0;
        }
        let (xy, xx, yy) = (xy - x * y / count, xx - x * x / count, yy - y * y / count);
        xy / (xx * yy).max(0.0).sqrt().max(1e-6)
    }
}

/// From points of one picture to points of the other, about their middles.
#[derive(Debug, Clone, Copy)]
struct Affine([f32; 6]);

impl Affine {
    fn turned(angle: f32) -> Affine {
        let (sin, cos) = angle.sin_cos();
        Affine([cos, -sin, 0.0, sin, cos, 0.0])
    }

    #[inline]
    fn apply(&self, x: f32, y: f32) -> (f32, f32) {
        let m = &self.0;
        (m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5])
    }

    /// This map after the inverse of a small step from where it starts.
    fn without(&self, step: &[f64; 6]) -> Option<Affine> {
        let [a, b, c, d, e, f] = step.map(|v| v as f32);
        let (p, q, r, s) = (1.0 + a, b, d, 1.0 + e);
        let determinant = p * s - q * r;
        if !determinant.is_finite() || determinant.abs() < 0.1 {
            return None;
        }
        let (ip, iq, ir, is) = (s / determinant, -q / determinant, -r / determinant, p / determinant);
        let (tx, ty) = (-(ip * c + iq * f), -(ir * c + is * f));
        let m = &self.0;
        Some(Affine([
            m[0] * ip + m[1] * ir,
            m[0] * iq + m[1] * is,
            m[0] * tx + m[1] * ty + m[2],
            m[3] * ip + m[4] * ir,
            m[3] * iq + m[4] * is,
            m[3] * tx + m[4] * ty + m[5],
        ]))
    }

    /// Whether both take the corners of a picture to within half a point of each other.
    fn is_near(&self, other: &Affine) -> bool {
        const CORNER: f32 = SIDE as f32 / 2.0;
        [(-CORNER, -CORNER), (CORNER, -CORNER), (-CORNER, CORNER), (CORNER, CORNER)].into_iter().all(
            |(x, y)| {
                let ((u, v), (p, q)) = (self.apply(x, y), other.apply(x, y));
                (u - p).hypot(v - q) < 0.5
            },
        )
    }

    /// Whether it is nearly a turn with a change of size: pictures are taken at an angle, never more.
    fn is_plausible(&self) -> bool {
        let m = &self.0;
        let (x, y) = (m[0].hypot(m[3]), m[1].hypot(m[4]));
        let skew = (m[0] * m[1] + m[3] * m[4]) / (x * y).max(1e-6);
        (0.85..1.18).contains(&x)
            && (0.85..1.18).contains(&y)
            && (x / y).ln().abs() < 0.12
            && skew.abs() < 0.12
            && m[2].abs().max(m[5].abs()) < 16.0
    }
}

/// Aligns the second with the first, from coarse to fine (inverse compositional Lucas and Kanade), both softened
/// for each of [`LEVELS`], from each angle. Angles that have led to one place before the finest level go the same
/// way from there: one of them goes it.
fn aligned(a: &Impression, softened: &[(Plane, Plane); 3], angles: &[f32]) -> Vec<Affine> {
    let refine = |map: Affine, at: usize| {
        let (from, to) = &softened[at];
        refined(from, to, |at| a.mask.data[at] >= 0.5, map, LEVELS[at].stride, LEVELS[at].rounds)
    };
    let mut coarse: Vec<Affine> = Vec::new();
    for angle in angles {
        let map = refine(Affine::turned(*angle), 0).and_then(|map| refine(map, 1));
        coarse.extend(map.filter(|map| !coarse.iter().any(|other| map.is_near(other))));
    }
    coarse.into_iter().filter_map(|map| refine(map, 2)).filter(Affine::is_plausible).collect()
}

fn refined(
    from: &Plane,
    to: &Plane,
    within: impl Fn(usize) -> bool,
    start: Affine,
    stride: usize,
    rounds: usize,
) -> Option<Affine> {
    let side = from.width;
    let half = side as f32 / 2.0 - 0.5;
    let mut points = Vec::new();
    let mut hessian = [[0.0f64; 7]; 6];
    for y in (2..side - 2).step_by(stride) {
        for x in (2..side - 2).step_by(stride) {
            if !within(y * side + x) {
                continue;
            }
            let gx = (from.at(x + 1, y) - from.at(x - 1, y)) / 2.0;
            let gy = (from.at(x, y + 1) - from.at(x, y - 1)) / 2.0;
            let (px, py) = (x as f32 - half, y as f32 - half);
            let steepest = [gx * px, gx * py, gx, gy * px, gy * py, gy];
            for i in 0..6 {
                for j in 0..6 {
                    hessian[i][j] += f64::from(steepest[i] * steepest[j]);
                }
            }
            points.push((px, py, from.at(x, y), steepest));
        }
    }
    let mut map = start;
    for _ in 0..rounds {
        let mut system = hessian;
        for (px, py, value, steepest) in &points {
            let (x, y) = map.apply(*px, *py);
            let error = to.sample(x + half, y + half) - value;
            for i in 0..6 {
                system[i][6] += f64::from(steepest[i] * error);
            }
        }
        let step = solve(system)?;
        map = map.without(&step)?;
        let moved = step[2].abs().max(step[5].abs()).max(step[0].abs() * 50.0).max(step[4].abs() * 50.0);
        if moved < 0.01 {
            break;
        }
    }
    Some(map)
}

/// Compares two that are aligned. Where one figure leaves nothing of the score, those that take longer stay 0.
fn likeness(a: &Impression, b: &Impression, map: &Affine) -> Likeness {
    let half = SIDE as f32 / 2.0 - 0.5;
    let moved = |plane: &Plane| {
        let mut data = Vec::with_capacity(SIDE * SIDE);
        for y in 0..SIDE {
            for x in 0..SIDE {
                let (u, v) = map.apply(x as f32 - half, y as f32 - half);
                let (u, v) = (u + half, v + half);
                let inside = u >= 0.0 && v >= 0.0 && u < SIDE as f32 && v < SIDE as f32;
                data.push(if inside { plane.sample(u, v) } else { 0.0 });
            }
        }
        Plane::new(SIDE, SIDE, data)
    };
    let (ink, mask) = (moved(&b.ink), moved(&b.mask));
    let (mut both, mut either) = (0usize, 0usize);
    let common: Vec<bool> = a
        .mask
        .data
        .iter()
        .zip(&mask.data)
        .map(|(&one, &other)| {
            let (one, other) = (one > 0.5, other > 0.5);
            both += usize::from(one && other);
            either += usize::from(one || other);
            one && other
        })
        .collect();
    let overlap = both as f32 / either.max(1) as f32;
    if overlap <= OVERLAP.0 {
        return Likeness { overlap, ..Likeness::default() };
    }
    let all: Vec<usize> = (0..SIDE * SIDE).filter(|&at| common[at]).collect();
    let (coarse_a, coarse_b) = (a.ink.blurred(3.2), ink.blurred(3.2));
    let density = correlation(&coarse_a, &coarse_b, &all);
    if density <= DENSITY.0 {
        return Likeness { overlap, density, ..Likeness::default() };
    }
    let fine = |plane: &Plane, coarse: &Plane| {
        let soft = plane.blurred(0.8);
        Plane::new(SIDE, SIDE, soft.data.iter().zip(&coarse.data).map(|(a, b)| a - b).collect())
    };
    let (fine_a, fine_b) = (fine(&a.ink, &coarse_a), fine(&ink, &coarse_b));
    let mut squares = Vec::new();
    for top in (0..SIDE).step_by(SQUARE) {
        for left in (0..SIDE).step_by(SQUARE) {
            let points: Vec<usize> = (top..top + SQUARE)
                .flat_map(|y| (left..left + SQUARE).map(move |x| y * SIDE + x))
                .filter(|&at| common[at])
                .collect();
            if points.len() * 2 > SQUARE * SQUARE {
                squares.push(correlation(&fine_a, &fine_b, &points));
            }
        }
    }
    let count = squares.len().max(1) as f32;
    Likeness {
        overlap,
        density,
        lines: squares.iter().sum::<f32>() / count,
        agreeing: squares.iter().filter(|value| **value > 0.25).count() as f32 / count,
    }
}

fn correlation(a: &Plane, b: &Plane, points: &[usize]) -> f32 {
    let count = points.len().max(1) as f32;
    let mean = |plane: &Plane| points.iter().map(|&at| plane.data[at]).sum::<f32>() / count;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0f32, 0.0f32, 0.0f32);
    for &at in points {
        let (x, y) = (a.data[at] - mean_a, b.data[at] - mean_b);
        (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y);
    }
    ab / (aa * bb).sqrt().max(1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::letter::spots_tests::spot;

    /// Every angle aligned to the end and every figure measured: what [`compare`] does sooner.
    fn thorough(a: &Impression, b: &Impression) -> f32 {
        let (apart, turns) = best_turns(&a.outline, &b.outline, |_| true);
        if apart > FARTHEST_OUTLINE {
            return 0.0;
        }
        let softened = LEVELS.map(|level| (a.ink.blurred(level.blur), b.ink.blurred(level.blur)));
        let maps = turns.into_iter().flat_map(|turn| aligned(a, &softened, &[angle(turn)]));
        maps.map(|map| likeness(a, b, &map).score()).fold(0.0, f32::max)
    }

    #[test]
    fn what_is_decided_sooner_is_decided_as_by_comparing_all() {
        let seeds = [0.0f32, 0.3, 0.9, 1.4];
        let originals = seeds.map(|seed| spot(seed, 0.0, 1.0));
        let copies = [(0.0, 0.4, 0.97), (0.3, 2.9, 1.04), (0.9, -1.3, 1.0), (1.4, 1.1, 1.02)]
            .map(|(seed, turn, size)| spot(seed, turn, size));
        let (mut same, mut others) = (0, 0);
        for (at, one) in originals.iter().enumerate() {
            for (of, other) in copies.iter().chain(&originals).enumerate() {
                let (all, sooner) = (thorough(one, other), compare(one, other).map_or(0.0, |l| l.score()));
                assert_eq!(all >= SAME, sooner >= SAME, "{at} {of}: {all} {sooner}");
                let is_same = at == of % seeds.len();
                assert_eq!(sooner >= SAME, is_same, "{at} {of}: {sooner}");
                assert!(!is_same || (all - sooner).abs() < 0.01, "{at} {of}: {all} {sooner}");
                same += u32::from(is_same);
                others += u32::from(
                    !is_same && best_turns(&one.outline, &other.outline, |_| true).0 <= FARTHEST_OUTLINE,
                );
            }
        }
        assert!(same == 8 && others > 0, "{same} {others}");
    }

    #[test]
    fn what_all_prints_have_in_common_makes_no_copy_of_two_whose_lines_differ() {
        // Two pressings of one finger of the second hand, the most alike of 4,560 pairs.
        let pressed_twice = Likeness { overlap: 0.970, density: 0.817, lines: 0.500, agreeing: 0.765 };
        let two_fingers = Likeness { overlap: 1.0, density: 1.0, lines: 0.40, agreeing: 1.0 };
        // Two pressings that lie almost as one, the most alike of 300,000 pairs: their lines agree as a copy's do.
        let nearly_one = Likeness { overlap: 0.947, density: 0.866, lines: 0.633, agreeing: 0.919 };
        for other in [pressed_twice, two_fingers, nearly_one] {
            assert!(other.score() < SAME - 0.2, "{other:?}: {}", other.score());
        }
        // The worst of 859 copies: reprinted, turned, scaled and stored again.
        let copied = Likeness { overlap: 0.990, density: 0.996, lines: 0.671, agreeing: 0.912 };
        assert!(copied.score() > SAME + 0.1, "{}", copied.score());
    }
}
