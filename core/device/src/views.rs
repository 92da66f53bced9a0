//! What a device hands to its host: owned records, ready for any language.

use ruhu_case::{Household, Value};
use ruhu_form::{MigrationReport, Missing, Page};
use ruhu_sync::report::ItemFault;
use ruhu_text::Bilingual;
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
