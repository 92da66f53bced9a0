//! How much room the disk has.

use std::path::Path;

/// The room on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Free for this process.
    pub free: u64,
    /// Of the whole disk.
    pub total: u64,
}

/// The room on the disk of a folder; `None` where the system does not tell.
#[cfg(unix)]
pub(crate) fn of(dir: &Path) -> Option<Space> {
    let told = rustix::fs::statvfs(dir).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
    Some(Space { free: bytes(told.f_bavail), total: bytes(told.f_blocks) })
}

/// The room on the disk of a folder; `None` where the system does not tell.
#[cfg(not(unix))]
pub(crate) fn of(_dir: &Path) -> Option<Space> {
    None
}
