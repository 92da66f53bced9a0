//! What a visit writes into its household: its record with the answers, and the fields that its
//! form names, on top of what the visit has seen.

use std::collections::{BTreeMap, BTreeSet};

use ruhu_case::{ChangeHash, DocKind, Value, Write};
use ruhu_form::{Changed, JournalEntry, Moved, Session};
use ruhu_store::{DraftRow, Tx};

use crate::documents::{Ancestry, LoadedDocument};
use crate::error::DeviceError;
use crate::identity::Identity;
use crate::journal::Journalled;
use crate::unit_of_work::UnitOfWork;
use crate::views::{SavedVisit, VisitMigration};
use crate::writes::{answer_value, order_key, put, saved_fields, text};

/// What the migrations of a visit mean for its record.
#[derive(Debug, Default)]
pub(crate) struct Migrated {
    /// The version of the form that the visit was begun with, if it is another one now.
    begun_version: Option<String>,
    /// Keys of answers that a migration dropped and nobody has given anew.
    dropped: BTreeSet<String>,
}

impl Migrated {
    /// Reads it off a visit's whole journal.
    pub(crate) fn of(journal: &[Journalled]) -> Migrated {
        let mut migrated = Migrated::default();
        let mut moves: Vec<&Moved> = Vec::new();
        for Journalled { entry, migration, .. } in journal {
            match entry {
                JournalEntry::Answer { path, .. } | JournalEntry::Provide { path, .. } => {
                    migrated.dropped.remove(path);
                }
                JournalEntry::RemoveRepeat { path } => {
                    migrated.dropped.retain(|key| !key.starts_with(path.as_str()));
                }
                JournalEntry::AddRepeat { .. } | JournalEntry::Import(_) => {}
            }
            if let Some(VisitMigration { report, .. }) = migration {
                migrated.begun_version.get_or_insert_with(|| report.from.clone());
                report.dropped.iter().for_each(|told| migrated.drop(&told.path, &moves));
                moves.extend(&report.moved);
            }
        }
        migrated
    }

    /// Notes a key, and those under which the answer stood before earlier migrations: it may have
    /// been saved under any of them.
    fn drop(&mut self, key: &str, moves: &[&Moved]) {
        let mut key = key;
        self.dropped.insert(key.to_owned());
        for past in moves.iter().rev() {
            if past.to == key {
                key = &past.from;
                self.dropped.insert(key.to_owned());
            }
        }
    }

    /// Whether a saved answer that no longer counts is left in the record: a new version of the
    /// form took it out of the visit, and no person did.
    fn leaves(&self, session: &Session, key: &str) -> bool {
        let stands = || session.node(key).is_some_and(|node| !node.value.is_empty());
        self.dropped.contains(key) && !stands()
    }
}

/// Whether the record can hold what an entry changed. What it cannot hold is refused here, where the
/// person can still answer otherwise, and not when the visit is saved.
pub(crate) fn check_fields(draft: &DraftRow, changed: &Changed) -> Result<(), DeviceError> {
    let answered = changed.nodes.iter().filter(|node| !node.removed && !node.value.is_empty());
    for node in answered {
        text(format!("records/{}/answers/{}", draft.record, node.path), &node.value)
            .check(DocKind::Household)?;
    }
    Ok(())
}

/// Everything a visit writes: its record with the answers, and the household's fields.
pub(crate) fn writes(
    loaded: &LoadedDocument,
    draft: &DraftRow,
    session: &Session,
    migrated: &Migrated,
    status: &str,
    identity: &Identity,
) -> Result<Vec<Write>, DeviceError> {
    let record = format!("records/{}", draft.record);
    let mut writes = vec![
        text(format!("{record}/order"), order_key(draft.created_at_ms)),
        text(format!("{record}/form"), &draft.form_id),
        text(format!("{record}/version"), &draft.form_version),
        text(format!("{record}/started_by"), &identity.enrolled()?.certificate.person),
        put(format!("{record}/started_at"), Value::Timestamp(draft.created_at_ms)),
        text(format!("{record}/status"), status),
    ];
    writes
        .extend(migrated.begun_version.as_ref().map(|begun| text(format!("{record}/begun_version"), begun)));
    let answers = session.answers();
    let now: BTreeMap<String, Value> = answers
        .iter()
        .map(|answer| (format!("{record}/answers/{}", answer.path), answer_value(answer)))
        .collect();
    // What was answered when the page was saved before, and no longer is.
    let prefix = format!("{record}/answers/");
    let left = |path: &str| path.strip_prefix(&prefix).is_some_and(|key| migrated.leaves(session, key));
    let before = loaded.document.fields(&prefix);
    let cleared = before
        .into_iter()
        .filter(|(path, value)| !now.contains_key(path) && !value.is_blank() && !left(path));
    writes.extend(cleared.map(|(path, _)| put(path, Value::Blank)));
    writes.extend(now.into_iter().map(|(path, value)| put(path, value)));
    writes.extend(saved_fields(&answers).into_iter().map(|(path, value)| put(path, value)));
    Ok(writes)
}

