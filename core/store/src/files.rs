//! Rows of files: what is known of each photograph or paper whose bytes lie sealed beside the
//! database, where it is used, and how far it has been sent.

use std::fmt;

use ruhu_case::DocId;
use rusqlite::{Row, params_from_iter};

use crate::among::{among, listed};
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
    /// A backup or replica of the server has it too.
    Durable,
    /// Known from a document, its bytes are not here.
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
    /// Whether it was attached on this device; one of a colleague may give way to the device's own work.
    pub own: bool,
    /// Of a file that is not here: whether the server has it; `None` when it was not asked.
    pub at_server: Option<bool>,
    /// Whether it is fetched only when somebody opens it.
    pub on_demand: bool,
}

// Written by hand so that the key never reaches a log.
impl fmt::Debug for FileRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileRow")
            .field("sha256", &self.sha256)
            .field("size", &self.size)
            .field("state", &self.state)
            .field("offset", &self.offset)
            .field("own", &self.own)
            .field("at_server", &self.at_server)
            .finish_non_exhaustive()
    }
}

/// How many files there are of each kind that a person asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileCounts {
    /// Of those here: on their way to the server, or not sent yet.
    pub to_send: u64,
    /// Not here: the server has them, or was not asked.
    pub to_fetch: u64,
    /// Not here, and the server lacks them too: on a colleague's phone, or lost.
    pub lacking: u64,
    /// Attached on this device, their bytes are gone from it, and the server lacks them or was never
    /// given them; those are left out that somebody gave up.
    pub lost: u64,
    /// Not here because they gave way; fetched when opened.
    pub on_demand: u64,
    /// Bytes of colleagues' files that are here.
    pub others_bytes: u64,
}

/// A file as a document names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileUseRow {
    /// The number of the row.
    pub id: i64,
    /// SHA-256 of the file's content.
    pub sha256: [u8; 32],
    /// The file's length in bytes.
    pub size: u64,
    /// The document.
    pub doc: DocId,
}

pub(crate) const COLUMNS: &str = "f.sha256, f.size, f.mime, u.doc, u.evidence, f.key, f.state, f.upload_url, \
                       f.upload_offset, f.receipt, f.added_at_ms, f.own, f.at_server, f.on_demand";
/// Whether a file that was attached here is nowhere: its bytes are gone, and the server lacks them or was
/// never given them.
const IS_LOST: &str = "f.state = 'wanted' AND f.own = 1 AND f.given_up = 0 \
                       AND (f.at_server = 0 OR f.at_server IS NULL AND f.receipt IS NULL)";
/// Each file with the first place it was used in.
pub(crate) const WITH_FIRST_USE: &str = "files AS f JOIN file_uses AS u ON u.sha256 = f.sha256 AND u.id = \
                              (SELECT min(id) FROM file_uses WHERE sha256 = f.sha256)";
/// The same, looked for from the documents that are meant.
const FROM_DOCUMENTS: &str = "file_uses AS u CROSS JOIN files AS f ON u.sha256 = f.sha256 AND u.id = \
                              (SELECT min(id) FROM file_uses WHERE sha256 = f.sha256)";
/// Each file with the first place that the server was not told of.
pub(crate) const WITH_UNTOLD_USE: &str = "files AS f JOIN file_uses AS u ON u.id = \
                               (SELECT min(id) FROM file_uses WHERE sha256 = f.sha256 AND told = 0)";

/// Each file with the first place it was used in, of some documents or of all.
pub(crate) fn with_first_use(of: Option<&[DocId]>) -> &'static str {
    of.map_or(WITH_FIRST_USE, |_| FROM_DOCUMENTS)
}

