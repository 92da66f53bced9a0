//! How much is written ahead in one transaction. A transaction has a cost of its own, and pages of
//! indexes that it writes are written again by the next: where nobody else writes, several parts go into one.
//! Whoever comes is let in at the end of the part that is being written, and from then on parts stand alone
//! again.

/// So many times a part is written at once at most.
const MOST: usize = 100;

/// How far the transactions have grown.
#[derive(Debug)]
pub struct Growth {
    least: usize,
    now: usize,
    durable_writes: u64,
    in_log: usize,
}

impl Growth {
    /// `least`: what a part weighs, in bytes. `durable_writes`: see [`crate::Store::durable_writes`].
    pub fn new(least: usize, durable_writes: u64) -> Growth {
        Growth { least, now: least, durable_writes, in_log: 0 }
    }

    /// What the next transaction may weigh, in bytes: twice what the last one could, or one part when somebody
    /// else has written since.
    pub fn next(&mut self, durable_writes: u64) -> usize {
        let alone = durable_writes == self.durable_writes;
        self.now = if alone { (2 * self.now).min(MOST * self.least) } else { self.least };
        self.durable_writes = durable_writes;
        self.now
    }

    /// A part of so many bytes was written: it lies in the database's log until that is moved
    /// ([`crate::Store::checkpoint`]).
    pub fn wrote(&mut self, bytes: usize) {
        self.in_log += bytes;
    }

    /// Whether more than `most` bytes lie in the log: then it is to be moved, and counting begins anew.
    pub fn is_log_due(&mut self, most: usize) -> bool {
        let is_due = self.in_log > most;
        if is_due {
            self.in_log = 0;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_grow_while_nobody_else_writes_and_shrink_at_once() {
        let mut growth = Growth::new(24, 7);
        let grown: Vec<usize> = (0..7).map(|_| growth.next(7)).collect();
        assert_eq!(grown, [48, 96, 192, 384, 768, 1536, 2400]);
        assert_eq!([growth.next(8), growth.next(9), growth.next(9)], [24, 24, 48]);
    }

    #[test]
    fn the_log_is_moved_once_for_all_that_was_written_to_it() {
        let mut growth = Growth::new(24, 7);
        for part in [40, 60] {
            assert!(!growth.is_log_due(99));
            growth.wrote(part);
        }
        assert!(!growth.is_log_due(100));
        assert_eq!([growth.is_log_due(99), growth.is_log_due(0)], [true, false]);
    }
}
