//! How much of the disk is kept for the device's own work.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::Space;

/// The reserve, in bytes: some thousand visits, or a day's photos.
const RESERVE_BYTES: u64 = 64 * 1024 * 1024;
/// Of a small disk the reserve is at most this part.
const PART_OF_DISK: u64 = 4;
/// Stands for no reserve that the host has set.
const UNSET: u64 = u64::MAX;

/// How much room is kept.
#[derive(Debug)]
pub(crate) struct Reserve(AtomicU64);

impl Default for Reserve {
    fn default() -> Self {
        Reserve(AtomicU64::new(UNSET))
    }
}

impl Reserve {
    /// Sets it, or leaves it to the program.
    pub fn set(&self, bytes: Option<u64>) {
        self.0.store(bytes.unwrap_or(UNSET), Ordering::Relaxed);
    }

    /// The reserve on a disk, in bytes.
    pub fn bytes(&self, space: Space) -> u64 {
        match self.0.load(Ordering::Relaxed) {
            UNSET => RESERVE_BYTES.min(space.total / PART_OF_DISK),
            set => set,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_64_mb_and_a_quarter_of_a_small_disk() {
        let reserve = Reserve::default();
        let on = |total: u64| reserve.bytes(Space { free: 0, total });
        assert_eq!((on(32 << 30), on(6 << 20)), (64 << 20, (6 << 20) / 4));
        reserve.set(Some(7));
        assert_eq!(reserve.bytes(Space { free: 0, total: 1 << 40 }), 7);
    }
}
