//! The sync engine: a state machine without I/O. The host feeds it [`Event`]s and carries out the
//! one [`Effect`] it answers with, until [`Effect::Done`]. Time, storage and the network are the
//! host's; the same code runs on a phone and in a simulator.
//!
//! A run goes in rounds: `Load` what there is to give, `Send` one request, `Commit` everything the
//! answer brought. A cut anywhere loses nothing: what was not committed is offered or asked for
//! again.
//!
//! ```
//! use ruhu_sync::engine::{Committed, Effect, Engine, Event, Loaded};
//! use ruhu_sync::{KeyPair, SyncResponse, codec};
//!
//! let server = KeyPair::from_seed(&[1; 32]);
//! let mut engine = Engine::new(server.public());
//! let mut event = Event::Start;
//! let summary = loop {
//!     event = match engine.next(event)? {
//!         // A device reads its outbox and its positions; this one has nothing yet.
//!         Effect::Load { .. } => Event::Loaded(Box::default()),
//!         // A transport sends the body to the server, which has no news for this device.
//!         Effect::Send(_) => Event::Response(codec::encode_body(&SyncResponse::default())),
//!         // A store writes what came.
//!         Effect::Commit(_) => Event::Committed(Committed::default()),
//!         // Only a host that asks ahead awaits what it asked.
//!         Effect::Await => Event::Cut,
//!         Effect::Done(summary) => break summary,
//!     };
//! };
//! assert_eq!((summary.rounds, summary.held, summary.pulled), (1, 0, 0));
//! # Ok::<(), ruhu_sync::engine::EngineError>(())
//! ```

mod ahead;
mod authors;
mod error;
mod events;
mod lacking;
mod logs;
mod request;
mod signatures;
mod wanted;

use std::collections::{BTreeSet, HashMap};

use ruhu_case::ActorId;
use ruhu_case::limits::PAGE_BYTES;

use self::ahead::Further;
use self::authors::{Authors, News, Row};
use self::logs::Logs;
use self::signatures::Checked;
use self::wanted::Wanted;
use crate::certificate::AuthorRecord;
use crate::codec;
use crate::envelope::Envelope;
use crate::ids::EnvelopeHash;
use crate::keys::PublicKey;
use crate::log::{LogHead, LogId, LogSum};
use crate::message::{Actor, Entries, Gap, GapKind, InventoryPage, LogNews, SyncResponse};
use crate::outcome::{Outcome, Reason};
use crate::receipt::{Place, Receipt};

pub use error::EngineError;
pub use events::{Commit, Committed, Effect, Event, Inventory, Loaded, Pulled, Summary};

/// How often one envelope is offered in one run: once, and again after what it waited for was given.
const MAX_OFFERS: u8 = 3;
/// A run that has not ended after so many rounds ends as it is; the next run goes on.
const MAX_ROUNDS: u32 = 10_000;

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
    /// Where the outbox was read from.
    outbox_before: i64,
    offered: Vec<ActorId>,
    asked_authors: Vec<Actor>,
    /// What the host had, without its outbox.
    loaded: Loaded,
    outbox_more: bool,
    own_offered: bool,
}

/// What a commit's answer will be held against.
#[derive(Debug)]
struct Expected {
    sums: Vec<(LogId, LogSum)>,
    more: bool,
    /// Why the answer was not taken beyond what became of the push.
    failed: Option<EngineError>,
    /// How the next page can be asked for before this one is written.
    further: Option<Further>,
}

/// The engine of one run.
#[derive(Debug)]
pub struct Engine {
    server: PublicKey,
    state: State,
    summary: Summary,
    outbox_after: i64,
    page_bytes: usize,
    threads: usize,
    offers: HashMap<EnvelopeHash, u8>,
    authors: Authors,
    logs: Logs,
    wanted: Wanted,
    /// What the server sought in this run: it is offered once.
    sought: BTreeSet<EnvelopeHash>,
}

impl Engine {
    /// An engine for one run against the server with this key.
    pub fn new(server: PublicKey) -> Engine {
        Engine {
            server,
            state: State::Idle,
            summary: Summary::default(),
            outbox_after: 0,
            page_bytes: PAGE_BYTES,
            threads: signatures::all_cores(),
            offers: HashMap::new(),
            authors: Authors::default(),
            logs: Logs::default(),
            wanted: Wanted::default(),
            sought: BTreeSet::new(),
        }
    }

    /// How much the next requests push and ask for at once, in bytes on the wire; at first, and at most,
    /// [`PAGE_BYTES`]. An envelope that is larger than this goes alone.
    pub fn set_page_bytes(&mut self, bytes: usize) {
        self.page_bytes = bytes.min(PAGE_BYTES);
    }

