//! A page of envelopes in columns. Signatures, ids and hashes do not compress; changes of like
//! documents do, very well, when they stand beside each other. What the receiver can compute is
//! not sent: change hashes and checksums, and the link to the author's previous envelope when that
//! stands earlier in the page.

use std::collections::HashMap;

use minicbor::{Decode, Encode};
use ruhu_case::limits::{ENVELOPE_CHANGES_READ, PAGE_CHANGES, PAGE_ENVELOPES};
use ruhu_case::{ActorId, ChangeColumns, ChangeHash, ChangeJoiner, DocId, RawChange};

use crate::codec::{self, CodecError};
use crate::envelope::{Body, DocHeader, Envelope, Verdict};
use crate::ids::EnvelopeHash;
use crate::keys::{DeviceId, Signature};

/// The columns. Field numbers are frozen.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Page {
    #[n(0)]
    #[cbor(with = "codec::doc_id::many")]
    docs: Vec<DocId>,
    #[n(1)]
    #[cbor(with = "codec::actor_id::many")]
    actors: Vec<ActorId>,
    /// Per envelope: index into `docs` less the index before it.
    #[n(2)]
    doc_steps: Vec<i32>,
    /// Per envelope: index into `actors`.
    #[n(3)]
    actor_indices: Vec<u32>,
    /// Per envelope: sequence number less the author's one before it in the page.
    #[n(4)]
    seq_steps: Vec<i64>,
    /// The links of those envelopes that do not simply follow their author's last one in the page.
    #[n(5)]
    #[cbor(with = "codec::envelope_hash::many")]
    links: Vec<EnvelopeHash>,
    /// One per envelope.
    #[n(6)]
    #[cbor(with = "codec::signature::many")]
    signatures: Vec<Signature>,
    /// Those envelopes that create their document.
    #[n(7)]
    headers: Vec<At<DocHeader>>,
    /// Those that carry a verdict.
    #[n(8)]
    verdicts: Vec<At<Verdict>>,
    /// Those that carry a revocation.
    #[n(9)]
    revocations: Vec<At<Revoked>>,
    /// Per envelope: how many changes.
    #[n(10)]
    change_counts: Vec<u32>,
    /// Per change: the length of its body.
    #[n(11)]
    change_lengths: Vec<u32>,
    /// All bodies, one after the other.
    #[n(12)]
    #[cbor(with = "minicbor::bytes")]
    bodies: Vec<u8>,
    /// Which envelopes have a link in `links`.
    #[n(13)]
    linked: Vec<u32>,
    /// The changes whose length is 0 in `change_lengths`, taken apart.
    #[n(14)]
    apart: Option<Apart>,
}

/// Changes taken apart, see [`ChangeColumns`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Apart {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    heads: Vec<u8>,
    #[n(1)]
    #[cbor(with = "codec::change_hash::many")]
    dependencies: Vec<ChangeHash>,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    layouts: Vec<u8>,
    #[n(3)]
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Column {
    #[n(0)]
    specification: u64,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    bytes: Vec<u8>,
}

impl From<ChangeColumns> for Apart {
    fn from(parts: ChangeColumns) -> Apart {
        let ChangeColumns { heads, dependencies, layouts, columns } = parts;
        let columns = columns.into_iter().map(|(specification, bytes)| Column { specification, bytes });
        Apart { heads, dependencies, layouts, columns: columns.collect() }
    }
}

impl From<Apart> for ChangeColumns {
    fn from(apart: Apart) -> ChangeColumns {
        let Apart { heads, dependencies, layouts, columns } = apart;
        let columns = columns.into_iter().map(|column| (column.specification, column.bytes)).collect();
        ChangeColumns { heads, dependencies, layouts, columns }
    }
}

/// Bytes of changes beneath which taking them apart saves nothing.
const WORTH_TAKING_APART: usize = 16 * 1024;

/// Something that stands at one envelope of the page.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct At<T> {
    #[n(0)]
    index: u32,
    #[n(1)]
    value: T,
}

#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
struct Revoked(
    #[n(0)]
    #[cbor(with = "codec::device_id")]
    DeviceId,
);

/// Where an author's chain stands while a page is read or written.
type Tails = HashMap<ActorId, (u64, EnvelopeHash)>;

