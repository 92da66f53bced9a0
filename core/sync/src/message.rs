//! The messages of protocol version 1. Push is frozen for ever: field numbers are never reused and
//! unknown fields are skipped, so that a phone that was offline for a year can deliver.

use minicbor::{Decode, Encode};
use ruhu_case::ActorId;

use crate::certificate::AuthorRecord;
use crate::codec;
use crate::files::{FileUse, FilesState};
use crate::ids::EnvelopeHash;
use crate::keys::{KeyPair, PublicKey, Signature};
use crate::log::{LogHead, LogId, LogSum};
use crate::outcome::Outcome;
use crate::page::Page;

/// The protocol version of this program, named in the header `Ruhu-Protocol` of every message.
pub const PROTOCOL_VERSION: u32 = 1;

/// One round trip, phone to server: what the phone has to give and where it stands.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct SyncRequest {
    /// The end of that part of the phone's own chain which the server has acknowledged. The server
    /// does not send back what lies before it, and a phone restored from an older copy is recognised
    /// by it.
    #[n(0)]
    pub tail: Option<ChainTail>,
    /// Where the phone stands in each log it knows.
    #[n(1)]
    pub positions: Vec<Position>,
    /// Author records the server may not know.
    #[n(2)]
    pub authors: Vec<AuthorRecord>,
    /// Envelopes to append.
    #[n(3)]
    pub push: Option<Page>,
    /// Signed heads that the server asked for.
    #[n(4)]
    pub proofs: Vec<LogHead>,
    /// Authors the phone does not know.
    #[n(5)]
    pub want_authors: Vec<Actor>,
    /// Logs of which the phone wants the list of hashes.
    #[n(6)]
    pub inventory: Vec<InventoryAsk>,
    /// Envelopes the phone lacks.
    #[n(7)]
    #[cbor(with = "codec::envelope_hash::many")]
    pub want: Vec<EnvelopeHash>,
    /// Whether the phone wants news at all (a revoked or full phone only delivers).
    #[n(8)]
    pub push_only: bool,
    /// Whether the phone knows gaps: what it wanted and neither came nor was told to be a gap, it asks
    /// for again. A phone that does not say so takes it for gone.
    #[n(9)]
    pub knows_gaps: Option<bool>,
    /// The file that the phone gave or fetched last: a server that lacks it was restored from an older
    /// copy, or lost its files.
    #[n(10)]
    pub latest_file: Option<FileUse>,
    /// How large the answer should be at most, in bytes on the wire; without it a page. What cannot be
    /// told in less is told all the same.
    #[n(11)]
    pub answer_bytes: Option<u32>,
    /// Whether the phone reads pages whose changes are taken apart ([`Page::pack_apart`]).
    #[n(12)]
    pub reads_apart: Option<bool>,
    /// What the phone says of itself.
    #[n(13)]
    pub presence: Option<Presence>,
}

/// What a phone says of itself with each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Presence {
    /// The phone's clock, Unix milliseconds. Never trusted alone: many that agree with each other and
    /// not with the server make it doubt its own.
    #[n(0)]
    pub time_ms: i64,
    /// When the certificate ends that the phone has, Unix milliseconds of the server's clock.
    #[n(1)]
    pub certificate_until_ms: i64,
    /// Of how many of its envelopes the phone knows that they were dismissed; an older phone says nothing.
    #[n(2)]
    pub dismissed: Option<u32>,
}

/// The end of an author's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct ChainTail {
    /// The author.
    #[n(0)]
    #[cbor(with = "codec::actor_id")]
    pub actor: ActorId,
    /// The sequence number of the last envelope.
    #[n(1)]
    pub seq: u64,
}

/// An actor on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Actor(
    /// The actor.
    #[n(0)]
    #[cbor(with = "codec::actor_id")]
    pub ActorId,
);

/// A position in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Position {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// The epoch.
    #[n(1)]
    pub epoch: u64,
    /// The sequence number up to which the phone has everything it may see.
    #[n(2)]
    pub seq: u64,
    /// The first 8 bytes of the chain hash there.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub chain: [u8; 8],
}

/// A request for a page of the hashes of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct InventoryAsk {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// The sequence number after which to begin.
    #[n(1)]
    pub after: u64,
}

