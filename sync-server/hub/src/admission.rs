//! What leaves quarantine: by hand, or because the reason has passed for which it was kept apart. It
//! goes into its logs as a whole and in order, each after what it stands on, and is seen by all.

use std::collections::{BTreeMap, HashMap, VecDeque};

use ruhu_case::{ChangeHash, DocId};
use ruhu_sync::{DeviceId, EnvelopeHash, Reason};
use ruhu_text::Explain;
use rusqlite::params;
use serde::Serialize;

use super::Hub;
use super::authors::device_certificate;
use super::quarantine::Attempt;
use super::unit_of_work::UnitOfWork;
use crate::error::{HubError, StorageError};

/// What is to leave quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// These envelopes.
    Envelopes(Vec<EnvelopeHash>),
    /// Everything that a device made, without what was dismissed.
    Device(DeviceId),
    /// Everything that belongs to a document, without what was dismissed.
    Document(DocId),
    /// Everything, dismissed or not.
    All,
}

/// What left quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Admitted {
    /// How many envelopes.
    pub envelopes: usize,
    /// How many photos, which they name and their device had given.
    pub photos: usize,
    /// What could not leave it.
    pub left: Vec<Left>,
}

/// An envelope that stays in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// Its hash, hexadecimal.
    pub hash: String,
    /// Why: the code of an error.
    pub code: String,
}

impl Hub {
    /// Puts what is chosen from quarantine into its logs, to be seen by all: in order, and as much of
    /// it as can be.
    ///
    /// # Errors
    /// [`HubError::NotQuarantined`] when there is nothing of it in quarantine, and failures of the
    /// storage. What cannot be admitted is in what it gives.
    pub fn admit(&mut self, what: &Selection, now_ms: i64) -> Result<Admitted, HubError> {
        self.write(now_ms, |work| {
            let chosen = work.chosen(what)?;
            match chosen.is_empty() {
                true => Err(HubError::NotQuarantined),
                false => work.admit_in_order(chosen),
            }
        })
    }

    /// Judges everything again that was kept apart because certificates had ended.
    pub(super) fn judge_expired_again(&mut self, now_ms: i64) -> Result<(), HubError> {
        self.write(now_ms, |work| {
            for device in work.devices_kept_apart(Reason::Expired)? {
                work.judge_device_again(device)?;
            }
            Ok(())
        })
    }
}

