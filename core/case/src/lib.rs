//! The household case as a CRDT document: people, records, evidence and events that several phones edit without a
//! network, merged without losing anything.
//!
//! A [`Document`] is one automerge document beneath a fixed first change ([`base_change`]). [`Document::edit`] turns
//! what a person entered into one change; [`Document::apply`] takes the changes of others in any order. Values that
//! were written side by side all stand until a person settles them ([`Document::conflicts`], [`Write::Resolve`]);
//! every value ever written is in [`Document::history`].
//!
//! Nothing here does I/O, reads a clock or draws a random number.
//!
//! # Field paths
//!
//! `case/<key>`, `people/<id>/<key>`, `records/<id>/<key>`, `records/<id>/answers/<key>` (here the key may contain
//! slashes: it is one key), `evidence/<id>/<key>`, `events/<id>/<key>`; in a finance document `accounts` and `reports`
//! stand in place of `people` and `records`. An id is 1-64 letters, digits, `_` or `-`; a key 1-512 bytes of UTF-8.

mod apply;
mod base;
mod change;
mod columns;
mod contain;
mod document;
mod edit;
mod error;
mod household;
mod ids;
mod index;
mod kind;
pub mod limits;
mod path;
mod read;
mod reader;
mod rules;
mod snapshot;
mod value;
mod view;

pub use apply::Applied;
pub use base::{base_change, base_hash};
pub use change::{ChangeHeader, ChunkKind, RawChange};
pub use document::{Conflict, ConflictValue, Document, HistoryEntry};
pub use edit::{NewChange, Write};
pub use error::{ApplyError, CaseError, PathFault, Refusal};
pub use ids::{ActorId, ChangeHash, DocId, IdError};
pub use kind::{DocKind, UnknownKind};
pub use value::Value;
pub use view::{Event, Evidence, Household, Person, Record, RecordFlag, STATUS_CLOSED};
