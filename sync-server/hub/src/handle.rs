//! The server's store as a program holds it: opened on a folder, written in units of work.

use std::path::{Path, PathBuf};

use ruhu_sync::{KeyPair, PublicKey};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::bounds::Bounds;
use super::clock::Witnesses;
use super::photo_folder::PhotoFolder;
use super::schema::Durability;
use super::shared_answers::SharedAnswers;
use super::unit_of_work::{ServerAuthor, UnitOfWork};
use super::wal::{self, Standing};
use super::{identity, private, restored, schema};
use crate::error::{HubError, StorageError};
use crate::lock::ServerLock;

/// How to open a [`Hub`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// When a transaction counts as written.
    pub durability: Durability,
    /// 16 bytes that make the server's author of this opening; drawn from the system when `None`.
    /// They must never repeat: a simulation that repeats its runs draws them from its seed.
    pub nonce: Option<[u8; 16]>,
    /// How much is kept of quarantine and of uploads.
    pub bounds: Bounds,
}

/// The server's store and its rules. Several processes may hold one open on the same folder: nothing
/// that another can change is remembered between calls, but for answers that may be half a minute old.
#[derive(Debug)]
pub struct Hub {
    pub(super) connection: Connection,
    pub(super) key: KeyPair,
    pub(super) author: ServerAuthor,
    pub(super) dir: PathBuf,
    pub(super) folder: PhotoFolder,
    /// The database was copied without its write-ahead log.
    pub(super) lacks_log: bool,
    pub(super) shared: SharedAnswers,
    pub(super) witnesses: Witnesses,
    pub(super) bounds: Bounds,
}

impl Hub {
    /// Opens the server in a folder; makes the folder, the key and the database at the first time.
    ///
    /// # Errors
    /// [`StorageError`]: the disk, a database of a newer version, a missing key.
    pub fn open(data_dir: &Path, now_ms: i64) -> Result<Hub, HubError> {
        Hub::open_with(data_dir, Options::default(), now_ms)
    }

    /// As [`Hub::open`], with options.
    pub fn open_with(data_dir: &Path, options: Options, now_ms: i64) -> Result<Hub, HubError> {
        private::make_folder(data_dir).map_err(StorageError::io("make the data folder"))?;
        private::close(data_dir);
        let database = data_dir.join("server.db");
        let key = identity::load_or_make(data_dir, database.exists())?;
        let connection = schema::open(&database, options.durability).map_err(|error| {
            // SQLite has many words for a disk that is mounted to be read only.
            ServerLock::require_writable(data_dir).err().unwrap_or(error)
        })?;
        let folder = PhotoFolder::open(data_dir)?;
        let nonce = match options.nonce {
            Some(nonce) => nonce,
            None => identity::random()?,
        };
        let author = ServerAuthor::new(&key, nonce, now_ms)?;
        let mut hub = Hub {
            connection,
            key,
            author,
            dir: data_dir.to_owned(),
            folder,
            lacks_log: false,
            shared: SharedAnswers::default(),
            witnesses: Witnesses::default(),
            bounds: options.bounds,
        };
        hub.reconcile_revocations(now_ms)?;
        Ok(hub)
    }

    /// As [`Hub::open`], for the one process that will serve: who calls it holds the folder's lock. A
    /// database that lacks its write-ahead log is taken as a restored one: phones bring back what it
    /// has lost.
    ///
    /// # Errors
    /// [`StorageError::ForeignLog`] when the log beside the database is of another copy, and those of
    /// [`Hub::open`]. No byte has changed then.
    pub fn open_to_serve(data_dir: &Path, now_ms: i64) -> Result<Hub, HubError> {
        let standing = wal::standing(&data_dir.join("server.db"))?;
        if standing == Standing::Foreign {
            return Err(StorageError::ForeignLog.into());
        }
        let hub = Hub::open(data_dir, now_ms)?;
        if standing == Standing::Missing {
            let logs = restored::raise_epochs(&hub.connection, now_ms)?;
            wal::settle(&hub.connection)?;
            tracing::warn!(
                logs,
                "the database is a copy without its write-ahead log; phones bring the rest back"
            );
        }
        match wal::checkpoint(&hub.connection) {
            Err(error) if error.takes_nothing() => {
                tracing::error!(%error, "the disk takes nothing: what is here is told, and nothing can be taken");
            }
            done => done?,
        }
        Ok(hub)
    }

    /// Opens a server that is already there: for commands that shall not make one by mistake.
    pub fn open_existing(data_dir: &Path, now_ms: i64) -> Result<Hub, HubError> {
        let database = data_dir.join("server.db");
        if !database.exists() {
            return Err(StorageError::NoServer.into());
        }
        // A server that runs has looked at its files, and moves them while they are read.
        let standing = match ServerLock::is_held(data_dir)? {
            true => Standing::Together,
            false => wal::standing(&database)?,
        };
        if standing == Standing::Foreign {
            return Err(StorageError::ForeignLog.into());
        }
        let hub = Hub::open(data_dir, now_ms)?;
        Ok(Hub { lacks_log: standing == Standing::Missing, ..hub })
    }

    /// The server's signing key: who enrols pins it.
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// Keeps other bounds from now on.
    pub fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// What is kept.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Where the bytes of files lie.
    pub fn folder(&self) -> &PhotoFolder {
        &self.folder
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Remembers something for later commands, such as the address the server was reached at.
    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<(), HubError> {
        if self.meta(key)?.as_deref() == Some(value) {
            return Ok(());
        }
        self.connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", [key, value])?;
        Ok(())
    }

    /// What [`Hub::set_meta`] remembered.
    pub fn meta(&self, key: &str) -> Result<Option<String>, HubError> {
        let value = self.connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |r| r.get(0));
        Ok(value.optional()?)
    }

    /// Everything `act` writes is written in one transaction, durable when this returns.
    pub(super) fn write<T>(
        &mut self,
        now_ms: i64,
        act: impl FnOnce(&mut UnitOfWork<'_>) -> Result<T, HubError>,
    ) -> Result<T, HubError> {
        let clock = self.observe_clock(now_ms)?;
        let begin = |how| Transaction::new_unchecked(&self.connection, how).map_err(StorageError::from);
        let tx = match begin(TransactionBehavior::Immediate) {
            // On such a disk what only reads is done all the same.
            Err(error) if error.is_read_only() => begin(TransactionBehavior::Deferred)?,
            begun => begun?,
        };
        let mut work = UnitOfWork {
            tx: &tx,
            key: &self.key,
            folder: &self.folder,
            author: self.author.clone(),
            now_ms,
            clock,
            bounds: self.bounds,
        };
        let out = act(&mut work)?;
        let author = work.author;
        tx.commit()?;
        if let Err(error) = wal::checkpoint_if_long(&self.connection) {
            // What was written is on the disk; the next one tries again.
            tracing::warn!(%error, "the write-ahead log is not moved into the database");
        }
        // Only now: a transaction that was rolled back leaves the server's own chain where it was.
        self.author = author;
        Ok(out)
    }
}
