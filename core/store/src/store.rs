//! The store itself: opening a folder, transactions, and the check of everything in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use ruhu_text::Explain;
use rusqlite::Connection;

use crate::answers_file;
use crate::connections::{Connections, Writer};
use crate::key::KeyCheck;
use crate::lock::{self, StoreLock};
use crate::reserve::Reserve;
use crate::{FileRow, FileState, SealedFiles, Space, StoreError, StoreKey, Tx, database, durable, space};

/// Name of the database in the store's folder. SQLite keeps its log beside it under the same
/// name with `-wal`.
pub const DATABASE_FILE: &str = "store.db";
/// Name of the [`KeyCheck`] file.
pub const KEY_CHECK_FILE: &str = "key-check";
/// Name of the (empty) file whose lock marks a store in use.
pub const LOCK_FILE: &str = "store.lock";
/// Name of the folder of sealed files.
pub const FILES_DIR: &str = "files";

/// Set when the folder of sealed files was looked through once.
const SWEPT: &str = "files/swept";

/// A database under this name was never finished and never held anything.
const UNFINISHED_DATABASE: &str = "store.db.new";

/// An open store, for any number of threads: one writes at a time, and nobody who reads waits for
/// the one who writes.
///
/// ```
/// use ruhu_store::{Store, StoreError, StoreKey};
///
/// # let folder = tempfile::tempdir()?;
/// let store = Store::open(folder.path(), &StoreKey::from_bytes([7; 32]))?;
/// store.write::<_, StoreError>(|tx| tx.set_meta("greeting", "您好".as_bytes()))?;
/// let greeting = store.read::<_, StoreError>(|tx| tx.meta("greeting"))?;
/// assert_eq!(greeting.as_deref(), Some("您好".as_bytes()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Store {
    // Fields are dropped in this order: the lock outlives the connections.
    pub(crate) connections: Connections,
    /// The database of impressions, once somebody asked for it.
    pub(crate) impressions: Mutex<Option<Connection>>,
    files: SealedFiles,
    pub(crate) dir: PathBuf,
    pub(crate) reserve: Reserve,
    _lock: StoreLock,
}

enum FoundKeyCheck {
    Absent,
    Unreadable,
    Intact(KeyCheck),
}

impl Store {
    /// Opens the store in a folder, making folder and store when there is none. The cost does
    /// not grow with what is inside.
    ///
    /// A folder that cannot be opened is left as it is, and a database that is gone while other
    /// parts of a store are still there is reported, not replaced by an empty one.
    ///
    /// # Errors
    /// `wrong_key`; `damaged` when something is not as it was written, or gone; `newer_database`;
    /// `in_use`; `disk_full`; `store` when the folder cannot be used. No byte of a store that was
    /// there has changed.
    pub fn open(dir: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        database::require_sound_sqlite(rusqlite::version_number(), rusqlite::version())?;
        durable::create_dir(dir).map_err(|e| StoreError::io("open the store's folder", &e))?;
        let lock = StoreLock::acquire(&dir.join(LOCK_FILE))?;
        let found = find_key_check(dir)?;
        if database::exists(&dir.join(DATABASE_FILE))? {
            if matches!(&found, FoundKeyCheck::Intact(check) if !check.accepts(key)) {
                return Err(StoreError::WrongKey);
            }
        } else {
            refuse_orphaned_parts(dir, key, &found)?;
            answers_file::make_or_prove(dir, key)?;
            durable::make_database(dir, UNFINISHED_DATABASE, DATABASE_FILE, |unfinished| {
                database::create(unfinished, key, &database::STORE)
            })?;
        }
        let connections = Connections::open(dir, DATABASE_FILE, key).map_err(|e| explain(e, &found))?;
        if !matches!(found, FoundKeyCheck::Intact(_)) {
            write_key_check(dir, key)?;
        }
        let files = SealedFiles::in_dir(&dir.join(FILES_DIR), key)?;
        let store = Self {
            connections,
            impressions: Mutex::default(),
            files,
            dir: dir.to_owned(),
            reserve: Reserve::default(),
            _lock: lock,
        };
        store.sweep_after_death()?;
        tracing::debug!("store opened");
        Ok(store)
    }

