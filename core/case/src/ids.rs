//! Identifiers of documents, actors and changes. Each is written as text: hyphenated (documents) or lowercase hexadecimal.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use ruhu_text::{Explain, Explanation};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text that is no identifier of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a hyphenated UUID.
    #[error("not a document id: a hyphenated UUID is expected")]
    Document,
    /// Not 32 lowercase hexadecimal digits.
    #[error("not an actor id: 32 hexadecimal digits are expected")]
    Actor,
    /// Not 64 lowercase hexadecimal digits.
    #[error("not a change hash: 64 hexadecimal digits are expected")]
    Change,
}

impl Explain for IdError {
    fn code(&self) -> &'static str {
        match self {
            IdError::Document => "bad_document_id",
            IdError::Actor => "bad_actor_id",
            IdError::Change => "bad_change_hash",
        }
    }

    fn explain(&self) -> Explanation {
        let (zh, en) = match self {
            IdError::Document => ("档案编号应为带连字符的 UUID。", "A document id is a hyphenated UUID."),
            IdError::Actor => ("编辑身份应为32位十六进制数。", "An actor id is 32 hexadecimal digits."),
            IdError::Change => ("修改摘要应为64位十六进制数。", "A change hash is 64 hexadecimal digits."),
        };
        Explanation::new(zh, en).advise("请完整复制。", "Copy it whole.")
    }
}

/// A document's identifier, a UUID of version 7 (RFC 9562): sorts by time of creation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId(pub [u8; 16]);

/// The automerge actor of one installation of one device: 16 bytes, made by the device from its public key and a
/// nonce, never used by two installations.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub [u8; 16]);

/// The SHA-256 by which automerge names a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeHash(pub [u8; 32]);

impl DocId {
    /// A new identifier. `now_ms`: milliseconds since 1970 UTC; `random`: ten bytes from the host's generator, of
    /// which 74 bits are used.
    pub fn new(now_ms: i64, random: [u8; 10]) -> DocId {
        let millis = u64::try_from(now_ms).unwrap_or(0);
        DocId(*uuid::Builder::from_unix_timestamp_millis(millis, &random).as_uuid().as_bytes())
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", uuid::Uuid::from_bytes(self.0).hyphenated())
    }
}

impl FromStr for DocId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        // The parser also takes braces and bare digits; one identifier has one spelling here.
        if text.len() != 36 {
            return Err(IdError::Document);
        }
        uuid::Uuid::try_parse(text).map(|u| DocId(*u.as_bytes())).map_err(|_| IdError::Document)
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl FromStr for ActorId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        from_hex(text).map(ActorId).ok_or(IdError::Actor)
    }
}

impl fmt::Display for ChangeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl FromStr for ChangeHash {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        from_hex(text).map(ChangeHash).ok_or(IdError::Change)
    }
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

macro_rules! written_as_text {
    ($($id:ident),*) => {$(
        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($id), self)
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

written_as_text!(DocId, ActorId, ChangeHash);

impl ActorId {
    pub(crate) fn engine(self) -> automerge::ActorId {
        automerge::ActorId::from(self.0)
    }

    /// `None` when the engine's actor is not of this system's length.
    pub(crate) fn from_engine(actor: &automerge::ActorId) -> Option<ActorId> {
        <[u8; 16]>::try_from(actor.to_bytes()).ok().map(ActorId)
    }
}

impl From<automerge::ChangeHash> for ChangeHash {
    fn from(hash: automerge::ChangeHash) -> Self {
        ChangeHash(hash.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_id_is_a_version_7_uuid_that_sorts_by_its_time() {
        let early = DocId::new(1_700_000_000_000, [0xff; 10]);
        let late = DocId::new(1_700_000_000_001, [0; 10]);
        assert!(early < late);
        assert_eq!(early.to_string(), "018bcfe5-6800-7fff-bfff-ffffffffffff");
        assert_eq!(early.to_string().parse(), Ok(early));
    }

    #[test]
    fn text_that_is_no_identifier_is_refused() {
        assert_eq!("018bcfe568007fffbfffffffffffffff".parse::<DocId>(), Err(IdError::Document));
        assert_eq!("018bcfe5-6800-7fff-bfff-fffffffffffz".parse::<DocId>(), Err(IdError::Document));
        assert_eq!("12".parse::<ActorId>(), Err(IdError::Actor));
        assert_eq!("zz".repeat(32).parse::<ChangeHash>(), Err(IdError::Change));
    }

    #[test]
    fn identifiers_are_stored_as_text() {
        let actor = ActorId([0xab; 16]);
        let json = serde_json::to_string(&actor).unwrap();
        assert_eq!(json, format!("\"{}\"", "ab".repeat(16)));
        assert_eq!(serde_json::from_str::<ActorId>(&json).unwrap(), actor);
        assert!(serde_json::from_str::<ChangeHash>("\"00\"").is_err());
    }
}
