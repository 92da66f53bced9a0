//! The one object a host app holds.
//!
//! [`Device`] stands over store, forms, cases and sync. Its API is made for foreign languages:
//! owned values, `Result` everywhere, no lifetimes, no generics. Calls block for as long as the
//! disk takes (an answer is durable when the call returns); only what needs the network is
//! `async`, and no transaction is open across an `await`.

mod cases;
mod check;
mod commit;
mod conflicts;
mod device;
mod documents;
mod enrollment;
mod error;
mod evidence;
mod files_compare;
mod files_lane;
mod files_status;
mod form_cache;
mod forms;
mod forms_lane;
mod hidden;
mod host;
mod identity;
mod ids;
mod journal;
mod left_off;
mod letters;
mod line;
mod migrations;
mod not_yet_safe;
mod picture_copies;
mod picture_file;
mod print_reuse;
mod progress;
mod provenance;
mod reasons;
mod sessions;
mod standing;
mod sync_run;
mod unit_of_work;
mod views;
mod visit_pictures;
mod visit_record;
mod visits;
mod waiting;
mod writes;

pub use device::Device;
pub use error::DeviceError;
pub use host::{Host, NoRandomness, System};
pub use letters::{LetterWishes, fonts_in};
pub use progress::SyncControl;
pub use ruhu_case::{Household, Value};
pub use ruhu_evidence::{
    CopyError, CopyWishes, EvidenceView, FilesStatus, KINDS as EVIDENCE_KINDS, PhotoCount, PhotoPlace,
    PhotoQuality, PhotoStatus, PictureAnswerError, PictureAnswered, PictureSettings, Seen, UnknownKind,
};
pub use ruhu_letter::{
    Cover, Coverage, DrawnSignature, FontSet, GrantorPhoto, HeldReuse, Lack, LetterError, LetterPhoto,
    NATIONAL as NATIONAL_LETTER, NotCompared, Packed, Person, PersonCoverage, PrintPair, PrintPlace,
    PrintReuse, PrintedLetter, Refusal, RequestError, ReusedPrint, Standing, Uncompared, signature,
};
pub use ruhu_projection::LookedAt;
pub use ruhu_store::StoreError;
pub use ruhu_sync::extent::SyncExtent;
pub use ruhu_sync::not_yet_safe::{NotYetSafe, PendingKind, PendingWork};
pub use ruhu_sync::progress::{CancelToken, SyncObserver, SyncPhase, SyncProgress};
pub use ruhu_sync::report::{ItemFault, SyncReport};
pub use ruhu_sync::transport::{Request, Response, Transport, TransportError};
pub use ruhu_text::{Bilingual, Explain, Lang};
pub use ruhu_vision::letter::verdict::Verdict as PrintVerdict;
pub use ruhu_vision::picture::PictureError;
pub use views::{
    Author, CaseSummary, CaseView, ConflictChoice, ConflictView, FormVersion, HiddenWork, HistoryItem,
    NewCase, SavedVisit, Status, VisitMigration, VisitSummary, VisitView,
};
pub use waiting::WaitingBound;
