//! The next page of a long pull, asked for while this one is written: the line and the server work while the
//! phone merges, instead of after it.
//!
//! It is told beforehand only where nothing that the commit may bring to light changes what is asked: the
//! device had nothing to give, and the answer was a page of news and nothing else. Where the commit finds
//! something after all (hashes to compare, something to send again), what was asked ahead is dropped unread.

use std::collections::BTreeMap;

use crate::engine::events::{Commit, Loaded};
use crate::log::LogHead;

/// What a further page is asked with.
#[derive(Debug)]
pub(super) struct Further {
    /// What the host will have when the commit is written.
    pub loaded: Loaded,
    /// The bytes of the request, once it was asked.
    pub asked: Option<usize>,
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
