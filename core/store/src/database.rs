//! Opening the SQLCipher database: key, settings, migrations.
//!
//! One connection looks at the database alone before any other is made. It keeps the index of the
//! log in its own memory, so that a database which turns out to be unreadable gets no file beside
//! it. Those that work on it afterwards, one writer and several readers, share that index.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;
use std::{fs, io};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, FileControl, OpenFlags, TransactionBehavior};

use crate::{StoreError, StoreKey};

/// The schema of a database, one step per version. A step is never changed once it was released.
pub(crate) struct Schema(&'static [&'static str]);

/// That of the store.
pub(crate) const STORE: Schema = Schema(&[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_eligibility.sql"),
    include_str!("../migrations/0003_pending.sql"),
    include_str!("../migrations/0004_forms.sql"),
    include_str!("../migrations/0005_merge_rules.sql"),
    include_str!("../migrations/0006_gaps.sql"),
    include_str!("../migrations/0007_files.sql"),
    include_str!("../migrations/0008_waiting.sql"),
    include_str!("../migrations/0009_offered.sql"),
    include_str!("../migrations/0010_given_up.sql"),
    include_str!("../migrations/0011_refused_files.sql"),
    include_str!("../migrations/0012_search_merged_apart.sql"),
    include_str!("../migrations/0013_answers_apart.sql"),
    include_str!("../migrations/0014_pictures.sql"),
    include_str!("../migrations/0015_print_photos.sql"),
    include_str!("../migrations/0016_list_from_its_index.sql"),
    include_str!("../migrations/0017_gaps_by_hash.sql"),
]);

/// That of the database of answers.
pub(crate) const ANSWERS: Schema = Schema(&[include_str!("../migrations/answers/0001_first.sql")]);

/// That of the database of impressions.
pub(crate) const IMPRESSIONS: Schema = Schema(&[include_str!("../migrations/impressions/0001_first.sql")]);

