//! Where each photo is, and the room that photos in a second place give back.

use std::collections::BTreeSet;

use ruhu_store::{FileRow, FileState, StoreError, Tx};
use ruhu_sync::FileReceipt;
use ruhu_text::Bilingual;
use serde::Serialize;

use crate::device::Device;
use crate::error::DeviceError;
use crate::ids::{hex, parse_id};
use crate::not_yet_safe::household_name;

/// Where a photo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoPlace {
    /// Only on this phone.
    OnlyHere,
    /// The server has it; no backup has it yet.
    Server,
    /// In a second place: the server has it, and a backup of the server too.
    SecondPlace,
    /// The server has every byte and keeps it apart with the text that names it: only the copy here counts.
    KeptApart,
    /// Neither here nor on the server: on a colleague's phone, or lost.
    Lacking,
    /// Attached here, gone or damaged since, and the server lacks it.
    Lost,
    /// Not here; the server was not asked yet.
    NotAsked,
}

/// One photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhotoStatus {
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// The household that names it first.
    pub case: String,
    /// The head of that household and the address; empty when it is not known here.
    pub household: String,
    /// The evidence in it.
    pub evidence: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was attached or came, Unix milliseconds of this phone's clock.
    pub added_at_ms: i64,
    /// Where it is.
    pub place: PhotoPlace,
    /// Whether its bytes are on this phone. What is not here is fetched when it is opened.
    pub here: bool,
    /// Whether it was attached on this phone.
    pub own: bool,
    /// Bytes of it that the server has, while it is on its way.
    pub sent: u64,
    /// Why the server refused it, if it did: it is tried again later.
    pub refused: Option<Bilingual>,
    /// Whether its room can be given back (`files_reclaim`).
    pub reclaimable: bool,
}

/// How many photos, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PhotoCount {
    /// How many.
    pub photos: u32,
    /// Their bytes together.
    pub bytes: u64,
}

/// Where the photos are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FilesStatus {
    /// Those that only this phone has, those in quarantine too.
    pub only_here: PhotoCount,
    /// Those that the server has, and no backup.
    pub server: PhotoCount,
    /// Those in a second place.
    pub second_place: PhotoCount,
    /// Those that are neither here nor on the server, lost ones too.
    pub lacking: PhotoCount,
    /// What the photos on this phone take of its disk.
    pub here: PhotoCount,
    /// Of that, what can be given back.
    pub reclaimable: PhotoCount,
    /// Each photo, those that only this phone has first.
    pub photos: Vec<PhotoStatus>,
}

impl PhotoCount {
    fn add(&mut self, bytes: u64) {
        self.photos = self.photos.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

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
            let mut photos = photos.collect::<Result<Vec<_>, DeviceError>>()?;
            photos.sort_by_key(|photo| photo.place);
            Ok(counted(photos))
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

fn counted(photos: Vec<PhotoStatus>) -> FilesStatus {
    let mut status = FilesStatus::default();
    for photo in &photos {
        let counts = match photo.place {
            PhotoPlace::OnlyHere | PhotoPlace::KeptApart => Some(&mut status.only_here),
            PhotoPlace::Server => Some(&mut status.server),
            PhotoPlace::SecondPlace => Some(&mut status.second_place),
            PhotoPlace::Lacking | PhotoPlace::Lost => Some(&mut status.lacking),
            PhotoPlace::NotAsked => None,
        };
        if let Some(counts) = counts {
            counts.add(photo.size);
        }
        if photo.here {
            status.here.add(photo.size);
        }
        if photo.reclaimable {
            status.reclaimable.add(photo.size);
        }
    }
    FilesStatus { photos, ..status }
}
