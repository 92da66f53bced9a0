//! How a host follows a sync and stops it.

use std::fmt;
use std::sync::Arc;

use ruhu_sync::progress::{CancelToken, SyncObserver};

use crate::waiting::WaitingBound;

/// How a host follows and stops a sync. Dropping the sync's future stops it as well: what is on the
/// disk by then stays, and the next sync goes on from there.
#[derive(Clone)]
pub struct SyncControl {
    /// Who hears of it.
    pub observer: Option<Arc<dyn SyncObserver>>,
    /// Stops it.
    pub cancel: CancelToken,
    /// How much is written at once, in bytes. An answer that a person gives meanwhile waits for so much at
    /// most; while nobody gives one, up to a hundred times as much goes into one transaction. The smallest slice is
    /// what one document brings.
    pub slice_bytes: usize,
    /// How much may wait ready in one document for something that is not there.
    pub waiting: WaitingBound,
}

/// What one visited household brings: a millisecond of this, some of a cheap phone.
const SLICE_BYTES: usize = 24 * 1024;

impl Default for SyncControl {
    fn default() -> Self {
        SyncControl {
            observer: None,
            cancel: CancelToken::default(),
            slice_bytes: SLICE_BYTES,
            waiting: WaitingBound::default(),
        }
    }
}

impl fmt::Debug for SyncControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncControl")
            .field("cancel", &self.cancel)
            .field("slice_bytes", &self.slice_bytes)
            .finish_non_exhaustive()
    }
}
