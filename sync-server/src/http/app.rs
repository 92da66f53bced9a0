//! What the handlers share: the hub behind its lock, the server's clock, the uploads under way.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ruhu_sync::{DeviceId, PublicKey};
use tokio::sync::Notify;

use super::capacity::{Caller, Capacity};
use super::failure::Failure;
use crate::error::{HubError, RequestError};
use crate::hub::Hub;

/// Under this name the hub remembers how devices reach the server.
pub(crate) const URL_META: &str = "url";
/// And under this one the certificate to pin, hexadecimal; empty when there is none to pin.
pub(crate) const TLS_META: &str = "tls";

/// Keys that are kept in memory, some hundred bytes each.
const MOST_KEYS: usize = 20_000;

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct App {
    hub: Mutex<Hub>,
    clock: Clock,
    pub(super) server: PublicKey,
    /// The most bytes of a file.
    pub(super) file_bytes: u64,
    pub(super) capacity: Capacity,
    /// Keys of devices that are enrolled here. A device is named by its key, so none of them changes.
    keys: Mutex<HashMap<DeviceId, PublicKey>>,
    /// Uploads that a request is writing to at this moment.
    pub(super) writing: Mutex<HashSet<String>>,
    /// Told when one of them ends.
    pub(super) written: Notify,
    /// As the server last looked at its clock.
    pub(super) clock_in_doubt: AtomicBool,
    /// Bytes in quarantine, as the server last looked.
    pub(super) quarantine_bytes: AtomicU64,
}

pub(super) type Shared = Arc<App>;

impl App {
    pub(crate) fn new(hub: Hub, clock: Clock) -> Shared {
        let (server, file_bytes) = (hub.public_key(), hub.bounds().file_bytes);
        Arc::new(App {
            hub: Mutex::new(hub),
            clock,
            server,
            file_bytes,
            capacity: Capacity::default(),
            keys: Mutex::default(),
            writing: Mutex::default(),
            written: Notify::new(),
            clock_in_doubt: AtomicBool::new(false),
            quarantine_bytes: AtomicU64::new(0),
        })
    }

    /// Looks at the clock and at the quarantine, remembers for whoever asks after the server's health what
    /// comes of it, and removes what is past its time.
    pub(super) fn look_around(&self) -> Result<(), HubError> {
        let mut hub = self.hub();
        let in_doubt = hub.observe_clock(self.now_ms())?.doubt.is_some();
        self.clock_in_doubt.store(in_doubt, Ordering::Relaxed);
        hub.sweep(self.now_ms())?;
        self.quarantine_bytes.store(hub.quarantine_size()?.bytes, Ordering::Relaxed);
        Ok(())
    }

    /// The server's clock, Unix milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        (self.clock.0)()
    }

    /// The hub, for one call. A panic while it was held has rolled its transaction back.
    pub(super) fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    fn keys(&self) -> MutexGuard<'_, HashMap<DeviceId, PublicKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the one who says to be this device, without asking the hub.
    pub(super) fn caller(&self, device: Option<DeviceId>) -> Caller {
        match device.is_some_and(|device| self.keys().contains_key(&device)) {
            true => Caller::Known,
            false => Caller::Stranger,
        }
    }
}

/// The key of an enrolled device; nothing for one that is not known here.
pub(super) async fn key_of(app: &Shared, device: DeviceId) -> Result<Option<PublicKey>, Failure> {
    if let Some(key) = app.keys().get(&device) {
        return Ok(Some(*key));
    }
    // It reads one row: it does not wait for its turn behind those that read thousands.
    let (asked, lookup) = (app.clone(), app.capacity.lookup().await?);
    let look_up = move || {
        let _lookup = lookup;
        asked.hub().authenticate(device)
    };
    let found = tokio::task::spawn_blocking(look_up).await;
    match found.map_err(|_| RequestError::Internal)? {
        Ok(key) => {
            let mut keys = app.keys();
            if keys.len() >= MOST_KEYS {
                keys.clear();
            }
            keys.insert(device, key);
            Ok(Some(key))
        }
        Err(HubError::UnknownDevice) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Where the time comes from.
pub(crate) struct Clock(Box<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock that gives Unix milliseconds.
    pub(crate) fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Clock {
        Clock(Box::new(now_ms))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", (self.0)())
    }
}

/// The clock of the machine, Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Does something that waits for the disk, away from the threads that serve connections, when it is its
/// turn. It goes on to its end when the phone hangs up meanwhile.
pub(super) async fn blocking<T: Send + 'static>(
    app: &Shared,
    act: impl FnOnce(&App) -> Result<T, HubError> + Send + 'static,
) -> Result<T, Failure> {
    blocking_for(app, Caller::Known, act).await
}

/// As [`blocking`], for somebody of whom more or less is known.
pub(super) async fn blocking_for<T: Send + 'static>(
    app: &Shared,
    caller: Caller,
    act: impl FnOnce(&App) -> Result<T, HubError> + Send + 'static,
) -> Result<T, Failure> {
    let turn = app.capacity.turn(caller).await?;
    let (app, span) = (app.clone(), tracing::Span::current());
    let work = move || {
        let _turn = turn;
        span.in_scope(|| act(&app))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(out) => Ok(out?),
        Err(_) => Err(RequestError::Internal.into()),
    }
}
