//! The advisory lock that keeps a second process out of a store. The system drops it when the
//! process ends, however it ends.

use std::fs::File;
use std::path::Path;

use crate::StoreError;

/// Held as long as the store is open.
#[derive(Debug)]
pub(crate) struct StoreLock {
    file: File,
}

impl StoreLock {
    pub(crate) fn acquire(path: &Path) -> Result<Self, StoreError> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(|e| StoreError::io("open the lock file", &e))?;
        lock_exclusive(&file)?;
        Ok(Self { file })
    }
}

impl Drop for StoreLock {
    /// Closing the file is not enough: a program that this process starts in that moment has it open as well,
    /// until it runs, and the lock with it.
    fn drop(&mut self) {
        if let Err(error) = unlock(&self.file) {
            tracing::warn!(%error, "the lock of a store was not let go");
        }
    }
}

/// Waits until nobody holds the lock in a file; there may be no such file.
pub(crate) fn wait_until_free(path: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::io("wait for the store", &error);
    match File::open(path) {
        Ok(file) => wait_for(&file).and_then(|()| unlock(&file)).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(unix)]
fn wait_for(file: &File) -> std::io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    Ok(flock(file, FlockOperation::LockShared)?)
}

#[cfg(not(unix))]
fn wait_for(file: &File) -> std::io::Result<()> {
    file.lock_shared()
}

#[cfg(unix)]
fn unlock(file: &File) -> std::io::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    Ok(flock(file, FlockOperation::Unlock)?)
}

#[cfg(not(unix))]
fn unlock(file: &File) -> std::io::Result<()> {
    file.unlock()
}

// The standard library's `File::try_lock` answers "unsupported" on Android before Rust 1.98
// (rust-lang/rust#148325), so on Unix the system call is made directly.
#[cfg(unix)]
fn lock_exclusive(file: &File) -> Result<(), StoreError> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => Err(StoreError::InUse),
        Err(errno) => Err(StoreError::io("lock the store", &errno.into())),
    }
}

#[cfg(not(unix))]
fn lock_exclusive(file: &File) -> Result<(), StoreError> {
    use std::fs::TryLockError;
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(e)) => Err(StoreError::io("lock the store", &e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_let_go_though_a_program_just_started_has_its_file_open_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lock = StoreLock::acquire(&path).unwrap();
        let inherited = lock.file.try_clone().unwrap();
        assert_eq!(StoreLock::acquire(&path).unwrap_err(), StoreError::InUse);
        drop(lock);
        drop(StoreLock::acquire(&path).unwrap());
        wait_until_free(&path).unwrap();
        drop(inherited);
    }
}