    /// Removes what a process left that died while it sealed a file; once for a store of an older
    /// program, which left no mark. Nobody else holds the store: no sealing is under way.
    fn sweep_after_death(&self) -> Result<(), StoreError> {
        let swept = self.read::<_, StoreError>(|tx| tx.meta(SWEPT))?.is_some();
        if swept && !self.files.was_interrupted() {
            return Ok(());
        }
        // A folder that cannot be looked through is no reason to keep a person from their answers.
        match self.remove_unreferenced_files() {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "files without a row are removed"),
            Err(error) => {
                tracing::warn!(code = error.code(), "the sealed files cannot be looked through");
                return Ok(());
            }
        }
        match swept {
            true => Ok(()),
            // On a full disk the next opening looks again.
            false => match self.write(|tx| tx.set_meta(SWEPT, &[1])) {
                Err(StoreError::DiskFull) => Ok(()),
                other => other,
            },
        }
    }

    /// The room on the disk that the store lies on; `None` where the system does not tell.
    pub fn space(&self) -> Option<Space> {
        space::of(&self.dir)
    }

    /// Waits until no other process holds the store in a folder; there may be none. It may be taken again
    /// before this returns by somebody who opens it.
    ///
    /// # Errors
    /// `store` when the lock's file cannot be used.
    pub fn wait_until_free(dir: &Path) -> Result<(), StoreError> {
        lock::wait_until_free(&dir.join(LOCK_FILE))
    }

    /// Waits until everything that was written ahead is on the disk ([`Writer::write_ahead`]), and keeps
    /// nobody from writing meanwhile.
    ///
    /// # Errors
    /// `disk_full` or `store` when the disk does not take it.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.connections.flush()
    }

    /// Waits until nobody else writes, and keeps everybody else from it until the writer is
    /// dropped. A thread that holds one must not ask for another.
    pub fn writer(&self) -> Writer<'_> {
        self.connections.writer()
    }

    /// Whether somebody waits to write while somebody else does.
    pub fn is_awaited(&self) -> bool {
        self.connections.is_awaited()
    }

    /// How many transactions have waited for the disk since the store was opened ([`Store::write`], not
    /// [`Writer::write_ahead`]). Whoever writes ahead sees by it whether somebody works beside him.
    pub fn durable_writes(&self) -> u64 {
        self.connections.durable_writes()
    }

    /// Runs `f` in one transaction. When this returns `Ok`, everything `f` wrote is on the disk;
    /// when it returns `Err`, nothing of it ever was. Must not be called within itself.
    ///
    /// # Errors
    /// Those of `f`; [`StoreError::DiskFull`], [`StoreError::Damaged`], [`StoreError::Io`] and
    /// [`StoreError::Sqlite`] when the transaction cannot be begun or committed, and
    /// [`StoreError::RolledBack`] when `f` passed over an error that ended it.
    pub fn write<T, E: From<StoreError>>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.writer().write(f)
    }

    /// Runs `f` on one consistent snapshot: what was committed before it began. Writing in it is
    /// refused. It waits for no writer, and sees nothing of one that has not committed.
    ///
    /// # Errors
    /// Those of `f`; [`StoreError::Damaged`], [`StoreError::Io`] and [`StoreError::Sqlite`] when no
    /// connection can be made.
    pub fn read<T, E: From<StoreError>>(&self, f: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.connections.read(f)
    }

    /// Moves what is committed from the log into the database, while others read and write. Sync
    /// does so after a slice of news, so that no answer pays for it.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Io`] and [`StoreError::Sqlite`]. Nothing is lost: the
    /// log keeps what was not moved.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        self.connections.checkpoint()
    }

    /// The sealed photographs and papers beside the database.
    pub fn files(&self) -> &SealedFiles {
        &self.files
    }

    /// Reads everything back: the database's pages, indexes and references, and every sealed
    /// file that must be here. Returns one line per finding, Chinese and English; none means
    /// the store is whole. Takes time in proportion to the store.
    ///
    /// # Errors
    /// None today: what cannot be read is a finding.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut findings = self.check_database();
        match self.check_files() {
            Ok(files) => findings.extend(files.into_iter().map(|(_, finding)| finding)),
            Err(e) => findings.push(format!("文件目录无法读取 / file table unreadable: {e}")),
        }
        match self.unreferenced_files() {
            Ok(others) if others.is_empty() => {}
            Ok(others) => findings.push(format!(
                "有 {} 个文件没有登记，重新打开程序时会清理 / {} files without a row; they are removed when the program is opened again",
                others.len(),
                others.len()
            )),
            Err(e) => findings.push(format!("文件目录无法读取 / folder of files unreadable: {e}")),
        }
        findings.extend(self.check_impressions());
        Ok(findings)
    }

    /// Reads the database of impressions back; one that is lost is made anew when prints are compared next.
    fn check_impressions(&self) -> Option<String> {
        match self.impressions_state() {
            Ok(state) => state.lost().map(|word| {
                format!(
                    "捺印图像库丢失或损坏，下次比对时按本机照片重建，不影响其他内容 / the pictures of prints are {word}; they are made again of the photos here when prints are compared next, and nothing else is affected"
                )
            }),
            Err(error) => {
                Some(format!("捺印图像库无法读取 / the pictures of prints cannot be read: {error}"))
            }
        }
    }

    /// Reads the database back: pages, indexes, references.
    fn check_database(&self) -> Vec<String> {
        let mut findings = Vec::new();
        // The cipher check reads the file itself: nobody must write to it meanwhile.
        self.connections.alone(|conn| {
            for (pragma, name) in [
                ("PRAGMA cipher_integrity_check", "加密页损坏 / encrypted page damaged"),
                ("PRAGMA integrity_check(100)", "数据库结构损坏 / database structure damaged"),
                ("PRAGMA foreign_key_check", "引用缺失 / reference missing"),
            ] {
                run_check(conn, pragma, name, &mut findings);
            }
        });
        findings
    }

    /// Reads every sealed file back that must be here; gives those that are gone or damaged, with one
    /// line for each, Chinese and English.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn check_files(&self) -> Result<Vec<(FileRow, String)>, StoreError> {
        let rows = self.read(|tx| tx.all_files())?;
        let faulty = |row: FileRow| self.check_file(&row).map(|finding| (row, finding));
        Ok(rows.into_iter().filter_map(faulty).collect())
    }

    /// Removes sealed files that no row refers to: copies made by a call that died before its
    /// transaction. Returns how many. Must not run while a file sealed by another thread still
    /// waits for its row.
    ///
    /// # Errors
    /// `damaged` or `store`.
    pub fn remove_unreferenced_files(&self) -> Result<u32, StoreError> {
        let others = self.unreferenced_files()?;
        self.files.remove_others(&others)?;
        self.files.was_swept()?;
        Ok(u32::try_from(others.len()).unwrap_or(u32::MAX))
    }

    fn unreferenced_files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let (rows, parts) = self.read::<_, StoreError>(|tx| Ok((tx.all_files()?, tx.all_file_parts()?)))?;
        let whole = rows.iter().map(|row| (&row.key, &row.sha256));
        self.files.others(whole.chain(parts.iter().map(|part| (&part.key, &part.content))))
    }

    fn check_file(&self, row: &FileRow) -> Option<String> {
        // What is left of a file that got lost here is not looked at.
        if row.state == FileState::Wanted {
            return None;
        }
        let may_be_elsewhere = row.state == FileState::Durable;
        let short: String = row.sha256.iter().take(6).map(|b| format!("{b:02x}")).collect();
        match self.files.verify(&row.key, &row.sha256) {
            Ok(size) if size == row.size => None,
            Ok(size) => {
                Some(format!("文件 {short} 大小不符 / file {short} has {size} bytes, {} expected", row.size))
            }
            Err(StoreError::NotFound { .. }) if may_be_elsewhere => None,
            Err(StoreError::NotFound { .. }) => Some(format!("文件 {short} 缺失 / file {short} is missing")),
            Err(e) => Some(format!("文件 {short} 损坏 / file {short} is damaged: {e}")),
        }
    }

    /// Lets a test fill the "disk": SQLite refuses to let either database grow by more pages than these.
    #[cfg(test)]
    pub(crate) fn limit_growth(&self, pages: u32) {
        let limited = self.connections.alone(|conn| {
            let now: u32 = conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            conn.pragma_update(None, "max_page_count", now.saturating_add(pages).min(u32::MAX - 1))
        });
        assert_eq!(limited, [Ok(()), Ok(())]);
    }
}

