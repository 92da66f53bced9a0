//! What a sync answer brings, on its way into the store: receipts, envelopes of others, verdicts,
//! inventories, positions.
//!
//! It is written in slices of a bounded size, so that whoever answers a question meanwhile waits for one
//! at most; while nobody does, several go into one transaction. What costs time, opening changes and merging
//! them into documents, is done for many slices together, while those before them are written, on what the
//! store held then; a document that a person wrote to in between is merged again when its slice is written.
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

use std::collections::{BTreeSet, VecDeque};

use ruhu_case::DocId;
use ruhu_store::{StoreError, Tx};
use ruhu_sync::engine::{Commit, Committed};
use ruhu_sync::progress::yield_now;
use ruhu_sync::{LogId, LogSum};

use self::ahead::Ready;
use self::applier::{CommitApplier, Found};
use self::steps::{Carried, Sizes, Slice, Step, slices};
use crate::error::DeviceError;
use crate::sync_run::SyncRun;
use crate::unit_of_work::UnitOfWork;

/// After so much the log of the database is moved into it, so that whoever writes next need not. Seldom,
/// and not while somebody answers: a move keeps the disk busy.
const CHECKPOINT_BYTES: usize = 6 * 1024 * 1024;
/// After so many transactions some of what they put into the search is joined, so that no answer has to.
const MERGED_AFTER: usize = 4;
/// So much is left in the log after an answer of the server; more is moved before the run goes on, unless the
/// next answer is on its way: then it is moved together with what that one brings.
const LEFT_BYTES: usize = 256 * 1024;

/// How far the writing of one answer has come.
#[derive(Default)]
struct Writing {
    carried: Carried,
    committed: Committed,
    /// Slices.
    written: usize,
    transactions: usize,
}

