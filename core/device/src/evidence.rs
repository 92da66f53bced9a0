//! Evidence: photos and papers, sealed beside the database and named in the household by their
//! SHA-256.

use std::fs::File;
use std::path::Path;

use ruhu_case::DocId;
use ruhu_evidence::{Offered, kind_of};
use ruhu_form::QuestionKind;
use ruhu_store::{FileRow, FileState, StoreError};

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::host::random;
use crate::ids::{hex, new_id, parse_id, parse_sha256};
use crate::unit_of_work::UnitOfWork;
use crate::views::{EvidenceView, FormVersion};

/// The kind of a photo of the authorisation letter.
const LETTER: &str = "letter";

/// Where a file is to stand.
pub(crate) struct Place<'a> {
    pub doc: DocId,
    /// The entry in the document.
    pub id: &'a str,
    pub kind: &'a str,
}

impl Device {
    /// Attaches a photo or paper to a household. `kind` says what it shows: a word of
    /// [`ruhu_evidence::KINDS`], or the name of a question for a picture. The file is copied, sealed, into
    /// the store; the original is left alone. With a photo of kind `letter` goes what its check found.
    ///
    /// # Errors
    /// `not_found`, `not_enrolled`, `unknown_kind`, `file` when it cannot be read, `not_a_photo`, of a letter
    /// `picture_…` with the reason when the picture is not whole or too large; `randomness`, `damaged`, `disk_full` or `store`.
    pub fn attach(&self, case: &str, path: &Path, kind: &str) -> Result<EvidenceView, DeviceError> {
        let doc = parse_id(case)?;
        self.check_kind(kind)?;
        let mut file = File::open(path).map_err(|error| DeviceError::File(error.kind()))?;
        let offered = inspect(&mut file)?;
        self.store.read(|tx| LoadedDocument::get(tx, &doc).map(drop))?;
        let letter = (kind == LETTER).then(|| self.letter_photo(case, path)).transpose()?;
        let id = new_id(self.host.as_ref())?.to_string();
        let kept = self.keep(&Place { doc, id: &id, kind }, &offered, &mut file, |work| {
            let Some(letter) = &letter else { return Ok(()) };
            work.write(&mut LoadedDocument::get(work.tx, &doc)?, &[letter.write(&id)]).map(drop)
        })?;
        Ok(EvidenceView { letter, ..kept })
    }

    fn check_kind(&self, kind: &str) -> Result<(), DeviceError> {
        if kind_of(kind, &[]).is_ok() {
            return Ok(());
        }
        let mut questions = Vec::new();
        for FormVersion { id, version, .. } in self.forms()? {
            // One that cannot be read blocks its own visits only.
            if let Ok(form) = self.form(&id, &version) {
                let pictures =
                    form.questions().iter().filter(|question| question.kind == QuestionKind::Image);
                questions.extend(pictures.map(|question| question.name.clone()));
            }
        }
        Ok(kind_of(kind, &questions).map(drop)?)
    }

    /// Seals a file and writes its entry, and `also`, in one transaction. All of it is on the disk when
    /// this returns; a device that dies before has nothing of it.
    pub(crate) fn keep(
        &self,
        place: &Place<'_>,
        offered: &Offered,
        file: &mut File,
        also: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<(), DeviceError>,
    ) -> Result<EvidenceView, DeviceError> {
        let files = self.store.files();
        let known = self.store.read(|tx| tx.file(&offered.sha256))?;
        let held = known.as_ref().filter(|row| row.state != FileState::Wanted);
        if let Some(row) = held {
            if files.verify(&row.key, &offered.sha256).is_ok() {
                return self.record(place, offered, row.key, also);
            }
            // It got damaged here; this is the same photo, whole.
            self.store.write::<_, StoreError>(|tx| tx.set_file_gone(&offered.sha256, None, false))?;
        }
        self.store.keep_reserve(offered.size)?;
        // Until its row is written the sealed file is nobody's.
        let _sealing = files.begin()?;
        let key = random::<32>(self.host.as_ref())?;
        files.seal(&key, Some(&offered.sha256), file)?;
        let recorded = self.record(place, offered, key, also);
        // What was left of it, if it was here before and got damaged.
        let unused = if recorded.is_ok() { known.map(|row| row.key) } else { Some(key) };
        let _ = unused.map(|unused| files.remove(&unused, &offered.sha256));
        recorded
    }

