//! Where the device stands, and what a sync did.

use ruhu_device::{
    Author, Bilingual, FilesStatus, ItemFault, PhotoCount, PhotoPlace, PhotoStatus, Status, SyncPhase,
    SyncProgress, SyncReport,
};

/// Where the device stands.
#[uniffi::remote(Record)]
#[uniffi(name = "DeviceStatus")]
pub struct Status {
    /// Whether it has a certificate.
    pub enrolled: bool,
    /// Who it belongs to, when enrolled.
    pub author: Option<Author>,
    /// The scope of its certificate: 6, 9 or 12 digits.
    pub scope: Option<String>,
    /// The server's address.
    pub server: Option<String>,
    /// Whether the server said that the device is revoked.
    pub revoked: bool,
    /// Whether the certificate has ended; what is sent is kept apart until it is renewed.
    pub expired: bool,
    /// When the certificate ends, Unix milliseconds of the server's clock.
    pub expires_at_ms: Option<i64>,
    /// Whether the certificate ends within 30 days.
    pub renew_soon: bool,
    /// By how much this phone's clock is ahead of the server's, in milliseconds, if that is far.
    pub clock_ahead_ms: Option<i64>,
    /// Whether the server itself doubts its clock.
    pub server_clock_in_doubt: bool,
    /// Changes that wait to be sent.
    pub outbox: u32,
    /// Photos that wait to be sent.
    pub files_waiting: u32,
    /// Photos that are not here and that the server has, or was not asked for.
    pub files_to_fetch: u32,
    /// Photos that neither this device nor the server has.
    pub files_lacking: u32,
    /// Photos that were attached here, whose bytes are gone, and that the server lacks too.
    pub files_lost: u32,
    /// Photos that gave way: fetched when opened.
    pub files_on_demand: u32,
    /// Bytes that photos of colleagues take on this device.
    pub files_of_others_bytes: u64,
    /// Households on the device.
    pub cases: u32,
    /// Households of which nothing can be shown yet: what creates them is kept apart or has not come.
    /// The case list leaves them out, and `check` names them.
    pub cases_not_shown: u32,
    /// Entries of the server's logs whose content is not here: nobody had it whole.
    pub lacking: u32,
    /// Forms that the server offers and this device cannot use, by id and version.
    pub forms_refused: Vec<ItemFault>,
}

/// One thing that did not go through. It concerns itself alone.
#[uniffi::remote(Record)]
pub struct ItemFault {
    /// What: a form's id and version, a photo's SHA-256; empty for a lane as a whole.
    pub item: String,
    /// Why, as a stable code.
    pub code: String,
    /// Why, for a person, Chinese.
    pub zh: String,
    /// Why, for a person, English.
    pub en: String,
}

/// What a sync did.
#[uniffi::remote(Record)]
pub struct SyncReport {
    /// Round trips of the text lane.
    pub rounds: u32,
    /// Bytes of request bodies of the text lane.
    pub bytes_up: u64,
    /// Bytes of response bodies of the text lane.
    pub bytes_down: u64,
    /// Signed envelopes that the server took or already had.
    pub sent: u32,
    /// Signed envelopes that came.
    pub received: u32,
    /// Envelopes that wait for something the server lacks.
    pub waiting: u32,
    /// Envelopes that the server keeps apart: what they say is shown to nobody else.
    pub refused: u32,
    /// Times that an envelope was not taken because the server's quarantine is full; it stays here.
    pub no_room: u32,
    /// Envelopes written again because another phone had used their name (重新签发).
    pub reissued: u32,
    /// Changes from the server that no document can hold, and their authors: kept apart here.
    pub quarantined: Vec<String>,
    /// Logs that still differ from the server's after hashes were compared: the log, and how many of
    /// its entries are lacking at least.
    pub drifted: Vec<String>,
    /// Entries that came damaged, or whose content the server does not give. They are asked for again
    /// with every sync.
    pub damaged: u32,
    /// Pages from the server that could not be read; they were gone around, envelope by envelope.
    pub unreadable: u32,
    /// Whether the server took what was sent and could not tell what is new.
    pub untold: bool,
    /// Forms that came.
    pub forms: Vec<String>,
    /// Forms that could not be fetched or used; an empty `item` stands for the list of forms.
    pub forms_failed: Vec<ItemFault>,
    /// Photos sent whole.
    pub files_sent: u32,
    /// Photos given whole that the server keeps apart with the text that names them; the copies stay here.
    pub files_kept_apart: u32,
    /// Photos that came.
    pub files_received: u32,
    /// Bytes of photos sent and received.
    pub file_bytes: u64,
    /// Photos that could not be sent or fetched.
    pub files_failed: Vec<ItemFault>,
    /// Photos that were not tried any more, for the server failed with those before them.
    pub files_left: u32,
    /// Photos that were not moved because the network is metered.
    pub files_paused: u32,
    /// Photos of which this run found that the server lacks them as well as this device: said once.
    pub files_lacking: u32,
    /// Photos of colleagues that were not fetched, for want of room.
    pub files_held_back: u32,
    /// Why the text lane did not end, when it did not; forms and photos went on without it.
    pub text_failed: Option<ItemFault>,
    /// Whether the server said that the device is revoked.
    pub revoked: bool,
    /// Times that the line broke and the run went on.
    pub cuts: u32,
    /// Whether the run stopped at its bound of round trips, with more to do: the next one goes on.
    pub unfinished: bool,
    /// Whether the certificate has ended; what is sent is kept apart until it is renewed.
    pub expired: bool,
    /// Whether a new certificate came.
    pub renewed: bool,
    /// By how much this phone's clock is ahead of the server's, in milliseconds, if that is far.
    pub clock_ahead_ms: Option<i64>,
    /// Whether the server itself doubts its clock.
    pub server_clock_in_doubt: bool,
    /// The time it took, milliseconds.
    pub took_ms: u64,
}

