//! Are there ridges of a finger? Not whose: neither minutiae nor anything that could recognise a
//! person is computed, only whether a place has lines at the distance that ridges have.
//!
//! Ridges of a finger are 0.35 to 0.65 mm apart (of children and of large hands a little beyond),
//! beside each other for a few millimetres and turning slowly. A window of 3 mm moves over the ink; its
//! spectrum has one sharp peak where there are ridges, none in smeared, flooded or solid ink, one at
//! lower frequencies under strokes of a pen or a stamp, and two where dots are printed in a lattice.

use std::f32::consts::{PI, TAU};

use crate::picture::{Plane, quantile};

/// Side of the window, in millimetres.
const WINDOW: f32 = 3.0;
/// From window to window, in millimetres.
const STEP: f32 = 1.0;
const ORIENTATIONS: usize = 12;
/// Distances between lines that are looked at, in millimetres.
const PERIODS: [f32; 14] = [0.28, 0.32, 0.36, 0.41, 0.46, 0.52, 0.59, 0.66, 0.76, 0.90, 1.1, 1.4, 1.8, 2.4];
/// Of those, the ones that ridges have.
const RIDGES: std::ops::Range<usize> = 1..8;
/// Those of ridges, those a little beyond, and those of streaks and blotches.
const BANDS: [std::ops::Range<usize>; 3] = [RIDGES, 8..10, 10..13];
/// Nearer to the middle of the ink, in millimetres, hardly anything moves when a finger is twisted.
const MIDDLE: f32 = 1.7;
/// Those against which a peak must stand out; what is coarser is how evenly the ink lies.
const FINE: std::ops::Range<usize> = 0..11;

/// An edge of a Gaussian takes so many deviations from dark to bright at its steepest.
const EDGE_OF_GAUSSIAN: f32 = 2.51;
/// What measuring an edge adds to its variance, in square millimetres.
const MEASURED: f32 = 0.0067;
/// Power is restored by this factor at most.
const MOST_RESTORED: f32 = 4.0;

/// What one window shows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Window {
    /// Its middle, in millimetres from the left and the top of the planes.
    pub place: (f32, f32),
    /// The share of the finer spectrum (below 1.2 mm) in its highest peak of a ridge's distance, 0 to 1.
    pub peak: f32,
    /// The distance between lines there, in millimetres.
    pub period: f32,
    /// Their angle, 0 to π.
    pub orientation: f32,
    /// How deep they are: amplitude over mean.
    pub contrast: f32,
    /// How high the spectrum is across the peak's direction, against the peak.
    pub lattice: f32,
    /// How high the spectrum is beside the peak at greater distances, against the peak: above 1 the
    /// peak is only the slope of something larger, as beside the edge of a stroke.
    pub slope: f32,
    /// The share of the whole spectrum at distances beyond a ridge's.
    pub coarse: f32,
    /// The share of the whole spectrum in its highest peak at any distance: high for any lines beside
    /// each other.
    pub lines: f32,
    /// Where what is as fine as ridges runs, what is a little coarser, and what is as coarse as streaks: an angle,
    /// doubled, as a point whose distance from nothing says how much of it runs there, 0 to 1.
    pub flows: [(f32, f32); BANDS.len()],
    /// Whether ridges can be read here.
    pub readable: bool,
}

/// The windows over a piece of ink.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridges {
    /// Windows that lie within the ink.
    pub windows: Vec<Window>,
}

impl Ridges {
    /// Looks at the ink `amount` where `mask` is above 0.5. Noise is measured on the bare paper around it
    /// and taken away; `louder` says how much more of its power there is where so much ink lies. What the blur
    /// of a picture whose sharpest edges take `edge` millimetres has taken of its lines is given back.
    pub fn of(
        amount: &Plane,
        mask: &Plane,
        louder: impl Fn(f32) -> f32,
        edge: Option<f32>,
        per_mm: f32,
    ) -> Ridges {
        let side = ((WINDOW * per_mm).round() as usize).max(8);
        let waves = Waves::new(side, per_mm);
        let noise = waves.noise(amount, mask, per_mm);
        let restored = restored(edge);
        let step = (STEP * per_mm).round().max(1.0) as usize;
        let covered = mask.mean(side / 3);
        let across = amount.width.saturating_sub(side) / step + usize::from(amount.width >= side);
        let down = amount.height.saturating_sub(side) / step + usize::from(amount.height >= side);
        let mut grid: Vec<Option<Window>> = Vec::with_capacity(across * down);
        for row in 0..down {
            for column in 0..across {
                let (x, y) = (column * step, row * step);
                let full = covered.at(x + side / 2, y + side / 2) > 0.93;
                let place = |at: usize| (at as f32 + side as f32 / 2.0) / per_mm;
                let look = || waves.look(amount, x, y, &noise, &restored, &louder);
                grid.push(full.then(|| Window { place: (place(x), place(y)), ..look() }));
            }
        }
        for at in 0..grid.len() {
            let readable = grid[at].is_some_and(|window| agrees(&grid, across, at, &window));
            if let Some(window) = &mut grid[at] {
                window.readable = readable;
            }
        }
        Ridges { windows: grid.into_iter().flatten().collect() }
    }

