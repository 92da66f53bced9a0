//! Impressions for tests, made of a few figures.

use super::copies::{FORMAT, IMPRESSION_BYTES};
use super::impression::{Impression, SIDE};

/// An oval of ink in waves, thick and thin by place, as its picture is turned and larger by so much.
pub(crate) fn spot(seed: f32, turn: f32, size: f32) -> Impression {
    let (sin, cos) = turn.sin_cos();
    let mut planes = [Vec::new(), Vec::new()];
    for at in 0..SIDE * SIDE {
        let (x, y) = ((at % SIDE) as f32 - 79.5, (at / SIDE) as f32 - 79.5);
        let (u, v) = ((x * cos + y * sin) / size, (y * cos - x * sin) / size);
        let inside = (u / (50.0 + 3.0 * (2.0 * v.atan2(u) + seed).sin())).hypot(v / 62.0) < 1.0;
        let thick = 1.0 + 0.4 * (u / 17.0 + 3.0 * seed).sin() * (v / 21.0 - seed).cos();
        let lines = 1.0 + 0.7 * ((u + 9.0 * seed).hypot(v - 20.0 * seed.sin()) * 1.2).cos();
        let ink = if inside { (50.0 * thick * lines) as u8 } else { 0 };
        planes[0].push(ink);
        planes[1].push(if inside { 255 } else { 0 });
    }
    let bytes = [vec![FORMAT, 0, 0, 0x20, 0x43], planes.concat()].concat();
    assert_eq!(bytes.len(), IMPRESSION_BYTES);
    Impression::from_bytes(&bytes).unwrap()
}
