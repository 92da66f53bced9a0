//! Files in a row with which a server failed: after some it is left alone for this run, as it may be ill; and the
//! next run begins behind them, as it may be them.

/// After so many in a row the others wait for the next run.
const MANY: u32 = 3;

/// Files in a row with which the server failed, on their way up, then on their way down.
#[derive(Debug, Default)]
pub struct Failures {
    row: u32,
    last: Option<[u8; 32]>,
    left_off: bool,
}

impl Failures {
    /// Takes what became of a file, by its SHA-256.
    pub fn note(&mut self, sha256: [u8; 32], failed: bool) {
        self.row = if failed { self.row + 1 } else { 0 };
        self.last = Some(sha256).filter(|_| failed);
    }

    /// Whether the server is asked for no more this way.
    pub fn are_many(&self) -> bool {
        self.row >= MANY
    }

    /// Whether a way was left before its end.
    pub fn left_off(&self) -> bool {
        self.left_off || self.are_many()
    }

    /// Gives the file behind which the next run begins, where this way was left before its end, and counts anew for
    /// the other way: a server that fails with what it is given may still give.
    pub fn end_way(&mut self) -> Option<[u8; 32]> {
        let at = self.last.filter(|_| self.are_many());
        *self = Failures { left_off: self.left_off(), ..Failures::default() };
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_left_alone_after_three_in_a_row_each_way_and_the_last_is_remembered() {
        let mut failures = Failures::default();
        for (file, failed) in [(1, true), (2, true), (3, false), (4, true), (5, true)] {
            failures.note([file; 32], failed);
            assert!(!failures.are_many());
        }
        failures.note([6; 32], true);
        assert!(failures.are_many());
        assert_eq!(failures.end_way(), Some([6; 32]));
        assert!(failures.left_off() && !failures.are_many(), "the other way is tried");
        assert_eq!(failures.end_way(), None);
        assert!(failures.left_off());
    }
}