/// One round trip, server to phone.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct SyncResponse {
    /// The server's clock, Unix milliseconds.
    #[n(0)]
    pub server_time_ms: i64,
    /// One per pushed envelope, in their order.
    #[n(1)]
    pub outcomes: Vec<Outcome>,
    /// The signature of the [`Receipt`](crate::Receipt) over all accepted or already held ones.
    #[n(2)]
    pub receipt: Option<ReceiptSignature>,
    /// News of logs; a log without news does not appear.
    #[n(3)]
    pub news: Vec<LogNews>,
    /// The authors asked for.
    #[n(4)]
    pub authors: Vec<AuthorRecord>,
    /// The end of the phone's chain as the server has it, when it lies beyond the phone's own.
    #[n(5)]
    pub tail: Option<u64>,
    /// The inventory pages asked for.
    #[n(6)]
    pub inventory: Vec<InventoryPage>,
    /// The envelopes asked for, as far as the phone may see them.
    #[n(7)]
    pub wanted: Option<Entries>,
    /// The first 8 bytes of the hash of the list of published forms.
    #[n(8)]
    pub forms: Option<ETag>,
    /// Whether the phone is revoked: what was pushed is kept, nothing is told.
    #[n(9)]
    pub revoked: bool,
    /// Entries of the logs told here, or of those wanted, whose content is not given.
    #[n(10)]
    pub gaps: Option<Vec<Gap>>,
    /// What else the server has to say; an older server says nothing.
    #[n(11)]
    pub notice: Option<Notice>,
    /// What the server holds of files, as marks.
    #[n(12)]
    pub files: Option<FilesState>,
    /// A certificate for the phone's key that ends later than the one it has.
    #[n(13)]
    pub certificate: Option<crate::Certificate>,
    /// How the phone stands; an older server says nothing.
    #[n(14)]
    pub standing: Option<Standing>,
    /// Which of the phone's envelopes were dismissed, when it does not know of as many; the latest.
    #[n(15)]
    pub dismissed: Option<Dismissed>,
}

/// Envelopes that an administrator looked at in quarantine and dismissed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Dismissed {
    /// Their hashes, at most [`Dismissed::MOST`].
    #[n(0)]
    #[cbor(with = "codec::envelope_hash::many")]
    pub envelopes: Vec<EnvelopeHash>,
}

impl Dismissed {
    /// Most envelopes that one answer names.
    pub const MOST: usize = 500;
}

/// An entry of a log whose content the server does not give. It counts in checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Gap {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// The epoch of the log.
    #[n(1)]
    pub epoch: u64,
    /// Its sequence number there.
    #[n(2)]
    pub seq: u64,
    /// The hash of the envelope.
    #[n(3)]
    #[cbor(with = "codec::envelope_hash")]
    pub envelope: EnvelopeHash,
    /// Why.
    #[n(4)]
    pub why: GapKind,
}

/// Why the content of an entry is not given. One that this program does not know reads as
/// [`GapKind::Damaged`], which is asked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode)]
#[cbor(index_only)]
pub enum GapKind {
    /// The server's bytes are damaged. Whoever has them whole is asked for them.
    #[n(0)]
    Damaged,
    /// An administrator has excluded it.
    #[n(1)]
    Excluded,
}

impl<'b, C> Decode<'b, C> for GapKind {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Ok(if d.u32()? == 1 { GapKind::Excluded } else { GapKind::Damaged })
    }
}

/// What a server has to say beside its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Notice {
    /// Envelopes within the phone's sight that the server holds damaged: a phone that has one whole
    /// pushes it again.
    #[n(0)]
    #[cbor(with = "codec::envelope_hash::many")]
    pub seeks: Vec<EnvelopeHash>,
    /// The push was taken, but news could not be told: a fault of the server's, which its log names.
    #[n(1)]
    #[cbor(default)]
    pub untold: bool,
}

/// How a phone stands with the server, besides being revoked or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Standing {
    /// The phone's certificate has ended: what was pushed is kept apart until it is renewed, nothing is
    /// told.
    #[n(0)]
    pub expired: bool,
    /// The server doubts its own clock.
    #[n(1)]
    pub clock_in_doubt: bool,
}

/// A signature on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct ReceiptSignature(
    /// The signature.
    #[n(0)]
    #[cbor(with = "codec::signature")]
    pub Signature,
);

/// The entity tag (RFC 9110, section 8.8.3) of the list of published forms: it changes when the list does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct ETag(
    /// 8 bytes.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub [u8; 8],
);

