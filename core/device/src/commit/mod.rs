//! What a sync answer brings, written in one transaction: receipts, envelopes of others, verdicts,
//! inventories, positions.

mod reissue;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::{ApplyError, ChangeHash, DocId, RawChange};
use ruhu_store::{EnvelopeRow, EnvelopeState, LogCursor, Tx};
use ruhu_sync::engine::{Commit, Committed, Inventory, Pulled};
use ruhu_sync::{AuthorRecord, Body, Envelope, EnvelopeHash, LogHead, LogId, LogSum, Reason, Role, Verdict};

use crate::documents::{self, Ancestry, LoadedDocument};
use crate::error::DeviceError;
use crate::host::Host;
use crate::identity::{self, Identity};

/// What a person should be told of.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Envelopes issued again under a new actor.
    pub reissued: u32,
    /// Changes that no document can hold: document and author.
    pub quarantined: Vec<String>,
}

/// One answer on its way into the store.
pub(crate) struct CommitApplier<'a, 't> {
    pub(crate) tx: &'a Tx<'t>,
    pub(crate) identity: &'a mut Identity,
    pub(crate) host: &'a dyn Host,
    pub(crate) touched: BTreeMap<DocId, LoadedDocument>,
    /// Envelopes whose place another one took, by document.
    pub(crate) losers: BTreeMap<DocId, BTreeSet<EnvelopeHash>>,
    pub(crate) requeued: bool,
    pub(crate) renewed: bool,
    pub(crate) found: Found,
}

impl<'a, 't> CommitApplier<'a, 't> {
    pub fn new(tx: &'a Tx<'t>, identity: &'a mut Identity, host: &'a dyn Host) -> Self {
        CommitApplier {
            tx,
            identity,
            host,
            touched: BTreeMap::new(),
            losers: BTreeMap::new(),
            requeued: false,
            renewed: false,
            found: Found::default(),
        }
    }

    /// Writes everything and tells the engine what was found while doing so.
    pub fn take(&mut self, commit: &Commit) -> Result<Committed, DeviceError> {
        for record in &commit.authors {
            self.tx.put_author(&record.actor(), &record.to_bytes())?;
        }
        self.acknowledge(commit)?;
        if commit.restored {
            self.renew()?;
        }
        let mut lacking = Vec::new();
        for inventory in &commit.inventories {
            lacking.extend(self.compare(inventory)?);
        }
        for pulled in &commit.pulled {
            self.pull(pulled)?;
        }
        self.refuse(commit)?;
        for (doc, losers) in std::mem::take(&mut self.losers) {
            self.reissue(doc, losers)?;
        }
        self.offer_again(commit)?;
        self.finish(commit)?;
        Ok(Committed { sums: self.sums(&commit.sum_of)?, lacking, requeued: self.requeued })
    }

    fn acknowledge(&mut self, commit: &Commit) -> Result<(), DeviceError> {
        let Some(receipt) = &commit.receipt else { return Ok(()) };
        let number = self.tx.insert_receipt(&receipt.to_bytes())?;
        for place in &commit.held {
            let time = receipt.server_time_ms;
            self.tx.ack_envelope(&place.envelope.0, place.epoch, place.seq, time, Some(number))?;
        }
        Ok(())
    }

    /// A new actor, at most once in one answer.
    pub(crate) fn renew(&mut self) -> Result<(), DeviceError> {
        if !self.renewed {
            self.identity.renew(self.tx, self.host)?;
            self.renewed = true;
        }
        Ok(())
    }

    /// Compares a log's hashes with the device's: what the server lacks goes back to the outbox,
    /// what the device lacks is asked for. An acknowledgement of another epoch counts no more.
    fn compare(&mut self, inventory: &Inventory) -> Result<Vec<(EnvelopeHash, LogId, u64)>, DeviceError> {
        let LogHead { log, epoch, .. } = inventory.head;
        self.tx.unack_log(&log.to_string(), epoch + 1)?;
        let mut lacking = Vec::new();
        for (hash, seq) in &inventory.rows {
            match self.tx.envelope(&hash.0)? {
                Some(row) if self.place(&row, epoch, *seq, row.server_time_ms.unwrap_or(0))? => {}
                _ => lacking.push((*hash, log, epoch)),
            }
        }
        self.requeued = true;
        Ok(lacking)
    }

