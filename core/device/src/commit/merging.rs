//! Merging what came into documents, and what had waited for it.

use std::collections::BTreeMap;

use ruhu_case::{ChangeHash, DocId, RawChange, limits};
use ruhu_store::EnvelopeState;
use ruhu_sync::Envelope;

use crate::commit::applier::CommitApplier;
use crate::documents::{self, Ancestry, LoadedDocument, Merged};
use crate::error::DeviceError;
use crate::waiting;

impl CommitApplier<'_, '_, '_> {
    /// Merges what the envelopes of a step say, each document once.
    pub(super) fn merge_pending(&mut self) -> Result<(), DeviceError> {
        let mut by_document: BTreeMap<DocId, Vec<Envelope>> = BTreeMap::new();
        for envelope in std::mem::take(&mut self.pending) {
            by_document.entry(envelope.doc).or_default().push(envelope);
        }
        for (doc, envelopes) in by_document {
            if self.losers.contains_key(&doc) || self.loaded(&doc)?.is_none() {
                continue;
            }
            let Some(mut loaded) = self.touched.remove(&doc) else { continue };
            self.merge_with_woken(&mut loaded, envelopes)?;
            self.touched.insert(doc, loaded);
        }
        Ok(())
    }

    fn merge_with_woken(
        &mut self,
        loaded: &mut LoadedDocument,
        mut envelopes: Vec<Envelope>,
    ) -> Result<(), DeviceError> {
        let arrived: Vec<ChangeHash> =
            envelopes.iter().flat_map(Envelope::changes).map(RawChange::hash).collect();
        envelopes.extend(waiting::woken(self.work.tx, &loaded.row.id, arrived, worth(loaded))?);
        let applied = self.merge_into(loaded, &envelopes)?;
        self.wake(loaded, applied)
    }

    /// Merges what waits for these changes, and for what that brings.
    fn wake(&mut self, loaded: &mut LoadedDocument, mut arrived: Vec<ChangeHash>) -> Result<(), DeviceError> {
        loop {
            let envelopes = waiting::woken(self.work.tx, &loaded.row.id, arrived, worth(loaded))?;
            if envelopes.is_empty() {
                return Ok(());
            }
            arrived = self.merge_into(loaded, &envelopes)?;
        }
    }

    /// Merges envelopes at once and gives the changes that were applied. What no document can hold is kept
    /// apart, and what lacks something waits beside the document.
    fn merge_into(
        &mut self,
        loaded: &mut LoadedDocument,
        envelopes: &[Envelope],
    ) -> Result<Vec<ChangeHash>, DeviceError> {
        let doc = loaded.row.id;
        let all: Vec<&Envelope> = envelopes.iter().collect();
        let Merged { applied, faults, late } = documents::merge(&mut loaded.document, &all);
        self.quarantine_changes(&doc, &late)?;
        for (envelope, error) in &faults {
            self.quarantine(envelope, error)?;
        }
        waiting::settle(self.work.tx, &doc, &applied, envelopes)?;
        self.file_waiting(loaded)?;
        Ok(applied)
    }

    fn file_waiting(&mut self, loaded: &mut LoadedDocument) -> Result<(), DeviceError> {
        let doc = loaded.row.id;
        let above = waiting::file(self.work.tx, &doc, &mut loaded.document, &self.bound)?;
        self.found.quarantined.extend(above.iter().map(|actor| waiting::name(&doc, actor)));
        Ok(())
    }

    /// Makes a document anew from its envelopes that count.
    pub(crate) fn make_anew(&mut self, loaded: &mut LoadedDocument) -> Result<Ancestry, DeviceError> {
        let doc = loaded.row.id;
        let ancestry = Ancestry::of(self.work.tx, &doc)?;
        let (document, faults) = ancestry.whole(loaded.row.kind);
        loaded.document = document;
        for (hash, error) in faults {
            if let Some(envelope) = ancestry.envelopes.get(&hash) {
                self.quarantine(envelope, &error)?;
            }
        }
        self.work.tx.delete_counting_waiting(&doc)?;
        self.file_waiting(loaded)?;
        // What was set aside may stand on what is here now.
        let lacking = self.work.tx.lacking_in(&doc)?.into_iter();
        let arrived = lacking.filter(|change| loaded.document.has_change(change)).collect();
        self.wake(loaded, arrived)?;
        Ok(ancestry)
    }

    fn quarantine_changes(&mut self, doc: &DocId, changes: &[ChangeHash]) -> Result<(), DeviceError> {
        for change in changes {
            if let Some(hash) = self.work.tx.envelope_of_change(doc, change)? {
                self.work.tx.set_envelope_state(&hash, EnvelopeState::Quarantined, Some("refused late"))?;
                self.work.tx.delete_changes_of_envelope(&hash)?;
                self.found.quarantined.push(format!("{doc}: {change}"));
            }
        }
        Ok(())
    }
}

/// About how many bytes are worth one merging: as much as there is of the document, for each merging
/// costs its whole size.
fn worth(loaded: &LoadedDocument) -> usize {
    loaded.row.saved.len().max(limits::PAGE_RAW)
}