/// SQLite before 3.51.3 can corrupt a database when a write-ahead log is reset
/// (<https://sqlite.org/wal.html>, "the WAL-reset bug").
const OLDEST_SQLITE: i32 = 3_051_003;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Schema {
    /// The newest version that this program knows.
    fn newest(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// How often a key is tried until SQLCipher is ready, which takes it some milliseconds.
const FIRST_TRIES: u32 = 100_000;

/// Refuses to run on an SQLite with the WAL-reset fault.
pub(crate) fn require_sound_sqlite(number: i32, name: &str) -> Result<(), StoreError> {
    if number < OLDEST_SQLITE {
        return Err(StoreError::TooOldSqlite { found: name.to_owned() });
    }
    Ok(())
}

/// Which settings a connection gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Alone with the database, holding it against every other connection.
    Alone,
    /// Beside other connections.
    Shared,
}

/// Opens a database that was proved readable, to write in it.
pub(crate) fn connect_writer(path: &Path, key: &StoreKey) -> Result<Connection, StoreError> {
    let conn = connect(path, key, OpenFlags::empty(), Access::Shared)?;
    configure(&conn)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    keep_room_for_index(&conn)?;
    Ok(conn)
}

/// Lets the log, empty, and its index stay on the disk when the last connection closes. The index is 32 KB
/// without which nothing can be read: on a disk that is full at the next opening its room is there. The
/// limit is what the log grows to; with one, SQLite empties it at the end.
fn keep_room_for_index(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch("PRAGMA journal_size_limit = 33554432;")?;
    let mut stays = 1;
    Ok(conn.file_control(Some("main"), FileControl::PersistWal(&mut stays))?)
}

/// Opens a store that a writer has open to read only, with what `beside` puts beside it.
pub(crate) fn open_reader(
    path: &Path,
    key: &StoreKey,
    beside: impl FnOnce(&Connection) -> Result<(), StoreError>,
) -> Result<Connection, StoreError> {
    let conn = connect(path, key, OpenFlags::empty(), Access::Shared)?;
    beside(&conn)?;
    // The last three are for the connection that moves the log into the database.
    conn.execute_batch(
        "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -4096; \
         PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
    )?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Reads a database and brings it to the newest version. When this fails, no byte has changed. `ready` is
/// given it and the version that was found, before any step is taken.
pub(crate) fn prove(
    path: &Path,
    key: &StoreKey,
    schema: &Schema,
    ready: impl FnOnce(&Connection, u32) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = Path::new(&log);
    let had_log = log.exists();
    let proved = prove_existing(path, key, schema, ready);
    // SQLite makes an empty log before it finds that it cannot read the database.
    if proved.is_err() && !had_log && log.metadata().is_ok_and(|meta| meta.len() == 0) {
        std::fs::remove_file(log).map_err(|e| StoreError::io("remove an empty log", &e))?;
    }
    proved
}

fn prove_existing(
    path: &Path,
    key: &StoreKey,
    schema: &Schema,
    ready: impl FnOnce(&Connection, u32) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut conn = connect(path, key, OpenFlags::empty(), Access::Alone)?;
    if conn.is_readonly("main")? {
        return Err(StoreError::Io {
            action: "write the database",
            kind: std::io::ErrorKind::PermissionDenied,
        });
    }
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    match user_version(&conn)? {
        0 => return Err(StoreError::damaged("database without a schema")),
        found if found > schema.newest() => {
            return Err(StoreError::Newer { found, supported: schema.newest() });
        }
        found => ready(&conn, found)?,
    }
    configure(&conn)?;
    migrate(&mut conn, schema.0)
}

/// Whether there is a database.
pub(crate) fn exists(path: &Path) -> Result<bool, StoreError> {
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() => Err(StoreError::damaged("a database is not a file")),
        // SQLite would take an empty file for a new database and write to it.
        Ok(meta) if meta.len() == 0 => Err(StoreError::damaged("a database file is empty")),
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(StoreError::io("open the database", &e)),
    }
}

/// Makes a new, complete database and closes it: afterwards it is one file without a log.
pub(crate) fn create(path: &Path, key: &StoreKey, schema: &Schema) -> Result<(), StoreError> {
    let mut conn = connect(path, key, OpenFlags::SQLITE_OPEN_CREATE, Access::Alone)?;
    configure(&conn)?;
    migrate(&mut conn, schema.0)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    conn.close().map_err(|(_, e)| e.into())
}

/// SQLite calls itself ready before SQLCipher is (`SQLITE_EXTRA_INIT` runs after the lock is left): of
/// two threads that are the first of a process, one may be refused its key. A key is tried on a database
/// in memory, by one thread, until it is taken; opening tells what is wrong if it never is.
fn make_ready() {
    static READY: Once = Once::new();
    let takes_a_key = || {
        let conn = Connection::open_in_memory()?;
        conn.execute_batch(&StoreKey::from_bytes([0; 32]).pragma())
    };
    READY.call_once(|| {
        for _ in 0..FIRST_TRIES {
            if takes_a_key().is_ok() {
                return;
            }
            std::thread::yield_now();
        }
    });
}

/// A keyed connection that has read nothing yet.
fn connect(path: &Path, key: &StoreKey, more: OpenFlags, access: Access) -> Result<Connection, StoreError> {
    make_ready();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let conn = Connection::open_with_flags(path, flags)?;
    // Closing the last connection would copy the log into the database, which must not happen
    // to a database that turns out to be unreadable.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.execute_batch(&key.pragma())?;
    // The file format is pinned: a later SQLCipher may have other defaults.
    conn.execute_batch(
        "PRAGMA cipher_default_compatibility = 4; PRAGMA cipher_compatibility = 4; PRAGMA cipher_log_level = NONE; PRAGMA temp_store = MEMORY;",
    )?;
    if access == Access::Alone {
        // Set before the first access, this mode keeps the index of the log in memory.
        conn.execute_batch("PRAGMA locking_mode = EXCLUSIVE;")?;
    }
    conn.busy_timeout(Duration::ZERO)?;
    Ok(conn)
}

/// Settings of a database that has proved readable. `synchronous = FULL` puts a transaction on
/// the disk before it returns; Apple's systems need `fullfsync` for the same (elsewhere it has
/// no effect). The log grows to 32 MB before a commit has to move it into the database: a sync does
/// that itself, so that no answer pays for it, and what answers alone put there are few pages many
/// times.
fn configure(conn: &Connection) -> Result<(), StoreError> {
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::damaged("database that cannot use a write-ahead log"));
    }
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; \
         PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384; \
         PRAGMA wal_autocheckpoint = 8192;",
    )?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(())
}

