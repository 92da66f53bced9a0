//! One number a pixel.

/// Numbers in rows, from the top left.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Numbers a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The numbers.
    pub data: Vec<f32>,
}

impl Plane {
    /// A plane of these numbers, which are `width * height`.
    pub fn new(width: usize, height: usize, data: Vec<f32>) -> Plane {
        debug_assert_eq!(data.len(), width * height);
        Plane { width, height, data }
    }

    /// A plane of one value.
    pub fn filled(width: usize, height: usize, value: f32) -> Plane {
        Plane { width, height, data: vec![value; width * height] }
    }

    /// The number at a place inside.
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.data[y * self.width + x]
    }

    /// The number between places, bilinear; beyond the edge that of the edge.
    #[inline]
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        let upper = self.at(left, top) * (1.0 - fx) + self.at(right, top) * fx;
        let lower = self.at(left, bottom) * (1.0 - fx) + self.at(right, bottom) * fx;
        upper * (1.0 - fy) + lower * fy
    }

    /// The mean over a square of `2 * radius + 1`, in time that does not depend on the radius.
    pub fn mean(&self, radius: usize) -> Plane {
        let across = mean_of_rows(&self.data, self.width, radius);
        Plane::new(self.width, self.height, mean_of_columns(&across, self.width, radius))
    }

    /// Half as wide and high, each number the mean of four.
    pub fn halved(&self) -> Plane {
        let (width, height) = ((self.width / 2).max(1), (self.height / 2).max(1));
        let at = |x: usize, y: usize| self.at(x.min(self.width - 1), y.min(self.height - 1));
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (x, y) = (2 * x, 2 * y);
                data.push((at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4.0);
            }
        }
        Plane::new(width, height, data)
    }

    /// Nearly a Gaussian of this deviation: three means, one after another.
    pub fn blurred(&self, deviation: f32) -> Plane {
        // Three boxes of side s have the variance (s² - 1) / 4.
        let radius = ((4.0 * deviation * deviation + 1.0).sqrt() - 1.0) / 2.0;
        let radius = radius.round().max(1.0) as usize;
        self.mean(radius).mean(radius).mean(radius)
    }

    /// The highest value within `radius`, in both directions.
    pub fn highest(&self, radius: usize) -> Plane {
        let across = highest_of_rows(&self.data, self.width, radius);
        Plane::new(self.width, self.height, highest_of_columns(&across, self.width, radius))
    }

    /// The value below which lies this share of all, 0 to 1.
    pub fn quantile(&self, share: f32) -> f32 {
        quantile(&mut self.data.clone(), share)
    }
}

/// The value below which lies this share of `values`, which are left in another order; 0 of none.
pub(crate) fn quantile(values: &mut [f32], share: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let at = ((values.len() - 1) as f32 * share.clamp(0.0, 1.0)).round() as usize;
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

/// Rows whose sums run side by side: one sum alone waits for itself at every step.
const ABREAST: usize = 4;

fn mean_of_rows(data: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let mut out = vec![0.0; data.len()];
    let shares = shares(width, radius);
    for (rows, out) in data.chunks(width * ABREAST).zip(out.chunks_mut(width * ABREAST)) {
        let count = rows.len() / width;
        let value = |row: usize, x: usize| f64::from(rows[row.min(count - 1) * width + x]);
        let mut sums = [0.0f64; ABREAST];
        for x in 0..radius.min(width) {
            (0..ABREAST).for_each(|row| sums[row] += value(row, x));
        }
        for x in 0..width {
            if x + radius < width {
                (0..ABREAST).for_each(|row| sums[row] += value(row, x + radius));
            }
            if x > radius {
                (0..ABREAST).for_each(|row| sums[row] -= value(row, x - radius - 1));
            }
            for (row, sum) in sums.iter().enumerate().take(count) {
                out[row * width + x] = (sum * shares[x]) as f32;
            }
        }
    }
    out
}

fn mean_of_columns(data: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let height = data.len() / width.max(1);
    let row = |y: usize| &data[y * width..][..width];
    let mut sums = vec![0.0f64; width];
    let add = |sums: &mut [f64], row: &[f32], sign: f64| {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += sign * f64::from(*value));
    };
    (0..radius.min(height)).for_each(|y| add(&mut sums, row(y), 1.0));
    let mut out = Vec::with_capacity(data.len());
    for (y, share) in shares(height, radius).into_iter().enumerate() {
        if y + radius < height {
            add(&mut sums, row(y + radius), 1.0);
        }
        if y > radius {
            add(&mut sums, row(y - radius - 1), -1.0);
        }
        out.extend(sums.iter().map(|sum| (sum * share) as f32));
    }
    out
}

