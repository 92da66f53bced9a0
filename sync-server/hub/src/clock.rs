//! Whether the server's clock can be trusted. A clock that jumps would end certificates and codes that
//! are good, or bring ended ones to life: until it agrees again, nothing is judged by it and nothing is
//! issued that it would limit ([ADR 20](../../../docs/adr/0020-judgements-by-a-clock.md)).

use std::collections::BTreeMap;

use ruhu_sync::DeviceId;
use serde::Serialize;

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
    pub(super) fn code(self) -> &'static str {
        match self {
            Doubt::Jump => "jump",
            Doubt::Phones => "phones",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Doubt> {
        [Doubt::Jump, Doubt::Phones].into_iter().find(|doubt| doubt.code() == code)
    }
}

impl ClockState {
    /// The state after the clock was looked at. A doubted time is not trusted; a jump that is undone is
    /// no doubt any more.
    pub(super) fn observed(self, now_ms: i64) -> ClockState {
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
pub(super) enum Testimony {
    Agrees,
    Differs,
    Silent,
}

impl Witnesses {
    pub(super) fn hear(&mut self, device: DeviceId, ahead_ms: i64) {
        self.0.insert(device, ahead_ms);
        if self.0.len() > HEARD {
            self.0.pop_first();
        }
    }

    /// What most of those heard say. A phone's clock is often wrong, but not two in the same way.
    pub(super) fn testimony(&self) -> Testimony {
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
