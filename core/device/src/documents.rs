//! Documents between store and CRDT: loading with verdicts, appending a signed change, writing
//! back with its projection.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ruhu_case::{
    ActorId, AppliedGroups, ApplyError, ChangeHash, DocId, DocKind, Document, NewChange, RawChange, Write,
    limits,
};
use ruhu_projection::Projection;
use ruhu_store::{DocumentRow, EnvelopeRow, EnvelopeState, Tx};
use ruhu_sync::engine::Pulled;
use ruhu_sync::{Body, DocHeader, Envelope, EnvelopeHash, LogClass};

use crate::error::DeviceError;
use crate::hidden;
use crate::unit_of_work::UnitOfWork;
use crate::waiting;

/// A document and its row.
pub(crate) struct LoadedDocument {
    pub row: DocumentRow,
    pub document: Document,
}

impl LoadedDocument {
    /// Reads a document as it is shown: what verdicts hide is hidden.
    pub fn load(tx: &Tx<'_>, id: &DocId) -> Result<Option<LoadedDocument>, DeviceError> {
        let Some(row) = tx.document(id)? else { return Ok(None) };
        let mut document = Document::load(row.kind, &row.saved)?;
        document.set_hidden(hidden::changes(tx, id)?);
        let mut loaded = LoadedDocument { row, document };
        loaded.know_rules(tx)?;
        Ok(Some(loaded))
    }

    /// Makes a document anew from its envelopes, when its own bytes cannot be read.
    pub fn anew(tx: &Tx<'_>, id: &DocId) -> Result<Option<LoadedDocument>, DeviceError> {
        let Some(row) = tx.document(id)? else { return Ok(None) };
        let (mut document, _) = Ancestry::of(tx, id)?.whole(row.kind);
        document.set_hidden(hidden::changes(tx, id)?);
        let mut loaded = LoadedDocument { row, document };
        loaded.know_rules(tx)?;
        Ok(Some(loaded))
    }

    /// Reads a document that must be there.
    pub fn get(tx: &Tx<'_>, id: &DocId) -> Result<LoadedDocument, DeviceError> {
        LoadedDocument::load(tx, id)?.ok_or(DeviceError::NotFound { what: "case" })
    }

    /// A document that has only its header.
    pub fn new(id: DocId, header: &DocHeader, kind: DocKind, creator: ActorId) -> LoadedDocument {
        let row = DocumentRow {
            id,
            kind,
            division: header.division.as_str().to_owned(),
            creator,
            created_at_ms: header.created_at_ms,
            saved: Vec::new(),
            heads: Vec::new(),
            updated_at_ms: header.created_at_ms,
        };
        LoadedDocument { row, document: Document::new(kind) }
    }

    /// The header, as the envelope that creates the document carries it.
    pub fn header(&self) -> Result<DocHeader, DeviceError> {
        let division = self.row.division.parse().map_err(|_| DeviceError::Stored("division".into()))?;
        Ok(DocHeader { class: self.row.kind.into(), division, created_at_ms: self.row.created_at_ms })
    }

    /// The log that the document belongs to, in text form.
    pub fn log(&self) -> Result<String, DeviceError> {
        let log = self.header()?.log().ok_or_else(|| DeviceError::Stored("division".into()))?;
        Ok(log.to_string())
    }

    /// Tells the document what forms say of values that stand side by side, if any do.
    pub fn know_rules(&mut self, tx: &Tx<'_>) -> Result<(), DeviceError> {
        if self.document.is_contested() {
            self.document.set_merge_rules(tx.merge_rules()?);
        }
        Ok(())
    }

    /// Renews the row and what is derived from the document. Writes nothing.
    pub fn pack(&mut self, now_ms: i64) -> Projection {
        self.row.saved = self.document.save();
        self.row.heads = self.document.heads();
        self.row.updated_at_ms = now_ms;
        Projection::of(&self.row, &self.document)
    }

    /// Writes the document back, with its row in the case list and the files it names.
    pub fn save(&mut self, tx: &Tx<'_>, now_ms: i64) -> Result<(), DeviceError> {
        self.know_rules(tx)?;
        let projection = self.pack(now_ms);
        self.put(tx, &projection)
    }

    /// Writes a packed document back.
    pub fn put(&self, tx: &Tx<'_>, projection: &Projection) -> Result<(), DeviceError> {
        waiting::note(tx, &self.row.id, &self.document)?;
        tx.put_document(&self.row)?;
        Ok(projection.put(tx)?)
    }
}

