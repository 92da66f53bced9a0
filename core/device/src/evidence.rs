//! Evidence: pictures and signatures, taken in by one way, sealed beside the database and named in the household
//! by their SHA-256.

use std::path::Path;

use ruhu_case::DocId;
use ruhu_evidence::{
    EvidenceView, FileToKeep, Kept, KeptSignature, NewEvidence, PictureSettings, SIGNATURES, Seen, Taken,
    TakenPicture, asks_for_signature, check_signature, drawn_before, kind_of, original_of, seen_before,
    subject_of,
};
use ruhu_form::QuestionKind;
use ruhu_letter::shows_prints;
use ruhu_letter::signature::{MIME, Signature};
use ruhu_projection::household_name;
use ruhu_store::{FileRow, FileState, LikenessRow, Sealing, StoreError, Tx};
use ruhu_vision::letter::boxed_prints::{is_finger, letter_prints};
use ruhu_vision::picture::decode;
use ruhu_vision::picture::intake::{KEPT_SIDE, Policy, THUMBNAIL_SIDE, intake};
use ruhu_vision::quality::assess;

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::host::random;
use crate::ids::{hex, new_id, parse_id, parse_sha256};
use crate::picture_file::read_picture;
use crate::unit_of_work::UnitOfWork;
use crate::views::FormVersion;

/// The kind of a photo of the authorisation letter.
const LETTER: &str = "letter";
/// How many earlier pictures are told that a new one looks like.
const SEEN: usize = 5;
/// The setting in the store.
const SETTINGS: &str = "settings/pictures";

/// Where a picture is to stand.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub doc: DocId,
    pub kind: &'a str,
    /// Whether a signature is asked for: strokes are taken too.
    pub signature: bool,
    /// Whether it answers the question of this name.
    pub question: bool,
}

/// A file that lies sealed.
struct SealedFile {
    sha256: [u8; 32],
    key: [u8; 32],
    /// The key of damaged bytes whose place it takes.
    stale: Option<[u8; 32]>,
    /// Whether it was sealed just now.
    fresh: bool,
}

/// The files of one piece of evidence, sealed, before their rows are written.
pub(crate) struct SealedEvidence {
    files: Vec<SealedFile>,
    thumbnail: Vec<u8>,
    /// Until its row is written a sealed file is nobody's.
    _sealing: Sealing,
}

impl Device {
    /// Attaches a picture to a household: a JPEG, PNG or WebP is read within limits, turned upright, made no
    /// larger than is needed, rid of what a camera hides in it, and sealed into the store with its thumbnail
    /// and its entry; the file is left alone. `kind` says what it shows: a word of
    /// [`ruhu_evidence::KINDS`], or the name of a question for a picture. Where such a picture stands
    /// already is told with it, and hinders nothing; so is where its prints stand, of a photo of kind `letter` or
    /// `fprint`, which are compared when the photo is kept. With one of kind `letter` goes what its check found. Where a signature is shown the file may hold
    /// the strokes of one, as [`ruhu_letter::signature`] reads them.
    ///
    /// # Errors
    /// `not_found`, `not_enrolled`, `unknown_kind`, `file` when it cannot be read, `picture_…` with the
    /// reason when it is no picture that is kept, `signature_…` when strokes are no signature,
    /// `signature_used` when the household has them already, `randomness`, `damaged`, `disk_full` or `store`.
    /// Nothing is kept then.
    pub fn attach(&self, case: &str, path: &Path, kind: &str) -> Result<EvidenceView, DeviceError> {
        let place = Place { doc: parse_id(case)?, kind, signature: self.check_kind(kind)?, question: false };
        let taken = self.take_in(&place, path, None)?;
        let id = new_id(self.host.as_ref())?.to_string();
        let sealed = self.seal(&taken.kept)?;
        self.keep(&place, &id, &taken, sealed, |_| Ok(()))?;
        Ok(self.told(&place.doc, &id, &taken))
    }

    /// What is told of evidence that is kept. Its prints are compared now, when nothing of it can be lost any
    /// more: nobody may wait for the caller.
    pub(crate) fn told(&self, doc: &DocId, id: &str, taken: &Taken) -> EvidenceView {
        let reuse = taken.kept.prints().map(|prints| self.compare_prints(doc, id, prints));
        EvidenceView { reuse, ..taken.view(id) }
    }

