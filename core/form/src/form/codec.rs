//! The bytes of a form: a CBOR array of a mark, the version of the encoding
//! and the definition. Fields are numbered, so a field that a later version
//! adds is skipped by an earlier one.

use super::error::FormError;
use crate::definition::Definition;
use minicbor::{Decoder, Encoder};

const MARK: &str = "ruhu-form";
/// 2 knows all kinds of questions, instances, actions and entities; a form of
/// encoding 1 reads as one without them.
const ENCODING: u32 = 2;

/// The most bytes a form may have.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;

pub(super) fn encode(definition: &Definition) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes);
    // Writing to a Vec cannot fail.
    let _ = encoder
        .array(3)
        .and_then(|e| e.str(MARK))
        .and_then(|e| e.u32(ENCODING))
        .and_then(|e| e.encode(definition));
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<Definition, FormError> {
    if bytes.len() > MAX_BYTES {
        return Err(FormError::TooLarge { limit: MAX_BYTES });
    }
    let mut decoder = Decoder::new(bytes);
    let damaged = |_| FormError::Damaged;
    if decoder.array().map_err(damaged)? != Some(3) || decoder.str().map_err(damaged)? != MARK {
        return Err(FormError::Damaged);
    }
    let found = decoder.u32().map_err(damaged)?;
    if !(1..=ENCODING).contains(&found) {
        return Err(FormError::Newer { found, known: ENCODING });
    }
    let definition = decoder.decode().map_err(damaged)?;
    if decoder.position() != bytes.len() {
        return Err(FormError::Damaged);
    }
    Ok(definition)
}
