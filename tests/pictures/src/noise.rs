//! Chance, repeatable, and fields of it.

use ruhu_vision::picture::Plane;

/// A source of chance with a seed.
pub struct Chance(fastrand::Rng);

impl Chance {
    /// The same seed gives the same.
    pub fn of(seed: u64) -> Chance {
        Chance(fastrand::Rng::with_seed(seed))
    }

    /// Evenly between two values.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.f32()
    }

    /// With this probability.
    pub fn happens(&mut self, probability: f32) -> bool {
        self.0.f32() < probability
    }

    /// A whole number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// Normally distributed, deviation 1.
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.0.f32()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.0.f32()).cos()
    }

    /// A seed for another source.
    pub fn seed(&mut self) -> u64 {
        self.0.u64(..)
    }
}

/// A smooth field about 0 with deviation about 1 whose features are as large as `size` points.
pub fn smooth(width: usize, height: usize, size: f32, chance: &mut Chance) -> Plane {
    let step = (size / 2.0).max(1.0);
    let across = (width as f32 / step).ceil() as usize + 3;
    let down = (height as f32 / step).ceil() as usize + 3;
    let coarse = Plane::new(across, down, (0..across * down).map(|_| chance.normal()).collect());
    let coarse = coarse.mean(1);
    let deviation = (coarse.data.iter().map(|v| v * v).sum::<f32>() / coarse.data.len() as f32).sqrt();
    let gain = 1.15 / deviation.max(1e-3);
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            data.push(gain * coarse.sample(x as f32 / step + 1.0, y as f32 / step + 1.0));
        }
    }
    Plane::new(width, height, data)
}

/// From 0 to 1 about `middle`, over about four times `width`.
pub fn step(value: f32, middle: f32, width: f32) -> f32 {
    1.0 / (1.0 + (-(value - middle) / width).exp())
}
