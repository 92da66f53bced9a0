//! One server a folder: an advisory lock that the system drops when the process ends, however it ends.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::error::StorageError;
use crate::private;

const SERVER: &str = "server.lock";
const BACKUP: &str = "backup.lock";

/// Held as long as a server runs on a folder.
#[derive(Debug)]
pub struct ServerLock {
    _held: Held,
}

impl ServerLock {
    /// Takes the lock of a data folder, which is made if need be.
    ///
    /// # Errors
    /// [`StorageError::InUse`] when another server holds it.
    pub fn acquire(data_dir: &Path) -> Result<ServerLock, StorageError> {
        private::make_folder(data_dir).map_err(StorageError::io("make the data folder"))?;
        let held = hold(open(data_dir, SERVER)?)?;
        held.map(|held| ServerLock { _held: held }).ok_or(StorageError::InUse)
    }

    /// Whether something can be written in a data folder.
    pub(crate) fn require_writable(data_dir: &Path) -> Result<(), StorageError> {
        open(data_dir, SERVER).map(drop)
    }

    /// Whether a server runs on a folder at this moment.
    pub(crate) fn is_held(data_dir: &Path) -> Result<bool, StorageError> {
        let file = match File::open(data_dir.join(SERVER)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(StorageError::io("lock the data folder")(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => {
                drop(Held(file));
                Ok(false)
            }
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(StorageError::io("lock the data folder")(error)),
        }
    }
}

/// Held as long as a backup of a folder is made: two would write the same files beside the archive.
#[derive(Debug)]
pub struct BackupLock {
    _held: Held,
}

impl BackupLock {
    /// Takes the lock; `None` when another backup holds it.
    ///
    /// # Errors
    /// [`StorageError`]: the folder cannot be written.
    pub fn acquire(data_dir: &Path) -> Result<Option<BackupLock>, StorageError> {
        Ok(hold(open(data_dir, BACKUP)?)?.map(|held| BackupLock { _held: held }))
    }
}

/// A file that is locked.
#[derive(Debug)]
struct Held(File);

impl Drop for Held {
    /// Closing the file is not enough: a program that this process starts in that moment has it open as well,
    /// until it runs, and the lock with it.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock of a data folder was not let go");
        }
    }
}

fn hold(file: File) -> Result<Option<Held>, StorageError> {
    match file.try_lock() {
        Ok(()) => Ok(Some(Held(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(StorageError::io("lock the data folder")(error)),
    }
}

fn open(data_dir: &Path, name: &str) -> Result<File, StorageError> {
    let mut options = private::options();
    let file = options.create(true).truncate(false).write(true).open(data_dir.join(name));
    file.map_err(StorageError::io("write in the data folder"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_on_the_folder_is_refused_until_the_first_has_ended() {
        let dir = tempfile::tempdir().unwrap();
        let first = ServerLock::acquire(dir.path()).unwrap();
        assert!(matches!(ServerLock::acquire(dir.path()), Err(StorageError::InUse)));
        drop(first);
        assert!(ServerLock::acquire(dir.path()).is_ok());
    }
}