/// Whether `seq` follows the author's one before it in the page, so that the link need not be sent.
fn follows(tails: &Tails, actor: &ActorId, seq: u64) -> Option<EnvelopeHash> {
    tails.get(actor).filter(|(tail, _)| tail.checked_add(1) == Some(seq)).map(|(_, hash)| *hash)
}

impl Page {
    /// Packs envelopes, keeping their order, with every change whole: for a store, and for a phone
    /// that reads nothing else.
    pub fn pack(envelopes: &[Envelope]) -> Page {
        Packer::default().pack(envelopes)
    }

    /// Packs envelopes, keeping their order, with their changes taken apart. Every server reads it, and
    /// every phone that says so in its request.
    pub fn pack_apart(envelopes: &[Envelope]) -> Page {
        let mut changes = envelopes.iter().flat_map(Envelope::changes);
        match changes.any(|change| change.body().is_empty()) {
            // Its length would say that it was taken apart.
            true => Page::pack(envelopes),
            false => Packer { columns: Some(ChangeColumns::default()), ..Packer::default() }.pack(envelopes),
        }
    }

    /// Packs envelopes in the way that takes fewer bytes: many like documents are a tenth smaller with
    /// their changes taken apart.
    pub fn pack_small(envelopes: &[Envelope]) -> Page {
        let changes = envelopes.iter().flat_map(Envelope::changes);
        match changes.map(|change| change.body().len()).sum::<usize>() < WORTH_TAKING_APART {
            true => Page::pack(envelopes),
            false => Page::pack_apart(envelopes),
        }
    }

    /// The number of envelopes.
    pub fn len(&self) -> usize {
        self.signatures.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.signatures.is_empty()
    }

    /// Unpacks the envelopes. No signature is looked at here.
    ///
    /// # Errors
    /// `too_large`: more than [`PAGE_ENVELOPES`] envelopes, [`PAGE_CHANGES`] changes, or [`ENVELOPE_CHANGES_READ`]
    /// in one of them. `malformed`: columns that do not fit together.
    pub fn unpack(mut self) -> Result<Vec<Envelope>, CodecError> {
        let count = self.len();
        if count > PAGE_ENVELOPES {
            return Err(CodecError::TooLarge { limit: PAGE_ENVELOPES });
        }
        if self.change_lengths.len() > PAGE_CHANGES {
            return Err(CodecError::TooLarge { limit: PAGE_CHANGES });
        }
        let columns =
            [self.doc_steps.len(), self.actor_indices.len(), self.seq_steps.len(), self.change_counts.len()];
        if columns.iter().any(|length| *length != count) {
            return Err(malformed("columns of unequal length"));
        }
        let apart = self.apart.take().map(ChangeColumns::from);
        let mut unpacker = Unpacker::new(&self, apart.as_ref());
        let envelopes = (0..count).map(|index| unpacker.next(index)).collect::<Result<Vec<_>, _>>()?;
        match unpacker.is_done() {
            true => Ok(envelopes),
            false => Err(malformed("columns left over")),
        }
    }
}

impl Envelope {
    /// The bytes that are stored: a page of one.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::to_cbor(&Page::pack(std::slice::from_ref(self)))
    }

    /// The inverse of [`Envelope::to_bytes`].
    ///
    /// # Errors
    /// As [`Page::unpack`]; `malformed` too when there is not exactly one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Envelope, CodecError> {
        let page: Page = codec::from_cbor(bytes)?;
        match <[Envelope; 1]>::try_from(page.unpack()?) {
            Ok([envelope]) => Ok(envelope),
            Err(_) => Err(CodecError::Malformed("not exactly one envelope".into())),
        }
    }
}

fn malformed(what: &str) -> CodecError {
    CodecError::Malformed(what.into())
}

#[derive(Default)]
struct Packer {
    doc_places: HashMap<DocId, u32>,
    actor_places: HashMap<ActorId, u32>,
    last_doc: i32,
    tails: Tails,
    /// Where changes taken apart go; none when each stays whole.
    columns: Option<ChangeColumns>,
    /// The changes that are in the page, and where each stands.
    changes: HashMap<ChangeHash, usize>,
    count: usize,
}

