//! The connections to one store: one that writes, one that writes answers, one that moves the log into the
//! database, and as many as are needed to read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::answers_file::{self, SEEN_BY_THE_WRITER};
use crate::{StoreError, StoreKey, Tx, database};

/// Readers that are kept for the next time; more are made while more read at once.
const KEPT_READERS: usize = 4;

pub(crate) struct Connections {
    // Dropped in this order: the writer is the last to close, and its closing empties the log.
    readers: Mutex<Vec<Connection>>,
    checkpointer: Mutex<Connection>,
    writer: Mutex<Connection>,
    /// The one that writes answers; its lock is taken before the writer's, never after.
    pub(crate) answers: Mutex<Connection>,
    /// Answers that were given.
    pub(crate) answered: AtomicU64,
    /// Transactions that waited for the disk.
    durable: AtomicU64,
    /// Who waits for the writer.
    waiting: AtomicUsize,
    path: PathBuf,
    answers_path: PathBuf,
    key: StoreKey,
}

impl Connections {
    /// Opens the databases in a store's folder; `name` is that of the store's own. When this fails, no byte of them has changed.
    pub(crate) fn open(dir: &Path, name: &str, key: &StoreKey) -> Result<Connections, StoreError> {
        let (path, answers_path) = (dir.join(name), answers_file::path_in(dir));
        answers_file::prove_store(dir, &path, key)?;
        let writer = database::connect_writer(&path, key)?;
        writer.execute_batch(SEEN_BY_THE_WRITER)?;
        let answers = Mutex::new(answers_file::connect(&answers_path, key)?);
        let beside = |conn: &Connection| answers_file::attach(conn, &answers_path, key);
        let checkpointer = database::open_reader(&path, key, beside)?;
        Ok(Connections {
            readers: Mutex::new(Vec::new()),
            checkpointer: Mutex::new(checkpointer),
            writer: Mutex::new(writer),
            answers,
            answered: AtomicU64::new(0),
            durable: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            path,
            answers_path,
            key: key.clone(),
        })
    }

    pub(crate) fn writer(&self) -> Writer<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let conn = self.writer.lock();
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Writer { conn: Some(conn), durable: &self.durable, waiting: &self.waiting, gives_way: false }
    }

    pub(crate) fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn durable_writes(&self) -> u64 {
        self.durable.load(Ordering::Relaxed)
    }

    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.readers.lock().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => database::open_reader(&self.path, &self.key, |conn| {
                answers_file::attach(conn, &self.answers_path, &self.key)
            })?,
        };
        let value = begin(&conn).map_err(store_error).and_then(|tx| f(&Tx::new(&tx, false)));
        let mut readers = self.readers.lock();
        if conn.is_autocommit() && readers.len() < KEPT_READERS {
            readers.push(conn);
        }
        value
    }

    /// Copies pages from the store's log into its database as far as no reader still needs the old ones;
    /// holds up neither readers nor the writer.
    pub(crate) fn checkpoint(&self) -> Result<(), StoreError> {
        let conn = self.checkpointer.lock();
        let (log, moved): (i64, i64) =
            conn.query_row("PRAGMA main.wal_checkpoint(PASSIVE)", [], |row| Ok((row.get(1)?, row.get(2)?)))?;
        tracing::debug!(pages_in_log = log, pages_moved = moved, "checkpoint");
        Ok(())
    }

    /// Waits until the log is on the disk, and keeps nobody from writing to it meanwhile. SQLite puts no
    /// lock on the log's file, so that closing it here lets none of its locks go.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let failed = |error: std::io::Error| StoreError::io("put the log on the disk", &error);
        match std::fs::File::options().append(true).open(log) {
            Ok(log) => log.sync_data().map_err(failed),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Runs `f` on the database, then on that of answers, while nobody writes to their files.
    pub(crate) fn alone<T>(&self, mut f: impl FnMut(&Connection) -> T) -> [T; 2] {
        let answers = self.answers.lock();
        let _no_checkpoint = self.checkpointer.lock();
        [f(&self.writer.lock()), f(&answers)]
    }
}

/// Begins a snapshot: that of the answers first. An answer moves into the journal before it leaves them, so
/// that whoever looks in this order sees it in one or in both.
fn begin(conn: &Connection) -> rusqlite::Result<Transaction<'_>> {
    let transaction = conn.unchecked_transaction()?;
    transaction.prepare_cached("SELECT 1 FROM answers.entries LIMIT 1")?.exists([])?;
    Ok(transaction)
}

/// The right to write, which one thread has at a time. Dropped, it goes to the one who has waited
/// longest: whoever writes many transactions in a row lets others in between.
pub struct Writer<'a> {
    conn: Option<MutexGuard<'a, Connection>>,
    durable: &'a AtomicU64,
    waiting: &'a AtomicUsize,
    /// What it writes can wait: whoever waits for it does so for a person.
    gives_way: bool,
}

