//! Who is who: certificates of devices, author records, revocations.

use ruhu_case::ActorId;
use ruhu_case::limits::REQUEST_AUTHORS;
use ruhu_sync::{AuthorRecord, Certificate, DeviceId, PublicKey, Reason, Role, SyncRequest};
use rusqlite::{Connection, OptionalExtension, params};

use super::Hub;
use super::unit_of_work::{Requester, UnitOfWork, View};
use crate::error::HubError;

/// The certificate of an enrolled device, when it is one that this server issued to it.
pub(super) fn device_certificate(
    connection: &Connection,
    server: &PublicKey,
    device: DeviceId,
) -> Result<Option<Certificate>, HubError> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT certificate FROM devices WHERE id = ?1")?
        .query_row([device.0], |row| row.get(0))
        .optional()?;
    let Some(bytes) = bytes else { return Ok(None) };
    let certificate = Certificate::from_bytes(&bytes).ok();
    let sound = certificate.filter(|it| it.device() == device && it.is_issued_by(server));
    if sound.is_none() {
        tracing::warn!(%device, "the certificate of a device is damaged; it is learned again from the device");
    }
    Ok(sound)
}

/// The record of an actor, when it is one that this server's key vouches for.
pub(super) fn author_record(
    connection: &Connection,
    server: &PublicKey,
    actor: ActorId,
) -> Result<Option<AuthorRecord>, HubError> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT record FROM authors WHERE actor = ?1")?
        .query_row([actor.0], |row| row.get(0))
        .optional()?;
    let Some(bytes) = bytes else { return Ok(None) };
    let record = AuthorRecord::from_bytes(&bytes).ok();
    let sound = record.filter(|it| it.actor() == actor && it.certificate.is_issued_by(server));
    if sound.is_none() {
        tracing::warn!(%actor, "the record of an author is damaged; it is learned again from a phone");
    }
    Ok(sound)
}

impl Hub {
    /// The public key of an enrolled device. Revoked devices are known too: they may still deliver.
    pub fn authenticate(&self, device: DeviceId) -> Result<PublicKey, HubError> {
        match device_certificate(&self.connection, &self.public_key(), device)? {
            Some(certificate) => Ok(certificate.key()),
            None => Err(HubError::UnknownDevice),
        }
    }

    /// The public key with which the request of a device is to be checked: that of its enrolment or,
    /// where this server is a copy older than the enrolment, that of a certificate in the request
    /// which this server's key once signed.
    pub fn authenticate_sync(&self, device: DeviceId, request: &SyncRequest) -> Result<PublicKey, HubError> {
        if let Some(certificate) = device_certificate(&self.connection, &self.public_key(), device)? {
            return Ok(certificate.key());
        }
        let mut vouched = request.authors.iter().map(|record| &record.certificate);
        vouched
            .find(|certificate| is_of_device(certificate, device, &self.public_key()))
            .map(Certificate::key)
            .ok_or(HubError::UnknownDevice)
    }
}

fn is_of_device(certificate: &Certificate, device: DeviceId, server: &PublicKey) -> bool {
    certificate.device() == device && certificate.role != Role::Server && certificate.is_issued_by(server)
}

impl UnitOfWork<'_> {
    /// The record of an actor.
    pub(super) fn author(&self, actor: ActorId) -> Result<Option<AuthorRecord>, HubError> {
        author_record(self.tx, &self.public_key(), actor)
    }

    /// Keeps the records that this server's key vouches for, and with them the devices: after a
    /// restore this is how both are learned again.
    pub(super) fn learn_authors(&self, records: &[AuthorRecord]) -> Result<(), HubError> {
        for record in records.iter().take(2 * REQUEST_AUTHORS) {
            let certificate = &record.certificate;
            let own = certificate.key() == self.public_key();
            let sound = own == (certificate.role == Role::Server);
            if sound && certificate.is_issued_by(&self.public_key()) {
                self.keep_author(record)?;
                if !own {
                    self.keep_device(certificate)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps a record; of two with the same actor the one with the later certificate.
    pub(super) fn keep_author(&self, record: &AuthorRecord) -> Result<(), HubError> {
        let certificate = &record.certificate;
        if self.author(record.actor())?.is_none() {
            self.tx.prepare_cached("DELETE FROM authors WHERE actor = ?1")?.execute([record.actor().0])?;
        }
        self.tx
            .prepare_cached(
                "INSERT INTO authors (actor, device, issued_at_ms, record) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (actor) DO UPDATE SET issued_at_ms = excluded.issued_at_ms, record = excluded.record
                 WHERE excluded.issued_at_ms > issued_at_ms",
            )?
            .execute(params![
                record.actor().0,
                certificate.device().0,
                certificate.issued_at_ms,
                record.to_bytes()
            ])?;
        Ok(())
    }

    /// Keeps the later certificate of a device: a restored server may know an earlier one.
    fn keep_device(&self, certificate: &Certificate) -> Result<(), HubError> {
        let known = device_certificate(self.tx, &self.public_key(), certificate.device())?;
        if known.is_some_and(|known| known.issued_at_ms >= certificate.issued_at_ms) {
            return Ok(());
        }
        self.tx
            .prepare_cached(
                "INSERT INTO devices (id, certificate, enrolled_at_ms) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET certificate = excluded.certificate",
            )?
            .execute(params![certificate.device().0, certificate.to_bytes(), certificate.issued_at_ms])?;
        Ok(())
    }

    /// Who makes this request. Its author records must have been learned before.
    pub(super) fn requester(&self, device: DeviceId) -> Result<Requester, HubError> {
        let certificate =
            device_certificate(self.tx, &self.public_key(), device)?.ok_or(HubError::UnknownDevice)?;
        let void = self.void_reason(&certificate)?;
        Ok(Requester { device, view: View::of(&certificate), void })
    }

    /// Why a device is not heard at this moment, if so. The latest certificate of its key counts,
    /// whichever it showed.
    pub(super) fn void_reason(&self, certificate: &Certificate) -> Result<Option<Reason>, HubError> {
        let device = certificate.device();
        if self.is_revoked(device)? {
            return Ok(Some(Reason::Revoked));
        }
        let latest = device_certificate(self.tx, &self.public_key(), device)?
            .map_or(i64::MIN, |latest| latest.expires_at_ms);
        let ended = self.clock.judging_ms(self.now_ms) >= certificate.expires_at_ms.max(latest);
        Ok(ended.then_some(Reason::Expired))
    }

    pub(super) fn is_revoked(&self, device: DeviceId) -> Result<bool, HubError> {
        let found = self
            .tx
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM revocations WHERE device = ?1)")?
            .query_row([device.0], |row| row.get(0))?;
        Ok(found)
    }

    /// The records of those asked for who wrote in a log that the view touches.
    pub(super) fn authors_in_view(
        &self,
        actors: impl Iterator<Item = ActorId>,
        view: &View,
    ) -> Result<Vec<AuthorRecord>, HubError> {
        let mut records = Vec::new();
        for actor in actors {
            let logs = self.logs_of_author(actor)?;
            if logs.iter().any(|log| view.sees_log(log)) {
                records.extend(self.author(actor)?);
            }
        }
        Ok(records)
    }
}
