//! What came before what it stands on: rows beside the document, by what they lack, for the envelope
//! that carries a change is a row already. When that comes, the envelopes are merged again.
//!
//! What one author, or all, may have ready so in a document is bounded. The envelopes above the bound
//! are set aside: they are not read when a document is looked at or made anew. They keep their rows
//! here, and are taken up like the others when what they lack comes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ruhu_case::{ActorId, ChangeHash, DocId, Document, Waiting, limits};
use ruhu_store::{EnvelopeRow, EnvelopeState, Tx, WaitingCount, WaitingRow};
use ruhu_sync::Envelope;

use crate::error::DeviceError;

/// Why an envelope is set aside that stands above the bound.
pub(crate) const WAITS: &str = "waits";

/// How much may wait ready in one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingBound {
    /// Changes of one author.
    pub of_author: u32,
    /// Changes of all authors.
    pub of_document: u32,
    /// Bytes of one author's changes.
    pub bytes: u64,
}

impl Default for WaitingBound {
    fn default() -> Self {
        WaitingBound {
            of_author: limits::WAITING_OF_AUTHOR,
            of_document: limits::WAITING_OF_DOCUMENT,
            bytes: limits::WAITING_BYTES,
        }
    }
}

/// Files what a document could not apply, and takes it out of the document. Gives the authors of whom
/// something was set aside for the bound.
pub(crate) fn file(
    tx: &Tx<'_>,
    doc: &DocId,
    document: &mut Document,
    bound: &WaitingBound,
) -> Result<BTreeSet<ActorId>, DeviceError> {
    let waiting = document.take_waiting();
    let mut above = BTreeSet::new();
    let Some(mut held) = Held::of(tx, doc, &waiting, bound)? else { return Ok(above) };
    for one in waiting {
        let Some(envelope) = tx.envelope_of_change(doc, &one.change)? else { continue };
        let is_new = !tx.is_waiting(doc, &one.change)?;
        tx.put_waiting(&row(doc, &one, envelope))?;
        if is_new && !held.has_room(&one, bound) {
            tx.set_envelope_state(&envelope, EnvelopeState::Quarantined, Some(WAITS))?;
            above.insert(one.actor);
        }
    }
    Ok(above)
}

/// Files what waits in a document as an earlier program saved it, and leaves it there.
pub(crate) fn note(tx: &Tx<'_>, doc: &DocId, document: &Document) -> Result<(), DeviceError> {
    for one in document.waiting_changes() {
        if let Some(envelope) = tx.envelope_of_change(doc, &one.change)? {
            tx.put_waiting(&row(doc, &one, envelope))?;
        }
    }
    Ok(())
}

fn row(doc: &DocId, one: &Waiting, envelope: [u8; 32]) -> WaitingRow {
    let bytes = u64::try_from(one.bytes).unwrap_or(u64::MAX);
    WaitingRow { doc: *doc, change: one.change, lacks: one.lacks, actor: one.actor, bytes, envelope }
}

/// What waits in a document already, of all and of the authors who have more.
struct Held {
    all: WaitingCount,
    by_author: BTreeMap<ActorId, WaitingCount>,
}

impl Held {
    fn of(
        tx: &Tx<'_>,
        doc: &DocId,
        waiting: &[Waiting],
        bound: &WaitingBound,
    ) -> Result<Option<Held>, DeviceError> {
        if waiting.is_empty() {
            return Ok(None);
        }
        let authors: BTreeSet<ActorId> = waiting.iter().map(|one| one.actor).collect();
        let count = |actor: ActorId| Ok((actor, tx.waiting_count(doc, Some(&actor), bound.of_author)?));
        let by_author = authors.into_iter().map(count).collect::<Result<_, DeviceError>>()?;
        Ok(Some(Held { all: tx.waiting_count(doc, None, bound.of_document)?, by_author }))
    }

    /// Whether one more may wait; then it is counted.
    fn has_room(&mut self, one: &Waiting, bound: &WaitingBound) -> bool {
        let author = self.by_author.entry(one.actor).or_default();
        let bytes = author.bytes.saturating_add(u64::try_from(one.bytes).unwrap_or(u64::MAX));
        if author.changes >= u64::from(bound.of_author)
            || self.all.changes >= u64::from(bound.of_document)
            || bytes > bound.bytes
        {
            return false;
        }
        (author.changes, author.bytes) = (author.changes + 1, bytes);
        self.all.changes += 1;
        true
    }
}

/// The envelopes that wait for these changes, and those that wait for what they carry, about as many
/// bytes as are worth one merging.
pub(crate) fn woken(
    tx: &Tx<'_>,
    doc: &DocId,
    arrived: impl IntoIterator<Item = ChangeHash>,
    most: usize,
) -> Result<Vec<Envelope>, DeviceError> {
    if !tx.has_waiting(doc)? {
        return Ok(Vec::new());
    }
    let (mut found, mut seen, mut bytes) = (Vec::new(), BTreeSet::new(), 0);
    let mut open: VecDeque<ChangeHash> = arrived.into_iter().collect();
    while let Some(change) = open.pop_front().filter(|_| bytes <= most) {
        for (waiting, envelope) in tx.waiting_for(doc, &change)? {
            open.push_back(waiting);
            if !seen.insert(envelope) {
                continue;
            }
            // One that cannot be read any more is as if it had not come.
            let row = tx.envelope(&envelope)?;
            if let Some(envelope) = row.and_then(|row| Envelope::from_bytes(&row.bytes).ok()) {
                bytes += envelope.raw_size();
                found.push(envelope);
            }
        }
    }
    Ok(found)
}

/// Notes what was applied: it waits no more, and its envelope counts, should it have been set aside.
pub(crate) fn settle(
    tx: &Tx<'_>,
    doc: &DocId,
    applied: &[ChangeHash],
    envelopes: &[Envelope],
) -> Result<(), DeviceError> {
    if !tx.has_waiting(doc)? {
        return Ok(());
    }
    for change in applied {
        tx.delete_waiting(doc, change)?;
    }
    let applied: BTreeSet<&ChangeHash> = applied.iter().collect();
    for envelope in envelopes {
        if envelope.changes().iter().any(|change| applied.contains(&change.hash()))
            && tx.envelope(&envelope.hash().0)?.is_some_and(|row| is_above(&row))
        {
            tx.set_envelope_state(&envelope.hash().0, EnvelopeState::Acked, None)?;
        }
    }
    Ok(())
}

/// Whether an envelope was set aside for the bound.
fn is_above(row: &EnvelopeRow) -> bool {
    row.state == EnvelopeState::Quarantined && row.reason.as_deref() == Some(WAITS)
}

/// Names what is set aside: document and author, as a report tells it.
pub(crate) fn name(doc: &DocId, actor: &ActorId) -> String {
    format!("{doc} {actor}: {WAITS}")
}