    fn record(
        &self,
        place: &Place<'_>,
        offered: &Offered,
        key: [u8; 32],
        also: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<(), DeviceError>,
    ) -> Result<EvidenceView, DeviceError> {
        let Place { doc, id, kind } = *place;
        let now_ms = self.host.now_ms();
        self.work(|work| {
            let by = work.identity.enrolled()?.certificate.person.clone();
            work.tx.put_file(&file_row(doc, id, offered, key, now_ms))?;
            let mut loaded = LoadedDocument::get(work.tx, &doc)?;
            let zone = self.host.utc_offset_minutes();
            let writes = offered.writes(id, kind, &by, (now_ms, zone));
            work.write(&mut loaded, &writes)?;
            also(work)?;
            Ok(view(id, offered))
        })
    }

    /// Says that a person gave up the lost photos of a household: they are told no longer. Gives their
    /// number.
    ///
    /// # Errors
    /// `not_found` when there is no such household; `damaged`, `disk_full` or `store`.
    pub fn give_up_lost_photos(&self, case: &str) -> Result<u32, DeviceError> {
        let doc = parse_id(case)?;
        self.work(|work| {
            LoadedDocument::get(work.tx, &doc)?;
            Ok(work.tx.give_up_lost_files(&doc)?)
        })
    }

    /// The SHA-256 (hexadecimal) of a file, by itself or by the id of the evidence that names it, which is
    /// the answer to a question for a picture.
    ///
    /// # Errors
    /// `not_found` when no household on this device names it; `damaged` or `store`.
    pub fn file_name(&self, word: &str) -> Result<String, DeviceError> {
        if let Some(sha256) = parse_sha256(word) {
            return Ok(hex(&sha256));
        }
        let named = self.store.read(|tx| tx.file_of_evidence(word))?;
        named.map(|sha256| hex(&sha256)).ok_or(DeviceError::NotFound { what: "file" })
    }

    /// A photo's bytes, by the SHA-256 (hexadecimal) under which a household names it.
    ///
    /// # Errors
    /// `not_found` when the photo is not on this device ([`Device::file_fetch`] asks the server for
    /// it); `damaged` or `store` when the store cannot be read.
    pub fn file(&self, sha256: &str) -> Result<Vec<u8>, DeviceError> {
        let missing = DeviceError::NotFound { what: "file" };
        let Some(sha256) = parse_sha256(sha256) else { return Err(missing) };
        let row = self.store.read(|tx| tx.file(&sha256))?.filter(|row| row.state != FileState::Wanted);
        let row = row.ok_or(missing)?;
        let files = self.store.files();
        match files.read_range(&row.key, &sha256, 0, usize::MAX) {
            Ok(bytes) => Ok(bytes),
            // Gone or damaged: the server may have it.
            Err(error @ (StoreError::NotFound { .. } | StoreError::Damaged { .. })) => {
                self.store.write::<_, StoreError>(|tx| tx.set_file_gone(&sha256, None, false))?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Reads a file once from its beginning and leaves it there.
pub(crate) fn inspect(file: &mut File) -> Result<Offered, DeviceError> {
    let offered = Offered::read(file).map_err(|error| DeviceError::File(error.kind()))?;
    offered.ok_or(DeviceError::NotAPhoto)
}

fn file_row(doc: DocId, id: &str, offered: &Offered, key: [u8; 32], now_ms: i64) -> FileRow {
    FileRow {
        sha256: offered.sha256,
        size: offered.size,
        mime: offered.mime.to_owned(),
        doc,
        evidence: id.to_owned(),
        key,
        state: FileState::Local,
        upload_url: None,
        offset: 0,
        receipt: None,
        added_at_ms: now_ms,
        own: true,
        at_server: None,
        on_demand: false,
    }
}

fn view(id: &str, offered: &Offered) -> EvidenceView {
    EvidenceView {
        id: id.to_owned(),
        sha256: hex(&offered.sha256),
        size: offered.size,
        taken_at: offered.facts.taken_at.clone(),
        place: offered.facts.place.clone(),
        letter: None,
    }
}
