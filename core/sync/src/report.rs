//! What a sync did, and what did not go through: for a person, when the run is over.

use ruhu_text::{Explain, Lang};
use serde::Serialize;

use crate::engine::Summary;

/// One thing that did not go through. It concerns itself alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemFault {
    /// What: a form's id and version, a photo's SHA-256; empty for a lane as a whole.
    pub item: String,
    /// Why, as a stable code.
    pub code: String,
    /// Why, for a person, Chinese.
    pub zh: String,
    /// Why, for a person, English.
    pub en: String,
}

impl ItemFault {
    /// The fault of a thing, in the words of an error.
    pub fn new(item: impl Into<String>, reason: &dyn Explain) -> ItemFault {
        ItemFault {
            item: item.into(),
            code: reason.code().to_owned(),
            zh: reason.message(Lang::Zh),
            en: reason.message(Lang::En),
        }
    }
}

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SyncReport {
    /// Round trips of the text lane.
    pub rounds: u32,
    /// Bytes of request bodies of the text lane.
    pub bytes_up: u64,
    /// Bytes of response bodies of the text lane.
    pub bytes_down: u64,
    /// Signed envelopes that the server took or already had.
    pub sent: u32,
    /// Signed envelopes that came.
    pub received: u32,
    /// Envelopes that wait for something the server lacks.
    pub waiting: u32,
    /// Envelopes that the server keeps apart: what they say is shown to nobody else.
    pub refused: u32,
    /// Times that an envelope was not taken because the server's quarantine is full; it stays here.
    pub no_room: u32,
    /// Envelopes written again because another phone had used their name: 重新签发.
    pub reissued: u32,
    /// Changes from the server that no document can hold, and their authors: kept apart here.
    pub quarantined: Vec<String>,
    /// Logs that still differ from the server's after hashes were compared: the log, and how many of
    /// its entries are lacking at least.
    pub drifted: Vec<String>,
    /// Entries that came damaged, or whose content the server does not give. They are asked for again
    /// with every sync.
    pub damaged: u32,
    /// Pages from the server that could not be read; they were gone around, envelope by envelope.
    pub unreadable: u32,
    /// Whether the server took what was sent and could not tell what is new.
    pub untold: bool,
    /// Forms that came.
    pub forms: Vec<String>,
    /// Forms that could not be fetched or used; an empty `item` stands for the list of forms.
    pub forms_failed: Vec<ItemFault>,
    /// Photos sent whole.
    pub files_sent: u32,
    /// Photos given whole that the server keeps apart with the text that names them; the copies stay here.
    pub files_kept_apart: u32,
    /// Photos that came.
    pub files_received: u32,
    /// Bytes of photos sent and received.
    pub file_bytes: u64,
    /// Photos that could not be sent or fetched.
    pub files_failed: Vec<ItemFault>,
    /// Photos that were not tried any more, for the server failed with those before them.
    pub files_left: u32,
    /// Photos that were not moved because the network is metered.
    pub files_paused: u32,
    /// Photos of which this run found that the server lacks them as well as this device: said once.
    pub files_lacking: u32,
    /// Photos of colleagues that were not fetched, because there is only room for this device's own
    /// work.
    pub files_held_back: u32,
    /// Why the text lane did not end, when it did not; forms and photos went on without it.
    pub text_failed: Option<ItemFault>,
    /// Whether the server said that the device is revoked.
    pub revoked: bool,
    /// Times that the line broke and the run went on.
    pub cuts: u32,
    /// Whether the run stopped at its bound of round trips, with more to do: the next one goes on.
    pub unfinished: bool,
    /// Whether the certificate has ended: the server keeps apart what this device delivers until it is
    /// renewed. Nothing is lost, and work goes on.
    pub expired: bool,
    /// Whether a new certificate came.
    pub renewed: bool,
    /// By how much this phone's clock is ahead of the server's, in milliseconds, when that is a quarter
    /// of an hour or more; behind, if negative.
    pub clock_ahead_ms: Option<i64>,
    /// Whether the server itself doubts its clock.
    pub server_clock_in_doubt: bool,
    /// The time it took, milliseconds.
    pub took_ms: u64,
}

impl SyncReport {
    /// Takes over what the engine counted in the text lane.
    pub fn fill(&mut self, summary: &Summary) {
        self.rounds = summary.rounds;
        self.bytes_up = summary.bytes_up;
        self.bytes_down = summary.bytes_down;
        self.sent = summary.held;
        self.received = summary.pulled;
        self.waiting = summary.waiting;
        self.refused = summary.refused;
        self.no_room = summary.no_room;
        self.drifted = summary.drifted.iter().map(|(log, missing)| format!("{log}: {missing}")).collect();
        self.damaged = summary.damaged;
        self.unreadable = summary.unreadable;
        self.untold = summary.untold;
        self.revoked = summary.revoked;
        self.unfinished = summary.unfinished;
        self.expired = summary.standing.expired;
        self.renewed = summary.renewed;
        self.server_clock_in_doubt = summary.standing.clock_in_doubt;
    }
}
