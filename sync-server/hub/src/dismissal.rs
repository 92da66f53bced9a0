//! What an administrator dismisses of the quarantine: it stays where it is, marked with who, when and why,
//! and can be admitted all the same; after its time its content is deleted and the mark stays. The phone
//! is told.

use ruhu_case::DocId;
use ruhu_sync::message::Dismissed;
use ruhu_sync::{DeviceId, EnvelopeHash};
use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::Hub;
use super::admission::Selection;
use super::unit_of_work::UnitOfWork;
use crate::error::HubError;

/// Who dismissed something, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dismissal {
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
    /// When, Unix milliseconds of the server's clock.
    pub time_ms: i64,
}

/// What was removed because its time had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Uploads that were given up.
    pub uploads: usize,
    /// Dismissed envelopes whose content was deleted.
    pub envelopes: usize,
    /// Photos of theirs that were deleted.
    pub photos: usize,
}

impl Hub {
    /// Dismisses what is chosen of the quarantine, and gives how many envelopes that are. What was
    /// dismissed before stays so.
    ///
    /// # Errors
    /// [`HubError::NotQuarantined`] when there is nothing of it in quarantine, and failures of the storage.
    pub fn dismiss(
        &mut self,
        what: &Selection,
        (person, reason): (&str, &str),
        now_ms: i64,
    ) -> Result<usize, HubError> {
        self.write(now_ms, |work| {
            let (mut found, mut dismissed) = (0, 0);
            for hash in work.chosen(what)? {
                let Some((envelope, _)) = work.quarantined(&hash)? else { continue };
                found += 1;
                if let Some(device) = work.device_of(&envelope)? {
                    dismissed += work.tx.execute(
                        "INSERT INTO dismissals (envelope, device, dismissed_at_ms, person, reason)
                         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                        params![hash.0, device.0, now_ms, person, reason],
                    )?;
                }
            }
            match found {
                0 => Err(HubError::NotQuarantined),
                _ => Ok(dismissed),
            }
        })
    }

    /// Removes what is past its time: uploads of which nothing comes any more, and the content of what was
    /// dismissed long ago. Nothing while the clock is in doubt.
    pub fn sweep(&mut self, now_ms: i64) -> Result<Swept, HubError> {
        let (swept, unnamed) = self.write(now_ms, |work| {
            if work.clock.doubt.is_some() {
                return Ok((Swept::default(), Vec::new()));
            }
            let uploads = work.give_up_idle_uploads()?;
            let (envelopes, unnamed) = work.delete_dismissed()?;
            Ok((Swept { uploads, envelopes, photos: unnamed.len() }, unnamed))
        })?;
        for sha256 in &unnamed {
            // What cannot be removed now is named by `check`.
            self.folder.remove(sha256);
        }
        if swept != Swept::default() {
            let Swept { uploads, envelopes, photos } = swept;
            tracing::info!(uploads, envelopes, photos, "what was past its time is removed");
        }
        Ok(swept)
    }
}

impl UnitOfWork<'_> {
    pub(super) fn dismissal(&self, hash: &EnvelopeHash) -> Result<Option<Dismissal>, HubError> {
        let found = self
            .tx
            .prepare_cached("SELECT person, reason, dismissed_at_ms FROM dismissals WHERE envelope = ?1")?
            .query_row([hash.0], |row| {
                Ok(Dismissal { person: row.get(0)?, reason: row.get(1)?, time_ms: row.get(2)? })
            })
            .optional()?;
        Ok(found)
    }

    pub(super) fn forget_dismissal(&self, hash: &EnvelopeHash) -> Result<(), HubError> {
        self.tx.prepare_cached("DELETE FROM dismissals WHERE envelope = ?1")?.execute([hash.0])?;
        Ok(())
    }

    /// What of a device was dismissed, unless it knows of as many.
    pub(super) fn dismissed_of(
        &self,
        device: DeviceId,
        known: Option<u32>,
    ) -> Result<Option<Dismissed>, HubError> {
        let Some(known) = known else { return Ok(None) };
        let count: u32 = self
            .tx
            .prepare_cached("SELECT count(*) FROM dismissals WHERE device = ?1")?
            .query_row([device.0], |row| row.get(0))?;
        if count == known {
            return Ok(None);
        }
        let mut select = self.tx.prepare_cached(
            "SELECT envelope FROM dismissals WHERE device = ?1 ORDER BY dismissed_at_ms DESC LIMIT ?2",
        )?;
        let rows = select
            .query_map(params![device.0, Dismissed::MOST as i64], |row| row.get(0).map(EnvelopeHash))?;
        Ok(Some(Dismissed { envelopes: rows.collect::<Result<_, _>>()? }))
    }

    /// Deletes the content of what was dismissed long ago; gives how many envelopes, and the files that
    /// nothing names any more.
    fn delete_dismissed(&self) -> Result<(usize, Vec<[u8; 32]>), HubError> {
        let before_ms = self.now_ms.saturating_sub(self.bounds.dismissed_kept_ms);
        let past: Vec<(EnvelopeHash, DocId, DeviceId)> = {
            let mut select = self.tx.prepare_cached(
                "SELECT q.hash, q.doc, d.device FROM dismissals d JOIN quarantine q ON q.hash = d.envelope
                 WHERE d.dismissed_at_ms <= ?1",
            )?;
            let rows = select.query_map([before_ms], |row| {
                Ok((EnvelopeHash(row.get(0)?), DocId(row.get(1)?), DeviceId(row.get(2)?)))
            })?;
            rows.collect::<Result<_, _>>()?
        };
        let mut unnamed = Vec::new();
        for (hash, doc, device) in &past {
            let Some((envelope, _)) = self.quarantined(hash)? else { continue };
            self.forget_content(hash)?;
            for file in self.files_named(*device, &envelope)? {
                if !self.is_named_in_quarantine(*device, *doc, &file.sha256)? {
                    self.forget_file_apart(*device, *doc, &file.sha256)?;
                    if !self.is_file_used(&file.sha256)? {
                        unnamed.push(file.sha256);
                    }
                }
            }
        }
        Ok((past.len(), unnamed))
    }

    /// Whether any row names the bytes of a file.
    fn is_file_used(&self, sha256: &[u8; 32]) -> Result<bool, HubError> {
        Ok(self
            .tx
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM files WHERE sha256 = ?1
                 UNION ALL SELECT 1 FROM quarantine_files WHERE sha256 = ?1
                 UNION ALL SELECT 1 FROM uploads WHERE sha256 = ?1 AND received < size)",
            )?
            .query_row([sha256], |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use ruhu_case::{ActorId, DocKind, Document, RawChange, Value, Write};
    use ruhu_sync::{Body, Envelope, KeyPair};

    use super::*;
    use crate::quarantine_files::names;

    #[test]
    fn an_envelope_names_a_file_by_its_digits_alone() {
        let sha256 = [0xab; 32];
        let digits = data_encoding::HEXLOWER.encode(&sha256);
        let write = Write::Put { path: "evidence/e/sha256".into(), value: Value::Text(digits) };
        let actor = ActorId([1; 16]);
        let change = Document::new(DocKind::Household).edit(actor, 1, &[write]).unwrap().remove(0);
        let raw = RawChange::from_chunk(&change.bytes).unwrap();
        let key = KeyPair::from_seed(&[1; 32]);
        let body = Body::Changes(vec![raw]);
        let envelope =
            Envelope::sign(&key, DocId::new(1, [1; 10]), actor, (1, EnvelopeHash::NONE), None, body);
        assert!(names(&envelope, &sha256));
        assert!(!names(&envelope, &[0xac; 32]));
    }
}
