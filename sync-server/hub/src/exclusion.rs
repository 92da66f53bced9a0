//! Exclusion: what an administrator leaves out of the logs. The entry keeps its place and counts in
//! checksums, its bytes are kept here and given to nobody, and phones are told by a verdict to drop what
//! they have of it. It can be undone as long as the bytes are there.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use ruhu_case::{ChangeHash, DocId, RawChange};
use ruhu_sync::{DeviceId, Envelope, EnvelopeHash, Verdict};
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::Hub;
use super::damage::stored_envelope;
use super::unit_of_work::UnitOfWork;
use crate::error::{HubError, StorageError};

/// What is to be excluded, or taken in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// One envelope.
    Envelope(EnvelopeHash),
    /// Every envelope of a document.
    Document(DocId),
    /// Every envelope that a device made.
    Device(DeviceId),
}

/// An entry that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExcludedEntry {
    /// The envelope's hash, hexadecimal.
    pub hash: String,
    /// Its document.
    pub doc: DocId,
    /// The device that made it, hexadecimal; `None` when its author is not known.
    pub device: Option<String>,
    /// When it was excluded, Unix milliseconds.
    pub excluded_at_ms: i64,
}

/// An entry that is to be left out.
struct Chosen {
    hash: EnvelopeHash,
    doc: DocId,
}

