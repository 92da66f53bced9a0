//! Uploads in progress. The database says how far an upload has come; the bytes lie in `uploads/`
//! until the file is whole and its SHA-256 right, and then under `files/`.
//!
//! The bytes are written between two calls of the hub, so that nothing in the text lane waits for a
//! photo: [`Hub::upload`], then [`Upload::write`], then [`Hub::record_progress`] or, at the end,
//! [`Upload::verify`], [`Hub::record_verified`], [`Upload::put_in_place`] and [`Hub::finish_upload`].
//! That the bytes of this very upload were the whole file is written down before they leave their
//! place: a file that lies there already, brought by somebody else, never ends an upload.

use ruhu_case::DocId;
use ruhu_sync::upload_token::UploadToken;
use ruhu_sync::{DeviceId, FileReceipt};
use ruhu_text::Explain;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::file_rights::FileRights;
use super::photo_folder::PhotoFolder;
use super::quarantine_files::FileApart;
use super::unit_of_work::{Requester, UnitOfWork};
use super::{Hub, documents};
use crate::error::{FileError, HubError, StorageError};

/// What a phone wants to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Its size in bytes, from 1 to what the bounds say.
    pub size: u64,
    /// The document it belongs to.
    pub doc: DocId,
    /// Its type, such as `image/jpeg`.
    pub mime: String,
}

/// Where an upload stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Bytes are missing.
    Open(Upload),
    /// The file is stored.
    Stored(FileReceipt),
    /// Every byte is here and lies in quarantine with the text that names it: no receipt is given, and the
    /// phone keeps its copy.
    KeptApart {
        /// The file's size in bytes.
        size: u64,
    },
}

/// An upload that was created, or found again.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// Its id: the same for the same device, file and document, so that it is found again when the
    /// first answer was lost.
    pub id: String,
    /// Where it stands.
    pub progress: Progress,
}

/// An upload in progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: String,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
    /// Its size in bytes.
    pub size: u64,
    /// How many bytes are on the disk.
    pub received: u64,
    /// When it is given up, if nothing of it comes; Unix milliseconds of the server's clock.
    pub expires_at_ms: i64,
    kept_apart: bool,
    folder: PhotoFolder,
}

impl Upload {
    /// Puts bytes where the upload stands onto the disk. What lies there from a write that was never
    /// recorded is overwritten.
    ///
    /// # Errors
    /// [`StorageError`]: the disk.
    pub fn write(&self, bytes: &[u8]) -> Result<(), StorageError> {
        self.folder.write(&self.id, self.received, bytes)
    }

    /// Reads the whole file back. With another SHA-256 than announced the bytes are removed and the
    /// error is [`FileError::Hash`].
    ///
    /// # Errors
    /// [`FileError::Hash`], [`StorageError`].
    pub fn verify(&self) -> Result<(), HubError> {
        if self.folder.hash_upload(&self.id, self.size)? != (self.sha256, self.size) {
            self.folder.forget_upload(&self.id);
            return Err(FileError::Hash.into());
        }
        Ok(())
    }

    /// Moves the verified file to its place, over what may lie there.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn put_in_place(&self) -> Result<(), HubError> {
        Ok(self.folder.put_in_place(&self.id, &self.sha256, self.size)?)
    }

    fn is_in_place(&self) -> bool {
        self.folder.size(&self.sha256) == Some(self.size)
    }

    /// Whether the disk has what the database says.
    fn is_on_disk(&self) -> bool {
        self.folder.uploaded(&self.id) >= self.received
    }
}

fn id_of(device: DeviceId, sha256: &[u8; 32], doc: DocId) -> String {
    let parts = Sha256::new().chain_update(b"ruhu-upload-v1").chain_update(device.0);
    let digest = parts.chain_update(sha256).chain_update(doc.0).finalize();
    data_encoding::HEXLOWER.encode(digest.get(..16).unwrap_or_default())
}