fn run_check(conn: &Connection, pragma: &str, name: &str, findings: &mut Vec<String>) {
    let lines = || {
        let mut statement = conn.prepare(pragma)?;
        let rows = statement.query_map([], |row| {
            let value: rusqlite::types::Value = row.get(0)?;
            Ok(match value {
                rusqlite::types::Value::Text(text) => text,
                other => format!("{other:?}"),
            })
        })?;
        rows.collect::<rusqlite::Result<Vec<String>>>()
    };
    match lines() {
        Ok(lines) => {
            findings.extend(lines.iter().filter(|line| *line != "ok").map(|line| format!("{name}: {line}")))
        }
        Err(e) => findings.push(format!("{name}: {}", StoreError::from(e))),
    }
}

fn find_key_check(dir: &Path) -> Result<FoundKeyCheck, StoreError> {
    let path = dir.join(KEY_CHECK_FILE);
    match fs::metadata(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(FoundKeyCheck::Absent),
        Err(e) => return Err(StoreError::io("read the key-check file", &e)),
        Ok(meta) if meta.is_dir() => {
            return Err(StoreError::damaged("the key-check file is a folder"));
        }
        // Longer than any key check: not worth reading.
        Ok(meta) if meta.len() != KeyCheck::BYTES as u64 => return Ok(FoundKeyCheck::Unreadable),
        Ok(_) => {}
    }
    let bytes = fs::read(&path).map_err(|e| StoreError::io("read the key-check file", &e))?;
    Ok(KeyCheck::decode(&bytes).map_or(FoundKeyCheck::Unreadable, FoundKeyCheck::Intact))
}

