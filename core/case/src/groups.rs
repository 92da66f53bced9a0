//! Taking what came in groups that count whole or not at all, such as the changes of an envelope.

use std::collections::BTreeMap;

use crate::change::RawChange;
use crate::document::Document;
use crate::error::{ApplyError, Refusal};
use crate::{Applied, ChangeHash};

/// What became of groups of changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppliedGroups {
    /// Changes that are part of the document now, each after its dependencies; earlier waiting ones included.
    pub applied: Vec<ChangeHash>,
    /// Groups that no document can hold, by their positions, and why: each is left out whole.
    pub faults: Vec<(usize, ApplyError)>,
    /// Changes that had waited, and turned out to fit into no document. They are no longer held.
    pub late: Vec<ChangeHash>,
}

impl Document {
    /// Takes groups of changes in any order, all of them at once: to take each by itself would cost the whole
    /// document for each. What lacks a dependency waits, as with [`Document::apply`].
    pub fn apply_groups(&mut self, groups: &[&[RawChange]]) -> AppliedGroups {
        let mut left: Vec<usize> = (0..groups.len()).collect();
        let mut found = AppliedGroups::default();
        loop {
            let of_group = |place: usize| groups.get(place).copied().unwrap_or_default();
            let owners: Vec<usize> =
                left.iter().flat_map(|place| of_group(*place).iter().map(|_| *place)).collect();
            let chunks: Vec<Vec<u8>> =
                left.iter().flat_map(|place| of_group(*place)).map(RawChange::chunk).collect();
            let error = match self.apply(&chunks) {
                Ok(Applied { applied, refused, .. }) => {
                    found.applied = applied;
                    found.late = refused.into_iter().map(|(hash, _)| hash).collect();
                    return found;
                }
                Err(error) => error,
            };
            let bad = self.bad_groups(&left, &owners, &chunks, &error);
            left.retain(|place| !bad.contains_key(place));
            found.faults.extend(bad);
        }
    }

    /// The groups to blame for an error; never none.
    fn bad_groups(
        &self,
        left: &[usize],
        owners: &[usize],
        chunks: &[Vec<u8>],
        error: &ApplyError,
    ) -> BTreeMap<usize, ApplyError> {
        let mut bad = BTreeMap::new();
        for (index, refusal) in self.refused(chunks) {
            if let Some(owner) = owners.get(index) {
                bad.entry(*owner).or_insert(ApplyError { index, hash: None, refusal });
            }
        }
        if bad.is_empty() {
            let first = owners.get(error.index).or(left.first()).copied().unwrap_or(0);
            // A document that is full takes nothing that came after.
            let is_full = error.refusal == Refusal::DocumentFull;
            let blamed = left.iter().filter(|place| **place == first || is_full && **place > first);
            bad.extend(blamed.map(|place| (*place, error.clone())));
        }
        bad
    }
}