impl Hub {
    /// Creates an upload, or finds it again. What a device may not add to a document goes into quarantine,
    /// when an envelope of its own names it that lies there.
    ///
    /// # Errors
    /// [`FileError`]: unknown document, outside the scope, too large, no room for it.
    /// [`HubError::RevokedDevice`], [`HubError::ExpiredDevice`].
    pub fn create_upload(
        &mut self,
        device: DeviceId,
        new: &NewUpload,
        now_ms: i64,
    ) -> Result<Created, HubError> {
        self.write(now_ms, |work| {
            let requester = work.requester(device)?;
            check_size(new, work.bounds.file_bytes)?;
            let id = id_of(device, &new.sha256, new.doc);
            match work.check_writer(&requester, new.doc) {
                Ok(()) => {}
                Err(refusal) if work.is_named_in_quarantine(device, new.doc, &new.sha256)? => {
                    return work.create_apart(&requester, id, new, refusal);
                }
                Err(refusal) => return Err(refusal),
            }
            if let Some(file) = work.file_apart(device, new.doc, &new.sha256)? {
                work.admit_file(device, new.doc, &file)?;
            }
            // Only who may see the file already is spared the upload: knowing a hash is not having
            // the file. And only when the file is still there.
            if work.is_given(&new.sha256, &mut FileRights::of(&requester.view))?
                && let Some(receipt) = work.file_receipt(&new.sha256)?
            {
                work.add_file_ref(&new.sha256, new.doc)?;
                work.keep_ended_upload(&id, device, new)?;
                return Ok(Created { id, progress: Progress::Stored(receipt) });
            }
            work.keep_upload(&id, device, new, false)?;
            let progress = work.progress(&requester, &id)?;
            Ok(Created { id, progress })
        })
    }

    /// Where an upload of this device stands.
    ///
    /// # Errors
    /// [`FileError::UploadUnknown`], also for one that was begun while the device stood otherwise: it is
    /// created again, and goes on where it was. [`HubError::RevokedDevice`], [`HubError::ExpiredDevice`].
    pub fn upload(&mut self, device: DeviceId, id: &str, now_ms: i64) -> Result<Progress, HubError> {
        self.write(now_ms, |work| {
            let requester = work.requester(device)?;
            work.progress(&requester, id)
        })
    }

    /// Writes down how many bytes of an upload are on the disk.
    pub fn record_progress(&mut self, id: &str, received: u64) -> Result<(), HubError> {
        let received = i64::try_from(received).map_err(|_| FileError::TooLarge { most: i64::MAX as u64 })?;
        self.connection.execute("UPDATE uploads SET received = ?2 WHERE id = ?1", params![id, received])?;
        Ok(())
    }

