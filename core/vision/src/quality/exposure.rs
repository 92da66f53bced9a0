//! Light: how dark, how bright, how much of it burnt out.

use serde::Serialize;

use crate::picture::{Picture, Plane, quantile};

/// From this value on in every channel a sensor tells nothing.
pub const BURNT: u8 = 250;

/// How light is spread over a picture, in steps of 255.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Exposure {
    /// The brightness below which 2 % of the pixels lie.
    pub dark: f32,
    /// Half of them.
    pub median: f32,
    /// 75 %.
    pub upper: f32,
    /// 95 %.
    pub bright: f32,
    /// The share that is burnt out in all three channels, 0 to 1.
    pub burnt: f32,
}

/// A picture made small: brightness, and its least channel, in which what is burnt out is bright.
pub(super) struct Small {
    pub grey: Plane,
    pub least: Plane,
    /// Pixels of the picture along one of these.
    pub step: usize,
}

impl Small {
    /// With at most `longest` points along the longer side, each the mean of a square.
    pub fn of(picture: &Picture, longest: usize) -> Small {
        let step = picture.width().max(picture.height()).div_ceil(longest).max(1);
        let (width, height) = ((picture.width() / step).max(1), (picture.height() / step).max(1));
        let (mut grey, mut least) = (Vec::with_capacity(width * height), Vec::with_capacity(width * height));
        let mut sums = vec![[0u32; 3]; width];
        for y in 0..height {
            sums.fill([0; 3]);
            for row in y * step..((y + 1) * step).min(picture.height()) {
                let row = &picture.rgb()[row * picture.width() * 3..][..picture.width() * 3];
                for (sum, square) in sums.iter_mut().zip(row.chunks(step * 3)) {
                    for pixel in square.chunks_exact(3) {
                        sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u32::from(*value));
                    }
                }
            }
            let many = (step * step) as f32;
            for [r, g, b] in &sums {
                grey.push((77 * r + 150 * g + 29 * b) as f32 / 256.0 / many);
                least.push(*r.min(g).min(b) as f32 / many);
            }
        }
        Small { grey: Plane::new(width, height, grey), least: Plane::new(width, height, least), step }
    }
}

/// Measures what is set in `of`, or everything.
pub(super) fn exposure(small: &Small, of: Option<&[bool]>) -> Exposure {
    let counts = |at: &usize| of.is_none_or(|of| of[*at]);
    let mut values: Vec<f32> =
        (0..small.grey.data.len()).filter(counts).map(|at| small.grey.data[at]).collect();
    let burnt =
        (0..small.least.data.len()).filter(counts).filter(|at| small.least.data[*at] >= f32::from(BURNT));
    let burnt = burnt.count() as f32 / values.len().max(1) as f32;
    let mut share = |share| quantile(&mut values, share);
    Exposure { dark: share(0.02), median: share(0.5), upper: share(0.75), bright: share(0.95), burnt }
}
