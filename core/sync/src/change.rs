//! The outside of an automerge change: enough to check and append it, without applying it.
//!
//! Source: the Automerge binary format specification, "Chunk container" and "Change chunks". A
//! container is 4 bytes magic, 4 bytes checksum, a type byte, the length as uLEB128, the contents.
//! The change hash is SHA-256 over type, length and contents; its first 4 bytes are the checksum.
//! A change's contents begin with its dependencies, its actor and its sequence number.
//!
//! The server's hot path reads only this: hostile operations inside a change make a CRDT library
//! work, and sometimes fail, at a place where a mistake costs every device of a township.

use ruhu_case::{ActorId, ChangeHash};
use sha2::{Digest, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const MAGIC_AND_CHECKSUM: usize = 8;
const TYPE_CHANGE: u8 = 1;
const TYPE_DEFLATED: u8 = 2;
/// More dependencies than this has no honest document.
const MAX_DEPENDENCIES: u64 = 1_000;

/// The largest raw change accepted, in bytes. A filled home visit has about 20 KB.
pub const MAX_CHANGE: usize = 256 * 1024;

/// A raw change, its hash, and what can be said of it from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawChange {
    hash: ChangeHash,
    body: Vec<u8>,
    outside: Outside,
}

/// What a change is, seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// A change of the known type.
    Known(ChangeHeader),
    /// A well-formed chunk of a type newer than this program: carried, never looked into.
    Newer,
    /// Bytes that nobody can apply.
    Unreadable(ChangeError),
}

/// The header of a change of the known type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeHeader {
    /// Who made it.
    pub actor: ActorId,
    /// The actor's sequence number within the document, from 1.
    pub seq: u64,
    /// The changes it was made on top of.
    pub deps: Vec<ChangeHash>,
}

/// Why bytes are not a change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// Not an automerge chunk, or cut.
    #[error("not a change chunk: {0}")]
    Malformed(&'static str),
    /// The checksum does not belong to the contents.
    #[error("the checksum of the change is wrong")]
    Checksum,
    /// Compressed changes are not sent: a page is compressed as a whole.
    #[error("the change is compressed by itself")]
    Deflated,
    /// Larger than [`MAX_CHANGE`].
    #[error("the change is larger than {MAX_CHANGE} bytes")]
    TooLarge,
}

impl RawChange {
    /// Reads a whole chunk, as `automerge::Change::raw_bytes` gives it, and refuses what is unreadable.
    pub fn from_chunk(chunk: &[u8]) -> Result<RawChange, ChangeError> {
        let magic = chunk.get(..4).ok_or(ChangeError::Malformed("cut in the magic"))?;
        let checksum =
            chunk.get(4..MAGIC_AND_CHECKSUM).ok_or(ChangeError::Malformed("cut in the checksum"))?;
        if magic != MAGIC {
            return Err(ChangeError::Malformed("wrong magic"));
        }
        let change = RawChange::from_body(chunk.get(MAGIC_AND_CHECKSUM..).unwrap_or_default());
        match change.outside {
            Outside::Unreadable(error) => Err(error),
            _ if !change.hash.0.starts_with(checksum) => Err(ChangeError::Checksum),
            _ => Ok(change),
        }
    }

    /// Takes what travels: the chunk without magic and checksum, which the hash gives back. Bytes of
    /// every kind have a hash, so that who signed them can be named whatever they are.
    pub fn from_body(body: &[u8]) -> RawChange {
        let outside = Outside::of(body).unwrap_or_else(Outside::Unreadable);
        RawChange { hash: ChangeHash(Sha256::digest(body).into()), body: body.to_vec(), outside }
    }

    /// The change's hash.
    pub fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// The bytes that travel.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The whole chunk, as automerge reads it.
    pub fn chunk(&self) -> Vec<u8> {
        let mut chunk = Vec::with_capacity(MAGIC_AND_CHECKSUM + self.body.len());
        chunk.extend_from_slice(&MAGIC);
        chunk.extend(self.hash.0.iter().take(4));
        chunk.extend_from_slice(&self.body);
        chunk
    }

    /// What it is, seen from outside.
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    /// What the header says, when the change is of the known type.
    pub fn header(&self) -> Option<&ChangeHeader> {
        match &self.outside {
            Outside::Known(header) => Some(header),
            Outside::Newer | Outside::Unreadable(_) => None,
        }
    }
}