/// One over how many of `length` places lie within the radius of each.
fn shares(length: usize, radius: usize) -> Vec<f64> {
    let count = |at: usize| (at + radius).min(length - 1) - at.saturating_sub(radius) + 1;
    (0..length).map(|at| 1.0 / count(at) as f64).collect()
}

/// Van Herk's way: two running maxima over blocks of the window's width.
fn highest_of_rows(data: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let window = 2 * radius + 1;
    let mut out = Vec::with_capacity(data.len());
    let padded = width + 2 * radius;
    let (mut forth, mut back) = (vec![0.0f32; padded], vec![0.0f32; padded]);
    for row in data.chunks_exact(width) {
        let value = |at: usize| row[at.saturating_sub(radius).min(width - 1)];
        for at in 0..padded {
            forth[at] = if at % window == 0 { value(at) } else { forth[at - 1].max(value(at)) };
        }
        for at in (0..padded).rev() {
            let ends = at + 1 == padded || (at + 1) % window == 0;
            back[at] = if ends { value(at) } else { back[at + 1].max(value(at)) };
        }
        out.extend((0..width).map(|x| back[x].max(forth[x + window - 1])));
    }
    out
}

/// The same for columns, row by row.
fn highest_of_columns(data: &[f32], width: usize, radius: usize) -> Vec<f32> {
    let height = data.len() / width.max(1);
    let window = 2 * radius + 1;
    let padded = height + 2 * radius;
    let row = |at: usize| &data[at.saturating_sub(radius).min(height - 1) * width..][..width];
    let higher = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a.max(*b)).collect::<Vec<f32>>();
    let mut back: Vec<Vec<f32>> = vec![Vec::new(); padded];
    for at in (0..padded).rev() {
        let ends = at + 1 == padded || (at + 1) % window == 0;
        back[at] = if ends { row(at).to_vec() } else { higher(&back[at + 1], row(at)) };
    }
    let mut out = Vec::with_capacity(data.len());
    let mut forth: Vec<f32> = Vec::new();
    for at in 0..padded {
        forth = if at % window == 0 { row(at).to_vec() } else { higher(&forth, row(at)) };
        if at + 1 >= window {
            out.extend(back[at + 1 - window].iter().zip(&forth).map(|(a, b)| a.max(*b)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Plane {
        Plane::new(7, 3, (0..21).map(|v| ((v * 5) % 7) as f32).collect())
    }

    #[test]
    fn the_highest_and_the_mean_of_a_window_are_those_that_counting_gives() {
        let plane = ramp();
        for radius in 0..4 {
            let (highest, mean) = (plane.highest(radius), plane.mean(radius));
            for y in 0..3usize {
                for x in 0..7usize {
                    let window: Vec<f32> = (y.saturating_sub(radius)..=(y + radius).min(2))
                        .flat_map(|y| (x.saturating_sub(radius)..=(x + radius).min(6)).map(move |x| (x, y)))
                        .map(|(x, y)| plane.at(x, y))
                        .collect();
                    assert_eq!(highest.at(x, y), window.iter().copied().fold(f32::MIN, f32::max));
                    let counted = window.iter().sum::<f32>() / window.len() as f32;
                    assert!((mean.at(x, y) - counted).abs() < 1e-4);
                }
            }
        }
    }

    #[test]
    fn a_quantile_has_its_share_below_it() {
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0, 5.0, 4.0], 0.5), 3.0);
        assert_eq!(quantile(&mut [], 0.5), 0.0);
    }
}
