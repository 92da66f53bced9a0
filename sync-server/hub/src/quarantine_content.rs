//! What lies in quarantine as an administrator reads it: whose household, made by whom, and what it says.

use std::collections::BTreeMap;

use ruhu_case::{DocId, Document, RawChange};
use ruhu_sync::{DocHeader, Envelope, EnvelopeHash};
use ruhu_text::Explain;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::admission::Selection;
use super::authors::author_record;
use super::dismissal::Dismissal;
use super::photo_folder::Content;
use super::unit_of_work::UnitOfWork;
use super::{Hub, documents};
use crate::error::HubError;

/// An envelope in quarantine with its content. It holds what people entered: it belongs into no log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuarantinedContent {
    /// The envelope's hash, hexadecimal.
    pub hash: String,
    /// Why it is kept apart: a code.
    pub reason: String,
    /// Its document.
    pub doc: DocId,
    /// The head of the household and the address, with what is kept apart counted in; empty when the
    /// document cannot be read.
    pub household: String,
    /// Who carries the device that made it, when the author is known.
    pub person: Option<String>,
    /// The device, hexadecimal.
    pub device: Option<String>,
    /// When it came, Unix milliseconds.
    pub time_ms: i64,
    /// Its size in bytes, without photos.
    pub bytes: u64,
    /// Who dismissed it, if somebody did.
    pub dismissed: Option<Dismissal>,
    /// The photos that it names.
    pub photos: Vec<PhotoContent>,
    /// The fields that it sets.
    pub fields: Vec<FieldContent>,
}

/// A photo that an envelope in quarantine names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhotoContent {
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Its size in bytes, when its phone has given it.
    pub bytes: Option<u64>,
}

/// A field and what is written into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldContent {
    /// The field's path.
    pub path: String,
    /// The value as text.
    pub value: String,
}

impl Hub {
    /// What is chosen of the quarantine, with its content, in the order in which it came.
    ///
    /// # Errors
    /// [`HubError::NotQuarantined`] when there is nothing of it in quarantine, and failures of the
    /// storage. What cannot be read is given without fields.
    pub fn quarantine_content(
        &mut self,
        what: &Selection,
        now_ms: i64,
    ) -> Result<Vec<QuarantinedContent>, HubError> {
        let contents = self.quarantine_list(what, now_ms)?;
        match contents.is_empty() {
            true => Err(HubError::NotQuarantined),
            false => Ok(contents),
        }
    }

    /// As [`Hub::quarantine_content`]; nothing when there is nothing.
    ///
    /// # Errors
    /// Failures of the storage.
    pub fn quarantine_list(
        &mut self,
        what: &Selection,
        now_ms: i64,
    ) -> Result<Vec<QuarantinedContent>, HubError> {
        self.write(now_ms, |work| {
            // Document by document, so that one of them is in memory at a time.
            let mut by_document: BTreeMap<DocId, Vec<(usize, EnvelopeHash)>> = BTreeMap::new();
            for (place, hash) in work.chosen(what)?.into_iter().enumerate() {
                if let Some(doc) = work.quarantined_document(&hash)? {
                    by_document.entry(doc).or_default().push((place, hash));
                }
            }
            let mut contents = Vec::new();
            for (doc, hashes) in by_document {
                let document = document_with_quarantine(work.tx, doc)?;
                let household = document.as_ref().map(household).unwrap_or_default();
                for (place, hash) in hashes {
                    let content = work.content_of(&hash, document.as_ref(), &household)?;
                    contents.extend(content.map(|found| (place, found)));
                }
            }
            contents.sort_by_key(|(place, _)| *place);
            Ok(contents.into_iter().map(|(_, content)| content).collect())
        })
    }

    /// The bytes of a photo that an envelope in quarantine names.
    ///
    /// # Errors
    /// [`HubError::NotQuarantined`] when no photo of this SHA-256 is in quarantine.
    pub fn quarantined_photo(&self, sha256: &[u8; 32]) -> Result<Content, HubError> {
        let known: bool = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM quarantine_files WHERE sha256 = ?1)",
            [sha256],
            |row| row.get(0),
        )?;
        match known {
            true => Ok(self.folder.content(sha256)?),
            false => Err(HubError::NotQuarantined),
        }
    }
}

