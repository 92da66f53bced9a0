//! The device object.

use std::path::Path;
use std::sync::Arc;

use ruhu_device::{
    CaseSummary, CaseView, ConflictView, CopyWishes, Coverage, Device, EvidenceView, FilesStatus, FontSet,
    FormVersion, HeldReuse, HistoryItem, LetterPhoto, LetterWishes, LookedAt, NewCase, NotYetSafe,
    PhotoCount, PictureSettings, PrintReuse, PrintedLetter, SavedVisit, Status, SyncControl, SyncReport,
    VisitMigration, VisitSummary, VisitView, fonts_in,
};
use ruhu_form::{MigrationReport, NodeChange, NodeState, Request};
use ruhu_text::Lang;
use zeroize::Zeroizing;

use crate::error::RuhuError;
use crate::observer::{Bridge, ReuseObserver, SyncObserver};
use crate::visit::PictureAnswer;

type Result<T> = std::result::Result<T, RuhuError>;

/// The one object a phone holds. All calls may come from any thread; they block for as long as the
/// disk takes.
#[derive(Debug, uniffi::Object)]
pub struct RuhuDevice {
    device: Device,
}

#[uniffi::export]
impl RuhuDevice {
    /// Opens the store in a folder, or makes one there.
    ///
    /// `key`: the 32 bytes that the phone keeps in Keystore or Keychain. `install`: something that is
    /// another on every phone and after every restore of this one (Android's install id).
    #[uniffi::constructor]
    pub fn open(folder: String, key: Vec<u8>, install: String) -> Result<Arc<RuhuDevice>> {
        let key = Zeroizing::new(key);
        let key: [u8; 32] = key.as_slice().try_into().map_err(|_| RuhuError::invalid_key())?;
        Ok(Arc::new(RuhuDevice { device: Device::open(Path::new(&folder), key, &install)? }))
    }

    /// Where the device stands.
    pub fn status(&self) -> Result<Status> {
        Ok(self.device.status()?)
    }

    /// What of this phone's work is not safe yet: the answer to "may I lose this phone?". It tells for
    /// as long as it is so, not only after the sync that found it.
    pub fn not_yet_safe(&self) -> Result<NotYetSafe> {
        Ok(self.device.not_yet_safe()?)
    }

    /// Reads everything back and says what is wrong, in words for the person who repairs it.
    pub fn check(&self) -> Result<Vec<String>> {
        Ok(self.device.check()?)
    }

    /// Opens a household. A wrong ID number is refused with the rule that failed; without a number
    /// the household can still be opened.
    pub fn case_new(&self, new: NewCase) -> Result<CaseSummary> {
        Ok(self.device.case_new(new)?)
    }

    /// A page of the case list, those last changed first. `division`: the first digits of a division
    /// code, or nothing for all.
    pub fn case_list(&self, division: String, offset: u32, limit: u32) -> Result<Vec<CaseSummary>> {
        Ok(self.device.case_list(&division, offset, limit)?)
    }

    /// How many households there are. `division`: the first digits of a division code, or nothing for all.
    pub fn case_count(&self, division: String) -> Result<u32> {
        Ok(self.device.case_count(&division)?)
    }

    /// Searches by name, the initials of its pinyin, the end of an ID number, or address.
    pub fn case_search(&self, query: String, limit: u32) -> Result<Vec<CaseSummary>> {
        Ok(self.device.case_search(&query, limit)?)
    }

    /// A household as it stands.
    pub fn case_show(&self, case: String) -> Result<CaseView> {
        Ok(self.device.case_show(&case)?)
    }

    /// Every value a field had, oldest first, with author and times.
    pub fn case_history(&self, case: String, path: String) -> Result<Vec<HistoryItem>> {
        Ok(self.device.case_history(&case, &path)?)
    }

    /// The fields of a household that stand in conflict.
    pub fn conflicts(&self, case: String) -> Result<Vec<ConflictView>> {
        Ok(self.device.conflicts(&case)?)
    }

    /// Settles a conflict for one of its values, given as the text of that choice. Settling is a
    /// signed change like any other: it can be seen in the history.
    pub fn resolve(&self, case: String, path: String, choice: String) -> Result<()> {
        Ok(self.device.resolve(&case, &path, &choice)?)
    }

