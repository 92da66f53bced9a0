//! Revoking a device: at once, told to every phone of its townships, and its unsent work kept apart;
//! and taking that back.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::DocId;
use ruhu_sync::{Certificate, DeviceId, EnvelopeHash, Reason, Role, Verdict};
use ruhu_text::Explain;
use rusqlite::{Row, params};
use serde::Serialize;

use super::Hub;
use super::authors::device_certificate;
use super::clock::ClockState;
use super::documents;
use super::notices::TAKEN_BACK;
use super::revocation_list::{self, Entry};
use super::unit_of_work::UnitOfWork;
use crate::error::{HubError, StorageError};

/// What a revocation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// How many townships were told.
    pub notices: usize,
    /// How many envelopes were hidden.
    pub hidden: usize,
}

/// What taking a revocation back did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unrevoked {
    /// How many notices were taken back.
    pub notices: usize,
    /// How many envelopes that a verdict had hidden are shown again.
    pub shown: usize,
    /// How many envelopes left quarantine for their logs.
    pub envelopes: usize,
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
        let (revoked, notices) = self.write(now_ms, |work| {
            let certificate =
                device_certificate(work.tx, &work.public_key(), device)?.ok_or(HubError::UnknownDevice)?;
            let notices = match work.is_revoked(device)? {
                true => Vec::new(),
                false => work.announce_revocation(device, &certificate)?,
            };
            work.keep_revocation(device)?;
            let hidden = match hide_since_ms {
                Some(since) => work.hide_since(device, since)?,
                None => 0,
            };
            Ok((Revoked { notices: notices.len(), hidden }, notices))
        })?;
        self.list_notices(notices.into_iter().map(|notice| (device, notice, false)));
        Ok(revoked)
    }

    /// Takes a revocation back that was made by mistake: its townships are told, what `--hide-since` hid
    /// is shown again, and the device goes on where it was.
    ///
    /// # Errors
    /// [`HubError::UnknownDevice`], and [`HubError::NotRevoked`] when there is nothing to take back.
    pub fn unrevoke(&mut self, device: DeviceId, now_ms: i64) -> Result<Unrevoked, HubError> {
        let listed = self.listed_notices()?;
        let (unrevoked, notices) = self.write(now_ms, |work| {
            let certificate =
                device_certificate(work.tx, &work.public_key(), device)?.ok_or(HubError::UnknownDevice)?;
            if !work.is_revoked(device)? {
                return Err(HubError::NotRevoked);
            }
            let mut notices: BTreeMap<EnvelopeHash, Option<DocId>> =
                listed.iter().filter(|(of, _)| *of == device).map(|(_, notice)| (*notice, None)).collect();
            let here = work.notices()?.into_iter().filter(|notice| notice.device == device);
            notices.extend(here.map(|notice| (notice.hash, Some(notice.doc))));
            let mut taken_back = Vec::new();
            for (notice, place) in notices {
                if !work.is_taken_back(&notice)? {
                    work.take_notice_back(notice, place, &certificate)?;
                    taken_back.push(notice);
                }
            }
            work.forget_revocation(device)?;
            let shown = work.show_again(device, Reason::Revoked)?;
            let admitted = work.admit_of_device(device, Reason::Revoked)?;
            work.judge_device_again(device)?;
            let (notices, envelopes) = (taken_back.len(), admitted.envelopes);
            Ok((Unrevoked { notices, shown, envelopes }, taken_back))
        })?;
        self.list_notices(notices.into_iter().map(|notice| (device, notice, true)));
        Ok(unrevoked)
    }

    /// Brings the database and `revocations.log` together: after a restore each may know what the other
    /// does not.
    pub(super) fn reconcile_revocations(&mut self, now_ms: i64) -> Result<(), HubError> {
        let listed = self.read_list()?;
        let taken_back: BTreeSet<EnvelopeHash> =
            listed.iter().filter(|(_, _, back)| *back).map(|(_, notice, _)| *notice).collect();
        let tx = self.connection.unchecked_transaction()?;
        let here = {
            let (key, author, clock) = (&self.key, self.author.clone(), ClockState::default());
            let (folder, bounds) = (&self.folder, self.bounds);
            let work = UnitOfWork { tx: &tx, key, folder, author, now_ms, clock, bounds };
            let mut here = Vec::new();
            for notice in work.notices()? {
                here.push((notice.device, notice.hash, false));
                if work.is_taken_back(&notice.hash)? {
                    here.push((notice.device, notice.hash, true));
                }
            }
            here
        };
        drop(tx);
        let unlisted: Vec<_> = here.iter().filter(|fact| !listed.contains(fact)).copied().collect();
        self.list_notices(unlisted.into_iter());
        let unknown: Vec<_> = listed.into_iter().filter(|fact| !here.contains(fact)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let added = self.write(now_ms, |work| work.heed_list(&unknown, &taken_back))?;
        self.list_notices(added.into_iter());
        Ok(())
    }

    fn read_list(&self) -> Result<BTreeSet<Fact>, HubError> {
        let mut facts = BTreeSet::new();
        for place in revocation_list::places(&self.dir) {
            facts.extend(revocation_list::read(&place, &self.public_key())?.iter().filter_map(Entry::facts));
        }
        Ok(facts)
    }

    /// The notices in the list that were not taken back.
    fn listed_notices(&self) -> Result<BTreeSet<(DeviceId, EnvelopeHash)>, HubError> {
        let facts = self.read_list()?;
        let stands = |(device, notice, _): &Fact| !facts.contains(&(*device, *notice, true));
        Ok(facts.iter().filter(|fact| stands(fact)).map(|(device, notice, _)| (*device, *notice)).collect())
    }

    /// Writes notices into the list, in the folder and beside it. One that cannot be written now is
    /// written at the next opening.
    fn list_notices(&self, facts: impl Iterator<Item = Fact>) {
        let entries: Vec<Entry> =
            facts.map(|(device, notice, back)| Entry::new(&self.key, device, notice, back)).collect();
        for (number, place) in revocation_list::places(&self.dir).iter().enumerate() {
            if let Err(error) = revocation_list::append(place, &entries) {
                // Beside the folder the server may not be allowed to write.
                let inside = number == 0;
                tracing::warn!(%error, inside, "the list of revocations is not written");
            }
        }
    }
}