impl Hub {
    /// What is left out, in the order in which it was excluded.
    pub fn excluded(&self) -> Result<Vec<ExcludedEntry>, HubError> {
        let mut select = self.connection.prepare(
            "SELECT e.hash, e.doc, a.device, x.excluded_at_ms FROM excluded x
             CROSS JOIN envelopes e ON e.hash = x.hash LEFT JOIN authors a ON a.actor = e.actor
             ORDER BY x.excluded_at_ms, e.log, e.seq",
        )?;
        let rows = select.query_map([], |row| {
            Ok(ExcludedEntry {
                hash: EnvelopeHash(row.get(0)?).to_string(),
                doc: DocId(row.get(1)?),
                device: row.get::<_, Option<[u8; 16]>>(2)?.map(|id| DeviceId(id).to_string()),
                excluded_at_ms: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Leaves envelopes out, and gives how many. Work of others that stands on them cannot be shown
    /// without them: it is left out with them when `with_dependents` says so.
    ///
    /// # Errors
    /// [`HubError::NothingToExclude`]; [`HubError::Dependents`] when work of others stands on them.
    pub fn exclude(
        &mut self,
        subject: Subject,
        with_dependents: bool,
        now_ms: i64,
    ) -> Result<usize, HubError> {
        self.write(now_ms, |work| {
            let mut chosen = work.entries_of(subject, false)?;
            if chosen.is_empty() {
                return Err(HubError::NothingToExclude);
            }
            let dependents = work.dependents(&chosen)?;
            if !dependents.is_empty() && !with_dependents {
                return Err(HubError::Dependents { count: dependents.len() });
            }
            chosen.extend(dependents);
            chosen.iter().try_for_each(|entry| work.exclude(entry))?;
            Ok(chosen.len())
        })
    }

    /// Takes envelopes in again that were excluded, and gives how many.
    ///
    /// # Errors
    /// [`HubError::NothingToExclude`] when nothing of it is excluded.
    pub fn include(&mut self, subject: Subject, now_ms: i64) -> Result<usize, HubError> {
        self.write(now_ms, |work| {
            let chosen = work.entries_of(subject, true)?;
            if chosen.is_empty() {
                return Err(HubError::NothingToExclude);
            }
            chosen.iter().try_for_each(|entry| work.include(entry))?;
            Ok(chosen.len())
        })
    }
}

impl UnitOfWork<'_> {
    /// The entries of a subject that are, or are not yet, excluded. The server's own are never.
    fn entries_of(&self, subject: Subject, excluded: bool) -> Result<Vec<Chosen>, HubError> {
        let (which, id): (&str, &[u8]) = match &subject {
            Subject::Envelope(hash) => ("hash = ?1", &hash.0),
            Subject::Document(doc) => ("doc = ?1", &doc.0),
            Subject::Device(device) => ("actor IN (SELECT actor FROM authors WHERE device = ?1)", &device.0),
        };
        let mut select = self.tx.prepare(&format!(
            "SELECT hash, doc FROM envelopes WHERE {which}
             AND EXISTS (SELECT 1 FROM excluded x WHERE x.hash = envelopes.hash) = ?2
             AND actor NOT IN (SELECT actor FROM authors WHERE device = ?3) ORDER BY log, seq"
        ))?;
        let own = self.public_key().device_id().0;
        let rows = select.query_map(params![id, excluded, own], chosen)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What stands on the chosen entries, directly or not, and is not among them.
    fn dependents(&self, chosen_entries: &[Chosen]) -> Result<Vec<Chosen>, HubError> {
        let mut by_document: BTreeMap<DocId, BTreeSet<EnvelopeHash>> = BTreeMap::new();
        for entry in chosen_entries {
            by_document.entry(entry.doc).or_default().insert(entry.hash);
        }
        let mut found = Vec::new();
        for (doc, gone) in by_document {
            let standing = standing_on(&self.envelopes_of(doc)?, &gone);
            found.extend(standing.into_iter().map(|hash| Chosen { hash, doc }));
        }
        Ok(found)
    }

    /// The readable envelopes of a document that are not excluded, in the order of the log.
    fn envelopes_of(&self, doc: DocId) -> Result<Vec<(EnvelopeHash, Envelope)>, HubError> {
        let mut select = self.tx.prepare_cached(
            "SELECT hash, bytes FROM envelopes WHERE doc = ?1
             AND NOT EXISTS (SELECT 1 FROM excluded x WHERE x.hash = envelopes.hash) ORDER BY seq",
        )?;
        let mut rows = select.query([doc.0])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let hash = EnvelopeHash(row.get(0)?);
            all.extend(stored_envelope(&row.get::<_, Vec<u8>>(1)?, &hash).map(|it| (hash, it)));
        }
        Ok(all)
    }

    fn exclude(&mut self, entry: &Chosen) -> Result<(), HubError> {
        let hidden_for = self.hidden_for(&entry.hash)?;
        self.tx
            .prepare_cached(
                "INSERT INTO excluded (hash, excluded_at_ms, hidden_for) VALUES (?1, ?2, ?3)
                 ON CONFLICT (hash) DO NOTHING",
            )?
            .execute(params![entry.hash.0, self.now_ms, hidden_for])?;
        self.tell_exclusion(entry, true, Verdict::EXCLUDED)
    }

    fn include(&mut self, entry: &Chosen) -> Result<(), HubError> {
        let hidden_for: Option<String> = self
            .tx
            .prepare_cached("SELECT hidden_for FROM excluded WHERE hash = ?1")?
            .query_row([entry.hash.0], |row| row.get(0))?;
        self.tx.prepare_cached("DELETE FROM excluded WHERE hash = ?1")?.execute([entry.hash.0])?;
        match hidden_for {
            Some(reason) => self.tell_exclusion(entry, true, &reason),
            None => self.tell_exclusion(entry, false, Verdict::EXCLUDED),
        }
    }

    /// A verdict says it: a phone that knows no exclusion hides what the envelope says.
    fn tell_exclusion(&mut self, entry: &Chosen, hide: bool, reason: &str) -> Result<(), HubError> {
        let header = self.header(entry.doc)?.ok_or(StorageError::Damaged("a document"))?;
        let verdict = Verdict { subject: entry.hash, hide, reason: reason.to_owned() };
        self.judge(entry.doc, &header, verdict)
    }

    fn hidden_for(&self, hash: &EnvelopeHash) -> Result<Option<String>, HubError> {
        Ok(self
            .tx
            .prepare_cached("SELECT reason FROM verdicts WHERE subject = ?1 AND hide = 1")?
            .query_row([hash.0], |row| row.get(0))
            .optional()?)
    }

    /// A verdict came back after a restore: if it excludes, so does this server again.
    pub(super) fn keep_exclusion(&self, verdict: &Verdict) -> Result<(), HubError> {
        let sql = match verdict.excludes() {
            true => {
                "INSERT INTO excluded (hash, excluded_at_ms) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING"
            }
            false => "DELETE FROM excluded WHERE hash = ?1 AND ?2 = ?2",
        };
        self.tx.prepare_cached(sql)?.execute(params![verdict.subject.0, self.now_ms])?;
        Ok(())
    }
}

fn chosen(row: &Row<'_>) -> rusqlite::Result<Chosen> {
    Ok(Chosen { hash: EnvelopeHash(row.get(0)?), doc: DocId(row.get(1)?) })
}

/// Which of these envelopes, in the order of their log, stand on those that go.
fn standing_on(envelopes: &[(EnvelopeHash, Envelope)], going: &BTreeSet<EnvelopeHash>) -> Vec<EnvelopeHash> {
    let mut gone: HashSet<ChangeHash> = HashSet::new();
    let mut found = Vec::new();
    for (hash, envelope) in envelopes {
        let goes = going.contains(hash);
        let deps = envelope.changes().iter().filter_map(RawChange::header).flat_map(|header| &header.deps);
        if goes || deps.into_iter().any(|dep| gone.contains(dep)) {
            gone.extend(envelope.changes().iter().map(RawChange::hash));
            if !goes {
                found.push(*hash);
            }
        }
    }
    found
}