impl Packer {
    fn pack(mut self, envelopes: &[Envelope]) -> Page {
        let mut page = Page::default();
        for (index, envelope) in envelopes.iter().enumerate() {
            self.add(&mut page, index as u32, envelope);
        }
        page.apart = self.columns.map(Apart::from);
        page
    }

    fn add(&mut self, page: &mut Page, index: u32, envelope: &Envelope) {
        let doc = place(&mut self.doc_places, &mut page.docs, envelope.doc) as i32;
        page.doc_steps.push(doc - self.last_doc);
        self.last_doc = doc;
        page.actor_indices.push(place(&mut self.actor_places, &mut page.actors, envelope.actor));
        let before = self.tails.get(&envelope.actor).map_or(0, |(seq, _)| *seq);
        page.seq_steps.push(envelope.seq.wrapping_sub(before) as i64);
        if follows(&self.tails, &envelope.actor, envelope.seq) != Some(envelope.prev) {
            page.links.push(envelope.prev);
            page.linked.push(index);
        }
        self.tails.insert(envelope.actor, (envelope.seq, envelope.hash()));
        page.signatures.push(envelope.signature);
        if let Some(header) = &envelope.header {
            page.headers.push(At { index, value: header.clone() });
        }
        match &envelope.body {
            Body::Changes(_) => {}
            Body::Verdict(verdict) => page.verdicts.push(At { index, value: verdict.clone() }),
            Body::Revocation(device) => page.revocations.push(At { index, value: Revoked(*device) }),
        }
        page.change_counts.push(envelope.changes().len() as u32);
        envelope.changes().iter().for_each(|change| self.add_change(page, change));
    }

    fn add_change(&mut self, page: &mut Page, change: &RawChange) {
        let body = change.body();
        let columns = self.columns.as_mut();
        if columns.is_some_and(|columns| columns.add(body, self.count, &self.changes)) {
            page.change_lengths.push(0);
        } else {
            page.change_lengths.push(body.len() as u32);
            page.bodies.extend_from_slice(body);
        }
        self.changes.insert(change.hash(), self.count);
        self.count += 1;
    }
}

fn place<T: Copy + Eq + std::hash::Hash>(places: &mut HashMap<T, u32>, all: &mut Vec<T>, id: T) -> u32 {
    *places.entry(id).or_insert_with(|| {
        all.push(id);
        all.len() as u32 - 1
    })
}

struct Unpacker<'a> {
    page: &'a Page,
    doc: i64,
    tails: Tails,
    links: std::slice::Iter<'a, EnvelopeHash>,
    linked: std::iter::Peekable<std::slice::Iter<'a, u32>>,
    headers: std::iter::Peekable<std::slice::Iter<'a, At<DocHeader>>>,
    verdicts: std::iter::Peekable<std::slice::Iter<'a, At<Verdict>>>,
    revocations: std::iter::Peekable<std::slice::Iter<'a, At<Revoked>>>,
    lengths: std::slice::Iter<'a, u32>,
    bodies: &'a [u8],
    joiner: Option<ChangeJoiner<'a>>,
    /// The changes so far.
    changes: Vec<ChangeHash>,
}

impl<'a> Unpacker<'a> {
    fn new(page: &'a Page, apart: Option<&'a ChangeColumns>) -> Self {
        Unpacker {
            page,
            doc: 0,
            tails: Tails::new(),
            links: page.links.iter(),
            linked: page.linked.iter().peekable(),
            headers: page.headers.iter().peekable(),
            verdicts: page.verdicts.iter().peekable(),
            revocations: page.revocations.iter().peekable(),
            lengths: page.change_lengths.iter(),
            bodies: &page.bodies,
            joiner: apart.map(ChangeJoiner::new),
            changes: Vec::new(),
        }
    }

    fn next(&mut self, index: usize) -> Result<Envelope, CodecError> {
        let doc = self.doc(index)?;
        let actor = *column(&self.page.actor_indices, index)
            .and_then(|place| column(&self.page.actors, *place as usize))?;
        let before = self.tails.get(&actor).map_or(0, |(seq, _)| *seq);
        let seq = before.wrapping_add(*column(&self.page.seq_steps, index)? as u64);
        let prev = self.link(index, &actor, seq)?;
        let header = at(&mut self.headers, index).cloned();
        let body = self.body(index)?;
        let signature = *column(&self.page.signatures, index)?;
        let envelope = Envelope { doc, actor, seq, prev, header, body, signature };
        self.tails.insert(actor, (seq, envelope.hash()));
        Ok(envelope)
    }

