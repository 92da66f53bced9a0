//! The device object: opening, status, and what its calls share.
//!
//! There is no lock over the device. Reading takes a snapshot of the store and waits for nobody;
//! writing is a [`crate::unit_of_work::UnitOfWork`], one at a time; a visit's session has a lock of its own.
//! A call that needs two of these takes the visit's lock first.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use ruhu_store::{Store, StoreError, StoreKey};
use ruhu_text::{Explain, Lang};

use crate::check;
use crate::error::DeviceError;
use crate::form_cache::FormCache;
use crate::host::{Host, System};
use crate::identity::Identity;
use crate::sessions::Sessions;
use crate::standing::Standing;
use crate::views::{Author, Status};

/// The one object a host app holds. All calls may come from any thread.
pub struct Device {
    pub(crate) store: Store,
    pub(crate) forms: FormCache,
    pub(crate) sessions: Sessions,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) syncing: AtomicBool,
    pub(crate) metered: AtomicBool,
    /// Replaced whole by the unit of work that changed it.
    identity: Mutex<Arc<Identity>>,
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
    ///
    /// # Errors
    /// `wrong_key`, `in_use`, `damaged`, `newer_database`, `disk_full` or `store`: no byte of the
    /// store has changed. `randomness` at the first start.
    pub fn open(folder: &Path, key: [u8; 32], install: &str) -> Result<Device, DeviceError> {
        Device::open_on(folder, key, install, Arc::new(System))
    }

    /// Like [`Device::open`], with the clock and randomness of `host`.
    ///
    /// # Errors
    /// Those of [`Device::open`].
    pub fn open_on(
        folder: &Path,
        key: [u8; 32],
        install: &str,
        host: Arc<dyn Host>,
    ) -> Result<Device, DeviceError> {
        let store = Store::open(folder, &StoreKey::from_bytes(key))?;
        let identity = store.write(|tx| Identity::load(tx, host.as_ref(), install))?;
        let device = Device {
            store,
            forms: FormCache::default(),
            sessions: Sessions::default(),
            host,
            syncing: AtomicBool::new(false),
            metered: AtomicBool::new(false),
            identity: Mutex::new(Arc::new(identity)),
        };
        // What cannot be read of the forms concerns their visits, not the phone.
        if let Err(error) = device.index_forms() {
            tracing::warn!(code = error.code(), "stored forms could not be read at the start");
        }
        Ok(device)
    }

    /// Waits until no other process holds the device in a folder, such as a sync that still runs there.
    /// Whoever comes first has it then.
    ///
    /// # Errors
    /// `store` when the folder cannot be read.
    pub fn wait_until_free(folder: &Path) -> Result<(), DeviceError> {
        Ok(Store::wait_until_free(folder)?)
    }

    /// Sets how many bytes of the disk are kept for the device's own work; `None` for what the program
    /// chooses: 64 MB, on a small disk a quarter of it.
    pub fn set_reserve(&self, bytes: Option<u64>) {
        self.store.set_reserve(bytes);
    }

    /// Who the device is at this moment.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        // It is replaced as a whole: a thread that died left the one before or the one after.
        Arc::clone(&self.identity.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_identity(&self, identity: Arc<Identity>) {
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = identity;
    }

    /// Where the device stands.
    ///
    /// # Errors
    /// `damaged` or `store` when it cannot be read.
    pub fn status(&self) -> Result<Status, DeviceError> {
        let identity = self.identity();
        let enrolled = identity.enrolled.as_ref();
        self.store.read(|tx| {
            let files = tx.file_counts()?;
            let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
            let standing = Standing::load(tx)?;
            let expires_at_ms = enrolled.map(|enrolled| enrolled.certificate.expires_at_ms);
            Ok(Status {
                enrolled: enrolled.is_some(),
                author: enrolled.map(|enrolled| author_of(&enrolled.certificate)),
                scope: enrolled.map(|enrolled| enrolled.certificate.scope.to_string()),
                server: enrolled.map(|enrolled| enrolled.url.clone()),
                revoked: standing.revoked,
                expired: standing.expired,
                expires_at_ms,
                renew_soon: match expires_at_ms {
                    Some(expires) => standing.ends_soon(tx, expires, self.host.now_ms())?,
                    None => false,
                },
                clock_ahead_ms: standing.clock_ahead_ms,
                server_clock_in_doubt: standing.server_clock_in_doubt,
                outbox: tx.outbox_count()?,
                files_waiting: count(files.to_send),
                files_to_fetch: count(files.to_fetch),
                files_lacking: count(files.lacking),
                files_lost: count(files.lost),
                files_on_demand: count(files.on_demand),
                files_of_others_bytes: files.others_bytes,
                cases: tx.case_count("")?,
                cases_not_shown: count(tx.cases_not_shown()?.len() as u64),
                forms_refused: self.forms_refused(tx)?,
                lacking: tx.gap_count()?,
            })
        })
    }

    /// Reads everything back and says what is wrong, in words for the person who repairs it. A photo
    /// whose bytes are gone or damaged is fetched again by the next sync, if the server has it.
    ///
    /// # Errors
    /// `disk_full` or `store` when what is to be fetched cannot be noted; what cannot be read is a
    /// finding.
    pub fn check(&self) -> Result<Vec<String>, DeviceError> {
        let mut findings = self.store.check()?;
        if !findings.is_empty()
            && let Ok(faulty) = self.store.check_files()
        {
            for (row, _) in faulty {
                self.store.write::<_, StoreError>(|tx| tx.set_file_gone(&row.sha256, None, false))?;
            }
        }
        match self.check_forms() {
            Ok(of_forms) => findings.extend(of_forms),
            Err(error) => findings.push(format!(
                "表单无法检查 / forms cannot be checked: {} {}",
                error.message(Lang::Zh),
                error.message(Lang::En)
            )),
        }
        if let Err(error) = self.store.read(|tx| check::logs(tx, &mut findings)) {
            findings.push(format!(
                "日志无法检查 / logs cannot be checked: {} {}",
                error.message(Lang::Zh),
                error.message(Lang::En)
            ));
        }
        Ok(findings)
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
