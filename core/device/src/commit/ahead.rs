//! Documents made ready ahead of the slices that write them, on several cores, while those before them are
//! written: to merge a household takes as long as to write it, and what is merged needs no lock. While
//! somebody answers questions the other cores are left to him.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{iter, thread};

use ruhu_case::DocId;

use crate::commit::prepare::PreparedDocument;
use crate::commit::steps::{Slice, Step};
use crate::device::Device;
use crate::error::DeviceError;

/// So much is held ready, in bytes: some sixty visited households.
const AHEAD_BYTES: usize = 1024 * 1024;
/// Less is not worth a transaction of its own.
const LEAST_BYTES: usize = 256 * 1024;
/// A document that is read takes so many times the room of the stored one.
const READ_OF_STORED: usize = 16;
/// The other cores are left to whatever else the phone does.
const MOST_THREADS: usize = 4;
/// Steps that are worth the start of a thread.
const WORTH_A_THREAD: usize = 4;

/// What was made ready for the steps of a slice, in their order: nothing where the slice does all itself.
pub(super) type Ready = Vec<Option<PreparedDocument>>;

/// Which of `later` slices are made ready next, while so many bytes of those that are ready already are written:
/// so many that the writing never waits, at least one where none is ready. Half of what is left at most: what is
/// written last of an answer is written with nothing to be made ready beside it.
pub(super) fn next<'s, 'c>(later: &'s [Slice<'c>], ready: &[Slice<'_>], written: usize) -> &'s [Slice<'c>] {
    let half = later.iter().map(weight).sum::<usize>() / 2;
    let most = (AHEAD_BYTES + written).saturating_sub(ready.iter().map(weight).sum());
    let most = most.min(half.max(LEAST_BYTES));
    let weights = later.iter().scan(0, |sum, slice| {
        *sum += weight(slice);
        Some(*sum)
    });
    let fitting = weights.take_while(|sum| *sum <= most).count();
    later.get(..fitting.max(usize::from(ready.is_empty()))).unwrap_or(later)
}

/// What it takes to hold one ready, in bytes.
fn weight(slice: &Slice<'_>) -> usize {
    slice.weight + READ_OF_STORED * slice.stored
}

/// Makes ready what these slices bring, as far as it can be done before they are written; `unwritten`: those
/// before them that are not written yet. `alone`: whether nobody else has written since the slices before.
pub(super) fn make_ready(
    device: &Device,
    slices: &[Slice<'_>],
    unwritten: &[Slice<'_>],
    alone: bool,
) -> Vec<Ready> {
    let documents = unwritten.iter().flat_map(|slice| &slice.steps).filter_map(Step::document);
    // A document that comes a second time is not yet as it will be then.
    let mut seen: HashSet<DocId> = documents.collect();
    let mut first = |step: &&Step<'_>| step.document().is_none_or(|doc| seen.insert(doc));
    let steps = slices.iter().flat_map(|slice| &slice.steps);
    let steps: Vec<Option<&Step<'_>>> = steps.map(|step| Some(step).filter(&mut first)).collect();
    let cores = if alone { thread::available_parallelism().map_or(1, usize::from) } else { 1 };
    let threads = cores.min(MOST_THREADS).min(steps.len() / WORTH_A_THREAD);
    let mut ready = on_threads(device, &steps, threads).into_iter();
    slices.iter().map(|slice| ready.by_ref().take(slice.steps.len()).collect()).collect()
}

/// Does both at once, the first on a thread of its own. Nothing of the first where there is nothing to do or
/// no thread can be had.
pub(super) fn beside<A: Send, B>(
    first: Option<impl FnOnce() -> A + Send>,
    second: impl FnOnce() -> B,
) -> (B, Option<A>) {
    thread::scope(|scope| {
        let first = first.and_then(|first| thread::Builder::new().spawn_scoped(scope, first).ok());
        let second = second();
        (second, first.and_then(|first| first.join().ok()))
    })
}

fn on_threads(device: &Device, steps: &[Option<&Step<'_>>], threads: usize) -> Ready {
    let (next, now_ms) = (AtomicUsize::new(0), device.host.now_ms());
    let some = || some_ready(device, steps, &next, now_ms);
    let made = thread::scope(|scope| {
        // Where a thread could not be had, the others do its part.
        let others = (1..threads).filter_map(|_| thread::Builder::new().spawn_scoped(scope, some).ok());
        let others: Vec<_> = others.collect();
        let mut made = some();
        made.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
        made
    });
    let mut ready: Ready = steps.iter().map(|_| None).collect();
    for (place, document) in made {
        if let Some(ready) = ready.get_mut(place) {
            *ready = Some(document);
        }
    }
    ready
}

/// Takes one step after another that nobody has taken, on one snapshot. What cannot be read here is left to
/// the slice, where it concerns one step alone.
fn some_ready(
    device: &Device,
    steps: &[Option<&Step<'_>>],
    next: &AtomicUsize,
    now_ms: i64,
) -> Vec<(usize, PreparedDocument)> {
    let made = device.store.read(|tx| {
        let taken = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let mine = taken.map_while(|place| steps.get(place).map(|step| (place, step)));
        let ready = mine.filter_map(|(place, step)| {
            Some((place, PreparedDocument::of_step(tx, (*step)?, now_ms).ok().flatten()?))
        });
        Ok::<_, DeviceError>(ready.collect())
    });
    made.unwrap_or_default()
}
