//! Receipts: the server's signed word that it holds envelopes, where they stand, and when, by its
//! own clock, it took them. One signature covers all envelopes of a push.

use minicbor::{Decode, Encode};

use crate::codec::{self, CodecError};
use crate::ids::EnvelopeHash;
use crate::keys::{KeyPair, PublicKey, Signature};
use crate::log::LogId;

/// Where an envelope stands.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Place {
    /// The envelope.
    #[n(0)]
    #[cbor(with = "codec::envelope_hash")]
    pub envelope: EnvelopeHash,
    /// The log.
    #[n(1)]
    pub log: LogId,
    /// The epoch of the log.
    #[n(2)]
    pub epoch: u64,
    /// The sequence number in the log.
    #[n(3)]
    pub seq: u64,
}

/// A receipt. On the wire only the signature travels: the device knows the rest.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// When, Unix milliseconds of the server's clock.
    #[n(0)]
    pub server_time_ms: i64,
    /// What for.
    #[n(1)]
    pub places: Vec<Place>,
    /// The server's signature.
    #[n(2)]
    #[cbor(with = "codec::signature")]
    pub signature: Signature,
}

impl Receipt {
    const LABEL: &'static str = "ruhu-receipt-v1";

    /// Signs a receipt.
    pub fn sign(server: &KeyPair, server_time_ms: i64, places: Vec<Place>) -> Receipt {
        let mut receipt = Receipt { server_time_ms, places, signature: Signature([0; 64]) };
        receipt.signature = server.sign(Receipt::LABEL, &receipt.signed_part());
        receipt
    }

    fn signed_part(&self) -> Vec<u8> {
        codec::to_cbor(&Receipt { signature: Signature([0; 64]), ..self.clone() })
    }

    /// Whether the server with this key signed it.
    pub fn is_signed_by(&self, server: &PublicKey) -> bool {
        server.verify(Receipt::LABEL, &self.signed_part(), &self.signature)
    }

    /// The bytes that are stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::to_cbor(self)
    }

    /// The inverse of [`Receipt::to_bytes`].
    ///
    /// # Errors
    /// [`CodecError`] `malformed`: other bytes than these.
    pub fn from_bytes(bytes: &[u8]) -> Result<Receipt, CodecError> {
        codec::from_cbor(bytes)
    }
}

/// The server's signed word that it holds a file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FileReceipt {
    /// SHA-256 of the file.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub sha256: [u8; 32],
    /// Its size in bytes.
    #[n(1)]
    pub size: u64,
    /// Whether a backup or replica has it too. Until then the phone keeps its own copy.
    #[n(2)]
    pub durable: bool,
    /// When, Unix milliseconds of the server's clock.
    #[n(3)]
    pub server_time_ms: i64,
    /// The server's signature.
    #[n(4)]
    #[cbor(with = "codec::signature")]
    pub signature: Signature,
}

impl FileReceipt {
    const LABEL: &'static str = "ruhu-file-receipt-v1";

    /// Signs a receipt.
    pub fn sign(server: &KeyPair, sha256: [u8; 32], size: u64, durable: bool, server_time_ms: i64) -> Self {
        let mut receipt =
            FileReceipt { sha256, size, durable, server_time_ms, signature: Signature([0; 64]) };
        receipt.signature = server.sign(FileReceipt::LABEL, &receipt.signed_part());
        receipt
    }

    fn signed_part(&self) -> Vec<u8> {
        codec::to_cbor(&FileReceipt { signature: Signature([0; 64]), ..self.clone() })
    }

    /// Whether the server with this key signed it.
    pub fn is_signed_by(&self, server: &PublicKey) -> bool {
        server.verify(FileReceipt::LABEL, &self.signed_part(), &self.signature)
    }

    /// The bytes that are stored and sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::to_cbor(self)
    }

    /// The inverse of [`FileReceipt::to_bytes`].
    ///
    /// # Errors
    /// [`CodecError`] `malformed`: other bytes than these.
    pub fn from_bytes(bytes: &[u8]) -> Result<FileReceipt, CodecError> {
        codec::from_cbor(bytes)
    }
}
