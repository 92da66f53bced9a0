//! Whether the database and its write-ahead log (WAL) belong together.
//!
//! SQLite does not say when a `server.db` was copied without its `server.db-wal`, or an older one put
//! beside a newer log: it opens what is there. So each checkpoint is marked twice: `checkpoint` is
//! written before the log is moved into the database, and moved with it; `follows` is written behind
//! it, as the first thing of the log that begins then. While a server runs, the database alone
//! therefore names a checkpoint that it does not follow yet, and a log names the checkpoint that it
//! was begun after. Closing in order moves everything, and both are the same.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::identity;
use crate::error::StorageError;

const CHECKPOINT: &str = "wal/checkpoint";
const FOLLOWS: &str = "wal/follows";

/// So many pages of the log are moved into the database at once (4 KB each): SQLite's own default.
const PAGES: i64 = 1_000;

/// How a database and the log beside it stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The database is whole, with the log beside it or without one.
    Together,
    /// The log is missing: what was written since the last checkpoint is not here.
    Missing,
    /// The log is of an older or newer copy of the database.
    Foreign,
}

/// The two marks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Marks {
    checkpoint: Option<String>,
    follows: Option<String>,
}

/// Looks at the files of a database that no server runs on. No byte is changed.
pub(crate) fn standing(database: &Path) -> Result<Standing, StorageError> {
    if !database.exists() {
        return Ok(Standing::Together);
    }
    let alone = marks_of_file(database)?;
    if !has_frames(&log_of(database))? {
        return Ok(match alone.checkpoint == alone.follows {
            true => Standing::Together,
            false => Standing::Missing,
        });
    }
    let reading = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // What cannot even be read together does not belong together.
    let Ok(together) = Connection::open_with_flags(database, reading).and_then(|c| marks(&c)) else {
        return Ok(Standing::Foreign);
    };
    let fits = alone.checkpoint == together.follows || alone.checkpoint == together.checkpoint;
    Ok(if fits { Standing::Together } else { Standing::Foreign })
}

/// Moves the log into the database when it has grown, as SQLite would do by itself.
pub(super) fn checkpoint_if_long(connection: &Connection) -> Result<(), StorageError> {
    let (_, pages, moved) = run_checkpoint(connection, "NOOP")?;
    match pages - moved < PAGES {
        true => Ok(()),
        false => checkpoint(connection),
    }
}

/// Moves what nobody reads any more from the log into the database, and marks both. Waits for nobody.
pub(super) fn checkpoint(connection: &Connection) -> Result<(), StorageError> {
    let found = marks(connection)?;
    if found.checkpoint == found.follows {
        let nonce: [u8; 8] = identity::random()?;
        set(connection, CHECKPOINT, &data_encoding::HEXLOWER.encode(&nonce))?;
    }
    let (busy, pages, moved) = run_checkpoint(connection, "PASSIVE")?;
    if busy == 0 && pages == moved {
        let named = marks(connection)?.checkpoint.unwrap_or_default();
        set(connection, FOLLOWS, &named)?;
    }
    Ok(())
}

/// Takes a database that lacks its log for what it is from now on.
///
/// # Errors
/// [`StorageError`]: the database cannot be written.
pub fn settle(connection: &Connection) -> Result<(), StorageError> {
    let named = marks(connection)?.checkpoint.unwrap_or_default();
    set(connection, FOLLOWS, &named)
}

/// What the database says without the log.
fn marks_of_file(database: &Path) -> Result<Marks, StorageError> {
    let reading =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let alone = Connection::open_with_flags(immutable(database), reading)?;
    Ok(marks(&alone)?)
}

/// The address by which SQLite reads a database as if nobody ever wrote to it, its log unread.
fn immutable(database: &Path) -> PathBuf {
    let mut address = OsString::from("file:");
    for byte in database.as_os_str().as_encoded_bytes() {
        match byte.is_ascii_alphanumeric() || b"/-_.".contains(byte) {
            true => address.push(char::from(*byte).to_string()),
            false => address.push(format!("%{byte:02x}")),
        }
    }
    address.push("?immutable=1");
    address.into()
}

fn marks(connection: &Connection) -> rusqlite::Result<Marks> {
    let known: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta')",
        [],
        |row| row.get(0),
    )?;
    if !known {
        return Ok(Marks::default());
    }
    let one = |key: &str| {
        let found = connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0));
        found.optional()
    };
    Ok(Marks { checkpoint: one(CHECKPOINT)?, follows: one(FOLLOWS)? })
}

fn set(connection: &Connection, key: &str, value: &str) -> Result<(), StorageError> {
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", [key, value])?;
    Ok(())
}

/// Whether it was hindered, the pages in the log, and how many of them the database has.
fn run_checkpoint(connection: &Connection, mode: &str) -> Result<(i64, i64, i64), StorageError> {
    let sql = format!("PRAGMA wal_checkpoint({mode})");
    Ok(connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?)
}

fn log_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// Whether a log holds anything: its first frame carries the salts of its header
/// (<https://sqlite.org/fileformat2.html#walformat>).
fn has_frames(log: &Path) -> Result<bool, StorageError> {
    const HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    let mut file = match File::open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(StorageError::io("read the write-ahead log")(error)),
    };
    let mut begin = [0; HEADER + FRAME_HEADER];
    match file.read_exact(&mut begin) {
        Ok(()) => Ok(begin[16..24] == begin[HEADER + 8..HEADER + 16]),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(StorageError::io("read the write-ahead log")(error)),
    }
}
