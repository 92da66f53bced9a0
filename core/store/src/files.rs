//! Rows of files: what is known of each photograph or paper whose bytes lie sealed beside the
//! database, and how far it has been sent.

use std::fmt;

use ruhu_case::DocId;
use rusqlite::Row;

use crate::row::{counter, named, stored, words};
use crate::{StoreError, Tx};

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileState {
    /// Only on this device.
    Local,
    /// On its way to the server.
    Uploading,
    /// Every byte is on the server's disk.
    Stored,
    /// A backup or replica of the server has it too; only now may the bytes here be removed.
    Durable,
    /// Known from a document, its bytes are not here yet.
    Wanted,
}

words!(FileState {
    Local = "local",
    Uploading = "uploading",
    Stored = "stored",
    Durable = "durable",
    Wanted = "wanted",
});

/// A file as the store keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct FileRow {
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub size: u64,
    /// Its media type.
    pub mime: String,
    /// The document it belongs to.
    pub doc: DocId,
    /// The evidence entry in that document.
    pub evidence: String,
    /// The random key under which its bytes are sealed.
    pub key: [u8; 32],
    /// How far it has come.
    pub state: FileState,
    /// Where the upload goes on.
    pub upload_url: Option<String>,
    /// Bytes the server has confirmed.
    pub offset: u64,
    /// The server's receipt.
    pub receipt: Option<Vec<u8>>,
    /// When it was added, milliseconds since 1970 UTC.
    pub added_at_ms: i64,
}

// Written by hand so that the key never reaches a log.
impl fmt::Debug for FileRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileRow")
            .field("sha256", &self.sha256)
            .field("size", &self.size)
            .field("state", &self.state)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

const COLUMNS: &str = "f.sha256, f.size, f.mime, u.doc, u.evidence, f.key, f.state, \
                       f.upload_url, f.upload_offset, f.receipt, f.added_at_ms";
/// Each file with the first place it was used in.
const WITH_FIRST_USE: &str = "files AS f JOIN file_uses AS u ON u.id = \
                              (SELECT min(id) FROM file_uses WHERE sha256 = f.sha256)";

impl Tx<'_> {
    /// Adds a file and where it is used.
    ///
    /// The same content may be used in several places and is kept once: when it is here
    /// already, the use is added, and key, state, progress and receipt stay those of the first
    /// (ask [`Tx::file`] for the key that counts). Only when a file that was
    /// [`FileState::Wanted`] arrives by itself, the new row stands.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_file(&self, row: &FileRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO files (sha256, size, mime, key, state, upload_url, upload_offset,
                receipt, added_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (sha256) DO UPDATE SET
                size = excluded.size, mime = excluded.mime, key = excluded.key,
                state = excluded.state, upload_url = excluded.upload_url,
                upload_offset = excluded.upload_offset, receipt = excluded.receipt,
                added_at_ms = excluded.added_at_ms
             WHERE files.state = 'wanted' AND excluded.state <> 'wanted'",
            (
                row.sha256,
                stored(row.size, "size")?,
                &row.mime,
                row.key,
                row.state.as_str(),
                &row.upload_url,
                stored(row.offset, "offset")?,
                &row.receipt,
                row.added_at_ms,
            ),
        )?;
        self.execute(
            "INSERT INTO file_uses (sha256, doc, evidence) VALUES (?1, ?2, ?3)
             ON CONFLICT (sha256, doc, evidence) DO NOTHING",
            (row.sha256, row.doc.0, &row.evidence),
        )?;
        Ok(())
    }

    /// One file, with the first place it was used in.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn file(&self, sha256: &[u8; 32]) -> Result<Option<FileRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {WITH_FIRST_USE} WHERE f.sha256 = ?1");
        self.one(&sql, [sha256], decode)
    }

    /// Files in a state, smallest first and of equal size oldest first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_in(&self, state: FileState, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {WITH_FIRST_USE} WHERE f.state = ?1
             ORDER BY f.size, f.added_at_ms, f.sha256 LIMIT ?2"
        );
        self.all(&sql, (state.as_str(), limit), decode)
    }

    /// Files used in a document, in the order they were added to it; a file used twice is
    /// listed twice.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_of_document(&self, doc: &DocId) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM file_uses AS u JOIN files AS f ON f.sha256 = u.sha256
             WHERE u.doc = ?1 ORDER BY u.id"
        );
        self.all(&sql, [doc.0], decode)
    }

    /// Notes how far an upload or download has come.
    ///
    /// # Errors
    /// `store` when there is no such file, `damaged` or `disk_full`.
    pub fn set_file_progress(
        &self,
        sha256: &[u8; 32],
        state: FileState,
        upload_url: Option<&str>,
        offset: u64,
    ) -> Result<(), StoreError> {
        self.execute_one(
            "file",
            "UPDATE files SET state = ?2, upload_url = ?3, upload_offset = ?4 WHERE sha256 = ?1",
            (sha256, state.as_str(), upload_url, stored(offset, "offset")?),
        )
    }

    /// Keeps the server's receipt for a file.
    ///
    /// # Errors
    /// `store` when there is no such file, `damaged` or `disk_full`.
    pub fn set_file_receipt(
        &self,
        sha256: &[u8; 32],
        state: FileState,
        receipt: &[u8],
    ) -> Result<(), StoreError> {
        self.execute_one(
            "file",
            "UPDATE files SET state = ?2, receipt = ?3 WHERE sha256 = ?1",
            (sha256, state.as_str(), receipt),
        )
    }

    pub(crate) fn all_files(&self) -> Result<Vec<FileRow>, StoreError> {
        self.all(&format!("SELECT {COLUMNS} FROM {WITH_FIRST_USE} ORDER BY f.sha256"), [], decode)
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    Ok(FileRow {
        sha256: row.get(0)?,
        size: counter(row, 1)?,
        mime: row.get(2)?,
        doc: DocId(row.get(3)?),
        evidence: row.get(4)?,
        key: row.get(5)?,
        state: named(row, 6, FileState::from_word)?,
        upload_url: row.get(7)?,
        offset: counter(row, 8)?,
        receipt: row.get(9)?,
        added_at_ms: row.get(10)?,
    })
}
