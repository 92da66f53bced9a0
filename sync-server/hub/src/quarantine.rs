//! Quarantine: what is kept apart and shown to nobody. What a revoked or expired device made is
//! released, hidden, when honest work stands on it; anything may be admitted by hand.

use std::collections::HashSet;

use ruhu_case::{ChangeHash, DocId};
use ruhu_sync::{DocHeader, Envelope, EnvelopeHash, Reason};
use ruhu_text::Explain;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::Hub;
use super::authors::author_record;
use super::unit_of_work::UnitOfWork;
use crate::error::{HubError, StorageError};

/// The reasons that a verdict can speak: the work is sound, its author is not to be heard any more.
const RELEASABLE: &str = "reason IN ('revoked', 'expired')";

/// An envelope in quarantine, with its content.
pub(super) const QUARANTINED: &str = "SELECT bytes, reason FROM quarantine WHERE hash = ?1";

/// An envelope in quarantine, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quarantined {
    /// The envelope's hash, hexadecimal.
    pub hash: String,
    /// Why.
    pub reason: Reason,
    /// Its document.
    pub doc: DocId,
    /// The device that made it, hexadecimal; `None` when the author is not known.
    pub device: Option<String>,
    /// When it came, Unix milliseconds.
    pub time_ms: i64,
}

/// How much lies in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct QuarantineSize {
    /// Envelopes, dismissed ones too.
    pub envelopes: u64,
    /// Photos whose bytes are here.
    pub photos: u64,
    /// Bytes of both.
    pub bytes: u64,
    /// How many of the envelopes are dismissed, and kept for their time.
    pub dismissed: u64,
}

/// How much lies in quarantine, by a database.
pub(super) fn size(connection: &Connection) -> Result<QuarantineSize, HubError> {
    let sql = "SELECT (SELECT count(*) FROM quarantine), (SELECT count(*) FROM quarantine_files),
                   (SELECT coalesce(sum(bytes), 0) FROM quarantine_use),
                   (SELECT count(*) FROM dismissals d JOIN quarantine q ON q.hash = d.envelope)";
    Ok(connection.query_row(sql, [], |row| {
        let number = |column| row.get::<_, i64>(column).map(i64::unsigned_abs);
        Ok(QuarantineSize {
            envelopes: number(0)?,
            photos: number(1)?,
            bytes: number(2)?,
            dismissed: number(3)?,
        })
    })?)
}

impl Hub {
    /// How much lies in quarantine.
    pub fn quarantine_size(&self) -> Result<QuarantineSize, HubError> {
        size(&self.connection)
    }

    /// What lies in quarantine, oldest first.
    pub fn quarantine(&self) -> Result<Vec<Quarantined>, HubError> {
        let mut select = self.connection.prepare(
            "SELECT q.hash, q.reason, q.doc, a.device, q.time_ms FROM quarantine q
             LEFT JOIN authors a ON a.actor = q.actor ORDER BY q.time_ms, q.rowid",
        )?;
        let rows = select.query_map([], |row| {
            let reason: String = row.get(1)?;
            let device: Option<[u8; 16]> = row.get(3)?;
            let hash = EnvelopeHash(row.get(0)?).to_string();
            Ok((hash, reason, DocId(row.get(2)?), device, row.get(4)?))
        })?;
        rows.map(|row| {
            let (hash, reason, doc, device, time_ms) = row?;
            let reason = Reason::from_code(&reason).unwrap_or(Reason::Other);
            let device = device.map(|id| ruhu_sync::DeviceId(id).to_string());
            Ok(Quarantined { hash, reason, doc, device, time_ms })
        })
        .collect()
    }
}

