//! Households as a screen shows them.

use ruhu_case::{Event, Evidence, Fields, Household, Person, Record, RecordFlag};
use ruhu_device::signature::SignatureFacts;
use ruhu_device::{
    CaseSummary, CaseView, ConflictView, EvidenceView, HiddenWork, LetterPhoto, NewCase, PhotoQuality,
    PictureSettings, PrintReuse, Seen,
};
use ruhu_text::Bilingual;

/// A household to be opened.
#[uniffi::remote(Record)]
pub struct NewCase {
    /// The name of the head of the household (户主).
    pub name: String,
    /// The head's ID number, if known; checked by GB 11643.
    #[uniffi(default = None)]
    pub idno: Option<String>,
    /// The 12-digit code of the village or community.
    pub division: String,
    /// The address as people say it.
    pub address: String,
    /// A telephone number, if there is one.
    #[uniffi(default = None)]
    pub phone: Option<String>,
}

/// A row of the case list.
#[uniffi::remote(Record)]
pub struct CaseSummary {
    /// The household's id.
    pub id: String,
    /// The head of the household.
    pub name: String,
    /// The 12-digit division code.
    pub division: String,
    /// The address.
    pub address: String,
    /// The last four characters of the head's ID number.
    pub id_tail: String,
    /// Members that count.
    pub people: u32,
    /// Fields in conflict.
    pub conflicts: u32,
    /// Answers, changes and photos of this household that are not safe yet.
    pub not_yet_safe: u32,
    /// The state of the case.
    pub status: String,
    /// When it last changed on this device, Unix milliseconds.
    pub updated_at_ms: i64,
}

/// A picture, or a signature, that was just attached.
#[uniffi::remote(Record)]
#[uniffi(name = "AttachedPhoto")]
pub struct EvidenceView {
    /// The evidence's id in the household.
    pub id: String,
    /// SHA-256 of what is kept, hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its pixels a row; of a signature the width of what was drawn on.
    pub width: u32,
    /// Its rows; of a signature the height.
    pub height: u32,
    /// When the photo says it was taken, local time `YYYY-MM-DD HH:MM:SS`, if it says.
    pub taken_at: Option<String>,
    /// The zone of that time in minutes east of UTC, if the photo says.
    pub zone_minutes: Option<i32>,
    /// Where the photo says it was taken: `latitude longitude` in degrees, if it says and the setting allows.
    pub place: Option<String>,
    /// The camera, as it names itself.
    pub camera: Option<String>,
    /// Whether the file as it was offered is kept too.
    pub original_kept: bool,
    /// Whether it shows what it should; nothing for kinds of which it is not known what they show.
    pub quality: Option<PhotoQuality>,
    /// Where such a picture stands already, other households first, five at most: a warning.
    pub seen: Vec<Seen>,
    /// What a photo of kind `letter` shows.
    pub letter: Option<LetterPhoto>,
    /// Whether the prints on a photo of kind `letter` or `fprint` stand on others already.
    pub reuse: Option<PrintReuse>,
    /// Of a signature drawn on the screen.
    pub signature: Option<SignatureFacts>,
}

/// What is said of a signature drawn on the screen.
#[uniffi::remote(Record)]
pub struct SignatureFacts {
    /// How often the pen was set down.
    pub strokes: u32,
    /// Points of all strokes.
    pub points: u32,
    /// Milliseconds from the first touch to the last.
    pub duration_ms: u32,
}

/// Whether a photo shows what it should.
#[uniffi::remote(Record)]
pub struct PhotoQuality {
    /// `good`, `blurred`, `dark`, `over_exposed`, `glare`, `cut_off` or `unsure`.
    pub verdict: String,
    /// What to do; nothing when it is good.
    pub advice: Option<Bilingual>,
}

/// A picture that a new one looks like, and where it stands.
#[uniffi::remote(Record)]
#[uniffi(name = "SeenPhoto")]
pub struct Seen {
    /// The household.
    pub case: String,
    /// Its head and address, as people name it.
    pub household: String,
    /// The entry of the household.
    pub evidence: String,
    /// What the earlier one shows: a known word, or the question that it answers.
    pub kind: String,
    /// When it was attached, Unix milliseconds by that phone.
    pub attached_at_ms: Option<i64>,
    /// Whether it is of the household that the new one is attached to.
    pub same_household: bool,
    /// Both places, for a person. It names people: it belongs into no log.
    pub warning: Bilingual,
}

/// How pictures are kept that are attached from now on.
#[uniffi::remote(Record)]
pub struct PictureSettings {
    /// Whether the place that a photo names is taken over into its evidence.
    pub place: bool,
    /// Whether the file as it was offered is kept and sent too, as a file of its own.
    pub originals: bool,
}