    /// Whether a kind takes strokes.
    fn check_kind(&self, kind: &str) -> Result<bool, DeviceError> {
        let mut questions = Vec::new();
        let mut signature = SIGNATURES.contains(&kind);
        if !signature {
            for FormVersion { id, version, .. } in self.forms()? {
                // One that cannot be read blocks its own visits only.
                let Ok(form) = self.form(&id, &version) else { continue };
                for question in form.questions().iter().filter(|one| one.kind == QuestionKind::Image) {
                    signature |= question.name == kind && asks_for_signature(question.appearance.as_deref());
                    questions.push(question.name.clone());
                }
            }
        }
        kind_of(kind, &questions)?;
        Ok(signature)
    }

    /// Reads a picture, or strokes, and looks for it among those that are known. Takes its time: nobody may wait
    /// for the caller. `longest`: pixels of its longer side at most, when a form says so.
    pub(crate) fn take_in(
        &self,
        place: &Place<'_>,
        path: &Path,
        longest: Option<u32>,
    ) -> Result<Taken, DeviceError> {
        let household = self.household(&place.doc)?;
        let bytes = read_picture(path)?;
        let kept = match place.signature && KeptSignature::is_offered(&bytes) {
            true => {
                let kept = KeptSignature::of(&bytes)?;
                check_signature(&household, (place.kind, place.question), &kept.shape)?;
                Kept::Signature(Box::new(kept))
            }
            false => Kept::Picture(Box::new(self.take_in_picture(place, bytes, longest)?)),
        };
        let seen = self.store.read(|tx| seen(tx, place, &kept))?;
        Ok(Taken { kept, seen })
    }

    fn take_in_picture(
        &self,
        place: &Place<'_>,
        bytes: Vec<u8>,
        longest: Option<u32>,
    ) -> Result<TakenPicture, DeviceError> {
        let settings = self.picture_settings()?;
        let policy = Policy { longest: longest.unwrap_or(KEPT_SIDE), place: settings.place };
        let picture = intake(&bytes, &policy)?;
        // The letter is looked at as it was photographed: what is kept of it may have fewer pixels.
        let letter = match place.kind {
            LETTER => Some(self.letter_shown(&place.doc, &decode(&bytes)?)?),
            _ => None,
        };
        let subject = subject_of(place.kind).filter(|_| letter.is_none());
        let quality = subject.map(|subject| (assess(&picture.picture, subject), subject));
        let finger = |number: &str| {
            let one = letter.iter().flat_map(|letter| &letter.grantors).find(|one| one.grantor == number)?;
            is_finger(one.verdict)
        };
        let prints = shows_prints(place.kind).then(|| letter_prints(&picture.picture, finger));
        let kept_as_it_came = picture.sha256 == picture.original.sha256;
        let original = (settings.originals && !kept_as_it_came).then_some(bytes);
        Ok(TakenPicture { picture, original, quality, letter, prints })
    }

    /// Seals what is to be kept. Takes as long as the disk does: nobody may wait for the caller.
    pub(crate) fn seal(&self, kept: &Kept) -> Result<SealedEvidence, DeviceError> {
        let files: Vec<FileToKeep<'_>> = [kept.file()].into_iter().chain(kept.original()).collect();
        self.store.keep_reserve(files.iter().map(|file| file.bytes.len() as u64).sum())?;
        let thumbnail = kept.thumbnail()?;
        let sealing = self.store.files().begin()?;
        let mut sealed = SealedEvidence { files: Vec::new(), thumbnail, _sealing: sealing };
        let all = files.iter().try_for_each(|file| {
            sealed.files.push(self.seal_once(file.sha256, file.bytes)?);
            Ok(())
        });
        all.inspect_err(|_| self.discard(&sealed)).map(|()| sealed)
    }

    /// Removes what was sealed for nothing.
    pub(crate) fn discard(&self, sealed: &SealedEvidence) {
        self.remove_unused(sealed, |file| file.fresh.then_some(file.key));
    }

