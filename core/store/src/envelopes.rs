//! Signed envelopes: those waiting for the server (the outbox) and all that were ever taken.

use ruhu_case::{ActorId, DocId};
use rusqlite::Row;

use crate::row::{counter, counter_opt, named, stored, stored_opt, words};
use crate::{StoreError, Tx};

/// Where an envelope stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvelopeState {
    /// Waits to be sent, or to be sent again.
    Outbox,
    /// The server has it.
    Acked,
    /// Kept, but its content is not applied.
    Quarantined,
    /// The server will never take it; its place in the author's chain is free.
    Refused,
    /// Another envelope says the same in its stead; its place in the author's chain is free.
    Superseded,
}

words!(EnvelopeState {
    Outbox = "outbox",
    Acked = "acked",
    Quarantined = "quarantined",
    Refused = "refused",
    Superseded = "superseded",
});

/// An envelope as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvelopeRow {
    /// Its hash; unique.
    pub hash: [u8; 32],
    /// The document it changes.
    pub doc: DocId,
    /// Its author.
    pub actor: ActorId,
    /// Its place in the author's chain.
    pub seq: u64,
    /// Hash of the envelope before it in the author's chain.
    pub prev: [u8; 32],
    /// The whole encoded envelope.
    pub bytes: Vec<u8>,
    /// The server's log it belongs to.
    pub log: String,
    /// Where it stands.
    pub state: EnvelopeState,
    /// Epoch of the log in which the server took it.
    pub epoch: Option<u64>,
    /// Its number in the log.
    pub server_seq: Option<u64>,
    /// When the server took it, by its clock, milliseconds since 1970 UTC.
    pub server_time_ms: Option<i64>,
    /// The receipt, by its number in this store ([`Tx::receipt`]).
    pub receipt: Option<i64>,
    /// Why it was quarantined, refused or superseded.
    pub reason: Option<String>,
}

const COLUMNS: &str = "id, hash, doc, actor, seq, prev, bytes, log, state, epoch, server_seq, \
                       server_time_ms, receipt, reason";
const PLACE: &str = "a place in the author's chain";

