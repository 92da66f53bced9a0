//! An answer cut into steps, and steps into slices.

use std::collections::HashMap;

use ruhu_case::DocId;
use ruhu_sync::Place;
use ruhu_sync::engine::{Commit, Inventory, Pulled};

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
    /// What became of the device's own envelopes, and the positions.
    Closing,
}

/// The steps of an answer in their order.
fn steps(commit: &Commit, most: usize) -> Vec<Step<'_>> {
    let mut steps = vec![Step::Opening];
    // The last place of a chain first: while the others wait in the outbox, the server must not take
    // this phone for one that was restored from an older copy.
    steps.extend(commit.held.iter().rev().map(Step::Held));
    steps.extend(commit.inventories.iter().map(Step::Compare));
    steps.extend(by_document(&commit.pulled, most).into_iter().map(Step::Document));
    steps.push(Step::Closing);
    steps
}

/// Envelopes by document, documents in the order of their first envelope; the envelopes of a
/// document stay in theirs. A document with very many is cut into several steps.
fn by_document(pulled: &[Pulled], most: usize) -> Vec<Vec<&Pulled>> {
    let mut groups: Vec<(Vec<&Pulled>, usize)> = Vec::new();
    let mut open: HashMap<DocId, usize> = HashMap::new();
    for envelope in pulled {
        let weight = weight_of(envelope);
        let at = *open.entry(envelope.envelope.doc).or_insert(groups.len());
        match groups.get_mut(at) {
            Some((group, sum)) if *sum + weight <= most => {
                group.push(envelope);
                *sum += weight;
            }
            _ => {
                open.insert(envelope.envelope.doc, groups.len());
                groups.push((vec![envelope], weight));
            }
        }
    }
    groups.into_iter().map(|(group, _)| group).collect()
}

fn weight_of(pulled: &Pulled) -> usize {
    pulled.envelope.raw_size() + 2 * ROW_BYTES
}

impl Step<'_> {
    fn weight(&self) -> usize {
        match self {
            Step::Opening | Step::Closing => ROW_BYTES,
            Step::Held(_) => ROW_BYTES / 2,
            Step::Compare(inventory) => inventory.rows.len() * ROW_BYTES,
            // The document is written back whole; what it weighs is known only when it is loaded.
            Step::Document(group) => {
                group.iter().map(|pulled| weight_of(pulled)).sum::<usize>() + 2 * ROW_BYTES
            }
        }
    }
}

/// Cuts an answer into slices of at most so many bytes, each with its weight; a step that is heavier
/// is a slice by itself.
pub(crate) fn slices(commit: &Commit, most: usize) -> Vec<(Vec<Step<'_>>, usize)> {
    let mut slices: Vec<(Vec<Step<'_>>, usize)> = Vec::new();
    for step in steps(commit, most) {
        let weight = step.weight();
        match slices.last_mut() {
            Some((slice, sum)) if *sum + weight <= most => {
                slice.push(step);
                *sum += weight;
            }
            _ => slices.push((vec![step], weight)),
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