impl Tx<'_> {
    /// Adds a file and where it is used.
    ///
    /// The same content may be used in several places and is kept once: when it is here
    /// already, the use is added, and key, state, progress and receipt stay those of the first
    /// (ask [`Tx::file`] for the key that counts). Only when a file that was
    /// [`FileState::Wanted`] arrives by itself, the new row stands.
    ///
    /// The server is to be told of a use of a file that is here; of a wanted one it was told by
    /// whoever has it.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_file(&self, row: &FileRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO files (sha256, size, mime, key, state, upload_url, upload_offset,
                receipt, added_at_ms, own, at_server, on_demand)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (sha256) DO UPDATE SET
                size = excluded.size, mime = excluded.mime, key = excluded.key,
                state = excluded.state, upload_url = excluded.upload_url,
                upload_offset = excluded.upload_offset, receipt = excluded.receipt,
                added_at_ms = excluded.added_at_ms, own = max(own, excluded.own),
                at_server = excluded.at_server, on_demand = excluded.on_demand, given_up = 0
             WHERE files.state = 'wanted' AND excluded.state <> 'wanted'",
            rusqlite::params![
                row.sha256,
                stored(row.size, "size")?,
                row.mime,
                row.key,
                row.state.as_str(),
                row.upload_url,
                stored(row.offset, "offset")?,
                row.receipt,
                row.added_at_ms,
                row.own,
                row.at_server,
                row.on_demand,
            ],
        )?;
        self.execute(
            "INSERT INTO file_uses (sha256, doc, evidence, told)
             SELECT sha256, ?2, ?3, state = 'wanted' FROM files WHERE sha256 = ?1
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

    /// The SHA-256 of the file that an entry of evidence names.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn file_of_evidence(&self, evidence: &str) -> Result<Option<[u8; 32]>, StoreError> {
        let sql = "SELECT sha256 FROM file_uses WHERE evidence = ?1 ORDER BY id LIMIT 1";
        self.one(sql, [evidence], |row| row.get(0))
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

    /// Notes how far an upload has come.
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

    /// Keeps the server's receipt for a file in a document.
    ///
    /// # Errors
    /// `store` when there is no such file, `damaged` or `disk_full`.
    pub fn set_file_receipt(
        &self,
        (sha256, doc): (&[u8; 32], &DocId),
        state: FileState,
        receipt: &[u8],
        server_time_ms: i64,
    ) -> Result<(), StoreError> {
        self.execute_one(
            "file",
            "UPDATE files SET state = ?2, receipt = ?3, upload_url = NULL, upload_offset = 0 WHERE sha256 = ?1",
            (sha256, state.as_str(), receipt),
        )?;
        self.forget_refusal(sha256)?;
        self.set_use_told(sha256, doc, Some(server_time_ms))
    }

    /// Notes that the server knows, or shall not be told, that a document names a file.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn set_use_told(&self, sha256: &[u8; 32], doc: &DocId, at_ms: Option<i64>) -> Result<(), StoreError> {
        let sql = "UPDATE file_uses SET told = 1, told_at_ms = ?3 WHERE sha256 = ?1 AND doc = ?2";
        self.execute(sql, (sha256, doc.0, at_ms))?;
        Ok(())
    }

    /// Notes that a fetched file came, and when the server had stored it. When several documents name
    /// it, the server is told of each: whoever sees only one of them shall see the file.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn set_fetched(&self, sha256: &[u8; 32], stored_at_ms: Option<i64>) -> Result<(), StoreError> {
        self.execute(
            "UPDATE file_uses SET told_at_ms = ?2,
                told = (SELECT count(DISTINCT doc) FROM file_uses AS v WHERE v.sha256 = ?1) = 1
             WHERE sha256 = ?1",
            (sha256, stored_at_ms),
        )?;
        self.delete_file_parts(sha256)
    }

    /// Notes that the server lacks a file that is here, in a document: it is given again.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn give_file_again(&self, sha256: &[u8; 32], doc: &DocId) -> Result<(), StoreError> {
        self.execute(
            "UPDATE files SET state = 'local', upload_url = NULL, upload_offset = 0
             WHERE sha256 = ?1 AND state IN ('stored', 'durable')",
            [sha256],
        )?;
        let sql = "UPDATE file_uses SET told = 0, told_at_ms = NULL WHERE sha256 = ?1 AND doc = ?2";
        self.execute(sql, (sha256, doc.0))?;
        Ok(())
    }

    /// Notes that the bytes of a file are not here: they are lost or damaged, or gave way.
    ///
    /// # Errors
    /// `store` when there is no such file, `damaged` or `disk_full`.
    pub fn set_file_gone(
        &self,
        sha256: &[u8; 32],
        at_server: Option<bool>,
        on_demand: bool,
    ) -> Result<(), StoreError> {
        self.forget_refusal(sha256)?;
        self.execute_one(
            "file",
            "UPDATE files SET state = 'wanted', upload_url = NULL, upload_offset = 0, at_server = ?2,
                on_demand = ?3, given_up = 0 WHERE sha256 = ?1",
            (sha256, at_server, on_demand),
        )
    }

    /// Notes whether the server has a file that is not here.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn set_file_at_server(&self, sha256: &[u8; 32], at_server: bool) -> Result<(), StoreError> {
        let sql = "UPDATE files SET at_server = ?2 WHERE sha256 = ?1 AND state = 'wanted'";
        self.execute(sql, (sha256, at_server))?;
        Ok(())
    }

    /// The uses of files that are here and that the server was told of, in their order after a row:
    /// row, file and document.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn told_uses(&self, after: i64, limit: u32) -> Result<Vec<(i64, [u8; 32], DocId)>, StoreError> {
        let sql = "SELECT u.id, u.sha256, u.doc FROM file_uses AS u JOIN files AS f ON f.sha256 = u.sha256
                   WHERE u.id > ?1 AND u.told = 1 AND f.state IN ('stored', 'durable') ORDER BY u.id LIMIT ?2";
        self.all(sql, (after, limit), |row| Ok((row.get(0)?, row.get(1)?, DocId(row.get(2)?))))
    }

    /// The uses of files that are here, that the server has and that are not known to be in a second place,
    /// in their order after a row.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn uses_not_durable(&self, after: i64, limit: u32) -> Result<Vec<FileUseRow>, StoreError> {
        let sql =
            "SELECT u.id, u.sha256, f.size, u.doc FROM file_uses AS u JOIN files AS f ON f.sha256 = u.sha256
                   WHERE u.id > ?1 AND u.told = 1 AND f.state = 'stored' ORDER BY u.id LIMIT ?2";
        self.all(sql, (after, limit), |row| {
            Ok(FileUseRow {
                id: row.get(0)?,
                sha256: row.get(1)?,
                size: counter(row, 2)?,
                doc: DocId(row.get(3)?),
            })
        })
    }

    /// Keeps the receipt that says of a file that is here that it is in a second place.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn set_file_durable(&self, sha256: &[u8; 32], receipt: &[u8]) -> Result<(), StoreError> {
        let sql = "UPDATE files SET state = 'durable', receipt = ?2 WHERE sha256 = ?1 AND state = 'stored'";
        self.execute(sql, (sha256, receipt))?;
        Ok(())
    }

    /// The use of a file that the server took or gave last, by its clock.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn latest_use(&self) -> Result<Option<([u8; 32], DocId)>, StoreError> {
        let sql = "SELECT u.sha256, u.doc FROM file_uses AS u JOIN files AS f ON f.sha256 = u.sha256
                   WHERE u.told_at_ms IS NOT NULL AND u.told = 1 AND f.state IN ('stored', 'durable')
                   ORDER BY u.told_at_ms DESC LIMIT 1";
        self.one(sql, [], |row| Ok((row.get(0)?, DocId(row.get(1)?))))
    }

    /// Files that are not here, in the order of their SHA-256 after one; only those of which the
    /// server was not asked, or all.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn wanted_files(
        &self,
        after: &[u8; 32],
        unasked_only: bool,
        limit: u32,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let sql = "SELECT sha256 FROM files WHERE state = 'wanted' AND sha256 > ?1
                   AND (at_server IS NULL OR NOT ?2) ORDER BY sha256 LIMIT ?3";
        self.all(sql, (after, unasked_only, limit), |row| row.get(0))
    }

    /// Files of colleagues that the server has too and that may give way, oldest first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_that_may_give_way(&self, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {WITH_FIRST_USE}
             WHERE f.own = 0 AND f.state IN ('stored', 'durable')
             AND NOT EXISTS (SELECT 1 FROM file_uses AS v WHERE v.sha256 = f.sha256 AND v.told = 0)
             ORDER BY f.added_at_ms, f.sha256 LIMIT ?1"
        );
        self.all(&sql, [limit], decode)
    }

    /// Files that were attached here and are nowhere, each with the first place it was used in.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn lost_files(&self) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {WITH_FIRST_USE} WHERE {IS_LOST} ORDER BY f.added_at_ms, f.sha256"
        );
        self.all(&sql, [], decode)
    }

    /// Files that were attached here and are nowhere, and that one of some documents, or any, names first:
    /// counted by it.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn lost_files_by_document(&self, of: Option<&[DocId]>) -> Result<Vec<(DocId, u32)>, StoreError> {
        let (from, among) = (with_first_use(of), among("u.doc", of));
        let sql = format!("SELECT u.doc, count(*) FROM {from} WHERE {IS_LOST} {among} GROUP BY u.doc");
        self.all(&sql, params_from_iter(listed(of)), |row| Ok((DocId(row.get(0)?), row.get(1)?)))
    }

    /// Notes that somebody knows of the lost files of a document; returns how many there were. One that
    /// comes again and is lost again is told again.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn give_up_lost_files(&self, doc: &DocId) -> Result<u32, StoreError> {
        let sql = format!(
            "UPDATE files AS f SET given_up = 1 WHERE {IS_LOST}
             AND EXISTS (SELECT 1 FROM file_uses AS u WHERE u.sha256 = f.sha256 AND u.doc = ?1)"
        );
        Ok(u32::try_from(self.execute(&sql, [doc.0])?).unwrap_or(u32::MAX))
    }

    /// How many files there are of each kind.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn file_counts(&self) -> Result<FileCounts, StoreError> {
        let sql = format!(
            "SELECT count(*) FILTER (WHERE state IN ('local', 'uploading')),
                count(*) FILTER (WHERE state = 'wanted' AND at_server IS NOT 0 AND on_demand = 0
                    AND NOT ({IS_LOST})),
                count(*) FILTER (WHERE state = 'wanted' AND at_server = 0 AND own = 0),
                count(*) FILTER (WHERE {IS_LOST}),
                count(*) FILTER (WHERE state = 'wanted' AND at_server IS NOT 0 AND on_demand = 1),
                coalesce(sum(size) FILTER (WHERE state <> 'wanted' AND own = 0), 0)
             FROM files AS f"
        );
        let counts = self.one(&sql, [], |row| {
            Ok(FileCounts {
                to_send: counter(row, 0)?,
                to_fetch: counter(row, 1)?,
                lacking: counter(row, 2)?,
                lost: counter(row, 3)?,
                on_demand: counter(row, 4)?,
                others_bytes: counter(row, 5)?,
            })
        })?;
        Ok(counts.unwrap_or_default())
    }

    /// Files in a second place whose room may be given back: the server was told of each document that names
    /// one, and in none of these a visit is open or something waits to be sent. Those of the document that
    /// is unchanged for longest come first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_to_reclaim(&self, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {WITH_FIRST_USE} WHERE f.state = 'durable'
             AND NOT EXISTS (SELECT 1 FROM file_uses AS v WHERE v.sha256 = f.sha256 AND (v.told = 0
                 OR v.doc IN (SELECT doc FROM drafts WHERE state = 'open')
                 OR v.doc IN (SELECT doc FROM envelopes WHERE state IN ('outbox', 'quarantined', 'refused'))))
             ORDER BY (SELECT max(c.updated_at_ms) FROM file_uses AS w JOIN cases AS c ON c.doc = w.doc
                       WHERE w.sha256 = f.sha256), f.added_at_ms, f.sha256 LIMIT ?1"
        );
        self.all(&sql, [limit], decode)
    }

    /// Every file, with the first place it was used in.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn all_files(&self) -> Result<Vec<FileRow>, StoreError> {
        self.all(&format!("SELECT {COLUMNS} FROM {WITH_FIRST_USE} ORDER BY f.sha256"), [], decode)
    }
}

pub(crate) fn decode(row: &Row<'_>) -> rusqlite::Result<FileRow> {
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
        own: row.get(11)?,
        at_server: row.get(12)?,
        on_demand: row.get(13)?,
    })
}
