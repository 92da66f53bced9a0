//! The ids of documents and of what is in them, and the names of files.

use ruhu_case::DocId;
pub(crate) use ruhu_projection::parse_sha256;

use crate::error::DeviceError;
use crate::host::{Host, random};

/// A new id for a document or for something in one.
pub(crate) fn new_id(host: &dyn Host) -> Result<DocId, DeviceError> {
    Ok(DocId::new(host.now_ms(), random::<10>(host)?))
}

/// The id that a text names.
pub(crate) fn parse_id(text: &str) -> Result<DocId, DeviceError> {
    text.trim().parse().map_err(|_| DeviceError::NotFound { what: "case" })
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
