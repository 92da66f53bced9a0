//! Files and folder entries that are on the disk when a call returns.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::StoreError;

/// Waits until the folder's entries (names made, renamed, removed) are on the disk.
#[cfg(unix)]
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

/// Windows writes folder entries through; a folder cannot be opened to be synced there.
#[cfg(not(unix))]
pub(crate) fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes the folder and, if it was missing, its entry in the parent durable.
pub(crate) fn create_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    dir.parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), sync_dir)
}

/// Gives a finished temporary file its final name, replacing what had it. Everything is on the
/// disk when this returns; a crash before leaves either the old file or the new one, whole.
pub(crate) fn publish(temp: NamedTempFile, dir: &Path, name: &str) -> io::Result<()> {
    temp.as_file().sync_all()?;
    temp.persist(dir.join(name)).map_err(|e| e.error)?;
    sync_dir(dir)
}

/// Writes a small file whole. Its unfinished copy has a fixed name, so that one left by a crash
/// is written over the next time.
pub(crate) fn write_file(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let unfinished = dir.join(format!("{name}.new"));
    let write = || {
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, dir.join(name))?;
        sync_dir(dir)
    };
    write().map_err(|e| StoreError::io("write a file of the store", &e))
}

/// Makes a database under another name and renames it when it is whole, so that a database under its own
/// name always was one.
pub(crate) fn make_database(
    dir: &Path,
    unfinished: &str,
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-journal"] {
        match fs::remove_file(dir.join(format!("{unfinished}{suffix}"))) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove an unfinished database", &e));
            }
            _ => {}
        }
    }
    let unfinished = dir.join(unfinished);
    make(&unfinished)?;
    let publish = || {
        fs::File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, dir.join(name))?;
        sync_dir(dir)
    };
    publish().map_err(|e| StoreError::io("create the database", &e))
}
