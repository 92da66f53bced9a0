//! Documents made ready ahead of the slices that write them, on several cores: to merge a household takes
//! as long as to write it, and what is merged needs no lock. While somebody answers questions the other
//! cores are left to him.

use std::collections::HashSet;
use std::thread;

use crate::commit::prepare::PreparedDocument;
use crate::commit::steps::{Slice, Step};
use crate::device::Device;
use crate::error::DeviceError;

/// So much is made ready at once, in bytes: some thirty visited households.
const AHEAD_BYTES: usize = 512 * 1024;
/// A document that is read takes so many times the room of the stored one.
const READ_OF_STORED: usize = 16;
/// The other cores are left to whatever else the phone does.
const MOST_THREADS: usize = 4;
/// Steps that are worth the start of a thread.
const WORTH_A_THREAD: usize = 4;

/// What was made ready for the steps of a slice, in their order: nothing where the slice does all itself.
pub(super) type Ready = Vec<Option<PreparedDocument>>;

/// How many of these slices are made ready together, at least one.
fn together(slices: &[Slice<'_>]) -> usize {
    let weights = slices.iter().scan(0, |sum, slice| {
        *sum += slice.weight + READ_OF_STORED * slice.stored;
        Some(*sum)
    });
    weights.take_while(|sum| *sum <= AHEAD_BYTES).count().max(1)
}

/// Makes ready what the first of these slices bring, as far as it can be done before they are written.
/// `alone`: whether nobody else has written since the slices before.
pub(super) fn make_ready(device: &Device, slices: &[Slice<'_>], alone: bool) -> Vec<Ready> {
    let slices = slices.get(..together(slices)).unwrap_or(slices);
    let mut seen = HashSet::new();
    // A document that comes a second time is not yet as it will be then.
    let mut first = |step: &&Step<'_>| step.document().is_none_or(|doc| seen.insert(doc));
    let steps = slices.iter().flat_map(|slice| &slice.steps);
    let steps: Vec<Option<&Step<'_>>> = steps.map(|step| Some(step).filter(&mut first)).collect();
    let cores = if alone { thread::available_parallelism().map_or(1, usize::from) } else { 1 };
    let threads = cores.min(MOST_THREADS).min(steps.len() / WORTH_A_THREAD);
    let mut ready = on_threads(device, &steps, threads).into_iter();
    slices.iter().map(|slice| ready.by_ref().take(slice.steps.len()).collect()).collect()
}

fn on_threads(device: &Device, steps: &[Option<&Step<'_>>], threads: usize) -> Ready {
    let now_ms = device.host.now_ms();
    let all = |steps: &[Option<&Step<'_>>]| some_ready(device, steps, now_ms);
    if threads < 2 {
        return all(steps);
    }
    thread::scope(|scope| {
        let parts: Vec<_> = steps
            .chunks(steps.len().div_ceil(threads))
            .map(|part| (part, thread::Builder::new().spawn_scoped(scope, move || all(part)).ok()))
            .collect();
        // Where a thread could not be had, its part is left to the slices.
        let none = |part: &[_]| part.iter().map(|_| None).collect();
        let made = parts
            .into_iter()
            .map(|(part, thread)| thread.and_then(|thread| thread.join().ok()).unwrap_or_else(|| none(part)));
        made.flatten().collect()
    })
}

/// On one snapshot. What cannot be read here is left to the slice, where it concerns one step alone.
fn some_ready(device: &Device, steps: &[Option<&Step<'_>>], now_ms: i64) -> Ready {
    let made = device.store.read(|tx| {
        let of = |step: &Step<'_>| PreparedDocument::of_step(tx, step, now_ms).ok().flatten();
        Ok::<_, DeviceError>(steps.iter().map(|step| step.and_then(of)).collect())
    });
    made.unwrap_or_else(|_| steps.iter().map(|_| None).collect())
}