impl Tx<'_> {
    /// Adds an envelope. `false` when one with this hash is already here, which is left as it
    /// is; [`StoreError::Clash`] when another holds its place in the author's chain.
    ///
    /// # Errors
    /// `store` when another envelope holds its place, `damaged` or `disk_full`.
    pub fn insert_envelope(&self, row: &EnvelopeRow) -> Result<bool, StoreError> {
        let known: bool =
            self.scalar("SELECT EXISTS (SELECT 1 FROM envelopes WHERE hash = ?1)", [row.hash])?;
        if known {
            return Ok(false);
        }
        self.execute_in(
            PLACE,
            "INSERT INTO envelopes (hash, doc, actor, seq, prev, bytes, log, state, epoch,
                server_seq, server_time_ms, receipt, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            (
                row.hash,
                row.doc.0,
                row.actor.0,
                stored(row.seq, "seq")?,
                row.prev,
                &row.bytes,
                &row.log,
                row.state.as_str(),
                stored_opt(row.epoch, "epoch")?,
                stored_opt(row.server_seq, "server_seq")?,
                row.server_time_ms,
                row.receipt,
                &row.reason,
            ),
        )?;
        Ok(true)
    }

    /// One envelope.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn envelope(&self, hash: &[u8; 32]) -> Result<Option<EnvelopeRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM envelopes WHERE hash = ?1");
        self.one(&sql, [hash], |row| Ok(decode(row)?.1))
    }

    /// Moves an envelope to another state. [`StoreError::Clash`] when it would come back to a
    /// place in the author's chain that another holds by now.
    ///
    /// # Errors
    /// `store` when there is no such envelope or another holds its place, `damaged` or `disk_full`.
    pub fn set_envelope_state(
        &self,
        hash: &[u8; 32],
        state: EnvelopeState,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE envelopes SET state = ?2, reason = ?3 WHERE hash = ?1";
        match self.execute_in(PLACE, sql, (hash, state.as_str(), reason))? {
            0 => Err(StoreError::NotFound { what: "envelope" }),
            _ => Ok(()),
        }
    }

    /// Notes that the server has an envelope, where it stands in its log, and the number of the
    /// receipt; without a receipt the one it had is kept. The envelope becomes
    /// [`EnvelopeState::Acked`].
    ///
    /// # Errors
    /// `store` when there is no such envelope or another holds its place, `damaged` or `disk_full`.
    pub fn ack_envelope(
        &self,
        hash: &[u8; 32],
        epoch: u64,
        server_seq: u64,
        server_time_ms: i64,
        receipt: Option<i64>,
    ) -> Result<(), StoreError> {
        let changed = self.execute_in(
            PLACE,
            "UPDATE envelopes SET state = 'acked', reason = NULL, epoch = ?2, server_seq = ?3,
                server_time_ms = ?4, receipt = coalesce(?5, receipt)
             WHERE hash = ?1",
            (hash, stored(epoch, "epoch")?, stored(server_seq, "server_seq")?, server_time_ms, receipt),
        )?;
        match changed {
            0 => Err(StoreError::NotFound { what: "envelope" }),
            _ => Ok(()),
        }
    }

    /// Envelopes that wait for the server, and those that are offered to it though this device cannot
    /// use them, with their row numbers, oldest first, from the one after `after`.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn outbox(&self, after: Option<i64>, limit: u32) -> Result<Vec<(i64, EnvelopeRow)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM envelopes WHERE state = 'outbox' AND id > ?1
             UNION ALL
             SELECT {COLUMNS} FROM envelopes WHERE offered = 1 AND state <> 'outbox' AND id > ?1
             ORDER BY id LIMIT ?2"
        );
        self.all(&sql, (after.unwrap_or(0), limit), decode)
    }

    /// Number of envelopes that wait for the server.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn outbox_count(&self) -> Result<u32, StoreError> {
        self.scalar("SELECT count(*) FROM envelopes WHERE state = 'outbox'", [])
    }

    /// All envelopes of a document in the order they came in.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn envelopes_of_document(&self, doc: &DocId) -> Result<Vec<EnvelopeRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM envelopes WHERE doc = ?1 ORDER BY id");
        self.all(&sql, [doc.0], |row| Ok(decode(row)?.1))
    }

    /// The envelopes of a document in the order they came in, without those that are kept apart or refused.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn envelopes_heard_of_document(&self, doc: &DocId) -> Result<Vec<EnvelopeRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM envelopes
             WHERE doc = ?1 AND state NOT IN ('quarantined', 'refused') ORDER BY id"
        );
        self.all(&sql, [doc.0], |row| Ok(decode(row)?.1))
    }

    /// Envelopes of a log with their row numbers in the order they came in, from the one after
    /// `after`.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn envelopes_of_log(
        &self,
        log: &str,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, EnvelopeRow)>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM envelopes WHERE log = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
        self.all(&sql, (log, after.unwrap_or(0), limit), decode)
    }

    /// Puts every acknowledged envelope of a log from before this epoch back into the outbox,
    /// because the server was restored and may lack it. Receipts are kept: they prove what was
    /// taken. Returns how many. Costs nothing when there are none: what is acknowledged has a place
    /// in its log, and places have an index by epoch.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn unack_log(&self, log: &str, epoch: u64) -> Result<u32, StoreError> {
        let changed = self.execute(
            "UPDATE envelopes
             SET state = 'outbox', epoch = NULL, server_seq = NULL, server_time_ms = NULL
             WHERE log = ?1 AND server_seq IS NOT NULL AND epoch < ?2 AND state = 'acked'",
            (log, stored(epoch, "epoch")?),
        )?;
        Ok(u32::try_from(changed).unwrap_or(u32::MAX))
    }

    /// Forgets the places of what is kept apart of a log: what still has one is given it again.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn unplace_log(&self, log: &str) -> Result<(), StoreError> {
        self.execute(
            "UPDATE envelopes SET epoch = NULL, server_seq = NULL
             WHERE log = ?1 AND server_seq IS NOT NULL AND state IN ('quarantined', 'refused')",
            [log],
        )?;
        Ok(())
    }

    /// What is kept apart of a log and has a place in it: hash and reason.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn placed_apart(&self, log: &str) -> Result<Vec<([u8; 32], String)>, StoreError> {
        let sql = "SELECT hash, coalesce(reason, '') FROM envelopes
                   WHERE log = ?1 AND server_seq IS NOT NULL AND state IN ('quarantined', 'refused')";
        self.all(sql, [log], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Notes whether an envelope that is kept apart is offered to the server, which lacks it.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn set_offered(&self, hash: &[u8; 32], offered: bool) -> Result<(), StoreError> {
        let sql = "UPDATE envelopes SET offered = ?2
                   WHERE hash = ?1 AND state IN ('quarantined', 'refused') AND offered <> ?2";
        self.execute(sql, (hash, offered))?;
        Ok(())
    }

    /// Whether an envelope that is kept apart is offered to the server.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn is_offered(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM envelopes WHERE hash = ?1 AND offered = 1
                       AND state IN ('quarantined', 'refused'))";
        self.scalar(sql, [hash])
    }

    /// Envelopes of an author that are kept apart for this reason, oldest first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn set_aside_of_author(&self, actor: &ActorId, reason: &str) -> Result<Vec<EnvelopeRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM envelopes
             WHERE state NOT IN ('refused', 'superseded') AND state = 'quarantined'
                 AND actor = ?1 AND reason = ?2 ORDER BY +id"
        );
        self.all(&sql, (actor.0, reason), |row| Ok(decode(row)?.1))
    }

    /// Authors of whom envelopes are kept apart for this reason.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn authors_set_aside(&self, reason: &str) -> Result<Vec<ActorId>, StoreError> {
        let sql = "SELECT DISTINCT actor FROM envelopes
                   WHERE state IN ('outbox', 'quarantined', 'refused') AND state = 'quarantined' AND reason = ?1";
        self.all(sql, [reason], |row| row.get(0).map(ActorId))
    }

    /// Count and checksum of what this device knows of a log in this epoch, whatever its state, gaps
    /// included: the sum modulo 2^128 of the first 16 bytes (big-endian) of every envelope's hash,
    /// read from the rows each time.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn log_sum(&self, log: &str, epoch: u64) -> Result<(u64, [u8; 16]), StoreError> {
        let hashes = self.all(
            "SELECT hash FROM envelopes
             WHERE log = ?1 AND epoch = ?2 AND server_seq IS NOT NULL
             UNION ALL SELECT hash FROM gaps WHERE log = ?1 AND epoch = ?2",
            (log, stored(epoch, "epoch")?),
            |row| row.get::<_, [u8; 32]>(0),
        )?;
        let heads = hashes.iter().filter_map(|hash| hash.first_chunk::<16>());
        let (count, sum) = heads
            .fold((0, 0u128), |(count, sum), head| (count + 1, sum.wrapping_add(u128::from_be_bytes(*head))));
        Ok((count, sum.to_be_bytes()))
    }

    /// The last envelope of an author's chain: its place and hash. Refused and superseded ones
    /// are not part of the chain.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn chain_tail(&self, actor: &ActorId) -> Result<Option<(u64, [u8; 32])>, StoreError> {
        self.one(
            "SELECT seq, hash FROM envelopes
             WHERE actor = ?1 AND state NOT IN ('refused', 'superseded')
             ORDER BY seq DESC LIMIT 1",
            [actor.0],
            |row| Ok((counter(row, 0)?, row.get(1)?)),
        )
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<(i64, EnvelopeRow)> {
    let envelope = EnvelopeRow {
        hash: row.get(1)?,
        doc: DocId(row.get(2)?),
        actor: ActorId(row.get(3)?),
        seq: counter(row, 4)?,
        prev: row.get(5)?,
        bytes: row.get(6)?,
        log: row.get(7)?,
        state: named(row, 8, EnvelopeState::from_word)?,
        epoch: counter_opt(row, 9)?,
        server_seq: counter_opt(row, 10)?,
        server_time_ms: row.get(11)?,
        receipt: row.get(12)?,
        reason: row.get(13)?,
    };
    Ok((row.get(0)?, envelope))
}
