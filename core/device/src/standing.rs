//! How the device stands with its server: whether its certificate holds, and how far their clocks are
//! apart. It is what the server said last, kept until it says otherwise.

use ruhu_store::Tx;
use ruhu_sync::engine::Commit;

use crate::error::DeviceError;
use crate::identity;

const EXPIRED: &str = "device/expired";
const AHEAD: &str = "server/clock_ahead_ms";
const IN_DOUBT: &str = "server/clock_in_doubt";

const MINUTE_MS: i64 = 60 * 1_000;
/// Clocks that are this far apart are told of.
const FAR_MS: i64 = 15 * MINUTE_MS;
/// So long before its end a certificate is told of.
const SOON_MS: i64 = 30 * 24 * 60 * MINUTE_MS;

/// How the device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    pub revoked: bool,
    pub expired: bool,
    /// By how much the phone's clock is ahead of the server's, in milliseconds, if that is far.
    pub clock_ahead_ms: Option<i64>,
    pub server_clock_in_doubt: bool,
}

impl Standing {
    pub fn load(tx: &Tx<'_>) -> Result<Standing, DeviceError> {
        let flag = |key: &str| Ok::<_, DeviceError>(tx.meta(key)?.is_some_and(|flag| flag == [1]));
        Ok(Standing {
            revoked: identity::is_revoked(tx)?,
            expired: flag(EXPIRED)?,
            clock_ahead_ms: ahead(tx)?.filter(|ahead| is_far(*ahead)),
            server_clock_in_doubt: flag(IN_DOUBT)?,
        })
    }

    /// Whether the server keeps apart what this device delivers.
    pub fn is_void(self) -> bool {
        self.revoked || self.expired
    }

    /// Whether a certificate that ends then is to be renewed soon: by the server's clock, or by the phone's
    /// while the server doubts its own.
    pub fn ends_soon(self, tx: &Tx<'_>, expires_at_ms: i64, now_ms: i64) -> Result<bool, DeviceError> {
        let ahead_ms = if self.server_clock_in_doubt { 0 } else { ahead(tx)?.unwrap_or(0) };
        let server_ms = now_ms.saturating_sub(ahead_ms);
        Ok(self.expired || expires_at_ms.saturating_sub(server_ms) < SOON_MS)
    }
}

fn ahead(tx: &Tx<'_>) -> Result<Option<i64>, DeviceError> {
    let bytes = tx.meta(AHEAD)?.and_then(|bytes| bytes.try_into().ok());
    Ok(bytes.map(i64::from_be_bytes))
}

/// Whether clocks that are so far apart are told of.
pub(crate) fn is_far(ahead_ms: i64) -> bool {
    ahead_ms.unsigned_abs() >= FAR_MS.unsigned_abs()
}

/// Notes what an answer says.
pub(crate) fn note(tx: &Tx<'_>, commit: &Commit, now_ms: i64) -> Result<(), DeviceError> {
    identity::set_revoked(tx, commit.revoked)?;
    tx.set_meta(EXPIRED, &[u8::from(commit.standing.expired)])?;
    tx.set_meta(IN_DOUBT, &[u8::from(commit.standing.clock_in_doubt)])?;
    let ahead_ms = now_ms.saturating_sub(commit.server_time_ms);
    Ok(tx.set_meta(AHEAD, &ahead_ms.to_be_bytes())?)
}
