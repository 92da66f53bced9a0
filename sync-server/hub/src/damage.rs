//! Entries whose stored bytes are not what was filed: their content is given to nobody, and asked for
//! from whoever has it whole.

use ruhu_case::DocId;
use ruhu_sync::message::{Gap, GapKind};
use ruhu_sync::{Envelope, EnvelopeHash};
use rusqlite::{OptionalExtension, params};

use super::unit_of_work::{UnitOfWork, View};
use crate::error::HubError;

/// Most damaged entries that a phone is asked for in one answer.
const SOUGHT: usize = 200;

/// The envelope in stored bytes, when it is the one that was filed under this hash.
pub(super) fn stored_envelope(bytes: &[u8], hash: &EnvelopeHash) -> Option<Envelope> {
    Envelope::from_bytes(bytes).ok().filter(|envelope| envelope.hash() == *hash)
}

impl UnitOfWork<'_> {
    /// Whether the author's record is here and the signature its owner's.
    pub(super) fn is_authentic(&self, envelope: &Envelope) -> bool {
        let record = self.author(envelope.actor).ok().flatten();
        record.is_some_and(|record| envelope.is_signed_by(&record.certificate.key()))
    }

    /// Notes which entries were found damaged, so that they are sought. Each is named once in the log.
    pub(super) fn note_damage(&self, gaps: &[Gap]) -> Result<(), HubError> {
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO damaged (hash, found_at_ms) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
        )?;
        for gap in gaps.iter().filter(|gap| gap.why == GapKind::Damaged) {
            if insert.execute(params![gap.envelope.0, self.now_ms])? > 0 {
                tracing::warn!(log = %gap.log, seq = gap.seq, envelope = %gap.envelope, "a stored entry is damaged");
            }
        }
        Ok(())
    }

    /// The damaged entries within a view.
    pub(super) fn sought(&self, view: &View) -> Result<Vec<EnvelopeHash>, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT d.hash, e.doc FROM damaged d CROSS JOIN envelopes e ON e.hash = d.hash ORDER BY d.found_at_ms, d.hash",
        )?;
        let mut rows = select.query([])?;
        let mut sought = Vec::new();
        while let Some(row) = rows.next()?
            && sought.len() < SOUGHT
        {
            let header = self.header(DocId(row.get(1)?))?;
            if header.is_some_and(|header| view.sees(&header)) {
                sought.push(EnvelopeHash(row.get(0)?));
            }
        }
        Ok(sought)
    }

    /// An envelope that stands in a log is offered again: if its stored bytes are damaged, these take
    /// their place.
    pub(super) fn heal(&self, envelope: &Envelope, hash: &EnvelopeHash) -> Result<(), HubError> {
        let found: Option<(i64, Vec<u8>)> = self
            .tx
            .prepare_cached("SELECT id, bytes FROM envelopes WHERE hash = ?1")?
            .query_row([hash.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((row, bytes)) = found else { return Ok(()) };
        let is_whole = stored_envelope(&bytes, hash).is_some_and(|stored| self.is_authentic(&stored));
        if is_whole || !self.is_authentic(envelope) {
            return Ok(());
        }
        self.tx
            .prepare_cached(
                "UPDATE envelopes SET doc = ?2, actor = ?3, author_seq = ?4, prev = ?5, bytes = ?6 WHERE id = ?1",
            )?
            .execute(params![
                row,
                envelope.doc.0,
                envelope.actor.0,
                envelope.seq as i64,
                envelope.prev.0,
                envelope.to_bytes()
            ])?;
        self.keep_changes(envelope, row)?;
        self.tx.prepare_cached("DELETE FROM damaged WHERE hash = ?1")?.execute([hash.0])?;
        tracing::warn!(envelope = %hash, "a damaged entry is whole again");
        Ok(())
    }
}
