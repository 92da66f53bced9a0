//! What a device hands to its host: owned records, ready for any language.

use ruhu_case::{Household, Value};
use ruhu_form::{Changed, MigrationReport, Missing, Page};
use ruhu_text::{Bilingual, Explain, Lang};
use serde::{Deserialize, Serialize};

/// Who made something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Author {
    /// The person's name from the certificate; empty when the certificate is not known here.
    pub person: String,
    /// The person's role.
    pub role: String,
    /// The device, 32 hexadecimal digits.
    pub device: String,
}

/// Where the device stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    /// Whether the certificate has ended: the server keeps apart what this device delivers until it is
    /// renewed. Nothing is lost, and work goes on.
    pub expired: bool,
    /// When the certificate ends, Unix milliseconds of the server's clock.
    pub expires_at_ms: Option<i64>,
    /// Whether the certificate ends within 30 days, and was not renewed by itself.
    pub renew_soon: bool,
    /// By how much this phone's clock is ahead of the server's, in milliseconds; behind, if negative.
    /// Only when they are a quarter of an hour apart or more, as at the last sync. Visits keep the
    /// phone's time.
    pub clock_ahead_ms: Option<i64>,
    /// Whether the server itself doubts its clock.
    pub server_clock_in_doubt: bool,
    /// Changes that wait to be sent.
    pub outbox: u32,
    /// Photos that wait to be sent.
    pub files_waiting: u32,
    /// Photos that households name, that are not here and that the server has, or was not asked for:
    /// the next sync fetches them.
    pub files_to_fetch: u32,
    /// Photos that households name and neither this device nor the server has: they wait on a
    /// colleague's phone, or are lost.
    pub files_lacking: u32,
    /// Photos that were attached on this device, whose bytes are gone from it, and that the server
    /// lacks too or was never given; without those that were given up.
    pub files_lost: u32,
    /// Photos that gave way: those of colleagues to this device's own work, those in a second place because
    /// somebody took their room back. Fetched when opened.
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
    /// Forms that the server offers and this device cannot use, by id and version: they are not
    /// fetched again until the server offers another one in their place.
    pub forms_refused: Vec<ItemFault>,
}

/// One thing that did not go through. It concerns itself alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

impl ItemFault {
    pub(crate) fn new(item: impl Into<String>, reason: &dyn Explain) -> ItemFault {
        ItemFault {
            item: item.into(),
            code: reason.code().to_owned(),
            zh: reason.message(Lang::Zh),
            en: reason.message(Lang::En),
        }
    }
}

/// A household to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewCase {
    /// The name of the head of the household (户主).
    pub name: String,
    /// The head's ID number, if known; checked by GB 11643.
    pub idno: Option<String>,
    /// The 12-digit code of the village or community.
    pub division: String,
    /// The address as people say it.
    pub address: String,
    /// A telephone number, if there is one.
    pub phone: Option<String>,
}

/// A row of the case list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseSummary {
    /// The document's id.
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
    /// Answers, changes and photos of this household that are not safe yet, see
    /// [`crate::Device::not_yet_safe`].
    pub not_yet_safe: u32,
    /// The state of the case.
    pub status: String,
    /// When it last changed on this device, Unix milliseconds.
    pub updated_at_ms: i64,
}

/// A household as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseView {
    /// The document's id.
    pub id: String,
    /// The 12-digit division code.
    pub division: String,
    /// The hashes of the last changes: two devices with the same heads hold the same document.
    pub heads: Vec<String>,
    /// The number of changes.
    pub changes: u32,
    /// The fields.
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HiddenWork {
    /// How many changes.
    pub changes: u32,
    /// The reason's code, as the server gives it.
    pub reason: String,
    /// Why, and what to do.
    pub message: Bilingual,
}

/// A field with more than one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConflictView {
    /// The field's path.
    pub path: String,
    /// Whether the field decides eligibility, so that it must be settled before a visit is closed.
    pub eligibility: bool,
    /// The values, the shown one first.
    pub choices: Vec<ConflictChoice>,
}

