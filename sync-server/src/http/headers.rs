//! What the headers of uploads and downloads say. Their text is a stranger's: nothing is done here
//! but to read it.

use std::collections::HashMap;

use data_encoding::BASE64;
use ruhu_case::DocId;
use sha2::{Digest, Sha256};

use crate::hub::{FileError, NewUpload};

const MAX_MIME: usize = 100;
/// More than this is no description of a photo.
const MAX_METADATA: usize = 4 * 1024;

/// Which bytes of a file are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// All of them.
    Whole,
    /// First byte and length, which is at least 1.
    Part(u64, u64),
    /// None that the file has.
    Outside,
}

/// `Range` for a file of `size` bytes: one range of bytes (RFC 9110, section 14). What is not
/// understood counts as no range, as the standard allows.
pub fn range(header: Option<&str>, size: u64) -> Range {
    let Some((first, last)) = header.and_then(|h| h.strip_prefix("bytes=")).and_then(|h| h.split_once('-'))
    else {
        return Range::Whole;
    };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if last < first => return Range::Whole,
        (Ok(first), Ok(last)) => (first, last.saturating_add(1).min(size)),
        (Ok(first), Err(_)) if last.is_empty() => (first, size),
        (Err(_), Ok(count)) if first.is_empty() => (size.saturating_sub(count), size),
        _ => return Range::Whole,
    };
    match start < end {
        true => Range::Part(start, end - start),
        false => Range::Outside,
    }
}

/// `Upload-Metadata` and `Upload-Length` of tus: `sha256` (32 bytes, or their 64 hexadecimal digits),
/// `doc` (the document's id as text) and `mime` (or `filetype`, as other clients say), each in Base64; the
/// length in bytes. What else is said is passed over.
pub fn upload(metadata: Option<&str>, length: Option<&str>) -> Option<NewUpload> {
    let metadata = metadata.filter(|text| text.len() <= MAX_METADATA)?;
    let pairs = metadata.split(',').map(str::trim);
    let values: HashMap<&str, Vec<u8>> = pairs
        .map(|pair| pair.split_once(' ').unwrap_or((pair, "")))
        .map(|(key, value)| Some((key, BASE64.decode(value.trim().as_bytes()).ok()?)))
        .collect::<Option<_>>()?;
    let digest = values.get("sha256")?;
    let sha256 = <[u8; 32]>::try_from(digest.as_slice()).ok().or_else(|| {
        data_encoding::HEXLOWER_PERMISSIVE.decode(digest).ok().and_then(|bytes| bytes.try_into().ok())
    })?;
    let doc: DocId = std::str::from_utf8(values.get("doc")?).ok()?.parse().ok()?;
    let mime = values.get("mime").or_else(|| values.get("filetype")).cloned().unwrap_or_default();
    let mime = String::from_utf8(mime).ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/+.-_".contains(&byte);
    let sound = mime.len() <= MAX_MIME && mime.bytes().all(plain);
    let size = length?.parse().ok()?;
    sound.then_some(NewUpload { sha256, size, doc, mime })
}

/// `Upload-Checksum` of tus, if there is one: an algorithm and the digest of the body in Base64.
///
/// # Errors
/// [`FileError::ChecksumAlgorithm`] when the algorithm is neither `sha1` nor `sha256`,
/// [`FileError::Checksum`] when the digest is another.
pub fn check_checksum(header: Option<&str>, body: &[u8]) -> Result<(), FileError> {
    let Some(mut checksum) = Checksum::of(header)? else { return Ok(()) };
    checksum.update(body);
    checksum.check()
}

/// A checksum over bytes that come one after another, and the one that the client named.
#[derive(Debug, Clone)]
pub struct Checksum {
    hash: Hash,
    named: Option<Vec<u8>>,
}

#[derive(Debug, Clone)]
enum Hash {
    Sha1(sha1::Sha1),
    Sha256(Sha256),
}

impl Checksum {
    /// `Upload-Checksum` of tus, if there is one.
    ///
    /// # Errors
    /// [`FileError::ChecksumAlgorithm`] when the algorithm is neither `sha1` nor `sha256`.
    pub fn of(header: Option<&str>) -> Result<Option<Checksum>, FileError> {
        let Some(header) = header else { return Ok(None) };
        let (algorithm, value) = header.split_once(' ').ok_or(FileError::ChecksumAlgorithm)?;
        let hash = match algorithm {
            "sha1" => Hash::Sha1(sha1::Sha1::new()),
            "sha256" => Hash::Sha256(Sha256::new()),
            _ => return Err(FileError::ChecksumAlgorithm),
        };
        Ok(Some(Checksum { hash, named: BASE64.decode(value.trim().as_bytes()).ok() }))
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.hash {
            Hash::Sha1(hash) => hash.update(bytes),
            Hash::Sha256(hash) => hash.update(bytes),
        }
    }

    /// Whether the bytes have the checksum that was named.
    ///
    /// # Errors
    /// [`FileError::Checksum`] when they have not.
    pub fn check(self) -> Result<(), FileError> {
        let found = match self.hash {
            Hash::Sha1(hash) => hash.finalize().to_vec(),
            Hash::Sha256(hash) => hash.finalize().to_vec(),
        };
        match self.named.is_some_and(|named| named == found) {
            true => Ok(()),
            false => Err(FileError::Checksum),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (header, expected) in [
            (None, Range::Whole),
            (Some("bytes=0-"), Range::Part(0, 100)),
            (Some("bytes=10-19"), Range::Part(10, 10)),
            (Some("bytes=90-200"), Range::Part(90, 10)),
            (Some("bytes=-7"), Range::Part(93, 7)),
            (Some("bytes=-700"), Range::Part(0, 100)),
            (Some("bytes=100-"), Range::Outside),
            (Some("bytes=-0"), Range::Outside),
            (Some("bytes=18446744073709551615-18446744073709551615"), Range::Outside),
            (Some("bytes=5-2"), Range::Whole),
            (Some("bytes=0-1,5-6"), Range::Whole),
            (Some("lines=1-2"), Range::Whole),
            (Some("bytes=-"), Range::Whole),
        ] {
            assert_eq!(range(header, 100), expected, "{header:?}");
        }
    }
}