/// News of one log. A page is by far the usual one; boxing it would only cost.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum LogNews {
    /// Entries after the phone's position.
    #[n(0)]
    Page {
        /// The signed position after this page.
        #[n(0)]
        head: LogHead,
        /// The entries the phone may see and has not made itself.
        #[n(1)]
        entries: Entries,
        /// At the end of the log: the checksum of the phone's view.
        #[n(2)]
        sum: Option<LogSum>,
    },
    /// The phone stands where this server never stood, or says so: it shall present the signed head.
    #[n(1)]
    Prove {
        /// The log.
        #[n(0)]
        log: LogId,
    },
    /// The log's epoch is another than the phone's: compare hashes in both directions.
    #[n(2)]
    NewEpoch {
        /// The log.
        #[n(0)]
        log: LogId,
        /// The epoch now.
        #[n(1)]
        epoch: u64,
    },
}

/// Envelopes with their places in a log.
#[derive(Debug, Clone, PartialEq, Default, Encode, Decode)]
pub struct Entries {
    /// The envelopes.
    #[n(0)]
    pub page: Page,
    /// Per envelope: its sequence number less the one before.
    #[n(1)]
    pub seq_steps: Vec<i64>,
    /// Per envelope: the server's time of arrival, Unix milliseconds, less the one before.
    #[n(2)]
    pub time_steps: Vec<i64>,
}

impl Entries {
    /// Packs envelopes with their sequence numbers and times, with every change whole.
    pub fn pack(rows: &[(crate::Envelope, u64, i64)]) -> Entries {
        Entries::with(Page::pack, rows)
    }

    /// Packs them in the way that takes fewer bytes, for a phone that reads changes taken apart.
    pub fn pack_small(rows: &[(crate::Envelope, u64, i64)]) -> Entries {
        Entries::with(Page::pack_small, rows)
    }

    fn with(pack: impl Fn(&[crate::Envelope]) -> Page, rows: &[(crate::Envelope, u64, i64)]) -> Entries {
        let envelopes: Vec<_> = rows.iter().map(|(envelope, _, _)| envelope.clone()).collect();
        let seqs: Vec<i64> = rows.iter().map(|(_, seq, _)| *seq as i64).collect();
        let times: Vec<i64> = rows.iter().map(|(_, _, time)| *time).collect();
        Entries { page: pack(&envelopes), seq_steps: steps(&seqs), time_steps: steps(&times) }
    }

    /// The inverse of [`Entries::pack`] and [`Entries::pack_small`].
    ///
    /// # Errors
    /// As [`Page::unpack`]; `malformed` too when there are not as many places as envelopes.
    pub fn unpack(self) -> Result<Vec<(crate::Envelope, u64, i64)>, codec::CodecError> {
        let (seqs, times) = (sums(&self.seq_steps), sums(&self.time_steps));
        let envelopes = self.page.unpack()?;
        if envelopes.len() != seqs.len() || envelopes.len() != times.len() {
            return Err(codec::CodecError::Malformed("places without envelopes".into()));
        }
        Ok(envelopes.into_iter().zip(seqs).zip(times).map(|((e, seq), time)| (e, seq as u64, time)).collect())
    }
}

fn steps(values: &[i64]) -> Vec<i64> {
    let before = std::iter::once(0).chain(values.iter().copied());
    values.iter().zip(before).map(|(value, before)| value.wrapping_sub(before)).collect()
}

fn sums(steps: &[i64]) -> Vec<i64> {
    steps
        .iter()
        .scan(0i64, |sum, step| {
            *sum = sum.wrapping_add(*step);
            Some(*sum)
        })
        .collect()
}

/// A page of the hashes of a log, of those entries that the phone may see.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct InventoryPage {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// The hashes.
    #[n(1)]
    #[cbor(with = "codec::envelope_hash::many")]
    pub hashes: Vec<EnvelopeHash>,
    /// Their sequence numbers, each less the one before.
    #[n(2)]
    seq_steps: Vec<i64>,
    /// The signed position after this page.
    #[n(3)]
    pub head: LogHead,
    /// Whether more follow.
    #[n(4)]
    pub more: bool,
}

impl InventoryPage {
    /// A page.
    pub fn new(log: LogId, rows: &[(EnvelopeHash, u64)], head: LogHead, more: bool) -> InventoryPage {
        let seqs: Vec<i64> = rows.iter().map(|(_, seq)| *seq as i64).collect();
        InventoryPage {
            log,
            hashes: rows.iter().map(|(h, _)| *h).collect(),
            seq_steps: steps(&seqs),
            head,
            more,
        }
    }

