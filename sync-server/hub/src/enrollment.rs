//! Enrolment: a one-time code for a certificate. The same phone may ask again with the same code: the
//! first answer may have been lost on the way.

use ruhu_national::DivisionScope;
use ruhu_sync::message::{ENROLL_LABEL, EnrollRequest, EnrollResponse};
use ruhu_sync::{Certificate, EnrollCode, PublicKey, Role};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::authors::device_certificate;
use super::unit_of_work::UnitOfWork;
use super::{Hub, identity};
use crate::error::{EnrollError, HubError, MAX_PERSON, StorageError};

/// How long a certificate is valid, in milliseconds: three years. A phone that lay in a drawer for a
/// year can still deliver.
pub const CERTIFICATE_VALID_MS: i64 = 3 * 365 * 24 * 60 * 60 * 1000;

/// Whom a code is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The person's name, as colleagues will see it.
    pub person: String,
    /// What the person does.
    pub role: Role,
    /// Where.
    pub scope: DivisionScope,
    /// How long the code is valid, in milliseconds.
    pub valid_ms: i64,
}

/// A device that was enrolled, and what it is told.
pub type Enrolled = EnrollResponse;

impl Hub {
    /// Issues a one-time code. `url` and `tls` (SHA-256 of the certificate to pin) tell the phone
    /// where the server is; only the hash of the code's secret is kept here.
    pub fn issue_code(
        &mut self,
        invitation: Invitation,
        url: &str,
        tls: Option<[u8; 32]>,
        now_ms: i64,
    ) -> Result<EnrollCode, HubError> {
        let secret: [u8; 16] = identity::random()?;
        let public = self.public_key();
        self.write(now_ms, |work| {
            work.require_clock()?;
            work.keep_code(&invitation, &secret)
        })?;
        Ok(EnrollCode::new(url.to_owned(), secret, public, tls))
    }

    /// Gives a device its certificate for a code.
    pub fn enroll(&mut self, request: &EnrollRequest, now_ms: i64) -> Result<Enrolled, HubError> {
        let key = PublicKey(request.key);
        if !key.verify(ENROLL_LABEL, &request.secret, &request.signature) {
            return Err(EnrollError::BadSignature.into());
        }
        let certificate = self.write(now_ms, |work| {
            work.require_clock()?;
            let certificate = work.redeem(&request.secret, key)?;
            // With a new certificate what was kept apart for the end of the old one is heard.
            work.judge_device_again(key.device_id())?;
            Ok(certificate)
        })?;
        Ok(EnrollResponse { server_key: self.public_key().0, certificate })
    }
}

/// A code as it is kept.
struct Code {
    invitation: Invitation,
    used_by: Option<[u8; 32]>,
}

fn hash(secret: &[u8; 16]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

fn role(text: &str) -> Option<Role> {
    [Role::Volunteer, Role::Caseworker, Role::Supervisor].into_iter().find(|role| role.to_string() == text)
}

impl UnitOfWork<'_> {
    fn keep_code(&self, invitation: &Invitation, secret: &[u8; 16]) -> Result<(), HubError> {
        let Invitation { person, role, scope, valid_ms } = invitation;
        let long = person.chars().count() > MAX_PERSON;
        if person.trim().is_empty() || long || person.chars().any(char::is_control) {
            return Err(EnrollError::Person.into());
        }
        if *role == Role::Server {
            return Err(EnrollError::Role.into());
        }
        if *valid_ms <= 0 {
            return Err(EnrollError::Validity.into());
        }
        self.tx.execute(
            "INSERT INTO codes (secret_hash, person, role, scope, expires_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                hash(secret),
                person.trim(),
                role.to_string(),
                scope.as_str(),
                self.now_ms.saturating_add(*valid_ms)
            ],
        )?;
        Ok(())
    }

    fn code(&self, secret: &[u8; 16]) -> Result<Option<Code>, HubError> {
        type Columns = (String, String, String, i64, Option<[u8; 32]>);
        let found: Option<Columns> = self
            .tx
            .query_row(
                "SELECT person, role, scope, expires_at_ms, used_by FROM codes WHERE secret_hash = ?1",
                [hash(secret)],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
            )
            .optional()?;
        let Some((person, role_text, scope, expires_at_ms, used_by)) = found else { return Ok(None) };
        let damaged = || StorageError::Damaged("an enrolment code");
        let role = role(&role_text).ok_or_else(damaged)?;
        let scope = DivisionScope::parse(&scope).map_err(|_| damaged())?;
        let valid_ms = expires_at_ms.saturating_sub(self.now_ms);
        Ok(Some(Code { invitation: Invitation { person, role, scope, valid_ms }, used_by }))
    }

    fn redeem(&self, secret: &[u8; 16], key: PublicKey) -> Result<Certificate, HubError> {
        let code = self.code(secret)?.ok_or(EnrollError::CodeUnknown)?;
        if self.is_revoked(key.device_id())? {
            return Err(EnrollError::Revoked.into());
        }
        match code.used_by {
            Some(other) if other != key.0 => Err(EnrollError::CodeUsed.into()),
            Some(_) => {
                let known = device_certificate(self.tx, &self.public_key(), key.device_id())?;
                Ok(known.ok_or(EnrollError::CodeUsed)?)
            }
            None if code.invitation.valid_ms <= 0 => Err(EnrollError::CodeExpired.into()),
            None => self.enroll_device(secret, key, code.invitation),
        }
    }

    fn enroll_device(
        &self,
        secret: &[u8; 16],
        key: PublicKey,
        invitation: Invitation,
    ) -> Result<Certificate, HubError> {
        let Invitation { person, role, scope, .. } = invitation;
        if let Some(known) = device_certificate(self.tx, &self.public_key(), key.device_id())? {
            let same = (&known.person, known.role, &known.scope) == (&person, role, &scope);
            // Its work stands under the name of the first; another person gets another device.
            if !same {
                return Err(EnrollError::OtherPerson.into());
            }
        }
        let expires_at_ms = self.now_ms.saturating_add(CERTIFICATE_VALID_MS);
        let certificate = Certificate::issue(self.key, key, person, role, scope, self.now_ms, expires_at_ms);
        self.keep_certificate(&certificate)?;
        self.tx
            .execute("UPDATE codes SET used_by = ?2 WHERE secret_hash = ?1", params![hash(secret), key.0])?;
        Ok(certificate)
    }
}