impl Writer<'_> {
    /// Runs `f` in one transaction, as [`crate::Store::write`] does.
    ///
    /// # Errors
    /// Those of [`crate::Store::write`].
    pub fn write<T, E: From<StoreError>>(&mut self, f: impl FnOnce(&Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.durable.fetch_add(1, Ordering::Relaxed);
        run(self.conn()?, f)
    }

    /// Like [`Writer::write`], for what the next [`Writer::write`] completes: it is there at once for
    /// everybody and survives the death of the process, but a loss of power may take it back as long
    /// as no such write has come after it. It waits for no disk.
    ///
    /// # Errors
    /// Those of [`crate::Store::write`].
    pub fn write_ahead<T, E: From<StoreError>>(
        &mut self,
        f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.gives_way = true;
        let conn = self.conn()?;
        conn.execute_batch("PRAGMA synchronous = NORMAL").map_err(store_error)?;
        let value = run(conn, f);
        // Also after a failure: whoever writes next waits for the disk.
        conn.execute_batch("PRAGMA synchronous = FULL").map_err(store_error)?;
        value
    }

    fn conn(&mut self) -> Result<&mut Connection, StoreError> {
        self.conn.as_deref_mut().ok_or(StoreError::RolledBack)
    }
}

fn run<T, E: From<StoreError>>(
    conn: &mut Connection,
    f: impl FnOnce(&Tx<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let transaction = Transaction::new(conn, TransactionBehavior::Immediate).map_err(store_error)?;
    let began = Instant::now();
    let value = f(&Tx::new(&transaction, true))?;
    if transaction.is_autocommit() {
        return Err(StoreError::RolledBack.into());
    }
    let worked = began.elapsed();
    transaction.commit().map_err(store_error)?;
    let (work_us, commit_us) = (worked.as_micros(), (began.elapsed() - worked).as_micros());
    tracing::trace!(work_us, commit_us, "a transaction is committed");
    Ok(value)
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            let awaited = self.waiting.load(Ordering::Relaxed) > 0;
            MutexGuard::unlock_fair(conn);
            // Who was woken may have been put behind this thread, on a processor that it keeps for milliseconds.
            if awaited && self.gives_way {
                std::thread::yield_now();
            }
        }
    }
}

fn store_error<E: From<StoreError>>(error: rusqlite::Error) -> E {
    StoreError::from(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(dir: &tempfile::TempDir) -> Connections {
        let key = StoreKey::from_bytes([1; 32]);
        answers_file::make_or_prove(dir.path(), &key).unwrap();
        database::create(&dir.path().join("store.db"), &key, &database::STORE).unwrap();
        Connections::open(dir.path(), "store.db", &key).unwrap()
    }

    #[test]
    fn who_writes_sees_that_somebody_waits() {
        let dir = tempfile::tempdir().unwrap();
        let connections = opened(&dir);
        let writer = connections.writer();
        assert!(!connections.is_awaited());
        std::thread::scope(|scope| {
            let other = scope.spawn(|| drop(connections.writer()));
            while !connections.is_awaited() {
                std::thread::yield_now();
            }
            drop(writer);
            other.join().unwrap();
        });
        assert!(!connections.is_awaited());
    }

    #[test]
    fn after_a_write_ahead_the_next_one_waits_for_the_disk_again() {
        let dir = tempfile::tempdir().unwrap();
        let connections = opened(&dir);
        let synchronous = |tx: &Tx<'_>| tx.scalar::<i64>("PRAGMA synchronous", []);
        let (normal, full) = (1, 2);
        assert_eq!(connections.writer().write_ahead::<_, StoreError>(synchronous), Ok(normal));
        assert_eq!(connections.durable_writes(), 0);
        assert_eq!(connections.writer().write::<_, StoreError>(synchronous), Ok(full));
        assert_eq!(connections.durable_writes(), 1);
        let failed = connections.writer().write_ahead::<(), _>(|_| Err(StoreError::WrongContent));
        assert_eq!(failed, Err(StoreError::WrongContent));
        assert_eq!(connections.writer().write::<_, StoreError>(synchronous), Ok(full));
    }

    #[test]
    fn the_log_is_put_on_the_disk_while_somebody_else_writes() {
        let dir = tempfile::tempdir().unwrap();
        let connections = opened(&dir);
        assert_eq!(connections.flush(), Ok(()));
        let all = |tx: &Tx<'_>| tx.set_meta("one", &[1]);
        connections.writer().write_ahead::<_, StoreError>(all).unwrap();
        let writing = connections.writer();
        assert_eq!(connections.flush(), Ok(()));
        drop(writing);
        let kept = connections.read::<_, StoreError>(|tx| tx.meta("one"));
        assert_eq!(kept, Ok(Some(vec![1])));
    }
}
