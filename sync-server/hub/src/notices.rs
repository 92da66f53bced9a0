//! Notices to townships: envelopes of the server in the directory of each. A revocation is one; that it
//! was made by mistake is said by a verdict on it. So they merge like everything else: whatever order
//! phones bring them back in after a restore, a device is revoked as long as one notice of it stands
//! that was not taken back.

use std::collections::BTreeSet;

use ruhu_case::DocId;
use ruhu_national::Division;
use ruhu_sync::{
    Body, Certificate, DeviceId, DocHeader, Envelope, EnvelopeHash, LogClass, LogId, Role, Verdict,
};
use rusqlite::{OptionalExtension, params};

use super::unit_of_work::{UnitOfWork, View};
use crate::error::{HubError, StorageError};

/// What a verdict says that takes a notice, or another verdict, back.
pub(super) const TAKEN_BACK: &str = "taken_back";

/// A notice of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Notice {
    pub hash: EnvelopeHash,
    /// The directory that it stands in.
    pub doc: DocId,
    pub device: DeviceId,
}

impl UnitOfWork<'_> {
    /// Every notice of a revocation, taken back or not. A row that cannot be read is none: the check
    /// names it.
    pub(super) fn notices(&self) -> Result<Vec<Notice>, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT e.hash, e.doc, e.bytes FROM logs l CROSS JOIN envelopes e ON e.log = l.id
             WHERE l.class = ?1 ORDER BY e.log, e.seq",
        )?;
        let rows = select.query_map([LogClass::Directory.code()], |row| {
            Ok((EnvelopeHash(row.get(0)?), DocId(row.get(1)?), row.get::<_, Vec<u8>>(2)?))
        })?;
        let mut notices = Vec::new();
        for row in rows {
            let (hash, doc, bytes) = row?;
            if let Ok(Envelope { body: Body::Revocation(device), .. }) = Envelope::from_bytes(&bytes) {
                notices.push(Notice { hash, doc, device });
            }
        }
        Ok(notices)
    }

    /// Whether a notice was taken back, also before it came.
    pub(super) fn is_taken_back(&self, notice: &EnvelopeHash) -> Result<bool, HubError> {
        let hide: Option<bool> = self
            .tx
            .prepare_cached("SELECT hide FROM verdicts WHERE subject = ?1")?
            .query_row([notice.0], |row| row.get(0))
            .optional()?;
        Ok(hide == Some(false))
    }

    /// Takes a notice into account that came back: unless it was taken back, its device is revoked.
    pub(super) fn heed_notice(&self, notice: &EnvelopeHash, device: DeviceId) -> Result<(), HubError> {
        match self.is_taken_back(notice)? {
            true => Ok(()),
            false => self.keep_revocation(device),
        }
    }

    /// Takes a verdict on a notice into account: without another notice its device is revoked no more.
    pub(super) fn heed_verdict(&self, verdict: &Verdict) -> Result<(), HubError> {
        let notices = self.notices()?;
        let Some(subject) = notices.iter().find(|notice| notice.hash == verdict.subject) else {
            return Ok(());
        };
        for notice in notices.iter().filter(|notice| notice.device == subject.device) {
            if !self.is_taken_back(&notice.hash)? {
                return self.keep_revocation(subject.device);
            }
        }
        self.forget_revocation(subject.device)
    }

    /// Tells the townships of a device that it is revoked, and gives the notices.
    pub(super) fn announce_revocation(
        &mut self,
        device: DeviceId,
        certificate: &Certificate,
    ) -> Result<Vec<EnvelopeHash>, HubError> {
        let mut notices = Vec::new();
        for township in self.townships_of(certificate)? {
            notices.push(self.notify(&directory_of(&township)?, Body::Revocation(device))?);
        }
        Ok(notices)
    }

    /// Takes a notice back, in the directory that it stands in, or in that of the device's township when
    /// it is not here (any more).
    pub(super) fn take_notice_back(
        &mut self,
        notice: EnvelopeHash,
        place: Option<DocId>,
        certificate: &Certificate,
    ) -> Result<(), HubError> {
        let verdict = Verdict { subject: notice, hide: false, reason: TAKEN_BACK.to_owned() };
        let stands_in = place.map(|doc| self.header(doc)).transpose()?.flatten().and_then(|h| h.log());
        let log = match (stands_in, self.townships_of(certificate)?.first()) {
            (Some(log), _) => log,
            (None, Some(township)) => directory_of(township)?,
            (None, None) => return Ok(()),
        };
        self.notify(&log, Body::Verdict(verdict.clone()))?;
        self.keep_verdict(&verdict)
    }

    /// The townships in which the device may have worked: its own, or those of its county with a log.
    /// A county without any has one of its own name, so that every revocation has a notice.
    fn townships_of(&self, certificate: &Certificate) -> Result<BTreeSet<String>, HubError> {
        let scope = certificate.scope.as_str();
        if let Some(township) = scope.get(..9) {
            return Ok(BTreeSet::from([township.to_owned()]));
        }
        let view = View { role: Role::Server, scope: certificate.scope.clone() };
        let logs = self.logs()?.into_iter().map(|row| row.log);
        let found: BTreeSet<String> =
            logs.filter(|log| view.sees_log(log)).map(|log| log.township()).collect();
        Ok(if found.is_empty() { BTreeSet::from([format!("{scope:0<9}")]) } else { found })
    }

    /// Appends a notice to the directory of a township.
    fn notify(&mut self, log: &LogId, body: Body) -> Result<EnvelopeHash, HubError> {
        let doc = log.directory_document();
        let division = Division::parse(&format!("{}000", log.township()))
            .map_err(|_| StorageError::Damaged("the name of a township"))?;
        let known = self.header(doc)?.is_some();
        // No time in it: a server restored from a copy must make the same header again.
        let header = DocHeader { class: LogClass::Directory, division, created_at_ms: 0 };
        let brought = (!known).then(|| header.clone());
        let envelope = self.sign(doc, brought, body)?;
        let hash = envelope.hash();
        self.append(&envelope, hash, &header)?;
        Ok(hash)
    }

    /// Marks a device revoked. The first time stands.
    pub(super) fn keep_revocation(&self, device: DeviceId) -> Result<(), HubError> {
        self.tx.execute(
            "INSERT INTO revocations (device, revoked_at_ms) VALUES (?1, ?2) ON CONFLICT (device) DO NOTHING",
            params![device.0, self.now_ms],
        )?;
        Ok(())
    }

    pub(super) fn forget_revocation(&self, device: DeviceId) -> Result<(), HubError> {
        self.tx.execute("DELETE FROM revocations WHERE device = ?1", [device.0])?;
        Ok(())
    }
}

fn directory_of(township: &str) -> Result<LogId, HubError> {
    Ok(LogId::new(township, LogClass::Directory)
        .map_err(|_| StorageError::Damaged("the name of a township"))?)
}
