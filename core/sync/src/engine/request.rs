//! What a request is filled with.

use ruhu_case::limits::{PAGE_BYTES, PAGE_CHANGES, PAGE_ENVELOPES};

use crate::codec::{self, Encoded};
use crate::engine::events::{Effect, Loaded};
use crate::engine::{Engine, Sent, State};
use crate::envelope::Envelope;
use crate::log::LogHead;
use crate::message::{Position, Presence, SyncRequest};
use crate::page::Page;

/// Where the device stands in a log, as a request says it.
fn position(head: &LogHead) -> Position {
    let mut chain = [0; 8];
    chain.copy_from_slice(&head.chain[..8]);
    Position { log: head.log, epoch: head.epoch, seq: head.seq, chain }
}

/// Puts as many envelopes into the request as so many bytes hold, and gives the body and their number.
pub(super) fn fill(
    request: &mut SyncRequest,
    offerable: &[(i64, Envelope)],
    page_bytes: usize,
) -> (Vec<u8>, usize) {
    let changes = offerable.iter().scan(0, |sum, (_, envelope)| {
        *sum += envelope.changes().len();
        Some(*sum)
    });
    let mut count = changes.take_while(|sum| *sum <= PAGE_CHANGES).take(PAGE_ENVELOPES).count();
    loop {
        let envelopes: Vec<Envelope> = offerable.iter().take(count).map(|(_, e)| e.clone()).collect();
        request.push = (count > 0).then(|| Page::pack_small(&envelopes));
        let encoded = Encoded::of(request);
        let excess = encoded.excess(page_bytes);
        if excess == 1 || count <= 1 {
            return (encoded.body, count);
        }
        // In proportion, with a little room: compression is not linear.
        count = (count / excess * 15 / 16).clamp(1, count - 1);
    }
}

impl Engine {
    /// Everything that is asked and told but the push.
    pub(super) fn request(&mut self, loaded: &Loaded) -> SyncRequest {
        SyncRequest {
            tail: loaded.tail,
            positions: loaded.positions.iter().map(position).collect(),
            authors: self.authors.take_offered(&loaded.authors),
            proofs: loaded.positions.iter().filter(|head| self.logs.is_proving(&head.log)).cloned().collect(),
            // While hashes are compared or authors awaited no news is asked for: it would come twice.
            push_only: self.authors.wants_any() || self.logs.is_comparing(),
            want_authors: self.authors.ask(),
            inventory: self.logs.inventory_asks(),
            want: self.wanted.ask(&mut self.logs, !self.authors.waiting_rows.is_empty()),
            presence: loaded.presence,
            push: None,
            latest_file: loaded.latest_file,
            reads_apart: Some(true),
            answer_bytes: self.answer_bytes(),
            knows_gaps: Some(true),
        }
    }

    pub(super) fn count_round(&mut self, bytes: usize) {
        self.summary.rounds += 1;
        self.summary.bytes_up += bytes as u64;
    }

    /// Nothing is said where a whole page may come.
    fn answer_bytes(&self) -> Option<u32> {
        u32::try_from(self.page_bytes).ok().filter(|_| self.page_bytes < PAGE_BYTES)
    }

    /// The request for the next page, while a commit is written; nothing where it depends on the commit, or
    /// no page follows. It is sent to the sync endpoint as [`Effect::Send`] is, and its answer kept until
    /// [`Effect::Await`] asks for it; where another effect follows the commit, it is dropped. A host asks for
    /// it at most once for each commit, and only while its outbox is empty: what people enter is given first.
    ///
    /// `presence`: as [`Loaded::presence`].
    pub fn ask_ahead(&mut self, presence: Option<Presence>) -> Option<Vec<u8>> {
        if self.is_busy() || self.wanted.has_gaps_to_ask() {
            return None;
        }
        let State::Committing(expected) = &mut self.state else { return None };
        let mut further =
            expected.further.take_if(|further| expected.failed.is_none() && further.asked.is_none())?;
        further.loaded.presence = presence.or(further.loaded.presence);
        let body = codec::encode_body(&self.request(&further.loaded));
        further.asked = Some(body.len());
        if let State::Committing(expected) = &mut self.state {
            expected.further = Some(further);
        }
        Some(body)
    }

    /// The answer to what was asked ahead is awaited. `entered`: whether something lies in the outbox by now.
    pub(super) fn wait_for(&mut self, loaded: Loaded, bytes: usize, entered: bool) -> Effect {
        self.count_round(bytes);
        tracing::debug!(round = self.summary.rounds, bytes, entered, "request, asked ahead");
        self.state = State::Sending(Sent {
            pushed: Vec::new(),
            outbox_before: self.outbox_after,
            offered: Vec::new(),
            asked_authors: Vec::new(),
            loaded,
            outbox_more: entered,
            own_offered: false,
        });
        Effect::Await
    }
}
