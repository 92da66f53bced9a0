//! The sync engine: a state machine without I/O. The host feeds it [`Event`]s and carries out the
//! one [`Effect`] it answers with, until [`Effect::Done`]. Time, storage and the network are the
//! host's; the same code runs on a phone and in a simulator.
//!
//! A run goes in rounds: `Load` what there is to give, `Send` one request, `Commit` everything the
//! answer brought in one transaction. A cut anywhere loses nothing: what was not committed is
//! offered or asked for again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ruhu_case::limits::PAGE_BYTES;
use ruhu_case::{ActorId, ChangeHash, DocId};

use crate::certificate::AuthorRecord;
use crate::codec::{self, CodecError};
use crate::envelope::{Envelope, EnvelopeHash};
use crate::keys::PublicKey;
use crate::log::{LogHead, LogId, LogSum};
use crate::message::{
    Actor, ChainTail, ETag, Entries, InventoryAsk, LogNews, Position, SyncRequest, SyncResponse,
};
use crate::outcome::{Outcome, Reason};
use crate::page::Page;
use crate::receipt::{Place, Receipt};

/// How much a host need load of its outbox for one page, in bytes before compression.
/// New households compress to about a tenth: so much fills a page of [`PAGE_BYTES`].
pub const OUTBOX_RAW: usize = 6 * 1024 * 1024;
/// How many hashes are asked for in one request.
const WANT_PAGE: usize = 500;
/// How often one envelope is offered in one run: once, and again after what it waited for was given.
const MAX_OFFERS: u8 = 3;
/// A run that has not ended after so many rounds ends as it is; the next run goes on.
const MAX_ROUNDS: u32 = 10_000;

/// What the host tells the engine.
#[derive(Debug)]
pub enum Event {
    /// The run begins.
    Start,
    /// The answer to [`Effect::Load`].
    Loaded(Loaded),
    /// The answer to [`Effect::Send`].
    Response(Vec<u8>),
    /// The answer to [`Effect::Commit`]: it is durable.
    Committed(Committed),
}

/// What the engine asks of the host.
#[derive(Debug)]
pub enum Effect {
    /// Read a consistent view of the store, with the outbox after this row.
    Load {
        /// The row after which to begin, 0 for the start.
        outbox_after: i64,
    },
    /// Send this body to the server's sync endpoint.
    Send(Vec<u8>),
    /// Write all of this in one transaction.
    Commit(Box<Commit>),
    /// The run has ended.
    Done(Summary),
}

/// What the host has.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The positions of the logs the device knows.
    pub positions: Vec<LogHead>,
    /// The end of the device's own chain; `None` before its first envelope.
    pub tail: Option<ChainTail>,
    /// Every author record the device holds, its own among them.
    pub authors: HashMap<ActorId, AuthorRecord>,
    /// The device's own actor.
    pub own: Option<ActorId>,
    /// Whether the server is known to have the device's own author record.
    pub own_registered: bool,
    /// Envelopes waiting to be sent, oldest first, with their row numbers; about [`OUTBOX_RAW`] bytes.
    pub outbox: Vec<(i64, Envelope)>,
    /// Whether more wait behind these.
    pub outbox_more: bool,
}

/// What the host shall write in one transaction.
#[derive(Debug, Default)]
pub struct Commit {
    /// Envelopes the server holds.
    pub held: Vec<Place>,
    /// The receipt for them.
    pub receipt: Option<Receipt>,
    /// Envelopes that wait for a change the server lacks: offer the envelope of that change again,
    /// if the device holds it.
    pub missing: Vec<(EnvelopeHash, ChangeHash)>,
    /// Documents whose header the server lacks: offer their first envelope again.
    pub unknown_documents: BTreeSet<DocId>,
    /// Envelopes whose place another one took: issue what they say again under a new actor.
    pub forks: Vec<EnvelopeHash>,
    /// Envelopes the server does not show: keep them, tell the person.
    pub refused: Vec<(EnvelopeHash, Reason)>,
    /// Envelopes of others (or of this device before it was restored).
    pub pulled: Vec<Pulled>,
    /// Author records to keep.
    pub authors: Vec<AuthorRecord>,
    /// Complete inventories.
    pub inventories: Vec<Inventory>,
    /// The new positions.
    pub positions: Vec<LogHead>,
    /// The device was restored from an older copy: make a new actor before anything is written.
    pub restored: bool,
    /// The server now has this actor's record.
    pub registered: Option<ActorId>,
    /// The certificate is revoked.
    pub revoked: bool,
    /// The logs whose checksum the engine wants to know after this commit.
    pub sum_of: Vec<LogId>,
}

