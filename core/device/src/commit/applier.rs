//! Writes the steps of a sync answer: what each envelope that came, each receipt, each verdict does to
//! the store, in the caller's transaction.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::limits::ENVELOPE_CHANGES;
use ruhu_case::{ApplyError, DocId};
use ruhu_store::{EnvelopeRow, EnvelopeState, GapRow, LogCursor};
use ruhu_sync::engine::{Commit, Inventory, Pulled};
use ruhu_sync::message::{Gap, GapKind};
use ruhu_sync::{
    AuthorRecord, Body, Envelope, EnvelopeHash, LogHead, LogId, Place, Reason, Role, Verdict, stored_verdict,
};

use crate::commit::prepare::PreparedDocument;
use crate::commit::steps::{Carried, Step};
use crate::documents::{self, LoadedDocument};
use crate::error::DeviceError;
use crate::hidden;
use crate::identity;
use crate::reasons::{UNKNOWN_AUTHOR, reason_of, server_reason};
use crate::standing::{self, Standing};
use crate::unit_of_work::UnitOfWork;
use crate::waiting::WaitingBound;

/// What a slice found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Envelopes of the outbox that stand in the server's log: it took them before and its answer was lost.
    pub had: u32,
    /// Envelopes issued again under a new actor.
    pub reissued: u32,
    /// Changes that no document can hold: document and author.
    pub quarantined: Vec<String>,
    /// Of the inventories: what the device lacks, with log and epoch.
    pub lacking: Vec<(EnvelopeHash, LogId, u64)>,
}

impl Found {
    /// Adds what another slice found.
    pub fn add(&mut self, other: Found) {
        self.had += other.had;
        self.reissued += other.reissued;
        self.quarantined.extend(other.quarantined);
        self.lacking.extend(other.lacking);
    }
}

/// One slice on its way into the store.
pub(crate) struct CommitApplier<'a, 'w, 't> {
    pub(crate) work: &'a mut UnitOfWork<'w, 't>,
    pub(crate) commit: &'a Commit,
    pub(crate) carried: Carried,
    pub(crate) touched: BTreeMap<DocId, LoadedDocument>,
    /// Envelopes whose place another one took, by document.
    pub(crate) losers: BTreeMap<DocId, BTreeSet<EnvelopeHash>>,
    pub(crate) found: Found,
    /// Envelopes of a step that are filed and not merged yet.
    pub(super) pending: Vec<Envelope>,
    /// How much may wait ready in one document.
    pub(super) bound: WaitingBound,
    /// Documents that are made anew, because something was excluded or taken in again.
    pub(super) anew: BTreeSet<DocId>,
}

impl<'a, 'w, 't> CommitApplier<'a, 'w, 't> {
    pub fn new(
        work: &'a mut UnitOfWork<'w, 't>,
        commit: &'a Commit,
        carried: Carried,
        bound: WaitingBound,
    ) -> Self {
        CommitApplier {
            work,
            commit,
            carried,
            touched: BTreeMap::new(),
            losers: BTreeMap::new(),
            found: Found::default(),
            pending: Vec::new(),
            bound,
            anew: BTreeSet::new(),
        }
    }

    /// Writes one step. A document that was made ready is written as it is, if it still fits.
    pub fn take(&mut self, step: &Step<'_>, ready: Option<&PreparedDocument>) -> Result<(), DeviceError> {
        match step {
            Step::Opening => self.open(),
            Step::Held(place) => self.acknowledge(place),
            Step::Compare(inventory) => self.compare(inventory),
            Step::Document(group) => match ready {
                Some(ready) if self.fits(group, ready)? => self.keep(group, ready),
                ready => {
                    tracing::trace!(
                        envelopes = group.len(),
                        overtaken = ready.is_some(),
                        "merged in the slice"
                    );
                    group.iter().try_for_each(|pulled| self.pull(pulled))?;
                    self.merge_pending()
                }
            },
            // What was offered for others only is left as it is.
            Step::Fork(hash) | Step::Refused(hash, _) if self.work.tx.is_offered(&hash.0)? => {
                Ok(self.work.tx.set_offered(&hash.0, false)?)
            }
            Step::Fork(hash) => self.lose(hash),
            Step::Refused(hash, reason) => self.refuse(hash, *reason),
            Step::Closing => self.close(),
        }
    }

