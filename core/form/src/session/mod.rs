//! A form being filled.

mod actions;
mod address;
mod checks;
mod choices;
mod cursor;
mod entries;
mod error;
mod filling;
mod import;
mod lexical;
mod nodes;
mod pages;
mod recompute;
mod replay;
mod state;
mod status;
#[cfg(test)]
mod tests;
mod view;
mod work_queue;

pub use cursor::NodeView;
pub use error::AnswerError;
pub use filling::Session;
pub(crate) use import::{NodeSnapshot, Refusal};
pub use replay::Replayed;
pub use state::{
    AnswerField, Changed, JournalEntry, Missing, MissingReason, NodeChange, NodeState, Page, Request,
    Snapshot, SnapshotValue, Wanted,
};
