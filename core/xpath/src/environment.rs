//! When and where expressions are worked out.

use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// When, where in the day, and with which randomness a form is being filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub now_ms: i64,
    /// Minutes that local time is ahead of UTC: 480 in China.
    pub utc_offset_minutes: i32,
    /// What `random()` and `uuid()` grow from; keep it with the draft.
    pub seed: u64,
}

impl Environment {
    /// The moment it is, as local time shows it; none beyond the year 9999.
    pub fn moment(self) -> Option<Moment> {
        Moment::from_ms(self.now_ms, self.utc_offset_minutes)
    }
}
