//! What is on this device and not on the server, or not where people look for it: by household.

use ruhu_case::{ActorId, DocId};
use rusqlite::params_from_iter;

use crate::among::{among, listed};
use crate::envelopes::EnvelopeState;
use crate::files::with_first_use;
use crate::row::{counter, named};
use crate::{FileRefusal, Settled, StoreError, Tx};

/// Envelopes that are kept and do not count: of one document, of one author, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApartRow {
    /// The document they would change.
    pub doc: DocId,
    /// Their author.
    pub actor: ActorId,
    /// [`EnvelopeState::Quarantined`] or [`EnvelopeState::Refused`].
    pub state: EnvelopeState,
    /// Why.
    pub reason: String,
    /// How many.
    pub count: u32,
}

/// An open draft whose journal is longer than what was saved of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsavedDraft {
    /// The draft's identifier.
    pub id: String,
    /// The document it will be saved into.
    pub doc: DocId,
    /// The last entry of its journal that was saved; 0 when none was.
    pub saved_entry: u64,
}

/// Files of one document that wait for the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentFiles {
    /// The document that names them first.
    pub doc: DocId,
    /// Whether the server has every byte of them, and keeps them apart.
    pub apart: bool,
    /// Why the server refused them, if it did.
    pub refusal: Option<FileRefusal>,
    /// How many.
    pub count: u32,
}

impl Tx<'_> {
    /// Envelopes of some documents, or of all, that wait for the server, counted by document.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn outbox_by_document(&self, of: Option<&[DocId]>) -> Result<Vec<(DocId, u32)>, StoreError> {
        // The first condition lets SQLite count in the index of what is pending.
        let sql = format!(
            "SELECT doc, count(*) FROM envelopes
             WHERE state IN ('outbox', 'quarantined', 'refused') AND state = 'outbox' {} GROUP BY doc",
            among("doc", of)
        );
        self.all(&sql, params_from_iter(listed(of)), |row| Ok((DocId(row.get(0)?), row.get(1)?)))
    }

    /// Envelopes of some documents, or of all, that are kept and do not count, by document, author and
    /// reason.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn apart(&self, of: Option<&[DocId]>) -> Result<Vec<ApartRow>, StoreError> {
        let sql = format!(
            "SELECT doc, actor, state, coalesce(reason, ''), count(*) FROM envelopes
             WHERE state IN ('outbox', 'quarantined', 'refused') AND state <> 'outbox' {}
             GROUP BY doc, actor, state, reason ORDER BY min(id)",
            among("doc", of)
        );
        self.all(&sql, params_from_iter(listed(of)), |row| {
            Ok(ApartRow {
                doc: DocId(row.get(0)?),
                actor: ActorId(row.get(1)?),
                state: named(row, 2, EnvelopeState::from_word)?,
                reason: row.get(3)?,
                count: row.get(4)?,
            })
        })
    }

    /// Files that wait for the server and that one of some documents, or any, names first: counted by it, by
    /// whether the server has every byte and gave no receipt (it keeps them apart), and by why it refused
    /// them.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn unsent_files_by_document(&self, of: Option<&[DocId]>) -> Result<Vec<UnsentFiles>, StoreError> {
        let sql = format!(
            "SELECT u.doc, f.state = 'uploading' AND f.upload_offset >= f.size AS apart, r.code, r.zh, r.en,
                       count(*)
                   FROM {} LEFT JOIN refused_files AS r ON r.sha256 = f.sha256
                   WHERE f.state IN ('local', 'uploading') {} GROUP BY u.doc, apart, r.code, r.zh, r.en",
            with_first_use(of),
            among("u.doc", of)
        );
        self.all(&sql, params_from_iter(listed(of)), |row| {
            let refusal = match row.get::<_, Option<String>>(2)? {
                Some(code) => Some(FileRefusal { code, zh: row.get(3)?, en: row.get(4)? }),
                None => None,
            };
            Ok(UnsentFiles { doc: DocId(row.get(0)?), apart: row.get(1)?, refusal, count: row.get(5)? })
        })
    }

    /// Open drafts of some documents, or of all, with entries that were not saved, those last changed first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn unsaved_drafts(&self, of: Option<&[DocId]>) -> Result<Vec<UnsavedDraft>, StoreError> {
        // Journals lie on pages of their own: only those of the documents that are meant are looked at.
        let sql = format!(
            "SELECT id, doc, saved_entry FROM drafts {} WHERE state = 'open' {} AND EXISTS
                 (SELECT 1 FROM journals WHERE draft = drafts.id AND entry > drafts.saved_entry)
             ORDER BY updated_at_ms DESC, id",
            of.map_or("", |_| "INDEXED BY drafts_open"),
            among("doc", of)
        );
        self.all(&sql, params_from_iter(listed(of)), |row| {
            Ok(UnsavedDraft { id: row.get(0)?, doc: DocId(row.get(1)?), saved_entry: counter(row, 2)? })
        })
    }

    /// Notes that everything in a draft's journal is saved; its answers have moved there.
    ///
    /// # Errors
    /// `store` when there is no such draft, `damaged` or `disk_full`.
    pub fn set_draft_saved(&self, settled: &Settled<'_>) -> Result<(), StoreError> {
        let sql = "UPDATE drafts SET saved_entry =
                       coalesce((SELECT max(entry) FROM journal WHERE draft = ?1), 0) WHERE id = ?1";
        self.execute_one("draft", sql, [settled.draft()])
    }
}
