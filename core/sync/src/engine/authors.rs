//! Authors that the other side does not know: the server, whom records are offered to, and the device,
//! which puts aside what it cannot check until their records have come.

use std::collections::{BTreeSet, HashMap};

use ruhu_case::ActorId;
use ruhu_case::limits::REQUEST_AUTHORS;

use crate::certificate::AuthorRecord;
use crate::envelope::Envelope;
use crate::log::{LogHead, LogSum};
use crate::message::Actor;

/// An envelope as a log holds it: with its sequence number and the server's time, Unix milliseconds.
pub(super) type Row = (Envelope, u64, i64);

/// A page of news that was read.
#[derive(Debug)]
pub(super) struct News {
    pub head: LogHead,
    pub rows: Vec<Row>,
    pub sum: Option<LogSum>,
}

#[derive(Debug, Default)]
pub(super) struct Authors {
    /// Whose records the next request carries.
    offered: BTreeSet<ActorId>,
    /// Whose records are asked for.
    wanted: BTreeSet<ActorId>,
    /// Whose records were asked for in this run. An author whom the server cannot name either is not
    /// asked for again, and what he wrote is kept apart as not authentic.
    asked: BTreeSet<ActorId>,
    /// News that waits for records.
    pub waiting_news: Vec<News>,
    /// Envelopes that were fetched by their hashes and wait for records.
    pub waiting_rows: Vec<Row>,
}

impl Authors {
    /// The next request carries this author's record.
    pub fn offer(&mut self, actor: ActorId) {
        self.offered.insert(actor);
    }

    pub fn offers(&self, actor: &ActorId) -> bool {
        self.offered.contains(actor)
    }

    pub fn offers_any(&self) -> bool {
        !self.offered.is_empty()
    }

    /// The records that the next request offers, as far as the host has them and as many as one request
    /// carries; those behind them are in the request after it.
    pub fn take_offered(&mut self, known: &HashMap<ActorId, AuthorRecord>) -> Vec<AuthorRecord> {
        self.offered.retain(|actor| known.contains_key(actor));
        let records = self.offered.iter().filter_map(|actor| known.get(actor).cloned());
        let records: Vec<AuthorRecord> = records.take(REQUEST_AUTHORS).collect();
        for record in &records {
            self.offered.remove(&record.actor());
        }
        records
    }

    /// Records that were lacking in an earlier run: each is asked for once in this one.
    pub fn want(&mut self, actors: &[ActorId]) {
        self.wanted.extend(actors.iter().filter(|actor| !self.asked.contains(*actor)));
    }

    /// The authors to ask for in the next request, as many as one carries; they count as asked for.
    pub fn ask(&mut self) -> Vec<Actor> {
        let asked: Vec<ActorId> = self.wanted.iter().copied().take(REQUEST_AUTHORS).collect();
        self.asked.extend(&asked);
        asked.into_iter().map(Actor).collect()
    }

    /// No answer came to a request that asked for these.
    pub fn unask(&mut self, actors: &[Actor]) {
        for actor in actors {
            self.asked.remove(&actor.0);
        }
    }

    /// Whether records are awaited.
    pub fn wants_any(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// An answer is read: who was asked for is not awaited any more.
    pub fn answered(&mut self) {
        let Authors { wanted, asked, .. } = self;
        wanted.retain(|actor| !asked.contains(actor));
    }

    /// Whether some of these envelopes must wait for records that are asked for now.
    pub fn lack(&mut self, rows: &[Row], known: &HashMap<ActorId, AuthorRecord>) -> bool {
        let unknown = rows.iter().map(|(envelope, ..)| envelope.actor);
        let unknown = unknown.filter(|actor| !known.contains_key(actor) && !self.asked.contains(actor));
        let new: BTreeSet<ActorId> = unknown.collect();
        self.wanted.extend(&new);
        !new.is_empty()
    }
}
