//! What a device needs of its surroundings: the clock and randomness, so that a test or a
//! simulator can bring its own.

use std::time::{SystemTime, UNIX_EPOCH};

use ruhu_text::{Explain, Explanation};

/// Clock and randomness.
pub trait Host: Send + Sync {
    /// The phone's clock, Unix milliseconds. Shown, never trusted.
    fn now_ms(&self) -> i64;
    /// Minutes that local time is ahead of UTC.
    fn utc_offset_minutes(&self) -> i32;
    /// Fills the buffer with unpredictable bytes, or says that there are none.
    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The system gave no randomness; nothing that needs a key can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no randomness")]
pub struct NoRandomness;

impl Explain for NoRandomness {
    fn code(&self) -> &'static str {
        "randomness"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("系统无法提供随机数。", "The system gives no randomness.")
            .advise("请重启手机后再试。", "Restart the phone.")
    }
}

/// The system's clock and randomness, in China's single time zone (UTC+8).
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

/// China has one time zone and no summer time since 1991.
const CHINA_OFFSET_MINUTES: i32 = 8 * 60;

impl Host for System {
    fn now_ms(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(_) => 0,
        }
    }

    fn utc_offset_minutes(&self) -> i32 {
        CHINA_OFFSET_MINUTES
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(buffer).map_err(|_| NoRandomness)
    }
}

/// Random bytes of a fixed number.
pub(crate) fn random<const N: usize>(host: &dyn Host) -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    host.fill_random(&mut bytes)?;
    Ok(bytes)
}
