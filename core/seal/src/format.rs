//! The format of a sealed file, version 1.
//!
//! Header (16 bytes): magic `RUHUSEAL`, version byte 1, random nonce prefix (7). Then the
//! content in chunks of 64 KiB, each sealed with AES-256-GCM under the STREAM construction with
//! a 32-bit big-endian counter (Hoang, Reyhanitabar, Rogaway, Vizár: "Online Authenticated-
//! Encryption and its Nonce-Reuse Misuse-Resistance", 2015) and followed by its 16-byte tag; the
//! header is associated data of every chunk. Only the last chunk may be shorter, it is marked
//! as the last one, and it is empty only when the whole content is. So a chunk that is changed,
//! left out, repeated, moved or cut is found, and a chunk in the middle can be read alone.

use std::io::{self, Read, Seek, SeekFrom};

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use aes_gcm::Aes256Gcm;
use zeroize::Zeroizing;

use crate::SealError;

/// Bytes of content in a chunk.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of the tag behind each chunk.
pub const TAG_BYTES: usize = 16;
/// Bytes of the header.
pub const HEADER_BYTES: usize = 16;

const SEALED_CHUNK: u64 = (CHUNK_BYTES + TAG_BYTES) as u64;
const MAGIC: [u8; 9] = *b"RUHUSEAL\x01";

/// Header of a sealed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedHeader {
    nonce: [u8; 7],
}

impl SealedHeader {
    /// A header with this random nonce prefix.
    pub fn new(nonce: [u8; 7]) -> Self {
        Self { nonce }
    }

    /// Reads the header at the beginning of these bytes.
    ///
    /// # Errors
    /// [`SealError::Damaged`] for anything but an intact one.
    pub fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let nonce = bytes.strip_prefix(&MAGIC).and_then(|rest| rest.first_chunk::<7>());
        nonce.map(|nonce| Self { nonce: *nonce }).ok_or(SealError::Damaged("header of a sealed file"))
    }

    /// The header's bytes.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        for (to, from) in bytes.iter_mut().zip(MAGIC.iter().chain(&self.nonce)) {
            *to = *from;
        }
        bytes
    }
}

/// Where the chunks of a sealed file lie, told by its length alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Bytes of content.
    pub(crate) size: u64,
    last_chunk: u32,
}

impl Layout {
    pub(crate) fn of(sealed_bytes: u64) -> Result<Self, SealError> {
        let cut = SealError::Damaged("sealed file of an impossible length");
        let body = sealed_bytes.checked_sub(HEADER_BYTES as u64).ok_or(cut)?;
        let chunks = body.div_ceil(SEALED_CHUNK);
        let last_chunk = chunks.checked_sub(1).ok_or(cut)?;
        let last_content = (body - last_chunk * SEALED_CHUNK).checked_sub(TAG_BYTES as u64).ok_or(cut)?;
        if last_content == 0 && last_chunk > 0 {
            return Err(cut);
        }
        Ok(Self {
            size: last_chunk * CHUNK_BYTES as u64 + last_content,
            last_chunk: u32::try_from(last_chunk).map_err(|_| cut)?,
        })
    }

    /// Bytes of content in a chunk.
    fn chunk_content(&self, chunk: u32) -> usize {
        let before = u64::from(chunk) * CHUNK_BYTES as u64;
        usize::try_from(self.size.saturating_sub(before)).map_or(CHUNK_BYTES, |n| n.min(CHUNK_BYTES))
    }
}

/// Bytes of content in a sealed file of so many bytes.
///
/// # Errors
/// [`SealError::Damaged`] for a length that no sealed file has.
pub fn content_bytes(sealed_bytes: u64) -> Result<u64, SealError> {
    Ok(Layout::of(sealed_bytes)?.size)
}

/// Seals and opens chunks of one file.
pub(crate) struct ChunkCipher {
    stream: StreamBE32<Aes256Gcm>,
    header: [u8; HEADER_BYTES],
}

impl ChunkCipher {
    pub(crate) fn new(key: &[u8; 32], header: &SealedHeader) -> Self {
        let stream = StreamBE32::new(key.into(), (&header.nonce).into());
        Self { stream, header: header.encode() }
    }

    /// Seals a chunk in place; the tag is appended.
    pub(crate) fn seal(&self, chunk: u32, last: bool, content: &mut Vec<u8>) -> Result<(), SealError> {
        self.stream.encrypt_in_place(chunk, last, &self.header, content).map_err(|_| SealError::TooLong)
    }

    fn open(&self, chunk: u32, last: bool, sealed: &mut Vec<u8>) -> Result<(), SealError> {
        self.stream
            .decrypt_in_place(chunk, last, &self.header, sealed)
            .map_err(|_| SealError::Damaged("chunk of a sealed file, or its key is wrong"))
    }
}

/// Reads the content of a sealed file chunk by chunk; no byte comes out that was not
/// authenticated.
pub struct SealedReader<R> {
    inner: R,
    cipher: ChunkCipher,
    layout: Layout,
    /// The chunk to be read next; beyond the last one at the end.
    next: u32,
    content: Zeroizing<Vec<u8>>,
    taken: usize,
}