/// Writes on top of what the visit has seen. Where somebody else has changed a field since, the new
/// value is written beside theirs and not over it: a conflict that a person settles.
pub(crate) fn write_seen(
    work: &mut UnitOfWork<'_, '_>,
    loaded: &mut LoadedDocument,
    visit: &str,
    writes: &[Write],
) -> Result<SavedVisit, DeviceError> {
    let seen = seen(work.tx, visit)?;
    let concurrent = concurrent(work.tx, loaded, &seen, writes)?;
    let changed = match concurrent.is_empty() {
        true => work.write(loaded, writes)?,
        false => {
            // An actor's changes must follow each other, but these shall not follow what the
            // device has seen since: they are a new actor's.
            work.renew_actor()?;
            write_concurrently(work, loaded, &seen, writes)?
        }
    };
    set_seen(work.tx, visit, &loaded.document.heads())?;
    // What the program filled in, and what says the same, stands side by side and is nobody's conflict.
    let conflicts: BTreeSet<String> = loaded.document.conflicts().into_iter().map(|c| c.path).collect();
    let overtaken = concurrent.into_iter().filter(|path| conflicts.contains(path)).collect();
    Ok(SavedVisit { changed, overtaken })
}

/// The fields that show another value than when the visit last looked, and than it would write.
fn concurrent(
    tx: &Tx<'_>,
    loaded: &LoadedDocument,
    seen: &[ChangeHash],
    writes: &[Write],
) -> Result<Vec<String>, DeviceError> {
    if loaded.document.heads() == seen {
        return Ok(Vec::new());
    }
    let ancestry = Ancestry::of(tx, &loaded.row.id)?;
    let then = ancestry.document(loaded.row.kind, &ancestry.closure(seen));
    let is_concurrent = |write: &&Write| {
        let now = loaded.document.field(write.path());
        now != then.field(write.path()) && now.as_ref() != Some(write.value())
    };
    Ok(writes.iter().filter(is_concurrent).map(|write| write.path().to_owned()).collect())
}

fn write_concurrently(
    work: &UnitOfWork<'_, '_>,
    loaded: &mut LoadedDocument,
    seen: &[ChangeHash],
    writes: &[Write],
) -> Result<bool, DeviceError> {
    let ancestry = Ancestry::of(work.tx, &loaded.row.id)?;
    let mut then = ancestry.document(loaded.row.kind, &ancestry.closure(seen));
    let now_ms = work.host.now_ms();
    let changes = then.edit(work.identity.actor()?, now_ms, writes)?;
    if changes.is_empty() {
        return Ok(false);
    }
    let chunks: Vec<Vec<u8>> = changes.iter().map(|change| change.bytes.clone()).collect();
    loaded.document.apply(&chunks)?;
    work.append(loaded, &changes, false)?;
    loaded.save(work.tx, now_ms)?;
    Ok(true)
}

fn seen_key(visit: &str) -> String {
    format!("visit/{visit}/seen")
}

/// The heads of the household when the visit last looked at it.
fn seen(tx: &Tx<'_>, visit: &str) -> Result<Vec<ChangeHash>, DeviceError> {
    let bytes = tx.meta(&seen_key(visit))?.unwrap_or_default();
    let hash = |chunk: &[u8]| <[u8; 32]>::try_from(chunk).map(ChangeHash);
    bytes.chunks(32).map(hash).collect::<Result<_, _>>().map_err(|_| DeviceError::Stored("heads".into()))
}

pub(crate) fn set_seen(tx: &Tx<'_>, visit: &str, heads: &[ChangeHash]) -> Result<(), DeviceError> {
    let bytes: Vec<u8> = heads.iter().flat_map(|hash| hash.0).collect();
    Ok(tx.set_meta(&seen_key(visit), &bytes)?)
}
