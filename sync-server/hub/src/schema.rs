//! Opening the server's database: settings, migrations.

use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, FileControl, TransactionBehavior};

use crate::error::StorageError;
use crate::private;

/// The schema, one step per version. A step is never changed once it was released.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_forms.sql"),
    include_str!("../migrations/0003_damaged.sql"),
    include_str!("../migrations/0004_files.sql"),
    include_str!("../migrations/0005_excluded.sql"),
    include_str!("../migrations/0006_quarantine.sql"),
    include_str!("../migrations/0007_quarantine_index.sql"),
    include_str!("../migrations/0008_backed_up.sql"),
    include_str!("../migrations/0009_upload_metadata.sql"),
];

/// SQLite before 3.51.3 can corrupt a database when a write-ahead log is reset
/// (<https://sqlite.org/wal.html>, "the WAL-reset bug").
const OLDEST_SQLITE: i32 = 3_051_003;

/// Admin commands and the server write the same database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// When a transaction counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// It is on the disk (`synchronous = FULL`).
    #[default]
    Full,
    /// The operating system has it: for simulations only, a power cut may lose it.
    Relaxed,
}

impl Durability {
    fn pragma(self) -> &'static str {
        match self {
            Durability::Full => {
                "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;"
            }
            Durability::Relaxed => "PRAGMA synchronous = OFF;",
        }
    }
}

/// Opens the database, makes or migrates it where needed.
pub(super) fn open(path: &Path, durability: Durability) -> Result<Connection, StorageError> {
    require_sound_sqlite(rusqlite::version_number(), rusqlite::version())?;
    make_private(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let found = user_version(&connection)?;
    if found > newest_version() {
        return Err(StorageError::Newer { found, supported: newest_version() });
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StorageError::Damaged("database that cannot use a write-ahead log"));
    }
    connection.execute_batch(durability.pragma())?;
    connection.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 0;",
    )?;
    connection.set_prepared_statement_cache_capacity(128);
    keep_room_for_index(&connection)?;
    migrate(&mut connection, MIGRATIONS)?;
    Ok(connection)
}

/// Makes an empty database, for SQLite would let everybody read it; the log beside it gets the rights of
/// the database. One that is there is not opened: to close it again would take SQLite's locks from it.
fn make_private(path: &Path) -> Result<(), StorageError> {
    match private::options().write(true).create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(StorageError::io("make the database")(error))
        }
        _ => Ok(()),
    }
}

/// Lets the log, empty, and its index stay on the disk when the last connection closes: the index is 32 KB
/// without which nothing can be read, and on a disk that is full at the next opening its room is there.
/// With a limit SQLite empties the log at the end.
fn keep_room_for_index(connection: &Connection) -> Result<(), StorageError> {
    connection.execute_batch("PRAGMA journal_size_limit = 4194304;")?;
    let mut stays = 1;
    Ok(connection.file_control(Some("main"), FileControl::PersistWal(&mut stays))?)
}

fn newest_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

fn require_sound_sqlite(number: i32, name: &str) -> Result<(), StorageError> {
    match number < OLDEST_SQLITE {
        true => Err(StorageError::OldSqlite { found: name.to_owned() }),
        false => Ok(()),
    }
}

fn user_version(connection: &Connection) -> Result<u32, StorageError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    u32::try_from(version).map_err(|_| StorageError::Damaged("database with a negative version"))
}

/// Runs the steps the database lacks, each with its version number in one transaction.
fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<(), StorageError> {
    for (version, step) in (1u32..).zip(steps) {
        if user_version(connection)? >= version {
            continue;
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have taken this step while this one waited for the lock.
        if user_version(&tx)? < version {
            tx.execute_batch(step)?;
            tx.pragma_update(None, "user_version", version)?;
            tx.commit()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_with_the_wal_reset_fault_is_refused() {
        assert!(matches!(require_sound_sqlite(3_051_002, "3.51.2"), Err(StorageError::OldSqlite { .. })));
        assert!(require_sound_sqlite(3_051_003, "3.51.3").is_ok());
        assert!(require_sound_sqlite(rusqlite::version_number(), rusqlite::version()).is_ok());
    }

    #[test]
    fn a_database_from_a_newer_server_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("server.db");
        open(&path, Durability::Full).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(matches!(
            open(&path, Durability::Full),
            Err(StorageError::Newer { found: 99, supported }) if supported == newest_version()
        ));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn what_was_answered_is_on_the_disk_and_a_simulation_may_waive_it() {
        let dir = tempfile::tempdir().unwrap();
        let setting = |durability| -> i64 {
            let connection = open(&dir.path().join("server.db"), durability).unwrap();
            connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap()
        };
        assert_eq!((setting(Durability::Full), setting(Durability::Relaxed)), (2, 0));
    }

    #[test]
    fn the_schema_of_the_newest_version_is_fixed() {
        let dir = tempfile::tempdir().unwrap();
        let connection = open(&dir.path().join("server.db"), Durability::Full).unwrap();
        let mut select = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
            .unwrap();
        let rows = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        insta::assert_snapshot!(rows.map(|sql| sql.unwrap() + ";").collect::<Vec<_>>().join("\n\n"));
    }
}
