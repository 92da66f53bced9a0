//! Sealing what a reader gives.

use std::io::{Read, Write};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::SealError;
use crate::format::{CHUNK_BYTES, ChunkCipher, SealedHeader, TAG_BYTES};

/// What was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// Bytes of content.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
}

/// Seals everything that the reader gives, under a key that is used for this content alone; never more than
/// two chunks are in memory.
///
/// # Errors
/// [`SealError::Source`] and [`SealError::Write`]; [`SealError::NoRandomness`], [`SealError::TooLong`].
pub fn seal(key: &[u8; 32], reader: &mut dyn Read, out: &mut dyn Write) -> Result<Sealed, SealError> {
    let mut nonce = [0; 7];
    getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
    let header = SealedHeader::new(nonce);
    let mut write = |bytes: &[u8]| out.write_all(bytes).map_err(|error| SealError::Write(error.kind()));
    write(&header.encode())?;
    let cipher = ChunkCipher::new(key, &header);
    let (mut hasher, mut size) = (Sha256::new(), 0);
    let buffer = || Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES));
    let (mut current, mut following) = (buffer(), buffer());
    fill(reader, &mut current)?;
    // A chunk is sealed when it is known whether another follows.
    for chunk in 0..=u32::MAX {
        hasher.update(&*current);
        size += current.len() as u64;
        fill(reader, &mut following)?;
        let last = following.is_empty();
        cipher.seal(chunk, last, &mut current)?;
        write(&current)?;
        if last {
            return Ok(Sealed { size, sha256: hasher.finalize().into() });
        }
        std::mem::swap(&mut current, &mut following);
    }
    Err(SealError::TooLong)
}

/// Reads a whole chunk, or what is left.
fn fill(reader: &mut dyn Read, buffer: &mut Vec<u8>) -> Result<(), SealError> {
    buffer.clear();
    let read = reader.take(CHUNK_BYTES as u64).read_to_end(buffer);
    read.map(drop).map_err(|error| SealError::Source(error.kind()))
}