impl SyncRun<'_> {
    /// Writes an answer, slice by slice, and tells the engine what was found while doing so.
    /// `more`: whether the next answer is on its way.
    pub(crate) async fn commit(&mut self, commit: &Commit, more: bool) -> Result<Committed, DeviceError> {
        let device = self.device;
        self.progress.to_store = count(commit.pulled.len());
        let sizes = device.store.read(|tx| sizes(tx, commit))?;
        let slices = slices(commit, self.control.slice_bytes, &sizes);
        let mut writing = Writing::default();
        let mut ready = VecDeque::new();
        while let Some(left) = slices.get(writing.written..).filter(|left| !left.is_empty()) {
            if writing.written > 0 {
                self.tell();
                yield_now().await;
                self.check_cancelled()?;
            }
            let (alone, room) = (self.is_alone(), self.growth.next(device.store.durable_writes()));
            if ready.is_empty() {
                ready.extend(ahead::make_ready(device, ahead::next(left, &[], 0), &[], alone));
            }
            let (now, later) = left.split_at(ready.len());
            let next = Some(ahead::next(later, now, room)).filter(|next| alone && !next.is_empty());
            let (written, made) =
                ahead::beside(next.map(|next| || ahead::make_ready(device, next, now, alone)), || {
                    self.write_next(commit, (now, &ready), room, later.is_empty(), &mut writing)
                });
            ready.drain(..written?);
            ready.extend(made.unwrap_or_default());
        }
        if !more {
            self.move_log(LEFT_BYTES)?;
        }
        let Writing { carried, mut committed, .. } = writing;
        tracing::debug!(
            held = commit.held.len(),
            pulled = commit.pulled.len(),
            positions = commit.positions.len(),
            requeued = carried.requeued,
            transactions = writing.transactions,
            "an answer is written"
        );
        committed.requeued = carried.requeued;
        committed.sums = device.store.read(|tx| sums(tx, &commit.sum_of))?;
        committed.entered = device.store.read(|tx| tx.outbox_count())? > 0;
        Ok(committed)
    }

    /// Writes as many slices of those that are made ready as go into one transaction, and says how many.
    fn write_next(
        &mut self,
        commit: &Commit,
        (slices, ready): (&[Slice<'_>], &VecDeque<Ready>),
        room: usize,
        to_the_end: bool,
        writing: &mut Writing,
    ) -> Result<usize, DeviceError> {
        let both: Vec<_> = slices.iter().zip(ready).collect();
        // After the last slice the disk is waited for: it is a transaction by itself.
        let is_last = to_the_end && both.len() == 1;
        let some = both.get(..both.len() - usize::from(to_the_end && !is_last)).unwrap_or(&both);
        let (found, taken) = self.write(commit, some, (is_last, room), &mut writing.carried)?;
        writing.committed.lacking.extend(found.lacking);
        self.had += found.had;
        self.report.reissued += found.reissued;
        self.report.quarantined.extend(found.quarantined);
        for (slice, _) in both.iter().take(taken) {
            self.count(&slice.steps);
            self.growth.wrote(slice.weight);
        }
        writing.written += taken;
        writing.transactions += 1;
        if writing.transactions.is_multiple_of(MERGED_AFTER) {
            while self.merge_search()? {}
        }
        self.move_log(CHECKPOINT_BYTES)?;
        Ok(taken)
    }

    /// Moves the database's log into it where more lies in it than that, and nobody needs the phone.
    fn move_log(&mut self, most: usize) -> Result<(), DeviceError> {
        if self.is_alone() && self.growth.is_log_due(most) {
            self.device.store.checkpoint()?;
        }
        Ok(())
    }

    fn merge_search(&self) -> Result<bool, DeviceError> {
        Ok(self.device.store.writer().write_ahead::<_, StoreError>(|tx| tx.merge_search())?)
    }

    /// Slices in one transaction, and their number; the first step by step where that cannot be written.
    fn write(
        &self,
        commit: &Commit,
        slices: &[(&Slice<'_>, &Ready)],
        (is_last, room): (bool, usize),
        carried: &mut Carried,
    ) -> Result<(Found, usize), DeviceError> {
        let written = self.write_together(commit, slices, (is_last, room), carried);
        let (found, taken) = match (written, slices.first()) {
            (Err(error), Some((slice, ready))) if error.is_of_one_item() => {
                (self.write_one_by_one(commit, &slice.steps, ready, is_last, carried)?, 1)
            }
            (written, _) => written?,
        };
        if found.reissued > 0 || !found.quarantined.is_empty() {
            tracing::warn!(
                reissued = found.reissued,
                quarantined = found.quarantined.len(),
                "a slice found what could not stay as it was"
            );
        }
        Ok((found, taken))
    }

    /// Slices in one transaction: the first, and others that fit as long as nobody waits to write.
    fn write_together(
        &self,
        commit: &Commit,
        slices: &[(&Slice<'_>, &Ready)],
        (is_last, room): (bool, usize),
        carried: &mut Carried,
    ) -> Result<(Found, usize), DeviceError> {
        self.in_one_transaction(commit, is_last, carried, |applier| {
            let (mut taken, mut weight) = (0, 0);
            for (slice, ready) in slices {
                weight += slice.weight;
                if taken > 0 && (weight > room || self.device.store.is_awaited()) {
                    break;
                }
                for (step, ready) in slice.steps.iter().zip(ready.iter()) {
                    applier.take(step, ready.as_ref())?;
                }
                taken += 1;
            }
            Ok(taken)
        })
    }

    /// None waits for the disk under the lock; after the last one, with the positions, it is waited for
    /// beside whoever writes, and then all before it are there too.
    fn in_one_transaction<T>(
        &self,
        commit: &Commit,
        is_last: bool,
        carried: &mut Carried,
        take: impl FnOnce(&mut CommitApplier<'_, '_, '_>) -> Result<T, DeviceError>,
    ) -> Result<(Found, T), DeviceError> {
        let (before, bound) = (*carried, self.control.waiting);
        let write = |work: &mut UnitOfWork<'_, '_>| {
            let mut applier = CommitApplier::new(work, commit, before, bound);
            let taken = take(&mut applier)?;
            Ok((applier.finish()?, taken))
        };
        let ((found, after), taken) = self.device.work_ahead(write)?;
        // What the slices hand on holds only when it was committed.
        *carried = after;
        if is_last {
            self.device.store.flush()?;
        }
        Ok((found, taken))
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