    /// Writes back what the steps touched. What lost its place is issued again in the same slice: a
    /// phone that dies after it has either the old envelope or the new one.
    pub fn finish(mut self) -> Result<(Found, Carried), DeviceError> {
        for (doc, losers) in std::mem::take(&mut self.losers) {
            self.reissue(doc, losers)?;
        }
        self.make_excluded_anew()?;
        let now_ms = self.work.host.now_ms();
        for loaded in std::mem::take(&mut self.touched).values_mut() {
            loaded.document.set_hidden(hidden::changes(self.work.tx, &loaded.row.id)?);
            loaded.save(self.work.tx, now_ms)?;
        }
        Ok((self.found, self.carried))
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        for record in &self.commit.authors {
            self.work.tx.put_author(&record.actor(), &record.to_bytes())?;
            self.judge_again(record)?;
        }
        match self.commit.restored {
            true => self.renew(),
            false => Ok(()),
        }
    }

    /// What was kept apart because its author was unknown.
    fn judge_again(&mut self, author: &AuthorRecord) -> Result<(), DeviceError> {
        for row in self.work.tx.set_aside_of_author(&author.actor(), UNKNOWN_AUTHOR)? {
            let Ok(envelope) = Envelope::from_bytes(&row.bytes) else { continue };
            if envelope.is_signed_by(&author.certificate.key()) {
                // Without a place the server lacks it by now: it is offered again.
                let state =
                    if row.server_seq.is_some() { EnvelopeState::Acked } else { EnvelopeState::Outbox };
                self.work.tx.set_envelope_state(&row.hash, state, None)?;
                self.accept(&envelope)?;
            }
        }
        self.merge_pending()
    }

    fn acknowledge(&mut self, place: &Place) -> Result<(), DeviceError> {
        let Some(receipt) = &self.commit.receipt else { return Ok(()) };
        let number = match self.carried.receipt {
            Some(number) => number,
            None => self.work.tx.insert_receipt(&receipt.to_bytes())?,
        };
        self.carried.receipt = Some(number);
        let time = receipt.server_time_ms;
        let hash = &place.envelope.0;
        if self.work.tx.is_offered(hash)? {
            self.work.tx.set_offered(hash, false)?;
            return Ok(self.work.tx.place_envelope(hash, place.epoch, place.seq, time)?);
        }
        Ok(self.work.tx.ack_envelope(hash, place.epoch, place.seq, time, Some(number))?)
    }

    /// A new actor, at most once in one answer.
    pub(crate) fn renew(&mut self) -> Result<(), DeviceError> {
        if !self.carried.renewed {
            self.work.renew_actor()?;
            self.carried.renewed = true;
        }
        Ok(())
    }

    // ---- documents that were made ready ----

    /// Whether nothing came between preparing a document and this transaction, and no envelope of
    /// the step stands on another one's place.
    fn fits(&self, group: &[&Pulled], ready: &PreparedDocument) -> Result<bool, DeviceError> {
        for pulled in group {
            let envelope = &pulled.envelope;
            let busy = self.touched.contains_key(&envelope.doc) || self.losers.contains_key(&envelope.doc);
            if busy
                || self.work.tx.envelope(&envelope.hash().0)?.is_some()
                || !self.holders(envelope)?.is_empty()
            {
                return Ok(false);
            }
        }
        ready.is_current(self.work.tx)
    }

    fn keep(&mut self, group: &[&Pulled], ready: &PreparedDocument) -> Result<(), DeviceError> {
        for (pulled, row) in group.iter().zip(ready.rows()) {
            self.work.tx.delete_gap(&row.log, &row.hash)?;
            self.work.tx.insert_envelope(row)?;
            self.insert_changes(&pulled.envelope)?;
        }
        ready.put(self.work.tx)
    }

    // ---- comparing ----

    /// Compares a log's hashes with the device's: what the server lacks goes back to the outbox,
    /// what the device lacks is asked for. An acknowledgement of another epoch counts no more. It is
    /// one step: between taking back what was acknowledged and finding it again, all of the log would
    /// seem unsent.
    fn compare(&mut self, inventory: &Inventory) -> Result<(), DeviceError> {
        let LogHead { log, epoch, .. } = inventory.head;
        let name = log.to_string();
        self.work.tx.unack_log(&name, epoch + 1)?;
        let apart = self.work.tx.placed_apart(&name)?;
        self.work.tx.unplace_log(&name)?;
        self.work.tx.delete_gaps_of_log(&name)?;
        for (hash, seq) in &inventory.rows {
            match self.work.tx.envelope(&hash.0)? {
                Some(row) if self.place(&row, epoch, *seq, row.server_time_ms.unwrap_or(0))? => {}
                _ => self.found.lacking.push((*hash, log, epoch)),
            }
        }
        self.offer_apart(&apart, inventory)?;
        self.carried.requeued = true;
        Ok(())
    }

