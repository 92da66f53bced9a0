//! Which envelope carried which change, and the rule that one actor's sequence number in a
//! document belongs to one change only: two changes on one place would leave replicas apart
//! for ever.

use ruhu_case::{ActorId, ChangeHash, DocId};

use crate::row::stored;
use crate::{StoreError, Tx};

const PLACE: &str = "a sequence number of this author in the document";

impl Tx<'_> {
    /// Notes a change and the envelope that carries it. A change that is already noted stays
    /// with its first envelope. [`StoreError::Clash`] when another change holds the place
    /// (document, actor, seq). The envelope's row may come later in the same transaction.
    ///
    /// # Errors
    /// `store` when another change holds the place, `damaged` or `disk_full`.
    pub fn insert_change(
        &self,
        doc: &DocId,
        hash: &ChangeHash,
        actor: &ActorId,
        seq: u64,
        envelope: &[u8; 32],
    ) -> Result<(), StoreError> {
        let seq = stored(seq, "seq")?;
        let holder = self.one(
            "SELECT hash FROM changes WHERE doc = ?1 AND actor = ?2 AND seq = ?3",
            (doc.0, actor.0, seq),
            |row| row.get::<_, [u8; 32]>(0),
        )?;
        match holder {
            Some(held) if held == hash.0 => return Ok(()),
            Some(_) => return Err(StoreError::Clash { what: PLACE }),
            None => {}
        }
        self.execute_in(
            PLACE,
            "INSERT INTO changes (doc, hash, actor, seq, envelope) VALUES (?1, ?2, ?3, ?4, ?5)",
            (doc.0, hash.0, actor.0, seq, envelope),
        )?;
        Ok(())
    }

    /// Hash of the envelope that carries a change.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn envelope_of_change(&self, doc: &DocId, hash: &ChangeHash) -> Result<Option<[u8; 32]>, StoreError> {
        self.one("SELECT envelope FROM changes WHERE doc = ?1 AND hash = ?2", (doc.0, hash.0), |row| {
            row.get(0)
        })
    }

    /// Forgets the changes of an envelope that does not count any more, those that wait too; their places
    /// are free.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn delete_changes_of_envelope(&self, envelope: &[u8; 32]) -> Result<(), StoreError> {
        self.execute("DELETE FROM waiting WHERE envelope = ?1", [envelope])?;
        self.execute("DELETE FROM changes WHERE envelope = ?1", [envelope])?;
        Ok(())
    }
}
