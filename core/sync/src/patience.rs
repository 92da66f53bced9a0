//! Slow or silent: the one rule by which phone and server tell a line that moves, however slowly, from
//! one that does not move any more.
//!
//! A request may take as long as it takes. It is given up when less than [`LEAST`] bytes have moved,
//! both ways together, for [`WINDOW`]. A line of 1 kB/s with pauses of many seconds stays far above
//! this; an answer of a byte now and then ends.

use std::time::Duration;

/// How long it may move less than [`LEAST`] bytes.
pub const WINDOW: Duration = Duration::from_secs(60);
/// So many bytes count as moving.
pub const LEAST: u64 = 256;

/// Watches one request. It reads no clock: the time since some fixed moment is given.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    since: Duration,
    moved: u64,
}

impl Patience {
    /// Begins to watch at a time, when so many bytes had moved.
    pub fn new(now: Duration, moved: u64) -> Patience {
        Patience { since: now, moved }
    }

    /// Takes notice of how many bytes have moved in all, and says whether the line counts as silent.
    pub fn is_over(&mut self, now: Duration, moved: u64) -> bool {
        if moved >= self.moved.saturating_add(LEAST) {
            *self = Patience::new(now, moved);
        }
        now.saturating_sub(self.since) >= WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many seconds a line is given up that moves so many bytes every so many seconds.
    fn given_up_after(bytes: u64, every: u64) -> Option<u64> {
        let mut patience = Patience::new(Duration::ZERO, 0);
        (1..3_600).find(|second| patience.is_over(Duration::from_secs(*second), second / every * bytes))
    }

    #[test]
    fn a_slow_line_is_not_given_up_and_a_silent_or_dribbling_one_is() {
        assert_eq!(given_up_after(1_000, 1), None, "1 kB/s");
        assert_eq!(given_up_after(1_460, 40), None, "a packet every 40 s");
        assert_eq!(given_up_after(5, 1), None, "5 bytes a second");
        assert_eq!(given_up_after(0, 1), Some(60), "nothing");
        assert_eq!(given_up_after(1, 20), Some(60), "a byte in 20 s");
        assert_eq!(given_up_after(255, 70), Some(60), "nothing yet");
    }
}
