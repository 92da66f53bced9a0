//! An answer cut into steps, and steps into slices.

use std::collections::HashMap;

use ruhu_case::DocId;
use ruhu_sync::engine::{Commit, Inventory, Pulled};
use ruhu_sync::{EnvelopeHash, Place, Reason};

/// What a row weighs besides its content: indexes, the search, its part of the commit.
const ROW_BYTES: usize = 2 * 1024;

/// A part of an answer that is written at once or not at all.
pub(crate) enum Step<'c> {
    /// Author records, and a new actor for a phone that was restored from an older copy.
    Opening,
    /// An envelope that the server holds, with the receipt for it.
    Held(&'c Place),
    /// A log's hashes, to be held against the device's.
    Compare(&'c Inventory),
    /// Envelopes of one document, in the order of their log.
    Document(Vec<&'c Pulled>),
    /// An envelope whose place another one took: what it says is issued again.
    Fork(&'c EnvelopeHash),
    /// An envelope that the server does not show, and why.
    Refused(&'c EnvelopeHash, Reason),
    /// What is offered again, gaps, and the positions.
    Closing,
}

/// Bytes of the documents as they are stored.
pub(crate) type Sizes = HashMap<DocId, usize>;

/// The steps of an answer in their order.
fn steps<'c>(commit: &'c Commit, most: usize, sizes: &Sizes) -> Vec<Step<'c>> {
    let mut steps = vec![Step::Opening];
    // The last place of a chain first: while the others wait in the outbox, the server must not take
    // this phone for one that was restored from an older copy.
    steps.extend(commit.held.iter().rev().map(Step::Held));
    steps.extend(commit.inventories.iter().map(Step::Compare));
    steps.extend(by_document(&commit.pulled, most, sizes).into_iter().map(Step::Document));
    steps.extend(commit.forks.iter().map(Step::Fork));
    steps.extend(commit.refused.iter().map(|(hash, reason)| Step::Refused(hash, *reason)));
    steps.push(Step::Closing);
    steps
}

/// Envelopes by document, documents in the order of their first envelope; the envelopes of a
/// document stay in theirs. A document with very many is cut into several steps, each as heavy as what
/// there is of the document before it: to write a document costs its whole size, so that steps of one
/// size would cost the square of it.
fn by_document<'c>(pulled: &'c [Pulled], most: usize, sizes: &Sizes) -> Vec<Vec<&'c Pulled>> {
    /// The last group of a document, its weight, and what it may weigh.
    struct Open {
        group: usize,
        weight: usize,
        most: usize,
    }
    let mut groups: Vec<Vec<&Pulled>> = Vec::new();
    let mut open: HashMap<DocId, Open> = HashMap::new();
    for envelope in pulled {
        let (doc, weight) = (envelope.envelope.doc, weight_of(envelope));
        if let Some(last) = open.get_mut(&doc).filter(|last| last.weight + weight <= last.most)
            && let Some(group) = groups.get_mut(last.group)
        {
            group.push(envelope);
            last.weight += weight;
            continue;
        }
        let before = open.get(&doc).map_or(0, |last| last.most.max(last.weight));
        let most = (2 * before).max(most).max(sizes.get(&doc).copied().unwrap_or(0));
        open.insert(doc, Open { group: groups.len(), weight, most });
        groups.push(vec![envelope]);
    }
    groups
}

fn weight_of(pulled: &Pulled) -> usize {
    pulled.envelope.raw_size() + 2 * ROW_BYTES
}

impl Step<'_> {
    /// The document that it brings envelopes of.
    pub fn document(&self) -> Option<DocId> {
        match self {
            Step::Document(group) => group.first().map(|pulled| pulled.envelope.doc),
            _ => None,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Step::Opening | Step::Closing => ROW_BYTES,
            Step::Held(_) | Step::Fork(_) | Step::Refused(..) => ROW_BYTES / 2,
            Step::Compare(inventory) => inventory.rows.len() * ROW_BYTES,
            // The document is written back whole; what it weighs is known only when it is loaded.
            Step::Document(group) => {
                group.iter().map(|pulled| weight_of(pulled)).sum::<usize>() + 2 * ROW_BYTES
            }
        }
    }
}

/// Steps that are written in one transaction.
pub(crate) struct Slice<'c> {
    pub steps: Vec<Step<'c>>,
    /// In bytes, with what a row weighs besides its content.
    pub weight: usize,
    /// Bytes of the documents that it writes to, as they are stored now.
    pub stored: usize,
}

/// Cuts an answer into slices of at most so many bytes; a step that is heavier is a slice by itself.
pub(crate) fn slices<'c>(commit: &'c Commit, most: usize, sizes: &Sizes) -> Vec<Slice<'c>> {
    let mut slices: Vec<Slice<'_>> = Vec::new();
    for step in steps(commit, most, sizes) {
        let weight = step.weight();
        let stored = step.document().and_then(|doc| sizes.get(&doc)).copied().unwrap_or(0);
        match slices.last_mut() {
            Some(slice) if slice.weight + weight <= most => {
                slice.steps.push(step);
                slice.weight += weight;
                slice.stored += stored;
            }
            _ => slices.push(Slice { steps: vec![step], weight, stored }),
        }
    }
    slices
}

/// What the slices of one answer hand on to each other.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Carried {
    /// The row of the receipt.
    pub receipt: Option<i64>,
    /// Whether the device has a new actor since the answer came.
    pub renewed: bool,
    /// Whether something was put into the outbox.
    pub requeued: bool,
}