    /// Whether signatures are checked on all cores, as at first, or on one, while somebody works with the
    /// device and has the others.
    pub fn use_all_cores(&mut self, all: bool) {
        self.threads = if all { signatures::all_cores() } else { 1 };
    }

    /// What the run did so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Takes an event and says what to do next.
    ///
    /// # Errors
    /// `bad_answer` for each [`EngineError`]. The run is over; what was committed stays.
    pub fn next(&mut self, event: Event) -> Result<Effect, EngineError> {
        match (std::mem::replace(&mut self.state, State::Ended), event) {
            (State::Idle, Event::Start) => Ok(self.load()),
            (State::Loading, Event::Loaded(loaded)) => Ok(self.send(*loaded)),
            (State::Sending(sent), Event::Response(body)) => self.receive(sent, &body),
            (State::Sending(sent), Event::Cut) => Ok(self.take_back(sent)),
            (State::Committing(expected), Event::Committed(committed)) => {
                self.after_commit(expected, committed)
            }
            _ => Err(EngineError::OutOfTurn),
        }
    }

    fn load(&mut self) -> Effect {
        self.state = State::Loading;
        Effect::Load { outbox_after: self.outbox_after }
    }

    // ---- the request ----

    fn send(&mut self, mut loaded: Loaded) -> Effect {
        let outbox = std::mem::take(&mut loaded.outbox);
        let offerable: Vec<(i64, Envelope)> =
            outbox.into_iter().filter(|(_, e)| self.offers_of(e) < MAX_OFFERS).collect();
        if let Some(own) = loaded.own.filter(|_| !loaded.own_registered) {
            self.authors.offer(own);
        }
        self.wanted.know_gaps(&loaded.gaps);
        self.authors.want(&loaded.unknown_authors);
        let mut request = self.request(&loaded);
        let (body, count) = request::fill(&mut request, &offerable, self.page_bytes);
        let outbox_more = loaded.outbox_more || count < offerable.len();
        let outbox_before = self.outbox_after;
        let pushed = self.take_pushed(offerable, count);
        let own_offered = request.authors.iter().any(|record| Some(record.actor()) == loaded.own);
        let offered = request.authors.iter().map(AuthorRecord::actor).collect();
        self.count_round(body.len());
        tracing::debug!(
            round = self.summary.rounds,
            pushed = count,
            bytes = body.len(),
            push_only = request.push_only,
            wanted = request.want.len(),
            compared_logs = request.inventory.len(),
            "request"
        );
        let asked_authors = request.want_authors;
        self.state = State::Sending(Sent {
            pushed,
            outbox_before,
            offered,
            asked_authors,
            loaded,
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

    /// No answer came: what the request gave and asked for is given and asked for again.
    fn take_back(&mut self, sent: Sent) -> Effect {
        for envelope in &sent.pushed {
            if let Some(offers) = self.offers.get_mut(&envelope.hash()) {
                *offers = offers.saturating_sub(1);
            }
        }
        self.outbox_after = sent.outbox_before;
        sent.offered.into_iter().for_each(|actor| self.authors.offer(actor));
        self.authors.unask(&sent.asked_authors);
        self.wanted.unask();
        self.load()
    }

    // ---- the response ----

    fn receive(&mut self, sent: Sent, body: &[u8]) -> Result<Effect, EngineError> {
        self.summary.bytes_down += body.len() as u64;
        let response: SyncResponse = codec::decode_body(body)?;
        self.summary.server_time_ms = response.server_time_ms;
        self.summary.forms = response.forms.or(self.summary.forms);
        self.summary.files = response.files.or(self.summary.files);
        self.summary.revoked |= response.revoked;
        self.summary.standing = response.standing.unwrap_or_default();
        let certificate = response.certificate.clone().filter(|c| c.is_issued_by(&self.server));
        self.summary.renewed |= certificate.is_some();
        let mut commit = Commit {
            restored: response.tail.is_some(),
            revoked: response.revoked,
            standing: self.summary.standing,
            server_time_ms: response.server_time_ms,
            certificate,
            dismissed: response.dismissed.clone(),
            ..Commit::default()
        };
        self.judge(&sent, &response, &mut commit)?;
        let mut expected = Expected { sums: Vec::new(), more: sent.outbox_more, failed: None, further: None };
        // The server has the record that was offered, unless it said of an envelope that it has not.
        commit.registered = sent.loaded.own.filter(|own| sent.own_offered && !self.authors.offers(own));
        let gave = !sent.pushed.is_empty() || sent.outbox_more;
        let (mut told, mut loaded) = (Commit::default(), sent.loaded);
        match self.take_told(&mut loaded.authors, response, &mut told, &mut expected) {
            Ok(()) => commit.add_told(told),
            // What became of the push holds whatever else the server says.
            Err(error) => expected.failed = Some(error),
        }
        commit.sum_of = expected.sums.iter().map(|(log, _)| *log).collect();
        expected.further = (!gave && expected.more).then(|| Further::after(&commit, loaded)).flatten();
        tracing::debug!(
            round = self.summary.rounds,
            bytes = body.len(),
            held = commit.held.len(),
            waiting = self.summary.waiting,
            forks = commit.forks.len(),
            refused = commit.refused.len(),
            pulled = commit.pulled.len(),
            revoked = commit.revoked,
            restored = commit.restored,
            "answer"
        );
        self.state = State::Committing(expected);
        Ok(Effect::Commit(Box::new(commit)))
    }

    /// Everything in an answer but what became of the push.
    fn take_told(
        &mut self,
        authors: &mut HashMap<ActorId, AuthorRecord>,
        response: SyncResponse,
        commit: &mut Commit,
        expected: &mut Expected,
    ) -> Result<(), EngineError> {
        self.merge_authors(authors, response.authors, commit);
        self.logs.proved();
        let waiting = std::mem::take(&mut self.authors.waiting_news);
        for news in waiting {
            self.take_page(news, authors, commit, expected);
        }
        for news in response.news {
            self.on_news(news, authors, commit, expected)?;
        }
        self.take_inventories(response.inventory, commit)?;
        self.take_gaps(response.gaps.unwrap_or_default(), commit);
        self.take_wanted(response.wanted, authors, commit);
        self.authors.answered();
        if let Some(notice) = response.notice {
            self.summary.untold |= notice.untold;
            commit.sought = notice.seeks.into_iter().filter(|hash| self.sought.insert(*hash)).collect();
        }
        Ok(())
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
                    self.authors.offer(envelope.actor);
                }
                Outcome::Fork => commit.forks.push(hash),
                Outcome::Refused { reason: Reason::QuarantineFull } => self.summary.no_room += 1,
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
        &self,
        known: &mut HashMap<ActorId, AuthorRecord>,
        records: Vec<AuthorRecord>,
        commit: &mut Commit,
    ) {
        for record in records {
            if record.certificate.is_issued_by(&self.server) {
                known.insert(record.actor(), record.clone());
                commit.authors.push(record);
            }
        }
    }

    fn on_news(
        &mut self,
        news: LogNews,
        authors: &HashMap<ActorId, AuthorRecord>,
        commit: &mut Commit,
        expected: &mut Expected,
    ) -> Result<(), EngineError> {
        match news {
            LogNews::Prove { log } => self.logs.prove(log),
            LogNews::NewEpoch { log, .. } => self.logs.compare(log),
            LogNews::Page { head, entries, sum } => {
                self.check_head(&head)?;
                match entries.unpack() {
                    Ok(rows) => self.take_page(News { head, rows, sum }, authors, commit, expected),
                    // It is gone around: hash by hash, in pages that get smaller.
                    Err(error) => {
                        tracing::warn!(log = %head.log, %error, "a page of news cannot be read");
                        self.summary.unreadable += 1;
                        self.logs.compare(head.log);
                    }
                }
            }
        }
        Ok(())
    }

    fn take_page(
        &mut self,
        news: News,
        authors: &HashMap<ActorId, AuthorRecord>,
        commit: &mut Commit,
        expected: &mut Expected,
    ) {
        if self.authors.lack(&news.rows, authors) {
            self.authors.waiting_news.push(news);
            return;
        }
        let News { head, rows, sum } = news;
        self.pull(rows, (head.log, head.epoch), authors, commit);
        match sum {
            Some(sum) => expected.sums.push((head.log, sum)),
            None => expected.more = true,
        }
        commit.positions.push(head);
    }

    fn check_head(&self, head: &LogHead) -> Result<(), EngineError> {
        match head.is_signed_by(&self.server) {
            true => Ok(()),
            false => Err(EngineError::ServerSignature("log head")),
        }
    }

    /// Takes envelopes that came.
    fn pull(
        &mut self,
        rows: Vec<Row>,
        place: (LogId, u64),
        authors: &HashMap<ActorId, AuthorRecord>,
        commit: &mut Commit,
    ) {
        let checked = signatures::check(self.threads, &rows, authors);
        rows.into_iter().zip(checked).for_each(|(row, checked)| self.pull_one(row, place, checked, commit));
    }

    /// Takes one. If its signature is not its author's it was damaged on its way here: it counts as a gap,
    /// which is asked for again.
    fn pull_one(&mut self, row: Row, (log, epoch): (LogId, u64), checked: Checked, commit: &mut Commit) {
        let (envelope, seq, server_time_ms) = row;
        if checked == Checked::Forged {
            let gap = Gap { log, epoch, seq, envelope: envelope.hash(), why: GapKind::Damaged };
            return self.take_gaps(vec![gap], commit);
        }
        self.summary.pulled += 1;
        let authentic = checked == Checked::Authentic;
        commit.pulled.push(Pulled { envelope, log, epoch, seq, server_time_ms, authentic });
    }

    fn take_gaps(&mut self, gaps: Vec<Gap>, commit: &mut Commit) {
        for gap in gaps {
            tracing::warn!(log = %gap.log, seq = gap.seq, why = ?gap.why, "the content of an entry is not given");
            self.summary.damaged += 1;
            self.wanted.take(&mut self.logs, &gap.envelope);
            commit.gaps.push(gap);
        }
    }

    // ---- comparing hashes ----

    fn take_inventories(
        &mut self,
        pages: Vec<InventoryPage>,
        commit: &mut Commit,
    ) -> Result<(), EngineError> {
        for page in pages {
            self.check_head(&page.head)?;
            if page.log != page.head.log {
                return Err(EngineError::Unfitting("inventory"));
            }
            if page.more && page.hashes.is_empty() {
                return Err(EngineError::Unfitting("empty inventory page"));
            }
            if let Some(rows) = self.logs.take_inventory(&page.head, page.rows().into_iter(), page.more)? {
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
    ) {
        let mut rows = std::mem::take(&mut self.authors.waiting_rows);
        match wanted.unwrap_or_default().unpack() {
            Ok(more) => rows.extend(more),
            Err(error) => {
                tracing::warn!(%error, "envelopes asked for cannot be read");
                self.summary.unreadable += 1;
                self.wanted.unreadable(&mut self.logs);
            }
        }
        if self.authors.lack(&rows, authors) {
            self.authors.waiting_rows = rows;
            return;
        }
        let checked = signatures::check(self.threads, &rows, authors);
        for (row, checked) in rows.into_iter().zip(checked) {
            if let Some(place) = self.wanted.take(&mut self.logs, &row.0.hash()) {
                self.pull_one(row, place, checked, commit);
            }
        }
        self.wanted.answered(&mut self.logs);
        let (heads, drifted) = self.logs.fetched();
        commit.positions.extend(heads);
        self.summary.drifted.extend(drifted);
    }

    // ---- after the commit ----

    fn after_commit(&mut self, expected: Expected, committed: Committed) -> Result<Effect, EngineError> {
        if let Some(error) = expected.failed {
            return Err(error);
        }
        let Committed { sums, lacking, requeued, entered } = committed;
        self.logs.want(lacking);
        if requeued {
            self.outbox_after = 0;
        }
        if !requeued && !expected.more {
            self.compare(&expected.sums, &sums);
        }
        let more = expected.more || requeued || self.is_busy();
        if self.authors.offers_any() {
            self.outbox_after = 0;
        }
        let told = !self.summary.revoked && !self.summary.standing.expired;
        let go_on = told || expected.more;
        self.summary.unfinished = more && go_on && self.summary.rounds >= MAX_ROUNDS;
        if !(more && go_on) || self.summary.unfinished {
            return Ok(Effect::Done(self.summary.clone()));
        }
        let asked = expected.further.filter(|_| !requeued && !self.is_busy()).and_then(Further::asked);
        Ok(match asked {
            Some((loaded, bytes)) => self.wait_for(loaded, bytes, entered),
            None => self.load(),
        })
    }

    /// Whether more than a further page of news is to be asked for, or something offered besides the outbox.
    fn is_busy(&self) -> bool {
        self.authors.offers_any() || self.authors.wants_any() || self.logs.is_busy()
    }

    fn compare(&mut self, expected: &[(LogId, LogSum)], own: &[(LogId, LogSum)]) {
        for (log, sum) in expected {
            let differs = own.iter().any(|(other, own)| other == log && own != sum);
            if differs && self.logs.differs(*log) {
                let own = own.iter().find(|(other, _)| other == log).map_or(0, |(_, own)| own.count);
                self.summary.drifted.push((*log, sum.count.abs_diff(own).max(1)));
            }
        }
    }
}
