//! Issuing again: two phones wrote under one name (a copied store), and the server holds the
//! other's word. What this phone's people entered is written once more under a new actor, **beside**
//! what they had not seen and not over it.

use std::collections::BTreeSet;

use ruhu_case::{ChangeHash, DocId, DocKind, Document, NewChange, RawChange};
use ruhu_store::EnvelopeState;
use ruhu_sync::EnvelopeHash;

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
        // Envelopes come in an order in which dependencies mostly precede; repeat until it settles.
        loop {
            let before = losers.len();
            for (hash, envelope) in &ancestry.envelopes {
                let stands_on_loser = ancestry.parents(envelope).iter().any(|parent| losers.contains(parent));
                if stands_on_loser && !losers.contains(hash) && self.is_unsent(hash)? {
                    losers.insert(*hash);
                }
            }
            if losers.len() == before {
                return Ok(losers);
            }
        }
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
        let mut base = Document::new(kind);
        let mut again = Vec::with_capacity(losers.len());
        for hash in ancestry.order.iter().filter(|hash| losers.contains(*hash)) {
            let said = changes_of(ancestry, &BTreeSet::from([*hash]));
            let seen = ancestry.closure(&said);
            for envelope in ancestry.order.iter().filter(|h| seen.contains(*h) && !losers.contains(*h)) {
                let chunks = ancestry.chunks(envelope);
                // What no document holds is no ground to stand on either.
                let _ = base.apply(&chunks);
            }
            for change in said {
                let writes = source.writes_of(&[change]);
                again.extend(base.edit(self.work.identity.actor()?, self.work.host.now_ms(), &writes)?);
            }
        }
        Ok(again)
    }
}

fn changes_of(ancestry: &Ancestry, envelopes: &BTreeSet<EnvelopeHash>) -> Vec<ChangeHash> {
    let envelopes = envelopes.iter().filter_map(|hash| ancestry.envelopes.get(hash));
    envelopes.flat_map(|envelope| envelope.changes().iter().map(RawChange::hash)).collect()
}