/// A household as it stands.
#[uniffi::remote(Record)]
pub struct CaseView {
    /// The household's id.
    pub id: String,
    /// The 12-digit division code.
    pub division: String,
    /// The hashes of the last changes: two devices with the same heads hold the same document.
    pub heads: Vec<String>,
    /// The number of changes.
    pub changes: u32,
    /// What is in it.
    pub household: Household,
    /// What stands in conflict.
    pub conflicts: Vec<ConflictView>,
    /// Fields that the program fills in, where values that differ were merged by their rule. They are no
    /// conflicts; their histories have all values.
    pub merged: Vec<String>,
    /// What the server hides of this household, by reason.
    pub hidden: Vec<HiddenWork>,
}

/// Changes of a household that a verdict of the server hides. They stay in it, and its history shows them.
#[uniffi::remote(Record)]
pub struct HiddenWork {
    /// How many changes.
    pub changes: u32,
    /// The reason's code, as the server gives it.
    pub reason: String,
    /// Why, and what to do.
    pub message: Bilingual,
}

/// What is in a household.
#[uniffi::remote(Record)]
pub struct Household {
    /// The fields of the household itself.
    pub case: Fields,
    /// Its members and others, removed ones too.
    pub people: Vec<Person>,
    /// The forms filled.
    pub records: Vec<Record>,
    /// Photos and papers.
    pub evidence: Vec<Evidence>,
    /// What happened.
    pub events: Vec<Event>,
}

/// A person of the household.
#[uniffi::remote(Record)]
pub struct Person {
    /// The id in the path.
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// The ID number as it was entered.
    pub idno: Option<String>,
    /// Why the person no longer counts, if so. Nobody is ever deleted.
    pub removed: Option<String>,
    /// All fields, the above included.
    pub fields: Fields,
}

/// One filled form.
#[uniffi::remote(Record)]
#[uniffi(name = "CaseRecord")]
pub struct Record {
    /// The id in the path: the visit's id.
    pub id: String,
    /// The form's id.
    pub form: Option<String>,
    /// The form's version.
    pub version: Option<String>,
    /// `open`, or `closed` when its investigators closed it.
    pub status: Option<String>,
    /// The person who began it.
    pub started_by: Option<String>,
    /// The answers.
    pub answers: Fields,
    /// All fields that are no answers, the above included.
    pub fields: Fields,
    /// Paths of the answers that were edited after closing; a flag says so too.
    pub edited_after_close: Vec<String>,
    /// Everything about this record that a person should look at.
    pub flags: Vec<RecordFlag>,
}

/// Something that merging alone cannot decide.
#[uniffi::remote(Enum)]
pub enum RecordFlag {
    /// A field or answer names a person who was removed. The reference stands.
    RefersToRemovedPerson {
        /// The path of the reference.
        path: String,
        /// The person's id.
        person: String,
    },
    /// Answers changed that the one who closed the record had not seen.
    EditedAfterClose {
        /// Their paths.
        paths: Vec<String>,
    },
    /// One side removed an instance of a repeat, the other edited it: it is kept, marked removed.
    RemovedInstanceEdited {
        /// The path of the instance.
        instance: String,
        /// The paths of the answers that the one who removed it had not seen.
        paths: Vec<String>,
    },
}

/// A photo or paper; `file` gives its bytes by the SHA-256.
#[uniffi::remote(Record)]
pub struct Evidence {
    /// The id in the path.
    pub id: String,
    /// What it shows: `house_out`, `sign`, `papers` …
    pub kind: Option<String>,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: Option<String>,
    /// Its size in bytes.
    pub size: Option<i64>,
    /// When it was taken, Unix milliseconds, if it is known as a moment. Cameras write local time without
    /// its zone: that is text, among the fields.
    pub taken_at: Option<i64>,
    /// Where the photo says it was taken: `latitude longitude` in degrees.
    pub place: Option<String>,
    /// The person who attached it.
    pub by: Option<String>,
    /// All fields, the above included.
    pub fields: Fields,
}

/// Something that happened: accepted, visited, published, decided.
#[uniffi::remote(Record)]
#[uniffi(name = "CaseEvent")]
pub struct Event {
    /// The id in the path.
    pub id: String,
    /// What kind of thing.
    pub kind: Option<String>,
    /// When, by the phone's clock, Unix milliseconds.
    pub at: Option<i64>,
    /// Who wrote it down.
    pub by: Option<String>,
    /// In words.
    pub text: Option<String>,
    /// All fields, the above included.
    pub fields: Fields,
}
