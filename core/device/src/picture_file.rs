//! The file of a picture that somebody offers.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ruhu_vision::picture::MAX_BYTES;

use crate::error::DeviceError;

/// Reads it; of one that is too large so much that it is told to be.
pub(crate) fn read_picture(path: &Path) -> Result<Vec<u8>, DeviceError> {
    let io = |error: io::Error| DeviceError::File(error.kind());
    let mut bytes = Vec::new();
    File::open(path).map_err(io)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}
