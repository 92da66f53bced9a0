//! The 32-byte key of a store, the keys derived from it, and the key-check file that tells a
//! wrong key from a damaged database.

use std::fmt::Write as _;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::StoreError;

const KEY_CHECK_INFO: &[u8] = b"ruhu/store/key-check/1";
const FILE_NAMES_INFO: &[u8] = b"ruhu/store/file-names/1";

/// The raw key of a store: 32 bytes that the host keeps in Keystore or Keychain. It is wiped
/// from memory when dropped and never shown.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl StoreKey {
    /// Takes the raw key. It must come from a cryptographic random source: it is used as it
    /// is, without a password function.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The `PRAGMA key` statement with the key as SQLCipher's raw key literal.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        let mut sql = Zeroizing::new(String::with_capacity(96));
        sql.push_str("PRAGMA key = \"");
        sql.push_str(&self.literal());
        sql.push_str("\";");
        sql
    }

    /// The key as SQLCipher's raw key literal.
    pub(crate) fn literal(&self) -> Zeroizing<String> {
        let mut literal = Zeroizing::new(String::with_capacity(72));
        literal.push_str("x'");
        for byte in self.0.iter() {
            // Writing to a String cannot fail.
            let _ = write!(literal, "{byte:02x}");
        }
        literal.push('\'');
        literal
    }

    /// The key under which names of sealed files are made.
    pub(crate) fn file_names(&self) -> Zeroizing<[u8; 32]> {
        self.derive(FILE_NAMES_INFO)
    }

    fn derive(&self, info: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut derived = Zeroizing::new([0; 32]);
        // HKDF-SHA256 (RFC 5869) refuses only outputs beyond 255 hashes; this is one.
        let _ = Hkdf::<Sha256>::new(None, self.0.as_ref()).expand(info, derived.as_mut());
        derived
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(..)")
    }
}

/// HMAC-SHA-256 over the parts in order. The parts have fixed lengths wherever this is called.
pub(crate) fn keyed_hash(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // RFC 2104 fills a key shorter than the hash's block with zeros.
    let mut block = Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac
}

/// The key-check file: written once when a store is made, it lets a later opening say "wrong
/// key" without touching the database.
///
/// Layout (112 bytes): magic `RUHUKEY` and a version byte (1), random salt (32), HMAC-SHA-256
/// of the first 40 bytes under a key derived from the store's key by HKDF-SHA-256 (32), reserved
/// zeros (8), SHA-256 of everything before it (32) so that a damaged file is not taken for a
/// wrong key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCheck {
    salt: [u8; 32],
    mac: [u8; 32],
}

impl KeyCheck {
    /// Length of the file in bytes.
    pub const BYTES: usize = 112;
    const MAGIC: [u8; 8] = *b"RUHUKEY\x01";

    /// A check for this key with this random salt.
    pub fn new(key: &StoreKey, salt: [u8; 32]) -> Self {
        let mac = Self::mac(key, &salt).finalize().into_bytes().into();
        Self { salt, mac }
    }

    /// Reads a key-check file; anything but an intact one is [`StoreError::Damaged`].
    ///
    /// # Errors
    /// `damaged` for anything but an intact one.
    pub fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let damaged = || StoreError::damaged("key-check file");
        if bytes.len() != Self::BYTES {
            return Err(damaged());
        }
        let (body, sum) = bytes.split_last_chunk::<32>().ok_or_else(damaged)?;
        if Sha256::digest(body)[..] != sum[..] {
            return Err(damaged());
        }
        let rest = body.strip_prefix(&Self::MAGIC).ok_or_else(damaged)?;
        let (salt, rest) = rest.split_first_chunk::<32>().ok_or_else(damaged)?;
        let (mac, _reserved) = rest.split_first_chunk::<32>().ok_or_else(damaged)?;
        Ok(Self { salt: *salt, mac: *mac })
    }

    /// The file's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.extend_from_slice(&Self::MAGIC);
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.mac);
        bytes.extend_from_slice(&[0; 8]);
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// Whether this is the key the file was made with. Constant time.
    pub fn accepts(&self, key: &StoreKey) -> bool {
        Self::mac(key, &self.salt).verify_slice(&self.mac).is_ok()
    }

    fn mac(key: &StoreKey, salt: &[u8; 32]) -> Hmac<Sha256> {
        keyed_hash(&key.derive(KEY_CHECK_INFO), &[&Self::MAGIC, salt])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.chunks(16).fold(String::new(), |mut text, line| {
            for byte in line {
                let _ = write!(text, "{byte:02x}");
            }
            text.push('\n');
            text
        })
    }

    #[test]
    fn the_layout_of_the_key_check_file_is_fixed() {
        let check = KeyCheck::new(&StoreKey::from_bytes([7; 32]), [9; 32]);
        insta::assert_snapshot!(hex(&check.encode()));
    }

    #[test]
    fn the_names_of_sealed_files_depend_on_the_key() {
        let one = StoreKey::from_bytes([1; 32]).file_names();
        let two = StoreKey::from_bytes([2; 32]).file_names();
        assert_ne!(one[..], two[..]);
    }

    #[test]
    fn the_key_is_not_shown() {
        let shown = format!("{:?}", StoreKey::from_bytes([0xab; 32]));
        assert_eq!(shown, "StoreKey(..)");
    }

    proptest! {
        #[test]
        fn only_the_key_it_was_made_with_is_accepted(key: [u8; 32], other: [u8; 32], salt: [u8; 32]) {
            let key_of_store = StoreKey::from_bytes(key);
            let check = KeyCheck::decode(&KeyCheck::new(&key_of_store, salt).encode()).unwrap();
            prop_assert!(check.accepts(&key_of_store));
            prop_assert_eq!(check.accepts(&StoreKey::from_bytes(other)), key == other);
        }

        #[test]
        fn a_changed_or_cut_file_is_damaged_not_a_wrong_key(
            at in 0..KeyCheck::BYTES, bit in 0..8u8, length in 0..KeyCheck::BYTES,
        ) {
            let whole = KeyCheck::new(&StoreKey::from_bytes([3; 32]), [4; 32]).encode();
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            prop_assert!(KeyCheck::decode(&flipped).is_err());
            prop_assert!(KeyCheck::decode(&whole[..length]).is_err());
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(KeyCheck::decode(&bytes).is_err());
        }
    }
}