impl Outside {
    fn of(body: &[u8]) -> Result<Outside, ChangeError> {
        if body.len() > MAX_CHANGE {
            return Err(ChangeError::TooLarge);
        }
        let mut reader = Reader(body);
        let kind = reader.byte()?;
        let length = reader.uleb()?;
        if usize::try_from(length).ok() != Some(reader.0.len()) {
            return Err(ChangeError::Malformed("the length is not that of the contents"));
        }
        match kind {
            TYPE_CHANGE => Ok(Outside::Known(reader.header()?)),
            TYPE_DEFLATED => Err(ChangeError::Deflated),
            _ => Ok(Outside::Newer),
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, ChangeError> {
        let (first, rest) = self.0.split_first().ok_or(ChangeError::Malformed("cut"))?;
        self.0 = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], ChangeError> {
        let taken = self.0.get(..length).ok_or(ChangeError::Malformed("cut"))?;
        self.0 = self.0.get(length..).unwrap_or_default();
        Ok(taken)
    }

    fn uleb(&mut self) -> Result<u64, ChangeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(ChangeError::Malformed("a number over 64 bits"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(ChangeError::Malformed("a number without end"))
    }

    fn header(&mut self) -> Result<ChangeHeader, ChangeError> {
        let count = self.uleb()?;
        if count > MAX_DEPENDENCIES {
            return Err(ChangeError::Malformed("too many dependencies"));
        }
        let deps = (0..count)
            .map(|_| {
                let mut hash = [0; 32];
                hash.copy_from_slice(self.take(32)?);
                Ok(ChangeHash(hash))
            })
            .collect::<Result<_, ChangeError>>()?;
        if self.uleb()? != 16 {
            return Err(ChangeError::Malformed("an actor that is not 16 bytes"));
        }
        let mut actor = [0; 16];
        actor.copy_from_slice(self.take(16)?);
        let seq = self.uleb()?;
        Ok(ChangeHeader { actor: ActorId(actor), seq, deps })
    }
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{ActorId as AutomergeActor, Automerge, ROOT};
    use proptest::prelude::*;

    use super::*;

    fn changes() -> Vec<automerge::Change> {
        let mut document = Automerge::new().with_actor(AutomergeActor::from([9u8; 16]));
        for round in 0..3i64 {
            let mut transaction = document.transaction();
            transaction.put(ROOT, "members_real", round).unwrap();
            transaction.put(ROOT, "long", "住".repeat(400)).unwrap();
            transaction.commit();
        }
        document.get_changes(&[])
    }

    #[test]
    fn the_header_agrees_with_automerge() {
        for change in changes() {
            let raw = RawChange::from_chunk(change.raw_bytes()).unwrap();
            let header = raw.header().unwrap();
            assert_eq!(raw.hash().0, change.hash().0);
            assert_eq!(header.seq, change.seq());
            assert_eq!(header.actor.0.as_slice(), change.actor_id().to_bytes());
            assert_eq!(
                header.deps.iter().map(|h| h.0).collect::<Vec<_>>(),
                change.deps().iter().map(|h| h.0).collect::<Vec<_>>()
            );
            assert_eq!(raw.chunk(), change.raw_bytes());
            assert_eq!(RawChange::from_body(raw.body()), raw);
        }
    }

    #[test]
    fn a_change_compressed_by_itself_is_refused_before_anything_inflates_it() {
        let mut change = changes().remove(0);
        let deflated = change.bytes().into_owned();
        assert_eq!(RawChange::from_chunk(&deflated), Err(ChangeError::Deflated));
    }

    #[test]
    fn a_chunk_type_newer_than_this_program_is_carried_unread() {
        let body = [9u8, 3, 1, 2, 3];
        let raw = RawChange::from_body(&body);
        assert_eq!(raw.outside(), &Outside::Newer);
        assert_eq!(RawChange::from_chunk(&raw.chunk()).unwrap(), raw);
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_an_error_or_a_change_and_never_more(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = RawChange::from_chunk(&bytes);
            let _ = RawChange::from_body(&bytes);
        }

        #[test]
        fn a_flipped_byte_is_never_taken_for_the_same_change(index in 0usize..200, flip in 1u8..) {
            let original = changes().remove(1);
            let mut bytes = original.raw_bytes().to_vec();
            let place = index % bytes.len();
            bytes[place] ^= flip;
            prop_assert!(RawChange::from_chunk(&bytes).is_err());
        }
    }
}