    fn doc(&mut self, index: usize) -> Result<DocId, CodecError> {
        self.doc += i64::from(*column(&self.page.doc_steps, index)?);
        let place = usize::try_from(self.doc).map_err(|_| malformed("no such document"))?;
        column(&self.page.docs, place).copied()
    }

    fn link(&mut self, index: usize, actor: &ActorId, seq: u64) -> Result<EnvelopeHash, CodecError> {
        let sent = match self.linked.next_if(|linked| **linked as usize == index) {
            Some(_) => self.links.next().copied(),
            None => follows(&self.tails, actor, seq),
        };
        sent.ok_or_else(|| malformed("a link is missing"))
    }

    fn body(&mut self, index: usize) -> Result<Body, CodecError> {
        let changes = self.changes(*column(&self.page.change_counts, index)? as usize)?;
        let verdict = at(&mut self.verdicts, index);
        let revoked = at(&mut self.revocations, index);
        match (verdict, revoked) {
            (None, None) => Ok(Body::Changes(changes)),
            (Some(verdict), None) if changes.is_empty() => Ok(Body::Verdict(verdict.clone())),
            (None, Some(revoked)) if changes.is_empty() => Ok(Body::Revocation(revoked.0)),
            _ => Err(malformed("an envelope with two bodies")),
        }
    }

    fn changes(&mut self, count: usize) -> Result<Vec<RawChange>, CodecError> {
        if count > ENVELOPE_CHANGES_READ {
            return Err(CodecError::TooLarge { limit: ENVELOPE_CHANGES_READ });
        }
        (0..count).map(|_| self.change()).collect()
    }

    fn change(&mut self) -> Result<RawChange, CodecError> {
        let length = *self.lengths.next().ok_or_else(|| malformed("a length is missing"))? as usize;
        let change = match self.joiner.as_mut().filter(|_| length == 0) {
            Some(joiner) => {
                RawChange::from_body(&joiner.join(&self.changes).map_err(|_| malformed("parts of a change"))?)
            }
            None => {
                let body = self.bodies.get(..length).ok_or_else(|| malformed("a change is cut"))?;
                self.bodies = self.bodies.get(length..).unwrap_or_default();
                RawChange::from_body(body)
            }
        };
        self.changes.push(change.hash());
        Ok(change)
    }

    fn is_done(&mut self) -> bool {
        self.links.next().is_none()
            && self.linked.next().is_none()
            && self.headers.next().is_none()
            && self.verdicts.next().is_none()
            && self.revocations.next().is_none()
            && self.lengths.next().is_none()
            && self.bodies.is_empty()
            && self.joiner.as_ref().is_none_or(ChangeJoiner::is_done)
    }
}

fn column<T>(values: &[T], index: usize) -> Result<&T, CodecError> {
    values.get(index).ok_or_else(|| malformed("an index points outside its column"))
}

fn at<'a, T>(entries: &mut std::iter::Peekable<std::slice::Iter<'a, At<T>>>, index: usize) -> Option<&'a T> {
    entries.next_if(|entry| entry.index as usize == index).map(|entry| &entry.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_millions_of_empty_changes_is_refused_before_any_of_them_is_made() {
        let envelopes = PAGE_CHANGES / ENVELOPE_CHANGES_READ + 1;
        let page = Page {
            docs: vec![DocId([1; 16])],
            actors: vec![ActorId([2; 16])],
            doc_steps: vec![0; envelopes],
            actor_indices: vec![0; envelopes],
            seq_steps: vec![1; envelopes],
            links: vec![EnvelopeHash::NONE],
            linked: vec![0],
            signatures: vec![Signature([0; 64]); envelopes],
            change_counts: vec![ENVELOPE_CHANGES_READ as u32; envelopes],
            change_lengths: vec![0; envelopes * ENVELOPE_CHANGES_READ],
            ..Page::default()
        };
        let body = codec::encode_body(&page);
        assert!(body.len() < 1_000, "{} bytes on the wire", body.len());
        let read: Page = codec::decode_body(&body).unwrap();
        assert_eq!(read.unpack(), Err(CodecError::TooLarge { limit: PAGE_CHANGES }));
    }
}
