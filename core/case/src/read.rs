//! Reading fields, conflicts and history.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::document::{Conflict, ConflictValue, Document, HistoryEntry};
use crate::edit::Write;
use crate::index::Standing;
use crate::{ChangeHash, Value};

impl Document {
    pub(crate) fn standing(&self, path: &str) -> Vec<Standing<'_>> {
        let mut standing = self.index.standing_values(path, &self.hidden);
        if standing.len() > 1 {
            self.put_shown_first(path, &mut standing);
        }
        standing
    }

    pub(crate) fn shown(&self, path: &str) -> Option<&Value> {
        self.standing(path).first().map(|standing| standing.value)
    }

    /// The value shown in a field: of those that stand the one that a [`MergeRule`](crate::MergeRule) chooses,
    /// else the engine's choice. `None` when it was never filled, or
    /// when all that filled it is hidden; `Some(Blank)` when it was cleared.
    pub fn field(&self, path: &str) -> Option<Value> {
        self.shown(path).cloned()
    }

    /// The shown values of all fields whose path begins with `prefix`, sorted by path. `""` gives all.
    pub fn fields(&self, prefix: &str) -> Vec<(String, Value)> {
        self.shown_beneath(prefix).map(|(path, value)| (path.to_owned(), value.clone())).collect()
    }

    /// As [`Document::fields`], without copies.
    pub(crate) fn shown_beneath(&self, prefix: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.index.beneath(prefix).filter_map(|(path, ops)| match ops {
            // Most fields were written once.
            [op] if self.hidden.is_empty() => Some((path, self.index.value(*op)?.0)),
            _ => Some((path, self.shown(path)?)),
        })
    }

    /// The fields in which at least two different values of people stand, sorted by path. Values that say the same
    /// are no conflict, nor are those of a field that the program fills in ([`Document::merged`]); within one they
    /// are all listed.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let conflict = |path: &str| {
            let standing = self.standing(path);
            let shown = standing.first()?;
            if standing.iter().all(|other| other.value == shown.value) {
                return None;
            }
            let rule = self.rule_of(path);
            if rule.is_programs() || standing.iter().all(|other| rule.same(other.value, shown.value)) {
                return None;
            }
            let mut listed = HashSet::new();
            let values = standing.iter().filter(|s| listed.insert((s.change.hash, s.value)));
            let values = values.map(|s| conflict_value(s, s.op == shown.op)).collect();
            Some(Conflict { path: path.to_owned(), values })
        };
        self.index.contested_paths("").filter_map(conflict).collect()
    }

    /// Every value that was ever written to a field, oldest first, on every device in the same order (that of
    /// cause and effect; what happened side by side in the engine's order).
    pub fn history(&self, path: &str) -> Vec<HistoryEntry> {
        let current: HashSet<_> = self.standing(path).iter().map(|s| s.op).collect();
        let mut entries: Vec<HistoryEntry> = Vec::new();
        let mut places: HashMap<(ChangeHash, &Value), usize> = HashMap::new();
        for set in self.index.all_values(path) {
            let entry = HistoryEntry {
                value: set.value.clone(),
                change: set.change.hash,
                actor: set.change.actor,
                time_ms: set.change.time_ms,
                hidden: self.hidden.contains(&set.change.hash),
                current: current.contains(&set.op),
            };
            // One change writes a field twice where two devices made the same map: that is one entry.
            let place = *places.entry((entry.change, set.value)).or_insert(entries.len());
            match entries.get_mut(place) {
                Some(known) => known.current |= entry.current,
                None => entries.push(entry),
            }
        }
        entries
    }

    /// What these changes set, as writes: in the order of cause and effect, the last of each field. For making them
    /// again under another actor. Unknown hashes are passed over.
    pub fn writes_of(&self, changes: &[ChangeHash]) -> Vec<Write> {
        let mut last: BTreeMap<String, (usize, Value)> = BTreeMap::new();
        let chosen = self.index.ordered(changes).into_iter();
        for (order, op) in chosen.flat_map(|change| change.sets.iter().copied()).enumerate() {
            if let (Some(path), Some((value, _))) = (self.index.path_of(op), self.index.value(op)) {
                last.insert(path, (order, value.clone()));
            }
        }
        let mut writes: Vec<_> =
            last.into_iter().map(|(path, (order, value))| (order, path, value)).collect();
        writes.sort_by_key(|(order, ..)| *order);
        writes.into_iter().map(|(_, path, value)| Write::Put { path, value }).collect()
    }
}

fn conflict_value(standing: &Standing<'_>, shown: bool) -> ConflictValue {
    ConflictValue {
        value: standing.value.clone(),
        change: standing.change.hash,
        actor: standing.change.actor,
        time_ms: standing.change.time_ms,
        shown,
    }
}
