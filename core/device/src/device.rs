//! The device object: opening, locking, status.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};

use ruhu_form::{Form, Session};
use ruhu_store::{FileState, Store, StoreKey};

use crate::error::DeviceError;
use crate::host::{Host, System};
use crate::identity::{self, Identity};
use crate::views::{Author, Status};

/// The one object a host app holds. All calls may come from any thread.
pub struct Device {
    pub(crate) inner: Mutex<Inner>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) syncing: AtomicBool,
}

/// What the lock guards.
pub(crate) struct Inner {
    pub store: Store,
    pub identity: Identity,
    /// Visits that are being answered, replayed from their journals.
    pub sessions: HashMap<String, Session>,
    /// Compiled forms, by id and version.
    pub forms: HashMap<(String, String), Arc<Form>>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").finish_non_exhaustive()
    }
}

impl Device {
    /// Opens the store in a folder, or makes one there.
    ///
    /// `key`: the 32 bytes that the host keeps in Keystore or Keychain. `install`: something that
    /// is another on every phone and after every restore of this one (Android's install id); a
    /// copied store is recognised by it.
    pub fn open(folder: &Path, key: [u8; 32], install: &str) -> Result<Device, DeviceError> {
        Device::open_on(folder, key, install, Arc::new(System))
    }

    /// Like [`Device::open`], with the clock and randomness of `host`.
    pub fn open_on(
        folder: &Path,
        key: [u8; 32],
        install: &str,
        host: Arc<dyn Host>,
    ) -> Result<Device, DeviceError> {
        let mut store = Store::open(folder, &StoreKey::from_bytes(key))?;
        let identity = store.write(|tx| Identity::load(tx, host.as_ref(), install))?;
        let inner = Inner { store, identity, sessions: HashMap::new(), forms: HashMap::new() };
        Ok(Device { inner: Mutex::new(inner), host, syncing: AtomicBool::new(false) })
    }

    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, Inner>, DeviceError> {
        self.inner.lock().map_err(|_| DeviceError::Poisoned)
    }

    /// Where the device stands.
    pub fn status(&self) -> Result<Status, DeviceError> {
        let inner = self.lock()?;
        let enrolled = inner.identity.enrolled.as_ref();
        inner.store.read(|tx| {
            let waiting = tx.files_in(FileState::Local, u32::MAX)?.len()
                + tx.files_in(FileState::Uploading, u32::MAX)?.len();
            Ok(Status {
                enrolled: enrolled.is_some(),
                author: enrolled.map(|enrolled| author_of(&enrolled.certificate)),
                scope: enrolled.map(|enrolled| enrolled.certificate.scope.to_string()),
                server: enrolled.map(|enrolled| enrolled.url.clone()),
                revoked: identity::is_revoked(tx)?,
                outbox: tx.outbox_count()?,
                files_waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
                cases: tx.case_count("")?,
            })
        })
    }

    /// Reads everything back and says what is wrong, in words for the person who repairs it.
    pub fn check(&self) -> Result<Vec<String>, DeviceError> {
        Ok(self.lock()?.store.check()?)
    }
}

/// The author that a certificate names.
pub(crate) fn author_of(certificate: &ruhu_sync::Certificate) -> Author {
    Author {
        person: certificate.person.clone(),
        role: certificate.role.to_string(),
        device: certificate.device().to_string(),
    }
}
