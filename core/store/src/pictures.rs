//! What pictures look like, by the entries that name them, and their thumbnails. Small, and in the
//! database: a picture and what is made of it come and go in one transaction.

use ruhu_case::DocId;

use crate::{StoreError, Tx};

/// An entry of evidence and what its picture looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikenessRow {
    /// The document.
    pub doc: DocId,
    /// The entry.
    pub evidence: String,
    /// What it looks like, as the entry says it.
    pub likeness: String,
}

impl Tx<'_> {
    /// Keeps what a picture looks like; an entry keeps what it said first.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_likeness(&self, row: &LikenessRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO likenesses (doc, evidence, likeness) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (row.doc.0, &row.evidence, &row.likeness),
        )?;
        Ok(())
    }

    /// What all pictures look like.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn likenesses(&self) -> Result<Vec<LikenessRow>, StoreError> {
        let sql = "SELECT doc, evidence, likeness FROM likenesses ORDER BY doc, evidence";
        self.all(sql, [], |row| {
            Ok(LikenessRow { doc: DocId(row.get(0)?), evidence: row.get(1)?, likeness: row.get(2)? })
        })
    }

    /// Keeps a small picture of a file.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_thumbnail(&self, sha256: &[u8; 32], jpeg: &[u8]) -> Result<(), StoreError> {
        self.execute("INSERT OR REPLACE INTO thumbnails (sha256, jpeg) VALUES (?1, ?2)", (sha256, jpeg))?;
        Ok(())
    }

    /// The small picture of a file, if there is one.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn thumbnail(&self, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT jpeg FROM thumbnails WHERE sha256 = ?1", [sha256], |row| row.get(0))
    }

    /// Where a file is used: documents, and the entries in them.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn uses_of_file(&self, sha256: &[u8; 32]) -> Result<Vec<(DocId, String)>, StoreError> {
        let sql = "SELECT doc, evidence FROM file_uses WHERE sha256 = ?1 ORDER BY id";
        self.all(sql, [sha256], |row| Ok((DocId(row.get(0)?), row.get(1)?)))
    }
}
