//! What goes between the engine and its host, and what a run comes to.

use std::collections::{BTreeSet, HashMap};

use ruhu_case::{ActorId, ChangeHash, DocId};

use crate::certificate::{AuthorRecord, Certificate};
use crate::envelope::Envelope;
use crate::files::{FileUse, FilesState};
use crate::ids::EnvelopeHash;
use crate::log::{LogHead, LogId, LogSum};
use crate::message::{ChainTail, Dismissed, ETag, Gap, Presence, Standing};
use crate::outcome::Reason;
use crate::receipt::{Place, Receipt};

/// What the host tells the engine.
#[derive(Debug)]
pub enum Event {
    /// The run begins.
    Start,
    /// The answer to [`Effect::Load`].
    Loaded(Box<Loaded>),
    /// The answer to [`Effect::Send`] or [`Effect::Await`].
    Response(Vec<u8>),
    /// The line broke before the answer to [`Effect::Send`] or [`Effect::Await`] was there: the same is given and asked for
    /// again, in a page of the size that is set by then.
    Cut,
    /// The answer to [`Effect::Commit`]: all of it is durable.
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
    /// Write all of this, in one transaction or in several. The positions come in the last one: a host
    /// that dies between two is sent the rest again, and knows what it has by its hash.
    Commit(Box<Commit>),
    /// Give the answer to what [`Engine::ask_ahead`](super::Engine::ask_ahead) asked while the commit was
    /// written.
    Await,
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
    /// The phone's clock and the end of its certificate.
    pub presence: Option<Presence>,
    /// Whether the server is known to have the device's own author record.
    pub own_registered: bool,
    /// Envelopes waiting to be sent, oldest first, with their row numbers; about
    /// [`PAGE_RAW`](ruhu_case::limits::PAGE_RAW) bytes.
    pub outbox: Vec<(i64, Envelope)>,
    /// Whether more wait behind these.
    pub outbox_more: bool,
    /// Entries of logs whose content the device lacks: each is asked for once in a run. At most as many
    /// as one request asks for.
    pub gaps: Vec<Gap>,
    /// Authors whose records were lacking in an earlier run.
    pub unknown_authors: Vec<ActorId>,
    /// The file that the device gave or fetched last.
    pub latest_file: Option<FileUse>,
}

/// What the host shall write.
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
    /// The device is revoked.
    pub revoked: bool,
    /// How it stands otherwise.
    pub standing: Standing,
    /// The server's clock when it answered, Unix milliseconds.
    pub server_time_ms: i64,
    /// A certificate of the server's that ends later than the device's.
    pub certificate: Option<Certificate>,
    /// The logs whose checksum the engine wants to know after this commit.
    pub sum_of: Vec<LogId>,
    /// Entries whose content the server does not give, or gave damaged: they count in checksums.
    pub gaps: Vec<Gap>,
    /// Envelopes that the server holds damaged: offer them again, if the device holds them whole.
    pub sought: Vec<EnvelopeHash>,
    /// Envelopes of the device that were dismissed: tell the person.
    pub dismissed: Option<Dismissed>,
}

impl Commit {
    /// Adds what the server told to what became of the push.
    pub(super) fn add_told(&mut self, told: Commit) {
        let Commit { pulled, authors, inventories, positions, gaps, sought, .. } = told;
        *self = Commit { pulled, authors, inventories, positions, gaps, sought, ..std::mem::take(self) };
    }
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
    /// Whether its author is known: one whose record nobody has is kept apart, and nothing of it
    /// applied. The signature of a known author was checked.
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
    /// Whether somebody put something into the outbox after the next page was asked for ahead.
    pub entered: bool,
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
    /// Times that an envelope was not taken because the server's quarantine is full; it stays in the outbox.
    pub no_room: u32,
    /// Envelopes issued again because their place was taken.
    pub forks: u32,
    /// Logs that still differ from the server's after hashes were compared, and by how many entries at
    /// least.
    pub drifted: Vec<(LogId, u64)>,
    /// Envelopes that came damaged, or whose content the server does not give.
    pub damaged: u32,
    /// Pages that could not be read, and that were gone around.
    pub unreadable: u32,
    /// Whether the server took what was pushed and could not tell what is new.
    pub untold: bool,
    /// The entity tag of the server's list of forms.
    pub forms: Option<ETag>,
    /// What the server said of its files.
    pub files: Option<FilesState>,
    /// The device is revoked.
    pub revoked: bool,
    /// The run ended at its bound of rounds, with more to do.
    pub unfinished: bool,
    /// How it stands otherwise, by the last answer.
    pub standing: Standing,
    /// A new certificate came.
    pub renewed: bool,
    /// The server's clock, Unix milliseconds.
    pub server_time_ms: i64,
}
