//! How much is sent or asked for at once over a line that nobody knows beforehand.
//!
//! A small piece loses little when the line breaks, a large one pays for fewer round trips. So a size
//! begins with what suits a village line, halves when the line breaks under it, and grows again while
//! pieces pass briskly: by doubling up to where it broke last, by an eighth beyond (as TCP's congestion
//! window does, RFC 5681). What was learned is remembered from one sync to the next.

use std::time::Duration;

/// A piece that passes within this time may be larger the next time.
const BRISK: Duration = Duration::from_secs(20);
/// One that takes longer than this costs too much when the line breaks: the next one is smaller.
const TEDIOUS: Duration = Duration::from_secs(60);

/// Between what sizes a [`Pace`] moves, and where it begins; in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// It never falls below this.
    pub least: usize,
    /// Where it begins on a line that is not known.
    pub first: usize,
    /// It never grows beyond this.
    pub most: usize,
}

/// A size that adapts to the line. It knows nothing of clocks and networks: it is told what passed.
///
/// ```
/// use std::time::Duration;
/// use ruhu_sync::pace::{Pace, Range};
///
/// let mut pace = Pace::new(Range { least: 4_096, first: 65_536, most: 262_144 });
/// pace.broke();
/// assert_eq!(pace.size(), 32_768);
/// pace.passed(32_768, Duration::from_secs(3));
/// assert_eq!(pace.size(), 36_864);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    range: Range,
    size: usize,
    /// Up to here it doubles: half of the size under which the line broke last.
    safe: usize,
}

impl Pace {
    /// A size on a line that is not known.
    pub fn new(range: Range) -> Pace {
        Pace { range, size: range.first, safe: range.most }
    }

    /// A size as [`Pace::to_bytes`] remembered it; what is no such thing counts as a line that is not
    /// known.
    pub fn remembered(range: Range, bytes: Option<&[u8]>) -> Pace {
        let number = |bytes: &[u8]| Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize);
        let both = bytes.filter(|bytes| bytes.len() == 8).map(|bytes| bytes.split_at(4));
        match both.and_then(|(size, safe)| Some((number(size)?, number(safe)?))) {
            Some((size, safe)) => Pace {
                range,
                size: size.clamp(range.least, range.most),
                safe: safe.clamp(range.least, range.most),
            },
            None => Pace::new(range),
        }
    }

    /// What is to be remembered until the next sync: 8 bytes.
    pub fn to_bytes(&self) -> [u8; 8] {
        let number = |size: usize| u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes();
        let mut bytes = [0; 8];
        bytes[..4].copy_from_slice(&number(self.size));
        bytes[4..].copy_from_slice(&number(self.safe));
        bytes
    }

    /// How many bytes to send or to ask for at once.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether it is as small as it gets.
    pub fn is_least(&self) -> bool {
        self.size == self.range.least
    }

    /// A piece of so many bytes has passed in that time. One that was much smaller than the size says
    /// nothing of the line.
    pub fn passed(&mut self, bytes: usize, took: Duration) {
        if took > TEDIOUS {
            self.size = (self.size / 2).max(self.range.least);
        } else if took <= BRISK && bytes >= self.size / 2 {
            let grown = if self.size < self.safe { self.size * 2 } else { self.size + self.size / 8 };
            let up_to = if self.size < self.safe { self.safe } else { self.range.most };
            self.size = grown.min(up_to).min(self.range.most);
        }
    }

    /// The line broke, or fell silent, while a piece was under way.
    pub fn broke(&mut self) {
        self.size = (self.size / 2).max(self.range.least);
        self.safe = self.size;
    }
}

/// How fast bytes passed of late: pieces count the less, the more passed after them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    bytes: f64,
    seconds: f64,
}

/// What passed before counts this part when another piece has passed.
const REMEMBERED: f64 = 0.8;
/// Nothing is quicker than this: a clock of milliseconds does not see it.
const QUICKEST: Duration = Duration::from_millis(1);

