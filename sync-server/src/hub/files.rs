//! Files by their SHA-256, and who may see them: a file is visible with each document it belongs to.

use std::path::{Path, PathBuf};

use ruhu_case::DocId;
use ruhu_sync::{DeviceId, DocHeader, FileReceipt};
use rusqlite::{Connection, OptionalExtension, params};

use super::unit_of_work::{UnitOfWork, View};
use super::{Hub, documents};
use crate::error::{FileError, HubError, StorageError};

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Where its bytes are.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its type as the uploading phone named it.
    pub mime: String,
}

/// Where a file's bytes are: `files/ab/<64 hexadecimal digits>`.
pub(crate) fn path_of(dir: &Path, sha256: &[u8; 32]) -> PathBuf {
    let name = data_encoding::HEXLOWER.encode(sha256);
    dir.join("files").join(name.get(..2).unwrap_or_default()).join(name)
}

/// Every file that a database names, in the order of their hashes, with its size in bytes.
pub(crate) fn each<E: From<StorageError>>(
    connection: &Connection,
    take: &mut dyn FnMut(&[u8; 32], u64) -> Result<(), E>,
) -> Result<(), E> {
    let database = |error: rusqlite::Error| E::from(StorageError::from(error));
    let mut select =
        connection.prepare("SELECT sha256, size FROM files ORDER BY sha256").map_err(database)?;
    let mut rows = select.query([]).map_err(database)?;
    while let Some(row) = rows.next().map_err(database)? {
        let (sha256, size): ([u8; 32], i64) = (row.get(0).map_err(database)?, row.get(1).map_err(database)?);
        take(&sha256, size.unsigned_abs())?;
    }
    Ok(())
}

/// How many bytes the files that a database names have together.
pub(crate) fn bytes(connection: &Connection) -> Result<u64, StorageError> {
    let sum: i64 = connection.query_row("SELECT coalesce(sum(size), 0) FROM files", [], |row| row.get(0))?;
    Ok(sum.unsigned_abs())
}

impl Hub {
    /// A file, when the device may see a document it belongs to.
    pub fn file(&mut self, device: DeviceId, sha256: &[u8; 32], now_ms: i64) -> Result<StoredFile, HubError> {
        let path = path_of(&self.dir, sha256);
        self.write(now_ms, |work| {
            let requester = work.requester(device)?;
            if requester.void {
                return Err(HubError::VoidDevice);
            }
            let seen = work.documents_of(sha256)?.iter().any(|header| requester.view.sees(header));
            let stored = work.stored(sha256)?.filter(|_| seen);
            let (size, mime, _) = stored.ok_or(FileError::Unknown)?;
            Ok(StoredFile { path, size, mime })
        })
    }
}

impl UnitOfWork<'_> {
    /// Size, type and time of arrival of a stored file.
    fn stored(&self, sha256: &[u8; 32]) -> Result<Option<(u64, String, i64)>, HubError> {
        let found: Option<(i64, String, i64)> = self
            .tx
            .prepare_cached("SELECT size, mime, stored_at_ms FROM files WHERE sha256 = ?1")?
            .query_row([sha256], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        Ok(found.map(|(size, mime, time)| (size as u64, mime, time)))
    }

    /// The headers of the documents that a file belongs to.
    pub(super) fn documents_of(&self, sha256: &[u8; 32]) -> Result<Vec<DocHeader>, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT d.class, d.division, d.created_at_ms FROM file_refs r JOIN documents d ON d.id = r.doc
             WHERE r.sha256 = ?1",
        )?;
        let rows = select.query_map([sha256], |row| {
            Ok((row.get::<_, u8>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        rows.map(|row| row.map_err(HubError::from).and_then(|(c, d, t)| documents::header(c, &d, t)))
            .collect()
    }

    /// The server's word on a stored file. No backup is known here, so it is not yet durable.
    pub(super) fn file_receipt(&self, sha256: &[u8; 32]) -> Result<Option<FileReceipt>, HubError> {
        let stored = self.stored(sha256)?;
        Ok(stored.map(|(size, _, time)| FileReceipt::sign(self.key, *sha256, size, false, time)))
    }

    /// Writes down a file whose bytes are on the disk, and the document it belongs to.
    pub(super) fn keep_file(
        &self,
        sha256: &[u8; 32],
        size: u64,
        mime: &str,
        doc: DocId,
    ) -> Result<FileReceipt, HubError> {
        let size = i64::try_from(size).map_err(|_| FileError::TooLarge)?;
        self.tx.execute(
            "INSERT INTO files (sha256, size, mime, stored_at_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (sha256) DO NOTHING",
            params![sha256, size, mime, self.now_ms],
        )?;
        self.add_file_ref(sha256, doc)?;
        Ok(self.file_receipt(sha256)?.ok_or(StorageError::Damaged("a file"))?)
    }

    pub(super) fn add_file_ref(&self, sha256: &[u8; 32], doc: DocId) -> Result<(), HubError> {
        self.tx.execute(
            "INSERT INTO file_refs (sha256, doc) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![sha256, doc.0],
        )?;
        Ok(())
    }

    /// Whether a stored file belongs to a document that the view has.
    pub(super) fn file_in_view(&self, sha256: &[u8; 32], view: &View) -> Result<bool, HubError> {
        Ok(self.documents_of(sha256)?.iter().any(|header| view.sees(header)))
    }
}
