//! Files that the server refused: set aside with the reason, so that they hold up no other, and tried again
//! after an hour, after two, and so on up to a day.

use crate::{StoreError, Tx};

const HOUR_MS: i64 = 60 * 60 * 1_000;
/// The longest pause before a file is tried again, in hours.
const MOST_HOURS: i64 = 24;

/// Why the server refused a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRefusal {
    /// As a code.
    pub code: String,
    /// For a person, Chinese.
    pub zh: String,
    /// For a person, English.
    pub en: String,
}

/// Holds for a file `f` that was refused and is not to be tried again at the time `?1`. A phone whose clock
/// was set back tries.
pub(crate) fn is_set_aside() -> String {
    format!(
        "EXISTS (SELECT 1 FROM refused_files AS r WHERE r.sha256 = f.sha256 AND ?1 >= r.at_ms
                 AND ?1 < r.at_ms + {HOUR_MS} * min({MOST_HOURS}, 1 << min(r.refusals - 1, 10)))"
    )
}

impl Tx<'_> {
    /// Notes that the server refused a file, and when.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn refuse_file(
        &self,
        sha256: &[u8; 32],
        refusal: &FileRefusal,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let FileRefusal { code, zh, en } = refusal;
        self.execute(
            "INSERT INTO refused_files (sha256, code, zh, en, refusals, at_ms) VALUES (?1, ?2, ?3, ?4, 1, ?5)
             ON CONFLICT (sha256) DO UPDATE SET code = excluded.code, zh = excluded.zh, en = excluded.en,
                refusals = refusals + 1, at_ms = excluded.at_ms",
            (sha256, code, zh, en, now_ms),
        )?;
        Ok(())
    }

    /// Forgets that a file was refused.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub(crate) fn forget_refusal(&self, sha256: &[u8; 32]) -> Result<(), StoreError> {
        self.execute("DELETE FROM refused_files WHERE sha256 = ?1", [sha256])?;
        Ok(())
    }

    /// Why a file was refused, if it was.
    ///
    /// # Errors
    /// `damaged` or `store` when the rows cannot be read.
    pub fn file_refusal(&self, sha256: &[u8; 32]) -> Result<Option<FileRefusal>, StoreError> {
        let sql = "SELECT code, zh, en FROM refused_files WHERE sha256 = ?1";
        self.one(sql, [sha256], |row| Ok(FileRefusal { code: row.get(0)?, zh: row.get(1)?, en: row.get(2)? }))
    }
}
