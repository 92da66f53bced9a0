//! Visits that are being answered, replayed from their journals and kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ruhu_form::Session;

use crate::error::DeviceError;

/// Sessions kept at once. The journal has everything: one that was let go is replayed.
const KEPT: usize = 16;

/// One visit's session, absent until its journal is replayed.
pub(crate) type Slot = Option<Session>;

/// The sessions, each behind a lock of its own: no visit waits for another.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    slots: HashMap<String, Entry>,
    uses: u64,
}

struct Entry {
    slot: Arc<Mutex<Slot>>,
    last_use: u64,
}

impl Sessions {
    /// The slot of a visit. Whoever answers holds its lock from the session to the journal.
    pub fn slot(&self, visit: &str) -> Arc<Mutex<Slot>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let last_use = kept.uses;
        let entry =
            kept.slots.entry(visit.to_owned()).or_insert_with(|| Entry { slot: Arc::default(), last_use });
        entry.last_use = last_use;
        let slot = Arc::clone(&entry.slot);
        kept.let_go();
        slot
    }
}

impl Kept {
    /// Lets go of the one longest unused, unless somebody works in it: two sessions of one visit
    /// would not know of each other's entries.
    fn let_go(&mut self) {
        while self.slots.len() > KEPT {
            let unused = self.slots.iter().filter(|(_, entry)| Arc::strong_count(&entry.slot) == 1);
            let Some(visit) = unused.min_by_key(|(_, entry)| entry.last_use).map(|(visit, _)| visit.clone())
            else {
                return;
            };
            self.slots.remove(&visit);
        }
    }
}

/// Locks a visit's slot. After a thread died in it the session is replayed from the journal.
pub(crate) fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(|poisoned| {
        let mut guard = poisoned.into_inner();
        *guard = None;
        slot.clear_poison();
        guard
    })
}

/// The session in a slot that was filled.
pub(crate) fn filled(slot: &mut Slot) -> Result<&mut Session, DeviceError> {
    slot.as_mut().ok_or(DeviceError::NotFound { what: "visit" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_visit_goes_first_and_never_one_that_is_worked_in() {
        let sessions = Sessions::default();
        let worked_in = sessions.slot("worked in");
        for visit in 0..2 * KEPT {
            sessions.slot(&visit.to_string());
        }
        let kept = sessions.0.lock().unwrap();
        assert_eq!(kept.slots.len(), KEPT);
        assert!(kept.slots.contains_key("worked in"));
        assert!(kept.slots.contains_key(&(2 * KEPT - 1).to_string()));
        assert!(!kept.slots.contains_key("0"));
        assert!(Arc::ptr_eq(&worked_in, &kept.slots["worked in"].slot));
    }
}
