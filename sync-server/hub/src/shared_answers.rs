//! Answers that many phones get alike. A phone that brings nothing of its own and stands where another
//! stood that may see the same gets the same: three hundred new phones in one hour are told the same
//! hundred pages. Each page is packed once and kept for a while.

use std::collections::VecDeque;

use bytes::Bytes;

/// How long an answer is told again, in milliseconds. It says that more follows, and of what it tells
/// nothing changes: the phone hears of everything else a page later.
const KEPT_MS: i64 = 30_000;
/// How much of answers is kept to be told again, in bytes.
pub const KEPT_ANSWERS_BYTES: usize = 32 * 1024 * 1024;
/// A kept answer counts in whole pieces of so many bytes, as whoever bounds all answers counts them.
pub const ANSWER_PIECE: usize = 16 * 1024;

/// Names what was asked, and by whom of those who may see the same.
pub(super) type Key = [u8; 32];

/// The answers that are kept, oldest first.
#[derive(Debug, Default)]
pub(super) struct SharedAnswers {
    answers: VecDeque<(Key, i64, Bytes)>,
    bytes: usize,
}

impl SharedAnswers {
    pub(super) fn get(&mut self, key: &Key, now_ms: i64) -> Option<Bytes> {
        // A clock that was set back ends them all the sooner.
        while self.answers.front().is_some_and(|(_, at_ms, _)| !(0..KEPT_MS).contains(&(now_ms - at_ms))) {
            self.drop_oldest();
        }
        self.answers.iter().find(|(kept, ..)| kept == key).map(|(_, _, body)| body.clone())
    }

    pub(super) fn put(&mut self, key: Key, now_ms: i64, body: Bytes) {
        self.bytes += weight(&body);
        self.answers.push_back((key, now_ms, body));
        while self.bytes > KEPT_ANSWERS_BYTES {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, _, body)) = self.answers.pop_front() {
            self.bytes -= weight(&body);
        }
    }
}

fn weight(body: &Bytes) -> usize {
    body.len().next_multiple_of(ANSWER_PIECE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_kept_for_a_while_and_within_bounds() {
        let mut shared = SharedAnswers::default();
        let megabyte = || Bytes::from(vec![0; 1024 * 1024]);
        for number in 0..40u8 {
            shared.put([number; 32], i64::from(number), megabyte());
        }
        assert_eq!((shared.bytes, shared.answers.len()), (KEPT_ANSWERS_BYTES, 32));
        assert!(shared.get(&[7; 32], 50).is_none() && shared.get(&[39; 32], 50).is_some());
        assert!(shared.get(&[39; 32], 39 + KEPT_MS).is_none());
        assert_eq!(shared.bytes, 0);
        for _ in 0..3_000 {
            shared.put([2; 32], 0, Bytes::from_static(b"little"));
        }
        assert_eq!(shared.answers.len(), KEPT_ANSWERS_BYTES / ANSWER_PIECE);
        let mut shared = SharedAnswers::default();
        shared.put([1; 32], 1_000, megabyte());
        assert!(shared.get(&[1; 32], 0).is_none(), "the clock was set back");
    }
}