    /// The share of windows in which ridges can be read, 0 to 1.
    pub fn readable(&self) -> f32 {
        let readable = self.windows.iter().filter(|window| window.readable).count();
        readable as f32 / self.windows.len().max(1) as f32
    }

    /// The area over which they can be read, in square millimetres.
    pub fn area(&self) -> f32 {
        self.windows.iter().filter(|window| window.readable).count() as f32 * STEP * STEP
    }

    /// How much what is as fine as ridges runs in one direction within a window, the mean of all, 0 to 1: ridges
    /// do, wherever to; paper's grain runs in none, and blotches, which are coarser, count nothing.
    pub fn directed(&self) -> f32 {
        self.mean(|window| window.flows[0].0.hypot(window.flows[0].1))
    }

    /// How much what is a little coarser than ridges runs in one direction over all windows, 0 to 1: of a finger
    /// that lay still in none, where one was dragged along its way.
    pub fn flow(&self) -> f32 {
        self.mean(|window| window.flows[1].0).hypot(self.mean(|window| window.flows[1].1))
    }

    /// How much both run together, -1 to 1: what is a little coarser than ridges are ridges that touched in part.
    pub fn together(&self) -> f32 {
        self.mean(|window| {
            let [(east, north), (coarse_east, coarse_north), _] = window.flows;
            east * coarse_east + north * coarse_north
        })
    }

    /// How much streaks run around the middle of the ink, 1 for all, -1 where they run to it: around it runs what a
    /// finger leaves that was twisted.
    pub fn around(&self) -> f32 {
        let middle = (self.mean(|window| window.place.0), self.mean(|window| window.place.1));
        let away = |window: &Window| (window.place.0 - middle.0, window.place.1 - middle.1);
        let far = |window: &&Window| away(window).0.hypot(away(window).1) > MIDDLE;
        let (mut sum, mut count) = (0.0, 0.0f32);
        for window in self.windows.iter().filter(far) {
            let (x, y) = away(window);
            let square = x * x + y * y;
            // The direction from the middle, doubled: what runs across it runs around.
            let (east, north) = ((x * x - y * y) / square, 2.0 * x * y / square);
            sum += -(east * window.flows[2].0 + north * window.flows[2].1);
            count += 1.0;
        }
        sum / count.max(1.0)
    }

    /// The mean of a figure over all windows; 0 of none.
    pub fn mean(&self, figure: impl Fn(&Window) -> f32) -> f32 {
        self.windows.iter().map(figure).sum::<f32>() / self.windows.len().max(1) as f32
    }
}

/// A window whose peak stands out and that two of its neighbours at least agree with.
fn agrees(grid: &[Option<Window>], across: usize, at: usize, window: &Window) -> bool {
    if window.peak < 0.30 || window.contrast < 0.08 || window.lattice > 0.55 || window.slope > 1.0 {
        return false;
    }
    let column = at % across;
    let beside = [
        (column > 0).then(|| at - 1),
        (column + 1 < across).then_some(at + 1),
        at.checked_sub(across),
        (at + across < grid.len()).then_some(at + across),
    ];
    let alike = beside.into_iter().flatten().filter_map(|at| grid[at]).filter(|other| {
        let turn = (other.orientation - window.orientation).rem_euclid(PI);
        turn.min(PI - turn) < 0.5 && (other.period / window.period).ln().abs() < 0.3 && other.peak > 0.22
    });
    alike.count() >= 2
}

/// How much of its power each period has lost to the picture's blur: as a Gaussian would take it whose edges
/// are as wide as the picture's sharpest. What is all but lost stays so: it would be noise.
fn restored(edge: Option<f32>) -> [f32; PERIODS.len()] {
    let variance = edge.map_or(0.0, |edge| ((edge / EDGE_OF_GAUSSIAN).powi(2) - MEASURED).max(0.0));
    PERIODS.map(|period| ((TAU / period).powi(2) * variance).exp().min(MOST_RESTORED))
}

