//! The encrypted store on a device: one SQLCipher database for documents, drafts, the outbox
//! and the case list, beside it one for answers on their way, one for pictures of prints, and the sealed
//! photographs.
//!
//! The store keeps bytes and rows; what an envelope or a document means is known by the
//! crates above it. What it promises by itself:
//!
//! - a transaction that returned is on the disk, and one that failed has changed nothing;
//! - a folder that cannot be opened stays as it is, byte for byte;
//! - one process at a time holds a store, and its death releases it.

mod among;
mod answers;
mod answers_file;
mod arrival;
mod cases;
mod chain;
mod changes;
mod connections;
mod database;
mod documents;
mod drafts;
mod durable;
mod envelopes;
mod error;
mod file_parts;
mod files;
mod files_order;
mod forms;
mod gaps;
mod growth;
mod impressions;
mod impressions_file;
mod key;
mod lock;
mod logs;
mod packing;
mod pending;
mod pictures;
mod print_photos;
mod refused_files;
mod reserve;
mod room;
mod row;
mod sealed;
mod space;
mod store;
mod tx;
mod waiting;

#[cfg(test)]
mod disk_full_tests;

pub use answers::Settled;
pub use answers_file::ANSWERS_FILE;
pub use arrival::Arrival;
pub use cases::CaseRow;
pub use connections::Writer;
pub use documents::{DocumentRow, PackedDocument};
pub use drafts::{DraftRow, DraftState};
pub use envelopes::{EnvelopeRow, EnvelopeState};
pub use error::StoreError;
pub use file_parts::FilePart;
pub use files::{FileCounts, FileRow, FileState, FileUseRow};
pub use forms::{FormRow, RefusedForm};
pub use gaps::GapRow;
pub use growth::Growth;
pub use impressions::{Impressions, LookedAtRow, NewPrint, PrintRow};
pub use impressions_file::{IMPRESSIONS_FILE, ImpressionsState};
pub use key::{KeyCheck, StoreKey};
pub use logs::LogCursor;
pub use pending::{ApartRow, UnsavedDraft, UnsentFiles};
pub use pictures::LikenessRow;
pub use print_photos::PrintPhotoRow;
pub use refused_files::FileRefusal;
pub use ruhu_seal::{CHUNK_BYTES, HEADER_BYTES, SealError, Sealed, SealedHeader, TAG_BYTES, unseal};
pub use sealed::{SealedFiles, Sealing};
pub use space::Space;
pub use store::{DATABASE_FILE, FILES_DIR, KEY_CHECK_FILE, LOCK_FILE, Store};
pub use tx::Tx;
pub use waiting::{WaitingCount, WaitingRow};