impl UnitOfWork<'_> {
    /// Keeps an envelope apart.
    pub(super) fn quarantine(
        &self,
        envelope: &Envelope,
        hash: &EnvelopeHash,
        why: Reason,
    ) -> Result<(), HubError> {
        self.tx
            .prepare_cached(
                "INSERT INTO quarantine (hash, reason, doc, actor, author_seq, prev, creates, time_ms, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                hash.0,
                why.code(),
                envelope.doc.0,
                envelope.actor.0,
                // What lies beyond cannot be a place in a chain.
                i64::try_from(envelope.seq).unwrap_or(0),
                envelope.prev.0,
                envelope.header.is_some(),
                self.now_ms,
                envelope.to_bytes(),
            ])?;
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO quarantine_changes (doc, hash, envelope) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?;
        for change in envelope.changes() {
            insert.execute(params![envelope.doc.0, change.hash().0, hash.0])?;
        }
        Ok(())
    }

    pub(super) fn quarantined_for(&self, hash: &EnvelopeHash) -> Result<Option<Reason>, HubError> {
        let found: Option<String> = self
            .tx
            .prepare_cached("SELECT reason FROM quarantine WHERE hash = ?1")?
            .query_row([hash.0], |row| row.get(0))
            .optional()?;
        Ok(found.map(|text| Reason::from_code(&text).unwrap_or(Reason::Other)))
    }

    /// Counts what was refused and not kept: the number is all that remains of it.
    pub(super) fn count_refusal(&self, why: Reason) -> Result<(), HubError> {
        self.tx
            .prepare_cached(
                "INSERT INTO refusals (reason, count) VALUES (?1, 1)
                 ON CONFLICT (reason) DO UPDATE SET count = count + 1",
            )?
            .execute([why.code()])?;
        Ok(())
    }

    pub(super) fn quarantined(&self, hash: &EnvelopeHash) -> Result<Option<(Envelope, Reason)>, HubError> {
        let found: Option<(Vec<u8>, String)> = self
            .tx
            .prepare_cached(QUARANTINED)?
            .query_row([hash.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((bytes, text)) = found else { return Ok(None) };
        let envelope = Envelope::from_bytes(&bytes).map_err(|_| StorageError::Damaged("an envelope"))?;
        Ok(Some((envelope, Reason::from_code(&text).unwrap_or(Reason::Other))))
    }

    /// The envelope that creates a document, when it waits in quarantine and may be released.
    pub(super) fn quarantined_creator(
        &self,
        doc: DocId,
    ) -> Result<Option<(DocHeader, EnvelopeHash)>, HubError> {
        let sql = format!(
            "SELECT hash FROM quarantine WHERE doc = ?1 AND creates = 1 AND {RELEASABLE}
                           ORDER BY time_ms, hash LIMIT 1"
        );
        let found = self
            .tx
            .prepare_cached(&sql)?
            .query_row([doc.0], |row| row.get(0).map(EnvelopeHash))
            .optional()?;
        let Some(hash) = found else { return Ok(None) };
        let header = self.quarantined(&hash)?.and_then(|(envelope, _)| envelope.header);
        Ok(header.map(|header| (header, hash)))
    }

    fn holder_of(&self, doc: DocId, change: &ChangeHash) -> Result<Option<EnvelopeHash>, HubError> {
        let sql = format!(
            "SELECT q.hash FROM quarantine_changes c JOIN quarantine q ON q.hash = c.envelope
             WHERE c.doc = ?1 AND c.hash = ?2 AND {RELEASABLE} ORDER BY q.time_ms, q.hash LIMIT 1"
        );
        let found = self
            .tx
            .prepare_cached(&sql)?
            .query_row(params![doc.0, change.0], |row| row.get(0).map(EnvelopeHash))
            .optional()?;
        Ok(found)
    }

    /// Which envelopes must leave quarantine, each after what it stands on, so that these changes are
    /// there; or the change that cannot be had. Nothing is released by this.
    pub(super) fn plan_release(
        &self,
        doc: DocId,
        header: &DocHeader,
        creator: Option<EnvelopeHash>,
        lacking: &[ChangeHash],
    ) -> Result<Result<Vec<EnvelopeHash>, ChangeHash>, HubError> {
        let mut plan = Plan::default();
        let mut roots: Vec<EnvelopeHash> = creator.into_iter().collect();
        for change in lacking {
            match self.holder_of(doc, change)? {
                Some(holder) => roots.push(holder),
                None => return Ok(Err(*change)),
            }
        }
        for root in roots {
            if let Err(change) = self.plan_from(root, header, &mut plan)? {
                return Ok(Err(change));
            }
        }
        Ok(Ok(plan.order))
    }

    /// Walks down from one envelope without recursion: the chain beneath it may be long.
    fn plan_from(
        &self,
        root: EnvelopeHash,
        header: &DocHeader,
        plan: &mut Plan,
    ) -> Result<Result<(), ChangeHash>, HubError> {
        let mut stack = vec![(root, false)];
        while let Some((hash, expanded)) = stack.pop() {
            if expanded {
                plan.order.push(hash);
                continue;
            }
            if !plan.seen.insert(hash) {
                continue;
            }
            let Some((envelope, _)) = self.quarantined(&hash)? else { continue };
            let first = envelope.changes().first().map_or(ChangeHash([0; 32]), |change| change.hash());
            if self.is_fork(&envelope, &hash)? || self.repeats_a_number(&envelope)? {
                return Ok(Err(first));
            }
            stack.push((hash, true));
            for change in self.lacking(&envelope, header)? {
                match self.holder_of(envelope.doc, &change)? {
                    Some(holder) => stack.push((holder, false)),
                    None => return Ok(Err(change)),
                }
            }
        }
        Ok(Ok(()))
    }

    /// Puts an envelope of the quarantine into its log, with a verdict that hides it right behind.
    pub(super) fn release_hidden(&mut self, hash: &EnvelopeHash) -> Result<(), HubError> {
        let Some((envelope, why)) = self.quarantined(hash)? else { return Ok(()) };
        let header = match self.header(envelope.doc)? {
            Some(header) => header,
            None => envelope.header.clone().ok_or(StorageError::Damaged("the order of a release"))?,
        };
        self.forget_quarantined(hash)?;
        self.append(&envelope, *hash, &header)?;
        // Whoever is heard again by now is not hidden: he was kept apart for a reason that has passed.
        let author = author_record(self.tx, &self.public_key(), envelope.actor)?;
        match author.map(|author| self.void_reason(&author.certificate)).transpose()?.flatten() {
            // Its photos stay where they are, and go with it when it is shown.
            Some(_) => self.hide(*hash, envelope.doc, &header, why),
            None => self.admit_files(&envelope).map(drop),
        }
    }

    /// What leaves quarantine is not dismissed any more.
    pub(super) fn forget_quarantined(&self, hash: &EnvelopeHash) -> Result<(), HubError> {
        self.forget_dismissal(hash)?;
        self.forget_content(hash)
    }

    pub(super) fn forget_content(&self, hash: &EnvelopeHash) -> Result<(), HubError> {
        self.tx.execute("DELETE FROM quarantine_changes WHERE envelope = ?1", [hash.0])?;
        self.tx.execute("DELETE FROM quarantine WHERE hash = ?1", [hash.0])?;
        Ok(())
    }

    /// Puts one into its log, with the photos that it names.
    pub(super) fn admit_by_hand(&mut self, hash: &EnvelopeHash) -> Result<Attempt, HubError> {
        let (envelope, why) = self.quarantined(hash)?.ok_or(HubError::NotQuarantined)?;
        if why == Reason::Undecodable || envelope.changes().is_empty() {
            return Err(HubError::Inadmissible { reason: Reason::Undecodable.code() });
        }
        let header = match (self.header(envelope.doc)?, &envelope.header) {
            (Some(known), Some(brought)) if known != *brought => {
                return Err(HubError::Inadmissible { reason: Reason::HeaderConflict.code() });
            }
            (Some(known), _) => known,
            (None, Some(brought)) if brought.class.doc_kind().is_some() => brought.clone(),
            (None, _) => {
                let error = HubError::Inadmissible { reason: "unknown_document" };
                return Ok(Attempt::Waits { doc: envelope.doc, lacking: vec![None], error });
            }
        };
        if self.is_fork(&envelope, hash)? || self.repeats_a_number(&envelope)? {
            return Err(HubError::Inadmissible { reason: "fork" });
        }
        let lacking = self.lacking(&envelope, &header)?;
        if let Some(change) = lacking.first() {
            let error = HubError::MissingDependency { change: *change };
            let lacking = lacking.into_iter().map(Some).collect();
            return Ok(Attempt::Waits { doc: envelope.doc, lacking, error });
        }
        self.forget_quarantined(hash)?;
        self.append(&envelope, *hash, &header)?;
        let photos = self.admit_files(&envelope)?;
        Ok(Attempt::Admitted { envelope, photos })
    }
}

/// What came of it when one was to be admitted.
pub(super) enum Attempt {
    /// It stands in its log, with so many photos.
    Admitted { envelope: Envelope, photos: usize },
    /// It stands on these changes, which are not there; on its document, where none is named.
    Waits { doc: DocId, lacking: Vec<Option<ChangeHash>>, error: HubError },
}

/// Releases in the making.
#[derive(Default)]
struct Plan {
    order: Vec<EnvelopeHash>,
    seen: HashSet<EnvelopeHash>,
}
