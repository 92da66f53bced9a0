//! The enrolment code: what a QR carries from the server's terminal to a new device.
//!
//! Text form: `RUHU1` and Base32 (RFC 4648, upper case, no padding) of a CBOR array, so that a QR
//! encodes it in its dense alphanumeric mode. The code is a secret until it is used or expires.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use ruhu_text::{Explain, Explanation};

use crate::codec;
use crate::keys::PublicKey;

const PREFIX: &str = "RUHU1";
/// A longer text is no enrolment code.
const MAX_LENGTH: usize = 1_000;

/// An enrolment code.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct EnrollCode {
    /// The server's address, such as `https://192.0.2.1:8443`.
    #[n(0)]
    pub url: String,
    /// The one-time secret.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub secret: [u8; 16],
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    server_key: [u8; 32],
    /// SHA-256 of the server's TLS certificate (DER), which the device pins. `None` where the
    /// certificate is vouched for by a public authority, or on plain loopback HTTP.
    #[n(3)]
    tls: Option<Fingerprint>,
}

#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
struct Fingerprint(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    [u8; 32],
);

/// A text that is no enrolment code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an enrolment code")]
pub struct InvalidEnrollCode;

impl Explain for InvalidEnrollCode {
    fn code(&self) -> &'static str {
        "bad_code"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("不是有效的登记码。", "This is not an enrolment code.")
            .advise("请完整复制或重新扫描。", "Copy it whole or scan it again.")
    }
}

impl EnrollCode {
    /// A code.
    pub fn new(url: String, secret: [u8; 16], server: PublicKey, tls: Option<[u8; 32]>) -> EnrollCode {
        EnrollCode { url, secret, server_key: server.0, tls: tls.map(Fingerprint) }
    }

    /// The server's signing key.
    pub fn server_key(&self) -> PublicKey {
        PublicKey(self.server_key)
    }

    /// SHA-256 of the TLS certificate to pin.
    pub fn tls_fingerprint(&self) -> Option<[u8; 32]> {
        self.tls.as_ref().map(|fingerprint| fingerprint.0)
    }
}

impl fmt::Display for EnrollCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", data_encoding::BASE32_NOPAD.encode(&codec::to_cbor(self)))
    }
}

impl fmt::Debug for EnrollCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrollCode").field("url", &self.url).finish_non_exhaustive()
    }
}

impl FromStr for EnrollCode {
    type Err = InvalidEnrollCode;

    /// White space is ignored: people copy codes over several lines.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let compact: String = text.split_whitespace().collect::<String>().to_ascii_uppercase();
        if compact.len() > MAX_LENGTH {
            return Err(InvalidEnrollCode);
        }
        let encoded = compact.strip_prefix(PREFIX).ok_or(InvalidEnrollCode)?;
        let bytes = data_encoding::BASE32_NOPAD.decode(encoded.as_bytes()).map_err(|_| InvalidEnrollCode)?;
        codec::from_cbor(&bytes).map_err(|_| InvalidEnrollCode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyPair;

    #[test]
    fn a_code_survives_being_copied_over_several_lines_in_lower_case() {
        let server = KeyPair::from_seed(&[1; 32]).public();
        let code = EnrollCode::new("https://127.0.0.1:8443".into(), [7; 16], server, Some([9; 32]));
        let text = code.to_string();
        let (first, second) = text.split_at(40);
        assert_eq!(format!(" {first}\n{second} ").to_lowercase().parse::<EnrollCode>().unwrap(), code);
        assert!(format!("{text}A").parse::<EnrollCode>().is_err());
        assert!("RUHU1".parse::<EnrollCode>().is_err());
        assert!("".parse::<EnrollCode>().is_err());
        assert!(!format!("{code:?}").contains("7, 7"));
    }
}