/// A line of the list: the device, the notice, whether it was taken back.
type Fact = (DeviceId, EnvelopeHash, bool);

impl UnitOfWork<'_> {
    /// Does what the list says and the database does not, and gives the notices that were made for it.
    fn heed_list(
        &mut self,
        unknown: &[Fact],
        taken_back: &BTreeSet<EnvelopeHash>,
    ) -> Result<Vec<Fact>, HubError> {
        let mut added = Vec::new();
        for (device, notice, back) in unknown {
            let certificate = device_certificate(self.tx, &self.public_key(), *device)?;
            match (back, certificate) {
                (true, Some(certificate)) if !self.is_taken_back(notice)? => {
                    let place = self.notices()?.into_iter().find(|n| n.hash == *notice).map(|n| n.doc);
                    self.take_notice_back(*notice, place, &certificate)?;
                    let verdict = Verdict { subject: *notice, hide: false, reason: TAKEN_BACK.to_owned() };
                    self.heed_verdict(&verdict)?;
                }
                (false, certificate) if !taken_back.contains(notice) && !self.is_revoked(*device)? => {
                    self.keep_revocation(*device)?;
                    if let Some(certificate) = certificate {
                        let notices = self.announce_revocation(*device, &certificate)?;
                        added.extend(notices.into_iter().map(|notice| (*device, notice, false)));
                    }
                }
                _ => {}
            }
        }
        tracing::warn!(lines = unknown.len(), "revocations that the database had forgotten are known again");
        Ok(added)
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

    /// Takes back the verdicts that hid a device's work for this reason, and gives how many.
    pub(super) fn show_again(&mut self, device: DeviceId, why: Reason) -> Result<usize, HubError> {
        let subjects: Vec<(EnvelopeHash, DocId)> = {
            let mut select = self.tx.prepare_cached(
                "SELECT e.hash, e.doc FROM authors a JOIN envelopes e ON e.actor = a.actor
                 JOIN verdicts v ON v.subject = e.hash
                 WHERE a.device = ?1 AND v.hide = 1 AND v.reason = ?2 ORDER BY e.log, e.seq",
            )?;
            let rows = select.query_map(params![device.0, why.code()], |row| {
                Ok((EnvelopeHash(row.get(0)?), DocId(row.get(1)?)))
            })?;
            rows.collect::<Result<_, _>>()?
        };
        for (subject, doc) in &subjects {
            let header = documents::header_of(self.tx, *doc)?.ok_or(StorageError::Damaged("a document"))?;
            let verdict = Verdict { subject: *subject, hide: false, reason: TAKEN_BACK.to_owned() };
            self.judge(*doc, &header, verdict)?;
            self.admit_files_shown(device, *doc, subject)?;
        }
        Ok(subjects.len())
    }
}