fn user_version(conn: &Connection) -> Result<u32, StoreError> {
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    u32::try_from(version).map_err(|_| StoreError::damaged("database with a negative version"))
}

/// Runs the steps the database lacks, each with its version number in one transaction.
fn migrate(conn: &mut Connection, steps: &[&str]) -> Result<(), StoreError> {
    let done = user_version(conn)?;
    for (version, step) in (1u32..).zip(steps).skip_while(|(version, _)| *version <= done) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(step)?;
        tx.pragma_update(None, "user_version", version)?;
        tx.commit()?;
        tracing::info!(version, "the database has a new schema");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> StoreKey {
        StoreKey::from_bytes([1; 32])
    }

    #[test]
    fn an_sqlite_with_the_wal_reset_fault_is_refused() {
        assert_eq!(
            require_sound_sqlite(3_051_002, "3.51.2"),
            Err(StoreError::TooOldSqlite { found: "3.51.2".into() })
        );
        assert_eq!(require_sound_sqlite(3_051_003, "3.51.3"), Ok(()));
        assert_eq!(require_sound_sqlite(rusqlite::version_number(), rusqlite::version()), Ok(()));
    }

    #[test]
    fn the_settings_that_keep_answers_are_in_force() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        create(&path, &key(), &STORE).unwrap();
        let conn = connect_writer(&path, &key()).unwrap();
        let settings = [
            "journal_mode",
            "synchronous",
            "fullfsync",
            "checkpoint_fullfsync",
            "foreign_keys",
            "locking_mode",
            "temp_store",
            "cache_size",
            "wal_autocheckpoint",
            "trusted_schema",
            "cipher_page_size",
            "busy_timeout",
            "user_version",
        ];
        let mut text = String::new();
        for name in settings {
            let value: String = conn
                .query_row(&format!("PRAGMA {name}"), [], |row| {
                    let value: rusqlite::types::Value = row.get(0)?;
                    Ok(format!("{value:?}"))
                })
                .unwrap();
            text.push_str(&format!("{name} = {value}\n"));
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_schema_of_the_newest_version_is_fixed() {
        insta::assert_snapshot!(text_of(&STORE));
    }

    #[test]
    fn the_schema_of_the_answers_is_fixed() {
        insta::assert_snapshot!(text_of(&ANSWERS), @r"
        CREATE TABLE entries (
            draft TEXT NOT NULL,
            entry INTEGER NOT NULL CHECK (entry > 0),
            at_ms INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (draft, entry)
        ) STRICT, WITHOUT ROWID;
        ");
    }

    #[test]
    fn the_schema_of_the_impressions_is_fixed() {
        insta::assert_snapshot!(text_of(&IMPRESSIONS));
    }

    fn text_of(schema: &Schema) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        create(&path, &key(), schema).unwrap();
        let conn = connect_writer(&path, &key()).unwrap();
        let mut select =
            conn.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name").unwrap();
        let rows = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let text: Vec<String> = rows.map(|sql| sql.unwrap() + ";").collect();
        text.join("\n\n")
    }

    #[test]
    fn a_new_database_is_one_file_and_readable_only_with_its_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        create(&path, &key(), &STORE).unwrap();
        let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["store.db"]);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"SQLite" || w == b"CREATE"));
        assert!(prove(&path, &StoreKey::from_bytes([2; 32]), &STORE, |_, _| Ok(())).is_err());
    }

    #[test]
    fn a_migration_that_fails_half_way_leaves_the_version_before_it() {
        let mut conn = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a (x);", "CREATE TABLE b (x); CREATE TABLE a (x);"];
        assert!(migrate(&mut conn, &steps).is_err());
        assert_eq!(user_version(&conn), Ok(1));
        let tables: u32 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
        migrate(&mut conn, &["CREATE TABLE a (x);", "CREATE TABLE b (x);"]).unwrap();
        assert_eq!(user_version(&conn), Ok(2));
    }
}
