//! What lies in the data folder is its owner's alone: it holds what everybody entered.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Options of a file that only its owner may read, if it is made.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder that only its owner may use, and those above it that are not there.
///
/// # Errors
/// Those of the system.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes the data folder, and what lies in it, from everybody but its owner. What lies deeper is looked
/// at only when a folder above it was open to others: nobody reaches through a closed one.
pub(crate) fn close(data_dir: &Path) {
    if let Err(error) = close_below(data_dir, true) {
        tracing::warn!(kind = %error.kind(), "others on this machine may read in the data folder");
    }
}

fn close_below(folder: &Path, is_top: bool) -> io::Result<()> {
    let was_open = restrict(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let done = match entry.file_type()?.is_dir() {
            true if is_top || was_open => close_below(&entry.path(), was_open),
            _ => restrict(&entry.path()).map(drop),
        };
        // A server that runs moves its files meanwhile.
        if done.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::NotFound) {
            return done;
        }
    }
    Ok(())
}

/// Whether others had rights.
#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    let is_open = mode & 0o077 != 0;
    if is_open {
        fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o7700))?;
    }
    Ok(is_open)
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> io::Result<bool> {
    Ok(false)
}