    /// Ids and versions of the forms on the device.
    pub fn forms(&self) -> Result<Vec<FormVersion>> {
        Ok(self.device.forms()?)
    }

    /// Puts a compiled form on the device, as publishing by the server would.
    pub fn form_install(&self, bytes: Vec<u8>) -> Result<()> {
        Ok(self.device.form_install(&bytes)?)
    }

    /// Begins a visit to a household with the newest version of a form that the device has.
    pub fn visit_start(&self, case: String, form: String) -> Result<VisitSummary> {
        Ok(self.device.visit_start(&case, &form)?)
    }

    /// The visits on this device, those last answered first.
    pub fn visits(&self, open_only: bool) -> Result<Vec<VisitSummary>> {
        Ok(self.device.visits(open_only)?)
    }

    /// Answers a question, by its name, path or stable key; an empty value clears it. The answer is
    /// on the disk when this returns. Gives what changed, the answered question included.
    pub fn visit_answer(&self, visit: String, path: String, value: String) -> Result<Vec<NodeChange>> {
        Ok(self.device.visit_answer(&visit, &path, &value)?.nodes)
    }

    /// Answers a question for a picture with the picture of a file: it is sealed into the household, and the
    /// answer is the id of its evidence. Gives what changed, and what is known of the picture.
    pub fn visit_answer_picture(&self, visit: String, path: String, file: String) -> Result<PictureAnswer> {
        let given = self.device.visit_answer_picture(&visit, &path, Path::new(&file))?;
        Ok(PictureAnswer { changed: given.changed.nodes, evidence: given.evidence })
    }

    /// How pictures are kept that are attached from now on.
    pub fn picture_settings(&self) -> Result<PictureSettings> {
        Ok(self.device.picture_settings()?)
    }

    /// Sets how pictures are kept that are attached from now on.
    pub fn set_picture_settings(&self, settings: PictureSettings) -> Result<()> {
        Ok(self.device.set_picture_settings(settings)?)
    }

    /// A small picture of a photo, a JPEG of at most 256 pixels a side, by the photo's SHA-256 or the id of its
    /// evidence.
    pub fn thumbnail(&self, word: String) -> Result<Vec<u8>> {
        Ok(self.device.thumbnail(&word)?)
    }

    /// A copy of a photo, a JPEG, by its SHA-256 or the id of its evidence: the document in it cut out and made
    /// straight, a band below it with time, place and the ids, or both. What is kept is not touched. `fonts`: a
    /// folder, for the words of the band.
    pub fn file_copy(
        &self,
        word: String,
        straightened: bool,
        stamped: Option<Lang>,
        fonts: String,
    ) -> Result<Vec<u8>> {
        let fonts = match stamped {
            Some(_) => fonts_in(Path::new(&fonts))?,
            None => FontSet::new(),
        };
        let wishes = CopyWishes { straightened, stamped };
        Ok(self.device.file_copy(&word, wishes, &fonts)?)
    }

    /// The strokes of a signature that a household keeps, by the id of its evidence: to be printed into a letter
    /// (`LetterWishes.signed`).
    pub fn signature(&self, case: String, evidence: String) -> Result<Vec<u8>> {
        Ok(self.device.signature(&case, &evidence)?)
    }

    /// The SHA-256 (hexadecimal) of a picture, by the id of the evidence that names it: the answer to a
    /// question for a picture.
    pub fn file_name(&self, evidence: String) -> Result<String> {
        Ok(self.device.file_name(&evidence)?)
    }

    /// Adds an instance to a repeat and gives its id.
    pub fn visit_add_repeat(&self, visit: String, path: String) -> Result<String> {
        Ok(self.device.visit_add_repeat(&visit, &path)?)
    }

    /// Adds an instance with an id of the host's: 1 to 40 letters, digits, `_` and `-`.
    pub fn visit_add_repeat_as(&self, visit: String, path: String, id: String) -> Result<Vec<NodeChange>> {
        Ok(self.device.visit_add_repeat_as(&visit, &path, &id)?.nodes)
    }

