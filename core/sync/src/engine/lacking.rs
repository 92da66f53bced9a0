//! The envelopes of one log that the device lacks after a comparison.

use std::collections::{BTreeMap, HashMap};

use crate::ids::EnvelopeHash;

/// What a device lacks of one log, in the log's order.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    places: HashMap<EnvelopeHash, usize>,
    left: BTreeMap<usize, EnvelopeHash>,
    given_up: u64,
}

impl Lacking {
    pub fn add(&mut self, hash: EnvelopeHash) {
        let place = self.places.len();
        if self.places.insert(hash, place).is_none() {
            self.left.insert(place, hash);
        }
    }

    pub fn ask(&self, most: usize) -> impl Iterator<Item = EnvelopeHash> {
        self.left.values().copied().take(most)
    }

    /// Whether it was lacking; it is not any more.
    pub fn take(&mut self, hash: &EnvelopeHash) -> bool {
        self.places.get(hash).is_some_and(|place| self.left.remove(place).is_some())
    }

    pub fn give_up(&mut self, hash: &EnvelopeHash) {
        self.given_up += u64::from(self.take(hash));
    }

    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    pub fn given_up(&self) -> u64 {
        self.given_up
    }
}
