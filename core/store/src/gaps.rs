//! Entries of the server's logs whose content this device lacks.

use rusqlite::Row;

use crate::row::{counter, stored};
use crate::{StoreError, Tx};

/// An entry of a log whose content did not come, or came damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapRow {
    /// The log.
    pub log: String,
    /// The hash of the envelope that stands there.
    pub hash: [u8; 32],
    /// The epoch of the log.
    pub epoch: u64,
    /// Its number in the log.
    pub seq: u64,
    /// Whether an administrator of the server has excluded it.
    pub excluded: bool,
}

impl Tx<'_> {
    /// Notes a gap, or how it stands now.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_gap(&self, gap: &GapRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO gaps (log, hash, epoch, seq, excluded) VALUES (?1, ?2, ?3, ?4, ?5)",
            (&gap.log, gap.hash, stored(gap.epoch, "epoch")?, stored(gap.seq, "seq")?, gap.excluded),
        )?;
        Ok(())
    }

    /// An administrator has excluded an entry, or taken it in again: then it is asked for.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn set_gap_excluded(&self, hash: &[u8; 32], excluded: bool) -> Result<(), StoreError> {
        self.execute("UPDATE gaps SET excluded = ?2 WHERE hash = ?1", (hash, excluded))?;
        Ok(())
    }

    /// Forgets a gap: the envelope is here.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn delete_gap(&self, log: &str, hash: &[u8; 32]) -> Result<(), StoreError> {
        self.execute("DELETE FROM gaps WHERE log = ?1 AND hash = ?2", (log, hash))?;
        Ok(())
    }

    /// Forgets the gaps of a log, before it is compared.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn delete_gaps_of_log(&self, log: &str) -> Result<(), StoreError> {
        self.execute("DELETE FROM gaps WHERE log = ?1", [log])?;
        Ok(())
    }

    /// Gaps by log and hash, those that were excluded left out, at most so many.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn gaps(&self, limit: u32) -> Result<Vec<GapRow>, StoreError> {
        let sql = "SELECT log, hash, epoch, seq, excluded FROM gaps WHERE excluded = 0
                   ORDER BY log, hash LIMIT ?1";
        self.all(sql, [limit], decode)
    }

    /// How many entries of logs this device lacks, those that were excluded left out.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn gap_count(&self) -> Result<u32, StoreError> {
        self.scalar("SELECT count(*) FROM gaps WHERE excluded = 0", [])
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<GapRow> {
    Ok(GapRow {
        log: row.get(0)?,
        hash: row.get(1)?,
        epoch: counter(row, 2)?,
        seq: counter(row, 3)?,
        excluded: row.get(4)?,
    })
}
