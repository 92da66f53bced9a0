//! Drafts: a form being filled. The journal of its answers is in `answers.rs`.

use ruhu_case::DocId;
use rusqlite::Row;

use crate::row::{named, words};
use crate::{StoreError, Tx};

/// Whether a draft is still being filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DraftState {
    /// Being filled.
    Open,
    /// Saved into its document; the journal is kept.
    Closed,
}

words!(DraftState { Open = "open", Closed = "closed" });

/// A form being filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// The draft's identifier.
    pub id: String,
    /// The document it will be saved into.
    pub doc: DocId,
    /// The record in that document.
    pub record: String,
    /// The form's id.
    pub form_id: String,
    /// The form's version.
    pub form_version: String,
    /// When it was begun, milliseconds since 1970 UTC.
    pub created_at_ms: i64,
    /// Last change by the host's account, milliseconds since 1970 UTC.
    pub updated_at_ms: i64,
    /// Whether it is still being filled.
    pub state: DraftState,
}

/// A draft was last changed by its last answer, also before that moves into the journal.
const COLUMNS: &str = "id, doc, record, form_id, form_version, created_at_ms,
    coalesce((SELECT at_ms FROM answered WHERE draft = id ORDER BY entry DESC LIMIT 1), updated_at_ms) AS changed_at_ms,
    state";

impl Tx<'_> {
    /// Adds a draft or replaces its facts; its journal stays.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_draft(&self, row: &DraftRow) -> Result<(), StoreError> {
        self.execute(
            "INSERT INTO drafts
                (id, doc, record, form_id, form_version, created_at_ms, updated_at_ms, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (id) DO UPDATE SET
                doc = excluded.doc, record = excluded.record, form_id = excluded.form_id,
                form_version = excluded.form_version, created_at_ms = excluded.created_at_ms,
                updated_at_ms = excluded.updated_at_ms, state = excluded.state",
            (
                &row.id,
                row.doc.0,
                &row.record,
                &row.form_id,
                &row.form_version,
                row.created_at_ms,
                row.updated_at_ms,
                row.state.as_str(),
            ),
        )?;
        Ok(())
    }

    /// One draft.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn draft(&self, id: &str) -> Result<Option<DraftRow>, StoreError> {
        self.one(&format!("SELECT {COLUMNS} FROM drafts WHERE id = ?1"), [id], decode)
    }

    /// Drafts, last changed first; only those still being filled when `open_only`.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn drafts(&self, open_only: bool) -> Result<Vec<DraftRow>, StoreError> {
        let filter = if open_only { "WHERE state = 'open'" } else { "" };
        let sql = format!("SELECT {COLUMNS} FROM drafts {filter} ORDER BY changed_at_ms DESC, id");
        self.all(&sql, [], decode)
    }
}

fn decode(row: &Row<'_>) -> rusqlite::Result<DraftRow> {
    Ok(DraftRow {
        id: row.get(0)?,
        doc: DocId(row.get(1)?),
        record: row.get(2)?,
        form_id: row.get(3)?,
        form_version: row.get(4)?,
        created_at_ms: row.get(5)?,
        updated_at_ms: row.get(6)?,
        state: named(row, 7, DraftState::from_word)?,
    })
}
