//! In which order files are given and fetched: those that were begun, then the smallest, of equal size the oldest.

use crate::files::{COLUMNS, WITH_FIRST_USE, WITH_UNTOLD_USE, decode};
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
    /// with the first use it was not told of. Those that were begun come first, then the smallest. One that
    /// the server refused is not among them until it is time to try again.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_to_give(&self, now_ms: i64, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let set_aside = refused_files::is_set_aside();
        let sql = format!(
            "SELECT {COLUMNS} FROM {WITH_UNTOLD_USE} WHERE f.state <> 'wanted' AND NOT {set_aside}
             ORDER BY f.state = 'uploading' DESC, f.size, f.added_at_ms, f.sha256 LIMIT ?2"
        );
        self.all(&sql, (now_ms, limit), decode)
    }

    /// Of the files that are here and that the server is to be given, those of documents of which it keeps
    /// work of this device apart, for a reason of the server's (its words begin so), and of which it does not
    /// have every byte yet.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_to_keep_apart(&self, reason: &str, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM files AS f JOIN file_uses AS u ON u.id =
                 (SELECT min(v.id) FROM file_uses AS v
                  WHERE v.sha256 = f.sha256 AND v.told = 0 AND v.doc IN
                      (SELECT doc FROM envelopes WHERE state IN ('outbox', 'quarantined', 'refused')
                       AND state = 'quarantined' AND substr(reason, 1, length(?1)) = ?1))
             WHERE f.state IN ('local', 'uploading') AND NOT (f.state = 'uploading' AND f.upload_offset >= f.size)
             ORDER BY f.state = 'uploading' DESC, f.size, f.added_at_ms, f.sha256 LIMIT ?2"
        );
        self.all(&sql, (reason, limit), decode)
    }

    /// Files that are not here and that the server has, smallest first.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn files_to_fetch(&self, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {WITH_FIRST_USE}
             WHERE f.state = 'wanted' AND f.at_server = 1 AND f.on_demand = 0
             ORDER BY f.size, f.added_at_ms, f.sha256 LIMIT ?1"
        );
        self.all(&sql, [limit], decode)
    }
}
