//! What a sync answer brings, on its way into the store: receipts, envelopes of others, verdicts,
//! inventories, positions.
//!
//! It is written in slices, each one transaction of a bounded size, so that whoever answers a
//! question meanwhile waits for one slice at most. What costs time, opening changes and merging them
//! into documents, is done before a slice is begun, on what the store held then; what a person wrote
//! in between is found when the slice is written, and that document is merged again.
//!
//! The positions of the answer are in its last slice. A phone that dies between two slices asks for
//! the same page again, and knows what it already has by its hash.

mod applier;
mod exclusion;
mod merging;
#[cfg(test)]
mod merging_tests;
mod prepare;
mod reissue;
mod set_aside;
mod steps;

use std::collections::HashMap;

use ruhu_case::DocId;
use ruhu_store::Tx;
use ruhu_sync::engine::{Commit, Committed};
use ruhu_sync::{LogId, LogSum};

use self::applier::{CommitApplier, Found};
pub(crate) use self::applier::{UNKNOWN_AUTHOR, reason_of};
use self::prepare::PreparedDocument;
use self::steps::{Carried, Sizes, Step, slices};
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
        let most = self.control.slice_bytes;
        self.progress.to_store = count(commit.pulled.len());
        let sizes = self.device.store.read(|tx| sizes(tx, commit))?;
        let slices = slices(commit, most, &sizes);
        let last = slices.len().saturating_sub(1);
        for (number, (slice, weight)) in slices.into_iter().enumerate() {
            if number > 0 {
                self.tell();
                yield_now().await;
                self.check_cancelled()?;
            }
            let found = match self.write_slice(commit, &slice, number == last, &mut carried) {
                Err(error) if error.is_of_one_item() => {
                    self.write_one_by_one(commit, &slice, number == last, &mut carried)?
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
            tracing::trace!(number, steps = slice.len(), bytes = weight, "a slice is written");
            committed.lacking.extend(found.lacking);
            self.report.reissued += found.reissued;
            self.report.quarantined.extend(found.quarantined);
            self.count(&slice);
            unmoved += weight;
            if unmoved > CHECKPOINT_BYTES {
                self.device.store.checkpoint()?;
                unmoved = 0;
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

    /// One slice: documents are made ready without a lock, then everything is written at once. Only
    /// the last one, with the positions, waits for the disk, and with it all before it are there.
    fn write_slice(
        &self,
        commit: &Commit,
        slice: &[Step<'_>],
        is_last: bool,
        carried: &mut Carried,
    ) -> Result<Found, DeviceError> {
        let now_ms = self.device.host.now_ms();
        let ready = self.device.store.read(|tx| {
            slice
                .iter()
                .map(|step| PreparedDocument::of_step(tx, step, now_ms))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let (before, bound) = (*carried, self.control.waiting);
        let write = |work: &mut UnitOfWork<'_, '_>| {
            let mut applier = CommitApplier::new(work, commit, before, bound);
            for (step, ready) in slice.iter().zip(ready) {
                applier.take(step, ready)?;
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

/// How large the documents are that several envelopes came for.
fn sizes(tx: &Tx<'_>, commit: &Commit) -> Result<Sizes, DeviceError> {
    let mut counts: HashMap<DocId, usize> = HashMap::new();
    for pulled in &commit.pulled {
        *counts.entry(pulled.envelope.doc).or_default() += 1;
    }
    counts.retain(|_, count| *count > 1);
    counts.into_keys().map(|doc| Ok((doc, tx.document_size(&doc)?))).collect()
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