/// Waves of every orientation and period under one window.
struct Waves {
    side: usize,
    weights: Vec<f32>,
    waves: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Waves {
    fn new(side: usize, per_mm: f32) -> Waves {
        let middle = (side as f32 - 1.0) / 2.0;
        let hann = |at: usize| 0.5 + 0.5 * (TAU * (at as f32 - middle) / side as f32).cos();
        let weights: Vec<f32> = (0..side * side).map(|at| hann(at % side) * hann(at / side)).collect();
        let mut waves = Vec::new();
        for o in 0..ORIENTATIONS {
            let angle = o as f32 / ORIENTATIONS as f32 * PI;
            for period in PERIODS {
                let (sin, cos) = angle.sin_cos();
                let k = TAU / (period * per_mm);
                let phase = |at: usize| {
                    let (x, y) = ((at % side) as f32 - middle, (at / side) as f32 - middle);
                    k * (-x * sin + y * cos)
                };
                waves.push((
                    (0..side * side).map(|at| weights[at] * phase(at).cos()).collect(),
                    (0..side * side).map(|at| weights[at] * phase(at).sin()).collect(),
                ));
            }
        }
        Waves { side, weights, waves }
    }

    /// The power of each wave on bare paper, the median of its windows; nothing where there is none.
    fn noise(&self, amount: &Plane, mask: &Plane, per_mm: f32) -> Vec<f32> {
        let near = mask.highest((0.8 * per_mm) as usize);
        let soft = amount.blurred(0.3 * per_mm);
        let bare = |(near, soft): (&f32, &f32)| if *near < 0.5 && soft.abs() < 0.08 { 1.0 } else { 0.0 };
        let bare =
            Plane::new(amount.width, amount.height, near.data.iter().zip(&soft.data).map(bare).collect());
        let bare = bare.mean(self.side / 2);
        let step = self.side / 2;
        let mut powers: Vec<Vec<f32>> = Vec::new();
        for y in (0..(amount.height + 1).saturating_sub(self.side)).step_by(step) {
            for x in (0..(amount.width + 1).saturating_sub(self.side)).step_by(step) {
                if bare.at(x + self.side / 2, y + self.side / 2) > 0.985 {
                    powers.push(self.power(amount, x, y).1);
                }
            }
        }
        if powers.len() < 3 {
            return vec![0.0; self.waves.len()];
        }
        // Of what is spread as the power of noise is, the mean is so much more than the median.
        let mean = 1.0 / std::f32::consts::LN_2;
        let of_wave = |wave: usize| {
            let mut values: Vec<f32> = powers.iter().map(|power| power[wave]).collect();
            mean * quantile(&mut values, 0.5)
        };
        (0..self.waves.len()).map(of_wave).collect()
    }

    /// The mean under the window, and the power of each wave.
    fn power(&self, amount: &Plane, x: usize, y: usize) -> (f32, Vec<f32>) {
        let mut values = Vec::with_capacity(self.side * self.side);
        for row in 0..self.side {
            values.extend_from_slice(&amount.data[(y + row) * amount.width + x..][..self.side]);
        }
        let total: f32 = self.weights.iter().sum();
        let mean = dot(&values, &self.weights) / total;
        values.iter_mut().for_each(|value| *value -= mean);
        let power = |(c, s): &(Vec<f32>, Vec<f32>)| dot(&values, c).powi(2) + dot(&values, s).powi(2);
        (mean, self.waves.iter().map(power).collect())
    }

    fn look(
        &self,
        amount: &Plane,
        x: usize,
        y: usize,
        noise: &[f32],
        restored: &[f32],
        louder: impl Fn(f32) -> f32,
    ) -> Window {
        let (mean, mut power) = self.power(amount, x, y);
        let louder = louder(mean);
        for (wave, (power, noise)) in power.iter_mut().zip(noise).enumerate() {
            *power = (*power - louder * noise).max(0.0) * restored[wave % PERIODS.len()];
        }
        describe(&power, mean, self.weights.iter().sum())
    }
}

/// Summed in eight parts side by side: one sum alone waits for itself at every step.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a_parts, b_parts) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_parts.zip(b_parts) {
        for at in 0..8 {
            sums[at] += a[at] * b[at];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// What a spectrum says; `power` is by orientation and period.
fn describe(power: &[f32], mean: f32, total: f32) -> Window {
    let count = PERIODS.len();
    let at = |o: usize, p: usize| power[(o % ORIENTATIONS) * count + p];
    // Frequencies lie evenly in their logarithm: each stands for a ring as wide as itself.
    let weight = |p: usize| 1.0 / PERIODS[p];
    let highest = |periods: std::ops::Range<usize>| {
        let all = (0..ORIENTATIONS).flat_map(|o| periods.clone().map(move |p| (o, p)));
        all.max_by(|a, b| at(a.0, a.1).total_cmp(&at(b.0, b.1))).unwrap_or((0, periods.start))
    };
    let lobe = |(o, p): (usize, usize)| -> f32 {
        (ORIENTATIONS - 1..=ORIENTATIONS + 1)
            .flat_map(|turn| (p - 1..=p + 1).map(move |p| (turn, p)))
            .map(|(turn, p)| weight(p) * at(o + turn, p))
            .sum()
    };
    let best = highest(RIDGES);
    let over = |periods: std::ops::Range<usize>| -> f32 {
        let all = (0..ORIENTATIONS).flat_map(|o| periods.clone().map(move |p| (o, p)));
        all.map(|(o, p)| weight(p) * at(o, p)).sum()
    };
    let crosswise = (ORIENTATIONS / 2 - 2..=ORIENTATIONS / 2 + 2)
        .flat_map(|turn| RIDGES.map(move |p| (turn, p)))
        .map(|(turn, p)| at(best.0 + turn, p))
        .fold(0.0, f32::max);
    let larger = (ORIENTATIONS - 1..=ORIENTATIONS + 1)
        .flat_map(|turn| (RIDGES.end + 1..FINE.end).map(move |p| (turn, p)))
        .map(|(turn, p)| at(best.0 + turn, p))
        .fold(0.0, f32::max);
    let peak = at(best.0, best.1);
    let flows = BANDS.map(|band| {
        // An angle and its opposite are one direction: doubled, they are one angle.
        let (mut east, mut north) = (0.0, 0.0);
        for o in 0..ORIENTATIONS {
            let (sin, cos) = (o as f32 / ORIENTATIONS as f32 * TAU).sin_cos();
            let some: f32 = band.clone().map(|p| weight(p) * at(o, p)).sum();
            (east, north) = (east + some * cos, north + some * sin);
        }
        let all = over(band).max(1e-9);
        (east / all, north / all)
    });
    Window {
        place: (0.0, 0.0),
        peak: lobe(best) / over(FINE).max(1e-9),
        period: PERIODS[best.1],
        orientation: best.0 as f32 / ORIENTATIONS as f32 * PI,
        contrast: 2.0 * peak.sqrt() / total / mean.max(0.05),
        lattice: crosswise / peak.max(1e-9),
        slope: larger / peak.max(1e-9),
        coarse: over(RIDGES.end + 1..count) / over(0..count).max(1e-9),
        lines: lobe(highest(RIDGES.start..count - 1)) / over(0..count).max(1e-9),
        flows,
        readable: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PER_MM: f32 = 12.0;

    /// Ridges of half a millimetre around a core, under blotches, as a lens of this deviation (mm) sees them.
    fn blurred(deviation: f32) -> (Plane, Plane) {
        let side = 300usize;
        let at = |at: usize| ((at % side) as f32 / PER_MM - 12.5, (at / side) as f32 / PER_MM - 12.5);
        let inside = |i: usize| at(i).0.hypot(at(i).1) < 8.0;
        let ink = |i: usize| {
            let (x, y) = at(i);
            let ridge = 0.5 * (TAU * (x - 1.0).hypot(y + 2.0) / 0.5).cos();
            let blotches = 0.4 * (TAU * x / 1.3).cos() * (TAU * y / 1.1).cos();
            if inside(i) { 1.0 + ridge + blotches } else { 0.0 }
        };
        let amount = Plane::new(side, side, (0..side * side).map(ink).collect());
        let mask = (0..side * side).map(|i| f32::from(u8::from(inside(i)))).collect();
        (amount.blurred(deviation * PER_MM), Plane::new(side, side, mask))
    }

    #[test]
    fn ridges_that_the_lens_weakened_are_read_by_what_its_edges_say() {
        const LENS: f32 = 0.13;
        let (amount, mask) = blurred(LENS);
        let edge = EDGE_OF_GAUSSIAN * (LENS * LENS + MEASURED).sqrt();
        let read = |edge| Ridges::of(&amount, &mask, |_| 1.0, edge, PER_MM).readable();
        let (as_seen, restored) = (read(None), read(Some(edge)));
        assert!(as_seen < 0.7 && restored > 0.85, "{as_seen} {restored}");
    }

    #[test]
    fn a_sharp_picture_is_left_as_it_is() {
        assert_eq!(restored(None), restored(Some(EDGE_OF_GAUSSIAN * MEASURED.sqrt())));
    }

    #[test]
    fn of_ridges_that_a_finger_crossed_grain_is_left_which_runs_in_no_direction() {
        let (ridges, mask) = blurred(0.0);
        let mut state = 1u32;
        let mut grain = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let grained = |ridges: &Plane, grain: &mut dyn FnMut() -> f32| {
            let data = ridges.data.iter().zip(&mask.data).map(|(ink, mask)| ink + 0.6 * mask * grain());
            Plane::new(300, 300, data.collect())
        };
        // Across ridges of half a millimetre a drag of four of them, left to right: the sides of the rings go,
        // their tops and bottoms stay.
        let (width, reach) = (ridges.width, (2.0 * PER_MM) as usize);
        let smeared = |at: usize| {
            let from = at.saturating_sub(reach).max(at / width * width);
            ridges.data[from..=at].iter().sum::<f32>() / (at - from + 1) as f32
        };
        let smeared = Plane::new(300, 300, (0..300 * 300).map(smeared).collect());
        let directed = |ink: &Plane| Ridges::of(ink, &mask, |_| 1.0, None, PER_MM).directed();
        let (pressed, dragged) =
            (directed(&grained(&ridges, &mut grain)), directed(&grained(&smeared, &mut grain)));
        assert!(pressed > 0.5 && dragged < 0.5 * pressed, "{pressed} {dragged}");
    }

    #[test]
    fn streaks_flow_one_way_and_what_lies_along_ridges_runs_with_them() {
        let (rings, mask) = blurred(0.0);
        let drawn = |ink: &dyn Fn(f32, f32) -> f32| {
            let at = |at: usize| ((at % 300) as f32 / PER_MM - 12.5, (at / 300) as f32 / PER_MM - 12.5);
            let data = (0..300 * 300).map(|i| mask.data[i] * (1.0 + ink(at(i).0, at(i).1))).collect();
            Ridges::of(&Plane::new(300, 300, data), &mask, |_| 1.0, None, PER_MM)
        };
        let ring = |x: f32, y: f32| (x - 1.0).hypot(y + 2.0);
        let ridges = |x: f32, y: f32| 0.5 * (TAU * ring(x, y) / 0.5).cos();
        let pressed = drawn(&|x, y| ridges(x, y) + 0.2 * (TAU * ring(x, y) / 0.85).cos());
        let dragged = drawn(&|x, y| 0.2 * ridges(x, y) + 0.3 * (TAU * y / 0.85).cos());
        assert!(
            pressed.flow() < 0.2 && pressed.together() > 0.4,
            "{} {}",
            pressed.flow(),
            pressed.together()
        );
        assert!(dragged.flow() > 0.8, "{}", dragged.flow());
        let crossed = drawn(&|x, y| 0.4 * (TAU * x / 0.5).cos() + 0.3 * (TAU * y / 0.85).cos());
        assert!(crossed.together() < -0.4, "{}", crossed.together());
        assert!(Ridges::of(&rings, &mask, |_| 1.0, None, PER_MM).flow() < 0.2);
        // Of a twist rings are left, of what is drawn to a point spokes; a drag has no middle.
        let twisted = drawn(&|x, y| 0.3 * (TAU * x.hypot(y) / 1.4).cos());
        let spokes = drawn(&|x, y| 0.3 * (24.0 * y.atan2(x)).cos());
        let (rings, spokes, one_way) = (twisted.around(), spokes.around(), dragged.around());
        assert!(rings > 0.6 && spokes < -0.4 && one_way.abs() < 0.2, "{rings} {spokes} {one_way}");
    }

    #[test]
    fn blotches_without_ridges_do_not_become_some_by_being_restored() {
        let (_, mask) = blurred(0.0);
        let blotches = |i: usize| {
            let (x, y) = ((i % 300) as f32 / PER_MM, (i / 300) as f32 / PER_MM);
            mask.data[i] * (1.0 + 0.4 * (TAU * x / 1.3).cos() * (TAU * y / 1.1).cos())
        };
        let amount = Plane::new(300, 300, (0..300 * 300).map(blotches).collect()).blurred(0.13 * PER_MM);
        let ridges = Ridges::of(&amount, &mask, |_| 1.0, Some(0.39), PER_MM);
        assert!(ridges.readable() < 0.05, "{}", ridges.readable());
    }
}