impl Rate {
    /// So many bytes have passed in that time.
    pub fn passed(&mut self, bytes: usize, took: Duration) {
        self.bytes = self.bytes * REMEMBERED + bytes as f64;
        self.seconds = self.seconds * REMEMBERED + took.max(QUICKEST).as_secs_f64();
    }

    /// How many seconds so many bytes may take; `None` while nothing has passed.
    pub fn seconds_for(&self, bytes: u64) -> Option<u32> {
        (self.bytes > 0.0).then(|| (bytes as f64 * self.seconds / self.bytes).ceil() as u32)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RANGE: Range = Range { least: 4 * 1024, first: 64 * 1024, most: 512 * 1024 };
    const BRISKLY: Duration = Duration::from_secs(1);

    #[derive(Debug, Clone, Copy)]
    enum Happening {
        Passed(usize, u64),
        Broke,
        Remembered,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            (0..1_000_000usize, 0..200u64).prop_map(|(bytes, seconds)| Happening::Passed(bytes, seconds)),
            Just(Happening::Broke),
            Just(Happening::Remembered),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_the_size_stays_in_its_range(happenings in prop::collection::vec(happening(), 0..200)) {
            let mut pace = Pace::new(RANGE);
            for happening in happenings {
                let before = pace.size();
                match happening {
                    Happening::Passed(bytes, seconds) => pace.passed(bytes, Duration::from_secs(seconds)),
                    Happening::Broke => {
                        pace.broke();
                        prop_assert!(pace.size() < before || pace.is_least());
                    }
                    Happening::Remembered => {
                        prop_assert_eq!(Pace::remembered(RANGE, Some(&pace.to_bytes())), pace);
                    }
                }
                prop_assert!((RANGE.least..=RANGE.most).contains(&pace.size()));
            }
        }

        /// A line that breaks whenever more than so much is sent at once carries everything. The worst
        /// is one that carries the least size and not an eighth more: after every piece that passes one
        /// breaks, and takes up to 9/8 of it for nothing.
        #[test]
        fn a_line_that_always_breaks_at_the_same_place_carries_everything(
            breaks_at in RANGE.least..RANGE.most,
            whole in 1usize..8_000_000,
        ) {
            let (mut pace, mut left, mut sent, mut pieces) = (Pace::new(RANGE), whole, 0, 0);
            while left > 0 {
                pieces += 1;
                let piece = pace.size().min(left);
                if piece > breaks_at {
                    sent += breaks_at;
                    pace.broke();
                } else {
                    sent += piece;
                    left -= piece;
                    pace.passed(piece, BRISKLY);
                }
            }
            prop_assert!(8 * sent <= 17 * whole + 64 * breaks_at, "{sent} bytes sent for {whole}");
            prop_assert!(pieces <= 5 * (whole / breaks_at) + 20, "{pieces} pieces");
        }

        #[test]
        fn what_was_remembered_wrongly_is_a_line_that_is_not_known(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let pace = Pace::remembered(RANGE, Some(&bytes));
            prop_assert!((RANGE.least..=RANGE.most).contains(&pace.size()));
            prop_assert!(bytes.len() == 8 || pace == Pace::new(RANGE));
        }
    }

    #[test]
    fn a_line_that_became_good_gets_large_pieces_again() {
        let mut pace = Pace::new(RANGE);
        (0..20).for_each(|_| pace.broke());
        assert!(pace.is_least());
        let mut passes = 0;
        while pace.size() < RANGE.most {
            pace.passed(pace.size(), BRISKLY);
            passes += 1;
        }
        assert!(passes < 50, "{passes} pieces until then");
    }

    #[test]
    fn a_small_piece_says_nothing_and_a_tedious_one_makes_the_next_smaller() {
        let mut pace = Pace::new(RANGE);
        pace.passed(1_000, BRISKLY);
        assert_eq!(pace.size(), RANGE.first);
        pace.passed(RANGE.first, Duration::from_secs(40));
        assert_eq!(pace.size(), RANGE.first, "it moves, and a cut would cost less than a minute");
        pace.passed(RANGE.first, Duration::from_secs(61));
        assert_eq!(pace.size(), RANGE.first / 2);
    }
}
