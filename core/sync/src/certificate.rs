//! Who a device is and what it may do: the certificate the server signs at enrolment, and the
//! author record that ties an automerge actor to a certificate.

use std::fmt;

use minicbor::{Decode, Encode};
use ruhu_case::ActorId;
use ruhu_national::DivisionScope;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::codec::{self, CodecError};
use crate::keys::{DeviceId, KeyPair, PublicKey, Signature};
use crate::log::LogClass;

const LABEL: &str = "ruhu-certificate-v1";

/// What a person does in the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cbor(index_only)]
pub enum Role {
    /// The server itself, as the author of verdicts.
    #[n(0)]
    Server,
    /// 网格员、协管员: own village; leads, visits, drafts on behalf.
    #[n(1)]
    Volunteer,
    /// 镇街经办: own township.
    #[n(2)]
    Caseworker,
    /// County staff: reads and samples.
    #[n(3)]
    Supervisor,
}

impl Role {
    /// Whether the role may read documents of this class inside its scope.
    /// Finance (accounts, check reports) is for township and county staff only.
    pub fn reads(self, class: LogClass) -> bool {
        match class {
            LogClass::Directory | LogClass::Household | LogClass::Lead => true,
            LogClass::Finance => matches!(self, Role::Server | Role::Caseworker | Role::Supervisor),
        }
    }

    /// Whether the role may write documents of this class inside its scope.
    pub fn writes(self, class: LogClass) -> bool {
        matches!(
            (self, class),
            (Role::Server, LogClass::Directory)
                | (Role::Volunteer, LogClass::Household | LogClass::Lead)
                | (Role::Caseworker, LogClass::Household | LogClass::Lead | LogClass::Finance)
        )
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Server => "server",
            Role::Volunteer => "volunteer",
            Role::Caseworker => "caseworker",
            Role::Supervisor => "supervisor",
        })
    }
}

/// What the server says of a device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Certificate {
    /// The device's public key.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    key: [u8; 32],
    /// The person who carries the device, as shown to colleagues.
    #[n(1)]
    pub person: String,
    /// What the person does.
    #[n(2)]
    pub role: Role,
    /// Where: a county, a township or a village.
    #[n(3)]
    #[cbor(with = "codec::division_scope")]
    pub scope: DivisionScope,
    /// When the server issued it, Unix milliseconds of the server's clock.
    #[n(4)]
    pub issued_at_ms: i64,
    /// From when it is void, Unix milliseconds of the server's clock.
    #[n(5)]
    pub expires_at_ms: i64,
    #[n(6)]
    #[cbor(with = "codec::signature")]
    signature: Signature,
}

impl Certificate {
    /// Issues a certificate.
    pub fn issue(
        server: &KeyPair,
        key: PublicKey,
        person: String,
        role: Role,
        scope: DivisionScope,
        issued_at_ms: i64,
        expires_at_ms: i64,
    ) -> Certificate {
        let signature = Signature([0; 64]);
        let mut certificate =
            Certificate { key: key.0, person, role, scope, issued_at_ms, expires_at_ms, signature };
        certificate.signature = server.sign(LABEL, &certificate.signed_part());
        certificate
    }

    fn signed_part(&self) -> Vec<u8> {
        codec::to_cbor(&Certificate { signature: Signature([0; 64]), ..self.clone() })
    }

    /// The device's public key.
    pub fn key(&self) -> PublicKey {
        PublicKey(self.key)
    }

    /// The device this certificate is about.
    pub fn device(&self) -> DeviceId {
        self.key().device_id()
    }

    /// Whether the server with this key issued it.
    pub fn is_issued_by(&self, server: &PublicKey) -> bool {
        server.verify(LABEL, &self.signed_part(), &self.signature)
    }

    /// The bytes that are stored and sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::to_cbor(self)
    }

    /// The inverse of [`Certificate::to_bytes`]; the signature is not looked at here.
    ///
    /// # Errors
    /// [`CodecError`] `malformed`: other bytes than these.
    pub fn from_bytes(bytes: &[u8]) -> Result<Certificate, CodecError> {
        codec::from_cbor(bytes)
    }
}

/// Ties an actor to the certificate of its device.
///
/// An actor is made anew at each install and each restore of a device (`nonce`), so that a copied
/// phone never writes under the same name twice.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AuthorRecord {
    /// The certificate of the device.
    #[n(0)]
    pub certificate: Certificate,
    /// 16 random bytes of this install.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub nonce: [u8; 16],
}

impl AuthorRecord {
    /// The actor: the first 16 bytes of SHA-256 over the device's public key and the nonce.
    pub fn actor(&self) -> ActorId {
        let digest: [u8; 32] =
            Sha256::new().chain_update(self.certificate.key).chain_update(self.nonce).finalize().into();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        ActorId(id)
    }

    /// The bytes that are stored and sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::to_cbor(self)
    }

    /// The inverse of [`AuthorRecord::to_bytes`].
    ///
    /// # Errors
    /// [`CodecError`] `malformed`: other bytes than these.
    pub fn from_bytes(bytes: &[u8]) -> Result<AuthorRecord, CodecError> {
        codec::from_cbor(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(server: &KeyPair) -> Certificate {
        let device = KeyPair::from_seed(&[2; 32]);
        let scope = "110101001".parse().unwrap();
        Certificate::issue(server, device.public(), "王经办".into(), Role::Caseworker, scope, 1_000, 2_000)
    }

    #[test]
    fn a_certificate_changed_by_anybody_is_no_certificate() {
        let server = KeyPair::from_seed(&[1; 32]);
        let mut certificate = certificate(&server);
        assert!(certificate.is_issued_by(&server.public()));
        assert_eq!(Certificate::from_bytes(&certificate.to_bytes()).unwrap(), certificate);
        certificate.role = Role::Supervisor;
        assert!(!certificate.is_issued_by(&server.public()));
    }

    #[test]
    fn each_install_of_a_device_is_another_actor() {
        let certificate = certificate(&KeyPair::from_seed(&[1; 32]));
        let first = AuthorRecord { certificate: certificate.clone(), nonce: [1; 16] };
        let second = AuthorRecord { certificate, nonce: [2; 16] };
        assert_ne!(first.actor(), second.actor());
        assert_eq!(first.certificate.device(), second.certificate.device());
    }

    #[test]
    fn a_volunteer_never_reads_finance() {
        assert!(!Role::Volunteer.reads(LogClass::Finance));
        assert!(!Role::Supervisor.writes(LogClass::Household));
    }
}
