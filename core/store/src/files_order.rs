//! In which order files are given and fetched: those that were begun, then the smallest, of equal size the oldest.

use rusqlite::Params;

use crate::files::{COLUMNS, WITH_FIRST_USE, WITH_UNTOLD_USE, decode};
use crate::row::{counter, stored};
use crate::{FileRow, FileState, StoreError, Tx, refused_files};

impl Tx<'_> {
    /// Files in a state, smallest first and of equal size oldest first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_in(&self, state: FileState, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {WITH_FIRST_USE} WHERE f.state = ?1
             ORDER BY f.size, f.added_at_ms, f.sha256 LIMIT ?2"
        );
        self.all(&sql, (state.as_str(), limit), decode)
    }

    /// Files that are here and of which the server is to be given the bytes, or told of a use; each
    /// with the first use it was not told of. Those that were begun come first, then the smallest; with `after`,
    /// what stands behind that file. One that the server refused is not among them until it is time to try again.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_to_give(
        &self,
        now_ms: i64,
        after: Option<&FileRow>,
        limit: u32,
    ) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} AND {BEHIND} ORDER BY {ORDER} LIMIT ?2", to_give());
        let (begun, size, added_at_ms, sha256) = position(after)?;
        self.all(&sql, (now_ms, limit, begun, size, added_at_ms, sha256), decode)
    }

    /// How many files there are to give, and how many bytes they have.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn all_to_give(&self, now_ms: i64) -> Result<(u64, u64), StoreError> {
        self.count_and_bytes(&to_give(), [now_ms])
    }

    /// The same file with the next use that the server was not told of, if it is here and there is one.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn file_to_give(&self, sha256: &[u8; 32], now_ms: i64) -> Result<Option<FileRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} AND f.sha256 = ?2", to_give());
        self.one(&sql, (now_ms, sha256), decode)
    }

    /// Of the files that are here and that the server is to be given, those of documents of which it keeps
    /// work of this device apart, for a reason of the server's (its words begin so), and of which it does not
    /// have every byte yet; with `after`, what stands behind that file.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_to_keep_apart(
        &self,
        reason: &str,
        after: Option<&FileRow>,
        limit: u32,
    ) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {TO_KEEP_APART} AND {BEHIND} ORDER BY {ORDER} LIMIT ?2");
        let (begun, size, added_at_ms, sha256) = position(after)?;
        self.all(&sql, (reason, limit, begun, size, added_at_ms, sha256), decode)
    }

    /// How many of these there are, and how many bytes they have.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn all_to_keep_apart(&self, reason: &str) -> Result<(u64, u64), StoreError> {
        self.count_and_bytes(TO_KEEP_APART, [reason])
    }

    /// Files that are not here and that the server has, smallest first; with `after`, what stands behind that
    /// file.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_to_fetch(&self, after: Option<&FileRow>, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {} AND {BEHIND} ORDER BY {ORDER} LIMIT ?2", to_fetch());
        let (begun, size, added_at_ms, sha256) = position(after)?;
        self.all(&sql, (FileState::Wanted.as_str(), limit, begun, size, added_at_ms, sha256), decode)
    }

    /// How many of these there are, and how many bytes they have.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn all_to_fetch(&self) -> Result<(u64, u64), StoreError> {
        self.count_and_bytes(&to_fetch(), [FileState::Wanted.as_str()])
    }

    fn count_and_bytes(&self, of: &str, params: impl Params) -> Result<(u64, u64), StoreError> {
        let sql = format!("SELECT count(*), coalesce(sum(f.size), 0) FROM {of}");
        let found = self.one(&sql, params, |row| Ok((counter(row, 0)?, counter(row, 1)?)))?;
        Ok(found.unwrap_or_default())
    }
}

/// Those that were begun first.
const ORDER: &str = "f.state <> 'uploading', f.size, f.added_at_ms, f.sha256";
/// What stands behind a position, the parameters 3 to 6.
const BEHIND: &str = "(f.state <> 'uploading', f.size, f.added_at_ms, f.sha256) > (?3, ?4, ?5, ?6)";
const TO_KEEP_APART: &str = "files AS f JOIN file_uses AS u ON u.id = \
        (SELECT min(v.id) FROM file_uses AS v \
         WHERE v.sha256 = f.sha256 AND v.told = 0 AND v.doc IN \
             (SELECT doc FROM envelopes WHERE state IN ('outbox', 'quarantined', 'refused') \
              AND state = 'quarantined' AND substr(reason, 1, length(?1)) = ?1)) \
    WHERE f.state IN ('local', 'uploading') AND NOT (f.state = 'uploading' AND f.upload_offset >= f.size)";

fn to_give() -> String {
    let set_aside = refused_files::is_set_aside();
    format!("{WITH_UNTOLD_USE} WHERE f.state <> 'wanted' AND NOT {set_aside}")
}

fn to_fetch() -> String {
    format!("{WITH_FIRST_USE} WHERE f.state = ?1 AND f.at_server = 1 AND f.on_demand = 0")
}

/// Where a file stands in the order; without one, before all.
fn position(after: Option<&FileRow>) -> Result<(i64, i64, i64, Vec<u8>), StoreError> {
    after.map_or(Ok((-1, 0, 0, Vec::new())), |row| {
        let begun = i64::from(row.state != FileState::Uploading);
        Ok((begun, stored(row.size, "size")?, row.added_at_ms, row.sha256.to_vec()))
    })
}