    /// Notes where an envelope stands. `false` for one that was issued again: it must come back
    /// in and take its place.
    fn place(&self, row: &EnvelopeRow, epoch: u64, seq: u64, time_ms: i64) -> Result<bool, DeviceError> {
        match row.state {
            EnvelopeState::Outbox | EnvelopeState::Acked => {
                self.tx.ack_envelope(&row.hash, epoch, seq, time_ms, None)?;
            }
            EnvelopeState::Quarantined | EnvelopeState::Refused => {
                self.tx.place_envelope(&row.hash, epoch, seq, time_ms)?;
            }
            EnvelopeState::Superseded => return Ok(false),
        }
        Ok(true)
    }

    // ---- envelopes of others ----

    fn pull(&mut self, pulled: &Pulled) -> Result<(), DeviceError> {
        let hash = pulled.envelope.hash();
        let known = self.tx.envelope(&hash.0)?;
        if let Some(row) = &known
            && self.place(row, pulled.epoch, pulled.seq, pulled.server_time_ms)?
        {
            return Ok(());
        }
        let state = if pulled.authentic { EnvelopeState::Acked } else { EnvelopeState::Refused };
        if pulled.authentic {
            self.make_room(&pulled.envelope)?;
        }
        self.insert(pulled, known.is_some(), state)?;
        if pulled.authentic {
            self.accept(&pulled.envelope)?;
        }
        Ok(())
    }

    fn insert(&self, pulled: &Pulled, known: bool, state: EnvelopeState) -> Result<(), DeviceError> {
        let Pulled { envelope, log, epoch, seq, server_time_ms, authentic } = pulled;
        if known {
            return Ok(self.tx.ack_envelope(&envelope.hash().0, *epoch, *seq, *server_time_ms, None)?);
        }
        let row = EnvelopeRow {
            epoch: Some(*epoch),
            server_seq: Some(*seq),
            server_time_ms: Some(*server_time_ms),
            reason: (!authentic).then(|| "bad_signature".to_owned()),
            ..documents::row_of(envelope, log.to_string(), state)
        };
        self.tx.insert_envelope(&row)?;
        Ok(())
    }

    /// The server's word decides who holds a place in a chain: what holds it here gives way and is
    /// issued again.
    fn make_room(&mut self, envelope: &Envelope) -> Result<(), DeviceError> {
        let hash = envelope.hash();
        let mut holders = BTreeSet::new();
        holders.extend(self.tx.envelope_at(&envelope.actor, envelope.seq)?.map(EnvelopeHash));
        for change in envelope.changes() {
            if let Some(header) = change.header()
                && let Some((held, carrier)) = self.tx.change_at(&envelope.doc, &header.actor, header.seq)?
                && held != change.hash()
            {
                holders.insert(EnvelopeHash(carrier));
            }
        }
        holders.remove(&hash);
        for holder in holders {
            self.lose(&holder)?;
        }
        Ok(())
    }

    /// Sets an envelope aside, to be issued again.
    fn lose(&mut self, hash: &EnvelopeHash) -> Result<(), DeviceError> {
        let Some(row) = self.tx.envelope(&hash.0)? else { return Ok(()) };
        self.tx.set_envelope_state(&hash.0, EnvelopeState::Superseded, Some("fork"))?;
        self.tx.delete_changes_of_envelope(&hash.0)?;
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
        let hash = envelope.hash();
        for change in envelope.changes() {
            if let Some(header) = change.header() {
                self.tx.insert_change(&envelope.doc, &change.hash(), &header.actor, header.seq, &hash.0)?;
            }
        }
        if self.losers.contains_key(&envelope.doc) {
            // The document still holds what gives way to this: it is made anew without it below.
            return Ok(());
        }
        let created = self.create(envelope)?;
        let chunks: Vec<Vec<u8>> = envelope.changes().iter().map(RawChange::chunk).collect();
        let Some(held) = self.held(&envelope.doc)? else { return Ok(()) };
        let applied = held.document.apply(&chunks);
        match applied {
            Ok(applied) => {
                let late: Vec<ChangeHash> = applied.refused.into_iter().map(|(hash, _)| hash).collect();
                self.quarantine_changes(&envelope.doc, &late)?;
            }
            Err(error) => self.quarantine(envelope, &error)?,
        }
        if created { self.apply_earlier(&envelope.doc) } else { Ok(()) }
    }

