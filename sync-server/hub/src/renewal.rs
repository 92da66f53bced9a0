//! Certificates that go on: a device that comes by before its certificate ends is given a later one. One
//! whose certificate has ended needs an administrator, or a code.

use ruhu_sync::message::Presence;
use ruhu_sync::{AuthorRecord, Certificate, DeviceId};
use rusqlite::params;

use super::Hub;
use super::authors::device_certificate;
use super::enrollment::CERTIFICATE_VALID_MS;
use super::unit_of_work::{Requester, UnitOfWork};
use crate::error::{EnrollError, HubError};

/// So long before its end a certificate is renewed, in milliseconds: 90 days, so that a device that
/// comes by once a quarter never ends.
pub const RENEWAL_MS: i64 = 90 * 24 * 60 * 60 * 1000;

impl Hub {
    /// Gives a device a new certificate for its key, with the same person, role and scope; it gets it with
    /// its next sync. What was kept apart because the old one had ended is admitted.
    ///
    /// # Errors
    /// [`HubError::UnknownDevice`], [`EnrollError::Revoked`], [`HubError::ClockInDoubt`].
    pub fn renew(&mut self, device: DeviceId, now_ms: i64) -> Result<Certificate, HubError> {
        self.write(now_ms, |work| {
            let known =
                device_certificate(work.tx, &work.public_key(), device)?.ok_or(HubError::UnknownDevice)?;
            if work.is_revoked(device)? {
                return Err(EnrollError::Revoked.into());
            }
            work.require_clock()?;
            let renewed = work.renew_certificate(&known)?;
            work.judge_device_again(device)?;
            Ok(renewed)
        })
    }
}

impl UnitOfWork<'_> {
    /// Issues a certificate like this one, from now on, and writes it down.
    fn renew_certificate(&self, known: &Certificate) -> Result<Certificate, HubError> {
        let until = self.now_ms.saturating_add(CERTIFICATE_VALID_MS);
        let (person, role, scope) = (known.person.clone(), known.role, known.scope.clone());
        let renewed = Certificate::issue(self.key, known.key(), person, role, scope, self.now_ms, until);
        self.keep_certificate(&renewed)?;
        tracing::info!(device = %known.device(), "a certificate is renewed");
        Ok(renewed)
    }

    /// Writes down the certificate of a device, and that its author records are vouched for by it.
    pub(super) fn keep_certificate(&self, certificate: &Certificate) -> Result<(), HubError> {
        let device = certificate.device();
        self.tx.execute(
            "INSERT INTO devices (id, certificate, enrolled_at_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET certificate = excluded.certificate",
            params![device.0, certificate.to_bytes(), self.now_ms],
        )?;
        for record in self.records_of(device)? {
            self.keep_author(&AuthorRecord { certificate: certificate.clone(), ..record })?;
        }
        Ok(())
    }

    fn records_of(&self, device: DeviceId) -> Result<Vec<AuthorRecord>, HubError> {
        let mut select = self.tx.prepare_cached("SELECT record FROM authors WHERE device = ?1")?;
        let rows = select.query_map([device.0], |row| row.get::<_, Vec<u8>>(0))?;
        let mut records = Vec::new();
        for row in rows {
            // One that cannot be read is named by the check.
            records.extend(AuthorRecord::from_bytes(&row?).ok());
        }
        Ok(records)
    }

    /// The certificate that a phone should have, when it is a later one than it says to have. One that
    /// nears its end is renewed first.
    pub(super) fn certificate_for(
        &self,
        requester: &Requester,
        presence: Option<Presence>,
    ) -> Result<Option<Certificate>, HubError> {
        let (Some(presence), false) = (presence, requester.is_void()) else { return Ok(None) };
        let Some(mut certificate) = device_certificate(self.tx, &self.public_key(), requester.device)? else {
            return Ok(None);
        };
        let ends_soon = certificate.expires_at_ms.saturating_sub(self.now_ms) < RENEWAL_MS;
        if ends_soon && self.clock.doubt.is_none() {
            certificate = self.renew_certificate(&certificate)?;
        }
        Ok((certificate.expires_at_ms > presence.certificate_until_ms).then_some(certificate))
    }
}
