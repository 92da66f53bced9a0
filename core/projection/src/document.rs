//! The row of a document in the case list, and the files a document names.

use ruhu_case::{DocId, DocKind, Document, Evidence, Household, Value};
use ruhu_evidence::{is_likeness, original_of};
use ruhu_letter::{PrintPhoto, print_photos};
use ruhu_store::{CaseRow, DocumentRow, FileRow, FileState, LikenessRow, PrintPhotoRow, StoreError, Tx};

use crate::names::parse_sha256;

/// What is derived from a document.
pub struct Projection {
    case: Line,
    /// Files that the document names, as they are wanted when this device has not heard of them.
    files: Vec<FileRow>,
    /// What its pictures look like.
    likenesses: Vec<LikenessRow>,
    /// The photos on which prints are compared; none for what is no household.
    print_photos: Option<(DocId, Vec<PrintPhotoRow>)>,
}

/// What a document is in the case list.
enum Line {
    /// No household at all.
    None,
    /// A household of which nothing can be shown: what it says has not come, or no document can hold it.
    Nothing(DocId),
    /// A household.
    Case(Box<CaseRow>),
}

impl Projection {
    /// Derives it from a document as it stands.
    pub fn of(row: &DocumentRow, document: &Document) -> Projection {
        if row.kind != DocKind::Household {
            return Projection { case: Line::None, ..Projection::nothing() };
        }
        let household = document.household();
        if is_empty(&household) {
            let print_photos = Some((row.id, Vec::new()));
            return Projection { case: Line::Nothing(row.id), print_photos, ..Projection::nothing() };
        }
        let conflicts = u32::try_from(document.conflicts().len()).unwrap_or(u32::MAX);
        let case = Line::Case(Box::new(case_row(row, &household, conflicts)));
        let likenesses =
            household.evidence.iter().filter_map(|evidence| likeness(row.id, evidence)).collect();
        let photos = print_photos(document, &household).into_iter();
        let print_photos = Some((row.id, photos.filter_map(|photo| print_photo(row.id, &photo)).collect()));
        Projection { case, files: wanted_files(row, &household), likenesses, print_photos }
    }

    fn nothing() -> Projection {
        Projection { case: Line::None, files: Vec::new(), likenesses: Vec::new(), print_photos: None }
    }

    /// Writes the photos on which prints are compared, and nothing else of it.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put_print_photos(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        self.print_photos.as_ref().map_or(Ok(()), |(doc, rows)| tx.set_print_photos(doc, rows))
    }

    /// Writes it.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`; the transaction is lost then.
    pub fn put(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        match &self.case {
            Line::None => {}
            Line::Nothing(doc) => tx.remove_case(doc)?,
            Line::Case(case) => tx.put_case(case)?,
        }
        for file in &self.files {
            // Also when the file is known: it belongs to each document that names it.
            tx.put_file(file)?;
        }
        self.likenesses.iter().try_for_each(|row| tx.put_likeness(row))?;
        self.put_print_photos(tx)
    }
}

/// Whether nothing of a household can be shown.
fn is_empty(household: &Household) -> bool {
    let Household { case, people, records, evidence, events } = household;
    case.is_empty() && people.is_empty() && records.is_empty() && evidence.is_empty() && events.is_empty()
}

fn case_row(row: &DocumentRow, household: &Household, conflicts: u32) -> CaseRow {
    let head = household.case.get("head").and_then(Value::as_text);
    let living = || household.people.iter().filter(|person| person.removed.is_none());
    let person = living().find(|p| Some(p.id.as_str()) == head).or_else(|| living().next());
    let text = |key: &str| household.case.get(key).and_then(Value::as_text).unwrap_or_default().to_owned();
    let idno = person.and_then(|p| p.idno.as_deref()).unwrap_or_default();
    CaseRow {
        doc: row.id,
        name: person.and_then(|p| p.name.clone()).unwrap_or_default(),
        division: row.division.clone(),
        address: text("address"),
        id_tail: tail(idno),
        people: u32::try_from(living().count()).unwrap_or(u32::MAX),
        conflicts,
        status: text("status"),
        updated_at_ms: row.updated_at_ms,
    }
}

/// The last four characters of an ID number, by which people tell households apart.
fn tail(idno: &str) -> String {
    let count = idno.chars().count();
    idno.chars().skip(count.saturating_sub(4)).collect()
}

/// What a picture looks like, by its entry; earlier ones do not say.
fn likeness(doc: DocId, evidence: &Evidence) -> Option<LikenessRow> {
    let likeness = evidence.fields.get("likeness")?.as_text()?;
    // Nothing else is one, and what is no likeness takes no room here.
    is_likeness(likeness).then_some(())?;
    Some(LikenessRow { doc, evidence: evidence.id.clone(), likeness: likeness.to_owned() })
}

fn print_photo(doc: DocId, photo: &PrintPhoto) -> Option<PrintPhotoRow> {
    let (evidence, sha256) = (photo.evidence.clone(), parse_sha256(&photo.sha256)?);
    Some(PrintPhotoRow { doc, evidence, sha256, facts: serde_json::to_string(photo).ok()? })
}

/// The pictures that a household names, and the originals that are kept beside them: these are fetched when
/// somebody opens them.
fn wanted_files(row: &DocumentRow, household: &Household) -> Vec<FileRow> {
    let named = household.evidence.iter().flat_map(|evidence| {
        let text = |field: &str| evidence.fields.get(field).and_then(Value::as_text).unwrap_or_default();
        let picture = evidence.sha256.as_deref().and_then(parse_sha256).map(|sha256| FileRow {
            size: evidence.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            mime: text("mime").to_owned(),
            evidence: evidence.id.clone(),
            ..wanted(row, sha256)
        });
        let original_size = match evidence.fields.get("original_size") {
            Some(Value::Int(size)) => u64::try_from(*size).ok(),
            _ => None,
        };
        let original = original_size.and_then(|size| {
            Some(FileRow {
                size,
                mime: text("original_mime").to_owned(),
                evidence: original_of(&evidence.id),
                on_demand: true,
                ..wanted(row, parse_sha256(text("original_sha256"))?)
            })
        });
        picture.into_iter().chain(original)
    });
    named.collect()
}

fn wanted(row: &DocumentRow, sha256: [u8; 32]) -> FileRow {
    FileRow {
        sha256,
        size: 0,
        mime: String::new(),
        doc: row.id,
        evidence: String::new(),
        key: [0; 32],
        state: FileState::Wanted,
        upload_url: None,
        offset: 0,
        receipt: None,
        added_at_ms: row.updated_at_ms,
        own: false,
        at_server: None,
        on_demand: false,
    }
}