    /// Writes down that the bytes of an upload are the whole file: they may be moved to its place.
    pub fn record_verified(&mut self, id: &str) -> Result<(), HubError> {
        self.connection.execute("UPDATE uploads SET received = size, verified = 1 WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Writes down that a file is in its place: gives the receipt, or says that it is kept apart.
    pub fn finish_upload(&mut self, device: DeviceId, id: &str, now_ms: i64) -> Result<Progress, HubError> {
        self.write(now_ms, |work| work.finish(device, id))
    }

    /// Ends an upload for good, at the wish of who began it. A file that is stored stays: it is the
    /// document's that names it.
    ///
    /// # Errors
    /// [`FileError::UploadUnknown`]; [`HubError::UnknownDevice`].
    pub fn terminate_upload(&mut self, device: DeviceId, id: &str, now_ms: i64) -> Result<(), HubError> {
        self.write(now_ms, |work| {
            work.requester(device)?;
            work.upload_row(device, id)?;
            work.give_up_upload(id)
        })
    }

    /// Keeps what an upload said of itself, word for word.
    pub fn keep_upload_metadata(&mut self, id: &str, metadata: &str) -> Result<(), HubError> {
        let sql = "UPDATE uploads SET metadata = ?2 WHERE id = ?1 AND metadata IS NULL";
        self.connection.execute(sql, [id, metadata])?;
        Ok(())
    }

    /// What an upload said of itself.
    pub fn upload_metadata(&self, id: &str) -> Result<Option<String>, HubError> {
        let sql = "SELECT metadata FROM uploads WHERE id = ?1";
        let found = self.connection.query_row(sql, [id], |row| row.get(0)).optional()?;
        Ok(found.flatten())
    }

    /// A token by which any client of tus uploads as the device until then.
    ///
    /// # Errors
    /// [`HubError::UnknownDevice`], [`HubError::RevokedDevice`], [`HubError::ExpiredDevice`].
    pub fn upload_token(
        &mut self,
        device: DeviceId,
        expires_at_ms: i64,
        now_ms: i64,
    ) -> Result<UploadToken, HubError> {
        self.write(now_ms, |work| {
            work.requester(device)?.require_valid()?;
            Ok(UploadToken::issue(work.key, device, expires_at_ms))
        })
    }

    /// Forgets an upload whose bytes turned out to be another file.
    pub fn discard_upload(&mut self, id: &str) -> Result<(), HubError> {
        self.connection.execute("DELETE FROM uploads WHERE id = ?1", [id])?;
        Ok(())
    }
}

/// Whether a file may have this size.
fn check_size(new: &NewUpload, most: u64) -> Result<(), FileError> {
    match new.size {
        0 => Err(FileError::Metadata),
        size if size > most => Err(FileError::TooLarge { most }),
        _ => Ok(()),
    }
}

/// An upload as it stands in the database.
struct UploadRow {
    upload: Upload,
    doc: DocId,
    mime: String,
    /// Whether its bytes were found to be the whole file.
    verified: bool,
}

impl UnitOfWork<'_> {
    /// Whether the device may add files to that document.
    fn check_writer(&self, requester: &Requester, doc: DocId) -> Result<(), HubError> {
        requester.require_valid()?;
        let header = documents::header_of(self.tx, doc)?.ok_or(FileError::DocumentUnknown)?;
        match requester.view.writes(&header) {
            true => Ok(()),
            false => Err(FileError::OutOfScope.into()),
        }
    }

    /// An upload into quarantine.
    fn create_apart(
        &self,
        requester: &Requester,
        id: String,
        new: &NewUpload,
        refusal: HubError,
    ) -> Result<Created, HubError> {
        let device = requester.device;
        let is_here = self.file_apart(device, new.doc, &new.sha256)?.is_some();
        if !is_here && !self.has_quarantine_room(device, new.size)? {
            return Err(FileError::QuarantineFull.into());
        }
        self.keep_upload(&id, device, new, true)?;
        tracing::info!(%device, code = refusal.code(), "a file goes into quarantine");
        let progress = self.progress(requester, &id)?;
        Ok(Created { id, progress })
    }

    fn keep_upload(
        &self,
        id: &str,
        device: DeviceId,
        new: &NewUpload,
        kept_apart: bool,
    ) -> Result<(), HubError> {
        let size = i64::try_from(new.size).map_err(|_| FileError::TooLarge { most: i64::MAX as u64 })?;
        self.make_upload_room(id, device, new.size)?;
        self.tx.execute(
            "INSERT INTO uploads (id, device, sha256, doc, size, mime, received, created_at_ms, kept_apart, touched_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?7)
             ON CONFLICT (id) DO UPDATE SET kept_apart = excluded.kept_apart, touched_at_ms = excluded.touched_at_ms,
                size = CASE received WHEN 0 THEN excluded.size ELSE size END,
                mime = CASE received WHEN 0 THEN excluded.mime ELSE mime END",
            params![id, device.0, new.sha256, new.doc.0, size, new.mime, self.now_ms, kept_apart],
        )?;
        Ok(())
    }

    /// An upload of a file that is here already: a client that asks for it is told that it is whole.
    fn keep_ended_upload(&self, id: &str, device: DeviceId, new: &NewUpload) -> Result<(), HubError> {
        let size = i64::try_from(new.size).map_err(|_| FileError::TooLarge { most: i64::MAX as u64 })?;
        self.tx.execute(
            "INSERT INTO uploads (id, device, sha256, doc, size, mime, received, created_at_ms, touched_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?7, ?7)
             ON CONFLICT (id) DO UPDATE SET touched_at_ms = excluded.touched_at_ms, received = size",
            params![id, device.0, new.sha256, new.doc.0, size, new.mime, self.now_ms],
        )?;
        Ok(())
    }

    /// Where an upload stands, by the database and the disk. A database or a folder older than the
    /// other is put right here: an upload is never further than its bytes.
    fn progress(&self, requester: &Requester, id: &str) -> Result<Progress, HubError> {
        let device = requester.device;
        let UploadRow { mut upload, doc, verified, .. } = self.upload_row(device, id)?;
        // Who is not heard is told only of what he gave himself, whole.
        if (!requester.is_void() || upload.received == upload.size)
            && self.is_ref(&upload.sha256, doc)?
            && let Some(receipt) = self.file_receipt(&upload.sha256)?
        {
            return Ok(Progress::Stored(receipt));
        }
        if upload.kept_apart != self.check_writer(requester, doc).is_err() {
            if !self.is_named_in_quarantine(device, doc, &upload.sha256)? {
                requester.require_valid()?;
            }
            return Err(FileError::UploadUnknown.into());
        }
        self.tx.execute("UPDATE uploads SET touched_at_ms = ?2 WHERE id = ?1", params![id, self.now_ms])?;
        if upload.kept_apart && self.file_apart(device, doc, &upload.sha256)?.is_some() {
            return Ok(Progress::KeptApart { size: upload.size });
        }
        if !upload.is_on_disk() {
            // The server died between moving the file and writing it down.
            if verified && upload.is_in_place() {
                return self.finish(device, id);
            }
            self.tx.execute("UPDATE uploads SET received = 0, verified = 0 WHERE id = ?1", [id])?;
            upload.received = 0;
        }
        Ok(Progress::Open(upload))
    }

    fn upload_row(&self, device: DeviceId, id: &str) -> Result<UploadRow, HubError> {
        let found = self.tx.query_row(
            "SELECT sha256, size, received, doc, verified, kept_apart, mime FROM uploads
             WHERE id = ?1 AND device = ?2",
            params![id, device.0],
            |row| {
                let sha256 = row.get(0)?;
                let upload = Upload {
                    id: id.to_owned(),
                    sha256,
                    size: row.get::<_, i64>(1)?.unsigned_abs(),
                    received: row.get::<_, i64>(2)?.unsigned_abs(),
                    expires_at_ms: self.now_ms.saturating_add(self.bounds.upload_idle_ms),
                    kept_apart: row.get(5)?,
                    // The id stands in the table, so it is one that was made here: safe as a file name.
                    folder: self.folder.clone(),
                };
                Ok(UploadRow { upload, doc: DocId(row.get(3)?), mime: row.get(6)?, verified: row.get(4)? })
            },
        );
        Ok(found.optional()?.ok_or(FileError::UploadUnknown)?)
    }

    fn finish(&self, device: DeviceId, id: &str) -> Result<Progress, HubError> {
        let UploadRow { upload, doc, mime, verified } = self.upload_row(device, id)?;
        if !verified {
            return Err(FileError::UploadUnknown.into());
        }
        // The bytes have left the upload: should the file be lost later, it begins anew.
        self.tx.execute("UPDATE uploads SET received = size, verified = 0 WHERE id = ?1", [id])?;
        let Upload { sha256, size, kept_apart, .. } = upload;
        if kept_apart {
            self.keep_file_apart(device, doc, &FileApart { sha256, size, mime })?;
            return Ok(Progress::KeptApart { size });
        }
        Ok(Progress::Stored(self.keep_file(&sha256, size, &mime, doc)?))
    }

    // ---- bounds ----

    /// Gives up the longest untouched uploads of the device, as many as there must be so that it has room
    /// for another; what it gives begins anew then.
    fn make_upload_room(&self, id: &str, device: DeviceId, size: u64) -> Result<(), HubError> {
        let mut open = self.tx.prepare_cached(
            "SELECT id, size FROM uploads WHERE device = ?1 AND received < size AND id <> ?2
             ORDER BY touched_at_ms, id",
        )?;
        let rows = open.query_map(params![device.0, id], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?;
        let own: Vec<(String, u64)> = rows.collect::<Result<_, _>>()?;
        let mut used: u64 = own.iter().map(|(_, size)| size).sum();
        for (oldest, its) in &own {
            if used.saturating_add(size) <= self.bounds.uploads_device_bytes {
                break;
            }
            self.give_up_upload(oldest)?;
            used -= its;
        }
        let all: i64 = self
            .tx
            .prepare_cached("SELECT coalesce(sum(size), 0) FROM uploads WHERE received < size AND id <> ?1")?
            .query_row([id], |row| row.get(0))?;
        match all.unsigned_abs().saturating_add(size) <= self.bounds.uploads_bytes {
            true => Ok(()),
            false => Err(FileError::UploadsFull.into()),
        }
    }

    /// Gives up uploads of which nothing came for long.
    pub(super) fn give_up_idle_uploads(&self) -> Result<usize, HubError> {
        let before_ms = self.now_ms.saturating_sub(self.bounds.upload_idle_ms);
        let idle: Vec<String> = {
            let mut select = self.tx.prepare_cached("SELECT id FROM uploads WHERE touched_at_ms <= ?1")?;
            let rows = select.query_map([before_ms], |row| row.get(0))?;
            rows.collect::<Result<_, _>>()?
        };
        idle.iter().try_for_each(|id| self.give_up_upload(id))?;
        Ok(idle.len())
    }

    fn give_up_upload(&self, id: &str) -> Result<(), HubError> {
        self.tx.execute("DELETE FROM uploads WHERE id = ?1", [id])?;
        // Where the transaction fails the upload stands at its beginning: see `progress`.
        self.folder.forget_upload(id);
        Ok(())
    }
}
