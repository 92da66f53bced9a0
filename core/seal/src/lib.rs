//! Files sealed in chunks with AES-256-GCM: on a phone beside its database, on a server by a setting. A chunk
//! that was changed, left out, repeated, moved or cut is found, and one in the middle is read alone.

mod error;
mod format;
mod write;

pub use error::SealError;
pub use format::{CHUNK_BYTES, HEADER_BYTES, SealedHeader, SealedReader, TAG_BYTES, content_bytes, unseal};
pub use write::{Sealed, seal};
