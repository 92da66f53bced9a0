//! Files by their SHA-256, and who may see them: a file is visible with each document it belongs to.
//! A file whose bytes are gone or damaged is *lost*: it is given to nobody, no receipt is given for it,
//! and phones that hold it are told to give it again.

use ruhu_case::DocId;
use ruhu_sync::files::{DurableFile, FileUse, FilesAnswer, FilesMark, FilesQuestion, FilesState};
use ruhu_sync::{DeviceId, DocHeader, FileReceipt};
use rusqlite::{Connection, OptionalExtension, Rows, params};
use sha2::{Digest, Sha256};

use super::file_rights::FileRights;
use super::photo_folder::{Content, PhotoFolder};
use super::unit_of_work::{UnitOfWork, View};
use super::{Hub, documents};
use crate::error::{FileError, HubError, StorageError};

/// A stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// Its size in bytes.
    pub size: u64,
    /// Its type as the uploading phone named it.
    pub mime: String,
    /// When it was stored, Unix milliseconds of the server's clock.
    pub stored_at_ms: i64,
    /// Whether the newest backup has it too.
    pub backed_up: bool,
    folder: PhotoFolder,
}

impl StoredFile {
    /// Whether its bytes have its size.
    pub(super) fn is_there(&self) -> bool {
        self.folder.size(&self.sha256) == Some(self.size)
    }

    /// Whether its bytes, read whole, have its SHA-256.
    pub fn is_intact(&self) -> bool {
        self.folder.is_intact(&self.sha256, self.size)
    }

    /// Its content.
    ///
    /// # Errors
    /// [`StorageError`]: it is gone, or cannot be read.
    pub fn content(&self) -> Result<Content, StorageError> {
        self.folder.content(&self.sha256)
    }
}

/// Every file that has a row.
const NAMED: &str = "SELECT sha256, size FROM files
                     UNION ALL SELECT sha256, max(size) FROM quarantine_files
                     WHERE sha256 NOT IN (SELECT sha256 FROM files) GROUP BY sha256";

/// Takes the SHA-256 and the size of a file.
pub type TakeFile<'a, E> = dyn FnMut(&[u8; 32], u64) -> Result<(), E> + 'a;

/// Every file that a database names, those in quarantine too, in the order of their hashes, with its
/// size in bytes.
///
/// # Errors
/// [`StorageError`], and those of `take`.
pub fn each<E: From<StorageError>>(connection: &Connection, take: &mut TakeFile<'_, E>) -> Result<(), E> {
    let database = |error: rusqlite::Error| E::from(StorageError::from(error));
    let mut select = connection.prepare(&format!("{NAMED} ORDER BY sha256")).map_err(database)?;
    let mut rows = select.query([]).map_err(database)?;
    while let Some(row) = rows.next().map_err(database)? {
        let (sha256, size): ([u8; 32], i64) = (row.get(0).map_err(database)?, row.get(1).map_err(database)?);
        take(&sha256, size.unsigned_abs())?;
    }
    Ok(())
}

/// How many bytes the files that a database names have together.
///
/// # Errors
/// [`StorageError`]: a database that cannot be read.
pub fn bytes(connection: &Connection) -> Result<u64, StorageError> {
    let sql = format!("SELECT coalesce(sum(size), 0) FROM ({NAMED})");
    let sum: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(sum.unsigned_abs())
}

/// Headers by class, division and time.
fn headers(mut rows: Rows<'_>) -> Result<Vec<DocHeader>, HubError> {
    let mut headers = Vec::new();
    while let Some(row) = rows.next()? {
        headers.push(documents::header(row.get(0)?, &row.get::<_, String>(1)?, row.get(2)?)?);
    }
    Ok(headers)
}

impl Hub {
    /// A file, when the device may see a document it belongs to. One that turns out to be gone is lost
    /// from then on.
    ///
    /// # Errors
    /// [`FileError::Unknown`], [`HubError::RevokedDevice`], [`HubError::ExpiredDevice`], [`HubError::UnknownDevice`].
    pub fn file(&mut self, device: DeviceId, sha256: &[u8; 32], now_ms: i64) -> Result<StoredFile, HubError> {
        let found = self.write(now_ms, |work| {
            let requester = work.requester(device)?;
            requester.require_valid()?;
            match work.is_given(sha256, &mut FileRights::of(&requester.view))? {
                true => work.present(sha256),
                false => Ok(None),
            }
        })?;
        found.ok_or_else(|| FileError::Unknown.into())
    }

    /// A stored file, for the server itself: `None` when there is no such file or it is lost.
    pub fn stored_file(&mut self, sha256: &[u8; 32], now_ms: i64) -> Result<Option<StoredFile>, HubError> {
        self.write(now_ms, |work| work.present(sha256))
    }

    /// Notes that the bytes of a file are gone or damaged.
    pub fn lose_file(&mut self, sha256: &[u8; 32], now_ms: i64) -> Result<(), HubError> {
        self.write(now_ms, |work| work.lose(sha256))
    }

