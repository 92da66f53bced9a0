//! Changes that wait for one that is not here, by what they lack.

use ruhu_case::{ActorId, ChangeHash, DocId};
use rusqlite::Row;

use crate::row::{counter, stored};
use crate::{StoreError, Tx};

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// The document it belongs to.
    pub doc: DocId,
    /// The change.
    pub change: ChangeHash,
    /// One that it stands on and that is not here.
    pub lacks: ChangeHash,
    /// Its author.
    pub actor: ActorId,
    /// Its size in bytes.
    pub bytes: u64,
    /// Hash of the envelope that carries it.
    pub envelope: [u8; 32],
}

/// How many changes wait, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WaitingCount {
    /// Changes.
    pub changes: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Tx<'_> {
    /// Notes that a change waits, or what it lacks now.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_waiting(&self, row: &WaitingRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO waiting (doc, change, lacks, actor, bytes, envelope)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (doc, change) DO UPDATE SET lacks = excluded.lacks",
            (row.doc.0, row.change.0, row.lacks.0, row.actor.0, stored(row.bytes, "bytes")?, row.envelope),
        )?;
        Ok(())
    }

    /// Forgets that a change waits: it is applied.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn delete_waiting(&self, doc: &DocId, change: &ChangeHash) -> Result<(), StoreError> {
        self.execute("DELETE FROM waiting WHERE doc = ?1 AND change = ?2", (doc.0, change.0))?;
        Ok(())
    }

    /// Forgets the changes of a document that wait in envelopes which count: the document is made anew
    /// of those.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn delete_counting_waiting(&self, doc: &DocId) -> Result<(), StoreError> {
        self.execute(
            "DELETE FROM waiting WHERE doc = ?1 AND envelope IN
                 (SELECT hash FROM envelopes WHERE doc = ?1 AND state IN ('outbox', 'acked'))",
            [doc.0],
        )?;
        Ok(())
    }

    /// Whether a change is noted as waiting.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn is_waiting(&self, doc: &DocId, change: &ChangeHash) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM waiting WHERE doc = ?1 AND change = ?2)";
        self.scalar(sql, (doc.0, change.0))
    }

    /// Whether anything waits in a document.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn has_waiting(&self, doc: &DocId) -> Result<bool, StoreError> {
        self.scalar("SELECT EXISTS (SELECT 1 FROM waiting WHERE doc = ?1)", [doc.0])
    }

    /// Whether anything of an author waits in a document.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn has_waiting_of(&self, doc: &DocId, actor: &ActorId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM waiting WHERE doc = ?1 AND actor = ?2)";
        self.scalar(sql, (doc.0, actor.0))
    }

    /// The changes of a document that lack this one, with the envelopes that carry them.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn waiting_for(
        &self,
        doc: &DocId,
        lacks: &ChangeHash,
    ) -> Result<Vec<(ChangeHash, [u8; 32])>, StoreError> {
        // Without being told, SQLite reads all that waits in the document.
        let sql = "SELECT change, envelope FROM waiting INDEXED BY waiting_for
                   WHERE doc = ?1 AND lacks = ?2 ORDER BY change";
        self.all(sql, (doc.0, lacks.0), |row| Ok((ChangeHash(row.get(0)?), row.get(1)?)))
    }

    /// What the waiting changes of a document lack, each once.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn lacking_in(&self, doc: &DocId) -> Result<Vec<ChangeHash>, StoreError> {
        let sql = "SELECT DISTINCT lacks FROM waiting WHERE doc = ?1 ORDER BY lacks";
        self.all(sql, [doc.0], |row| row.get(0).map(ChangeHash))
    }

    /// How much of an author, or of all, waits in a document; counted up to `most` changes.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn waiting_count(
        &self,
        doc: &DocId,
        actor: Option<&ActorId>,
        most: u32,
    ) -> Result<WaitingCount, StoreError> {
        let decode = |row: &Row<'_>| Ok(WaitingCount { changes: counter(row, 0)?, bytes: counter(row, 1)? });
        let count = match actor {
            Some(actor) => self.one(
                "SELECT count(*), coalesce(sum(bytes), 0) FROM
                     (SELECT bytes FROM waiting INDEXED BY waiting_of_author
                      WHERE doc = ?1 AND actor = ?2 LIMIT ?3)",
                (doc.0, actor.0, most),
                decode,
            )?,
            None => self.one(
                "SELECT count(*), coalesce(sum(bytes), 0) FROM
                     (SELECT bytes FROM waiting INDEXED BY waiting_of_author WHERE doc = ?1 LIMIT ?2)",
                (doc.0, most),
                decode,
            )?,
        };
        Ok(count.unwrap_or_default())
    }

    /// How many changes wait, by document and author.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn waiting_by_author(&self) -> Result<Vec<(DocId, ActorId, u32)>, StoreError> {
        let sql = "SELECT doc, actor, count(*) FROM waiting GROUP BY doc, actor ORDER BY doc, actor";
        self.all(sql, [], |row| Ok((DocId(row.get(0)?), ActorId(row.get(1)?), row.get(2)?)))
    }
}
