//! Loading every document from its changes. Hostile bytes are contained by `ruhu-case`; what it will
//! not take is named.

use std::collections::BTreeSet;

use ruhu_case::{AppliedGroups, ChangeHash, ChunkKind, DocId, DocKind, Document, RawChange};
use ruhu_sync::{DocHeader, Envelope};
use rusqlite::Connection;

use super::check_files::Pictures;
use super::check_report::{CheckReport, CheckedDocument, Finding};
use super::documents;
use crate::error::HubError;

/// Loads every document; gives the files that they name.
pub(super) fn check(tx: &Connection, report: &mut CheckReport) -> Result<Pictures, HubError> {
    let mut pictures = Pictures::new();
    let mut select = tx.prepare("SELECT id, class, division, created_at_ms FROM documents ORDER BY id")?;
    let rows = select.query_map([], |row| {
        Ok((DocId(row.get(0)?), row.get::<_, u8>(1)?, row.get::<_, String>(2)?, row.get::<_, i64>(3)?))
    })?;
    for row in rows {
        let (doc, class, division, created_at_ms) = row?;
        let Ok(header) = documents::header(class, &division, created_at_ms) else {
            let (zh, en) = ("档案的登记信息已损坏。", "the registered header of a document is damaged");
            report.findings.push(Finding::new("header", doc, zh, en));
            continue;
        };
        if let Some(kind) = header.class.doc_kind() {
            let document = check_document(tx, doc, kind, &header, report)?;
            for sha256 in pictures_of(&document) {
                pictures.entry(sha256).or_default().insert(doc);
            }
        }
    }
    Ok(pictures)
}

fn pictures_of(document: &Document) -> Vec<[u8; 32]> {
    let evidence = document.household().evidence;
    let digits = evidence.iter().filter_map(|evidence| evidence.sha256.as_deref());
    digits
        .filter_map(|text| data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok())
        .collect()
}

/// The changes of a document, and which of them are hidden.
fn changes(tx: &Connection, doc: DocId) -> Result<(Vec<RawChange>, BTreeSet<ChangeHash>), HubError> {
    let mut select = tx.prepare_cached(
        "SELECT bytes, hidden FROM envelopes WHERE doc = ?1
         AND NOT EXISTS (SELECT 1 FROM excluded x WHERE x.hash = envelopes.hash) ORDER BY seq",
    )?;
    let rows = select.query_map([doc.0], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?)))?;
    let (mut all, mut hidden) = (Vec::new(), BTreeSet::new());
    for row in rows {
        let (bytes, is_hidden) = row?;
        // What cannot be decoded was named when the logs were read.
        let Ok(envelope) = Envelope::from_bytes(&bytes) else { continue };
        for change in envelope.changes() {
            if is_hidden {
                hidden.insert(change.hash());
            }
            all.push(change.clone());
        }
    }
    Ok((all, hidden))
}

/// A document as it stands: what can be applied of it, without what is hidden.
pub(super) fn document(tx: &Connection, doc: DocId, kind: DocKind) -> Result<Document, HubError> {
    let (all, hidden) = changes(tx, doc)?;
    let known: Vec<&RawChange> = all.iter().filter(|c| matches!(c.kind(), ChunkKind::Change(_))).collect();
    let mut document = Document::new(kind);
    apply(&mut document, &known);
    document.set_hidden(hidden);
    Ok(document)
}

fn check_document(
    tx: &Connection,
    doc: DocId,
    kind: DocKind,
    header: &DocHeader,
    report: &mut CheckReport,
) -> Result<Document, HubError> {
    let (all, hidden) = changes(tx, doc)?;
    let known: Vec<&RawChange> = all.iter().filter(|c| matches!(c.kind(), ChunkKind::Change(_))).collect();
    let mut document = Document::new(kind);
    for refused in apply(&mut document, &known) {
        let (zh, en) = ("档案中有不能应用的变更。", "the document has a change that cannot be applied");
        report.findings.push(Finding::new("change", format!("{doc}:{refused}"), zh, en));
    }
    for missing in document.waiting() {
        let (zh, en) = ("档案缺少所依据的变更。", "the document lacks a change that others depend on");
        report.findings.push(Finding::new("dependency", format!("{doc}:{missing}"), zh, en));
    }
    let unique: BTreeSet<ChangeHash> = all.iter().map(RawChange::hash).collect();
    document.set_hidden(hidden.clone());
    report.documents.push(CheckedDocument {
        id: doc.to_string(),
        kind: kind.to_string(),
        division: header.division.to_string(),
        heads: document.heads().iter().map(ChangeHash::to_string).collect(),
        changes: unique.len(),
        hidden: hidden.len(),
    });
    Ok(document)
}

/// Applies what can be applied and gives the changes that cannot.
fn apply(document: &mut Document, changes: &[&RawChange]) -> Vec<ChangeHash> {
    let groups: Vec<&[RawChange]> = changes.iter().map(|change| std::slice::from_ref(*change)).collect();
    let AppliedGroups { faults, late, .. } = document.apply_groups(&groups);
    let refused = faults.iter().filter_map(|(place, _)| changes.get(*place).map(|change| change.hash()));
    refused.chain(late).collect()
}
