//! What a store keeps that follows from its documents: their rows in the case list, the files they name, what
//! their pictures look like. All of it can be made again of documents and pictures at any time.

#![warn(missing_docs)]

mod document;
mod names;

pub use document::Projection;
pub use names::{household_name, parse_sha256};
