//! How far a sync has come, and the word to stop it.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// Which lane a sync is in; they follow each other in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SyncPhase {
    /// Households: what was entered here goes up, what others entered comes down.
    #[default]
    Text,
    /// New forms come down.
    Forms,
    /// Photos go up and come down.
    Photos,
    /// Photos of letters that are here are looked at for their prints, if any were not yet: no line is needed.
    Letters,
}

/// How far a sync has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SyncProgress {
    /// The lane it is in.
    pub phase: SyncPhase,
    /// Bytes of request bodies so far, of all lanes.
    pub bytes_up: u64,
    /// Bytes of response bodies so far, of all lanes.
    pub bytes_down: u64,
    /// Signed envelopes whose receipt is kept on this device.
    pub sent: u32,
    /// Signed envelopes that still wait in the outbox.
    pub to_send: u32,
    /// Signed envelopes of others that are kept on this device.
    pub received: u32,
    /// Signed envelopes that have come and are not kept yet. More may follow: how many, the
    /// server does not say.
    pub to_store: u32,
    /// Forms that have come.
    pub forms: u32,
    /// Photos sent or fetched whole.
    pub photos: u32,
    /// Photos that are still to be sent or fetched in this run.
    pub photos_left: u32,
    /// Bytes of photos that are still to be sent or fetched in this run, as far as they are known.
    pub photo_bytes_left: u64,
    /// Seconds that these may take at the pace of the last pieces; `None` before the first one passed.
    pub photo_seconds_left: Option<u32>,
    /// Photos of letters that were looked at for their prints, about a second each.
    pub letters: u32,
    /// Those that are still to be looked at in this run.
    pub letters_left: u32,
    /// Seconds until the next try, when the server is busy or out of reach; 0 while nothing is waited
    /// for.
    pub retry_in_s: u32,
}

/// What a host may want to hear of a sync.
pub trait SyncObserver: Send + Sync {
    /// Called after each request and each slice that was written, before each photo of a letter that is looked at,
    /// and each second while the server is waited for, from the thread that drives the sync. No lock is held: the observer may call the device.
    fn on_progress(&self, progress: &SyncProgress);
}

/// Stops a sync. A clone stops the same one.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Asks the sync to stop: before its next request, its next slice, its next piece of a photo or
    /// its next look at a letter.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Gives the host's runtime a turn between two slices, and with it the chance to drop the sync.
pub async fn yield_now() {
    let mut had_a_turn = false;
    poll_fn(|context| {
        if had_a_turn {
            return Poll::Ready(());
        }
        had_a_turn = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
