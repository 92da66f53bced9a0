//! `ruhu-device` for Kotlin and Swift.
//!
//! No rule of Ruhu lives here: [`RuhuDevice`] delegates each call to [`ruhu_device::Device`] in one
//! line, the records repeat what that crate hands out in types that uniffi carries across, and
//! [`RuhuError`] is its error with one variant for each thing a screen does differently.
//!
//! Calls block for as long as the disk takes and belong on a background thread
//! (`Dispatchers.IO`, a Swift actor of its own). Only [`RuhuDevice::enroll`] and
//! [`RuhuDevice::sync`] wait for the network; both are asynchronous, and cancelling one loses
//! nothing: the next run goes on where it stopped.

mod case;
mod conflict;
mod device;
mod error;
mod field;
mod form;
mod migration;
mod mirror;
mod refusal;
mod status;
mod visit;

pub use case::{
    AttachedPhoto, CaseEvent, CaseRecord, CaseSummary, CaseView, Evidence, NewCase, Person, RecordFlag,
};
pub use conflict::{Author, ConflictChoice, ConflictView, HistoryItem};
pub use device::RuhuDevice;
pub use error::RuhuError;
pub use field::{Field, FieldKind};
pub use form::{FormVersion, LocalizedText, QuestionKind};
pub use migration::{
    ConvertedAnswer, DropKind, DroppedAnswer, HiddenAnswer, HiddenKind, MigrationReport, MovedAnswer,
    RecalculatedValue, VisitMigration,
};
pub use refusal::{AnswerRule, IdNumberRule};
pub use status::{DeviceStatus, SyncReport};
pub use visit::{
    ChangedNode, ChoiceView, MissingAnswer, MissingKind, Node, SavedVisit, VisitPage, VisitSummary, VisitView,
};

uniffi::setup_scaffolding!();
