//! Photos on which prints are compared, by the entries that name them: derived from documents, and replaced with
//! them, so that what a household does not show any more is not compared any more.

use ruhu_case::DocId;
use rusqlite::Row;

use crate::{StoreError, Tx};

/// An entry of evidence that names a photo of prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintPhotoRow {
    /// The document.
    pub doc: DocId,
    /// The entry.
    pub evidence: String,
    /// SHA-256 of the photo.
    pub sha256: [u8; 32],
    /// What the household says of it: JSON.
    pub facts: String,
}

impl Tx<'_> {
    /// Puts those of a document in the place of what it had.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn set_print_photos(&self, doc: &DocId, rows: &[PrintPhotoRow]) -> Result<(), StoreError> {
        self.execute("DELETE FROM print_photos WHERE doc = ?1", [doc.0])?;
        for row in rows {
            self.execute(
                "INSERT INTO print_photos (doc, evidence, sha256, facts) VALUES (?1, ?2, ?3, ?4)",
                (doc.0, &row.evidence, row.sha256, &row.facts),
            )?;
        }
        Ok(())
    }

    /// Those of all documents.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn print_photos(&self) -> Result<Vec<PrintPhotoRow>, StoreError> {
        let sql = "SELECT doc, evidence, sha256, facts FROM print_photos ORDER BY doc, evidence";
        self.all(sql, [], decode)
    }

    /// That of one entry.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn print_photo(&self, doc: &DocId, evidence: &str) -> Result<Option<PrintPhotoRow>, StoreError> {
        let sql = "SELECT doc, evidence, sha256, facts FROM print_photos WHERE doc = ?1 AND evidence = ?2";
        self.one(sql, (doc.0, evidence), decode)
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<PrintPhotoRow> {
    Ok(PrintPhotoRow {
        doc: DocId(row.get(0)?),
        evidence: row.get(1)?,
        sha256: row.get(2)?,
        facts: row.get(3)?,
    })
}
