//! The places that are given once: an author's place in its chain, and an actor's sequence number in
//! a document.

use std::collections::HashMap;

use ruhu_case::{ActorId, ChangeHash, DocId};
use ruhu_sync::{Envelope, EnvelopeHash};
use rusqlite::{OptionalExtension, params};

use super::unit_of_work::UnitOfWork;
use crate::error::HubError;

/// An envelope and the link it carries.
type Link = (EnvelopeHash, EnvelopeHash);

impl UnitOfWork<'_> {
    /// Whether another envelope stands at this one's place, or its neighbours in the author's chain
    /// do not link to it: two phones wrote under one name. Gaps are no fork: what fills them may
    /// come later. What is in quarantine has its place all the same.
    pub(super) fn is_fork(&self, envelope: &Envelope, hash: &EnvelopeHash) -> Result<bool, HubError> {
        let Envelope { actor, seq, prev, .. } = *envelope;
        let at = self.links_at(actor, seq)?;
        if at.iter().any(|(other, _)| other != hash) {
            return Ok(true);
        }
        let before = self.links_at(actor, seq.saturating_sub(1))?;
        let after = self.links_at(actor, seq.saturating_add(1))?;
        let follows = match seq {
            1 => prev == EnvelopeHash::NONE,
            _ => before.is_empty() || before.iter().any(|(other, _)| *other == prev),
        };
        let followed = after.is_empty() || after.iter().any(|(_, link)| link == hash);
        Ok(!(follows && followed))
    }

    /// What is known at a place of an author's chain. More than one only where quarantine holds forks.
    fn links_at(&self, actor: ActorId, seq: u64) -> Result<Vec<Link>, HubError> {
        let Ok(seq) = i64::try_from(seq) else { return Ok(Vec::new()) };
        let mut select = self.tx.prepare_cached(
            "SELECT hash, prev FROM envelopes WHERE actor = ?1 AND author_seq = ?2
             UNION ALL SELECT hash, prev FROM quarantine WHERE actor = ?1 AND author_seq = ?2",
        )?;
        let rows = select.query_map(params![actor.0, seq], |row| {
            Ok((EnvelopeHash(row.get(0)?), EnvelopeHash(row.get(1)?)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The end of an author's chain as far as it is known here.
    pub(super) fn chain_end(&self, actor: ActorId) -> Result<u64, HubError> {
        let end: i64 = self
            .tx
            .prepare_cached(
                "SELECT max(coalesce((SELECT max(author_seq) FROM envelopes WHERE actor = ?1), 0),
                            coalesce((SELECT max(author_seq) FROM quarantine WHERE actor = ?1), 0))",
            )?
            .query_row([actor.0], |row| row.get(0))?;
        Ok(end as u64)
    }

    /// Whether one of the changes takes the sequence number of another change of its actor.
    pub(super) fn repeats_a_number(&self, envelope: &Envelope) -> Result<bool, HubError> {
        let mut own: HashMap<u64, ChangeHash> = HashMap::new();
        for change in envelope.changes() {
            let Some(header) = change.header() else { continue };
            let in_envelope = own.insert(header.seq, change.hash());
            let known = self.change_at(envelope.doc, header.actor, header.seq)?;
            if [in_envelope, known].into_iter().flatten().any(|other| other != change.hash()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn change_at(&self, doc: DocId, actor: ActorId, seq: u64) -> Result<Option<ChangeHash>, HubError> {
        let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
        let found = self
            .tx
            .prepare_cached("SELECT hash FROM changes WHERE doc = ?1 AND actor = ?2 AND seq = ?3")?
            .query_row(params![doc.0, actor.0, seq], |row| row.get(0))
            .optional()?;
        Ok(found.map(ChangeHash))
    }

    /// Whether a change of this document stands in the log, and is one that others may stand on. What
    /// the phones of this protocol cannot apply, or is excluded, is nobody's ground.
    pub(super) fn has_change(&self, doc: DocId, hash: &ChangeHash) -> Result<bool, HubError> {
        let found = self
            .tx
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM changes c WHERE c.doc = ?1 AND c.hash = ?2 AND c.actor IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM envelopes e JOIN excluded x ON x.hash = e.hash
                                 WHERE e.id = c.envelope))",
            )?
            .query_row(params![doc.0, hash.0], |row| row.get(0))?;
        Ok(found)
    }

    /// Whether an envelope in the log carries a change, of whatever type.
    pub(super) fn is_carried(&self, doc: DocId, hash: &ChangeHash) -> Result<bool, HubError> {
        let found = self
            .tx
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM changes WHERE doc = ?1 AND hash = ?2)")?
            .query_row(params![doc.0, hash.0], |row| row.get(0))?;
        Ok(found)
    }

    /// Keeps what is known of the changes of an appended envelope. A change that another envelope
    /// brought already keeps its row.
    pub(super) fn keep_changes(&self, envelope: &Envelope, row: i64) -> Result<(), HubError> {
        let mut insert = self.tx.prepare_cached(
            "INSERT INTO changes (doc, hash, actor, seq, envelope) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (doc, hash) DO NOTHING",
        )?;
        for change in envelope.changes() {
            let header = change.header();
            insert.execute(params![
                envelope.doc.0,
                change.hash().0,
                header.map(|h| h.actor.0),
                header.map(|h| h.seq as i64),
                row
            ])?;
        }
        Ok(())
    }
}