    /// Looks whether the files after this one, in the order of their SHA-256, are on the disk, at most
    /// `limit` of them; gives the last one looked at, `None` at the end. Only their sizes are looked at.
    pub fn look_for_files(
        &mut self,
        after: Option<[u8; 32]>,
        limit: u32,
        now_ms: i64,
    ) -> Result<Option<[u8; 32]>, HubError> {
        self.write(now_ms, |work| {
            let mut select = work.tx.prepare_cached(
                "SELECT sha256 FROM files WHERE lost = 0 AND sha256 > coalesce(?1, x'')
                 ORDER BY sha256 LIMIT ?2",
            )?;
            let rows = select.query_map(params![after, limit], |row| row.get::<_, [u8; 32]>(0))?;
            let files: Vec<[u8; 32]> = rows.collect::<Result<_, _>>()?;
            for sha256 in &files {
                work.present(sha256)?;
            }
            Ok(files.last().copied())
        })
    }

    /// The files after this one, in the order of their SHA-256, at most `limit` of them; those in quarantine
    /// too.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn files_after(&self, after: Option<[u8; 32]>, limit: u32) -> Result<Vec<[u8; 32]>, HubError> {
        let sql =
            format!("SELECT sha256 FROM ({NAMED}) WHERE sha256 > coalesce(?1, x'') ORDER BY sha256 LIMIT ?2");
        let mut select = self.connection.prepare_cached(&sql)?;
        let rows = select.query_map(params![after, limit], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Answers which files the server lacks of those that a phone holds, and which it has of those that
    /// the phone wants. Sizes are looked at on the disk.
    ///
    /// # Errors
    /// [`HubError::RevokedDevice`], [`HubError::ExpiredDevice`], [`HubError::UnknownDevice`], [`HubError::Codec`] for a question that is
    /// none.
    pub fn compare_files(
        &mut self,
        device: DeviceId,
        question: &FilesQuestion,
        now_ms: i64,
    ) -> Result<FilesAnswer, HubError> {
        let (held, wanted) = (question.held()?, question.wanted()?);
        self.write(now_ms, |work| {
            let requester = work.requester(device)?;
            requester.require_valid()?;
            let mut answer = FilesAnswer::default();
            for (number, file) in (0..).zip(&held) {
                if work.would_take(file, &requester.view)? {
                    answer.lacking.push(number);
                } else if question.asks_durable()
                    && let Some(receipt) = work.durable_receipt(file, &requester.view)?
                {
                    answer.durable.get_or_insert_default().push(DurableFile::of(number, &receipt));
                }
            }
            let mut rights = FileRights::of(&requester.view);
            for (number, sha256) in (0..).zip(&wanted) {
                if work.is_given(sha256, &mut rights)? && work.present(sha256)?.is_some() {
                    answer.there.push(number);
                }
            }
            Ok(answer)
        })
    }
}

impl UnitOfWork<'_> {
    /// A file that was stored and is not known as lost.
    fn stored(&self, sha256: &[u8; 32]) -> Result<Option<StoredFile>, HubError> {
        let found: Option<(i64, String, i64, bool)> = self
            .tx
            .prepare_cached(
                "SELECT size, mime, stored_at_ms, backed_up_ms IS NOT NULL FROM files WHERE sha256 = ?1 AND lost = 0",
            )?
            .query_row([sha256], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        Ok(found.map(|(size, mime, stored_at_ms, backed_up)| StoredFile {
            sha256: *sha256,
            size: size as u64,
            mime,
            stored_at_ms,
            backed_up,
            folder: self.folder.clone(),
        }))
    }

    /// A stored file that is on the disk; one that is not is lost from now on.
    pub(super) fn present(&self, sha256: &[u8; 32]) -> Result<Option<StoredFile>, HubError> {
        let Some(file) = self.stored(sha256)? else { return Ok(None) };
        if file.is_there() {
            return Ok(Some(file));
        }
        self.lose(sha256)?;
        Ok(None)
    }

    fn lose(&self, sha256: &[u8; 32]) -> Result<(), HubError> {
        let changed =
            self.tx.execute("UPDATE files SET lost = 1 WHERE sha256 = ?1 AND lost = 0", [sha256])?;
        if changed > 0 {
            tracing::error!("the bytes of a stored file are gone or damaged; phones are asked for them");
            self.mark(sha256, "lost")?;
        }
        Ok(())
    }

    /// Whether the device could give the server a file in this document that the server lacks.
    fn would_take(&self, file: &FileUse, view: &View) -> Result<bool, HubError> {
        let Some(header) = self.header(file.doc())? else { return Ok(false) };
        if !view.writes(&header) {
            return Ok(false);
        }
        Ok(!self.is_ref(&file.sha256, file.doc())? || self.present(&file.sha256)?.is_none())
    }

    /// The headers of the documents that a file belongs to.
    pub(super) fn documents_of(&self, sha256: &[u8; 32]) -> Result<Vec<DocHeader>, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT d.class, d.division, d.created_at_ms FROM file_refs r JOIN documents d ON d.id = r.doc
             WHERE r.sha256 = ?1",
        )?;
        headers(select.query([sha256])?)
    }

    /// The server's word on a file that is on its disk: durable, when the newest backup has it too.
    pub(super) fn file_receipt(&self, sha256: &[u8; 32]) -> Result<Option<FileReceipt>, HubError> {
        let sign = |file: StoredFile| {
            FileReceipt::sign(self.key, *sha256, file.size, file.backed_up, file.stored_at_ms)
        };
        Ok(self.present(sha256)?.map(sign))
    }

    /// Writes down a file whose bytes are on the disk, and the document it belongs to.
    pub(super) fn keep_file(
        &self,
        sha256: &[u8; 32],
        size: u64,
        mime: &str,
        doc: DocId,
    ) -> Result<FileReceipt, HubError> {
        let size = i64::try_from(size).map_err(|_| FileError::TooLarge { most: i64::MAX as u64 })?;
        self.tx.execute(
            "INSERT INTO files (sha256, size, mime, stored_at_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (sha256) DO UPDATE SET size = excluded.size, lost = 0,
                stored_at_ms = CASE lost WHEN 1 THEN excluded.stored_at_ms ELSE stored_at_ms END",
            params![sha256, size, mime, self.now_ms],
        )?;
        self.add_file_ref(sha256, doc)?;
        self.mark(sha256, "came")?;
        Ok(self.file_receipt(sha256)?.ok_or(StorageError::Damaged("a file"))?)
    }

    pub(super) fn add_file_ref(&self, sha256: &[u8; 32], doc: DocId) -> Result<(), HubError> {
        let added = self.tx.execute(
            "INSERT INTO file_refs (sha256, doc) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![sha256, doc.0],
        )?;
        match added {
            0 => Ok(()),
            _ => self.mark(sha256, "came"),
        }
    }

    pub(super) fn is_ref(&self, sha256: &[u8; 32], doc: DocId) -> Result<bool, HubError> {
        let found = self.tx.query_row(
            "SELECT EXISTS (SELECT 1 FROM file_refs WHERE sha256 = ?1 AND doc = ?2)",
            params![sha256, doc.0],
            |row| row.get(0),
        )?;
        Ok(found)
    }

    // ---- marks ----

    /// Changes a mark of each township that a file belongs to. The new mark is made of the old one, so
    /// that a server that was restored and went on another way has other marks.
    fn mark(&self, sha256: &[u8; 32], which: &str) -> Result<(), HubError> {
        for header in self.documents_of(sha256)? {
            let Some(log) = header.log() else { continue };
            let township = log.township();
            let none = ([0u8; 8], [0u8; 8]);
            let (mut came, mut lost): ([u8; 8], [u8; 8]) = self
                .tx
                .prepare_cached("SELECT came, lost FROM file_marks WHERE township = ?1")?
                .query_row([&township], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?
                .unwrap_or(none);
            let mark = if which == "came" { &mut came } else { &mut lost };
            let next = Sha256::new().chain_update(*mark).chain_update(sha256).finalize();
            mark.copy_from_slice(next.get(..8).unwrap_or_default());
            self.tx
                .prepare_cached(
                    "INSERT OR REPLACE INTO file_marks (township, came, lost) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![township, came, lost])?;
        }
        Ok(())
    }

    /// What a phone is told of the files of its townships.
    pub(super) fn files_state(&self, view: &View, latest: Option<FileUse>) -> Result<FilesState, HubError> {
        let prefix = view.scope.as_str().get(..9).unwrap_or(view.scope.as_str());
        let mut select = self.tx.prepare_cached(
            "SELECT township, came, lost FROM file_marks WHERE substr(township, 1, length(?1)) = ?1
             ORDER BY township",
        )?;
        let mut rows = select.query([prefix])?;
        let (mut came, mut lost, mut any) = (Sha256::new(), Sha256::new(), false);
        while let Some(row) = rows.next()? {
            any = true;
            let township: String = row.get(0)?;
            came.update(&township);
            came.update(row.get::<_, [u8; 8]>(1)?);
            let mark: [u8; 8] = row.get(2)?;
            if mark != [0; 8] {
                lost.update(&township);
                lost.update(mark);
            }
        }
        let lacks_latest = match latest {
            Some(latest) => self.would_take(&latest, view)?,
            None => false,
        };
        let durable = self.backup_mark()?;
        let tag = |hash: Sha256| {
            let mut tag = [0; 8];
            tag.copy_from_slice(hash.finalize().get(..8).unwrap_or_default());
            FilesMark(tag)
        };
        match any {
            true => Ok(FilesState { came: tag(came), lost: tag(lost), lacks_latest, durable }),
            false => Ok(FilesState { came: FilesMark([0; 8]), lost: tag(lost), lacks_latest, durable }),
        }
    }
}
