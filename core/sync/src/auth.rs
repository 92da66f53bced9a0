//! How a request says which device makes it: `Authorization: Ruhu <device>:<signature>`.
//!
//! The signature covers method, path, SHA-256 of the body and the server's key. It carries no time:
//! a phone's clock is not trusted. A request can be replayed only by who sees inside the TLS
//! channel; a replayed push is idempotent.

use sha2::{Digest, Sha256};

use crate::keys::{DeviceId, KeyPair, PublicKey, Signature};

const LABEL: &str = "ruhu-request-v1";
const SCHEME: &str = "Ruhu ";

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The HTTP method, upper case.
    pub method: &'a str,
    /// The path with its query.
    pub path: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// The server that is meant.
    pub server: PublicKey,
}

impl SignedRequest<'_> {
    fn message(&self) -> Vec<u8> {
        let mut message = format!("{}\n{}\n", self.method, self.path).into_bytes();
        message.extend_from_slice(&Sha256::digest(self.body));
        message.extend_from_slice(&self.server.0);
        message
    }

    /// The value of the `Authorization` header.
    pub fn authorization(&self, device: &KeyPair) -> String {
        let signature = device.sign(LABEL, &self.message());
        let encoded = data_encoding::BASE64URL_NOPAD.encode(&signature.0);
        format!("{SCHEME}{}:{encoded}", device.public().device_id())
    }

    /// Whether `signature` was made over this request with `key`.
    pub fn is_signed_by(&self, key: &PublicKey, signature: &Signature) -> bool {
        key.verify(LABEL, &self.message(), signature)
    }
}

/// Takes an `Authorization` header apart. Whether it is true is another question.
pub fn parse_authorization(header: &str) -> Option<(DeviceId, Signature)> {
    let (device, signature) = header.strip_prefix(SCHEME)?.split_once(':')?;
    let bytes = data_encoding::BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
    Some((device.parse().ok()?, Signature(bytes.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_signed_for_one_path_body_or_server_is_worth_nothing_for_another() {
        let device = KeyPair::from_seed(&[3; 32]);
        let server = KeyPair::from_seed(&[1; 32]).public();
        let request = SignedRequest { method: "POST", path: "/v1/sync", body: b"x", server };
        let (id, signature) = parse_authorization(&request.authorization(&device)).unwrap();
        assert_eq!(id, device.public().device_id());
        assert!(request.is_signed_by(&device.public(), &signature));
        assert!(!SignedRequest { path: "/v1/forms", ..request }.is_signed_by(&device.public(), &signature));
        assert!(!SignedRequest { body: b"y", ..request }.is_signed_by(&device.public(), &signature));
        let other = KeyPair::from_seed(&[2; 32]).public();
        assert!(!SignedRequest { server: other, ..request }.is_signed_by(&device.public(), &signature));
        assert!(parse_authorization("Bearer x").is_none());
        assert!(parse_authorization("Ruhu zz:zz").is_none());
    }
}
