//! The one reader of a change: what a server must know to keep it, and what a device must know before the merging
//! engine sees it.
//!
//! Source: the Automerge binary format specification, "Chunk container" and "Change chunks". A container is 4 bytes
//! magic, 4 bytes checksum, a type byte, the length as uLEB128, the contents. The change's hash is SHA-256 over type,
//! length and contents; its first 4 bytes are the checksum. The contents begin with the dependencies, the actor and
//! its sequence number.
//!
//! It reads at two depths. [`RawChange`] is the outside: the server's hot path reads only this, for hostile
//! operations inside a change make a CRDT library work, and sometimes fail, where a mistake costs every device of a
//! township. [`CheckedChange`] also walks the columns: the engine inflates without a limit, expands run lengths
//! without a limit and panics on some malformed input.

use std::io::Read;

use automerge::Change;
use sha2::{Digest, Sha256};

use crate::columns::column;
use crate::contain::contained;
use crate::error::Refusal;
use crate::limits::{CHANGE_ACTORS, CHANGE_BYTES, CHANGE_DEPENDENCIES, CHANGE_ROWS};
use crate::reader::{MAGIC, Reader, chunk, write_uleb};
use crate::{ActorId, ChangeHash};

const CHANGE: u8 = 1;
const DEFLATED_CHANGE: u8 = 2;
const MAGIC_AND_CHECKSUM: usize = 8;

/// A raw change, its hash, and what can be said of it from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawChange {
    hash: ChangeHash,
    body: Vec<u8>,
    kind: ChunkKind,
}

/// What a chunk is, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkKind {
    /// A change of the known type.
    Change(ChangeHeader),
    /// A well-formed chunk of a type newer than this program: carried, never looked into.
    Newer,
    /// Bytes that nobody can apply.
    Unreadable(Refusal),
}

/// What the header of a change says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ChangeHeader {
    /// Who made it.
    pub actor: ActorId,
    /// The actor's sequence number within the document, from 1.
    pub seq: u64,
    /// The changes it was made on top of.
    pub deps: Vec<ChangeHash>,
}

impl RawChange {
    /// Reads a whole chunk, as `automerge::Change::raw_bytes` gives it.
    ///
    /// # Errors
    /// A [`Refusal`] when it is not a plain chunk of at most [`CHANGE_BYTES`] with its own checksum.
    pub fn from_chunk(chunk: &[u8]) -> Result<RawChange, Refusal> {
        let (start, body) = chunk.split_at_checked(MAGIC_AND_CHECKSUM).ok_or(Refusal::NotAChange)?;
        let checksum = start.strip_prefix(&MAGIC).ok_or(Refusal::NotAChange)?;
        RawChange::from_body(body).with_checksum(checksum)
    }

    /// As [`RawChange::from_chunk`], and takes a change that is compressed by itself too: automerge's own tools
    /// write such ones. Inflates at most [`CHANGE_BYTES`].
    ///
    /// # Errors
    /// As [`RawChange::from_chunk`].
    pub fn from_any_chunk(bytes: &[u8]) -> Result<RawChange, Refusal> {
        let mut reader = Reader(bytes);
        let (kind, checksum, contents) = chunk(&mut reader)?;
        if !reader.0.is_empty() {
            return Err(Refusal::NotAChange);
        }
        match kind {
            DEFLATED_CHANGE => RawChange::from_body(&plain(&inflate(contents)?)).with_checksum(checksum),
            _ => RawChange::from_chunk(bytes),
        }
    }

    /// Takes what travels: the chunk without magic and checksum, which the hash gives back. Bytes of every kind have
    /// a hash, so that who signed them can be named whatever they are.
    pub fn from_body(body: &[u8]) -> RawChange {
        let kind = ChunkKind::of(body).unwrap_or_else(ChunkKind::Unreadable);
        RawChange { hash: ChangeHash(Sha256::digest(body).into()), body: body.to_vec(), kind }
    }

    fn with_checksum(self, checksum: &[u8]) -> Result<RawChange, Refusal> {
        match self.kind {
            ChunkKind::Unreadable(refusal) => Err(refusal),
            _ if self.hash.0.starts_with(checksum) => Ok(self),
            _ => Err(Refusal::Damaged),
        }
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
        [&MAGIC, self.hash.0.get(..4).unwrap_or_default(), &self.body].concat()
    }

    /// What it is, seen from outside.
    pub fn kind(&self) -> &ChunkKind {
        &self.kind
    }

    /// What the header says, when the change is of the known type.
    pub fn header(&self) -> Option<&ChangeHeader> {
        match &self.kind {
            ChunkKind::Change(header) => Some(header),
            ChunkKind::Newer | ChunkKind::Unreadable(_) => None,
        }
    }
}

impl ChunkKind {
    fn of(body: &[u8]) -> Result<ChunkKind, Refusal> {
        if body.len() > CHANGE_BYTES {
            return Err(Refusal::TooLarge);
        }
        let mut reader = Reader(body);
        let kind = reader.byte()?;
        let contents = reader.prefixed()?;
        if !reader.0.is_empty() {
            return Err(Refusal::NotAChange);
        }
        if contents.is_empty() {
            return Err(Refusal::NotAChange);
        }
        match kind {
            CHANGE => Ok(ChunkKind::Change(header(&mut Reader(contents))?)),
            DEFLATED_CHANGE => Err(Refusal::Deflated),
            _ => Ok(ChunkKind::Newer),
        }
    }
}

