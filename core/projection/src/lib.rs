//! What a store keeps that follows from its documents: their rows in the case list, the files they name, what
//! their pictures look like, the prints on them; and of its forms, how values side by side are merged. All of it can be made again of documents and pictures at any time.

#![warn(missing_docs)]

mod document;
pub mod merge_rules;
mod names;
mod print_reuse;
mod prints;

pub use document::Projection;
pub use names::{household_name, parse_sha256};
pub use print_reuse::{LAID_OVER, MaySee, Sought, among_held, reuse};
pub use prints::{LookedAt, LookedPhoto, Looking, keep, settle};
