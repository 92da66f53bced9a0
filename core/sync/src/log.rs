//! Logs: one per township and class of document, an ordered sequence on the server.
//!
//! A position in a log is `(epoch, sequence)`. The epoch only grows; it is raised when a server is
//! found to have been restored from an older copy. A [`LogHead`] is the server's signed word on a
//! position: presented later it proves that the server once stood there.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use ruhu_case::{DocId, DocKind};
use ruhu_text::{Explain, Explanation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codec;
use crate::ids::EnvelopeHash;
use crate::keys::{KeyPair, PublicKey, Signature};

/// The class of a log: the kind of its documents, or the directory of a township.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum LogClass {
    /// Notices of the server to a township: revocations.
    #[n(0)]
    Directory,
    /// Households (一户一档).
    #[n(1)]
    Household,
    /// Leads (主动发现线索).
    #[n(2)]
    Lead,
    /// Accounts and check reports: township and county staff only.
    #[n(3)]
    Finance,
}

impl LogClass {
    /// Every class, in the order of their codes.
    pub const ALL: [LogClass; 4] =
        [LogClass::Directory, LogClass::Household, LogClass::Lead, LogClass::Finance];

    /// The code in storage and on the wire.
    pub fn code(self) -> u8 {
        match self {
            LogClass::Directory => 0,
            LogClass::Household => 1,
            LogClass::Lead => 2,
            LogClass::Finance => 3,
        }
    }

    /// The inverse of [`LogClass::code`].
    pub fn from_code(code: u8) -> Option<LogClass> {
        LogClass::ALL.into_iter().find(|class| class.code() == code)
    }

    /// The kind of document in logs of this class; the directory holds none.
    pub fn doc_kind(self) -> Option<DocKind> {
        match self {
            LogClass::Directory => None,
            LogClass::Household => Some(DocKind::Household),
            LogClass::Lead => Some(DocKind::Lead),
            LogClass::Finance => Some(DocKind::Finance),
        }
    }

    fn name(self) -> &'static str {
        match self {
            LogClass::Directory => "directory",
            LogClass::Household => "household",
            LogClass::Lead => "lead",
            LogClass::Finance => "finance",
        }
    }
}

impl From<DocKind> for LogClass {
    fn from(kind: DocKind) -> Self {
        match kind {
            DocKind::Household => LogClass::Household,
            DocKind::Lead => LogClass::Lead,
            DocKind::Finance => LogClass::Finance,
        }
    }
}

/// A log: the 9 digits of a township and a class. Text form `110101001/household`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct LogId {
    #[n(0)]
    township: u32,
    /// The class.
    #[n(1)]
    pub class: LogClass,
}

/// A text that names no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log is named by nine digits, a slash and a class")]
pub struct InvalidLogId;

impl Explain for InvalidLogId {
    fn code(&self) -> &'static str {
        "bad_log"
    }

    fn explain(&self) -> Explanation {
        Explanation::new(
            "日志名应为九位区划代码、斜杠和类别。",
            "A log is named by nine digits, a slash and a class.",
        )
        .advise("请核对。", "Check it.")
    }
}

impl LogId {
    /// The log of a township, given by at least nine digits of a division code.
    ///
    /// # Errors
    /// `bad_log`: fewer than nine digits.
    pub fn new(division: &str, class: LogClass) -> Result<LogId, InvalidLogId> {
        let digits =
            division.get(..9).filter(|d| d.bytes().all(|b| b.is_ascii_digit())).ok_or(InvalidLogId)?;
        Ok(LogId { township: digits.parse().map_err(|_| InvalidLogId)?, class })
    }

    /// The 9-digit code of the township.
    pub fn township(&self) -> String {
        format!("{:09}", self.township)
    }

    /// The id under which the server files its notices to a township.
    pub fn directory_document(&self) -> DocId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(b"ruhu-dir");
        id[12..].copy_from_slice(&self.township.to_be_bytes());
        DocId(id)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}/{}", self.township, self.class.name())
    }
}

impl FromStr for LogId {
    type Err = InvalidLogId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (township, name) = text.split_once('/').ok_or(InvalidLogId)?;
        let class = LogClass::ALL.into_iter().find(|class| class.name() == name).ok_or(InvalidLogId)?;
        match township.len() {
            9 => LogId::new(township, class),
            _ => Err(InvalidLogId),
        }
    }
}

/// The hash of a log up to a position: of an empty log all zero.
pub type ChainHash = [u8; 32];

