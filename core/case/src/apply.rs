//! Taking changes made elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use automerge::{Automerge, Change};
use serde::Serialize;

use crate::ChangeHash;
use crate::change::CheckedChange;
use crate::contain::contained;
use crate::document::{Document, admit};
use crate::error::{ApplyError, CaseError, Refusal};
use crate::index::Index;

/// What became of a batch of changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Applied {
    /// Changes that are now part of the document, each after its dependencies; earlier waiting ones included.
    pub applied: Vec<ChangeHash>,
    /// Changes of this batch that wait for their dependencies, in memory: see [`Document::take_waiting`].
    pub waiting: Vec<ChangeHash>,
    /// Changes that had waited, and that turned out to fit into no document once their dependencies came. They are
    /// no longer held.
    pub refused: Vec<(ChangeHash, Refusal)>,
}

/// A batch on its way into a document.
struct Batch {
    index: Index,
    pool: BTreeMap<ChangeHash, CheckedChange>,
    /// Position in the batch of the changes that came with it.
    came: BTreeMap<ChangeHash, usize>,
    taken: Vec<(ChangeHash, Change)>,
    refused: Vec<(ChangeHash, Refusal)>,
}

impl Document {
    /// Takes raw change chunks, plain or deflated, in any order. What is already here is passed over; what lacks a
    /// dependency waits ([`Document::take_waiting`]). When one change of the batch must be refused, the error names it and the
    /// document stays as it was: leave that one out and apply the rest again.
    ///
    /// # Errors
    /// [`ApplyError`], with the code of its [`Refusal`]; [`Refusal::DocumentFull`] when the
    /// document would be beyond its limits.
    pub fn apply(&mut self, changes: &[Vec<u8>]) -> Result<Applied, ApplyError> {
        let came = self.read_batch(changes)?;
        if came.is_empty() {
            return Ok(Applied::default());
        }
        let mut batch = Batch {
            index: self.index.clone(),
            pool: self.waiting.clone(),
            came: came.iter().map(|(hash, (position, _))| (*hash, *position)).collect(),
            taken: Vec::new(),
            refused: Vec::new(),
        };
        batch.pool.extend(came.into_iter().map(|(hash, (_, raw))| (hash, raw)));
        batch.take_ready()?;
        let changes: Vec<Change> = batch.taken.iter().map(|(_, change)| change.clone()).collect();
        if !changes.is_empty() {
            self.engine = with_changes(&self.engine, changes).map_err(|_| self.culprit(&batch))?;
        }
        Ok(self.take_batch(batch))
    }

    /// The changes of a batch that are not here yet, with their positions.
    #[allow(clippy::type_complexity)]
    fn read_batch(
        &self,
        changes: &[Vec<u8>],
    ) -> Result<BTreeMap<ChangeHash, (usize, CheckedChange)>, ApplyError> {
        let mut came = BTreeMap::new();
        for (index, bytes) in changes.iter().enumerate() {
            let raw =
                CheckedChange::read(bytes).map_err(|refusal| ApplyError { index, hash: None, refusal })?;
            let hash = raw.hash;
            if !self.index.has(&hash) && !self.waiting.contains_key(&hash) {
                raw.decode().map_err(|refusal| ApplyError { index, hash: Some(hash), refusal })?;
                came.entry(hash).or_insert((index, raw));
            }
        }
        Ok(came)
    }

    fn take_batch(&mut self, batch: Batch) -> Applied {
        let waiting = batch.came.keys().filter(|hash| batch.pool.contains_key(hash)).copied().collect();
        self.index = batch.index;
        self.waiting = batch.pool;
        let applied = batch.taken.into_iter().map(|(hash, _)| hash).collect();
        Applied { applied, waiting, refused: batch.refused }
    }

    /// Which of these changes can be part of no document that has what this one has, and why; by their positions.
    /// What only waits is not among them.
    pub fn refused(&self, changes: &[Vec<u8>]) -> Vec<(usize, Refusal)> {
        let mut refused = Vec::new();
        let mut batch = Batch {
            index: self.index.clone(),
            pool: self.waiting.clone(),
            came: BTreeMap::new(),
            taken: Vec::new(),
            refused: Vec::new(),
        };
        let mut places: HashMap<ChangeHash, usize> = HashMap::new();
        for (place, bytes) in changes.iter().enumerate() {
            match CheckedChange::read(bytes).and_then(|raw| raw.decode().map(|_| raw)) {
                Ok(raw) if !self.index.has(&raw.hash) => {
                    places.entry(raw.hash).or_insert(place);
                    batch.pool.insert(raw.hash, raw);
                }
                Ok(_) => {}
                Err(refusal) => refused.push((place, refusal)),
            }
        }
        // Nothing came: what is refused is dropped and named, and the rest goes on.
        if batch.take_ready().is_ok() {
            let named = batch.refused.iter();
            refused.extend(named.filter_map(|(hash, why)| places.get(hash).map(|place| (*place, *why))));
        }
        refused.sort_unstable_by_key(|(place, _)| *place);
        refused
    }

