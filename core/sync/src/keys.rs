//! Ed25519 keys and signatures (RFC 8032), with a domain label in every signed message so that a
//! signature made for one purpose is worth nothing for another.

use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use ruhu_text::{Explain, Explanation};
use sha2::{Digest, Sha256};

/// An Ed25519 signature, 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}…)", data_encoding::HEXLOWER.encode(self.0.get(..4).unwrap_or_default()))
    }
}

/// A device, named by the first 16 bytes of SHA-256 of its public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub [u8; 16]);

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

impl std::str::FromStr for DeviceId {
    type Err = InvalidDeviceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes =
            data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| InvalidDeviceId)?;
        Ok(DeviceId(bytes.try_into().map_err(|_| InvalidDeviceId)?))
    }
}

/// A text that is not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a device id is 32 hexadecimal digits")]
pub struct InvalidDeviceId;

impl Explain for InvalidDeviceId {
    fn code(&self) -> &'static str {
        "bad_device"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("设备编号应为32位十六进制数。", "A device id is 32 hexadecimal digits.")
            .advise("请完整复制。", "Copy it whole.")
    }
}

/// The public half of a key pair, 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub [u8; 32]);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.device_id())
    }
}

impl PublicKey {
    /// The device that owns this key.
    pub fn device_id(&self) -> DeviceId {
        let digest: [u8; 32] = Sha256::digest(self.0).into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        DeviceId(id)
    }

    /// Whether `signature` was made over `label` and `message` by the owner of this key. Strict
    /// verification: keys and signatures of small order are refused.
    pub fn verify(&self, label: &str, message: &[u8], signature: &Signature) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.0) else { return false };
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(&labelled(label, message), &signature).is_ok()
    }
}

/// A key pair. The secret is wiped when dropped and never shown.
pub struct KeyPair(SigningKey);

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.public().device_id())
    }
}

impl KeyPair {
    /// The key pair of a 32-byte secret seed.
    pub fn from_seed(seed: &[u8; 32]) -> KeyPair {
        KeyPair(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` for the purpose that `label` names.
    pub fn sign(&self, label: &str, message: &[u8]) -> Signature {
        Signature(self.0.sign(&labelled(label, message)).to_bytes())
    }
}

/// Length-prefixed, so that no label is the beginning of another labelled message.
fn labelled(label: &str, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(label.len() + message.len() + 1);
    out.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(label.as_bytes());
    out.extend_from_slice(message);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_counts_only_for_its_purpose_key_and_message() {
        let key = KeyPair::from_seed(&[7; 32]);
        let other = KeyPair::from_seed(&[8; 32]);
        let signature = key.sign("ruhu-test", b"message");
        assert!(key.public().verify("ruhu-test", b"message", &signature));
        assert!(!key.public().verify("ruhu-tes", b"tmessage", &signature));
        assert!(!key.public().verify("ruhu-test", b"massage", &signature));
        assert!(!other.public().verify("ruhu-test", b"message", &signature));
    }

    #[test]
    fn a_key_of_small_order_verifies_nothing() {
        let identity = PublicKey([0; 32]);
        assert!(!identity.verify("ruhu-test", b"message", &Signature([0; 64])));
    }
}
