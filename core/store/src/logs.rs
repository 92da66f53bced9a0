//! What sync remembers beside envelopes: authors, positions in the server's logs, receipts and
//! verdicts. All of it is signed bytes whose meaning the sync crate knows.

use ruhu_case::{ActorId, DocId};
use rusqlite::Row;

use crate::row::{counter, stored};
use crate::{StoreError, Tx};

/// Hash of the envelope judged, and the signed verdict.
type Verdict = ([u8; 32], Vec<u8>);

/// How far this device has read one of the server's logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogCursor {
    /// The log's name.
    pub log: String,
    /// The log's epoch; grows when the server was restored.
    pub epoch: u64,
    /// Number of the last entry read.
    pub cursor: u64,
    /// Chain hash at that entry.
    pub chain: [u8; 32],
    /// The server's signature over that position.
    pub head_signature: Vec<u8>,
}

impl Tx<'_> {
    /// Keeps what is known of an author (its certificate), replacing what was.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_author(&self, actor: &ActorId, bytes: &[u8]) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO authors (actor, bytes) VALUES (?1, ?2)
             ON CONFLICT (actor) DO UPDATE SET bytes = excluded.bytes",
            (actor.0, bytes),
        )?;
        Ok(())
    }

    /// What is known of an author.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn author(&self, actor: &ActorId) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT bytes FROM authors WHERE actor = ?1", [actor.0], |row| row.get(0))
    }

    /// Keeps the position in a log, replacing the one before.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_cursor(&self, cursor: &LogCursor) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO cursors (log, epoch, cursor, chain, head_signature)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (log) DO UPDATE SET epoch = excluded.epoch, cursor = excluded.cursor,
                chain = excluded.chain, head_signature = excluded.head_signature",
            (
                &cursor.log,
                stored(cursor.epoch, "epoch")?,
                stored(cursor.cursor, "cursor")?,
                cursor.chain,
                &cursor.head_signature,
            ),
        )?;
        Ok(())
    }

    /// The position in one log.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn cursor(&self, log: &str) -> Result<Option<LogCursor>, StoreError> {
        self.one(
            "SELECT log, epoch, cursor, chain, head_signature FROM cursors WHERE log = ?1",
            [log],
            decode_cursor,
        )
    }

    /// The positions in all logs, by name.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn cursors(&self) -> Result<Vec<LogCursor>, StoreError> {
        self.all(
            "SELECT log, epoch, cursor, chain, head_signature FROM cursors ORDER BY log",
            [],
            decode_cursor,
        )
    }

    /// Keeps a receipt of the server; returns its number in this store.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn insert_receipt(&self, bytes: &[u8]) -> Result<i64, StoreError> {
        self.execute("INSERT INTO receipts (bytes) VALUES (?1)", [bytes])?;
        Ok(self.last_insert_rowid())
    }

    /// A receipt by its number.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn receipt(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT bytes FROM receipts WHERE id = ?1", [id], |row| row.get(0))
    }

    /// Keeps a verdict on an envelope (`subject` is its hash), which need not be here yet, in place of
    /// the one there was.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_verdict(&self, subject: &[u8; 32], bytes: &[u8]) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO verdicts (subject, bytes) VALUES (?1, ?2)
             ON CONFLICT (subject) DO UPDATE SET bytes = excluded.bytes",
            (subject, bytes),
        )?;
        Ok(())
    }

    /// The verdict on an envelope.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn verdict(&self, subject: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT bytes FROM verdicts WHERE subject = ?1", [subject], |row| row.get(0))
    }

    /// Verdicts on envelopes of a document, each with its subject, in the order the envelopes
    /// came in.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn verdicts_of_document(&self, doc: &DocId) -> Result<Vec<Verdict>, StoreError> {
        self.all(
            "SELECT subject, verdicts.bytes FROM envelopes
             JOIN verdicts ON verdicts.subject = envelopes.hash
             WHERE envelopes.doc = ?1 ORDER BY envelopes.id",
            [doc.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }
}

fn decode_cursor(row: &Row<'_>) -> rusqlite::Result<LogCursor> {
    Ok(LogCursor {
        log: row.get(0)?,
        epoch: counter(row, 1)?,
        cursor: counter(row, 2)?,
        chain: row.get(3)?,
        head_signature: row.get(4)?,
    })
}