    /// Notes where an envelope stands. `false` for one that was issued again: it must come back
    /// in and take its place.
    fn place(&mut self, row: &EnvelopeRow, epoch: u64, seq: u64, time_ms: i64) -> Result<bool, DeviceError> {
        self.found.had += u32::from(row.state == EnvelopeState::Outbox);
        match row.state {
            EnvelopeState::Outbox | EnvelopeState::Acked => {
                self.work.tx.ack_envelope(&row.hash, epoch, seq, time_ms, None)?;
            }
            // What the server kept apart stands in its log now: it was admitted.
            EnvelopeState::Quarantined if row.reason.as_deref().and_then(reason_of).is_some() => {
                self.work.tx.ack_envelope(&row.hash, epoch, seq, time_ms, None)?;
            }
            EnvelopeState::Quarantined | EnvelopeState::Refused => {
                self.work.tx.place_envelope(&row.hash, epoch, seq, time_ms)?;
                self.work.tx.set_offered(&row.hash, false)?;
            }
            EnvelopeState::Superseded => return Ok(false),
        }
        Ok(true)
    }

    // ---- envelopes of others ----

    fn pull(&mut self, pulled: &Pulled) -> Result<(), DeviceError> {
        let hash = pulled.envelope.hash();
        let known = self.work.tx.envelope(&hash.0)?;
        if let Some(row) = &known
            && self.place(row, pulled.epoch, pulled.seq, pulled.server_time_ms)?
        {
            return Ok(());
        }
        let excluded = self.is_excluded(&hash)?;
        let counts = pulled.authentic && !excluded;
        let state = if counts { EnvelopeState::Acked } else { EnvelopeState::Quarantined };
        if counts {
            self.make_room(&pulled.envelope)?;
        }
        self.insert(pulled, known.is_some(), state)?;
        if excluded {
            self.work.tx.set_envelope_state(&hash.0, EnvelopeState::Quarantined, Some(Verdict::EXCLUDED))?;
        }
        if counts {
            self.accept(&pulled.envelope)?;
        }
        Ok(())
    }

    fn insert(&self, pulled: &Pulled, known: bool, state: EnvelopeState) -> Result<(), DeviceError> {
        let Pulled { envelope, log, epoch, seq, server_time_ms, authentic } = pulled;
        self.work.tx.delete_gap(&log.to_string(), &envelope.hash().0)?;
        if known {
            return Ok(self.work.tx.ack_envelope(&envelope.hash().0, *epoch, *seq, *server_time_ms, None)?);
        }
        let reason = (!authentic).then(|| UNKNOWN_AUTHOR.to_owned());
        let row = EnvelopeRow { reason, ..documents::row_of_pulled(pulled, state) };
        self.work.tx.insert_envelope(&row)?;
        Ok(())
    }

    /// The server's word decides who holds a place in a chain: what holds it here gives way and is
    /// issued again.
    fn make_room(&mut self, envelope: &Envelope) -> Result<(), DeviceError> {
        self.holders(envelope)?.iter().try_for_each(|holder| self.lose(holder))
    }

    /// Other envelopes that hold the places of this one: in its author's chain, and of its changes in
    /// the document.
    fn holders(&self, envelope: &Envelope) -> Result<BTreeSet<EnvelopeHash>, DeviceError> {
        let tx = self.work.tx;
        let mut holders = BTreeSet::new();
        holders.extend(tx.envelope_at(&envelope.actor, envelope.seq)?.map(EnvelopeHash));
        for change in envelope.changes() {
            if let Some(header) = change.header()
                && let Some((held, carrier)) = tx.change_at(&envelope.doc, &header.actor, header.seq)?
                && held != change.hash()
            {
                holders.insert(EnvelopeHash(carrier));
            }
        }
        holders.remove(&envelope.hash());
        Ok(holders)
    }

