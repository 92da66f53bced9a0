//! Other prints made of one: drawing a print takes a second, bending one a few milliseconds. For measuring many.

use std::f32::consts::TAU;

use ruhu_vision::letter::copies::IMPRESSION_BYTES;
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::picture::Plane;

use crate::noise::{Chance, smooth};

/// Points along a side of an impression.
const SIDE: usize = 160;
/// Bytes before its planes.
const HEAD: usize = IMPRESSION_BYTES - 2 * SIDE * SIDE;

/// An impression turned, bent, and with ink that lies thick and thin elsewhere: no copy of what it was made of.
pub fn bent(one: &Impression, chance: &mut Chance) -> Impression {
    let bytes = one.to_bytes();
    let (head, planes) = bytes.split_at(HEAD);
    let (sin, cos) = chance.between(0.0, TAU).sin_cos();
    let [right, down, thick] = [50.0, 50.0, 28.0].map(|size| smooth(SIDE, SIDE, size, chance));
    let middle = SIDE as f32 / 2.0 - 0.5;
    let from: Vec<(f32, f32)> = (0..SIDE * SIDE)
        .map(|at| {
            let x = (at % SIDE) as f32 - middle + 5.0 * right.data[at];
            let y = (at / SIDE) as f32 - middle + 5.0 * down.data[at];
            (x * cos - y * sin + middle, x * sin + y * cos + middle)
        })
        .collect();
    let [ink, mask] = [0, 1].map(|plane| {
        let plane = &planes[plane * SIDE * SIDE..][..SIDE * SIDE];
        let plane = Plane::new(SIDE, SIDE, plane.iter().map(|byte| f32::from(*byte)).collect());
        from.iter().map(|(x, y)| plane.sample(*x, *y)).collect::<Vec<f32>>()
    });
    let ink = ink.iter().zip(&thick.data).map(|(ink, thick)| ink * (0.3 * thick).exp());
    let planes = ink.chain(mask).map(|value| value.round().clamp(0.0, 255.0) as u8);
    Impression::from_bytes(&head.iter().copied().chain(planes).collect::<Vec<u8>>()).unwrap()
}