    /// Makes the document that an envelope creates.
    fn create(&mut self, envelope: &Envelope) -> Result<bool, DeviceError> {
        let Some(header) = &envelope.header else { return Ok(false) };
        let Some(kind) = documents::kind_of(header.class) else { return Ok(false) };
        if self.held(&envelope.doc)?.is_some() {
            return Ok(false);
        }
        self.touched.insert(envelope.doc, LoadedDocument::new(envelope.doc, header, kind, envelope.actor));
        Ok(true)
    }

    /// Envelopes that came before the one that creates their document.
    fn apply_earlier(&mut self, doc: &DocId) -> Result<(), DeviceError> {
        if let Some(mut held) = self.touched.remove(doc) {
            self.make_anew(&mut held)?;
            self.touched.insert(*doc, held);
        }
        Ok(())
    }

    /// Makes a document anew from its envelopes that count.
    pub(crate) fn make_anew(&mut self, held: &mut LoadedDocument) -> Result<Ancestry, DeviceError> {
        let ancestry = Ancestry::of(self.tx, &held.row.id)?;
        let (document, faults) = ancestry.whole(held.row.kind);
        held.document = document;
        for (hash, error) in faults {
            if let Some(envelope) = ancestry.envelopes.get(&hash) {
                self.quarantine(envelope, &error)?;
            }
        }
        Ok(ancestry)
    }

    pub(crate) fn held(&mut self, doc: &DocId) -> Result<Option<&mut LoadedDocument>, DeviceError> {
        match self.touched.entry(*doc) {
            Entry::Occupied(entry) => Ok(Some(entry.into_mut())),
            Entry::Vacant(entry) => Ok(LoadedDocument::load(self.tx, doc)?.map(|held| entry.insert(held))),
        }
    }

    fn quarantine(&mut self, envelope: &Envelope, error: &ApplyError) -> Result<(), DeviceError> {
        let reason = error.refusal.to_string();
        let hash = envelope.hash();
        self.tx.set_envelope_state(&hash.0, EnvelopeState::Quarantined, Some(&reason))?;
        self.tx.delete_changes_of_envelope(&hash.0)?;
        self.found.quarantined.push(format!("{} {}: {reason}", envelope.doc, envelope.actor));
        Ok(())
    }

    fn quarantine_changes(&mut self, doc: &DocId, changes: &[ChangeHash]) -> Result<(), DeviceError> {
        for change in changes {
            if let Some(hash) = self.tx.envelope_of_change(doc, change)? {
                self.tx.set_envelope_state(&hash, EnvelopeState::Quarantined, Some("refused late"))?;
                self.tx.delete_changes_of_envelope(&hash)?;
                self.found.quarantined.push(format!("{doc}: {change}"));
            }
        }
        Ok(())
    }

    /// Takes a verdict, if it is the server's.
    fn judge(&mut self, envelope: &Envelope, verdict: &Verdict) -> Result<(), DeviceError> {
        let server = self.identity.enrolled()?.server;
        let record =
            self.tx.author(&envelope.actor)?.map(|bytes| AuthorRecord::from_bytes(&bytes)).transpose()?;
        let genuine =
            record.is_some_and(|r| r.certificate.role == Role::Server && r.certificate.key() == server);
        if !genuine {
            let state = EnvelopeState::Quarantined;
            return Ok(self.tx.set_envelope_state(&envelope.hash().0, state, Some("not the server's"))?);
        }
        let mut bytes = vec![u8::from(verdict.hide)];
        bytes.extend_from_slice(verdict.reason.as_bytes());
        self.tx.put_verdict(&verdict.subject.0, &bytes)?;
        self.held(&envelope.doc).map(drop)
    }

