//! Where the photos of a phone are, as a person asks: only here, on the server, in a second place.

use ruhu_text::Bilingual;
use serde::Serialize;

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

impl FilesStatus {
    /// Counts photos, and puts those that only this phone has first.
    pub fn of(mut photos: Vec<PhotoStatus>) -> FilesStatus {
        photos.sort_by_key(|photo| photo.place);
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
}
