//! Evidence: pictures, taken in by one way, sealed beside the database and named in the household by their
//! SHA-256.

use std::path::Path;

use ruhu_case::DocId;
use ruhu_evidence::{NewEvidence, PictureSettings, Seen, kind_of, original_of, seen_before, subject_of};
use ruhu_form::QuestionKind;
use ruhu_letter::{LetterPhoto, PrintReuse, shows_prints};
use ruhu_projection::household_name;
use ruhu_store::{FileRow, FileState, LikenessRow, StoreError, Tx};
use ruhu_vision::letter::boxed_prints::{LetterPrints, is_finger, letter_prints};
use ruhu_vision::picture::decode;
use ruhu_vision::picture::intake::{KEPT_SIDE, KeptPicture, Policy, THUMBNAIL_SIDE, intake};
use ruhu_vision::quality::{Kind as Subject, Quality, assess};

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::host::random;
use crate::ids::{hex, new_id, parse_id, parse_sha256};
use crate::picture_file::read_picture;
use crate::unit_of_work::UnitOfWork;
use crate::views::{EvidenceView, FormVersion, PhotoQuality};

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
}

/// A picture that was read, and what is known of it.
pub(crate) struct Taken {
    pub picture: KeptPicture,
    /// The file as it was offered, when it is kept as a file of its own.
    original: Option<Vec<u8>>,
    quality: Option<(Quality, Subject)>,
    seen: Vec<Seen>,
    /// What a photo of a letter shows.
    letter: Option<LetterPhoto>,
    /// Its prints, and where they stand already.
    prints: Option<(LetterPrints, PrintReuse)>,
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

impl Device {
    /// Attaches a picture to a household: a JPEG, PNG or WebP is read within limits, turned upright, made no
    /// larger than is needed, rid of what a camera hides in it, and sealed into the store with its thumbnail
    /// and its entry; the file is left alone. `kind` says what it shows: a word of
    /// [`ruhu_evidence::KINDS`], or the name of a question for a picture. Where such a picture stands
    /// already is told with it, and hinders nothing; so is where its prints stand, of a photo of kind `letter` or
    /// `fprint`. With one of kind `letter` goes what its check found.
    ///
    /// # Errors
    /// `not_found`, `not_enrolled`, `unknown_kind`, `file` when it cannot be read, `picture_…` with the
    /// reason when it is no picture that is kept, `randomness`, `damaged`, `disk_full` or `store`. Nothing
    /// is kept then.
    pub fn attach(&self, case: &str, path: &Path, kind: &str) -> Result<EvidenceView, DeviceError> {
        let place = Place { doc: parse_id(case)?, kind };
        self.check_kind(kind)?;
        let taken = self.take_in(&place, path, None)?;
        let id = new_id(self.host.as_ref())?.to_string();
        self.keep(&place, &id, &taken, |_| Ok(()))
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

    /// Reads a picture, and looks for it among those that are known. Takes its time: nobody may wait for the
    /// caller. `longest`: pixels of its longer side at most, when a form says so.
    pub(crate) fn take_in(
        &self,
        place: &Place<'_>,
        path: &Path,
        longest: Option<u32>,
    ) -> Result<Taken, DeviceError> {
        self.store.read(|tx| LoadedDocument::get(tx, &place.doc).map(drop))?;
        let bytes = read_picture(path)?;
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
        let seen = self.store.read(|tx| seen(tx, place, &picture))?;
        let finger = |number: &str| {
            let one = letter.iter().flat_map(|letter| &letter.grantors).find(|one| one.grantor == number)?;
            is_finger(one.verdict)
        };
        let prints = shows_prints(place.kind).then(|| letter_prints(&picture.picture, finger));
        let reuse = prints.as_ref().map(|prints| self.print_reuse(&place.doc, prints)).transpose()?;
        let prints = prints.zip(reuse);
        let kept_as_it_came = picture.sha256 == picture.original.sha256;
        let original = (settings.originals && !kept_as_it_came).then_some(bytes);
        Ok(Taken { picture, original, quality, seen, letter, prints })
    }

    /// Seals a picture and writes its entry, and `also`, in one transaction. All of it is on the disk when
    /// this returns; a device that dies before has nothing of it.
    pub(crate) fn keep(
        &self,
        place: &Place<'_>,
        id: &str,
        taken: &Taken,
        also: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<(), DeviceError>,
    ) -> Result<EvidenceView, DeviceError> {
        let Taken { picture, original, .. } = taken;
        let bytes = picture.bytes.len() + original.as_ref().map_or(0, Vec::len);
        self.store.keep_reserve(bytes as u64)?;
        // Until its row is written a sealed file is nobody's.
        let _sealing = self.store.files().begin()?;
        let mut sealed = vec![self.seal_once(picture.sha256, &picture.bytes)?];
        if let Some(bytes) = original {
            match self.seal_once(picture.original.sha256, bytes) {
                Ok(file) => sealed.push(file),
                Err(error) => {
                    self.remove_unused(&sealed, |file| file.fresh.then_some(file.key));
                    return Err(error);
                }
            }
        }
        match self.record(place, id, taken, &sealed, also) {
            Ok(held) => {
                let unused = |file: &SealedFile| match held.contains(&file.key) {
                    true => file.stale,
                    // Somebody attached the same beside this call, and was first.
                    false => Some(file.key),
                };
                self.remove_unused(&sealed, unused);
                if let Some((prints, _)) = &taken.prints {
                    self.keep_prints(&place.doc, id, prints);
                }
                Ok(taken.view(id))
            }
            Err(error) => {
                self.remove_unused(&sealed, |file| file.fresh.then_some(file.key));
                Err(error)
            }
        }
    }

    /// Removes sealed files that no row holds. One that stays is named by `check`.
    fn remove_unused(&self, sealed: &[SealedFile], unused: impl Fn(&SealedFile) -> Option<[u8; 32]>) {
        for file in sealed {
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
        taken: &Taken,
        sealed: &[SealedFile],
        also: impl FnOnce(&mut UnitOfWork<'_, '_>) -> Result<(), DeviceError>,
    ) -> Result<Vec<[u8; 32]>, DeviceError> {
        let Taken { picture, original, quality, letter, prints, .. } = taken;
        let now_ms = self.host.now_ms();
        self.work(|work| {
            let by = work.identity.enrolled()?.certificate.person.clone();
            let evidence = NewEvidence {
                id,
                kind: place.kind,
                by: &by,
                attached_at_ms: now_ms,
                utc_offset_minutes: self.host.utc_offset_minutes(),
                picture,
                original_kept: original.is_some(),
                quality: quality.as_ref().map(|(quality, _)| quality),
            };
            let kept = (id.to_owned(), picture.bytes.len(), picture.format);
            let offered =
                original.as_ref().map(|bytes| (original_of(id), bytes.len(), picture.original.format));
            let mut held = Vec::new();
            for (file, (evidence, size, format)) in sealed.iter().zip([kept].into_iter().chain(offered)) {
                let mime = format.media_type().to_owned();
                work.tx.put_file(&FileRow {
                    evidence,
                    mime,
                    size: size as u64,
                    ..file_row(place.doc, file, now_ms)
                })?;
                held.extend(work.tx.file(&file.sha256)?.map(|row| row.key));
            }
            work.tx.put_thumbnail(&picture.sha256, &picture.thumbnail)?;
            let mut loaded = LoadedDocument::get(work.tx, &place.doc)?;
            let mut writes = evidence.writes().map_err(|error| DeviceError::Stored(error.to_string()))?;
            writes.extend(letter.as_ref().map(|letter| letter.write(id)));
            writes.extend(prints.as_ref().and_then(|(_, reuse)| reuse.write(id)));
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
        let small = intake(&self.file(&hex(&sha256))?, &Policy { longest: THUMBNAIL_SIDE, place: false })?;
        self.store.write::<_, StoreError>(|tx| tx.put_thumbnail(&sha256, &small.thumbnail))?;
        Ok(small.thumbnail)
    }
}

impl Taken {
    /// What is told of it, under an id.
    pub fn view(&self, id: &str) -> EvidenceView {
        let KeptPicture { bytes, width, height, facts, sha256, .. } = &self.picture;
        let told = |(quality, subject): &(Quality, Subject)| PhotoQuality {
            verdict: quality.verdict.word().to_owned(),
            advice: quality.verdict.advice(*subject),
        };
        EvidenceView {
            id: id.to_owned(),
            sha256: hex(sha256),
            size: bytes.len() as u64,
            width: *width,
            height: *height,
            taken_at: facts.taken_at.clone(),
            zone_minutes: facts.zone_minutes,
            place: facts.place.clone(),
            camera: facts.camera.clone(),
            original_kept: self.original.is_some(),
            quality: self.quality.as_ref().map(told),
            seen: self.seen.clone(),
            letter: self.letter.clone(),
            reuse: self.prints.as_ref().map(|(_, reuse)| reuse.clone()),
        }
    }
}

/// Where pictures stand that look like one, or are the same file; those of other households first.
fn seen(tx: &Tx<'_>, place: &Place<'_>, picture: &KeptPicture) -> Result<Vec<Seen>, DeviceError> {
    let known = tx.likenesses()?.into_iter();
    let known = known.map(|LikenessRow { doc, evidence, likeness }| ((doc, evidence), likeness));
    let mut places = seen_before(&picture.likeness, known);
    for sha256 in [picture.sha256, picture.original.sha256] {
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