    /// The first change of a batch that the engine cannot take after those before it, found by halves: to try one
    /// costs the whole document.
    fn culprit(&self, batch: &Batch) -> ApplyError {
        let changes: Vec<Change> = batch.taken.iter().map(|(_, change)| change.clone()).collect();
        let attempt =
            |count: usize| with_changes(&self.engine, changes.iter().take(count).cloned().collect()).err();
        let (mut fits, mut fails) = (0, changes.len());
        while fails - fits > 1 {
            let middle = fits.midpoint(fails);
            match attempt(middle) {
                None => fits = middle,
                Some(_) => fails = middle,
            }
        }
        let refusal = attempt(fails).unwrap_or(Refusal::Engine);
        let hash = batch.taken.get(fails.saturating_sub(1)).map(|(hash, _)| *hash);
        let first = || batch.came.values().min().copied().unwrap_or_default();
        let index = hash.and_then(|hash| batch.came.get(&hash).copied()).unwrap_or_else(first);
        ApplyError { index, hash, refusal }
    }
}

impl Batch {
    /// Admits every change whose dependencies are here, until none is left that is ready.
    fn take_ready(&mut self) -> Result<(), ApplyError> {
        let mut blocked: BTreeMap<ChangeHash, BTreeSet<ChangeHash>> = BTreeMap::new();
        let mut ready = Vec::new();
        for (hash, raw) in &self.pool {
            match raw.header.deps.iter().find(|dep| !self.index.has(dep)) {
                Some(dep) => {
                    blocked.entry(*dep).or_default().insert(*hash);
                }
                None => ready.push(*hash),
            }
        }
        while let Some(hash) = ready.pop() {
            let Some(raw) = self.pool.get(&hash) else { continue };
            if let Some(dep) = raw.header.deps.iter().find(|dep| !self.index.has(dep)) {
                blocked.entry(*dep).or_default().insert(hash);
                continue;
            }
            if self.take(hash)? {
                ready.extend(blocked.remove(&hash).into_iter().flatten());
            }
        }
        Ok(())
    }

    /// Whether a ready change was admitted. A bad one that came with this batch fails it; one that had waited is
    /// dropped and named, for the batch that completes its past is not to blame.
    fn take(&mut self, hash: ChangeHash) -> Result<bool, ApplyError> {
        let Some(raw) = self.pool.remove(&hash) else { return Ok(false) };
        let admitted = raw.decode().and_then(|change| {
            contained(|| admit(&mut self.index, &change)).unwrap_or(Err(Refusal::Damaged)).map(|()| change)
        });
        match (admitted, self.came.get(&hash)) {
            (Ok(change), _) => {
                self.taken.push((hash, change));
                Ok(true)
            }
            (Err(refusal), Some(index)) => Err(ApplyError { index: *index, hash: Some(hash), refusal }),
            (Err(refusal), None) => {
                self.refused.push((hash, refusal));
                Ok(false)
            }
        }
    }
}

/// A copy of the engine with these changes, if it can hold them: it must still say the same after it was saved and
/// read back within the limits of a document, or it would be lost at the next start.
fn with_changes(engine: &Automerge, changes: Vec<Change>) -> Result<Automerge, Refusal> {
    let held = contained(|| {
        let mut next = engine.clone();
        let wanted: Vec<_> = changes.iter().map(Change::hash).collect();
        next.apply_changes(changes).ok()?;
        let all_there = wanted.iter().all(|hash| next.get_change_meta_by_hash(hash).is_some());
        let saved = next.save_nocompress();
        all_there.then_some((next, saved))
    });
    let (next, saved) = held.flatten().ok_or(Refusal::Engine)?;
    crate::snapshot::check(&saved).map_err(|error| match error {
        CaseError::DocumentTooLarge => Refusal::DocumentFull,
        _ => Refusal::Engine,
    })?;
    let read_back = contained(|| Automerge::load(&saved)).and_then(Result::ok).ok_or(Refusal::Engine)?;
    if read_back.get_heads() == next.get_heads() { Ok(next) } else { Err(Refusal::Engine) }
}
