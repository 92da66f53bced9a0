//! What of this phone's work is not safe yet, and how far a sync came.

use ruhu_device::{NotYetSafe, PendingKind, PendingWork, SyncExtent, SyncReport};
use ruhu_text::Bilingual;

/// What of this device's work is not safe yet.
#[uniffi::remote(Record)]
pub struct NotYetSafe {
    /// How many things exist on this device only, or are lost: the sum of the counts in `pending`. With 0
    /// the phone can be lost and nothing with it.
    pub count: u32,
    /// What they are: one entry for each kind, household and reason.
    pub pending: Vec<PendingWork>,
    /// What others wrote and this device keeps apart, because no document can hold it. It is no work
    /// of this device's, and is not counted above.
    pub set_aside: Vec<PendingWork>,
}

/// Work of one kind in one household.
#[uniffi::remote(Record)]
pub struct PendingWork {
    /// What it is.
    pub kind: PendingKind,
    /// How many answers, changes, photos or visits.
    pub count: u32,
    /// The household's id.
    pub case: String,
    /// The head of the household and the address, as people name it; empty when the household is not
    /// known here.
    pub household: String,
    /// The visit, for what a visit holds.
    pub visit: Option<String>,
    /// The reason's code, where there is one: those of the server's refusals, `form`, `set_aside`, `waits`,
    /// `kept_apart` for photos that lie in the server's quarantine, `lost`.
    pub reason: Option<String>,
    /// What it means and what to do, without anything that a person entered.
    pub message: Bilingual,
}

/// Kinds of work that is not safe yet.
#[uniffi::remote(Enum)]
pub enum PendingKind {
    /// Answers of an open visit, given since it was last saved.
    Unsaved,
    /// Changes that wait to be sent.
    Unsent,
    /// Changes that the server keeps apart or does not take: nobody else sees them.
    Refused,
    /// Photos that wait to be sent.
    Photo,
    /// Photos that were attached here and are nowhere any more: told until they are attached again or
    /// given up (`give_up_lost_photos`).
    LostPhoto,
    /// A visit that cannot be opened, because its form cannot be read.
    Blocked,
    /// Changes of others that are kept apart here, or wait.
    SetAside,
}

/// How far a sync came.
#[uniffi::remote(Enum)]
pub enum SyncExtent {
    /// Everything this device has to give is on the server and counts there, everything that is there
    /// for it has come.
    All,
    /// Some of it: the report and `not_yet_safe` say what is left.
    InPart,
    /// The run broke off before anything was given or taken.
    Nothing,
}

/// How far a sync came that ran to its end: its report, and what is not safe after it.
#[uniffi::export]
pub fn sync_extent(report: SyncReport, left: NotYetSafe) -> SyncExtent {
    SyncExtent::of_report(&report, &left)
}