/// One of the values in conflict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConflictChoice {
    /// The value.
    pub value: Value,
    /// The value as text.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
    /// When, by the author's phone, Unix milliseconds.
    pub phone_time_ms: i64,
    /// When the server took it, by its clock, Unix milliseconds; `None` if it has not.
    pub server_time_ms: Option<i64>,
    /// Whether this is the value that is shown.
    pub shown: bool,
}

/// One value a field had.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryItem {
    /// The value.
    pub value: Value,
    /// The value as text.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
    /// When, by the author's phone, Unix milliseconds.
    pub phone_time_ms: i64,
    /// When the server took it, by its clock, Unix milliseconds; `None` if it has not.
    pub server_time_ms: Option<i64>,
    /// Whether a verdict hides it.
    pub hidden: bool,
    /// Whether it stands now.
    pub current: bool,
}

/// A form on the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormVersion {
    /// The form's id.
    pub id: String,
    /// The form's version.
    pub version: String,
    /// Whether the server withdrew it: it is not offered for new visits, open visits go on with it.
    pub withdrawn: bool,
}

/// A row of the list of visits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisitSummary {
    /// The visit's id.
    pub id: String,
    /// The household.
    pub case: String,
    /// The form's id.
    pub form: String,
    /// The form's version.
    pub version: String,
    /// The newest version of the form, when it is another one and the visit is open: the visit can
    /// move to it, see [`crate::Device::visit_migration`].
    pub newer_version: Option<String>,
    /// Whether it is still open.
    pub open: bool,
    /// When it was last answered, Unix milliseconds.
    pub updated_at_ms: i64,
}

/// A visit as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitView {
    /// The visit's facts.
    pub visit: VisitSummary,
    /// The pages with their relevant questions.
    pub pages: Vec<Page>,
    /// What stands in the way of closing.
    pub missing: Vec<Missing>,
    /// How many questions have an answer.
    pub answered: u32,
}

/// A move of a visit to a newer version of its form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitMigration {
    /// When it was done, by this device's clock, Unix milliseconds.
    pub at_ms: i64,
    /// What it did with the answers. It holds answers: it belongs into no log.
    pub report: MigrationReport,
}

/// What saving a visit did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SavedVisit {
    /// Whether a change was made at all.
    pub changed: bool,
    /// Fields that somebody else had changed since this visit last looked: both values stand now
    /// as a conflict, nothing was overwritten.
    pub overtaken: Vec<String>,
}

/// Evidence attached to a household.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceView {
    /// The evidence's id in the document.
    pub id: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// When the photo says it was taken, local time `YYYY-MM-DD HH:MM:SS`, if it says.
    pub taken_at: Option<String>,
    /// Where the photo says it was taken: `latitude longitude` in degrees, if it says.
    pub place: Option<String>,
}

/// A question for a picture that was answered with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PictureAnswered {
    /// What changed in the visit.
    pub changed: Changed,
    /// The evidence whose id the answer is.
    pub evidence: String,
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
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
    /// Envelopes written again because another phone had used their name: 重新签发.
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
    /// Photos of colleagues that were not fetched, because there is only room for this device's own
    /// work.
    pub files_held_back: u32,
    /// Why the text lane did not end, when it did not; forms and photos went on without it.
    pub text_failed: Option<ItemFault>,
    /// Whether the server said that the device is revoked.
    pub revoked: bool,
    /// Times that the line broke and the run went on.
    pub cuts: u32,
    /// Whether the run stopped at its bound of round trips, with more to do: the next one goes on.
    pub unfinished: bool,
    /// Whether the certificate has ended: the server keeps apart what this device delivers until it is
    /// renewed. Nothing is lost, and work goes on.
    pub expired: bool,
    /// Whether a new certificate came.
    pub renewed: bool,
    /// By how much this phone's clock is ahead of the server's, in milliseconds, when that is a quarter
    /// of an hour or more; behind, if negative.
    pub clock_ahead_ms: Option<i64>,
    /// Whether the server itself doubts its clock.
    pub server_clock_in_doubt: bool,
    /// The time it took, milliseconds.
    pub took_ms: u64,
}
