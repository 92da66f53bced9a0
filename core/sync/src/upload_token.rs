//! An upload token: lets a client that cannot sign requests upload files as a device, for a time. It stands
//! in the address, as Base64 for URLs (RFC 4648) without padding, so any client of tus can carry it.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use ruhu_text::{Explain, Explanation};

use crate::keys::{DeviceId, KeyPair, PublicKey, Signature};

const LABEL: &str = "ruhu-upload-token-v1";
const DEVICE: usize = 16;
const TIME: usize = 8;
const SIGNATURE: usize = 64;

/// An upload token. Whoever has it can upload as the device until it ends, and do nothing else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UploadToken {
    /// As which device.
    pub device: DeviceId,
    /// When it ends, Unix milliseconds of the server's clock.
    pub expires_at_ms: i64,
    signature: Signature,
}

/// A text that is no upload token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an upload token")]
pub struct InvalidUploadToken;

impl Explain for InvalidUploadToken {
    fn code(&self) -> &'static str {
        "bad_token"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("上传地址无效或已过期。", "The upload address is not valid, or has ended.")
            .advise("请重新取得上传地址。", "Ask for a new one.")
    }
}

impl UploadToken {
    /// Signs a token.
    pub fn issue(server: &KeyPair, device: DeviceId, expires_at_ms: i64) -> UploadToken {
        let signature = server.sign(LABEL, &signed_part(device, expires_at_ms));
        UploadToken { device, expires_at_ms, signature }
    }

    /// Whether the server with this key signed it.
    pub fn is_signed_by(&self, server: &PublicKey) -> bool {
        server.verify(LABEL, &signed_part(self.device, self.expires_at_ms), &self.signature)
    }
}

fn signed_part(device: DeviceId, expires_at_ms: i64) -> Vec<u8> {
    [&device.0[..], &expires_at_ms.to_be_bytes()].concat()
}

impl fmt::Display for UploadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&signed_part(self.device, self.expires_at_ms)[..], &self.signature.0].concat();
        f.write_str(&BASE64URL_NOPAD.encode(&bytes))
    }
}

// Written by hand so that a token never reaches a log.
impl fmt::Debug for UploadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadToken").field("device", &self.device).finish_non_exhaustive()
    }
}

impl FromStr for UploadToken {
    type Err = InvalidUploadToken;

    fn from_str(text: &str) -> Result<UploadToken, InvalidUploadToken> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidUploadToken)?;
        let (device, rest) = bytes.split_first_chunk::<DEVICE>().ok_or(InvalidUploadToken)?;
        let (time, rest) = rest.split_first_chunk::<TIME>().ok_or(InvalidUploadToken)?;
        let signature = <[u8; SIGNATURE]>::try_from(rest).map_err(|_| InvalidUploadToken)?;
        Ok(UploadToken {
            device: DeviceId(*device),
            expires_at_ms: i64::from_be_bytes(*time),
            signature: Signature(signature),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_device_one_time_and_one_server() {
        let (server, other) = (KeyPair::from_seed(&[1; 32]), KeyPair::from_seed(&[2; 32]));
        let token = UploadToken::issue(&server, DeviceId([3; 16]), 77);
        let read: UploadToken = token.to_string().parse().unwrap();
        assert_eq!(read, token);
        assert!(read.is_signed_by(&server.public()) && !read.is_signed_by(&other.public()));
        assert!(!UploadToken { expires_at_ms: 78, ..token }.is_signed_by(&server.public()));
        assert!(!UploadToken { device: DeviceId([4; 16]), ..token }.is_signed_by(&server.public()));
        for text in ["", "x", "AAAA", &token.to_string()[1..], &(token.to_string() + "AA")] {
            assert!(text.parse::<UploadToken>().is_err(), "{text}");
        }
        assert!(!format!("{token:?}").contains(&token.to_string()));
    }
}