impl UnitOfWork<'_, '_> {
    /// Makes signed changes of the writes and puts them into the outbox. Says whether anything
    /// changed.
    pub fn write(&mut self, loaded: &mut LoadedDocument, writes: &[Write]) -> Result<bool, DeviceError> {
        let now_ms = self.host.now_ms();
        // Later work of this phone has come back before what it stands on, as after it was set back to
        // an older copy. A name goes on only from its end, which is not here: a new one begins.
        let actor = self.identity.actor()?;
        if loaded.document.waits_of(&actor) || self.tx.has_waiting_of(&loaded.row.id, &actor)? {
            self.renew_actor()?;
        }
        let changes = loaded.document.edit(self.identity.actor()?, now_ms, writes)?;
        if changes.is_empty() {
            return Ok(false);
        }
        let is_new = loaded.row.saved.is_empty();
        self.append(loaded, &changes, is_new)?;
        loaded.save(self.tx, now_ms)?;
        Ok(true)
    }

    /// Puts changes into signed envelopes at the end of the device's chain: one, or as many as it
    /// takes for each to fit into a page. The first of them brings the header.
    pub fn append(
        &self,
        loaded: &LoadedDocument,
        changes: &[NewChange],
        with_header: bool,
    ) -> Result<(), DeviceError> {
        let mut rest = changes;
        while !rest.is_empty() {
            let (together, behind) = rest.split_at(count_fitting(rest));
            let is_first = rest.len() == changes.len();
            self.append_one(loaded, together, with_header && is_first)?;
            rest = behind;
        }
        Ok(())
    }

    fn append_one(
        &self,
        loaded: &LoadedDocument,
        changes: &[NewChange],
        with_header: bool,
    ) -> Result<(), DeviceError> {
        let actor = self.identity.actor()?;
        let (seq, prev) = match self.tx.chain_tail(&actor)? {
            Some((seq, hash)) => (seq + 1, EnvelopeHash(hash)),
            None => (1, EnvelopeHash::NONE),
        };
        let raw: Result<Vec<_>, _> =
            changes.iter().map(|change| RawChange::from_chunk(&change.bytes)).collect();
        let raw = raw.map_err(|error| DeviceError::Stored(error.to_string()))?;
        let header = if with_header { Some(loaded.header()?) } else { None };
        let body = Body::Changes(raw);
        let envelope = Envelope::sign(&self.identity.key, loaded.row.id, actor, (seq, prev), header, body);
        let hash = envelope.hash();
        for change in changes {
            self.tx.insert_change(&loaded.row.id, &change.hash, &actor, change.seq, &hash.0)?;
        }
        self.tx.insert_envelope(&row_of(&envelope, loaded.log()?, EnvelopeState::Outbox))?;
        Ok(())
    }
}

/// How many of these changes, at least one, go into one envelope.
fn count_fitting(changes: &[NewChange]) -> usize {
    let sizes =
        changes.iter().take(limits::ENVELOPE_CHANGES).scan(limits::ENVELOPE_OVERHEAD, |sum, change| {
            *sum += change.bytes.len();
            Some(*sum)
        });
    sizes.take_while(|sum| *sum <= limits::PAGE_BYTES).count().max(1)
}

/// The row of an envelope that stands in no log yet.
pub(crate) fn row_of(envelope: &Envelope, log: String, state: EnvelopeState) -> EnvelopeRow {
    EnvelopeRow {
        hash: envelope.hash().0,
        doc: envelope.doc,
        actor: envelope.actor,
        seq: envelope.seq,
        prev: envelope.prev.0,
        bytes: envelope.to_bytes(),
        log,
        state,
        epoch: None,
        server_seq: None,
        server_time_ms: None,
        receipt: None,
        reason: None,
    }
}

/// The row of an envelope that came from the server, with its place there.
pub(crate) fn row_of_pulled(pulled: &Pulled, state: EnvelopeState) -> EnvelopeRow {
    EnvelopeRow {
        epoch: Some(pulled.epoch),
        server_seq: Some(pulled.seq),
        server_time_ms: Some(pulled.server_time_ms),
        ..row_of(&pulled.envelope, pulled.log.to_string(), state)
    }
}

/// The envelopes of a document that count, with the changes each carries and stands on.
pub(crate) struct Ancestry {
    pub envelopes: BTreeMap<EnvelopeHash, Envelope>,
    /// In the order in which they came.
    pub order: Vec<EnvelopeHash>,
    /// Which envelope carries a change.
    pub carrier: HashMap<ChangeHash, EnvelopeHash>,
}

