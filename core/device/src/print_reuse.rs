//! The same print on two letters: looked for when a photo is attached, and among all that are held.

use std::path::Path;

use ruhu_case::DocId;
use ruhu_letter::{HeldReuse, PrintReuse, grantor_names, owes_comparison};
use ruhu_projection::{LookedAt, Looking, Projection, Sought, among_held, keep, reuse, settle};
use ruhu_store::StoreError;
use ruhu_text::Explain;
use ruhu_vision::letter::boxed_prints::{LetterPrints, found_finger, letter_prints};
use ruhu_vision::letter::check::check;
use ruhu_vision::letter::search::Follow;
use ruhu_vision::picture::decode;
use ruhu_vision::picture::intake::KEPT_SIDE;
use uuid::Uuid;

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::ids::parse_id;
use crate::picture_file::read_picture;

/// Set by the store when documents of an earlier program are here, which did not list photos of prints.
const UNLISTED: &str = "print_photos/unlisted";
/// Documents that are read at once.
const AT_ONCE: u32 = 50;

impl Device {
    /// Whether the prints of a letter's photo stand on others that are held. [`Device::attach`] says the same,
    /// and keeps it.
    ///
    /// # Errors
    /// `not_found`, `file` when it cannot be read, `picture_…` with the reason when it is no picture;
    /// `damaged` or `store` when the store cannot be read.
    pub fn letter_reuse(&self, case: &str, path: &Path) -> Result<PrintReuse, DeviceError> {
        let doc = parse_id(case)?;
        self.household(&doc)?;
        let picture = decode(&read_picture(path)?)?;
        let report = check(&picture, None);
        // Compared as it would be kept: so are those that it is compared with.
        let finger = |grantor: &str| found_finger(&report.grantors, grantor);
        let prints = letter_prints(&picture.shrunk(KEPT_SIDE as usize), finger);
        Ok(self.print_reuse(&doc, None, &prints).unwrap_or_else(|error| not_done(&error, &prints)))
    }

    /// Looks at photos of letters that are here and were not looked at yet, at most so many: each takes about a
    /// second. A sync does so for some of those that came.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`. What was looked at stays.
    pub fn letter_look(&self, most: u32) -> Result<LookedAt, DeviceError> {
        let mut looking = self.looking()?;
        let mut looked = 0;
        while looked < most && self.look_at_letter(&mut looking)? {
            looked += 1;
        }
        Ok(LookedAt { looked, left: looking.left() })
    }

    /// The photos of letters that are here and were not looked at yet.
    pub(crate) fn looking(&self) -> Result<Looking, DeviceError> {
        self.list_print_photos()?;
        Ok(Looking::begin(&self.store)?)
    }

    /// Looks at the next one; says whether there was one. One that was attached here and whose entry does not say
    /// what its prints were compared with, for the phone died meanwhile, is compared now.
    pub(crate) fn look_at_letter(&self, looking: &mut Looking) -> Result<bool, DeviceError> {
        let Some(looked) = looking.look(&self.store)? else { return Ok(false) };
        match &looked.prints {
            Some(prints) if looked.own && self.is_owed(&looked.doc, &looked.evidence)? => {
                self.compare_prints(&looked.doc, &looked.evidence, prints);
            }
            _ => looked.keep(&self.store)?,
        }
        Ok(true)
    }

