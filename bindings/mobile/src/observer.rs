//! How a phone's language hears of a sync.

use std::sync::Arc;

use ruhu_device::SyncProgress;

/// What a screen may want to hear of a sync.
#[uniffi::export(foreign)]
pub trait SyncObserver: Send + Sync {
    /// Called after each request and each slice that was written, from a thread of the sync: a screen
    /// hands it to its own. The observer may call the device.
    fn on_progress(&self, progress: SyncProgress) -> Result<(), ObserverError>;
}

/// What a screen may want to hear while prints are compared.
#[uniffi::export(foreign)]
pub trait ReuseObserver: Send + Sync {
    /// Called again and again, about each second, from the thread that compares: so many prints were compared with
    /// those before them, of how many. Whether to go on; what was not come to is told in the answer.
    fn on_compared(&self, prints: u32, of: u32) -> Result<bool, ObserverError>;
}

/// The observer has failed. The work goes on without minding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ObserverError {
    /// It threw something.
    #[error("{reason}")]
    Failed {
        /// What, in the words of the phone's language.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ObserverError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        ObserverError::Failed { reason: error.reason }
    }
}

/// Hands on what the device tells.
pub(crate) struct Bridge(pub Arc<dyn SyncObserver>);

impl ruhu_device::SyncObserver for Bridge {
    fn on_progress(&self, progress: &SyncProgress) {
        // A screen that fails to draw must not stop a sync.
        let _ = self.0.on_progress(*progress);
    }
}