impl UnitOfWork<'_> {
    fn quarantined_document(&self, hash: &EnvelopeHash) -> Result<Option<DocId>, HubError> {
        let mut select = self.tx.prepare_cached("SELECT doc FROM quarantine WHERE hash = ?1")?;
        Ok(select.query_row([hash.0], |row| row.get(0).map(DocId)).optional()?)
    }

    fn content_of(
        &self,
        hash: &EnvelopeHash,
        document: Option<&Document>,
        household: &str,
    ) -> Result<Option<QuarantinedContent>, HubError> {
        let found: Option<(Vec<u8>, String, i64)> = self
            .tx
            .prepare_cached("SELECT bytes, reason, time_ms FROM quarantine WHERE hash = ?1")?
            .query_row([hash.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((bytes, reason, time_ms)) = found else { return Ok(None) };
        let Ok(envelope) = Envelope::from_bytes(&bytes) else { return Ok(None) };
        let fields = document.map(|document| fields(document, &envelope)).unwrap_or_default();
        let certificate = author_record(self.tx, &self.public_key(), envelope.actor)?.map(|r| r.certificate);
        Ok(Some(QuarantinedContent {
            hash: hash.to_string(),
            reason,
            doc: envelope.doc,
            household: household.to_owned(),
            device: certificate.as_ref().map(|certificate| certificate.device().to_string()),
            person: certificate.map(|certificate| certificate.person),
            time_ms,
            bytes: bytes.len() as u64,
            dismissed: self.dismissal(hash)?,
            photos: self.photos_of(&envelope, &fields)?,
            fields,
        }))
    }

    /// The photos that fields of an envelope name.
    fn photos_of(&self, envelope: &Envelope, fields: &[FieldContent]) -> Result<Vec<PhotoContent>, HubError> {
        let named: Vec<&String> =
            fields.iter().filter(|field| is_photo(&field.path)).map(|field| &field.value).collect();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let given = match self.device_of(envelope)? {
            Some(device) => self.files_named(device, envelope)?,
            None => Vec::new(),
        };
        let sizes: BTreeMap<String, u64> =
            given.iter().map(|file| (data_encoding::HEXLOWER.encode(&file.sha256), file.size)).collect();
        let photo = |sha256: &String| {
            let bytes = sizes.get(sha256).copied();
            PhotoContent { sha256: sha256.clone(), bytes }
        };
        Ok(named.into_iter().map(photo).collect())
    }
}

/// Whether a path is where an entry of evidence names its file.
fn is_photo(path: &str) -> bool {
    path.starts_with("evidence/") && path.ends_with("/sha256")
}

/// A document as it would be with everything of it that lies in quarantine. What cannot be applied is
/// left out.
fn document_with_quarantine(connection: &Connection, doc: DocId) -> Result<Option<Document>, HubError> {
    let mut select = connection.prepare_cached(
        "SELECT bytes FROM (
             SELECT bytes, 0 AS part, seq AS place FROM envelopes WHERE doc = ?1
             UNION ALL SELECT bytes, 1, rowid FROM quarantine WHERE doc = ?1
         ) ORDER BY part, place",
    )?;
    let rows = select.query_map([doc.0], |row| row.get::<_, Vec<u8>>(0))?;
    let mut envelopes = Vec::new();
    for row in rows {
        envelopes.extend(Envelope::from_bytes(&row?).ok());
    }
    let brought = envelopes.iter().find_map(|envelope| envelope.header.clone());
    let header: Option<DocHeader> = documents::header_of(connection, doc)?.or(brought);
    let Some(kind) = header.and_then(|header| header.class.doc_kind()) else { return Ok(None) };
    let mut document = Document::new(kind);
    let groups: Vec<&[RawChange]> = envelopes.iter().map(Envelope::changes).collect();
    for (_, error) in document.apply_groups(&groups).faults {
        tracing::info!(%doc, code = error.code(), "an envelope cannot be shown");
    }
    Ok(Some(document))
}

/// The head of a household and its address.
fn household(document: &Document) -> String {
    let household = document.household();
    let text = |key: &str| household.case.get(key).map(ToString::to_string).unwrap_or_default();
    let head = text("head");
    let name = household.people.iter().find(|person| person.id == head).and_then(|p| p.name.clone());
    let parts = [name.unwrap_or_default(), text("address")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn fields(document: &Document, envelope: &Envelope) -> Vec<FieldContent> {
    let changes: Vec<_> = envelope.changes().iter().map(RawChange::hash).collect();
    let writes = document.writes_of(&changes);
    writes
        .iter()
        .map(|write| FieldContent { path: write.path().to_owned(), value: write.value().to_string() })
        .collect()
}