    /// Writes the rows and the entry of what was sealed, and `also`, in one transaction. All of it is on the disk
    /// when this returns; a device that dies before has nothing of it.
    pub(crate) fn keep(
        &self,
        place: &Place<'_>,
        id: &str,
        taken: &Taken,
        sealed: SealedEvidence,
        also: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<(), DeviceError>,
    ) -> Result<(), DeviceError> {
        match self.record(place, id, &taken.kept, &sealed, also) {
            Ok(held) => {
                let unused = |file: &SealedFile| match held.contains(&file.key) {
                    true => file.stale,
                    // Somebody attached the same beside this call, and was first.
                    false => Some(file.key),
                };
                self.remove_unused(&sealed, unused);
                Ok(())
            }
            Err(error) => {
                self.discard(&sealed);
                Err(error)
            }
        }
    }

    /// Removes sealed files that no row holds. One that stays is named by `check`.
    fn remove_unused(&self, sealed: &SealedEvidence, unused: impl Fn(&SealedFile) -> Option<[u8; 32]>) {
        for file in &sealed.files {
            let _ = unused(file).map(|key| self.store.files().remove(&key, &file.sha256));
        }
    }

    /// Seals bytes, unless they lie here whole.
    fn seal_once(&self, sha256: [u8; 32], bytes: &[u8]) -> Result<SealedFile, DeviceError> {
        let files = self.store.files();
        let known = self.store.read(|tx| tx.file(&sha256))?;
        if let Some(row) = known.as_ref().filter(|row| row.state != FileState::Wanted) {
            if files.verify(&row.key, &sha256).is_ok() {
                return Ok(SealedFile { sha256, key: row.key, stale: None, fresh: false });
            }
            // It got damaged here; this is the same picture, whole.
            self.store.write::<_, StoreError>(|tx| tx.set_file_gone(&sha256, None, false))?;
        }
        let key = random::<32>(self.host.as_ref())?;
        files.seal(&key, Some(&sha256), &mut &*bytes)?;
        Ok(SealedFile { sha256, key, stale: known.map(|row| row.key), fresh: true })
    }

    /// Writes the rows and the entry; gives the keys under which the files are held.
    fn record(
        &self,
        place: &Place<'_>,
        id: &str,
        kept: &Kept,
        sealed: &SealedEvidence,
        also: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<(), DeviceError>,
    ) -> Result<Vec<[u8; 32]>, DeviceError> {
        let now_ms = self.host.now_ms();
        let names = [id.to_owned(), original_of(id)];
        let offered = [kept.file()].into_iter().chain(kept.original());
        self.work(|work| {
            let by = work.identity.enrolled()?.certificate.person.clone();
            let utc_offset_minutes = self.host.utc_offset_minutes();
            let evidence = NewEvidence {
                id,
                kind: place.kind,
                by: &by,
                attached_at_ms: now_ms,
                utc_offset_minutes,
                kept,
            };
            let mut held = Vec::new();
            for ((file, offered), evidence) in sealed.files.iter().zip(offered).zip(names) {
                let (mime, size) = (offered.mime.to_owned(), offered.bytes.len() as u64);
                let row = FileRow { evidence, mime, size, ..file_row(place.doc, file, now_ms) };
                work.tx.put_file(&row)?;
                held.extend(work.tx.file(&file.sha256)?.map(|row| row.key));
            }
            work.tx.put_thumbnail(&kept.file().sha256, &sealed.thumbnail)?;
            let mut loaded = LoadedDocument::get(work.tx, &place.doc)?;
            let writes = evidence.writes().map_err(|error| DeviceError::Stored(error.to_string()))?;
            work.write(&mut loaded, &writes)?;
            also(work)?;
            Ok(held)
        })
    }

    /// How pictures are kept that are attached from now on.
    ///
    /// # Errors
    /// `damaged` or `store` when the store cannot be read.
    pub fn picture_settings(&self) -> Result<PictureSettings, DeviceError> {
        let kept = self.store.read(|tx| tx.meta(SETTINGS))?;
        let read = |bytes: Vec<u8>| {
            serde_json::from_slice(&bytes).map_err(|error| DeviceError::Stored(error.to_string()))
        };
        kept.map_or(Ok(PictureSettings::default()), read)
    }