    /// Sets an envelope aside, to be issued again.
    fn lose(&mut self, hash: &EnvelopeHash) -> Result<(), DeviceError> {
        let Some(row) = self.work.tx.envelope(&hash.0)? else { return Ok(()) };
        self.work.tx.set_envelope_state(&hash.0, EnvelopeState::Superseded, Some("fork"))?;
        self.work.tx.delete_changes_of_envelope(&hash.0)?;
        self.losers.entry(row.doc).or_default().insert(*hash);
        self.touched.remove(&row.doc);
        Ok(())
    }

    fn accept(&mut self, envelope: &Envelope) -> Result<(), DeviceError> {
        match &envelope.body {
            Body::Changes(_) => self.apply(envelope),
            Body::Verdict(verdict) => self.judge(envelope, verdict),
            Body::Revocation(_) => Ok(()),
        }
    }

    fn apply(&mut self, envelope: &Envelope) -> Result<(), DeviceError> {
        self.insert_changes(envelope)?;
        if self.losers.contains_key(&envelope.doc) {
            // The document still holds what gives way to this: it is made anew without it below.
            return Ok(());
        }
        match self.create(envelope)? {
            true => self.apply_earlier(&envelope.doc),
            false => {
                self.pending.push(envelope.clone());
                Ok(())
            }
        }
    }

    pub(super) fn insert_changes(&self, envelope: &Envelope) -> Result<(), DeviceError> {
        let hash = envelope.hash();
        for change in envelope.changes() {
            if let Some(header) = change.header() {
                let (doc, change) = (&envelope.doc, change.hash());
                self.work.tx.insert_change(doc, &change, &header.actor, header.seq, &hash.0)?;
            }
        }
        Ok(())
    }

    /// Makes the document that an envelope creates.
    pub(super) fn create(&mut self, envelope: &Envelope) -> Result<bool, DeviceError> {
        let Some(header) = &envelope.header else { return Ok(false) };
        let Some(kind) = documents::kind_of(header.class) else { return Ok(false) };
        if self.loaded(&envelope.doc)?.is_some() {
            return Ok(false);
        }
        self.touched.insert(envelope.doc, LoadedDocument::new(envelope.doc, header, kind, envelope.actor));
        Ok(true)
    }

    /// Envelopes that came before the one that creates their document.
    fn apply_earlier(&mut self, doc: &DocId) -> Result<(), DeviceError> {
        if let Some(mut loaded) = self.touched.remove(doc) {
            self.make_anew(&mut loaded)?;
            self.touched.insert(*doc, loaded);
        }
        Ok(())
    }

    pub(crate) fn loaded(&mut self, doc: &DocId) -> Result<Option<&mut LoadedDocument>, DeviceError> {
        match self.touched.entry(*doc) {
            Entry::Occupied(entry) => Ok(Some(entry.into_mut())),
            Entry::Vacant(entry) => match LoadedDocument::load(self.work.tx, doc) {
                Err(DeviceError::Case(error)) => {
                    tracing::warn!(%doc, %error, "a stored document cannot be read and is made anew");
                    let anew = LoadedDocument::anew(self.work.tx, doc)?;
                    Ok(anew.map(|loaded| entry.insert(loaded)))
                }
                loaded => Ok(loaded?.map(|loaded| entry.insert(loaded))),
            },
        }
    }

    pub(super) fn quarantine(&mut self, envelope: &Envelope, error: &ApplyError) -> Result<(), DeviceError> {
        let reason = error.refusal.to_string();
        let hash = envelope.hash();
        self.work.tx.set_envelope_state(&hash.0, EnvelopeState::Quarantined, Some(&reason))?;
        self.work.tx.delete_changes_of_envelope(&hash.0)?;
        self.found.quarantined.push(format!("{} {}: {reason}", envelope.doc, envelope.actor));
        Ok(())
    }

