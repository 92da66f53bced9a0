//! What a sync answer brings, on its way into the store: receipts, envelopes of others, verdicts,
//! inventories, positions.
//!
//! It is written in slices, each one transaction of a bounded size, so that whoever answers a
//! question meanwhile waits for one slice at most. What costs time, opening changes and merging them
//! into documents, is done for many slices before the first of them is begun, on what the store held
//! then; what a person wrote in between is found when a slice is written, and that document is merged
//! again.
//!
//! The positions of the answer are in its last slice. A phone that dies between two slices asks for
//! the same page again, and knows what it already has by its hash.

mod ahead;
mod applier;
mod exclusion;
mod merging;
#[cfg(test)]
mod merging_tests;
mod offer;
mod prepare;
mod reissue;
#[cfg(test)]
mod reissue_tests;
mod set_aside;
mod steps;

use std::collections::BTreeSet;

use ruhu_case::DocId;
use ruhu_store::Tx;
use ruhu_sync::engine::{Commit, Committed};
use ruhu_sync::{LogId, LogSum};

use self::ahead::Ready;
use self::applier::{CommitApplier, Found};
use self::prepare::PreparedDocument;
use self::steps::{Carried, Sizes, Slice, Step, slices};
use crate::error::DeviceError;
use crate::progress::yield_now;
use crate::sync_run::SyncRun;
use crate::unit_of_work::UnitOfWork;

/// After so much the log of the database is moved into it, so that no answer has to do it. Seldom: a
/// move keeps the disk busy, and who answers meanwhile waits for the disk too.
const CHECKPOINT_BYTES: usize = 8 * 1024 * 1024;
/// So much is left in the log after an answer of the server; more is moved before the run goes on.
const LEFT_BYTES: usize = 256 * 1024;

impl SyncRun<'_> {
    /// Writes an answer, slice by slice, and tells the engine what was found while doing so.
    pub(crate) async fn commit(&mut self, commit: &Commit) -> Result<Committed, DeviceError> {
        let (mut carried, mut committed, mut unmoved) = (Carried::default(), Committed::default(), 0);
        self.progress.to_store = count(commit.pulled.len());
        let sizes = self.device.store.read(|tx| sizes(tx, commit))?;
        let slices = slices(commit, self.control.slice_bytes, &sizes);
        let (mut written, mut answered) = (0, self.device.store.durable_writes());
        while let Some(left) = slices.get(written..).filter(|left| !left.is_empty()) {
            let before = std::mem::replace(&mut answered, self.device.store.durable_writes());
            let ready = ahead::make_ready(self.device, left, before == answered);
            for (slice, ready) in left.iter().zip(ready) {
                if written > 0 {
                    self.tell();
                    yield_now().await;
                    self.check_cancelled()?;
                }
                written += 1;
                let found = self.write(commit, slice, &ready, written == slices.len(), &mut carried)?;
                committed.lacking.extend(found.lacking);
                self.report.reissued += found.reissued;
                self.report.quarantined.extend(found.quarantined);
                self.count(&slice.steps);
                unmoved += slice.weight;
                if unmoved > CHECKPOINT_BYTES {
                    self.device.store.checkpoint()?;
                    unmoved = 0;
                }
            }
        }
        if unmoved > LEFT_BYTES {
            self.device.store.checkpoint()?;
        }
        tracing::debug!(
            held = commit.held.len(),
            pulled = commit.pulled.len(),
            positions = commit.positions.len(),
            requeued = carried.requeued,
            "an answer is written"
        );
        committed.requeued = carried.requeued;
        committed.sums = self.device.store.read(|tx| sums(tx, &commit.sum_of))?;
        Ok(committed)
    }

    /// One slice, step by step where it cannot be written as a whole.
    fn write(
        &self,
        commit: &Commit,
        slice: &Slice<'_>,
        ready: &Ready,
        is_last: bool,
        carried: &mut Carried,
    ) -> Result<Found, DeviceError> {
        let Slice { steps, weight, .. } = slice;
        let found = match self.write_steps(commit, steps, ready, is_last, carried) {
            Err(error) if error.is_of_one_item() => {
                self.write_one_by_one(commit, steps, ready, is_last, carried)?
            }
            written => written?,
        };
        if found.reissued > 0 || !found.quarantined.is_empty() {
            tracing::warn!(
                reissued = found.reissued,
                quarantined = found.quarantined.len(),
                "a slice found what could not stay as it was"
            );
        }
        tracing::trace!(steps = steps.len(), bytes = weight, "a slice is written");
        Ok(found)
    }

    /// Steps in one transaction, with what was made ready for them. Only the last one, with the positions,
    /// waits for the disk, and with it all before it are there.
    fn write_steps(
        &self,
        commit: &Commit,
        steps: &[Step<'_>],
        ready: &[Option<PreparedDocument>],
        is_last: bool,
        carried: &mut Carried,
    ) -> Result<Found, DeviceError> {
        let (before, bound) = (*carried, self.control.waiting);
        let write = |work: &mut UnitOfWork<'_, '_>| {
            let mut applier = CommitApplier::new(work, commit, before, bound);
            for (step, ready) in steps.iter().zip(ready) {
                applier.take(step, ready.as_ref())?;
            }
            applier.finish()
        };
        let (found, after) = match is_last {
            true => self.device.work(write)?,
            false => self.device.work_ahead(write)?,
        };
        // What the slices hand on holds only when it was committed.
        *carried = after;
        Ok(found)
    }

    fn count(&mut self, slice: &[Step<'_>]) {
        for step in slice {
            match step {
                Step::Held(_) => {
                    self.progress.sent += 1;
                    self.progress.to_send = self.progress.to_send.saturating_sub(1);
                }
                Step::Document(group) => {
                    self.progress.received += count(group.len());
                    self.progress.to_store = self.progress.to_store.saturating_sub(count(group.len()));
                }
                Step::Opening | Step::Compare(_) | Step::Fork(_) | Step::Refused(..) | Step::Closing => {}
            }
        }
    }
}

/// How large the documents are that envelopes came for.
fn sizes(tx: &Tx<'_>, commit: &Commit) -> Result<Sizes, DeviceError> {
    let docs: BTreeSet<DocId> = commit.pulled.iter().map(|pulled| pulled.envelope.doc).collect();
    docs.into_iter().map(|doc| Ok((doc, tx.document_size(&doc)?))).collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Checksums of logs, from the device's own rows.
fn sums(tx: &Tx<'_>, logs: &[LogId]) -> Result<Vec<(LogId, LogSum)>, DeviceError> {
    let mut sums = Vec::with_capacity(logs.len());
    for log in logs {
        let name = log.to_string();
        let epoch = tx.cursor(&name)?.map_or(0, |cursor| cursor.epoch);
        let (count, sum) = tx.log_sum(&name, epoch)?;
        sums.push((*log, LogSum { count, sum }));
    }
    Ok(sums)
}
