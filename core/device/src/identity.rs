//! Who this device is: its key, its install, its certificate, its server.

use std::sync::Arc;

use ruhu_case::ActorId;
use ruhu_national::Division;
use ruhu_store::Tx;
use ruhu_sync::{AuthorRecord, Certificate, KeyPair, PublicKey};
use zeroize::Zeroizing;

use crate::error::DeviceError;
use crate::host::{Host, random};

const SEED: &str = "device/seed";
const NONCE: &str = "device/nonce";
const INSTALL: &str = "device/install";
const CERTIFICATE: &str = "device/certificate";
const SERVER_URL: &str = "server/url";
const SERVER_KEY: &str = "server/key";
const SERVER_TLS: &str = "server/tls";
const REGISTERED: &str = "server/registered";
const REVOKED: &str = "device/revoked";

/// The device's key and the nonce of its present install.
pub(crate) struct Identity {
    pub key: Arc<KeyPair>,
    pub nonce: [u8; 16],
    pub enrolled: Option<Enrolled>,
}

/// What enrolment gave.
#[derive(Debug, Clone)]
pub(crate) struct Enrolled {
    pub certificate: Certificate,
    pub url: String,
    pub server: PublicKey,
    pub tls: Option<[u8; 32]>,
}

impl Identity {
    /// Reads the identity, or makes it at the first start. With another `install` than last time
    /// the store was copied to another phone: the copy gets an actor of its own.
    pub fn load(tx: &Tx<'_>, host: &dyn Host, install: &str) -> Result<Identity, DeviceError> {
        let seed = match tx.meta(SEED)? {
            Some(bytes) => Zeroizing::new(fixed::<32>(&bytes)?),
            None => {
                let seed = Zeroizing::new(random::<32>(host)?);
                tx.set_meta(SEED, seed.as_slice())?;
                seed
            }
        };
        let same_install = tx.meta(INSTALL)?.is_some_and(|known| known == install.as_bytes());
        let nonce = match tx.meta(NONCE)?.filter(|_| same_install) {
            Some(bytes) => fixed::<16>(&bytes)?,
            None => new_nonce(tx, host)?,
        };
        tx.set_meta(INSTALL, install.as_bytes())?;
        let identity =
            Identity { key: Arc::new(KeyPair::from_seed(&seed)), nonce, enrolled: Enrolled::load(tx)? };
        if let Ok(author) = identity.author() {
            tx.put_author(&author.actor(), &author.to_bytes())?;
        }
        Ok(identity)
    }

    /// This identity with a new actor, for when the old one's chain is no longer this device's
    /// alone.
    pub fn renewed(&self, tx: &Tx<'_>, host: &dyn Host) -> Result<Identity, DeviceError> {
        let nonce = new_nonce(tx, host)?;
        let renewed = Identity { key: Arc::clone(&self.key), nonce, enrolled: self.enrolled.clone() };
        let author = renewed.author()?;
        tx.put_author(&author.actor(), &author.to_bytes())?;
        Ok(renewed)
    }

    /// This identity with what enrolment gave.
    pub fn enrolled_with(&self, enrolled: Enrolled) -> Identity {
        Identity { key: Arc::clone(&self.key), nonce: self.nonce, enrolled: Some(enrolled) }
    }

    /// The certificate and server, or the error that says there are none.
    pub fn enrolled(&self) -> Result<&Enrolled, DeviceError> {
        self.enrolled.as_ref().ok_or(DeviceError::NotEnrolled)
    }

    /// The record that ties this device's actor to its certificate.
    pub fn author(&self) -> Result<AuthorRecord, DeviceError> {
        Ok(AuthorRecord { certificate: self.enrolled()?.certificate.clone(), nonce: self.nonce })
    }

    /// The present actor.
    pub fn actor(&self) -> Result<ActorId, DeviceError> {
        Ok(self.author()?.actor())
    }

    /// The error when a division lies outside the certificate's scope.
    pub fn check_scope(&self, division: &Division) -> Result<(), DeviceError> {
        match self.enrolled()?.certificate.scope.covers(division) {
            true => Ok(()),
            false => Err(DeviceError::OutOfScope),
        }
    }
}

fn new_nonce(tx: &Tx<'_>, host: &dyn Host) -> Result<[u8; 16], DeviceError> {
    let nonce = random::<16>(host)?;
    tx.set_meta(NONCE, &nonce)?;
    Ok(nonce)
}

impl Enrolled {
    fn load(tx: &Tx<'_>) -> Result<Option<Enrolled>, DeviceError> {
        let (Some(certificate), Some(url), Some(server)) =
            (tx.meta(CERTIFICATE)?, tx.meta(SERVER_URL)?, tx.meta(SERVER_KEY)?)
        else {
            return Ok(None);
        };
        Ok(Some(Enrolled {
            certificate: Certificate::from_bytes(&certificate)?,
            url: String::from_utf8(url).map_err(|_| DeviceError::Stored("server address".into()))?,
            server: PublicKey(fixed(&server)?),
            tls: tx
                .meta(SERVER_TLS)?
                .filter(|bytes| !bytes.is_empty())
                .map(|bytes| fixed(&bytes))
                .transpose()?,
        }))
    }

    /// Keeps what enrolment gave.
    pub fn save(&self, tx: &Tx<'_>) -> Result<(), DeviceError> {
        tx.set_meta(SERVER_URL, self.url.as_bytes())?;
        tx.set_meta(SERVER_KEY, &self.server.0)?;
        tx.set_meta(SERVER_TLS, self.tls.as_ref().map_or(&[], |tls| tls.as_slice()))?;
        tx.set_meta(CERTIFICATE, &self.certificate.to_bytes())?;
        Ok(())
    }
}

/// Whether the server is known to have this actor's record.
pub(crate) fn is_registered(tx: &Tx<'_>, actor: &ActorId) -> Result<bool, DeviceError> {
    Ok(tx.meta(REGISTERED)?.is_some_and(|known| known == actor.0))
}

/// Notes that the server has this actor's record.
pub(crate) fn set_registered(tx: &Tx<'_>, actor: &ActorId) -> Result<(), DeviceError> {
    Ok(tx.set_meta(REGISTERED, &actor.0)?)
}

/// Forgets that the server has any record of this device.
pub(crate) fn forget_registered(tx: &Tx<'_>) -> Result<(), DeviceError> {
    Ok(tx.set_meta(REGISTERED, &[])?)
}

/// Whether the server said that this device is revoked.
pub(crate) fn is_revoked(tx: &Tx<'_>) -> Result<bool, DeviceError> {
    Ok(tx.meta(REVOKED)?.is_some_and(|flag| flag == [1]))
}

/// Notes what the server said of revocation.
pub(crate) fn set_revoked(tx: &Tx<'_>, revoked: bool) -> Result<(), DeviceError> {
    Ok(tx.set_meta(REVOKED, &[u8::from(revoked)])?)
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], DeviceError> {
    bytes.try_into().map_err(|_| DeviceError::Stored("a key of the wrong length".into()))
}
