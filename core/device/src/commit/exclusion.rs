//! What an administrator of the server has excluded: a document is made anew without it, and with it
//! again when the exclusion is undone.

use ruhu_case::DocId;
use ruhu_store::EnvelopeState;
use ruhu_sync::{Envelope, EnvelopeHash, Verdict, stored_verdict};

use crate::commit::applier::CommitApplier;
use crate::error::DeviceError;

impl CommitApplier<'_, '_, '_> {
    /// Does what a verdict says of exclusion, if the envelope or its gap is here.
    pub(super) fn exclude(&mut self, verdict: &Verdict) -> Result<(), DeviceError> {
        let (subject, excludes) = (verdict.subject, verdict.excludes());
        self.work.tx.set_gap_excluded(&subject.0, excludes)?;
        let Some(row) = self.work.tx.envelope(&subject.0)? else { return Ok(()) };
        let was_excluded =
            row.state == EnvelopeState::Quarantined && row.reason.as_deref() == Some(Verdict::EXCLUDED);
        match (excludes, row.state) {
            // Also what this device had set aside by itself: its document may have nothing else.
            (true, EnvelopeState::Acked | EnvelopeState::Outbox | EnvelopeState::Quarantined)
                if !was_excluded =>
            {
                self.work.tx.set_envelope_state(
                    &subject.0,
                    EnvelopeState::Quarantined,
                    Some(Verdict::EXCLUDED),
                )?;
                self.work.tx.delete_changes_of_envelope(&subject.0)?;
            }
            (false, _) if was_excluded => {
                self.work.tx.set_envelope_state(&subject.0, EnvelopeState::Acked, None)?;
                let envelope = Envelope::from_bytes(&row.bytes)?;
                self.insert_changes(&envelope)?;
                self.create(&envelope)?;
            }
            _ => return Ok(()),
        }
        self.anew.insert(row.doc);
        Ok(())
    }

    /// Whether an envelope that comes was excluded before it came.
    pub(super) fn is_excluded(&self, hash: &EnvelopeHash) -> Result<bool, DeviceError> {
        Ok(self.work.tx.verdict(&hash.0)?.is_some_and(|bytes| stored_verdict::excludes(&bytes)))
    }

    /// Makes documents anew that lost or regained an envelope. Of one that nothing is left of, nothing is
    /// shown.
    pub(super) fn make_excluded_anew(&mut self) -> Result<(), DeviceError> {
        for doc in std::mem::take(&mut self.anew) {
            self.remake(&doc)?;
        }
        Ok(())
    }

    fn remake(&mut self, doc: &DocId) -> Result<(), DeviceError> {
        if self.loaded(doc)?.is_none() {
            return Ok(());
        }
        let Some(mut loaded) = self.touched.remove(doc) else { return Ok(()) };
        let left = self.make_anew(&mut loaded)?;
        // Verdicts on what it said are all that may be left.
        match left.envelopes.values().all(|envelope| envelope.changes().is_empty()) {
            true => self.work.tx.delete_document(doc)?,
            false => drop(self.touched.insert(*doc, loaded)),
        }
        Ok(())
    }
}
