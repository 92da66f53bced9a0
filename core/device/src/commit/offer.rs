//! What is offered to a server that turned out to lack it: what stands in documents here, and what this
//! device set aside, which others may be able to use.

use std::collections::HashSet;

use ruhu_store::EnvelopeState;
use ruhu_sync::engine::Inventory;
use ruhu_sync::message::Dismissed;
use ruhu_sync::{Envelope, EnvelopeHash, Reason, Verdict};

use crate::commit::applier::CommitApplier;
use crate::error::DeviceError;
use crate::reasons::{UNKNOWN_AUTHOR, reason_of, server_reason};

impl CommitApplier<'_, '_, '_> {
    /// Offers what was set aside of a log and is not among the server's hashes: like everything else that
    /// came from it.
    pub(super) fn offer_apart(
        &self,
        apart: &[([u8; 32], String)],
        inventory: &Inventory,
    ) -> Result<(), DeviceError> {
        let there: HashSet<&EnvelopeHash> = inventory.rows.iter().map(|(hash, _)| hash).collect();
        for (hash, reason) in apart {
            let lacking = !there.contains(&EnvelopeHash(*hash));
            self.work.tx.set_offered(hash, lacking && is_set_aside(reason))?;
        }
        Ok(())
    }

    /// Puts back into the outbox what the server turned out to lack, or to hold damaged.
    pub(super) fn offer_again(&mut self) -> Result<(), DeviceError> {
        for hash in &self.commit.sought {
            let row = self.work.tx.envelope(&hash.0)?;
            let whole = row.and_then(|row| Envelope::from_bytes(&row.bytes).ok());
            if whole.is_some_and(|envelope| envelope.hash() == *hash) {
                self.requeue(&hash.0)?;
            }
        }
        for (hash, change) in &self.commit.missing {
            let Some(row) = self.work.tx.envelope(&hash.0)? else { continue };
            if let Some(carrier) = self.work.tx.envelope_of_change(&row.doc, change)? {
                self.requeue(&carrier)?;
            }
        }
        for doc in &self.commit.unknown_documents {
            for row in self.work.tx.envelopes_of_document(doc)? {
                let envelope = Envelope::from_bytes(&row.bytes);
                if envelope.is_ok_and(|envelope| envelope.header.is_some()) {
                    self.requeue(&row.hash)?;
                }
            }
        }
        Ok(())
    }

    /// Notes which of the device's own the server's administrator dismissed; one that he does not name any
    /// more was admitted.
    pub(super) fn note_dismissed(&mut self) -> Result<(), DeviceError> {
        let Some(told) = &self.commit.dismissed else { return Ok(()) };
        let (tx, state) = (self.work.tx, EnvelopeState::Quarantined);
        let dismissed = server_reason(Reason::Dismissed);
        // While the server hears this device, what was admitted comes with the news.
        let before = match (self.commit.revoked, self.commit.standing.expired) {
            (true, _) => Some(Reason::Revoked),
            (false, true) => Some(Reason::Expired),
            (false, false) => None,
        };
        if let Some(before) = before.filter(|_| told.envelopes.len() < Dismissed::MOST) {
            for hash in tx.quarantined_for(&dismissed)? {
                if !told.envelopes.contains(&EnvelopeHash(hash)) {
                    tx.set_envelope_state(&hash, state, Some(&server_reason(before)))?;
                }
            }
        }
        for hash in &told.envelopes {
            let row = tx.envelope(&hash.0)?;
            if row.is_some_and(|row| row.state == state && row.reason.as_deref().is_some_and(is_the_servers))
            {
                tx.set_envelope_state(&hash.0, state, Some(&dismissed))?;
            }
        }
        Ok(())
    }

    fn requeue(&mut self, hash: &[u8; 32]) -> Result<(), DeviceError> {
        let Some(row) = self.work.tx.envelope(hash)? else { return Ok(()) };
        match row.state {
            EnvelopeState::Acked => self.work.tx.set_envelope_state(hash, EnvelopeState::Outbox, None)?,
            EnvelopeState::Quarantined | EnvelopeState::Refused
                if row.reason.as_deref().is_some_and(is_set_aside) =>
            {
                self.work.tx.set_offered(hash, true)?;
            }
            EnvelopeState::Outbox => {}
            EnvelopeState::Quarantined | EnvelopeState::Refused | EnvelopeState::Superseded => return Ok(()),
        }
        self.carried.requeued = true;
        Ok(())
    }
}

fn is_the_servers(reason: &str) -> bool {
    reason_of(reason).is_some()
}

/// Whether this device judged so of what had come from the server. What the server keeps apart itself, what
/// its administrator excludes and what cannot be checked without its author's record is not offered to it.
fn is_set_aside(reason: &str) -> bool {
    reason_of(reason).is_none() && reason != Verdict::EXCLUDED && reason != UNKNOWN_AUTHOR
}