fn write_key_check(dir: &Path, key: &StoreKey) -> Result<(), StoreError> {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt)
        .map_err(|_| StoreError::Io { action: "get random bytes", kind: io::ErrorKind::Other })?;
    durable::write_file(dir, KEY_CHECK_FILE, &KeyCheck::new(key, salt).encode())
}

/// Without a database there must be nothing else of a store: otherwise the database was lost,
/// and a new, empty one would hide that.
fn refuse_orphaned_parts(dir: &Path, key: &StoreKey, found: &FoundKeyCheck) -> Result<(), StoreError> {
    let log = dir.join(format!("{DATABASE_FILE}-wal")).exists();
    let parts = log || !matches!(found, FoundKeyCheck::Absent) || SealedFiles::any_in(&dir.join(FILES_DIR));
    // The database of answers is made first: a phone that died then has an empty one.
    if parts || !answers_file::are_none(dir, key) {
        return Err(StoreError::damaged("the database file is missing"));
    }
    Ok(())
}

/// Without an intact key check, a wrong key and a damaged database look the same.
fn explain(error: StoreError, found: &FoundKeyCheck) -> StoreError {
    match (error, found) {
        (StoreError::Damaged { .. }, FoundKeyCheck::Absent | FoundKeyCheck::Unreadable) => {
            StoreError::damaged("the database or the key: the key-check file is missing or damaged")
        }
        (error, _) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_and_its_files_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        fn copied<T: Send + Sync + Clone>() {}
        shared::<Store>();
        copied::<SealedFiles>();
        copied::<StoreError>();
    }
}
