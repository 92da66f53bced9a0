//! Pieces of a file on its way to this device: what came stays, sealed, when the line breaks.

use crate::row::{counter, stored};
use crate::{StoreError, Tx};

/// A piece of a file, sealed as a file of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct FilePart {
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Where in the file it begins, in bytes.
    pub start: u64,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of the piece.
    pub content: [u8; 32],
    /// The random key under which it is sealed.
    pub key: [u8; 32],
}

impl Tx<'_> {
    /// Keeps a piece.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_file_part(&self, part: &FilePart) -> Result<(), StoreError> {
        self.execute(
            "INSERT OR REPLACE INTO file_parts (sha256, start, size, content, key) VALUES (?1, ?2, ?3, ?4, ?5)",
            (part.sha256, stored(part.start, "start")?, stored(part.size, "size")?, part.content, part.key),
        )?;
        Ok(())
    }

    /// The pieces of a file, from its beginning as far as they join.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn file_parts(&self, sha256: &[u8; 32]) -> Result<Vec<FilePart>, StoreError> {
        let sql = "SELECT sha256, start, size, content, key FROM file_parts WHERE sha256 = ?1 ORDER BY start";
        let mut parts = self.all(sql, [sha256], decode)?;
        let mut end = 0;
        let joined = parts.iter().take_while(|part| {
            let joins = part.start == end;
            end = part.start + part.size;
            joins
        });
        let count = joined.count();
        parts.truncate(count);
        Ok(parts)
    }

    /// Forgets the pieces of a file.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn delete_file_parts(&self, sha256: &[u8; 32]) -> Result<(), StoreError> {
        self.execute("DELETE FROM file_parts WHERE sha256 = ?1", [sha256])?;
        Ok(())
    }

    pub(crate) fn all_file_parts(&self) -> Result<Vec<FilePart>, StoreError> {
        self.all("SELECT sha256, start, size, content, key FROM file_parts", [], decode)
    }
}

fn decode(row: &rusqlite::Row<'_>) -> rusqlite::Result<FilePart> {
    Ok(FilePart {
        sha256: row.get(0)?,
        start: counter(row, 1)?,
        size: counter(row, 2)?,
        content: row.get(3)?,
        key: row.get(4)?,
    })
}