/// An envelope that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulled {
    /// The envelope.
    pub envelope: Envelope,
    /// Its log.
    pub log: LogId,
    /// The epoch of the log.
    pub epoch: u64,
    /// Its sequence number there.
    pub seq: u64,
    /// When the server took it, Unix milliseconds of the server's clock.
    pub server_time_ms: i64,
    /// Whether the author's signature is right. If not, keep it apart and apply nothing.
    pub authentic: bool,
}

/// All hashes of a log that the device may see.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// The position of the inventory's end: its log and epoch.
    pub head: LogHead,
    /// Hashes and sequence numbers.
    pub rows: Vec<(EnvelopeHash, u64)>,
}

/// What the host found while writing.
#[derive(Debug, Default)]
pub struct Committed {
    /// The checksums asked for, from the device's own rows.
    pub sums: Vec<(LogId, LogSum)>,
    /// Of the inventories: what the device lacks, with log and epoch.
    pub lacking: Vec<(EnvelopeHash, LogId, u64)>,
    /// Whether something was put into the outbox: read it from the start again.
    pub requeued: bool,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Round trips.
    pub rounds: u32,
    /// Bytes of request bodies.
    pub bytes_up: u64,
    /// Bytes of response bodies.
    pub bytes_down: u64,
    /// Envelopes the server took or already had.
    pub held: u32,
    /// Envelopes that came.
    pub pulled: u32,
    /// Envelopes that wait for something the server lacks.
    pub waiting: u32,
    /// Envelopes that the server keeps apart or refused.
    pub refused: u32,
    /// Envelopes issued again because their place was taken.
    pub forks: u32,
    /// Logs whose checksum still differs after hashes were compared.
    pub drifted: Vec<LogId>,
    /// The entity tag of the server's list of forms.
    pub forms: Option<ETag>,
    /// The certificate is revoked.
    pub revoked: bool,
    /// The server's clock, Unix milliseconds.
    pub server_time_ms: i64,
}

