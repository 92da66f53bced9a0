//! Places: who stands where in an author's chain, in a document, and in the server's logs.

use ruhu_case::{ActorId, ChangeHash, DocId};

use crate::row::{counter, stored};
use crate::{CaseRow, StoreError, Tx};

impl Tx<'_> {
    /// The place up to which the server has acknowledged this author's chain: the highest sequence
    /// number among acknowledged envelopes.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn acked_tail(&self, actor: &ActorId) -> Result<Option<u64>, StoreError> {
        self.one(
            // The second condition lets SQLite use the partial index of places.
            "SELECT seq FROM envelopes
             WHERE actor = ?1 AND state NOT IN ('refused', 'superseded') AND state = 'acked'
             ORDER BY seq DESC LIMIT 1",
            [actor.0],
            |row| counter(row, 0),
        )
    }

    /// The envelope that holds a place in an author's chain, by its hash.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn envelope_at(&self, actor: &ActorId, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
        self.one(
            "SELECT hash FROM envelopes
             WHERE actor = ?1 AND seq = ?2 AND state NOT IN ('refused', 'superseded')",
            (actor.0, stored(seq, "seq")?),
            |row| row.get(0),
        )
    }

    /// The change that holds an actor's sequence number in a document, and the hash of the envelope
    /// that carries it.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn change_at(
        &self,
        doc: &DocId,
        actor: &ActorId,
        seq: u64,
    ) -> Result<Option<(ChangeHash, [u8; 32])>, StoreError> {
        self.one(
            "SELECT hash, envelope FROM changes WHERE doc = ?1 AND actor = ?2 AND seq = ?3",
            (doc.0, actor.0, stored(seq, "seq")?),
            |row| Ok((ChangeHash(row.get(0)?), row.get(1)?)),
        )
    }

    /// Notes where the server has an envelope that is not applied here; its state stays.
    ///
    /// # Errors
    /// `store` when there is no such envelope, `damaged` or `disk_full`.
    pub fn place_envelope(
        &self,
        hash: &[u8; 32],
        epoch: u64,
        server_seq: u64,
        server_time_ms: i64,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE envelopes SET epoch = ?2, server_seq = ?3, server_time_ms = ?4 WHERE hash = ?1";
        let place = (hash, stored(epoch, "epoch")?, stored(server_seq, "server_seq")?, server_time_ms);
        match self.execute(sql, place)? {
            0 => Err(StoreError::NotFound { what: "envelope" }),
            _ => Ok(()),
        }
    }

    /// The envelopes that were quarantined for this reason.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn quarantined_for(&self, reason: &str) -> Result<Vec<[u8; 32]>, StoreError> {
        // The first condition lets SQLite use the index of what is pending.
        let sql = "SELECT hash FROM envelopes WHERE state IN ('outbox', 'quarantined', 'refused')
                   AND state = 'quarantined' AND reason = ?1";
        self.all(sql, [reason], |row| row.get(0))
    }

    /// Puts what was quarantined for this reason back into the outbox; gives how many.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn requeue_quarantined(&self, reason: &str) -> Result<usize, StoreError> {
        let sql = "UPDATE envelopes SET state = 'outbox', reason = NULL
                   WHERE state IN ('outbox', 'quarantined', 'refused') AND state = 'quarantined' AND reason = ?1";
        self.execute(sql, [reason])
    }

    /// Every author record the device holds.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn authors(&self) -> Result<Vec<(ActorId, Vec<u8>)>, StoreError> {
        self.all("SELECT actor, bytes FROM authors", [], |row| Ok((ActorId(row.get(0)?), row.get(1)?)))
    }

    /// One row of the case list.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn case_row(&self, doc: &DocId) -> Result<Option<CaseRow>, StoreError> {
        self.one(
            &format!("SELECT {} FROM cases WHERE doc = ?1", crate::cases::COLUMNS),
            [doc.0],
            crate::cases::decode,
        )
    }
}