fn header(reader: &mut Reader<'_>) -> Result<ChangeHeader, Refusal> {
    let deps = reader.counted(CHANGE_DEPENDENCIES)?;
    let deps = (0..deps).map(|_| reader.hash()).collect::<Result<_, _>>()?;
    Ok(ChangeHeader { actor: reader.actor()?, seq: reader.uleb()?, deps })
}

/// A deflated body, refused as soon as it grows beyond the limit, whatever it claims.
fn inflate(contents: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut out = Vec::new();
    let mut decoder = flate2::bufread::DeflateDecoder::new(contents).take(CHANGE_BYTES as u64 + 1);
    decoder.read_to_end(&mut out).map_err(|_| Refusal::Damaged)?;
    if out.len() > CHANGE_BYTES { Err(Refusal::TooLarge) } else { Ok(out) }
}

/// The body of a plain change with these contents.
fn plain(contents: &[u8]) -> Vec<u8> {
    let mut body = vec![CHANGE];
    write_uleb(&mut body, contents.len() as u64);
    body.extend_from_slice(contents);
    body
}

/// One change whose outer form is sound: header, checksum, and columns within their limits.
#[derive(Clone, Debug)]
pub(crate) struct CheckedChange {
    pub(crate) hash: ChangeHash,
    pub(crate) header: ChangeHeader,
    raw: RawChange,
}

impl CheckedChange {
    /// Reads a chunk, plain or deflated.
    pub(crate) fn read(bytes: &[u8]) -> Result<CheckedChange, Refusal> {
        CheckedChange::check(RawChange::from_any_chunk(bytes)?)
    }

    fn check(raw: RawChange) -> Result<CheckedChange, Refusal> {
        let header = raw.header().cloned().ok_or(Refusal::NotAChange)?;
        let mut reader = Reader(&raw.body);
        reader.byte()?;
        let contents = reader.prefixed()?;
        // A length written in more bytes than it needs is another hash to us than to the engine.
        if plain(contents) != raw.body {
            return Err(Refusal::Damaged);
        }
        check_contents(contents)?;
        Ok(CheckedChange { hash: raw.hash, header, raw })
    }

    /// The plain chunk.
    pub(crate) fn chunk(&self) -> Vec<u8> {
        self.raw.chunk()
    }

    /// The change as the engine reads it.
    pub(crate) fn decode(&self) -> Result<Change, Refusal> {
        let chunk = self.chunk();
        let change = contained(|| Change::try_from(&chunk[..])).ok_or(Refusal::Damaged)?;
        let change = change.map_err(|_| Refusal::Damaged)?;
        if ChangeHash::from(change.hash()) == self.hash { Ok(change) } else { Err(Refusal::Damaged) }
    }
}

/// Walks everything in a change: what the header does not name, then its columns.
fn check_contents(contents: &[u8]) -> Result<(), Refusal> {
    let mut reader = Reader(contents);
    header(&mut reader)?;
    // The number of its first operation, its time, its message.
    reader.uleb()?;
    reader.sleb()?;
    reader.prefixed()?;
    for _ in 0..reader.counted(CHANGE_ACTORS)? {
        reader.actor()?;
    }
    columns(&mut reader)?;
    if reader.0.is_empty() { Ok(()) } else { Err(Refusal::Operation) }
}

fn columns(reader: &mut Reader<'_>) -> Result<(), Refusal> {
    let layout = reader.layout()?;
    let raw = layout.iter().filter(|(spec, _)| spec & 7 == 7);
    let values = raw.fold(0u64, |sum, (_, length)| sum.saturating_add(*length));
    for (spec, length) in layout {
        let data = reader.take(usize::try_from(length).map_err(|_| Refusal::Damaged)?)?;
        column(spec, data, values, CHANGE_ROWS)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{ActorId as AutomergeActor, Automerge, ROOT};
    use proptest::prelude::*;

    use super::*;

    fn changes() -> Vec<Change> {
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
            assert_eq!(RawChange::from_any_chunk(change.raw_bytes()), Ok(raw));
        }
    }

    #[test]
    fn a_change_compressed_by_itself_is_not_carried_and_reads_as_its_plain_form() {
        let mut change = changes().remove(0);
        let deflated = change.bytes().into_owned();
        assert_eq!(RawChange::from_chunk(&deflated), Err(Refusal::Deflated));
        assert_eq!(RawChange::from_any_chunk(&deflated), RawChange::from_chunk(change.raw_bytes()));
    }

    #[test]
    fn a_chunk_type_newer_than_this_program_is_carried_unread() {
        let raw = RawChange::from_body(&[9, 3, 1, 2, 3]);
        assert_eq!(raw.kind(), &ChunkKind::Newer);
        assert_eq!(RawChange::from_chunk(&raw.chunk()).unwrap(), raw);
        assert_eq!(CheckedChange::read(&raw.chunk()).unwrap_err(), Refusal::NotAChange);
    }

    #[test]
    fn a_length_in_more_bytes_than_it_needs_is_carried_and_never_applied() {
        let change = changes().remove(0);
        let body = &change.raw_bytes()[MAGIC_AND_CHECKSUM..];
        let digits = 1 + body[1..].iter().position(|byte| byte & 0x80 == 0).unwrap();
        let mut padded = body.to_vec();
        padded[digits] |= 0x80;
        padded.insert(digits + 1, 0);
        let raw = RawChange::from_body(&padded);
        assert!(raw.header().is_some());
        assert_eq!(CheckedChange::read(&raw.chunk()).unwrap_err(), Refusal::Damaged);
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_an_error_or_a_change_and_never_more(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = RawChange::from_chunk(&bytes);
            let _ = RawChange::from_any_chunk(&bytes);
            let carried = RawChange::from_body(&bytes);
            prop_assert_eq!(carried.body(), &bytes[..]);
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
