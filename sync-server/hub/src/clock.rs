//! Whether the server's clock can be trusted. A clock that jumps would end certificates and codes that
//! are good, or bring ended ones to life: until it agrees again, nothing is judged by it and nothing is
//! issued that it would limit ([ADR 20](../../../docs/adr/0020-judgements-by-a-clock.md)).

use std::collections::BTreeMap;

use ruhu_sync::DeviceId;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::Hub;
use super::unit_of_work::UnitOfWork;
use crate::error::HubError;

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// A clock that moved further than this since the server last looked has jumped, or the server stood
/// still: which of the two it cannot know.
pub const JUMP_MS: i64 = 6 * HOUR_MS;
/// A phone whose clock is this near to the server's agrees with it.
const NEAR_MS: i64 = HOUR_MS;
/// Phones that differ from the server and lie within this agree with each other.
const TOGETHER_MS: i64 = 10 * 60 * 1_000;
/// So many phones must agree with each other to make the server doubt its clock.
const WITNESSES: usize = 3;
/// Of so many phones the last word on the clock is remembered.
const HEARD: usize = 256;
/// The trusted time is written down this often.
const WRITTEN_MS: i64 = 60 * 1_000;

const TRUSTED: &str = "clock/trusted_ms";
const DOUBT: &str = "clock/doubt";

/// What the server thinks of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ClockState {
    /// The last time that was trusted, Unix milliseconds.
    pub trusted_ms: Option<i64>,
    /// Why the clock is doubted, if it is.
    pub doubt: Option<Doubt>,
}

/// Why a clock is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Doubt {
    /// It moved by more than [`JUMP_MS`] since the server last looked.
    Jump,
    /// Phones agree with each other and not with it.
    Phones,
}

impl Doubt {
    fn code(self) -> &'static str {
        match self {
            Doubt::Jump => "jump",
            Doubt::Phones => "phones",
        }
    }

    fn from_code(code: &str) -> Option<Doubt> {
        [Doubt::Jump, Doubt::Phones].into_iter().find(|doubt| doubt.code() == code)
    }
}

impl ClockState {
    /// The state after the clock was looked at. A doubted time is not trusted; a jump that is undone is
    /// no doubt any more.
    fn observed(self, now_ms: i64) -> ClockState {
        let near = self.trusted_ms.is_none_or(|trusted| now_ms.abs_diff(trusted) <= JUMP_MS.unsigned_abs());
        match (self.doubt, near) {
            (Some(Doubt::Phones), _) => self,
            (_, true) => ClockState { trusted_ms: Some(now_ms), doubt: None },
            (_, false) => ClockState { doubt: Some(Doubt::Jump), ..self },
        }
    }

    /// The time by which certificates are judged: a doubted clock ends none.
    pub(super) fn judging_ms(self, now_ms: i64) -> i64 {
        match self.doubt {
            Some(_) => self.trusted_ms.unwrap_or(now_ms),
            None => now_ms,
        }
    }
}

/// What phones say of the time, each once: by how much they are ahead of the server, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Witnesses(BTreeMap<DeviceId, i64>);

/// What the phones make of the server's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Testimony {
    Agrees,
    Differs,
    Silent,
}

impl Witnesses {
    fn hear(&mut self, device: DeviceId, ahead_ms: i64) {
        self.0.insert(device, ahead_ms);
        if self.0.len() > HEARD {
            self.0.pop_first();
        }
    }

    /// What most of those heard say. A phone's clock is often wrong, but not two in the same way.
    fn testimony(&self) -> Testimony {
        let agree = self.0.values().filter(|ahead| ahead.abs() <= NEAR_MS).count();
        let mut others: Vec<i64> = self.0.values().copied().filter(|ahead| ahead.abs() > NEAR_MS).collect();
        others.sort_unstable();
        let within = |first: i64| others.iter().filter(|o| (first..=first + TOGETHER_MS).contains(o)).count();
        let differ = others.iter().map(|first| within(*first)).max().unwrap_or(0);
        match self.0.len() {
            heard if agree * 2 > heard => Testimony::Agrees,
            heard if differ >= WITNESSES && differ * 2 > heard => Testimony::Differs,
            _ => Testimony::Silent,
        }
    }
}

impl Hub {
    /// Looks at the clock. A server that runs does so every minute, so that a jump is told from an idle
    /// time; every transaction does it too. When the clock is trusted again, what was kept apart
    /// because certificates seemed to have ended is judged again.
    ///
    /// # Errors
    /// Failures of the storage.
    pub fn observe_clock(&mut self, now_ms: i64) -> Result<ClockState, HubError> {
        let known = read(&self.connection)?;
        self.keep_clock(known, known.observed(now_ms), now_ms)
    }

    /// Takes the clock's word: an administrator has looked at it.
    ///
    /// # Errors
    /// Failures of the storage.
    pub fn accept_clock(&mut self, now_ms: i64) -> Result<ClockState, HubError> {
        let known = read(&self.connection)?;
        self.witnesses = Witnesses::default();
        let accepted =
            self.keep_clock(known, ClockState { trusted_ms: Some(now_ms), doubt: None }, now_ms)?;
        if known.doubt.is_none() {
            // It was trusted while it was wrong.
            self.judge_expired_again(now_ms)?;
        }
        Ok(accepted)
    }