    // ---- what became of the device's own ----

    fn refuse(&mut self, commit: &Commit) -> Result<(), DeviceError> {
        for hash in &commit.forks {
            self.lose(hash)?;
        }
        for (hash, reason) in &commit.refused {
            match reason {
                // Damaged on its way or by this program: what the person sees is written again.
                Reason::Undecodable => self.lose(hash)?,
                other => {
                    let state = EnvelopeState::Quarantined;
                    self.tx.set_envelope_state(&hash.0, state, Some(&server_reason(*other)))?;
                }
            }
        }
        Ok(())
    }

    /// Puts back into the outbox what the server turned out to lack.
    fn offer_again(&mut self, commit: &Commit) -> Result<(), DeviceError> {
        for (hash, change) in &commit.missing {
            let Some(row) = self.tx.envelope(&hash.0)? else { continue };
            if let Some(carrier) = self.tx.envelope_of_change(&row.doc, change)? {
                self.requeue(&carrier)?;
            }
        }
        for doc in &commit.unknown_documents {
            for row in self.tx.envelopes_of_document(doc)? {
                if Envelope::from_bytes(&row.bytes)?.header.is_some() {
                    self.requeue(&row.hash)?;
                }
            }
        }
        Ok(())
    }

    fn requeue(&mut self, hash: &[u8; 32]) -> Result<(), DeviceError> {
        let state = self.tx.envelope(hash)?.map(|row| row.state);
        if state == Some(EnvelopeState::Acked) {
            self.tx.set_envelope_state(hash, EnvelopeState::Outbox, None)?;
        }
        self.requeued |= matches!(state, Some(EnvelopeState::Acked | EnvelopeState::Outbox));
        Ok(())
    }

    fn finish(&mut self, commit: &Commit) -> Result<(), DeviceError> {
        let now_ms = self.host.now_ms();
        for held in std::mem::take(&mut self.touched).values_mut() {
            held.document.set_hidden(documents::hidden_changes(self.tx, &held.row.id)?);
            held.save(self.tx, now_ms)?;
        }
        for head in &commit.positions {
            self.tx.put_cursor(&cursor(head))?;
            // An acknowledgement counts only for its epoch.
            self.requeued |= self.tx.unack_log(&head.log.to_string(), head.epoch)? > 0;
        }
        if let Some(actor) = &commit.registered {
            identity::set_registered(self.tx, actor)?;
        }
        self.note_revocation(commit.revoked)
    }

    /// A server that knows of no revocation any more (it was restored from before it, or a new
    /// certificate came) is offered what it had kept apart.
    fn note_revocation(&mut self, revoked: bool) -> Result<(), DeviceError> {
        if !revoked && identity::is_revoked(self.tx)? {
            for reason in [Reason::Revoked, Reason::Expired] {
                self.requeued |= self.tx.requeue_quarantined(&server_reason(reason))? > 0;
            }
        }
        identity::set_revoked(self.tx, revoked)
    }

    fn sums(&self, logs: &[LogId]) -> Result<Vec<(LogId, LogSum)>, DeviceError> {
        let mut sums = Vec::with_capacity(logs.len());
        for log in logs {
            let name = log.to_string();
            let epoch = self.tx.cursor(&name)?.map_or(0, |cursor| cursor.epoch);
            let (count, sum) = self.tx.log_sum(&name, epoch)?;
            sums.push((*log, LogSum { count, sum }));
        }
        Ok(sums)
    }
}

/// How a reason of the server stands in the store.
fn server_reason(reason: Reason) -> String {
    format!("server: {reason:?}")
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
