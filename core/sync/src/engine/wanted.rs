//! Envelopes that are asked for by their hashes: those that a comparison found lacking, and those that
//! came damaged or not at all in an earlier run.

use std::collections::{HashMap, HashSet};

use ruhu_case::limits::WANTED_ENVELOPES;

use crate::engine::logs::Logs;
use crate::ids::EnvelopeHash;
use crate::log::LogId;
use crate::message::Gap;

/// Which envelopes are asked for, and what became of it. "Asked and not given" is not "does not exist":
/// it is asked again as long as answers bring something; an answer that cannot be read is asked for in
/// halves, down to the one envelope that nobody can read.
#[derive(Debug)]
pub(super) struct Wanted {
    /// How many are asked for in one request.
    page: usize,
    /// What the request under way asks for.
    asked: Vec<EnvelopeHash>,
    /// Whether an answer to it brought anything.
    progress: bool,
    /// Gaps of earlier runs that are asked for once in this one.
    gaps: HashMap<EnvelopeHash, (LogId, u64)>,
    /// Gaps that were asked for in this run.
    gaps_asked: HashSet<EnvelopeHash>,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted {
            page: WANTED_ENVELOPES,
            asked: Vec::new(),
            progress: false,
            gaps: HashMap::new(),
            gaps_asked: HashSet::new(),
        }
    }
}

impl Wanted {
    /// The device knows these gaps: each is asked for once in a run.
    pub fn know_gaps(&mut self, gaps: &[Gap]) {
        for gap in gaps.iter().filter(|gap| !self.gaps_asked.contains(&gap.envelope)) {
            self.gaps.insert(gap.envelope, (gap.log, gap.epoch));
        }
    }

    /// What the next request asks for. While envelopes of an answer wait for their authors' records,
    /// nothing more.
    pub fn ask(&mut self, logs: &mut Logs, waiting: bool) -> Vec<EnvelopeHash> {
        if waiting {
            return Vec::new();
        }
        self.progress = false;
        self.asked = logs.ask(self.page);
        let room = self.page - self.asked.len();
        let gaps: Vec<EnvelopeHash> =
            self.gaps.keys().filter(|hash| !self.gaps_asked.contains(*hash)).take(room).copied().collect();
        self.gaps_asked.extend(&gaps);
        self.asked.extend(gaps);
        self.asked.clone()
    }

    /// Whether gaps of earlier runs are still to be asked for.
    pub fn has_gaps_to_ask(&self) -> bool {
        self.gaps.keys().any(|hash| !self.gaps_asked.contains(hash))
    }

    /// The log and epoch of an envelope that came, if it was asked for.
    pub fn take(&mut self, logs: &mut Logs, hash: &EnvelopeHash) -> Option<(LogId, u64)> {
        let found = logs.take_wanted(hash).or_else(|| self.gaps.remove(hash));
        self.progress |= found.is_some();
        found
    }

    /// The answer to the request is read whole. If it brought nothing of what was asked for, the server
    /// has it not.
    pub fn answered(&mut self, logs: &mut Logs) {
        let asked = std::mem::take(&mut self.asked);
        if !self.progress {
            logs.give_up(&asked);
        }
    }

    /// No answer came: all of it is asked for again.
    pub fn unask(&mut self) {
        for hash in std::mem::take(&mut self.asked) {
            self.gaps_asked.remove(&hash);
        }
    }

    /// The envelopes of the answer could not be read.
    pub fn unreadable(&mut self, logs: &mut Logs) {
        let asked = std::mem::take(&mut self.asked);
        match asked.len() {
            0 | 1 => logs.give_up(&asked),
            many => self.page = many / 2,
        }
        self.gaps_asked.retain(|hash| !asked.contains(hash) || asked.len() <= 1);
    }
}
