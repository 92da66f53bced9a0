//! The order of `randomize()` (ODK XForms specification): the inside-out shuffle
//! of Fisher and Yates with the numbers of Park and Miller, so that a seed
//! gives the same order in every engine.

use sha2::{Digest, Sha256};

/// The items in another order.
pub fn shuffle<T>(items: Vec<T>, seed: i64) -> Vec<T> {
    let mut generator = ParkMiller::new(seed);
    let mut shuffled: Vec<T> = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        let to = (generator.fraction() * (at + 1) as f64) as usize;
        shuffled.push(item);
        shuffled.swap(at, to.min(at));
    }
    shuffled
}

/// The seed that a text is which is no number: the first eight bytes of its
/// SHA-256, as JavaRosa has it.
pub fn text_seed(text: &str) -> i64 {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | i64::from(*byte))
}

/// The minimal standard generator of Park and Miller.
struct ParkMiller(i64);

impl ParkMiller {
    const MODULUS: i64 = 0x7fff_ffff;

    fn new(seed: i64) -> ParkMiller {
        let seed = seed % Self::MODULUS;
        ParkMiller(if seed <= 0 { seed + Self::MODULUS - 1 } else { seed })
    }

    /// From 0 to less than 1.
    fn fraction(&mut self) -> f64 {
        self.0 = self.0 * 16_807 % Self::MODULUS;
        (self.0 - 1) as f64 / (Self::MODULUS - 1) as f64
    }
}
