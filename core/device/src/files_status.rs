//! Where each photo is, and the room that photos in a second place give back.

use std::collections::BTreeSet;

use ruhu_evidence::{FilesStatus, PhotoCount, PhotoPlace, PhotoStatus};
use ruhu_projection::household_name;
use ruhu_store::{FileRow, FileState, StoreError, Tx};
use ruhu_sync::FileReceipt;
use ruhu_text::Bilingual;

use crate::device::Device;
use crate::error::DeviceError;
use crate::ids::{hex, parse_id};

impl Device {
    /// Where each photo is, of one household or of all.
    ///
    /// # Errors
    /// `not_found` for what is no household's id; `damaged` or `store`.
    pub fn files_status(&self, case: Option<&str>) -> Result<FilesStatus, DeviceError> {
        let doc = case.map(parse_id).transpose()?;
        self.store.read(|tx| {
            let rows = match doc {
                Some(doc) => tx.files_of_document(&doc)?,
                None => tx.all_files()?,
            };
            let free = tx.files_to_reclaim(u32::MAX)?;
            let free: BTreeSet<[u8; 32]> = free.iter().map(|row| row.sha256).collect();
            let photos = rows.iter().map(|row| photo(tx, row, free.contains(&row.sha256)));
            Ok(FilesStatus::of(photos.collect::<Result<Vec<_>, DeviceError>>()?))
        })
    }

    /// Gives back the room of photos that are in a second place: of households without an open visit here
    /// and without anything that waits to be sent, those longest unchanged first. They are fetched again
    /// when they are opened. With `bytes`, only as many as give back so much.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn files_reclaim(&self, bytes: Option<u64>) -> Result<PhotoCount, DeviceError> {
        let (photos, bytes) = self.store.reclaim(bytes)?;
        Ok(PhotoCount { photos, bytes })
    }

    /// Says whether the network is metered: photos wait then, at the next piece of a sync that runs too.
    pub fn set_metered(&self, metered: bool) {
        self.metered.store(metered, std::sync::atomic::Ordering::Release);
    }

    pub(crate) fn is_metered(&self) -> bool {
        self.metered.load(std::sync::atomic::Ordering::Acquire)
    }

    /// A photo that came again is in a second place, if it was.
    pub(crate) fn recall_durable(&self, row: &FileRow) -> Result<(), DeviceError> {
        match row.receipt.as_deref().filter(|receipt| is_durable(receipt)) {
            Some(receipt) => {
                Ok(self.store.write::<_, StoreError>(|tx| tx.set_file_durable(&row.sha256, receipt))?)
            }
            None => Ok(()),
        }
    }
}

fn is_durable(receipt: &[u8]) -> bool {
    FileReceipt::from_bytes(receipt).is_ok_and(|receipt| receipt.durable)
}

fn photo(tx: &Tx<'_>, row: &FileRow, reclaimable: bool) -> Result<PhotoStatus, DeviceError> {
    let place = place(row);
    let on_its_way = place == PhotoPlace::OnlyHere;
    let refusal = if on_its_way { tx.file_refusal(&row.sha256)? } else { None };
    Ok(PhotoStatus {
        sha256: hex(&row.sha256),
        case: row.doc.to_string(),
        household: household_name(tx, &row.doc)?,
        evidence: row.evidence.clone(),
        size: row.size,
        added_at_ms: row.added_at_ms,
        place,
        here: row.state != FileState::Wanted,
        own: row.own,
        sent: if on_its_way { row.offset } else { 0 },
        refused: refusal.map(|refusal| Bilingual::new(refusal.zh, refusal.en)),
        reclaimable,
    })
}

fn place(row: &FileRow) -> PhotoPlace {
    match (row.state, row.at_server) {
        (FileState::Uploading, _) if row.offset >= row.size => PhotoPlace::KeptApart,
        (FileState::Local | FileState::Uploading, _) => PhotoPlace::OnlyHere,
        (FileState::Stored, _) => PhotoPlace::Server,
        (FileState::Durable, _) => PhotoPlace::SecondPlace,
        (FileState::Wanted, Some(false)) if row.own => PhotoPlace::Lost,
        (FileState::Wanted, Some(false)) => PhotoPlace::Lacking,
        (FileState::Wanted, at_server) => match (&row.receipt, at_server) {
            (Some(receipt), _) if is_durable(receipt) => PhotoPlace::SecondPlace,
            (Some(_), _) | (None, Some(true)) => PhotoPlace::Server,
            (None, _) if row.own => PhotoPlace::Lost,
            (None, _) => PhotoPlace::NotAsked,
        },
    }
}
