//! The server's signing key, in `server.key`: 32 bytes of an Ed25519 seed, readable by its owner only.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use ruhu_sync::KeyPair;

use crate::error::StorageError;
use crate::private;

/// Reads the key, or makes it where there is no server yet. A database without its key is never
/// given another one: every phone has pinned the first.
pub(super) fn load_or_make(dir: &Path, database_exists: bool) -> Result<KeyPair, StorageError> {
    let path = dir.join("server.key");
    match std::fs::read(&path) {
        Ok(bytes) => {
            let seed = bytes.try_into().map_err(|_| StorageError::Damaged("server.key"))?;
            Ok(KeyPair::from_seed(&seed))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !database_exists => make(dir, &path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(StorageError::KeyMissing),
        Err(error) => Err(StorageError::io("read server.key")(error)),
    }
}

/// Reads the key of a server that is there.
///
/// # Errors
/// [`StorageError`]: the key is missing, cannot be read or is none.
pub fn load(dir: &Path) -> Result<KeyPair, StorageError> {
    load_or_make(dir, true)
}

fn make(dir: &Path, path: &Path) -> Result<KeyPair, StorageError> {
    let seed: [u8; 32] = random()?;
    write_private(dir, path, &seed)?;
    Ok(KeyPair::from_seed(&seed))
}

/// Writes a file that only its owner may read, whole or not at all, and on the disk when this returns.
///
/// # Errors
/// `storage`: the folder cannot be written.
pub fn write_private(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), StorageError> {
    let io = StorageError::io("write a key file");
    let mut partial = path.as_os_str().to_owned();
    partial.push(".new");
    let mut file = private::options().write(true).create(true).truncate(true).open(&partial).map_err(&io)?;
    file.write_all(bytes).map_err(&io)?;
    file.sync_all().map_err(&io)?;
    std::fs::rename(&partial, path).map_err(&io)?;
    sync_dir(dir)
}

/// Puts the names in a folder on the disk. Elsewhere than on Unix a rename needs nothing more.
///
/// # Errors
/// [`StorageError`]: the disk.
pub fn sync_dir(dir: &Path) -> Result<(), StorageError> {
    if cfg!(unix) {
        let io = StorageError::io("write a folder");
        File::open(dir).map_err(&io)?.sync_all().map_err(&io)?;
    }
    Ok(())
}

/// Random bytes of the system's generator.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], StorageError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StorageError::NoRandomness)?;
    Ok(bytes)
}
