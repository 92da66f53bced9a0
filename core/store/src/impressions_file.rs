//! The database of impressions beside the store's: opened when somebody asks for it, under a random key of its
//! own that lies in the store. All of it can be made again of the photos, so that one that is lost, damaged or
//! of another store is made anew, empty, and hinders nothing else.

use std::fs;
use std::io;
use std::path::PathBuf;

use rusqlite::{Connection, TransactionBehavior};
use zeroize::Zeroizing;

use crate::database::{self, IMPRESSIONS};
use crate::impressions::Impressions;
use crate::{Store, StoreError, StoreKey, durable};

/// Name of the database of impressions in the store's folder.
pub const IMPRESSIONS_FILE: &str = "impressions.db";
/// A database under this name was never finished and never held anything.
const UNFINISHED: &str = "impressions.db.new";
/// What lies beside a database.
const PARTS: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// Where the store keeps the key.
const KEY: &str = "impressions/key";
/// Why it was made anew, until somebody was told.
const LOST: &str = "impressions/lost";

/// How the database of impressions was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImpressionsState {
    /// None was made yet.
    None,
    /// It is there and can be read.
    Whole,
    /// It is gone.
    Missing,
    /// It cannot be read: damaged, or of another store.
    Unreadable,
}

impl ImpressionsState {
    /// A word for programs; none where nothing was lost.
    pub fn lost(self) -> Option<&'static str> {
        match self {
            ImpressionsState::None | ImpressionsState::Whole => None,
            ImpressionsState::Missing => Some("missing"),
            ImpressionsState::Unreadable => Some("unreadable"),
        }
    }
}

impl Store {
    /// Runs `f` in one transaction on the database of impressions, which is opened, or made, at the first call.
    /// One that cannot be read is made anew, empty, and `f` runs on that. Must not be called within
    /// itself, nor within [`Store::write`].
    ///
    /// # Errors
    /// Those of `f`; `damaged`, `disk_full` or `store`. What `f` wrote is not kept then.
    pub fn impressions<T>(
        &self,
        f: impl Fn(&Impressions<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut held = self.impressions.lock();
        let mut conn = match held.take() {
            Some(conn) => conn,
            None => self.open_impressions()?,
        };
        let mut done = run(&mut conn, &f);
        if matches!(done, Err(StoreError::Damaged { .. })) {
            drop(conn);
            conn = self.make_impressions(ImpressionsState::Unreadable)?;
            done = run(&mut conn, &f);
        }
        *held = Some(conn);
        done
    }

    /// Whether there is, or was, a database of impressions.
    ///
    /// # Errors
    /// `damaged` or `store`.
    pub fn has_impressions(&self) -> Result<bool, StoreError> {
        Ok(self.impressions_key()?.is_some())
    }

    /// Why the database of impressions was made anew since somebody was told, a word; see
    /// [`ImpressionsState::lost`].
    ///
    /// # Errors
    /// `damaged` or `store`.
    pub fn impressions_lost(&self) -> Result<Option<String>, StoreError> {
        let word = self.read::<_, StoreError>(|tx| tx.meta(LOST))?;
        Ok(word.and_then(|word| String::from_utf8(word).ok()).filter(|word| !word.is_empty()))
    }

    /// Notes that somebody was told.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn impressions_loss_told(&self) -> Result<(), StoreError> {
        match self.impressions_lost()? {
            Some(_) => self.write(|tx| tx.set_meta(LOST, &[])),
            None => Ok(()),
        }
    }

    /// How the database of impressions is, by all of its bytes. One that is lost is not made anew here.
    pub(crate) fn impressions_state(&self) -> Result<ImpressionsState, StoreError> {
        match &*self.impressions.lock() {
            Some(conn) if is_whole(conn) => Ok(ImpressionsState::Whole),
            Some(_) => Ok(ImpressionsState::Unreadable),
            None => self.find_impressions(),
        }
    }

    fn impressions_path(&self) -> PathBuf {
        self.dir.join(IMPRESSIONS_FILE)
    }

