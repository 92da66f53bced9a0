//! Whether a request that came to nothing is made again, and when. Every request of a sync may be: a
//! push goes by hashes, an upload by offsets.
//!
//! - A line that **broke** is tried again at once, with less on it ([`crate::pace`]), a few times in a
//!   row. One that fell **silent** is tried once more: finding out took a minute.
//! - A server that **cannot be reached** is tried again after a pause if it has answered in this run (it
//!   is being restarted, or the phone passed a hill); otherwise there is no network.
//! - A server that is **busy** (429, 503) says when to come again (`Retry-After`). Nobody comes earlier,
//!   and everybody a little later by chance, so that those who were turned away together do not come
//!   together again.

use std::time::Duration;

use crate::transport::TransportError;

/// So often in a row a line may break.
const CUTS: u32 = 6;
/// So often in a run it may fall silent.
const SILENCES: u32 = 2;
/// So often in a row a server that had answered may be out of reach.
const UNREACHABLE: u32 = 3;
/// The longest pause before the first of these, doubled for each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// When a busy server does not say when to come again.
const BUSY: Duration = Duration::from_secs(5);
/// The longest pause that chance adds for a busy server.
const LONGEST_CHANCE: Duration = Duration::from_secs(60);
/// A run waits so long for a busy server in all; what remains is for the next one.
const BUSY_IN_ALL: Duration = Duration::from_secs(300);

/// What happened to the requests of one run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retries {
    reached: bool,
    cuts: u32,
    silences: u32,
    unreachable: u32,
    busy: u32,
    waited: Duration,
}

impl Retries {
    /// A request was answered.
    pub fn answered(&mut self) {
        let Retries { silences, waited, .. } = *self;
        *self = Retries { reached: true, silences, waited, ..Retries::default() };
    }

    /// No answer came. Gives the pause before the next try, or nothing when the run is over. `chance`
    /// is any number, equally likely.
    pub fn failed(&mut self, error: &TransportError, chance: u64) -> Option<Duration> {
        match error {
            TransportError::Cut(_) => {
                self.cuts += 1;
                (self.cuts < CUTS).then_some(Duration::ZERO)
            }
            TransportError::Silent => {
                self.silences += 1;
                (self.silences < SILENCES).then_some(Duration::ZERO)
            }
            TransportError::Unreachable(_) if self.reached => {
                self.unreachable += 1;
                let longest = FIRST_PAUSE * 2u32.pow(self.unreachable.min(UNREACHABLE));
                (self.unreachable < UNREACHABLE).then(|| part(longest, chance))
            }
            TransportError::Unreachable(_)
            | TransportError::WrongCertificate
            | TransportError::TooLarge(_)
            | TransportError::Protocol { .. } => None,
        }
    }

    /// The server is busy and says `retry_after` (RFC 9110, section 10.2.3: seconds; a date counts as
    /// nothing said, for a phone's clock may be wrong). Gives the pause before the next try, or nothing
    /// when this run has waited enough.
    pub fn refused(&mut self, retry_after: Option<&str>, chance: u64) -> Option<Duration> {
        self.reached = true;
        let named = retry_after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let named = named.unwrap_or(BUSY);
        let longest = named.max(BUSY).saturating_mul(1 << self.busy.min(8)).min(LONGEST_CHANCE);
        self.busy += 1;
        let pause = named.saturating_add(part(longest, chance));
        let waited = self.waited.saturating_add(pause);
        (waited <= BUSY_IN_ALL).then(|| {
            self.waited = waited;
            pause
        })
    }
}

/// Something between nothing and the whole.
fn part(whole: Duration, chance: u64) -> Duration {
    let ms = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(chance % ms.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut() -> TransportError {
        TransportError::Cut("connection reset".into())
    }

    fn unreachable() -> TransportError {
        TransportError::Unreachable("connection refused".into())
    }

    /// How often it is tried again, when nothing but this happens.
    fn tries(mut retries: Retries, error: &TransportError) -> usize {
        std::iter::from_fn(|| retries.failed(error, 0)).count()
    }

    #[test]
    fn a_run_tries_again_a_few_times_and_not_for_ever() {
        let new = Retries::default();
        let mut reached = new;
        reached.answered();
        assert_eq!((tries(new, &cut()), tries(reached, &cut())), (5, 5));
        assert_eq!(tries(new, &TransportError::Silent), 1);
        assert_eq!(tries(new, &unreachable()), 0, "without a network it is said at once");
        assert_eq!(tries(reached, &unreachable()), 2);
        assert_eq!(tries(reached, &TransportError::WrongCertificate), 0);
    }

    #[test]
    fn a_line_that_carries_something_between_its_cuts_is_never_given_up() {
        let mut retries = Retries::default();
        for _ in 0..1_000 {
            assert_eq!(retries.failed(&cut(), 7), Some(Duration::ZERO));
            retries.answered();
        }
    }

    #[test]
    fn a_line_that_keeps_falling_silent_is_given_up() {
        let mut retries = Retries::default();
        assert!(retries.failed(&TransportError::Silent, 0).is_some());
        retries.answered();
        assert_eq!(retries.failed(&TransportError::Silent, 0), None, "a minute each time");
    }

    #[test]
    fn phones_that_were_turned_away_together_come_again_apart_and_none_too_early() {
        let comes: Vec<Duration> =
            (0..300).map(|n| Retries::default().refused(Some("20"), n * 7_919).unwrap()).collect();
        let second = |pause: &Duration| pause.as_secs();
        assert!(comes.iter().all(|pause| (20..=40).contains(&second(pause))), "{comes:?}");
        for from in 20..40 {
            let together = comes.iter().filter(|pause| second(pause) == from).count();
            assert!(together < 60, "{together} of 300 come in one second");
        }
    }

    proptest! {
        #[test]
        fn a_busy_server_is_waited_for_no_longer_than_a_bound(
            named in prop::collection::vec(prop_oneof![
                Just(None), (0..10_000u64).prop_map(|s| Some(s.to_string())), "[ -~]{0,30}".prop_map(Some)
            ], 1..200),
            chance: u64,
        ) {
            let mut retries = Retries::default();
            let pauses = named.iter().map_while(|named| retries.refused(named.as_deref(), chance));
            prop_assert!(pauses.sum::<Duration>() <= BUSY_IN_ALL);
        }
    }
}
