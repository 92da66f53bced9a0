//! Revoking a device: at once, told to every phone of its townships, and its unsent work kept apart.

use std::collections::BTreeSet;

use ruhu_case::DocId;
use ruhu_national::Division;
use ruhu_sync::{Body, Certificate, DeviceId, DocHeader, EnvelopeHash, LogClass, LogId, Reason, Role};
use rusqlite::{Row, params};
use serde::Serialize;

use super::Hub;
use super::authors::device_certificate;
use super::documents;
use super::unit_of_work::{UnitOfWork, View};
use crate::error::{HubError, StorageError};

/// What a revocation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// How many townships were told.
    pub notices: usize,
    /// How many envelopes were hidden.
    pub hidden: usize,
}

/// A device as the administrator sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Device {
    /// The device, 32 hexadecimal digits.
    pub id: String,
    /// Who carries it.
    pub person: String,
    /// What that person does.
    pub role: Role,
    /// Where: digits of a division.
    pub scope: String,
    /// When it was enrolled, Unix milliseconds.
    pub enrolled_at_ms: i64,
    /// From when its certificate is void, Unix milliseconds.
    pub expires_at_ms: i64,
    /// When it was revoked, Unix milliseconds.
    pub revoked_at_ms: Option<i64>,
}

impl Hub {
    /// Every enrolled device, in the order of enrolment.
    pub fn devices(&self) -> Result<Vec<Device>, HubError> {
        let mut select = self.connection.prepare(
            "SELECT d.certificate, d.enrolled_at_ms, r.revoked_at_ms FROM devices d
             LEFT JOIN revocations r ON r.device = d.id ORDER BY d.enrolled_at_ms, d.id",
        )?;
        let rows = select.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?)))?;
        rows.map(|row| {
            let (bytes, enrolled_at_ms, revoked_at_ms) = row?;
            let certificate =
                Certificate::from_bytes(&bytes).map_err(|_| StorageError::Damaged("a certificate"))?;
            Ok(Device {
                id: certificate.device().to_string(),
                person: certificate.person,
                role: certificate.role,
                scope: certificate.scope.to_string(),
                enrolled_at_ms,
                expires_at_ms: certificate.expires_at_ms,
                revoked_at_ms,
            })
        })
        .collect()
    }

    /// Revokes a device and tells its townships. With `hide_since_ms` also what it delivered from
    /// then on (by this server's clock, Unix milliseconds) is hidden. Revoking again is allowed, to
    /// hide more.
    pub fn revoke(
        &mut self,
        device: DeviceId,
        hide_since_ms: Option<i64>,
        now_ms: i64,
    ) -> Result<Revoked, HubError> {
        self.write(now_ms, |work| {
            let certificate = device_certificate(work.tx, device)?.ok_or(HubError::UnknownDevice)?;
            let notices = match work.is_revoked(device)? {
                true => 0,
                false => work.announce_revocation(device, &certificate)?,
            };
            work.keep_revocation(device)?;
            let hidden = match hide_since_ms {
                Some(since) => work.hide_since(device, since)?,
                None => 0,
            };
            Ok(Revoked { notices, hidden })
        })
    }
}

impl UnitOfWork<'_> {
    /// Marks a device revoked. The first time stands.
    pub(super) fn keep_revocation(&self, device: DeviceId) -> Result<(), HubError> {
        self.tx.execute(
            "INSERT INTO revocations (device, revoked_at_ms) VALUES (?1, ?2) ON CONFLICT (device) DO NOTHING",
            params![device.0, self.now_ms],
        )?;
        Ok(())
    }

    fn announce_revocation(
        &mut self,
        device: DeviceId,
        certificate: &Certificate,
    ) -> Result<usize, HubError> {
        let townships = self.townships_of(certificate)?;
        for township in &townships {
            let log = LogId::new(township, LogClass::Directory)
                .map_err(|_| StorageError::Damaged("the name of a township"))?;
            self.notify(&log, Body::Revocation(device))?;
        }
        Ok(townships.len())
    }

    /// The townships in which the device may have worked: its own, or those of its county with a log.
    fn townships_of(&self, certificate: &Certificate) -> Result<BTreeSet<String>, HubError> {
        let scope = certificate.scope.as_str();
        if let Some(township) = scope.get(..9) {
            return Ok(BTreeSet::from([township.to_owned()]));
        }
        let view = View { role: Role::Server, scope: certificate.scope.clone() };
        let logs = self.logs()?.into_iter().map(|row| row.log);
        Ok(logs.filter(|log| view.sees_log(log)).map(|log| log.township()).collect())
    }

    /// Appends a notice to the directory of a township.
    fn notify(&mut self, log: &LogId, body: Body) -> Result<(), HubError> {
        let doc = log.directory_document();
        let division = Division::parse(&format!("{}000", log.township()))
            .map_err(|_| StorageError::Damaged("the name of a township"))?;
        let known = self.header(doc)?.is_some();
        // No time in it: a server restored from a copy must make the same header again.
        let header = DocHeader { class: LogClass::Directory, division, created_at_ms: 0 };
        let brought = (!known).then(|| header.clone());
        let envelope = self.sign(doc, brought, body)?;
        self.append(&envelope, envelope.hash(), &header)?;
        Ok(())
    }

    /// Hides what a device delivered since a moment, and gives how many envelopes that were.
    fn hide_since(&mut self, device: DeviceId, since_ms: i64) -> Result<usize, HubError> {
        let subjects = self.shown_since(device, since_ms)?;
        for (subject, doc) in &subjects {
            let header = documents::header_of(self.tx, *doc)?.ok_or(StorageError::Damaged("a document"))?;
            self.hide(*subject, *doc, &header, Reason::Revoked)?;
        }
        Ok(subjects.len())
    }

    fn shown_since(&self, device: DeviceId, since_ms: i64) -> Result<Vec<(EnvelopeHash, DocId)>, HubError> {
        let mut select = self.tx.prepare(
            "SELECT hash, doc FROM envelopes WHERE hidden = 0 AND time_ms >= ?2
             AND actor IN (SELECT actor FROM authors WHERE device = ?1) ORDER BY log, seq",
        )?;
        let subject = |row: &Row<'_>| Ok((EnvelopeHash(row.get(0)?), DocId(row.get(1)?)));
        let rows = select.query_map(params![device.0, since_ms], subject)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