impl Ancestry {
    /// Reads the envelopes of a document, without those set aside.
    pub fn of(tx: &Tx<'_>, doc: &DocId) -> Result<Ancestry, DeviceError> {
        Ancestry::with(tx, doc, &BTreeSet::new())
    }

    /// Reads the envelopes of a document, and of those set aside only these.
    pub fn with(tx: &Tx<'_>, doc: &DocId, also: &BTreeSet<EnvelopeHash>) -> Result<Ancestry, DeviceError> {
        let mut all = Ancestry { envelopes: BTreeMap::new(), order: Vec::new(), carrier: HashMap::new() };
        for row in tx.envelopes_heard_of_document(doc)? {
            let hash = EnvelopeHash(row.hash);
            if matches!(row.state, EnvelopeState::Outbox | EnvelopeState::Acked) || also.contains(&hash) {
                // One that cannot be read any more is as if it had not come.
                let Ok(envelope) = Envelope::from_bytes(&row.bytes) else { continue };
                for change in envelope.changes() {
                    all.carrier.entry(change.hash()).or_insert(hash);
                }
                all.order.push(hash);
                all.envelopes.insert(hash, envelope);
            }
        }
        Ok(all)
    }

    /// The envelopes that one stands on directly.
    pub fn parents(&self, envelope: &Envelope) -> Vec<EnvelopeHash> {
        let headers = envelope.changes().iter().filter_map(RawChange::header);
        headers.flat_map(|h| &h.deps).filter_map(|dep| self.carrier.get(dep).copied()).collect()
    }

    /// The envelopes that carry these changes and all they stand on.
    pub fn closure(&self, changes: &[ChangeHash]) -> BTreeSet<EnvelopeHash> {
        let mut found = BTreeSet::new();
        let mut open: Vec<EnvelopeHash> =
            changes.iter().filter_map(|c| self.carrier.get(c).copied()).collect();
        while let Some(hash) = open.pop() {
            if found.insert(hash)
                && let Some(envelope) = self.envelopes.get(&hash)
            {
                open.extend(self.parents(envelope));
            }
        }
        found
    }

    /// The document made of these envelopes only; what it cannot hold is left out.
    pub fn document(&self, kind: DocKind, chosen: &BTreeSet<EnvelopeHash>) -> Document {
        self.build(kind, chosen).0
    }

    /// The document made of all envelopes, and those that it cannot hold.
    pub fn whole(&self, kind: DocKind) -> (Document, Vec<(EnvelopeHash, ApplyError)>) {
        self.build(kind, &self.envelopes.keys().copied().collect())
    }

    fn build(
        &self,
        kind: DocKind,
        chosen: &BTreeSet<EnvelopeHash>,
    ) -> (Document, Vec<(EnvelopeHash, ApplyError)>) {
        let mut document = Document::new(kind);
        let chosen = self.order.iter().filter(|hash| chosen.contains(*hash));
        let envelopes: Vec<&Envelope> = chosen.filter_map(|hash| self.envelopes.get(hash)).collect();
        let merged = merge(&mut document, &envelopes);
        (document, merged.faults.into_iter().map(|(envelope, error)| (envelope.hash(), error)).collect())
    }
}

/// What merging envelopes into a document came to.
pub(crate) struct Merged {
    /// Changes that are part of the document now.
    pub applied: Vec<ChangeHash>,
    /// Envelopes that no document can hold: each is left out whole.
    pub faults: Vec<(Envelope, ApplyError)>,
    /// Changes that had waited, and turned out to fit into no document.
    pub late: Vec<ChangeHash>,
}

/// Merges envelopes into a document, all at once: to merge each by itself would cost the whole document
/// for each.
pub(crate) fn merge(document: &mut Document, envelopes: &[&Envelope]) -> Merged {
    let groups: Vec<&[RawChange]> = envelopes.iter().map(|envelope| envelope.changes()).collect();
    let AppliedGroups { applied, faults, late } = document.apply_groups(&groups);
    let named =
        faults.into_iter().filter_map(|(place, error)| Some(((*envelopes.get(place)?).clone(), error)));
    Merged { applied, faults: named.collect(), late }
}

/// The kind of document of a log class that holds documents.
pub(crate) fn kind_of(class: LogClass) -> Option<DocKind> {
    class.doc_kind()
}