/// Why a run cannot go on. Nothing was written that the server did not prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The answer is not a message of this protocol.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A receipt or a log head does not carry the server's signature.
    #[error("the server's signature on a {0} is wrong")]
    ServerSignature(&'static str),
    /// The answer does not fit the question.
    #[error("the server's answer does not fit: {0}")]
    Unfitting(&'static str),
    /// The host answered with another event than was asked for.
    #[error("the host sent an event that was not asked for")]
    OutOfTurn,
}

/// Where the engine stands between two events.
#[derive(Debug)]
enum State {
    Idle,
    Loading,
    Sending(Sent),
    Committing(Expected),
    Ended,
}

/// What a response will be held against.
#[derive(Debug)]
struct Sent {
    pushed: Vec<Envelope>,
    authors: HashMap<ActorId, AuthorRecord>,
    own: Option<ActorId>,
    outbox_more: bool,
    own_offered: bool,
}

/// What a commit's answer will be held against.
#[derive(Debug)]
struct Expected {
    sums: Vec<(LogId, LogSum)>,
    more: bool,
}

/// The engine of one run.
#[derive(Debug)]
pub struct Engine {
    server: PublicKey,
    state: State,
    summary: Summary,
    outbox_after: i64,
    offers: HashMap<EnvelopeHash, u8>,
    offer_authors: BTreeSet<ActorId>,
    want_authors: BTreeSet<ActorId>,
    /// Authors that were asked for in this run: a server that cannot name one is not asked again.
    asked_authors: BTreeSet<ActorId>,
    /// News that waits for authors.
    stalled: Vec<LogNews>,
    stalled_wanted: Vec<(Envelope, u64, i64)>,
    prove: BTreeSet<LogId>,
    inventories: BTreeMap<LogId, Vec<(EnvelopeHash, u64)>>,
    reconciled: BTreeSet<LogId>,
    want: BTreeMap<EnvelopeHash, (LogId, u64)>,
    /// Positions to be taken once everything wanted of their log has come.
    pending_heads: BTreeMap<LogId, LogHead>,
    /// What of the wanted the server does not give.
    asked: BTreeSet<EnvelopeHash>,
}

impl Engine {
    /// An engine for one run against the server with this key.
    pub fn new(server: PublicKey) -> Engine {
        Engine {
            server,
            state: State::Idle,
            summary: Summary::default(),
            outbox_after: 0,
            offers: HashMap::new(),
            offer_authors: BTreeSet::new(),
            want_authors: BTreeSet::new(),
            asked_authors: BTreeSet::new(),
            stalled: Vec::new(),
            stalled_wanted: Vec::new(),
            prove: BTreeSet::new(),
            inventories: BTreeMap::new(),
            reconciled: BTreeSet::new(),
            want: BTreeMap::new(),
            pending_heads: BTreeMap::new(),
            asked: BTreeSet::new(),
        }
    }

    /// Takes an event and says what to do next.
    pub fn next(&mut self, event: Event) -> Result<Effect, EngineError> {
        match (std::mem::replace(&mut self.state, State::Ended), event) {
            (State::Idle, Event::Start) => Ok(self.load()),
            (State::Loading, Event::Loaded(loaded)) => Ok(self.send(loaded)),
            (State::Sending(sent), Event::Response(body)) => self.receive(sent, &body),
            (State::Committing(expected), Event::Committed(committed)) => {
                Ok(self.after_commit(expected, committed))
            }
            _ => Err(EngineError::OutOfTurn),
        }
    }

    fn load(&mut self) -> Effect {
        self.state = State::Loading;
        Effect::Load { outbox_after: self.outbox_after }
    }

    // ---- the request ----

    fn send(&mut self, loaded: Loaded) -> Effect {
        let offerable: Vec<(i64, Envelope)> =
            loaded.outbox.into_iter().filter(|(_, e)| self.offers_of(e) < MAX_OFFERS).collect();
        if let Some(own) = loaded.own.filter(|_| !loaded.own_registered) {
            self.offer_authors.insert(own);
        }
        // While hashes are compared or authors awaited no news is asked for: it would come twice.
        let busy =
            !(self.want_authors.is_empty() && self.inventories.is_empty() && self.pending_heads.is_empty());
        let mut request = SyncRequest {
            tail: loaded.tail,
            positions: loaded.positions.iter().map(position).collect(),
            authors: self.offer_authors.iter().filter_map(|a| loaded.authors.get(a).cloned()).collect(),
            proofs: loaded.positions.iter().filter(|head| self.prove.contains(&head.log)).cloned().collect(),
            want_authors: self.want_authors.iter().copied().map(Actor).collect(),
            inventory: self.inventory_asks(),
            want: self
                .want
                .keys()
                .filter(|hash| !self.asked.contains(*hash))
                .take(WANT_PAGE)
                .copied()
                .collect(),
            push_only: busy,
            push: None,
        };
        self.asked.extend(request.want.iter().copied());
        self.asked_authors.extend(&self.want_authors);
        let (body, count) = fill(&mut request, &offerable);
        let outbox_more = loaded.outbox_more || count < offerable.len();
        let pushed = self.take_pushed(offerable, count);
        let own_offered = loaded.own.is_some_and(|own| self.offer_authors.contains(&own));
        self.offer_authors.clear();
        self.summary.rounds += 1;
        self.summary.bytes_up += body.len() as u64;
        self.state = State::Sending(Sent {
            pushed,
            authors: loaded.authors,
            own: loaded.own,
            outbox_more,
            own_offered,
        });
        Effect::Send(body)
    }

    fn offers_of(&self, envelope: &Envelope) -> u8 {
        self.offers.get(&envelope.hash()).copied().unwrap_or(0)
    }

    fn take_pushed(&mut self, offerable: Vec<(i64, Envelope)>, count: usize) -> Vec<Envelope> {
        let mut pushed = Vec::with_capacity(count);
        for (row, envelope) in offerable.into_iter().take(count) {
            self.outbox_after = self.outbox_after.max(row);
            *self.offers.entry(envelope.hash()).or_default() += 1;
            pushed.push(envelope);
        }
        pushed
    }

    fn inventory_asks(&self) -> Vec<InventoryAsk> {
        let after = |rows: &Vec<(EnvelopeHash, u64)>| rows.last().map_or(0, |(_, seq)| *seq);
        self.inventories.iter().map(|(log, rows)| InventoryAsk { log: *log, after: after(rows) }).collect()
    }

    // ---- the response ----

    fn receive(&mut self, sent: Sent, body: &[u8]) -> Result<Effect, EngineError> {
        self.summary.bytes_down += body.len() as u64;
        let response: SyncResponse = codec::decode_body(body)?;
        self.summary.server_time_ms = response.server_time_ms;
        self.summary.forms = response.forms.or(self.summary.forms);
        self.summary.revoked |= response.revoked;
        let mut commit =
            Commit { restored: response.tail.is_some(), revoked: response.revoked, ..Commit::default() };
        self.judge(&sent, &response, &mut commit)?;
        let authors = self.merge_authors(sent.authors, response.authors, &mut commit);
        let mut expected = Expected { sums: Vec::new(), more: sent.outbox_more };
        self.prove.clear();
        let stalled = std::mem::take(&mut self.stalled);
        for news in stalled.into_iter().chain(response.news) {
            self.on_news(news, &authors, &mut commit, &mut expected)?;
        }
        self.take_inventories(response.inventory, &mut commit)?;
        self.take_wanted(response.wanted, &authors, &mut commit)?;
        if sent.own_offered && !self.offer_authors.contains(&sent.own.unwrap_or(ActorId([0; 16]))) {
            commit.registered = sent.own;
        }
        self.want_authors.retain(|actor| !self.asked_authors.contains(actor));
        commit.sum_of = expected.sums.iter().map(|(log, _)| *log).collect();
        self.state = State::Committing(expected);
        Ok(Effect::Commit(Box::new(commit)))
    }

    /// What became of the pushed envelopes.
    fn judge(
        &mut self,
        sent: &Sent,
        response: &SyncResponse,
        commit: &mut Commit,
    ) -> Result<(), EngineError> {
        if response.outcomes.len() != sent.pushed.len() {
            return Err(EngineError::Unfitting("outcomes"));
        }
        for (envelope, outcome) in sent.pushed.iter().zip(&response.outcomes) {
            let hash = envelope.hash();
            match outcome {
                Outcome::Held { log, epoch, seq } => {
                    commit.held.push(Place { envelope: hash, log: *log, epoch: *epoch, seq: *seq });
                }
                Outcome::MissingDependency { change } => commit.missing.push((hash, *change)),
                Outcome::UnknownDocument => {
                    commit.unknown_documents.insert(envelope.doc);
                }
                Outcome::UnknownAuthor => {
                    self.offer_authors.insert(envelope.actor);
                }
                Outcome::Fork => commit.forks.push(hash),
                Outcome::Quarantined { reason } | Outcome::Refused { reason } => {
                    commit.refused.push((hash, *reason));
                }
            }
        }
        self.summary.held += commit.held.len() as u32;
        self.summary.forks += commit.forks.len() as u32;
        self.summary.refused += commit.refused.len() as u32;
        self.summary.waiting = (commit.missing.len() + commit.unknown_documents.len()) as u32;
        self.accept_receipt(response, commit)
    }

    fn accept_receipt(&self, response: &SyncResponse, commit: &mut Commit) -> Result<(), EngineError> {
        if commit.held.is_empty() {
            return Ok(());
        }
        let signature = response.receipt.ok_or(EngineError::ServerSignature("receipt"))?.0;
        let receipt =
            Receipt { server_time_ms: response.server_time_ms, places: commit.held.clone(), signature };
        if !receipt.is_signed_by(&self.server) {
            return Err(EngineError::ServerSignature("receipt"));
        }
        commit.receipt = Some(receipt);
        Ok(())
    }

    /// Keeps those author records that the server's key vouches for.
    fn merge_authors(
        &mut self,
        mut known: HashMap<ActorId, AuthorRecord>,
        records: Vec<AuthorRecord>,
        commit: &mut Commit,
    ) -> HashMap<ActorId, AuthorRecord> {
        for record in records {
            if record.certificate.is_issued_by(&self.server) {
                known.insert(record.actor(), record.clone());
                commit.authors.push(record);
            }
        }
        known
    }

    fn on_news(
        &mut self,
        news: LogNews,
        authors: &HashMap<ActorId, AuthorRecord>,
        commit: &mut Commit,
        expected: &mut Expected,
    ) -> Result<(), EngineError> {
        match news {
            LogNews::Prove { log } => {
                self.prove.insert(log);
            }
            LogNews::NewEpoch { log, .. } => self.reconcile(log),
            LogNews::Page { head, entries, sum } => {
                let rows = entries.clone().unpack()?;
                if self.lacks_author(&rows, authors) {
                    self.stalled.push(LogNews::Page { head, entries, sum });
                    return Ok(());
                }
                self.check_head(&head)?;
                self.pull(rows, head.log, head.epoch, authors, commit);
                match sum {
                    Some(sum) => expected.sums.push((head.log, sum)),
                    None => expected.more = true,
                }
                commit.positions.push(head);
            }
        }
        Ok(())
    }

    /// An author is asked for once; the one whom the server cannot name either stays unauthentic.
    fn lacks_author(
        &mut self,
        rows: &[(Envelope, u64, i64)],
        authors: &HashMap<ActorId, AuthorRecord>,
    ) -> bool {
        let unknown: BTreeSet<ActorId> =
            rows.iter().map(|(e, _, _)| e.actor).filter(|actor| !authors.contains_key(actor)).collect();
        let new: BTreeSet<ActorId> = unknown.difference(&self.asked_authors).copied().collect();
        self.want_authors.extend(&new);
        !new.is_empty()
    }

    fn check_head(&self, head: &LogHead) -> Result<(), EngineError> {
        match head.is_signed_by(&self.server) {
            true => Ok(()),
            false => Err(EngineError::ServerSignature("log head")),
        }
    }

    fn pull(
        &mut self,
        rows: Vec<(Envelope, u64, i64)>,
        log: LogId,
        epoch: u64,
        authors: &HashMap<ActorId, AuthorRecord>,
        commit: &mut Commit,
    ) {
        for (envelope, seq, server_time_ms) in rows {
            let record = authors.get(&envelope.actor);
            let authentic = record.is_some_and(|record| envelope.is_signed_by(&record.certificate.key()));
            self.summary.pulled += 1;
            commit.pulled.push(Pulled { envelope, log, epoch, seq, server_time_ms, authentic });
        }
    }

    // ---- comparing hashes ----

    /// Starts the comparison of a log's hashes in both directions.
    fn reconcile(&mut self, log: LogId) {
        self.reconciled.insert(log);
        self.inventories.entry(log).or_default();
    }

    fn take_inventories(
        &mut self,
        pages: Vec<crate::message::InventoryPage>,
        commit: &mut Commit,
    ) -> Result<(), EngineError> {
        for page in pages {
            self.check_head(&page.head)?;
            let Some(rows) = self.inventories.get_mut(&page.log) else {
                return Err(EngineError::Unfitting("inventory"));
            };
            if page.more && page.hashes.is_empty() {
                return Err(EngineError::Unfitting("empty inventory page"));
            }
            rows.extend(page.rows());
            if !page.more {
                let rows = self.inventories.remove(&page.log).unwrap_or_default();
                self.pending_heads.insert(page.log, page.head.clone());
                commit.inventories.push(Inventory { head: page.head, rows });
            }
        }
        Ok(())
    }

    fn take_wanted(
        &mut self,
        wanted: Option<Entries>,
        authors: &HashMap<ActorId, AuthorRecord>,
        commit: &mut Commit,
    ) -> Result<(), EngineError> {
        let mut rows = std::mem::take(&mut self.stalled_wanted);
        rows.extend(wanted.unwrap_or_default().unpack()?);
        if self.lacks_author(&rows, authors) {
            self.stalled_wanted = rows;
            return Ok(());
        }
        for (envelope, seq, time) in rows {
            if let Some((log, epoch)) = self.want.remove(&envelope.hash()) {
                self.pull(vec![(envelope, seq, time)], log, epoch, authors, commit);
            }
        }
        // What was asked for and did not come is out of sight by now: it is not asked for again.
        if self.stalled_wanted.is_empty() {
            self.want.retain(|hash, _| !self.asked.contains(hash));
        }
        let logs: BTreeSet<LogId> = self.want.values().map(|(log, _)| *log).collect();
        let inventories: BTreeSet<LogId> = commit.inventories.iter().map(|i| i.head.log).collect();
        let ready = |log: &LogId| !logs.contains(log) && !inventories.contains(log);
        let done: Vec<LogId> = self.pending_heads.keys().filter(|log| ready(log)).copied().collect();
        commit.positions.extend(done.iter().filter_map(|log| self.pending_heads.remove(log)));
        Ok(())
    }

    // ---- after the commit ----

    fn after_commit(&mut self, expected: Expected, committed: Committed) -> Effect {
        let Committed { sums, lacking, requeued } = committed;
        self.want.extend(lacking.into_iter().map(|(hash, log, epoch)| (hash, (log, epoch))));
        if requeued {
            self.outbox_after = 0;
        }
        if !requeued && !expected.more {
            self.compare(&expected.sums, &sums);
        }
        let more = expected.more
            || requeued
            || !self.offer_authors.is_empty()
            || !self.want_authors.is_empty()
            || !self.prove.is_empty()
            || !self.inventories.is_empty()
            || !self.pending_heads.is_empty();
        if !self.offer_authors.is_empty() {
            self.outbox_after = 0;
        }
        let go_on = !self.summary.revoked || expected.more;
        match more && go_on && self.summary.rounds < MAX_ROUNDS {
            true => self.load(),
            false => Effect::Done(self.summary.clone()),
        }
    }

    fn compare(&mut self, expected: &[(LogId, LogSum)], own: &[(LogId, LogSum)]) {
        for (log, sum) in expected {
            if own.iter().any(|(other, own)| other == log && own != sum) {
                match self.reconciled.contains(log) {
                    true => self.summary.drifted.push(*log),
                    false => self.reconcile(*log),
                }
            }
        }
    }
}

fn position(head: &LogHead) -> Position {
    let mut chain = [0; 8];
    chain.copy_from_slice(&head.chain[..8]);
    Position { log: head.log, epoch: head.epoch, seq: head.seq, chain }
}

/// Puts as many envelopes into the request as a page holds, and gives the body and their number.
fn fill(request: &mut SyncRequest, offerable: &[(i64, Envelope)]) -> (Vec<u8>, usize) {
    let mut count = offerable.len();
    loop {
        let envelopes: Vec<Envelope> = offerable.iter().take(count).map(|(_, e)| e.clone()).collect();
        request.push = (count > 0).then(|| Page::pack(&envelopes));
        let body = codec::encode_body(request);
        if body.len() <= PAGE_BYTES || count <= 1 {
            return (body, count);
        }
        // In proportion, with a little room: compression is not linear.
        let fitting = count * PAGE_BYTES / body.len() * 15 / 16;
        count = fitting.clamp(1, count - 1);
    }
}
