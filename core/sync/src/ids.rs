//! The name of an envelope.

use std::fmt;
use std::str::FromStr;

use ruhu_text::{Explain, Explanation};

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