    /// What the server thinks of its clock, as it last looked.
    ///
    /// # Errors
    /// Failures of the storage.
    pub fn clock(&self) -> Result<ClockState, HubError> {
        read(&self.connection)
    }

    /// Hears what a phone says of the time.
    pub(super) fn hear_time(&mut self, device: DeviceId, time_ms: i64, now_ms: i64) -> Result<(), HubError> {
        let known = self.observe_clock(now_ms)?;
        let revoked: bool = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM revocations WHERE device = ?1)")?
            .query_row([device.0], |row| row.get(0))?;
        if revoked {
            return Ok(());
        }
        self.witnesses.hear(device, time_ms.saturating_sub(now_ms));
        let next = match (known.doubt, self.witnesses.testimony()) {
            (Some(_), Testimony::Agrees) => ClockState { trusted_ms: Some(now_ms), doubt: None },
            (None, Testimony::Differs) => ClockState { doubt: Some(Doubt::Phones), ..known },
            _ => known,
        };
        self.keep_clock(known, next, now_ms).map(drop)
    }

    fn keep_clock(
        &mut self,
        known: ClockState,
        next: ClockState,
        now_ms: i64,
    ) -> Result<ClockState, HubError> {
        let moved = match (known.trusted_ms, next.trusted_ms) {
            (Some(before), Some(after)) => before.abs_diff(after) >= WRITTEN_MS.unsigned_abs(),
            (before, after) => before != after,
        };
        if !moved && known.doubt == next.doubt {
            return Ok(next);
        }
        if let Some(trusted) = next.trusted_ms {
            self.set_meta(TRUSTED, &trusted.to_string())?;
        }
        self.set_meta(DOUBT, next.doubt.map_or("", Doubt::code))?;
        match (known.doubt, next.doubt) {
            (None, Some(doubt)) => {
                self.witnesses = Witnesses::default();
                let trusted_ms = next.trusted_ms.unwrap_or(0);
                tracing::warn!(
                    doubt = doubt.code(),
                    now_ms,
                    trusted_ms,
                    "the server's clock is in doubt: nothing is judged by it and nothing issued"
                );
            }
            (Some(_), None) => {
                tracing::warn!(now_ms, "the server's clock is trusted again");
                self.judge_expired_again(now_ms)?;
            }
            _ => {}
        }
        Ok(next)
    }
}

impl UnitOfWork<'_> {
    /// The error for what would be limited by a clock that is in doubt.
    pub(super) fn require_clock(&self) -> Result<(), HubError> {
        match self.clock.doubt {
            Some(_) => Err(HubError::ClockInDoubt),
            None => Ok(()),
        }
    }
}

fn read(connection: &Connection) -> Result<ClockState, HubError> {
    let one = |key: &str| -> Result<Option<String>, HubError> {
        let mut select = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        Ok(select.query_row([key], |row| row.get(0)).optional()?)
    };
    let trusted_ms = one(TRUSTED)?.and_then(|text| text.parse().ok());
    let doubt = one(DOUBT)?.and_then(|code| Doubt::from_code(&code));
    Ok(ClockState { trusted_ms, doubt })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_000_000_000;

    fn trusted() -> ClockState {
        ClockState::default().observed(NOON)
    }

    #[test]
    fn a_jump_either_way_is_doubted_and_one_undone_is_not() {
        for jump in [JUMP_MS + 1, -JUMP_MS - 1, i64::MAX - NOON, i64::MIN] {
            let now = NOON.saturating_add(jump);
            let doubted = trusted().observed(now);
            assert_eq!((doubted.doubt, doubted.trusted_ms), (Some(Doubt::Jump), Some(NOON)));
            assert_eq!(doubted.judging_ms(now), NOON);
            assert_eq!(
                doubted.observed(NOON + 60_000),
                ClockState { trusted_ms: Some(NOON + 60_000), doubt: None }
            );
        }
        assert_eq!(trusted().observed(NOON + JUMP_MS).doubt, None);
    }

    fn testimony(ahead: &[i64]) -> Testimony {
        let mut witnesses = Witnesses::default();
        for (number, ahead) in (0u8..).zip(ahead) {
            witnesses.hear(DeviceId([number; 16]), *ahead);
        }
        witnesses.testimony()
    }

    #[test]
    fn phones_that_agree_with_each_other_are_believed_and_one_alone_is_not() {
        let day = 24 * HOUR_MS;
        assert_eq!(testimony(&[]), Testimony::Silent);
        assert_eq!(testimony(&[1_000]), Testimony::Agrees);
        assert_eq!(testimony(&[-day, -day]), Testimony::Silent);
        assert_eq!(testimony(&[-day, -day + 1, -day - 1]), Testimony::Differs);
        assert_eq!(testimony(&[-day, 2 * day, 5 * day]), Testimony::Silent);
        assert_eq!(testimony(&[-day, -day, -day, 0, 0, 0]), Testimony::Silent);
        assert_eq!(testimony(&[5 * day, 0, 1]), Testimony::Agrees);
    }
}
