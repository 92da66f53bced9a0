//! Photos of what lies in quarantine. Their bytes lie under `files/` like all others; only the rows here
//! name them, so that they are given to nobody until their text is admitted, and admitting is one
//! transaction. A device may give a file that an envelope of its own in quarantine names: one of whose
//! changes has the file's SHA-256, 64 hexadecimal digits, as text.

use std::collections::HashMap;

use ruhu_case::{DocId, RawChange};
use ruhu_sync::{DeviceId, Envelope, EnvelopeHash};
use rusqlite::{OptionalExtension, Row, params};

use super::unit_of_work::UnitOfWork;
use crate::error::HubError;

/// A file in quarantine.
pub(super) struct FileApart {
    pub sha256: [u8; 32],
    pub size: u64,
    pub mime: String,
}

/// Whether a change of the envelope has the file's SHA-256 as text.
pub(super) fn names(envelope: &Envelope, sha256: &[u8; 32]) -> bool {
    let digits = data_encoding::HEXLOWER.encode(sha256);
    let has = |change: &RawChange| change.body().windows(digits.len()).any(|part| part == digits.as_bytes());
    envelope.changes().iter().any(has)
}

/// What may be the SHA-256 of a file in an envelope: every 64 hexadecimal digits.
pub(super) fn digests(envelope: &Envelope) -> impl Iterator<Item = [u8; 32]> + '_ {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let parts = envelope.changes().iter().flat_map(|change| change.body().windows(64));
    let digits = parts.filter(move |part| part.iter().all(is_digit));
    digits.filter_map(|part| data_encoding::HEXLOWER.decode(part).ok()?.try_into().ok())
}

/// Files that a device gave for a document.
pub(super) const FILES_APART: &str = "SELECT 1 FROM quarantine_files WHERE device = ?1 AND doc = ?2";
/// One of them.
pub(super) const FILE_APART: &str =
    "SELECT size, mime FROM quarantine_files WHERE sha256 = ?1 AND doc = ?2 AND device = ?3";

