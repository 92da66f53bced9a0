//! Households as they stand, for whoever works with what phones sent.

use ruhu_case::{DocId, DocKind, Document};

use super::{Hub, check_documents, documents};
use crate::error::HubError;

/// Takes a household.
pub type TakeHousehold<'a> = dyn FnMut(DocId, &Document) + 'a;

impl Hub {
    /// Every household whose division begins with these digits, in the order of their ids. What is excluded or
    /// hidden is not shown, and what cannot be applied is left out; `check` names it.
    ///
    /// # Errors
    /// [`StorageError`](crate::error::StorageError).
    pub fn households(&self, division: &str, take: &mut TakeHousehold<'_>) -> Result<(), HubError> {
        let sql = "SELECT id, class, division, created_at_ms FROM documents
                   WHERE substr(division, 1, length(?1)) = ?1 ORDER BY id";
        let mut select = self.connection.prepare(sql)?;
        let mut rows = select.query([division])?;
        while let Some(row) = rows.next()? {
            let (doc, class, division): (_, _, String) = (DocId(row.get(0)?), row.get(1)?, row.get(2)?);
            let kind = documents::header(class, &division, row.get(3)?).ok().and_then(|h| h.class.doc_kind());
            if let Some(kind @ DocKind::Household) = kind {
                take(doc, &check_documents::document(&self.connection, doc, kind)?);
            }
        }
        Ok(())
    }
}
