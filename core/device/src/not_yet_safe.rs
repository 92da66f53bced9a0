//! What of this device's work is not safe yet, told for as long as it is so: answers that were not
//! saved, changes and photos that wait, what the server refused, visits that cannot be opened. And
//! beside it what others wrote and this device keeps apart.
//!
//! It is read off the rows of the store each time: the run that found something may be long over.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::DocId;
use ruhu_projection::household_name;
use ruhu_store::{ApartRow, FileRefusal, Tx};
use ruhu_sync::AuthorRecord;
use ruhu_sync::not_yet_safe::{NotYetSafe, PendingKind, PendingWork, Why};
use ruhu_text::Bilingual;

use crate::device::Device;
use crate::error::DeviceError;
use crate::journal;
use crate::reasons::reason_of;
use crate::waiting::WAITS;

impl Device {
    /// What of this device's work is not safe yet: the answer to "may I lose this phone?".
    ///
    /// # Errors
    /// `damaged` or `store` when the store cannot be read.
    pub fn not_yet_safe(&self) -> Result<NotYetSafe, DeviceError> {
        let own = self.own_device();
        let mut found = self.store.read(|tx| {
            let mut found = tally(tx, &own, None)?;
            found.extend(waiting(tx)?);
            Ok::<_, DeviceError>(found)
        })?;
        found.extend(self.blocked_visits()?);
        found.sort_by_key(|entry| entry.kind);
        self.store.read(|tx| describe(tx, found))
    }

    /// How many things of each of these households are not safe yet.
    pub(crate) fn pending_of(
        &self,
        tx: &Tx<'_>,
        cases: &[DocId],
    ) -> Result<BTreeMap<DocId, u32>, DeviceError> {
        let mut by_case = BTreeMap::new();
        for entry in tally(tx, &self.own_device(), Some(cases))? {
            if entry.kind != PendingKind::SetAside {
                *by_case.entry(entry.doc).or_insert(0) += entry.count;
            }
        }
        Ok(by_case)
    }

    /// This device's id, as author records name it.
    fn own_device(&self) -> String {
        let identity = self.identity();
        identity.enrolled.as_ref().map(|e| e.certificate.device().to_string()).unwrap_or_default()
    }

    /// Open visits whose form is not here or cannot be read. Each form is tried once.
    fn blocked_visits(&self) -> Result<Vec<Entry>, DeviceError> {
        let drafts = self.store.read(|tx| tx.drafts(true))?;
        let forms: BTreeSet<(&str, &str)> =
            drafts.iter().map(|draft| (&*draft.form_id, &*draft.form_version)).collect();
        let mut unreadable = BTreeSet::new();
        for (id, version) in forms {
            match self.form(id, version) {
                Ok(_) => {}
                Err(DeviceError::Form(_) | DeviceError::NotFound { .. }) => {
                    unreadable.insert((id, version));
                }
                Err(other) => return Err(other),
            }
        }
        let blocked = drafts.iter().filter(|d| unreadable.contains(&(&*d.form_id, &*d.form_version)));
        let entry = |draft: &ruhu_store::DraftRow| Entry {
            visit: Some(draft.id.clone()),
            ..Entry::new(PendingKind::Blocked, draft.doc, 1)
        };
        Ok(blocked.map(entry).collect())
    }
}

/// One line of the tally, before it is put into words.
struct Entry {
    kind: PendingKind,
    doc: DocId,
    count: u32,
    visit: Option<String>,
    why: Why,
}

impl Entry {
    fn new(kind: PendingKind, doc: DocId, count: u32) -> Entry {
        Entry { kind, doc, count, visit: None, why: Why::OfItself }
    }
}

/// Everything pending, of some households or of all, but blocked visits, which are found by reading their
/// forms, and what waits.
fn tally(tx: &Tx<'_>, own: &str, of: Option<&[DocId]>) -> Result<Vec<Entry>, DeviceError> {
    let mut found = Vec::new();
    for draft in tx.unsaved_drafts(of)? {
        let count = journal::entries_after(tx, &draft.id, draft.saved_entry)?;
        found.push(Entry { visit: Some(draft.id), ..Entry::new(PendingKind::Unsaved, draft.doc, count) });
    }
    let unsent = tx.outbox_by_document(of)?.into_iter();
    found.extend(unsent.map(|(doc, count)| Entry::new(PendingKind::Unsent, doc, count)));
    for row in tx.apart(of)?.into_iter().filter(|row| row.reason != WAITS) {
        let kind = if is_own(tx, &row, own)? { PendingKind::Refused } else { PendingKind::SetAside };
        let why = reason_of(&row.reason).map_or(Why::OfItself, Why::Refused);
        found.push(Entry { why, ..Entry::new(kind, row.doc, row.count) });
    }
    let photos = tx.unsent_files_by_document(of)?.into_iter();
    found.extend(photos.map(|files| Entry {
        why: match files.refusal {
            _ if files.apart => Why::KeptApart,
            Some(FileRefusal { code, zh, en }) => Why::RefusedPhoto(code, Bilingual { zh, en }),
            None => Why::OfItself,
        },
        ..Entry::new(PendingKind::Photo, files.doc, files.count)
    }));
    let lost = tx.lost_files_by_document(of)?.into_iter();
    found.extend(lost.map(|(doc, count)| Entry::new(PendingKind::LostPhoto, doc, count)));
    Ok(found)
}

/// What waits for something that is not here, whosever it is: the server has it.
fn waiting(tx: &Tx<'_>) -> Result<Vec<Entry>, DeviceError> {
    let entry = |(doc, _, count)| Entry { why: Why::Waits, ..Entry::new(PendingKind::SetAside, doc, count) };
    Ok(tx.waiting_by_author()?.into_iter().map(entry).collect())
}

/// Whether envelopes that do not count are this device's work: its own, whoever set them aside, and
/// those of others that the server would not take back from it.
fn is_own(tx: &Tx<'_>, row: &ApartRow, own: &str) -> Result<bool, DeviceError> {
    if reason_of(&row.reason).is_some() {
        return Ok(true);
    }
    let Some(bytes) = tx.author(&row.actor)? else { return Ok(false) };
    Ok(AuthorRecord::from_bytes(&bytes)?.certificate.device().to_string() == own)
}

fn describe(tx: &Tx<'_>, found: Vec<Entry>) -> Result<NotYetSafe, DeviceError> {
    let mut all = NotYetSafe::default();
    for Entry { kind, doc, count, visit, why } in found {
        let household = household_name(tx, &doc)?;
        all.add(PendingWork::new((kind, count, &why), (&doc, household), visit));
    }
    Ok(all)
}