impl UnitOfWork<'_> {
    /// Whether an envelope of the device that lies in quarantine names a file in a document.
    pub(super) fn is_named_in_quarantine(
        &self,
        device: DeviceId,
        doc: DocId,
        sha256: &[u8; 32],
    ) -> Result<bool, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT q.bytes FROM quarantine q JOIN authors a ON a.actor = q.actor
             WHERE q.doc = ?1 AND a.device = ?2",
        )?;
        let mut rows = select.query(params![doc.0, device.0])?;
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(0)?;
            if Envelope::from_bytes(&bytes).is_ok_and(|envelope| names(&envelope, sha256)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes down a file of the quarantine whose bytes are on the disk.
    pub(super) fn keep_file_apart(
        &self,
        device: DeviceId,
        doc: DocId,
        file: &FileApart,
    ) -> Result<(), HubError> {
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        self.tx.execute(
            "INSERT INTO quarantine_files (sha256, doc, device, size, mime, time_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
            params![file.sha256, doc.0, device.0, size, file.mime, self.now_ms],
        )?;
        Ok(())
    }

    /// A file that the device gave for a document in quarantine, if its bytes are there.
    pub(super) fn file_apart(
        &self,
        device: DeviceId,
        doc: DocId,
        sha256: &[u8; 32],
    ) -> Result<Option<FileApart>, HubError> {
        Ok(self.file_row(device, doc, sha256)?.filter(|file| self.has_bytes(file)))
    }

    fn file_row(
        &self,
        device: DeviceId,
        doc: DocId,
        sha256: &[u8; 32],
    ) -> Result<Option<FileApart>, HubError> {
        let file = |row: &Row<'_>| {
            Ok(FileApart { sha256: *sha256, size: row.get::<_, i64>(0)?.unsigned_abs(), mime: row.get(1)? })
        };
        let mut select = self.tx.prepare_cached(FILE_APART)?;
        Ok(select.query_row(params![sha256, doc.0, device.0], file).optional()?)
    }

    fn has_bytes(&self, file: &FileApart) -> bool {
        self.folder.size(&file.sha256) == Some(file.size)
    }

    fn has_files_apart(&self, device: DeviceId, doc: DocId) -> Result<bool, HubError> {
        Ok(self.tx.prepare_cached(FILES_APART)?.exists(params![device.0, doc.0])?)
    }

    /// Files of a device in quarantine that an envelope of its own names. What this costs follows the
    /// size of the envelope, however many files the document has.
    pub(super) fn files_named(
        &self,
        device: DeviceId,
        envelope: &Envelope,
    ) -> Result<Vec<FileApart>, HubError> {
        let doc = envelope.doc;
        if !self.has_files_apart(device, doc)? {
            return Ok(Vec::new());
        }
        let mut named: HashMap<[u8; 32], FileApart> = HashMap::new();
        for sha256 in digests(envelope) {
            named.extend(self.file_row(device, doc, &sha256)?.map(|file| (sha256, file)));
        }
        Ok(named.into_values().collect())
    }

    /// Makes files of the document's of those in quarantine that an envelope names which stands in its log
    /// now, and is shown. Gives how many. One whose bytes are gone is given again by its phone.
    pub(super) fn admit_files(&self, envelope: &Envelope) -> Result<usize, HubError> {
        let Some(device) = self.device_of(envelope)? else { return Ok(0) };
        let mut admitted = 0;
        for file in self.files_named(device, envelope)? {
            admitted += usize::from(self.admit_file(device, envelope.doc, &file)?);
        }
        Ok(admitted)
    }

    /// As [`UnitOfWork::admit_files`], for an envelope of the log that is shown again.
    pub(super) fn admit_files_shown(
        &self,
        device: DeviceId,
        doc: DocId,
        hash: &EnvelopeHash,
    ) -> Result<(), HubError> {
        if !self.has_files_apart(device, doc)? {
            return Ok(());
        }
        let mut select = self.tx.prepare_cached("SELECT bytes FROM envelopes WHERE hash = ?1")?;
        let bytes: Option<Vec<u8>> = select.query_row([hash.0], |row| row.get(0)).optional()?;
        match bytes.and_then(|bytes| Envelope::from_bytes(&bytes).ok()) {
            Some(envelope) => self.admit_files(&envelope).map(drop),
            None => Ok(()),
        }
    }

    /// Makes a file of the document's of one in quarantine, if its bytes are there.
    pub(super) fn admit_file(
        &self,
        device: DeviceId,
        doc: DocId,
        file: &FileApart,
    ) -> Result<bool, HubError> {
        self.forget_file_apart(device, doc, &file.sha256)?;
        let there = self.has_bytes(file);
        if there {
            self.keep_file(&file.sha256, file.size, &file.mime, doc)?;
        }
        Ok(there)
    }

    pub(super) fn forget_file_apart(
        &self,
        device: DeviceId,
        doc: DocId,
        sha256: &[u8; 32],
    ) -> Result<(), HubError> {
        self.tx
            .prepare_cached("DELETE FROM quarantine_files WHERE sha256 = ?1 AND doc = ?2 AND device = ?3")?
            .execute(params![sha256, doc.0, device.0])?;
        Ok(())
    }

    /// The device of an envelope's author.
    pub(super) fn device_of(&self, envelope: &Envelope) -> Result<Option<DeviceId>, HubError> {
        let mut select = self.tx.prepare_cached("SELECT device FROM authors WHERE actor = ?1")?;
        Ok(select.query_row([envelope.actor.0], |row| row.get(0).map(DeviceId)).optional()?)
    }

    /// Whether so many bytes more of a device have room in quarantine.
    pub(super) fn has_quarantine_room(&self, device: DeviceId, bytes: u64) -> Result<bool, HubError> {
        let (own, all): (i64, i64) = self
            .tx
            .prepare_cached(
                "SELECT coalesce(sum(bytes) FILTER (WHERE device = ?1), 0), coalesce(sum(bytes), 0)
                 FROM quarantine_use",
            )?
            .query_row([device.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let fits = |used: i64, most: u64| used.unsigned_abs().saturating_add(bytes) <= most;
        Ok(fits(own, self.bounds.quarantine_device_bytes) && fits(all, self.bounds.quarantine_bytes))
    }
}