impl<R: Read + Seek> SealedReader<R> {
    /// A reader at the beginning of the content.
    ///
    /// # Errors
    /// [`SealError::Damaged`] for what is no sealed file, [`SealError::Read`].
    pub fn new(key: &[u8; 32], mut inner: R) -> Result<Self, SealError> {
        let io = |e: io::Error| SealError::Read(e.kind());
        let layout = Layout::of(inner.seek(SeekFrom::End(0)).map_err(io)?)?;
        inner.seek(SeekFrom::Start(0)).map_err(io)?;
        let mut header = [0; HEADER_BYTES];
        inner.read_exact(&mut header).map_err(io)?;
        let cipher = ChunkCipher::new(key, &SealedHeader::decode(&header)?);
        let content = Zeroizing::new(Vec::with_capacity(CHUNK_BYTES + TAG_BYTES));
        Ok(Self { inner, cipher, layout, next: 0, content, taken: 0 })
    }

    /// Bytes of content.
    pub fn size(&self) -> u64 {
        self.layout.size
    }

    /// Goes to a place in the content; the chunk there is the next one read.
    ///
    /// # Errors
    /// [`SealError::Damaged`], [`SealError::Read`].
    pub fn seek_to(&mut self, offset: u64) -> Result<(), SealError> {
        let offset = offset.min(self.layout.size);
        let chunk =
            u32::try_from(offset / CHUNK_BYTES as u64).unwrap_or(u32::MAX).min(self.layout.last_chunk);
        let place = HEADER_BYTES as u64 + u64::from(chunk) * SEALED_CHUNK;
        self.inner.seek(SeekFrom::Start(place)).map_err(|e| SealError::Read(e.kind()))?;
        self.next = chunk;
        self.load_chunk()?;
        let within = offset - u64::from(chunk) * CHUNK_BYTES as u64;
        self.taken = usize::try_from(within).unwrap_or(CHUNK_BYTES).min(self.content.len());
        Ok(())
    }

    /// Replaces the content in hand by that of the next chunk.
    fn load_chunk(&mut self) -> Result<(), SealError> {
        let length = self.layout.chunk_content(self.next) + TAG_BYTES;
        self.taken = 0;
        self.content.clear();
        let read = (&mut self.inner).take(length as u64).read_to_end(&mut self.content);
        let read = read.map_err(|e| SealError::Read(e.kind()))?;
        let opened = if read < length {
            Err(SealError::Damaged("sealed file that was cut while it was read"))
        } else {
            self.cipher.open(self.next, self.next == self.layout.last_chunk, &mut self.content)
        };
        if opened.is_err() {
            self.content.clear();
        }
        opened?;
        self.next += 1;
        Ok(())
    }

    /// Copies out what is at hand, loading the next chunk when nothing is. 0 at the end.
    ///
    /// # Errors
    /// [`SealError::Damaged`], [`SealError::Read`].
    pub fn next_bytes(&mut self, out: &mut [u8]) -> Result<usize, SealError> {
        // An empty content has one chunk as well, which is read to authenticate that.
        while self.taken == self.content.len() && self.next <= self.layout.last_chunk {
            self.load_chunk()?;
        }
        let rest = self.content.get(self.taken..).unwrap_or_default();
        let count = rest.len().min(out.len());
        for (to, from) in out.iter_mut().zip(rest) {
            *to = *from;
        }
        self.taken += count;
        Ok(count)
    }
}

impl<R: Read + Seek> Read for SealedReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.next_bytes(out).map_err(|e| match e {
            SealError::Read(kind) => io::Error::from(kind),
            e => io::Error::new(io::ErrorKind::InvalidData, e),
        })
    }
}

/// Opens the bytes of a whole sealed file. The result is shorter than the input.
///
/// # Errors
/// [`SealError::Damaged`] when a byte of it is not what was sealed.
pub fn unseal(key: &[u8; 32], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut reader = SealedReader::new(key, io::Cursor::new(sealed))?;
    let mut content = Vec::with_capacity(sealed.len());
    let mut part = [0; 4096];
    loop {
        match reader.next_bytes(&mut part)? {
            0 => return Ok(content),
            count => content.extend(part.iter().take(count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_fixed() {
        let header = SealedHeader::new([1, 2, 3, 4, 5, 6, 7]);
        let hex: String = header.encode().iter().map(|b| format!("{b:02x}")).collect();
        insta::assert_snapshot!(hex);
        assert_eq!(SealedHeader::decode(&header.encode()), Ok(header));
    }

    #[test]
    fn a_header_of_another_version_is_refused() {
        let mut bytes = SealedHeader::new([0; 7]).encode();
        bytes[8] = 2;
        assert!(SealedHeader::decode(&bytes).is_err());
    }

    #[test]
    fn a_length_no_sealed_file_can_have_is_refused() {
        let (header, tag, chunk) = (16, 16, SEALED_CHUNK);
        for bad in [0, 15, header, header + 15, header + chunk + 1, header + chunk + tag] {
            assert!(Layout::of(bad).is_err(), "{bad}");
        }
        assert!(Layout::of(u64::MAX).is_err());
        assert_eq!(Layout::of(header + tag).unwrap().size, 0);
        assert_eq!(Layout::of(header + chunk).unwrap().size, 65_536);
        assert_eq!(Layout::of(header + chunk + tag + 1).unwrap().size, 65_537);
    }

    #[test]
    fn the_sealed_bytes_of_a_known_content_are_fixed() {
        let header = SealedHeader::new([9; 7]);
        let mut chunk = "低保".as_bytes().to_vec();
        ChunkCipher::new(&[5; 32], &header).seal(0, true, &mut chunk).unwrap();
        let sealed = [header.encode().as_slice(), &chunk].concat();
        let hex: String = sealed.iter().map(|b| format!("{b:02x}")).collect();
        insta::assert_snapshot!(hex);
        assert_eq!(unseal(&[5; 32], &sealed).unwrap(), "低保".as_bytes());
    }
}