    /// Removes an instance of a repeat.
    pub fn visit_remove_repeat(&self, visit: String, path: String) -> Result<Vec<NodeChange>> {
        Ok(self.device.visit_remove_repeat(&visit, &path)?.nodes)
    }

    /// What the form of a visit wants of the phone and has not got.
    pub fn visit_requests(&self, visit: String) -> Result<Vec<Request>> {
        Ok(self.device.visit_requests(&visit)?)
    }

    /// Gives what the form asked of the phone. It is on the disk when this returns.
    pub fn visit_provide(&self, visit: String, path: String, value: String) -> Result<Vec<NodeChange>> {
        Ok(self.device.visit_provide(&visit, &path, &value)?.nodes)
    }

    /// A visit as it stands.
    pub fn visit_show(&self, visit: String) -> Result<VisitView> {
        Ok(self.device.visit_show(&visit)?)
    }

    /// One question of a visit; nothing when the form has none of that path.
    pub fn visit_node(&self, visit: String, path: String) -> Result<Option<NodeState>> {
        Ok(self.device.visit_node(&visit, &path)?)
    }

    /// What would happen to the answers of an open visit if it moved to the newest version of its
    /// form; nothing when the visit has it. Changes nothing.
    pub fn visit_migration(&self, visit: String) -> Result<Option<MigrationReport>> {
        Ok(self.device.visit_migration(&visit)?)
    }

    /// Moves an open visit to the newest version of its form: `version`, the one that the report of
    /// `visit_migration` names. It is on the disk when this returns; what was dropped stays readable
    /// in `visit_migrations`.
    pub fn visit_migrate(&self, visit: String, version: String) -> Result<VisitMigration> {
        Ok(self.device.visit_migrate(&visit, &version)?)
    }

    /// What the migrations of a visit did, the first one first, after it was closed too.
    pub fn visit_migrations(&self, visit: String) -> Result<Vec<VisitMigration>> {
        Ok(self.device.visit_migrations(&visit)?)
    }

    /// Saves what is answered so far into the household, as one signed change.
    pub fn visit_save(&self, visit: String) -> Result<SavedVisit> {
        Ok(self.device.visit_save(&visit)?)
    }

    /// Closes a visit: nothing may be missing, and no field that decides eligibility in conflict.
    pub fn visit_close(&self, visit: String) -> Result<SavedVisit> {
        Ok(self.device.visit_close(&visit)?)
    }

    /// Attaches a picture to a household: a JPEG, PNG or WebP, turned upright, made no larger than is needed, rid
    /// of what a camera hides in it, sealed into the store; the file is left alone. `kind` says what it shows: a
    /// known word (`house_out`, `sign`, `papers` …), or the name of a question for a picture. What is known of
    /// it comes back, with a warning where such a picture stands already.
    pub fn attach(&self, case: String, path: String, kind: String) -> Result<EvidenceView> {
        Ok(self.device.attach(&case, Path::new(&path), &kind)?)
    }

    /// What a photo of a household's letter shows, before it is attached: which letter it is, and of each
    /// grantor whether the print is there and clear. `attach` with the kind `letter` says the same and keeps it.
    pub fn letter_photo(&self, case: String, path: String) -> Result<LetterPhoto> {
        Ok(self.device.letter_photo(&case, Path::new(&path))?)
    }

    /// Whether the prints of a letter's photo stand on others that this phone holds, before it is attached.
    /// `attach` says the same and keeps it.
    pub fn letter_reuse(&self, case: String, path: String) -> Result<PrintReuse> {
        Ok(self.device.letter_reuse(&case, Path::new(&path))?)
    }

    /// Looks at photos of letters that are here and were not looked at yet, at most so many; each takes about a
    /// second.
    pub fn letter_look(&self, most: u32) -> Result<LookedAt> {
        Ok(self.device.letter_look(most)?)
    }

    /// The prints that stand on more than one of the letters that this phone holds and has looked at.
    pub fn letter_reuse_held(&self) -> Result<HeldReuse> {
        Ok(self.device.letter_reuse_held(&mut |_, _| true)?)
    }

