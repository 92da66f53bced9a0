//! What a run knows of each log: whether device and server hold the same, and how far the comparison
//! has come if they do not.

use std::collections::BTreeMap;

use ruhu_case::limits::INVENTORY_LOGS;

use crate::engine::EngineError;
use crate::engine::lacking::Lacking;
use crate::ids::EnvelopeHash;
use crate::log::{LogHead, LogId};
use crate::message::InventoryAsk;

/// Where a log stands. One that was never named is in step.
///
/// ```text
/// InStep ──the server doubts our position──▶ Proving ──▶ InStep, or a new epoch ──▶ Comparing
/// InStep ──checksums differ────────────────▶ Comparing ──every hash has come──▶ Fetching
/// InStep ──a page cannot be read───────────▶ Comparing
/// Fetching ──every envelope came, or is a gap▶ InStep
/// Fetching ──some do not come──────────────▶ Drifted
/// InStep ──checksums differ, compared before▶ Drifted
/// ```
#[derive(Debug)]
enum LogState {
    /// Nothing is known to be wrong.
    InStep { compared: bool },
    /// The server asked for the signed head: it does not know the position that the device has.
    Proving { compared: bool },
    /// The server's hashes are being fetched; so many have come.
    Comparing { rows: Vec<(EnvelopeHash, u64)> },
    /// All hashes have come. What the device lacks of them is fetched, and only then is the position
    /// taken: taken earlier, it would say that the device has what it has not.
    Fetching {
        head: LogHead,
        /// What the device lacks; unknown until the host has written the inventory.
        lacking: Option<Lacking>,
    },
    /// It still differs after it was compared, or what the device lacks did not come. The next run
    /// compares it again.
    Drifted,
}

impl LogState {
    /// Whether the log was compared in this run, or is about to be.
    fn compared(&self) -> bool {
        match self {
            LogState::InStep { compared } | LogState::Proving { compared } => *compared,
            LogState::Comparing { .. } | LogState::Fetching { .. } | LogState::Drifted => true,
        }
    }
}

/// The logs of a run that are not simply in step.
#[derive(Debug, Default)]
pub(super) struct Logs {
    states: BTreeMap<LogId, LogState>,
}

impl Logs {
    // ---- proving a position ----

    /// The server wants the signed head of a log. While hashes are compared it need not be shown.
    pub fn prove(&mut self, log: LogId) {
        let state = self.states.entry(log).or_insert(LogState::InStep { compared: false });
        if let LogState::InStep { compared } = *state {
            *state = LogState::Proving { compared };
        }
    }

    pub fn is_proving(&self, log: &LogId) -> bool {
        matches!(self.states.get(log), Some(LogState::Proving { .. }))
    }

    /// The heads were shown: the next answer says what comes of it.
    pub fn proved(&mut self) {
        for state in self.states.values_mut() {
            if let LogState::Proving { compared } = *state {
                *state = LogState::InStep { compared };
            }
        }
    }

    // ---- comparing ----

    /// Begins to compare a log's hashes, unless that is under way.
    pub fn compare(&mut self, log: LogId) {
        let state = self.states.entry(log).or_insert(LogState::InStep { compared: false });
        match state {
            LogState::Comparing { .. } | LogState::Fetching { .. } => {}
            LogState::InStep { .. } | LogState::Proving { .. } | LogState::Drifted => {
                tracing::info!(%log, "the hashes of a log are compared");
                *state = LogState::Comparing { rows: Vec::new() };
            }
        }
    }

    /// The checksums of a log differ. Says whether they do so although it was compared.
    pub fn differs(&mut self, log: LogId) -> bool {
        match self.states.get_mut(&log) {
            Some(LogState::Drifted) => false,
            Some(state) if state.compared() => {
                tracing::warn!(%log, "a log still differs after it was compared");
                *state = LogState::Drifted;
                true
            }
            _ => {
                self.compare(log);
                false
            }
        }
    }

