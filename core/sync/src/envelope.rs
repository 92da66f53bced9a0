//! Envelopes: how every change travels. An envelope names its document and author, stands in the
//! author's chain (sequence number and hash of the author's previous envelope), and is signed.
//!
//! The signature covers the **hashes** of the changes, not their bytes, so that it stays valid when
//! a change is stored in another encoding.

use minicbor::{Decode, Encode};
use ruhu_case::{ActorId, ChangeHash, DocId, RawChange, limits};
use ruhu_national::Division;
use sha2::{Digest, Sha256};

use crate::codec;
use crate::ids::EnvelopeHash;
use crate::keys::{DeviceId, KeyPair, PublicKey, Signature};
use crate::log::{LogClass, LogId};

const LABEL: &str = "ruhu-envelope-v1";

/// The immutable header of a document; it travels in the envelope that creates the document, and
/// scope is decided on it alone.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DocHeader {
    /// What kind of document.
    #[n(0)]
    pub class: LogClass,
    /// Where: the 12-digit code of a village or community.
    #[n(1)]
    #[cbor(with = "codec::division")]
    pub division: Division,
    /// When it was created, Unix milliseconds of the creating phone's clock.
    #[n(2)]
    pub created_at_ms: i64,
}

impl DocHeader {
    /// The log that the document's envelopes belong to.
    pub fn log(&self) -> Option<LogId> {
        LogId::new(self.division.as_str(), self.class).ok()
    }
}

/// A decision of the server about an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Verdict {
    /// The envelope it is about.
    #[n(0)]
    #[cbor(with = "codec::envelope_hash")]
    pub subject: EnvelopeHash,
    /// Whether what the envelope says is hidden (`true`) or shown again.
    #[n(1)]
    pub hide: bool,
    /// Why: a code such as `revoked`.
    #[n(2)]
    pub reason: String,
}

impl Verdict {
    /// The reason of a verdict that excludes: the server gives the content to nobody any more, and who
    /// has it drops it.
    pub const EXCLUDED: &'static str = "excluded";

    /// Whether it excludes its subject.
    pub fn excludes(&self) -> bool {
        self.hide && self.reason == Verdict::EXCLUDED
    }
}

/// What an envelope carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Changes to the document, in the order in which they were made.
    Changes(Vec<RawChange>),
    /// The server's verdict on another envelope of the same document.
    Verdict(Verdict),
    /// The server's notice that a device is revoked.
    Revocation(DeviceId),
}

/// An envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The document.
    pub doc: DocId,
    /// The author.
    pub actor: ActorId,
    /// The author's sequence number, from 1, over all documents.
    pub seq: u64,
    /// The author's previous envelope.
    pub prev: EnvelopeHash,
    /// The document's header, when this envelope creates it.
    pub header: Option<DocHeader>,
    /// What it carries.
    pub body: Body,
    /// The author's signature.
    pub signature: Signature,
}

/// What is signed. Field numbers are frozen.
#[derive(Encode)]
struct Signed<'a> {
    #[n(0)]
    #[cbor(with = "codec::doc_id")]
    doc: DocId,
    #[n(1)]
    #[cbor(with = "codec::actor_id")]
    actor: ActorId,
    #[n(2)]
    seq: u64,
    #[n(3)]
    #[cbor(with = "codec::envelope_hash")]
    prev: EnvelopeHash,
    #[n(4)]
    header: Option<&'a DocHeader>,
    #[n(5)]
    changes: Option<ChangeHashes>,
    #[n(6)]
    verdict: Option<&'a Verdict>,
    #[n(7)]
    revoked: Option<Revoked>,
}

#[derive(Encode)]
#[cbor(transparent)]
struct ChangeHashes(
    #[n(0)]
    #[cbor(with = "codec::change_hash::many")]
    Vec<ChangeHash>,
);

#[derive(Encode)]
#[cbor(transparent)]
struct Revoked(
    #[n(0)]
    #[cbor(with = "codec::device_id")]
    DeviceId,
);

impl Envelope {
    /// Makes and signs an envelope.
    pub fn sign(
        key: &KeyPair,
        doc: DocId,
        actor: ActorId,
        (seq, prev): (u64, EnvelopeHash),
        header: Option<DocHeader>,
        body: Body,
    ) -> Envelope {
        let mut envelope = Envelope { doc, actor, seq, prev, header, body, signature: Signature([0; 64]) };
        envelope.signature = key.sign(LABEL, &envelope.signed_part());
        envelope
    }

    fn signed_part(&self) -> Vec<u8> {
        let (mut changes, mut verdict, mut revoked) = (None, None, None);
        match &self.body {
            Body::Changes(all) => changes = Some(ChangeHashes(all.iter().map(RawChange::hash).collect())),
            Body::Verdict(one) => verdict = Some(one),
            Body::Revocation(device) => revoked = Some(Revoked(*device)),
        }
        let Envelope { doc, actor, seq, prev, .. } = *self;
        codec::to_cbor(&Signed {
            doc,
            actor,
            seq,
            prev,
            header: self.header.as_ref(),
            changes,
            verdict,
            revoked,
        })
    }

    /// The envelope's hash.
    pub fn hash(&self) -> EnvelopeHash {
        EnvelopeHash(Sha256::digest(self.signed_part()).into())
    }

    /// Whether the owner of `key` signed it.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verify(LABEL, &self.signed_part(), &self.signature)
    }

    /// The changes it carries; none for a verdict or a notice.
    pub fn changes(&self) -> &[RawChange] {
        match &self.body {
            Body::Changes(changes) => changes,
            Body::Verdict(_) | Body::Revocation(_) => &[],
        }
    }

    /// Its size in bytes, before compression, as [`limits::ENVELOPE_BYTES`] counts it.
    pub fn raw_size(&self) -> usize {
        limits::ENVELOPE_OVERHEAD + self.changes().iter().map(|change| change.body().len()).sum::<usize>()
    }
}
