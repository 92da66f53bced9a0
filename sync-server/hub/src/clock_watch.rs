//! Looking at the server's clock, and remembering what was seen.

use ruhu_sync::DeviceId;
use rusqlite::{Connection, OptionalExtension};

use super::Hub;
use super::clock::{ClockState, Doubt, Testimony, Witnesses};
use super::unit_of_work::UnitOfWork;
use crate::error::HubError;

/// The trusted time is written down this often.
const WRITTEN_MS: i64 = 60 * 1_000;

const TRUSTED: &str = "clock/trusted_ms";
const DOUBT: &str = "clock/doubt";

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
        match self.write_clock(next) {
            // The next look tries again; until then the time is judged by what stands there.
            Err(HubError::Storage(error)) if error.takes_nothing() => return Ok(next),
            written => written?,
        }
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

impl Hub {
    fn write_clock(&mut self, state: ClockState) -> Result<(), HubError> {
        if let Some(trusted) = state.trusted_ms {
            self.set_meta(TRUSTED, &trusted.to_string())?;
        }
        self.set_meta(DOUBT, state.doubt.map_or("", Doubt::code))
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
