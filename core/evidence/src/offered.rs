//! A file that is offered as evidence, and the entry that names it.

use std::io::{self, Read, Seek, SeekFrom};

use data_encoding::HEXLOWER;
use ruhu_case::limits::FILE_BYTES;
use ruhu_case::{Value, Write};
use ruhu_vision::picture::{HEAD_BYTES, PhotoFacts, photo_facts};
use sha2::{Digest, Sha256};

/// Enough to tell the kind of a file.
const MAGIC_BYTES: usize = 8;

/// A file as it was offered.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Of the whole file.
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// The media type.
    pub mime: &'static str,
    /// What it says of itself.
    pub facts: PhotoFacts,
}

impl Offered {
    /// Reads a file once from its beginning and leaves it there; nothing of one that is no JPEG or PNG, or
    /// larger than [`FILE_BYTES`].
    ///
    /// # Errors
    /// What the system says when it cannot be read.
    pub fn read(file: &mut (impl Read + Seek)) -> io::Result<Option<Offered>> {
        let mut hasher = Sha256::new();
        let (mut head, mut size) = (Vec::new(), 0u64);
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let count = file.read(&mut chunk)?;
            let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            size += count as u64;
            if size > FILE_BYTES {
                return Ok(None);
            }
            if head.len() < HEAD_BYTES {
                head.extend_from_slice(bytes);
            }
            hasher.update(bytes);
        }
        file.seek(SeekFrom::Start(0))?;
        let Some(mime) = mime_of(&head) else { return Ok(None) };
        Ok(Some(Offered { sha256: hasher.finalize().into(), size, mime, facts: photo_facts(&head) }))
    }

    /// The entry that names it, under an id: `order`, `kind`, `sha256`, `size`, `mime`, `attached_at`, `by`,
    /// and as far as the photo says `taken_at`, `place` and `orientation`. `now_ms` and the minutes that
    /// local time is ahead of UTC are the phone's: a photo's own time names no zone.
    pub fn writes(
        &self,
        id: &str,
        kind: &str,
        by: &str,
        (now_ms, utc_offset_minutes): (i64, i32),
    ) -> Vec<Write> {
        let put = |field: &str, value| Write::Put { path: format!("evidence/{id}/{field}"), value };
        let text = |field: &str, text: &str| put(field, Value::Text(text.to_owned()));
        let mut writes = vec![
            text("order", &format!("{:013}", now_ms.max(0))),
            text("kind", kind),
            text("sha256", &HEXLOWER.encode(&self.sha256)),
            put("size", Value::Int(i64::try_from(self.size).unwrap_or(i64::MAX))),
            text("mime", self.mime),
            put("attached_at", Value::Timestamp(now_ms)),
            text("by", by),
        ];
        let taken_at = self.facts.taken_at_local_ms.map(|ms| ms - i64::from(utc_offset_minutes) * 60_000);
        writes.extend(taken_at.map(|ms| put("taken_at", Value::Timestamp(ms))));
        writes.extend(self.facts.place.as_deref().map(|place| text("place", place)));
        writes.extend(self.facts.orientation.map(|o| put("orientation", Value::Int(i64::from(o)))));
        writes
    }
}

fn mime_of(head: &[u8]) -> Option<&'static str> {
    match head.get(..MAGIC_BYTES)? {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'] => Some("image/png"),
        _ => None,
    }
}
