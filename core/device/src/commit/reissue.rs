//! Issuing again: two phones wrote under one name (a copied store), and the server holds the
//! other's word. What this phone's people entered is written once more under a new actor, **beside**
//! what they had not seen and not over it.

use std::collections::{BTreeSet, HashMap};

use ruhu_case::{ChangeHash, DocId, DocKind, Document, NewChange, RawChange, Write};
use ruhu_store::EnvelopeState;
use ruhu_sync::{Envelope, EnvelopeHash};

use crate::commit::applier::CommitApplier;
use crate::documents::{self, Ancestry, LoadedDocument};
use crate::error::DeviceError;

impl CommitApplier<'_, '_, '_> {
    /// Issues again what the losing envelopes of a document say, and what was built on them here
    /// and is not sent yet.
    pub(crate) fn reissue(&mut self, doc: DocId, losers: BTreeSet<EnvelopeHash>) -> Result<(), DeviceError> {
        let ancestry = Ancestry::with(self.work.tx, &doc, &losers)?;
        let losers = self.with_dependents(&ancestry, losers)?;
        let Some(mut loaded) = self.loaded_for(&doc, &ancestry, &losers)? else { return Ok(()) };
        for hash in &losers {
            self.work.tx.set_envelope_state(&hash.0, EnvelopeState::Superseded, Some("reissued"))?;
            self.work.tx.delete_changes_of_envelope(&hash.0)?;
        }
        self.renew()?;
        let remaining = self.make_anew(&mut loaded)?;
        let changes = self.again(&ancestry, &losers, loaded.row.kind)?;
        if !changes.is_empty() {
            let created = remaining.envelopes.values().any(|envelope| envelope.header.is_some());
            let chunks: Vec<Vec<u8>> = changes.iter().map(|change| change.bytes.clone()).collect();
            loaded.document.apply(&chunks)?;
            self.work.append(&loaded, &changes, !created)?;
        }
        self.found.reissued += u32::try_from(losers.len()).unwrap_or(u32::MAX);
        self.carried.requeued = true;
        self.touched.insert(doc, loaded);
        Ok(())
    }

    /// Unsent envelopes that stand on a loser can never be sent as they are.
    fn with_dependents(
        &self,
        ancestry: &Ancestry,
        mut losers: BTreeSet<EnvelopeHash>,
    ) -> Result<BTreeSet<EnvelopeHash>, DeviceError> {
        let mut standing_on: HashMap<EnvelopeHash, Vec<EnvelopeHash>> = HashMap::new();
        for (hash, envelope) in &ancestry.envelopes {
            for parent in ancestry.parents(envelope) {
                standing_on.entry(parent).or_default().push(*hash);
            }
        }
        let mut open: Vec<EnvelopeHash> = losers.iter().copied().collect();
        while let Some(loser) = open.pop() {
            for hash in standing_on.remove(&loser).into_iter().flatten() {
                if !losers.contains(&hash) && self.is_unsent(&hash)? {
                    losers.insert(hash);
                    open.push(hash);
                }
            }
        }
        Ok(losers)
    }

    fn is_unsent(&self, hash: &EnvelopeHash) -> Result<bool, DeviceError> {
        Ok(self.work.tx.envelope(&hash.0)?.is_some_and(|row| row.state == EnvelopeState::Outbox))
    }

    /// The document, also when the envelope that created it is among the losers.
    fn loaded_for(
        &mut self,
        doc: &DocId,
        ancestry: &Ancestry,
        losers: &BTreeSet<EnvelopeHash>,
    ) -> Result<Option<LoadedDocument>, DeviceError> {
        if let Some(loaded) = self.touched.remove(doc) {
            return Ok(Some(loaded));
        }
        if let Some(loaded) = LoadedDocument::load(self.work.tx, doc)? {
            return Ok(Some(loaded));
        }
        let creating = losers.iter().filter_map(|hash| ancestry.envelopes.get(hash));
        let mut headers = creating.filter_map(|e| e.header.as_ref().map(|header| (header, e.actor)));
        Ok(headers.next().and_then(|(header, actor)| {
            Some(LoadedDocument::new(*doc, header, documents::kind_of(header.class)?, actor))
        }))
    }

    /// What the losers say, one change for each, every one standing on what its loser stood on: so
    /// the history is kept, and what the loser had not seen is not written over.
    fn again(
        &self,
        ancestry: &Ancestry,
        losers: &BTreeSet<EnvelopeHash>,
        kind: DocKind,
    ) -> Result<Vec<NewChange>, DeviceError> {
        let source = ancestry.document(kind, &ancestry.closure(&changes_of(ancestry, losers)));
        let (mut base, mut seen) = (Document::new(kind), BTreeSet::new());
        let (mut again, mut edits) = (Vec::with_capacity(losers.len()), Vec::new());
        for hash in ancestry.order.iter().filter(|hash| losers.contains(*hash)) {
            let ground: Vec<&Envelope> = ancestry.seen_anew(hash, &mut seen, losers);
            if !ground.is_empty() {
                again.extend(self.edit_again(&mut base, &mut edits)?);
                // What no document holds is no ground to stand on either.
                documents::merge(&mut base, &ground);
            }
            let said = ancestry.envelopes.get(hash).map(Envelope::changes).unwrap_or_default();
            edits.extend(said.iter().map(|change| source.writes_of(&[change.hash()])));
        }
        again.extend(self.edit_again(&mut base, &mut edits)?);
        Ok(again)
    }

    /// Makes changes of what was collected, all in one go: to make each by itself would cost the whole document
    /// for each.
    fn edit_again(
        &self,
        base: &mut Document,
        edits: &mut Vec<Vec<Write>>,
    ) -> Result<Vec<NewChange>, DeviceError> {
        let edits = std::mem::take(edits);
        Ok(base.edit_each(self.work.identity.actor()?, self.work.host.now_ms(), &edits)?)
    }
}

impl Ancestry {
    /// What an envelope stands on, without the losers, as far as it was not seen before.
    fn seen_anew(
        &self,
        envelope: &EnvelopeHash,
        seen: &mut BTreeSet<EnvelopeHash>,
        losers: &BTreeSet<EnvelopeHash>,
    ) -> Vec<&Envelope> {
        let (mut open, mut found) = (vec![*envelope], Vec::new());
        while let Some(hash) = open.pop() {
            if seen.insert(hash)
                && let Some(envelope) = self.envelopes.get(&hash)
            {
                open.extend(self.parents(envelope));
                if !losers.contains(&hash) {
                    found.push(envelope);
                }
            }
        }
        found
    }
}

fn changes_of(ancestry: &Ancestry, envelopes: &BTreeSet<EnvelopeHash>) -> Vec<ChangeHash> {
    let envelopes = envelopes.iter().filter_map(|hash| ancestry.envelopes.get(hash));
    envelopes.flat_map(|envelope| envelope.changes().iter().map(RawChange::hash)).collect()
}
