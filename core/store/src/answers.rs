//! Answers on their way: a database of their own beside the store's, so that whoever answers a question
//! waits for nobody who writes there, least of all for a sync (ADR 30).
//!
//! An answer is on the disk when the call that appended it returns. It moves into the journal of its draft
//! before anything stands on it: a visit is saved, a picture answers, a form gets a new version. Until then
//! whoever reads sees both as one journal. A process that dies while they move leaves an entry in both,
//! under one number, and it is read once.

use std::sync::atomic::Ordering;

use parking_lot::MutexGuard;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::row::{counter, stored};
use crate::{Store, StoreError, Tx};

/// An entry of a draft that has not moved.
struct Moving {
    entry: u64,
    at_ms: i64,
    bytes: Vec<u8>,
}

/// The right to append to a draft's journal in the store: its answers have moved there, and none is given
/// before this is dropped.
pub struct Settled<'s> {
    draft: String,
    _answers: MutexGuard<'s, Connection>,
}

impl Settled<'_> {
    pub(crate) fn draft(&self) -> &str {
        &self.draft
    }
}

impl Store {
    /// Appends an answer to a draft's journal, at a time in milliseconds since 1970 UTC; returns its number,
    /// counted from 1. It is on the disk then. It waits for other answers, and for nobody else.
    ///
    /// # Errors
    /// `store` when there is no such draft, `damaged` or `disk_full`. Nothing is appended then.
    pub fn append_answer(&self, draft: &str, at_ms: i64, bytes: &[u8]) -> Result<u64, StoreError> {
        let mut answers = self.connections.answers.lock();
        let entry = self.read(|tx| tx.next_entry(draft))?;
        let transaction = Transaction::new(&mut answers, TransactionBehavior::Immediate)?;
        transaction
            .prepare_cached("INSERT INTO entries (draft, entry, at_ms, bytes) VALUES (?1, ?2, ?3, ?4)")?
            .execute((draft, stored(entry, "entry")?, at_ms, bytes))?;
        transaction.commit()?;
        self.connections.answered.fetch_add(1, Ordering::Relaxed);
        Ok(entry)
    }

    /// How often somebody wrote here who waited for the disk, answers included, since the store was opened: a
    /// sync sees by it whether it is alone.
    pub fn written_by_people(&self) -> u64 {
        self.durable_writes() + self.connections.answered.load(Ordering::Relaxed)
    }

    /// Moves a draft's answers into its journal in the store and keeps others from being given until the
    /// result is dropped. Needed by whoever writes something that stands on the journal, or appends to it. A
    /// thread that holds one, or a [`Writer`](crate::Writer), must not ask for another.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; every answer is where it was, or in both places.
    pub fn settle(&self, draft: &str) -> Result<Settled<'_>, StoreError> {
        let answers = self.connections.answers.lock();
        let moving = read_moving(&answers, draft)?;
        if !moving.is_empty() {
            self.write(|tx| tx.take_in(draft, &moving))?;
            remove(&answers, draft)?;
        }
        Ok(Settled { draft: draft.to_owned(), _answers: answers })
    }
}

fn read_moving(answers: &Connection, draft: &str) -> Result<Vec<Moving>, StoreError> {
    let sql = "SELECT entry, at_ms, bytes FROM entries WHERE draft = ?1 ORDER BY entry";
    let mut select = answers.prepare_cached(sql)?;
    let rows = select.query_map([draft], |row| {
        Ok(Moving { entry: counter(row, 0)?, at_ms: row.get(1)?, bytes: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
}

/// Removes what has moved. No disk is waited for: what a loss of power brings back is in the journal.
fn remove(answers: &Connection, draft: &str) -> Result<(), StoreError> {
    answers.execute_batch("PRAGMA synchronous = NORMAL")?;
    let removed = answers.execute("DELETE FROM entries WHERE draft = ?1", [draft]);
    answers.execute_batch("PRAGMA synchronous = FULL")?;
    removed?;
    Ok(())
}

impl Tx<'_> {
    /// The number that the next entry of a draft's journal has.
    fn next_entry(&self, draft: &str) -> Result<u64, StoreError> {
        if self.draft(draft)?.is_none() {
            return Err(StoreError::NotFound { what: "draft" });
        }
        let last = |sql: &str| self.one(sql, [draft], |row| counter(row, 0));
        let kept = last("SELECT entry FROM main.journal WHERE draft = ?1 ORDER BY entry DESC LIMIT 1")?;
        let answered = last("SELECT entry FROM answered WHERE draft = ?1 ORDER BY entry DESC LIMIT 1")?;
        Ok(kept.max(answered).unwrap_or(0) + 1)
    }

    /// Appends an entry to a draft's journal; returns its number, counted from 1.
    ///
    /// # Errors
    /// `store` when there is no such draft, `damaged` or `disk_full`.
    pub fn append_journal(&self, settled: &Settled<'_>, bytes: &[u8]) -> Result<u64, StoreError> {
        let entry = self.next_entry(settled.draft())?;
        self.put_entry(settled.draft(), entry, bytes)?;
        Ok(entry)
    }

    fn put_entry(&self, draft: &str, entry: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO journal (draft, entry, bytes) VALUES (?1, ?2, ?3)";
        self.execute(sql, (draft, stored(entry, "entry")?, bytes)).map(drop)
    }

    /// Takes a draft's answers into its journal. Those that are there already, from a move that was cut off,
    /// stay as they are.
    fn take_in(&self, draft: &str, moving: &[Moving]) -> Result<(), StoreError> {
        for Moving { entry, at_ms, bytes } in moving {
            let sql = "SELECT bytes FROM journal WHERE draft = ?1 AND entry = ?2";
            let kept: Option<Vec<u8>> = self.one(sql, (draft, stored(*entry, "entry")?), |row| row.get(0))?;
            match kept {
                Some(kept) if kept == *bytes => continue,
                // Parts of a folder that were copied at different times: nothing is written over.
                Some(_) => self.put_entry(draft, self.next_entry(draft)?, bytes)?,
                None => self.put_entry(draft, *entry, bytes)?,
            }
            self.execute_one("draft", "UPDATE drafts SET updated_at_ms = ?2 WHERE id = ?1", (draft, at_ms))?;
        }
        Ok(())
    }

    /// A draft's journal, oldest entry first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn journal(&self, draft: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        self.journal_after(draft, 0)
    }

    /// The entries of a draft's journal behind one, oldest first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn journal_after(&self, draft: &str, entry: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM journals WHERE draft = ?1 AND entry > ?2 ORDER BY entry";
        self.all(sql, (draft, stored(entry, "entry")?), |row| row.get(0))
    }
}