/// Which lane a sync is in; they follow each other in this order.
#[uniffi::remote(Enum)]
pub enum SyncPhase {
    /// Households: what was entered here goes up, what others entered comes down.
    Text,
    /// New forms come down.
    Forms,
    /// Photos go up and come down.
    Photos,
    /// Photos of letters that are here are looked at for their prints, if any were not yet: no line is needed.
    Letters,
}

/// How far a sync has come.
#[uniffi::remote(Record)]
pub struct SyncProgress {
    /// The lane it is in.
    pub phase: SyncPhase,
    /// Bytes of request bodies so far, of all lanes.
    pub bytes_up: u64,
    /// Bytes of response bodies so far, of all lanes.
    pub bytes_down: u64,
    /// Signed envelopes whose receipt is on this device's disk.
    pub sent: u32,
    /// Signed envelopes that still wait in the outbox.
    pub to_send: u32,
    /// Signed envelopes of others that are on this device's disk.
    pub received: u32,
    /// Signed envelopes that have come and are not on the disk yet; more may follow.
    pub to_store: u32,
    /// Forms that have come.
    pub forms: u32,
    /// Photos sent or fetched whole.
    pub photos: u32,
    /// Photos that are still to be sent or fetched in this run.
    pub photos_left: u32,
    /// Bytes of photos that are still to be sent or fetched in this run, as far as they are known.
    pub photo_bytes_left: u64,
    /// Seconds that these may take at the pace of the last pieces; nothing before the first one passed.
    pub photo_seconds_left: Option<u32>,
    /// Photos of letters that were looked at for their prints, about a second each.
    pub letters: u32,
    /// Those that are still to be looked at in this run.
    pub letters_left: u32,
    /// Seconds until the next try, when the server is busy or out of reach; 0 while nothing is waited
    /// for.
    pub retry_in_s: u32,
}

/// Where a photo is.
#[uniffi::remote(Enum)]
pub enum PhotoPlace {
    /// Only on this phone.
    OnlyHere,
    /// The server has it; no backup has it yet.
    Server,
    /// In a second place: the server has it, and a backup of the server too.
    SecondPlace,
    /// The server keeps it apart with the text that names it: only the copy here counts.
    KeptApart,
    /// Neither here nor on the server: on a colleague's phone, or lost.
    Lacking,
    /// Attached here, gone or damaged since, and the server lacks it.
    Lost,
    /// Not here; the server was not asked yet.
    NotAsked,
}

/// One photo.
#[uniffi::remote(Record)]
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
    /// Whether its bytes are on this phone. What is not here is fetched with `file_fetch`.
    pub here: bool,
    /// Whether it was attached on this phone.
    pub own: bool,
    /// Bytes of it that the server has, while it is on its way.
    pub sent: u64,
    /// Why the server refused it, if it did: it is tried again later.
    pub refused: Option<Bilingual>,
    /// Whether its room can be given back with `files_reclaim`.
    pub reclaimable: bool,
}

/// How many photos, and their bytes.
#[uniffi::remote(Record)]
pub struct PhotoCount {
    /// How many.
    pub photos: u32,
    /// Their bytes together.
    pub bytes: u64,
}

/// Where the photos are.
#[uniffi::remote(Record)]
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