    /// Which hashes to ask for next; the other logs wait for their turn.
    pub fn inventory_asks(&self) -> Vec<InventoryAsk> {
        let asks = self.states.iter().filter_map(|(log, state)| match state {
            LogState::Comparing { rows } => {
                Some(InventoryAsk { log: *log, after: rows.last().map_or(0, |(_, seq)| *seq) })
            }
            _ => None,
        });
        asks.take(INVENTORY_LOGS).collect()
    }

    /// Takes a page of hashes; with the last page gives all of them.
    pub fn take_inventory(
        &mut self,
        head: &LogHead,
        page: impl Iterator<Item = (EnvelopeHash, u64)>,
        more: bool,
    ) -> Result<Option<Vec<(EnvelopeHash, u64)>>, EngineError> {
        let Some(state) = self.states.get_mut(&head.log) else {
            return Err(EngineError::Unfitting("inventory"));
        };
        let LogState::Comparing { rows } = state else { return Err(EngineError::Unfitting("inventory")) };
        rows.extend(page);
        if more {
            return Ok(None);
        }
        let rows = std::mem::take(rows);
        *state = LogState::Fetching { head: head.clone(), lacking: None };
        Ok(Some(rows))
    }

    // ---- fetching ----

    /// The host has written the inventories: what it lacks of them is wanted, in the order of the log,
    /// so that an envelope comes after what it stands on.
    pub fn want(&mut self, found: Vec<(EnvelopeHash, LogId, u64)>) {
        for state in self.states.values_mut() {
            if let LogState::Fetching { lacking, .. } = state {
                lacking.get_or_insert_default();
            }
        }
        for (hash, log, _) in found {
            if let Some(LogState::Fetching { lacking: Some(lacking), .. }) = self.states.get_mut(&log) {
                lacking.add(hash);
            }
        }
    }

    /// What to ask for in the next request, at most so many; it counts as asked for.
    pub fn ask(&mut self, most: usize) -> Vec<EnvelopeHash> {
        let mut asked = Vec::new();
        for state in self.states.values_mut() {
            if let LogState::Fetching { lacking: Some(lacking), .. } = state {
                asked.extend(lacking.ask(most - asked.len()));
            }
        }
        asked
    }

    /// The log and epoch of an envelope that was wanted, which is wanted no more.
    pub fn take_wanted(&mut self, hash: &EnvelopeHash) -> Option<(LogId, u64)> {
        self.states.iter_mut().find_map(|(log, state)| match state {
            LogState::Fetching { head, lacking: Some(lacking) } => {
                lacking.take(hash).then_some((*log, head.epoch))
            }
            _ => None,
        })
    }

    /// The server cannot give these: they are asked for no more in this run.
    pub fn give_up(&mut self, hashes: &[EnvelopeHash]) {
        for state in self.states.values_mut() {
            if let LogState::Fetching { lacking: Some(lacking), .. } = state {
                hashes.iter().for_each(|hash| lacking.give_up(hash));
            }
        }
    }

    /// Gives the positions of the logs of which everything is here, and the logs of which something
    /// did not come, with how many: their positions are not taken.
    pub fn fetched(&mut self) -> (Vec<LogHead>, Vec<(LogId, u64)>) {
        let (mut heads, mut drifted) = (Vec::new(), Vec::new());
        for (log, state) in &mut self.states {
            let LogState::Fetching { head, lacking: Some(lacking) } = state else { continue };
            match (lacking.is_empty(), lacking.given_up()) {
                (false, _) => {}
                (true, 0) => {
                    heads.push(head.clone());
                    *state = LogState::InStep { compared: true };
                }
                (true, missing) => {
                    tracing::warn!(%log, missing, "a log cannot be completed");
                    drifted.push((*log, missing));
                    *state = LogState::Drifted;
                }
            }
        }
        (heads, drifted)
    }

    // ---- what is left to do ----

    /// Whether hashes are compared. No news is asked for then: it would come twice.
    pub fn is_comparing(&self) -> bool {
        self.states
            .values()
            .any(|state| matches!(state, LogState::Comparing { .. } | LogState::Fetching { .. }))
    }

    /// Whether another request is needed.
    pub fn is_busy(&self) -> bool {
        self.is_comparing() || self.states.values().any(|state| matches!(state, LogState::Proving { .. }))
    }
}
