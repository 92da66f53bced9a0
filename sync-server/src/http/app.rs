//! What the handlers share: the hub behind its lock, the server's clock, the uploads under way.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ruhu_sync::PublicKey;

use super::failure::Failure;
use crate::error::{HubError, RequestError};
use crate::hub::Hub;

/// Under this name the hub remembers how devices reach the server.
pub(crate) const URL_META: &str = "url";
/// And under this one the certificate to pin, hexadecimal; empty when there is none to pin.
pub(crate) const TLS_META: &str = "tls";

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct App {
    hub: Mutex<Hub>,
    pub(super) server: PublicKey,
    /// Uploads that a request is writing to at this moment.
    pub(super) writing: Mutex<HashSet<String>>,
}

pub(super) type Shared = Arc<App>;

impl App {
    pub(crate) fn new(hub: Hub) -> Shared {
        let server = hub.public_key();
        Arc::new(App { hub: Mutex::new(hub), server, writing: Mutex::default() })
    }

    /// The hub, for one call. A panic while it was held has rolled its transaction back.
    pub(super) fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server's clock, Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Does something that waits for the disk, away from the threads that serve connections. It goes on
/// to its end when the phone hangs up meanwhile.
pub(super) async fn blocking<T: Send + 'static>(
    app: &Shared,
    act: impl FnOnce(&App) -> Result<T, HubError> + Send + 'static,
) -> Result<T, Failure> {
    let (app, span) = (app.clone(), tracing::Span::current());
    match tokio::task::spawn_blocking(move || span.in_scope(|| act(&app))).await {
        Ok(out) => Ok(out?),
        Err(_) => Err(RequestError::Internal.into()),
    }
}
