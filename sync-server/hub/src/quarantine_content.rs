//! What lies in quarantine as an administrator reads it: whose household, made by whom, and what it says.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ruhu_case::{DocId, Document, RawChange};
use ruhu_sync::{DocHeader, Envelope, EnvelopeHash};
use ruhu_text::Explain;
use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::admission::Selection;
use super::authors::author_record;
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
    /// The fields that it sets.
    pub fields: Vec<FieldContent>,
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
        self.write(now_ms, |work| {
            let (mut documents, mut contents) = (HashMap::new(), Vec::new());
            for hash in work.chosen(what)? {
                contents.extend(work.content_of(&hash, &mut documents)?);
            }
            match contents.is_empty() {
                true => Err(HubError::NotQuarantined),
                false => Ok(contents),
            }
        })
    }
}

impl UnitOfWork<'_> {
    fn content_of(
        &self,
        hash: &EnvelopeHash,
        documents: &mut HashMap<DocId, Option<Document>>,
    ) -> Result<Option<QuarantinedContent>, HubError> {
        let found: Option<(Vec<u8>, String, i64)> = self
            .tx
            .prepare_cached("SELECT bytes, reason, time_ms FROM quarantine WHERE hash = ?1")?
            .query_row([hash.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((bytes, reason, time_ms)) = found else { return Ok(None) };
        let Ok(envelope) = Envelope::from_bytes(&bytes) else { return Ok(None) };
        let document = match documents.entry(envelope.doc) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(document_with_quarantine(self.tx, envelope.doc)?),
        };
        let document = document.as_ref();
        let certificate = author_record(self.tx, &self.public_key(), envelope.actor)?.map(|r| r.certificate);
        Ok(Some(QuarantinedContent {
            hash: hash.to_string(),
            reason,
            doc: envelope.doc,
            household: document.map(household).unwrap_or_default(),
            device: certificate.as_ref().map(|certificate| certificate.device().to_string()),
            person: certificate.map(|certificate| certificate.person),
            time_ms,
            fields: document.map(|document| fields(document, &envelope)).unwrap_or_default(),
        }))
    }
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
    for envelope in &envelopes {
        let chunks: Vec<Vec<u8>> = envelope.changes().iter().map(RawChange::chunk).collect();
        if let Err(error) = document.apply(&chunks) {
            tracing::info!(%doc, code = error.code(), "an envelope cannot be shown");
        }
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
