//! Envelopes: how every change travels. An envelope names its document and author, stands in the
//! author's chain (sequence number and hash of the author's previous envelope), and is signed.
//!
//! The signature covers the **hashes** of the changes, not their bytes, so that it stays valid when
//! a change is stored in another encoding.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use ruhu_case::{ActorId, ChangeHash, DocId, RawChange, limits};
use ruhu_national::Division;
use ruhu_text::{Explain, Explanation};
use sha2::{Digest, Sha256};

use crate::codec::{self, CodecError};
use crate::keys::{DeviceId, KeyPair, PublicKey, Signature};
use crate::log::{LogClass, LogId};
use crate::page::Page;

const LABEL: &str = "ruhu-envelope-v1";

/// SHA-256 over what the author signed. The signature itself is not part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EnvelopeHash(pub [u8; 32]);

impl EnvelopeHash {
    /// What stands in place of a previous envelope in an author's first one.
    pub const NONE: EnvelopeHash = EnvelopeHash([0; 32]);
}

impl fmt::Display for EnvelopeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for EnvelopeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnvelopeHash({self})")
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an envelope hash is 64 hexadecimal digits")]
pub struct InvalidEnvelopeHash;

impl Explain for InvalidEnvelopeHash {
    fn code(&self) -> &'static str {
        "bad_hash"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("摘要应为64位十六进制数。", "An envelope hash is 64 hexadecimal digits.")
            .advise("请完整复制。", "Copy it whole.")
    }
}

impl FromStr for EnvelopeHash {
    type Err = InvalidEnvelopeHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes =
            data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| InvalidEnvelopeHash)?;
        Ok(EnvelopeHash(bytes.try_into().map_err(|_| InvalidEnvelopeHash)?))
    }
}

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

    /// The bytes that are stored: a page of one.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::to_cbor(&Page::pack(std::slice::from_ref(self)))
    }

    /// The inverse of [`Envelope::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Envelope, CodecError> {
        let page: Page = codec::from_cbor(bytes)?;
        match <[Envelope; 1]>::try_from(page.unpack()?) {
            Ok([envelope]) => Ok(envelope),
            Err(_) => Err(CodecError::Malformed("not exactly one envelope".into())),
        }
    }
}
