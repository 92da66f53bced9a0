//! Merging what came into a document before the slice is written that keeps it.

use ruhu_case::{Applied, DocId, RawChange};
use ruhu_projection::Projection;
use ruhu_store::{EnvelopeRow, EnvelopeState, PackedDocument, Tx};
use ruhu_sync::Body;
use ruhu_sync::engine::Pulled;

use crate::commit::steps::Step;
use crate::documents::{self, LoadedDocument, row_of_pulled};
use crate::error::DeviceError;

/// A document with the envelopes of a step merged into it, as it can be written if nobody has
/// touched it since it was loaded.
///
/// Only the plain case is prepared, which is nearly every one: envelopes that are new here and
/// authentic, in a document without verdicts, all of them taken by it and waited for by nothing. Everything else is done by
/// the applier, envelope by envelope, in the transaction itself.
pub(crate) struct PreparedDocument {
    /// The document's bytes when it was loaded; none when it was not there.
    base: Option<Vec<u8>>,
    document: PackedDocument,
    projection: Projection,
    /// The rows of the envelopes, in their order.
    rows: Vec<EnvelopeRow>,
}

impl PreparedDocument {
    /// Prepares what a step brings; nothing when it is no plain case.
    pub fn of_step(tx: &Tx<'_>, step: &Step<'_>, now_ms: i64) -> Result<Option<Self>, DeviceError> {
        match step {
            Step::Document(group) => PreparedDocument::of(tx, group, now_ms),
            _ => Ok(None),
        }
    }

    fn of(tx: &Tx<'_>, group: &[&Pulled], now_ms: i64) -> Result<Option<Self>, DeviceError> {
        let Some(first) = group.first() else { return Ok(None) };
        let doc = first.envelope.doc;
        for pulled in group {
            let plain = pulled.authentic && matches!(pulled.envelope.body, Body::Changes(_));
            let hash = pulled.envelope.hash().0;
            if !plain || tx.envelope(&hash)?.is_some() || tx.verdict(&hash)?.is_some() {
                return Ok(None);
            }
        }
        if !tx.verdicts_of_document(&doc)?.is_empty() {
            return Ok(None);
        }
        // One that cannot be read is made anew by the applier.
        let Ok(loaded) = LoadedDocument::load(tx, &doc) else { return Ok(None) };
        let (mut loaded, base) = match loaded {
            Some(loaded) => {
                let base = Some(loaded.row.saved.clone());
                (loaded, base)
            }
            None => match created(tx, first)? {
                Some(new) => (new, None),
                None => return Ok(None),
            },
        };
        let changes = group.iter().flat_map(|pulled| pulled.envelope.changes());
        let chunks: Vec<Vec<u8>> = changes.map(RawChange::chunk).collect();
        match loaded.document.apply(&chunks) {
            Ok(applied) if loaded.document.waiting().is_empty() && !wakes(tx, &doc, &applied)? => {
                loaded.know_rules(tx)?;
                let projection = loaded.pack(now_ms);
                let rows = group.iter().map(|pulled| row_of_pulled(pulled, EnvelopeState::Acked)).collect();
                Ok(Some(PreparedDocument { base, document: loaded.row.pack(), projection, rows }))
            }
            _ => Ok(None),
        }
    }

    /// Whether the document is still as it was when it was loaded, and nothing waits that a step before this
    /// one may have brought.
    pub fn is_current(&self, tx: &Tx<'_>) -> Result<bool, DeviceError> {
        let id = self.id();
        let now = tx.document(&id)?.map(|row| row.saved);
        Ok(now == self.base && tx.verdicts_of_document(&id)?.is_empty() && !tx.has_waiting(&id)?)
    }

    /// Writes the document.
    pub fn put(&self, tx: &Tx<'_>) -> Result<(), DeviceError> {
        tx.put_packed_document(&self.document)?;
        Ok(self.projection.put(tx)?)
    }

    /// The rows of the envelopes, in their order.
    pub fn rows(&self) -> &[EnvelopeRow] {
        &self.rows
    }

    fn id(&self) -> DocId {
        self.document.row().id
    }
}

/// Whether something waits for what was applied.
fn wakes(tx: &Tx<'_>, doc: &DocId, applied: &Applied) -> Result<bool, DeviceError> {
    if !applied.refused.is_empty() {
        return Ok(true);
    }
    if !tx.has_waiting(doc)? {
        return Ok(false);
    }
    for change in &applied.applied {
        if !tx.waiting_for(doc, change)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The document that an envelope creates, if nothing of it came before.
fn created(tx: &Tx<'_>, first: &Pulled) -> Result<Option<LoadedDocument>, DeviceError> {
    let envelope = &first.envelope;
    let Some(header) = &envelope.header else { return Ok(None) };
    let Some(kind) = documents::kind_of(header.class) else { return Ok(None) };
    if !tx.envelopes_of_document(&envelope.doc)?.is_empty() {
        return Ok(None);
    }
    Ok(Some(LoadedDocument::new(envelope.doc, header, kind, envelope.actor)))
}
