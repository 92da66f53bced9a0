//! A database that was brought back from a copy: phones know more than it does, and must find that out.

use std::path::Path;

use rusqlite::{Connection, params};

use super::schema::{self, Durability};
use super::wal;
use crate::error::StorageError;

/// Makes a restored database ready: it is sound, of this program's version, and every log is in a new
/// epoch. Gives the number of logs.
///
/// # Errors
/// [`StorageError`]: a damaged database, one of a newer version, the disk.
pub fn adopt(database: &Path, now_ms: i64) -> Result<usize, StorageError> {
    let connection = schema::open(database, Durability::Full)?;
    let verdict: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(StorageError::Damaged("server.db"));
    }
    wal::settle(&connection)?;
    raise_epochs(&connection, now_ms)
}

/// Raises the epoch of every log, and gives their number. Phones then compare what they have with what
/// is here, and no acknowledgement from before counts.
///
/// The new epoch is a time, in seconds: whoever restores one backup twice must not give one number to
/// two histories.
pub(super) fn raise_epochs(connection: &Connection, now_ms: i64) -> Result<usize, StorageError> {
    Ok(connection.execute("UPDATE logs SET epoch = max(epoch + 1, ?1)", params![now_ms / 1_000])?)
}
