//! The row of a document in the case list, and the files a document names. Both are derived and
//! can be rebuilt from documents at any time.

use ruhu_case::{DocKind, Document, Household, Value};
use ruhu_store::{CaseRow, FileRow, FileState, Tx};

use crate::documents::LoadedDocument;
use crate::error::DeviceError;

/// What is derived from a document.
pub(crate) struct Projection {
    case: Option<CaseRow>,
    /// Files that the document names, as they are wanted when this device has not heard of them.
    files: Vec<FileRow>,
}

impl Projection {
    /// Derives it from a document as it stands.
    pub fn of(loaded: &LoadedDocument) -> Projection {
        if loaded.row.kind != DocKind::Household {
            return Projection { case: None, files: Vec::new() };
        }
        let household = loaded.document.household();
        Projection { case: Some(case_row(loaded, &household)), files: wanted_files(loaded, &household) }
    }

    /// Writes it.
    pub fn put(&self, tx: &Tx<'_>) -> Result<(), DeviceError> {
        if let Some(case) = &self.case {
            tx.put_case(case)?;
        }
        for file in &self.files {
            if tx.file(&file.sha256)?.is_none() {
                tx.put_file(file)?;
            }
        }
        Ok(())
    }
}

fn case_row(loaded: &LoadedDocument, household: &Household) -> CaseRow {
    let head = household.case.get("head").and_then(Value::as_text);
    let living = || household.people.iter().filter(|person| person.removed.is_none());
    let person = living().find(|p| Some(p.id.as_str()) == head).or_else(|| living().next());
    let text = |key: &str| household.case.get(key).and_then(Value::as_text).unwrap_or_default().to_owned();
    let idno = person.and_then(|p| p.idno.as_deref()).unwrap_or_default();
    CaseRow {
        doc: loaded.row.id,
        name: person.and_then(|p| p.name.clone()).unwrap_or_default(),
        division: loaded.row.division.clone(),
        address: text("address"),
        id_tail: tail(idno),
        people: u32::try_from(living().count()).unwrap_or(u32::MAX),
        conflicts: conflict_count(&loaded.document),
        status: text("status"),
        updated_at_ms: loaded.row.updated_at_ms,
    }
}

fn conflict_count(document: &Document) -> u32 {
    u32::try_from(document.conflicts().len()).unwrap_or(u32::MAX)
}

/// The last four characters of an ID number, by which people tell households apart.
fn tail(idno: &str) -> String {
    let count = idno.chars().count();
    idno.chars().skip(count.saturating_sub(4)).collect()
}

fn wanted_files(loaded: &LoadedDocument, household: &Household) -> Vec<FileRow> {
    let named = household.evidence.iter().filter_map(|evidence| {
        let sha256 = evidence.sha256.as_deref().and_then(crate::evidence::parse_sha256)?;
        Some(FileRow {
            sha256,
            size: evidence.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            mime: evidence.fields.get("mime").and_then(Value::as_text).unwrap_or_default().to_owned(),
            doc: loaded.row.id,
            evidence: evidence.id.clone(),
            key: [0; 32],
            state: FileState::Wanted,
            upload_url: None,
            offset: 0,
            receipt: None,
            added_at_ms: loaded.row.updated_at_ms,
        })
    });
    named.collect()
}
