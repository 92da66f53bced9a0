//! The published forms: compiled bytes by id and version. A version once published never changes.

use ruhu_case::limits::FORM_BYTES;
use ruhu_sync::message::{ETag, PublishedForm, PublishedForms};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::Hub;
use super::unit_of_work::UnitOfWork;
use crate::error::HubError;

fn published(connection: &Connection) -> Result<PublishedForms, HubError> {
    let mut select = connection.prepare_cached("SELECT id, version, hash FROM forms ORDER BY id, version")?;
    let rows = select.query_map([], |row| {
        Ok(PublishedForm { id: row.get(0)?, version: row.get(1)?, hash: row.get(2)? })
    })?;
    Ok(PublishedForms { forms: rows.collect::<Result<_, _>>()? })
}

impl UnitOfWork<'_> {
    pub(super) fn forms_etag(&self) -> Result<ETag, HubError> {
        Ok(published(self.tx)?.etag())
    }
}

impl Hub {
    /// The list of published forms, by id and version.
    pub fn forms(&self) -> Result<PublishedForms, HubError> {
        published(&self.connection)
    }

    /// The compiled bytes of a form.
    pub fn form(&self, id: &str, version: &str) -> Result<Vec<u8>, HubError> {
        let bytes = self
            .connection
            .prepare_cached("SELECT bytes FROM forms WHERE id = ?1 AND version = ?2")?
            .query_row([id, version], |row| row.get(0))
            .optional()?;
        bytes.ok_or(HubError::FormUnknown)
    }

    /// Publishes a compiled form. Publishing the same bytes again changes nothing; other bytes under
    /// a published version are refused with [`HubError::FormPublished`], for visits refer to it, and a
    /// form that no phone takes with [`HubError::FormTooLarge`].
    pub fn publish_form(
        &mut self,
        id: &str,
        version: &str,
        bytes: &[u8],
        now_ms: i64,
    ) -> Result<PublishedForm, HubError> {
        if bytes.len() > FORM_BYTES {
            return Err(HubError::FormTooLarge);
        }
        let hash: [u8; 32] = Sha256::digest(bytes).into();
        self.write(now_ms, |work| {
            let known: Option<[u8; 32]> = work
                .tx
                .query_row("SELECT hash FROM forms WHERE id = ?1 AND version = ?2", [id, version], |row| {
                    row.get(0)
                })
                .optional()?;
            match known {
                Some(known) if known != hash => return Err(HubError::FormPublished),
                Some(_) => {}
                None => {
                    work.tx.execute(
                        "INSERT INTO forms (id, version, hash, bytes, published_at_ms)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![id, version, hash, bytes, now_ms],
                    )?;
                }
            }
            Ok(PublishedForm { id: id.to_owned(), version: version.to_owned(), hash })
        })
    }
}
