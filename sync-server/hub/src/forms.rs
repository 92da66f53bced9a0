//! The published forms: compiled bytes by id and version. A version once published never changes; it
//! can be withdrawn, and published again as it was.

use ruhu_case::limits::FORM_BYTES;
use ruhu_sync::message::{ETag, GivenForm, PublishedForm, PublishedForms};
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::Hub;
use super::unit_of_work::UnitOfWork;
use crate::error::HubError;

const COLUMNS: &str = "id, version, hash, noticed_at_ms, withdrawn";

fn notice(row: &Row<'_>) -> rusqlite::Result<PublishedForm> {
    Ok(PublishedForm {
        id: row.get(0)?,
        version: row.get(1)?,
        hash: row.get(2)?,
        at_ms: row.get(3)?,
        withdrawn: row.get(4)?,
        signature: None,
    })
}

fn published(connection: &Connection) -> Result<PublishedForms, HubError> {
    let sql = format!("SELECT {COLUMNS} FROM forms ORDER BY id, version");
    let mut select = connection.prepare_cached(&sql)?;
    let rows = select.query_map([], notice)?;
    Ok(PublishedForms { forms: rows.collect::<Result<_, _>>()? })
}

impl UnitOfWork<'_> {
    pub(super) fn forms_etag(&self) -> Result<ETag, HubError> {
        Ok(published(self.tx)?.etag())
    }

    fn published_form(&self, id: &str, version: &str) -> Result<Option<PublishedForm>, HubError> {
        let sql = format!("SELECT {COLUMNS} FROM forms WHERE id = ?1 AND version = ?2");
        Ok(self.tx.query_row(&sql, [id, version], notice).optional()?)
    }

    /// Says something new of a form that was published, later than what was said before.
    fn note_form(&self, known: &PublishedForm, withdrawn: bool) -> Result<PublishedForm, HubError> {
        let at_ms = self.now_ms.max(known.at_ms + 1);
        self.tx.execute(
            "UPDATE forms SET withdrawn = ?3, noticed_at_ms = ?4 WHERE id = ?1 AND version = ?2",
            params![known.id, known.version, withdrawn, at_ms],
        )?;
        Ok(PublishedForm { at_ms, withdrawn, ..known.clone() })
    }

    fn insert_form(&self, form: &PublishedForm, bytes: &[u8]) -> Result<(), HubError> {
        self.tx.execute(
            "INSERT INTO forms (id, version, hash, bytes, published_at_ms, withdrawn, noticed_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5)",
            params![form.id, form.version, form.hash, bytes, form.at_ms, form.withdrawn],
        )?;
        Ok(())
    }
}

impl Hub {
    /// The list of published forms, withdrawn ones too, by id and version, each signed by the server.
    pub fn forms(&self) -> Result<PublishedForms, HubError> {
        let forms = published(&self.connection)?.forms;
        Ok(PublishedForms { forms: forms.into_iter().map(|form| form.signed(&self.key)).collect() })
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

    /// The compiled bytes of a form, by their SHA-256: whatever its id and version are, this travels.
    pub fn form_of_hash(&self, hash: &[u8; 32]) -> Result<Vec<u8>, HubError> {
        let bytes = self
            .connection
            .prepare_cached("SELECT bytes FROM forms WHERE hash = ?1 LIMIT 1")?
            .query_row([hash], |row| row.get(0))
            .optional()?;
        bytes.ok_or(HubError::FormUnknown)
    }

    /// Publishes a compiled form. Publishing the same bytes again takes a withdrawal back and changes
    /// nothing else; other bytes under a published version are refused with
    /// [`HubError::FormPublished`], for visits refer to it, and a form that no phone takes with
    /// [`HubError::FormTooLarge`].
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
        self.write(now_ms, |work| match work.published_form(id, version)? {
            Some(known) if known.hash != hash => Err(HubError::FormPublished),
            Some(known) if known.withdrawn => work.note_form(&known, false),
            Some(known) => Ok(known),
            None => {
                let form = PublishedForm {
                    id: id.to_owned(),
                    version: version.to_owned(),
                    hash,
                    at_ms: now_ms,
                    withdrawn: false,
                    signature: None,
                };
                work.insert_form(&form, bytes)?;
                Ok(form)
            }
        })
    }

    /// Takes back a form that this server published and has forgotten, or a later word of its own on one:
    /// a phone has kept it. Anything that does not bear the server's signature is no form.
    ///
    /// # Errors
    /// [`HubError::FormUnknown`] for a notice that is not this server's, or bytes that are not its;
    /// [`HubError::FormPublished`] when the version has other contents now.
    pub fn take_form(&mut self, given: &GivenForm, now_ms: i64) -> Result<(), HubError> {
        let GivenForm { notice, bytes } = given;
        if !notice.is_signed_by(&self.key.public()) {
            return Err(HubError::FormUnknown);
        }
        self.write(now_ms, |work| match work.published_form(&notice.id, &notice.version)? {
            Some(known) if known.hash != notice.hash => Err(HubError::FormPublished),
            Some(known) if known.at_ms >= notice.at_ms => Ok(()),
            Some(_) => {
                work.tx.execute(
                    "UPDATE forms SET withdrawn = ?3, noticed_at_ms = ?4 WHERE id = ?1 AND version = ?2",
                    params![notice.id, notice.version, notice.withdrawn, notice.at_ms],
                )?;
                Ok(())
            }
            None if <[u8; 32]>::from(Sha256::digest(bytes)) == notice.hash => work.insert_form(notice, bytes),
            None => Err(HubError::FormUnknown),
        })
    }

    /// Withdraws a version of a form, or all of them: phones offer it for no new visit, open visits
    /// and what was saved stay. Gives what is withdrawn now.
    ///
    /// # Errors
    /// [`HubError::FormUnknown`] when no such form was published.
    pub fn withdraw_form(
        &mut self,
        id: &str,
        version: Option<&str>,
        now_ms: i64,
    ) -> Result<Vec<PublishedForm>, HubError> {
        self.write(now_ms, |work| {
            let meant = |form: &PublishedForm| form.id == id && version.is_none_or(|v| form.version == v);
            let forms: Vec<PublishedForm> =
                published(work.tx)?.forms.into_iter().filter(|form| meant(form)).collect();
            if forms.is_empty() {
                return Err(HubError::FormUnknown);
            }
            let withdraw = |form: PublishedForm| match form.withdrawn {
                true => Ok(form),
                false => work.note_form(&form, true),
            };
            forms.into_iter().map(withdraw).collect()
        })
    }
}
