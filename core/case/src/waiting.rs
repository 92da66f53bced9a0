//! Changes that came before what they stand on. A document has them in memory only, until they are taken out of it:
//! whoever keeps the document keeps them beside it, by what they lack, and applies them again when that is there. So
//! no saved document grows by what waits for something that never comes.

use std::collections::BTreeSet;

use crate::change::CheckedChange;
use crate::document::Document;
use crate::error::CaseError;
use crate::reader::{Reader, chunk};
use crate::{ActorId, ChangeHash};

/// A change that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its hash.
    pub change: ChangeHash,
    /// Who made it.
    pub actor: ActorId,
    /// One that it stands on and that is not applied.
    pub lacks: ChangeHash,
    /// Its size in bytes.
    pub bytes: usize,
}

impl Document {
    /// Reads the chunks that an earlier program appended to a saved document.
    pub(crate) fn load_waiting(&mut self, orphans: &[u8]) -> Result<(), CaseError> {
        let mut rest = Reader(orphans);
        while !rest.0.is_empty() {
            let before = rest.0;
            chunk(&mut rest).map_err(|_| CaseError::Damaged)?;
            let one = before.get(..before.len() - rest.0.len()).unwrap_or_default();
            let raw = CheckedChange::read(one).map_err(|_| CaseError::Damaged)?;
            if !self.index.has(&raw.hash) {
                self.waiting.insert(raw.hash, raw);
            }
        }
        Ok(())
    }

    /// The dependencies that waiting changes lack: neither applied nor waiting themselves. Sorted.
    pub fn waiting(&self) -> Vec<ChangeHash> {
        let deps: BTreeSet<_> =
            self.waiting.values().flat_map(|raw| raw.header.deps.iter().copied()).collect();
        deps.into_iter().filter(|dep| !self.index.has(dep) && !self.waiting.contains_key(dep)).collect()
    }

    /// Whether a change waits here until its dependencies come.
    pub fn is_waiting(&self, hash: &ChangeHash) -> bool {
        self.waiting.contains_key(hash)
    }

    /// Whether a change of this author waits here.
    pub fn waits_of(&self, actor: &ActorId) -> bool {
        self.waiting.values().any(|raw| raw.header.actor == *actor)
    }

    /// The changes that wait here until their dependencies come, by their hashes.
    pub fn waiting_changes(&self) -> Vec<Waiting> {
        let lacks = |raw: &CheckedChange| raw.header.deps.iter().find(|dep| !self.index.has(dep)).copied();
        let waiting = self.waiting.iter().filter_map(|(hash, raw)| {
            let (actor, bytes) = (raw.header.actor, raw.chunk().len());
            Some(Waiting { change: *hash, actor, lacks: lacks(raw)?, bytes })
        });
        waiting.collect()
    }

    /// Takes the changes that wait out of the document: who keeps it keeps them.
    pub fn take_waiting(&mut self) -> Vec<Waiting> {
        let waiting = self.waiting_changes();
        self.waiting.clear();
        waiting
    }
}
