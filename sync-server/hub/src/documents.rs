//! The registered headers of documents. Scope is decided on them alone.

use ruhu_case::DocId;
use ruhu_national::Division;
use ruhu_sync::{DocHeader, EnvelopeHash, LogClass};
use rusqlite::{Connection, OptionalExtension, params};

use super::damage::stored_envelope;
use super::unit_of_work::UnitOfWork;
use crate::error::{HubError, StorageError};

/// The header of a document, when it is registered.
pub(super) fn header_of(connection: &Connection, doc: DocId) -> Result<Option<DocHeader>, HubError> {
    let row: Option<(u8, String, i64)> = connection
        .prepare_cached("SELECT class, division, created_at_ms FROM documents WHERE id = ?1")?
        .query_row([doc.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((class, division, created_at_ms)) = row else { return Ok(None) };
    match header(class, &division, created_at_ms) {
        Ok(header) => Ok(Some(header)),
        Err(_) => {
            tracing::warn!(%doc, "the registered header of a document is damaged");
            header_in_log(connection, doc)
        }
    }
}

/// The header as the envelope that created the document carries it.
fn header_in_log(connection: &Connection, doc: DocId) -> Result<Option<DocHeader>, HubError> {
    let mut select =
        connection.prepare_cached("SELECT hash, bytes FROM envelopes WHERE doc = ?1 ORDER BY seq")?;
    let mut rows = select.query([doc.0])?;
    while let Some(row) = rows.next()? {
        let envelope = stored_envelope(&row.get::<_, Vec<u8>>(1)?, &EnvelopeHash(row.get(0)?));
        if let Some(header) = envelope.and_then(|envelope| envelope.header) {
            return Ok(Some(header));
        }
    }
    Ok(None)
}

/// A header from its columns.
pub(super) fn header(class: u8, division: &str, created_at_ms: i64) -> Result<DocHeader, HubError> {
    let class = LogClass::from_code(class).ok_or(StorageError::Damaged("a class of documents"))?;
    let division = Division::parse(division).map_err(|_| StorageError::Damaged("a division"))?;
    Ok(DocHeader { class, division, created_at_ms })
}

impl UnitOfWork<'_> {
    pub(super) fn header(&self, doc: DocId) -> Result<Option<DocHeader>, HubError> {
        header_of(self.tx, doc)
    }

    /// Registers a header. The first one stands: who appends has compared before.
    pub(super) fn register(&self, doc: DocId, header: &DocHeader) -> Result<(), HubError> {
        self.tx
            .prepare_cached(
                "INSERT INTO documents (id, class, division, created_at_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO NOTHING",
            )?
            .execute(params![doc.0, header.class.code(), header.division.as_str(), header.created_at_ms])?;
        Ok(())
    }
}