impl UnitOfWork<'_> {
    /// Judges again what was kept apart because the certificate of a device had ended, and shows what was
    /// released hidden for that reason, if the device is heard now.
    pub(super) fn judge_device_again(&mut self, device: DeviceId) -> Result<(), HubError> {
        let Some(certificate) = device_certificate(self.tx, &self.public_key(), device)? else {
            return Ok(());
        };
        if self.void_reason(&certificate)?.is_some() {
            return Ok(());
        }
        let shown = match self.is_hidden_for(device, Reason::Expired)? {
            true => self.show_again(device, Reason::Expired)?,
            false => 0,
        };
        let admitted = self.admit_of_device(device, Reason::Expired)?;
        if shown + admitted.envelopes > 0 {
            let envelopes = admitted.envelopes;
            tracing::info!(%device, envelopes, shown, "judged again: the certificate holds");
        }
        Ok(())
    }

    /// Admits what a device delivered while it was not heard for this reason, and nobody dismissed.
    pub(super) fn admit_of_device(&mut self, device: DeviceId, why: Reason) -> Result<Admitted, HubError> {
        let chosen = self.hashes(
            "SELECT q.hash FROM authors a JOIN quarantine q ON q.actor = a.actor
             WHERE a.device = ?1 AND q.reason = ?2
             AND NOT EXISTS (SELECT 1 FROM dismissals d WHERE d.envelope = q.hash)
             ORDER BY q.time_ms, q.rowid",
            params![device.0, why.code()],
        )?;
        self.admit_in_order(chosen)
    }

    pub(super) fn chosen(&self, what: &Selection) -> Result<Vec<EnvelopeHash>, HubError> {
        match what {
            Selection::Envelopes(hashes) => Ok(hashes.clone()),
            Selection::Device(device) => self.hashes(
                "SELECT q.hash FROM authors a JOIN quarantine q ON q.actor = a.actor
                 WHERE a.device = ?1 AND NOT EXISTS (SELECT 1 FROM dismissals d WHERE d.envelope = q.hash)
                 ORDER BY q.time_ms, q.rowid",
                params![device.0],
            ),
            Selection::Document(doc) => self.hashes(
                "SELECT q.hash FROM quarantine q
                 WHERE q.doc = ?1 AND NOT EXISTS (SELECT 1 FROM dismissals d WHERE d.envelope = q.hash)
                 ORDER BY q.time_ms, q.rowid",
                params![doc.0],
            ),
            Selection::All => self.hashes("SELECT hash FROM quarantine ORDER BY time_ms, rowid", params![]),
        }
    }

    fn hashes(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<EnvelopeHash>, HubError> {
        let mut select = self.tx.prepare_cached(sql)?;
        let rows = select.query_map(values, |row| row.get(0).map(EnvelopeHash))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn devices_kept_apart(&self, why: Reason) -> Result<Vec<DeviceId>, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT a.device FROM quarantine q JOIN authors a ON a.actor = q.actor WHERE q.reason = ?1
             UNION
             SELECT a.device FROM verdicts v JOIN envelopes e ON e.hash = v.subject
             JOIN authors a ON a.actor = e.actor WHERE v.hide = 1 AND v.reason = ?1",
        )?;
        let rows = select.query_map([why.code()], |row| row.get(0).map(DeviceId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn is_hidden_for(&self, device: DeviceId, why: Reason) -> Result<bool, HubError> {
        Ok(self
            .tx
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM verdicts v JOIN envelopes e ON e.hash = v.subject
                 JOIN authors a ON a.actor = e.actor
                 WHERE a.device = ?1 AND e.hidden = 1 AND v.hide = 1 AND v.reason = ?2)",
            )?
            .query_row(params![device.0, why.code()], |row| row.get(0))?)
    }

    /// Admits envelopes, in this order as far as it goes: what stands on a later one comes after it, and
    /// is looked at again only when that is there.
    fn admit_in_order(&mut self, chosen: Vec<EnvelopeHash>) -> Result<Admitted, HubError> {
        let mut admitted = Admitted::default();
        // What waits, by what it stands on: a change of its document, or the document itself; and for how
        // much each waits still.
        let mut waiting: HashMap<(DocId, Option<ChangeHash>), Vec<EnvelopeHash>> = HashMap::new();
        let mut lacks: BTreeMap<EnvelopeHash, (usize, HubError)> = BTreeMap::new();
        let mut ready = VecDeque::from(chosen);
        while let Some(hash) = ready.pop_front() {
            match self.admit_by_hand(&hash) {
                Ok(Attempt::Admitted { envelope, photos }) => {
                    admitted.envelopes += 1;
                    admitted.photos += photos;
                    let changes = envelope.changes().iter().map(|change| Some(change.hash()));
                    let grounds = [None].into_iter().chain(changes);
                    for hash in grounds.filter_map(|ground| waiting.remove(&(envelope.doc, ground))).flatten()
                    {
                        let Some((left, _)) = lacks.get_mut(&hash) else { continue };
                        *left -= 1;
                        if *left == 0 {
                            lacks.remove(&hash);
                            ready.push_back(hash);
                        }
                    }
                }
                Ok(Attempt::Waits { doc, lacking, error }) => {
                    lacks.insert(hash, (lacking.len(), error));
                    lacking.into_iter().for_each(|on| waiting.entry((doc, on)).or_default().push(hash));
                }
                Err(error @ HubError::Storage(StorageError::Damaged(_))) => admitted.leave(hash, &error),
                Err(HubError::Storage(error)) => return Err(error.into()),
                Err(error) => admitted.leave(hash, &error),
            }
        }
        lacks.into_iter().for_each(|(hash, (_, error))| admitted.leave(hash, &error));
        Ok(admitted)
    }
}

impl Admitted {
    fn leave(&mut self, hash: EnvelopeHash, error: &HubError) {
        self.left.push(Left { hash: hash.to_string(), code: error.code().to_owned() });
    }
}