    /// Takes a verdict, if it is the server's.
    fn judge(&mut self, envelope: &Envelope, verdict: &Verdict) -> Result<(), DeviceError> {
        let server = self.work.identity.enrolled()?.server;
        let record = self
            .work
            .tx
            .author(&envelope.actor)?
            .map(|bytes| AuthorRecord::from_bytes(&bytes))
            .transpose()?;
        let genuine =
            record.is_some_and(|r| r.certificate.role == Role::Server && r.certificate.key() == server);
        if !genuine {
            let state = EnvelopeState::Quarantined;
            return Ok(self.work.tx.set_envelope_state(
                &envelope.hash().0,
                state,
                Some("not the server's"),
            )?);
        }
        // A log tells verdicts in their order, but what is fetched after a comparison comes in any.
        let row = self.work.tx.envelope(&envelope.hash().0)?;
        let place = row.map_or((0, 0), |row| (row.epoch.unwrap_or(0), row.server_seq.unwrap_or(0)));
        let known = self.work.tx.verdict(&verdict.subject.0)?;
        if known.is_some_and(|known| stored_verdict::place_of(&known) > place) {
            return Ok(());
        }
        self.work.tx.put_verdict(&verdict.subject.0, &stored_verdict::to_bytes(verdict, place))?;
        self.exclude(verdict)?;
        self.loaded(&envelope.doc).map(drop)
    }

    // ---- what became of the device's own ----

    fn close(&mut self) -> Result<(), DeviceError> {
        // Before what the server lacks is looked for: a change may be in an envelope issued again.
        for (doc, losers) in std::mem::take(&mut self.losers) {
            self.reissue(doc, losers)?;
        }
        self.offer_again()?;
        for gap in &self.commit.gaps {
            self.note_gap(gap)?;
        }
        for head in &self.commit.positions {
            self.work.tx.put_cursor(&cursor(head))?;
            // An acknowledgement counts only for its epoch.
            self.carried.requeued |= self.work.tx.unack_log(&head.log.to_string(), head.epoch)? > 0;
        }
        if let Some(actor) = &self.commit.registered {
            identity::set_registered(self.work.tx, actor)?;
        }
        self.note_dismissed()?;
        self.note_standing()
    }

    fn refuse(&mut self, hash: &EnvelopeHash, reason: Reason) -> Result<(), DeviceError> {
        let again = match reason {
            // Damaged on its way or by this program: what the person sees is written again.
            Reason::Undecodable => true,
            // An earlier program put more changes into it than a server takes: again, in several.
            Reason::TooLarge => self.changes_of(hash)? > ENVELOPE_CHANGES,
            _ => false,
        };
        if again {
            return self.lose(hash);
        }
        let state = EnvelopeState::Quarantined;
        Ok(self.work.tx.set_envelope_state(&hash.0, state, Some(&server_reason(reason)))?)
    }

    fn changes_of(&self, hash: &EnvelopeHash) -> Result<usize, DeviceError> {
        let row = self.work.tx.envelope(&hash.0)?;
        let envelope = row.and_then(|row| Envelope::from_bytes(&row.bytes).ok());
        Ok(envelope.map_or(0, |envelope| envelope.changes().len()))
    }

    /// Notes an entry whose content the server does not give, unless the device has it.
    fn note_gap(&mut self, gap: &Gap) -> Result<(), DeviceError> {
        let Gap { log, epoch, seq, envelope, why } = *gap;
        if let Some(row) = self.work.tx.envelope(&envelope.0)? {
            let time = row.server_time_ms.unwrap_or(0);
            self.place(&row, epoch, seq, time)?;
            return Ok(());
        }
        let excluded = why == GapKind::Excluded;
        let row = GapRow { log: log.to_string(), hash: envelope.0, epoch, seq, excluded };
        Ok(self.work.tx.put_gap(&row)?)
    }

    /// A server that hears this device again (the revocation was taken back, a certificate renewed, a clock
    /// mended) is offered what it had kept apart.
    fn note_standing(&mut self) -> Result<(), DeviceError> {
        let tx = self.work.tx;
        let heard = !self.commit.revoked && !self.commit.standing.expired;
        if heard && Standing::load(tx)?.is_void() {
            for reason in [Reason::Revoked, Reason::Expired] {
                self.carried.requeued |= tx.requeue_quarantined(&server_reason(reason))? > 0;
            }
        }
        if let Some(certificate) = &self.commit.certificate {
            self.work.renew_certificate(certificate)?;
        }
        if self.commit.standing.expired {
            // A restored server may know an earlier certificate than this device has: it is shown again.
            identity::forget_registered(tx)?;
        }
        standing::note(tx, self.commit, self.work.host.now_ms())
    }
}

fn cursor(head: &LogHead) -> LogCursor {
    LogCursor {
        log: head.log.to_string(),
        epoch: head.epoch,
        cursor: head.seq,
        chain: head.chain,
        head_signature: head.to_bytes(),
    }
}
