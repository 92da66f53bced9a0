//! The household case as a CRDT document: people, records, evidence and events that several phones edit without a
//! network, merged without losing anything.
//!
//! A [`Document`] is one automerge document beneath a fixed first change ([`base_change`]). [`Document::edit`] turns
//! what a person entered into changes, one for all that fits into one; [`Document::apply`] takes the changes of others in any order. Values that
//! were written side by side all stand until a person resolves them ([`Document::conflicts`], [`Write::Resolve`]);
//! every value ever written is in [`Document::history`].
//!
//! Nothing here does I/O, reads a clock or draws a random number.
//!
//! ```
//! use ruhu_case::{ActorId, DocKind, Document, Value, Write};
//!
//! let put = |path: &str, text: &str| Write::Put { path: path.into(), value: Value::Text(text.into()) };
//! let (wang, li) = (ActorId([1; 16]), ActorId([2; 16]));
//!
//! // Wang opens a household; Li gets what he wrote.
//! let mut on_wangs_phone = Document::new(DocKind::Household);
//! let opened = on_wangs_phone.edit(wang, 1_770_000_000_000, &[put("case/members_real", "4")])?;
//! let mut on_lis_phone = Document::new(DocKind::Household);
//! let chunks: Vec<Vec<u8>> = opened.into_iter().map(|change| change.bytes).collect();
//! on_lis_phone.apply(&chunks)?;
//!
//! // Without a network both write one field. When they meet, both values stand until a person decides.
//! on_wangs_phone.edit(wang, 1_770_000_060_000, &[put("case/members_real", "5")])?;
//! let lis = on_lis_phone.edit(li, 1_770_000_090_000, &[put("case/members_real", "3")])?;
//! on_wangs_phone.apply(&[lis[0].bytes.clone()])?;
//! assert_eq!(on_wangs_phone.conflicts()[0].values.len(), 2);
//!
//! let decided = Write::Resolve { path: "case/members_real".into(), value: Value::Text("3".into()) };
//! on_wangs_phone.edit(wang, 1_770_000_120_000, &[decided])?;
//! assert!(on_wangs_phone.conflicts().is_empty());
//! assert_eq!(on_wangs_phone.history("case/members_real").len(), 4, "nothing is lost");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Field paths
//!
//! `case/<key>`, `people/<id>/<key>`, `records/<id>/<key>`, `records/<id>/answers/<key>` (here the key may contain
//! slashes: it is one key), `evidence/<id>/<key>`, `events/<id>/<key>`; in a finance document `accounts` and `reports`
//! stand in place of `people` and `records`. An id is 1-64 letters, digits, `_` or `-`; a key 1-512 bytes of UTF-8.

mod apply;
mod base;
mod change;
mod change_columns;
mod columns;
mod contain;
mod document;
mod edit;
mod error;
mod fields;
mod groups;
mod household;
mod ids;
mod index;
mod kind;
pub mod limits;
mod merge;
mod merge_rules;
mod path;
mod read;
mod reader;
mod rules;
mod snapshot;
mod value;
mod view;
mod waiting;

pub use apply::Applied;
pub use base::{base_change, base_hash};
pub use change::{ChangeHeader, ChunkKind, RawChange};
pub use change_columns::{ChangeColumns, ChangeJoiner};
pub use document::{Conflict, ConflictValue, Document, HistoryEntry};
pub use edit::{NewChange, Write};
pub use error::{ApplyError, CaseError, PathFault, Refusal};
pub use fields::Fields;
pub use groups::AppliedGroups;
pub use ids::{ActorId, ChangeHash, DocId, IdError};
pub use kind::{DocKind, UnknownKind};
pub use merge_rules::{MergeRule, MergeRules};
pub use value::Value;
pub use view::{Event, Evidence, Household, Person, Record, RecordFlag, STATUS_CLOSED};
pub use waiting::Waiting;