    /// Hashes and sequence numbers.
    pub fn rows(&self) -> Vec<(EnvelopeHash, u64)> {
        self.hashes.iter().copied().zip(sums(&self.seq_steps)).map(|(hash, seq)| (hash, seq as u64)).collect()
    }
}

/// Phone to server: a one-time code for a certificate. The answer is a
/// [`Certificate`](crate::Certificate).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EnrollRequest {
    /// The secret of the one-time code.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub secret: [u8; 16],
    /// The device's new public key.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub key: [u8; 32],
    /// Made with that key over the secret, under the label [`ENROLL_LABEL`].
    #[n(2)]
    #[cbor(with = "codec::signature")]
    pub signature: Signature,
}

/// The label of the signature in an [`EnrollRequest`].
pub const ENROLL_LABEL: &str = "ruhu-enroll-v1";

/// Server to phone: who the server is and what it made of the device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct EnrollResponse {
    /// The server's public key.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub server_key: [u8; 32],
    /// The device's certificate.
    #[n(1)]
    pub certificate: crate::Certificate,
}

/// A published form, in the answer to `GET /v1/forms`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct PublishedForm {
    /// The form's id.
    #[n(0)]
    pub id: String,
    /// Its version.
    #[n(1)]
    pub version: String,
    /// SHA-256 of its compiled bytes.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub hash: [u8; 32],
    /// When the server last said this of it, Unix milliseconds of its clock; of two notices of one
    /// version the later one holds.
    #[n(3)]
    #[cbor(default)]
    pub at_ms: i64,
    /// Whether it was withdrawn: it is not offered for new visits, open visits go on with it.
    #[n(4)]
    #[cbor(default)]
    pub withdrawn: bool,
    /// The server's signature over all this: with it a phone gives back a form that a restored server
    /// has forgotten.
    #[n(5)]
    pub signature: Option<NoticeSignature>,
}

/// The signature of a [`PublishedForm`] on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct NoticeSignature(
    /// The signature.
    #[n(0)]
    #[cbor(with = "codec::signature")]
    pub Signature,
);

impl PublishedForm {
    const LABEL: &'static str = "ruhu-form-v1";

    /// The notice with the server's signature.
    #[must_use]
    pub fn signed(mut self, server: &KeyPair) -> PublishedForm {
        self.signature = Some(NoticeSignature(server.sign(Self::LABEL, &self.signed_part())));
        self
    }

    fn signed_part(&self) -> Vec<u8> {
        codec::to_cbor(&PublishedForm { signature: None, ..self.clone() })
    }

    /// Whether the server with this key signed it.
    pub fn is_signed_by(&self, server: &PublicKey) -> bool {
        self.signature.is_some_and(|signature| server.verify(Self::LABEL, &self.signed_part(), &signature.0))
    }
}

/// Phone to server, `POST /v1/forms`: a form that the server published once and has forgotten since, or
/// a later word of its own on one. The server knows its signature, and takes no other form.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct GivenForm {
    /// The server's own notice.
    #[n(0)]
    pub notice: PublishedForm,
    /// The compiled bytes; empty where the server has them.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// The list of published forms.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct PublishedForms {
    /// The forms, by id and version.
    #[n(0)]
    pub forms: Vec<PublishedForm>,
}

impl PublishedForms {
    /// The entity tag of this list in a [`SyncResponse`]; all zero for an empty list. Signatures are
    /// left out: they say nothing new.
    pub fn etag(&self) -> ETag {
        use sha2::{Digest, Sha256};
        let unsigned = |form: &PublishedForm| PublishedForm { signature: None, ..form.clone() };
        let unsigned = PublishedForms { forms: self.forms.iter().map(unsigned).collect() };
        let digest: [u8; 32] = match self.forms.is_empty() {
            true => [0; 32],
            false => Sha256::digest(codec::to_cbor(&unsigned)).into(),
        };
        let mut tag = [0; 8];
        tag.copy_from_slice(&digest[..8]);
        ETag(tag)
    }
}

/// What an answer with an error status carries, as `application/cbor`.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Problem {
    /// A stable code, for programs.
    #[n(0)]
    pub code: String,
    /// For a person, Chinese.
    #[n(1)]
    pub zh: String,
    /// For a person, English.
    #[n(2)]
    pub en: String,
    /// The name by which the server's log tells of the request.
    #[n(3)]
    pub request: Option<String>,
}

impl Problem {
    /// A problem of no request yet.
    pub fn new(code: impl Into<String>, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem { code: code.into(), zh: zh.into(), en: en.into(), request: None }
    }
}