    /// Sets how pictures are kept that are attached from now on.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn set_picture_settings(&self, settings: PictureSettings) -> Result<(), DeviceError> {
        let bytes = serde_json::to_vec(&settings).map_err(|error| DeviceError::Stored(error.to_string()))?;
        Ok(self.store.write::<_, StoreError>(|tx| tx.set_meta(SETTINGS, &bytes))?)
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
        Ok(hex(&self.file_named(word)?))
    }

    fn file_named(&self, word: &str) -> Result<[u8; 32], DeviceError> {
        match parse_sha256(word) {
            Some(sha256) => Ok(sha256),
            None => {
                let named = self.store.read(|tx| tx.file_of_evidence(word))?;
                named.ok_or(DeviceError::NotFound { what: "file" })
            }
        }
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

    /// A small picture of a photo, a JPEG of at most 256 pixels a side, by the photo's SHA-256 or the id of
    /// its evidence. Of a photo that was attached here it is there also when the photo's room was given
    /// back; of a colleague's it is made at the first call.
    ///
    /// # Errors
    /// Those of [`Device::file`], and `picture_…` when the file is no picture that can be read.
    pub fn thumbnail(&self, word: &str) -> Result<Vec<u8>, DeviceError> {
        let sha256 = self.file_named(word)?;
        if let Some(jpeg) = self.store.read(|tx| tx.thumbnail(&sha256))? {
            return Ok(jpeg);
        }
        let bytes = self.file(&hex(&sha256))?;
        let row = self.store.read(|tx| tx.file(&sha256))?;
        let small = match row.is_some_and(|row| row.mime == MIME) {
            true => ruhu_evidence::thumbnail(&Signature::from_json(&bytes)?)?,
            false => intake(&bytes, &Policy { longest: THUMBNAIL_SIDE, place: false })?.thumbnail,
        };
        self.store.write::<_, StoreError>(|tx| tx.put_thumbnail(&sha256, &small))?;
        Ok(small)
    }

    /// The strokes of a signature that a household keeps, by the id of its evidence: to be printed into a letter
    /// ([`crate::DrawnSignature`]).
    ///
    /// # Errors
    /// `not_found` when the household has no such evidence, or its file is not on this device
    /// ([`Device::file_fetch`] asks the server for it); `signature_shape` when it is no signature that was drawn
    /// on the screen; `damaged` or `store`.
    pub fn signature(&self, case: &str, evidence: &str) -> Result<Vec<u8>, DeviceError> {
        let household = self.household(&parse_id(case)?)?;
        let entry = household.evidence.iter().find(|entry| entry.id == evidence);
        let sha256 = entry.and_then(|entry| entry.sha256.as_deref());
        let bytes = self.file(sha256.ok_or(DeviceError::NotFound { what: "evidence" })?)?;
        Signature::from_json(&bytes)?;
        Ok(bytes)
    }
}

/// Where pictures stand that look like one, or strokes that are the same, or the same file; those of other
/// households first.
fn seen(tx: &Tx<'_>, place: &Place<'_>, kept: &Kept) -> Result<Vec<Seen>, DeviceError> {
    let known = tx.likenesses()?.into_iter();
    let known = known.map(|LikenessRow { doc, evidence, likeness }| ((doc, evidence), likeness));
    let mut places = match kept {
        Kept::Picture(taken) => seen_before(&taken.picture.likeness, known),
        Kept::Signature(kept) => drawn_before(&kept.shape, known),
    };
    for sha256 in [kept.file().sha256, kept.offered_sha256()] {
        places.extend(tx.uses_of_file(&sha256)?);
    }
    places.sort();
    places.dedup();
    places.sort_by_key(|(doc, _)| *doc == place.doc);
    let new_household = household_name(tx, &place.doc)?;
    let mut seen = Vec::new();
    for (doc, id) in places {
        if seen.len() == SEEN {
            break;
        }
        let Some(loaded) = LoadedDocument::load(tx, &doc)? else { continue };
        let household = loaded.document.household();
        // A use as an original, and what is hidden, have no entry.
        let Some(entry) = household.evidence.iter().find(|entry| entry.id == id) else { continue };
        let earlier = (&doc, household_name(tx, &doc)?);
        seen.push(Seen::of(earlier, entry, (&place.doc, &new_household, place.kind)));
    }
    Ok(seen)
}

fn file_row(doc: DocId, file: &SealedFile, now_ms: i64) -> FileRow {
    FileRow {
        sha256: file.sha256,
        size: 0,
        mime: String::new(),
        doc,
        evidence: String::new(),
        key: file.key,
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