    /// Like `letter_reuse_held`, telling the observer how far it has come, which may stop it.
    pub fn letter_reuse_held_observed(&self, observer: Arc<dyn ReuseObserver>) -> Result<HeldReuse> {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        // A screen that fails to draw stops nothing.
        let mut follow = |done, of| observer.on_compared(count(done), count(of)).unwrap_or(true);
        Ok(self.device.letter_reuse_held(&mut follow)?)
    }

    /// Prints the authorisation letter of a household with a template's bytes ([`national_letter`], or one
    /// that staff changed) and the fonts of a folder. The same again is the same letter, anything else a
    /// new version.
    ///
    /// [`national_letter`]: crate::national_letter
    pub fn letter_print(
        &self,
        case: String,
        template: Vec<u8>,
        wishes: LetterWishes,
        fonts: String,
    ) -> Result<PrintedLetter> {
        Ok(self.device.letter_print(&case, &template, &wishes, &fonts_in(Path::new(&fonts))?)?)
    }

    /// Who of a household may be looked up, for what and until when, on this phone's day.
    pub fn letter_coverage(&self, case: String) -> Result<Coverage> {
        Ok(self.device.letter_coverage(&case)?)
    }

    /// Writes down that somebody withdraws what they authorised: from now on it covers nothing.
    pub fn letter_withdraw(&self, case: String, grantor: String, reason: String) -> Result<Coverage> {
        Ok(self.device.letter_withdraw(&case, &grantor, &reason)?)
    }

    /// A request to look something up, as JSON: none without a live authorisation for each person and
    /// thing. `people`: whole names or numbers, or nothing for everybody.
    pub fn check_request_export(
        &self,
        case: String,
        people: Vec<String>,
        scope: Vec<String>,
    ) -> Result<String> {
        Ok(self.device.check_request_export(&case, &people, &scope)?)
    }

    /// Says that a person knows of the lost photos of a household and does not look for them any more:
    /// they are told no longer. Returns how many there were.
    pub fn give_up_lost_photos(&self, case: String) -> Result<u32> {
        Ok(self.device.give_up_lost_photos(&case)?)
    }

    /// Where each photo is, of one household or of all: only here, on the server, in a second place.
    pub fn files_status(&self, case: Option<String>) -> Result<FilesStatus> {
        Ok(self.device.files_status(case.as_deref())?)
    }

    /// Gives back the room of photos that are in a second place, those of the household longest unchanged
    /// first, as many as free `bytes`, or all of them. They are fetched again with `file_fetch`.
    pub fn files_reclaim(&self, bytes: Option<u64>) -> Result<PhotoCount> {
        Ok(self.device.files_reclaim(bytes)?)
    }

    /// Says whether the network is metered: photos wait then, text and forms go on. Call it whenever the
    /// network changes; a sync that runs looks at it before each piece of a photo.
    pub fn set_metered(&self, metered: bool) {
        self.device.set_metered(metered);
    }

    /// A photo's bytes, by the SHA-256 (hexadecimal) under which a household names it.
    pub fn file(&self, sha256: String) -> Result<Vec<u8>> {
        Ok(self.device.file(&sha256)?)
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl RuhuDevice {
    /// Enrols the device with the text of a one-time code. If the answer is lost, the same code
    /// works again from this device.
    pub async fn enroll(&self, code: String) -> Result<Status> {
        Ok(self.device.enroll(&code).await?)
    }

    /// Gives and takes everything: text first, then new forms, then photos. A cut or a cancellation
    /// anywhere loses nothing; the next run goes on where this one stopped.
    pub async fn sync(&self) -> Result<SyncReport> {
        Ok(self.device.sync().await?)
    }

    /// Fetches one photo, by its SHA-256, that a household names and that is not on this device.
    pub async fn file_fetch(&self, sha256: String) -> Result<()> {
        Ok(self.device.file_fetch(&sha256).await?)
    }

    /// Like `sync`, telling the observer how far it has come. Cancelling the coroutine stops it.
    pub async fn sync_observed(&self, observer: Arc<dyn SyncObserver>) -> Result<SyncReport> {
        let control = SyncControl { observer: Some(Arc::new(Bridge(observer))), ..SyncControl::default() };
        Ok(self.device.sync_with(&control).await?)
    }
}
