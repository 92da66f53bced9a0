//! The next page of a long pull, asked for while this one is written: the line and the server work while the
//! phone merges, instead of after it.
//!
//! It is told beforehand only where nothing that the commit may bring to light changes what is asked: the
//! device had nothing to give, and the answer was a page of news and nothing else. Where the commit finds
//! something after all (hashes to compare, something to send again), what was asked ahead is dropped unread.

use std::collections::BTreeMap;

use crate::codec;
use crate::engine::events::{Commit, Effect, Loaded};
use crate::engine::{Engine, Sent, State};
use crate::log::LogHead;
use crate::message::Presence;

/// What a further page is asked with.
#[derive(Debug)]
pub(super) struct Further {
    /// What the host will have when the commit is written.
    loaded: Loaded,
    /// The bytes of the request, once it was asked.
    asked: Option<usize>,
}

impl Further {
    /// After a page of news; `loaded` is what the host had before it, with the authors that came. Nothing
    /// where the answer brought anything that the next request depends on.
    pub fn after(commit: &Commit, loaded: Loaded) -> Option<Further> {
        let Commit { gaps, sought, inventories, restored, certificate, dismissed, .. } = commit;
        let only_news = gaps.is_empty()
            && sought.is_empty()
            && inventories.is_empty()
            && !restored
            && certificate.is_none()
            && dismissed.is_none()
            && !commit.revoked
            && !commit.standing.expired;
        let loaded = || Loaded {
            positions: advanced(loaded.positions, &commit.positions),
            own_registered: true,
            gaps: Vec::new(),
            unknown_authors: Vec::new(),
            ..loaded
        };
        only_news.then(loaded).map(|loaded| Further { loaded, asked: None })
    }

    /// What the host has now, and the bytes of the request; nothing when it was not asked.
    pub fn asked(self) -> Option<(Loaded, usize)> {
        Some((self.loaded, self.asked?))
    }
}

/// The positions after a commit, each log once, as a store keeps them: what comes later counts.
fn advanced(before: Vec<LogHead>, moved: &[LogHead]) -> Vec<LogHead> {
    let all = before.into_iter().chain(moved.iter().cloned());
    all.map(|head| (head.log.to_string(), head)).collect::<BTreeMap<_, _>>().into_values().collect()
}

impl Engine {
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
