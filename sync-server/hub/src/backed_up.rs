//! What the newest backup has: of those files the server's receipts say `durable`, and phones may let go of
//! their copies. An older backup may be gone, so what the newest one lacks is durable no longer.

use ruhu_sync::FileReceipt;
use ruhu_sync::files::{FileUse, FilesMark};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::Hub;
use super::unit_of_work::{UnitOfWork, View};
use crate::error::HubError;

/// The mark of the newest backup, 16 hexadecimal digits.
const MARK: &str = "files/backup_mark";
/// So many files are noted in one transaction, so that no phone waits long for it.
const AT_ONCE: usize = 500;

impl Hub {
    /// Notes that a backup was made, what it has, and what it should have and lacks. Phones are told by a
    /// mark, and ask.
    ///
    /// # Errors
    /// [`StorageError`](crate::StorageError). What was noted by then is true; the rest is noted by the next
    /// backup.
    pub fn note_backup(
        &mut self,
        made_at_ms: i64,
        has: &[[u8; 32]],
        lacks: &[[u8; 32]],
        now_ms: i64,
    ) -> Result<(), HubError> {
        for (files, time) in [(has, Some(made_at_ms)), (lacks, None)] {
            for some in files.chunks(AT_ONCE) {
                self.write(now_ms, |work| {
                    let sql = "UPDATE files SET backed_up_ms = ?2 WHERE sha256 = ?1";
                    let mut update = work.tx.prepare_cached(sql)?;
                    some.iter().try_for_each(|sha256| update.execute(params![sha256, time]).map(drop))?;
                    Ok(())
                })?;
            }
        }
        self.write(now_ms, |work| {
            let before = work.backup_mark()?.unwrap_or_default();
            let next = Sha256::new().chain_update(before.0).chain_update(made_at_ms.to_be_bytes()).finalize();
            let next = data_encoding::HEXLOWER.encode(next.get(..8).unwrap_or_default());
            let sql = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)";
            work.tx.execute(sql, [MARK, &next])?;
            Ok(())
        })
    }
}

impl UnitOfWork<'_> {
    /// Changes with each backup; `None` before the first.
    pub(super) fn backup_mark(&self) -> Result<Option<FilesMark>, HubError> {
        let mut select = self.tx.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        let digits: Option<String> = select.query_row([MARK], |row| row.get(0)).optional()?;
        let bytes = digits.and_then(|digits| data_encoding::HEXLOWER.decode(digits.as_bytes()).ok());
        Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(FilesMark))
    }

    /// The receipt of a file in a document within the view, when it is durable.
    pub(super) fn durable_receipt(
        &self,
        file: &FileUse,
        view: &View,
    ) -> Result<Option<FileReceipt>, HubError> {
        let Some(header) = self.header(file.doc())? else { return Ok(None) };
        if !view.sees(&header) || !self.is_ref(&file.sha256, file.doc())? {
            return Ok(None);
        }
        Ok(self.file_receipt(&file.sha256)?.filter(|receipt| receipt.durable))
    }
}