    fn impressions_key(&self) -> Result<Option<StoreKey>, StoreError> {
        let bytes = self.read::<_, StoreError>(|tx| tx.meta(KEY))?;
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(StoreKey::from_bytes))
    }

    /// Looks at all of its bytes: what is damaged is made again before somebody relies on it.
    fn find_impressions(&self) -> Result<ImpressionsState, StoreError> {
        let path = self.impressions_path();
        Ok(match (self.impressions_key()?, database::exists(&path)) {
            (None, Ok(false)) => ImpressionsState::None,
            (Some(_), Ok(false)) => ImpressionsState::Missing,
            (Some(key), Ok(true)) => match database::prove(&path, &key, &IMPRESSIONS, |_, _| Ok(())) {
                Ok(()) if is_whole(&self.connect_impressions(&key)?) => ImpressionsState::Whole,
                Ok(()) => ImpressionsState::Unreadable,
                Err(StoreError::Damaged { .. } | StoreError::WrongKey | StoreError::Newer { .. }) => {
                    ImpressionsState::Unreadable
                }
                Err(other) => return Err(other),
            },
            (None, Ok(true)) | (_, Err(StoreError::Damaged { .. })) => ImpressionsState::Unreadable,
            (_, Err(other)) => return Err(other),
        })
    }

    fn open_impressions(&self) -> Result<Connection, StoreError> {
        match (self.find_impressions()?, self.impressions_key()?) {
            (ImpressionsState::Whole, Some(key)) => {
                let conn = self.connect_impressions(&key)?;
                // A process that died after removing something may have left it there.
                empty_log(&conn)?;
                Ok(conn)
            }
            (found, _) => self.make_impressions(found),
        }
    }

    fn connect_impressions(&self, key: &StoreKey) -> Result<Connection, StoreError> {
        let conn = database::connect_writer(&self.impressions_path(), key)?;
        // What is removed is gone, not only unlinked.
        conn.execute_batch("PRAGMA secure_delete = ON;")?;
        Ok(conn)
    }

    /// Makes it, under a key that nothing was sealed with before.
    fn make_impressions(&self, found: ImpressionsState) -> Result<Connection, StoreError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut())
            .map_err(|_| StoreError::Io { action: "get random bytes", kind: io::ErrorKind::Other })?;
        let key = StoreKey::from_bytes(*bytes);
        for part in PARTS {
            remove(self.dir.join(format!("{IMPRESSIONS_FILE}{part}")))?;
        }
        self.write::<_, StoreError>(|tx| {
            tx.set_meta(KEY, bytes.as_ref())?;
            found.lost().map_or(Ok(()), |word| tx.set_meta(LOST, word.as_bytes()))
        })?;
        durable::make_database(&self.dir, UNFINISHED, IMPRESSIONS_FILE, |unfinished| {
            database::create(unfinished, &key, &IMPRESSIONS)
        })?;
        if let Some(word) = found.lost() {
            tracing::warn!(found = word, "the database of impressions is made anew from the photos");
        }
        self.connect_impressions(&key)
    }
}

/// Whether each page is as it was written, and belongs together.
fn is_whole(conn: &Connection) -> bool {
    let looked = || -> rusqlite::Result<bool> {
        let damaged = conn.prepare("PRAGMA cipher_integrity_check")?.exists([])?;
        let pages: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        Ok(!damaged && pages == "ok")
    };
    looked().unwrap_or(false)
}

fn remove(path: PathBuf) -> Result<(), StoreError> {
    let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("remove the database of impressions", &error))
        }
        _ => Ok(()),
    }
}

fn run<T>(
    conn: &mut Connection,
    f: impl Fn(&Impressions<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (value, removed) = {
        let held = Impressions::new(&tx);
        (f(&held)?, held.has_removed())
    };
    tx.commit()?;
    if removed {
        empty_log(conn)?;
    }
    Ok(value)
}

/// What was removed does not stay in the log either. Nobody else reads this database, so nobody hinders it.
fn empty_log(conn: &Connection) -> Result<(), StoreError> {
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