/// The chain one entry further.
pub fn chain_next(chain: &ChainHash, entry: &EnvelopeHash) -> ChainHash {
    Sha256::new().chain_update(chain).chain_update(entry.0).finalize().into()
}

/// The server's signed word on a position of a log.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct LogHead {
    /// The log.
    #[n(0)]
    pub log: LogId,
    /// The epoch.
    #[n(1)]
    pub epoch: u64,
    /// The sequence number of the last entry before the position; 0 at the start.
    #[n(2)]
    pub seq: u64,
    /// The chain hash there.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub chain: ChainHash,
    #[n(4)]
    #[cbor(with = "codec::signature")]
    signature: Signature,
}

impl LogHead {
    const LABEL: &'static str = "ruhu-log-head-v1";

    /// Signs a position.
    pub fn sign(server: &KeyPair, log: LogId, epoch: u64, seq: u64, chain: ChainHash) -> LogHead {
        let mut head = LogHead { log, epoch, seq, chain, signature: Signature([0; 64]) };
        head.signature = server.sign(LogHead::LABEL, &head.signed_part());
        head
    }

    fn signed_part(&self) -> Vec<u8> {
        codec::to_cbor(&LogHead { signature: Signature([0; 64]), ..self.clone() })
    }

    /// Whether the server with this key signed it.
    pub fn is_signed_by(&self, server: &PublicKey) -> bool {
        server.verify(LogHead::LABEL, &self.signed_part(), &self.signature)
    }

    /// The bytes that are stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::to_cbor(self)
    }

    /// The inverse of [`LogHead::to_bytes`].
    ///
    /// # Errors
    /// [`CodecError`](codec::CodecError) `malformed`: other bytes than these.
    pub fn from_bytes(bytes: &[u8]) -> Result<LogHead, codec::CodecError> {
        codec::from_cbor(bytes)
    }
}

/// An additive checksum over the entries of a view: how many, and the sum modulo 2^128 of the
/// first 16 bytes of their hashes. Both sides compute it from their own rows; order plays no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct LogSum {
    /// The number of entries.
    #[n(0)]
    pub count: u64,
    /// The sum, big-endian.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub sum: [u8; 16],
}

impl LogSum {
    /// The checksum with one more entry.
    pub fn add(&mut self, hash: &EnvelopeHash) {
        let mut first = [0; 16];
        first.copy_from_slice(&hash.0[..16]);
        self.count += 1;
        self.sum = u128::from_be_bytes(self.sum).wrapping_add(u128::from_be_bytes(first)).to_be_bytes();
    }

    /// The checksum of two disjoint parts together.
    pub fn merged(self, other: LogSum) -> LogSum {
        let sum = u128::from_be_bytes(self.sum).wrapping_add(u128::from_be_bytes(other.sum));
        LogSum { count: self.count + other.count, sum: sum.to_be_bytes() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_named_by_its_township_and_class() {
        let log = LogId::new("110101001002", LogClass::Household).unwrap();
        assert_eq!(log.to_string(), "110101001/household");
        assert_eq!("110101001/household".parse::<LogId>().unwrap(), log);
        assert!("11010100/household".parse::<LogId>().is_err());
        assert!("1101010010/household".parse::<LogId>().is_err());
        assert!("110101001/secrets".parse::<LogId>().is_err());
        assert_eq!(LogId::new("010101001", LogClass::Lead).unwrap().township(), "010101001");
    }

    #[test]
    fn a_head_says_exactly_one_position() {
        let server = KeyPair::from_seed(&[1; 32]);
        let log = LogId::new("110101001", LogClass::Lead).unwrap();
        let head = LogHead::sign(&server, log, 1, 5, [3; 32]);
        assert!(head.is_signed_by(&server.public()));
        assert!(!LogHead { seq: 6, ..head.clone() }.is_signed_by(&server.public()));
        assert_eq!(LogHead::from_bytes(&head.to_bytes()).unwrap(), head);
    }

    #[test]
    fn the_checksum_does_not_depend_on_order() {
        let (a, b) = (EnvelopeHash([0xff; 32]), EnvelopeHash([2; 32]));
        let mut one = LogSum::default();
        one.add(&a);
        one.add(&b);
        let mut other = LogSum::default();
        other.add(&b);
        let mut rest = LogSum::default();
        rest.add(&a);
        assert_eq!(one, other.merged(rest));
    }
}