    /// The prints that stand on more than one of the letters that are held and were looked at
    /// ([`Device::letter_look`]). `follow` hears how many were compared with those before them, of how many, about
    /// each second, and says whether to go on; what was not come to is told.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn letter_reuse_held(&self, follow: Follow<'_>) -> Result<HeldReuse, DeviceError> {
        self.list_print_photos()?;
        Ok(among_held(&self.store, &|division| self.may_see(division), follow)?)
    }

    /// Compares the prints of a photo that is kept, writes into its entry where they stand already, and keeps them:
    /// in this order, so that what a phone that dies meanwhile leaves undone is done when the photo is looked at
    /// next. The store of prints lies beside the evidence: when it cannot be used, that is said, and hinders
    /// nothing.
    pub(crate) fn compare_prints(&self, doc: &DocId, evidence: &str, prints: &LetterPrints) -> PrintReuse {
        let reuse = match self.print_reuse(doc, Some(evidence), prints) {
            Ok(reuse) => reuse,
            Err(error) => return not_done(&error, prints),
        };
        let noted = self.note_reuse(doc, evidence, &reuse);
        let kept = noted.and_then(|()| Ok(keep(&self.store, doc, evidence, Some(prints))?));
        if let Err(error) = kept {
            tracing::warn!(code = error.code(), "the prints of a photo are looked at again");
        }
        reuse
    }

    /// Writes it into the entry, unless the entry says it already or is not shown any more.
    fn note_reuse(&self, doc: &DocId, evidence: &str, reuse: &PrintReuse) -> Result<(), DeviceError> {
        let Some(write) = reuse.write(evidence) else { return Ok(()) };
        self.work(|work| {
            let mut loaded = LoadedDocument::get(work.tx, doc)?;
            match owes_comparison(&loaded.document.household(), evidence) {
                true => work.write(&mut loaded, &[write]).map(drop),
                false => Ok(()),
            }
        })
    }

    /// Whether an entry of a household does not say what its prints were compared with.
    fn is_owed(&self, doc: &DocId, evidence: &str) -> Result<bool, DeviceError> {
        // A document that cannot be read can be given nothing.
        Ok(self.household(doc).is_ok_and(|household| owes_comparison(&household, evidence)))
    }

    /// Where the prints of a household's photo stand already. `evidence`: its entry, when it is kept.
    fn print_reuse(
        &self,
        doc: &DocId,
        evidence: Option<&str>,
        prints: &LetterPrints,
    ) -> Result<PrintReuse, DeviceError> {
        let household = self.household(doc)?;
        let names = grantor_names(&household, Uuid::from_bytes(doc.0), prints.payload.as_ref());
        self.list_print_photos()?;
        let sought = Sought { doc: *doc, evidence, prints, names: &names };
        Ok(reuse(&self.store, sought, &|division| self.may_see(division))?)
    }

    /// Removes prints that are not to be kept any more; what fails is made good before prints are compared next.
    pub(crate) fn settle_prints(&self) {
        if let Err(error) = settle(&self.store) {
            tracing::warn!(code = error.code(), "prints that are not to be kept are not removed yet");
        }
    }

    /// Whether the device's user may see households of a division.
    fn may_see(&self, division: &str) -> bool {
        let identity = self.identity();
        let scope = identity.enrolled.as_ref().map(|enrolled| &enrolled.certificate.scope);
        scope.is_none_or(|scope| division.parse().is_ok_and(|division| scope.covers(&division)))
    }

    /// Lists the photos of prints that an earlier program took in, once.
    fn list_print_photos(&self) -> Result<(), DeviceError> {
        let unlisted = self.store.read::<_, StoreError>(|tx| tx.meta(UNLISTED))?;
        if unlisted.is_none_or(|flag| flag.is_empty()) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let rows = self.store.read::<_, StoreError>(|tx| tx.documents(after, AT_ONCE))?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            self.store.write::<_, DeviceError>(|tx| {
                for row in &rows {
                    // A document that cannot be read has nothing to list.
                    if let Ok(Some(LoadedDocument { row, document })) = LoadedDocument::load(tx, &row.id) {
                        Projection::of(&row, &document).put_print_photos(tx)?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(self.store.write::<_, StoreError>(|tx| tx.set_meta(UNLISTED, &[]))?)
    }
}

fn not_done(error: &DeviceError, prints: &LetterPrints) -> PrintReuse {
    tracing::warn!(code = error.code(), "prints could not be compared");
    PrintReuse::not_done(prints.prints.len())
}
