//! The journal of a visit: what is kept of each entry, and the session it is replayed to.

use std::collections::BTreeSet;

use ruhu_form::{Environment, JournalEntry, Replayed, Session};
use ruhu_store::{DraftRow, Tx};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::device::Device;
use crate::error::DeviceError;
use crate::sessions::{Slot, filled};
use crate::views::VisitMigration;

/// An entry as it is kept, with the phone's time: what a form works out from the clock comes out
/// the same when the journal is replayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journalled {
    /// The time of the entry, Unix milliseconds. That of a [`JournalEntry::Import`] is the time of
    /// the last entry a person made.
    pub at_ms: i64,
    #[serde(flatten)]
    pub entry: JournalEntry,
    /// Beside a [`JournalEntry::Import`] what the migration did, so that entry and report are
    /// written at once and kept as long as each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<VisitMigration>,
}

impl Journalled {
    /// An entry that a person or the phone made.
    pub(crate) fn new(at_ms: i64, entry: JournalEntry) -> Journalled {
        Journalled { at_ms, entry, migration: None }
    }

    /// The bytes that are stored: JSON.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, DeviceError> {
        serde_json::to_vec(self).map_err(|error| DeviceError::Stored(error.to_string()))
    }

    fn decode(bytes: &[u8]) -> Result<Journalled, DeviceError> {
        serde_json::from_slice(bytes).map_err(|error| DeviceError::Stored(error.to_string()))
    }
}

/// A visit's whole journal, oldest entry first, migrations and what lies before them included.
pub(crate) fn read(tx: &Tx<'_>, visit: &str) -> Result<Vec<Journalled>, DeviceError> {
    tx.journal(visit)?.iter().map(|bytes| Journalled::decode(bytes)).collect()
}

/// How many answers, repeat instances and provided facts of a visit's journal stand behind an entry,
/// each counted once; at least one, since a move to another form is something too.
pub(crate) fn entries_after(tx: &Tx<'_>, visit: &str, entry: u64) -> Result<u32, DeviceError> {
    let mut places = BTreeSet::new();
    for bytes in tx.journal_after(visit, entry)? {
        match Journalled::decode(&bytes)?.entry {
            JournalEntry::Answer { path, .. }
            | JournalEntry::Provide { path, .. }
            | JournalEntry::RemoveRepeat { path } => places.insert(path),
            JournalEntry::AddRepeat { path, instance_id } => places.insert(format!("{path}[{instance_id}]")),
            JournalEntry::Import(_) => false,
        };
    }
    Ok(u32::try_from(places.len()).unwrap_or(u32::MAX).max(1))
}

/// The entries that the visit as it stands is made of: those since it last moved to a new version
/// of its form. What lies before them is of another version.
fn since_migration(journal: &[Journalled]) -> &[Journalled] {
    let carried = journal.iter().rposition(|kept| matches!(kept.entry, JournalEntry::Import(_)));
    journal.get(carried.unwrap_or(0)..).unwrap_or_default()
}

impl Device {
    /// The session of a visit, replayed when it is not in its slot, and told the time.
    pub(crate) fn session<'s>(
        &self,
        slot: &'s mut Slot,
        draft: &DraftRow,
    ) -> Result<&'s mut Session, DeviceError> {
        let environment = Environment {
            now_ms: self.host.now_ms(),
            utc_offset_minutes: self.host.utc_offset_minutes(),
            seed: seed_of(&draft.id),
        };
        if slot.is_none() {
            *slot = Some(self.replayed(draft, environment)?);
        }
        let session = filled(slot)?;
        session.set_environment(environment);
        Ok(session)
    }

    fn replayed(&self, draft: &DraftRow, environment: Environment) -> Result<Session, DeviceError> {
        let form = self.form(&draft.form_id, &draft.form_version)?;
        // Begun when the visit began, so that what the form fixes at the start stays fixed.
        let began = Environment { now_ms: draft.created_at_ms, ..environment };
        let journal = self.store.read(|tx| read(tx, &draft.id))?;
        let entries = since_migration(&journal)
            .iter()
            .map(|kept| (Environment { now_ms: kept.at_ms, ..environment }, &kept.entry));
        let Replayed { session, refused } = Session::replay(form, began, entries);
        if let Some(error) = refused.into_iter().next() {
            return Err(error.into());
        }
        Ok(session)
    }
}

/// The seed of a visit's randomness: the same whenever its journal is replayed.
fn seed_of(visit: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(visit.as_bytes()).into();
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}
