//! The prints on photos that a device holds: which photos were looked at, and what is kept of them.
//!
//! Looking at a photo takes a second, so it happens once; what was found lies in the database of impressions
//! ([`Store::impressions`]), a photo in a transaction. What a household does not show any more, or whose
//! grantor took back what they authorised, is removed from it by [`settle`].

use std::collections::BTreeMap;

use ruhu_case::DocId;
use ruhu_letter::{PrintPhoto, paper};
use ruhu_store::{FileState, LookedAtRow, NewPrint, PrintPhotoRow, Store, StoreError};
use ruhu_text::Explain;
use ruhu_vision::letter::boxed_prints::{LetterPrints, letter_prints};
use ruhu_vision::letter::copies::{FORMAT, Outline};
use ruhu_vision::picture::decode;
use serde::Serialize;

/// Prints were found.
pub(crate) const PRINTS: &str = "prints";
/// None was found.
pub(crate) const NO_PRINT: &str = "no_print";
/// It is no picture.
pub(crate) const UNREADABLE: &str = "unreadable";

/// How far looking at photos came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LookedAt {
    /// Photos that were looked at now.
    pub looked: u32,
    /// Photos that are here and still to be looked at.
    pub left: u32,
}

/// A photo that a household names, and what the household says of it.
pub(crate) struct Listed {
    pub row: PrintPhotoRow,
    pub photo: PrintPhoto,
}

impl Listed {
    /// All of them, by household and entry.
    pub fn all(store: &Store) -> Result<BTreeMap<(DocId, String), Listed>, StoreError> {
        let rows = store.read::<_, StoreError>(|tx| tx.print_photos())?;
        let listed = rows.into_iter().filter_map(Listed::of);
        Ok(listed.map(|one| ((one.row.doc, one.row.evidence.clone()), one)).collect())
    }

    pub fn of(row: PrintPhotoRow) -> Option<Listed> {
        // What is derived and cannot be read is as if it were not there, until it is derived again.
        let photo = serde_json::from_str(&row.facts).ok()?;
        Some(Listed { row, photo })
    }

    /// Whether what was found on it still holds.
    pub fn is_known_by(&self, looked: &LookedAtRow) -> bool {
        looked.sha256 == self.row.sha256
            && looked.format == FORMAT
            && self.photo.leaves_out_all_of(&looked.left_out)
    }
}

/// Removes what is not to be kept any more: of photos that no household here names, and of grantors who took back
/// what they authorised.
///
/// # Errors
/// `damaged`, `disk_full` or `store`.
pub fn settle(store: &Store) -> Result<(), StoreError> {
    if !store.has_impressions()? {
        return Ok(());
    }
    let listed = Listed::all(store)?;
    store.impressions(|held| {
        for looked in held.looked_at()? {
            let (doc, evidence) = (&looked.doc, &looked.evidence);
            match listed.get(&(*doc, evidence.clone())) {
                Some(one) if one.is_known_by(&looked) => {
                    let left_out = one.photo.left_out();
                    if left_out != looked.left_out {
                        held.leave_out(doc, evidence, &left_out, |grantor| one.photo.keeps(grantor))?;
                    }
                }
                _ => held.forget(doc, evidence)?,
            }
        }
        Ok(())
    })
}

/// Photos that are here and were not looked at, one after another. What is listed is read once.
pub struct Looking {
    open: std::vec::IntoIter<Listed>,
}

/// A photo that was looked at just now. What was found is kept by [`LookedPhoto::keep`].
pub struct LookedPhoto {
    /// The household that names it.
    pub doc: DocId,
    /// The entry.
    pub evidence: String,
    /// Whether it was attached on this device.
    pub own: bool,
    /// Its prints; none when it is no picture.
    pub prints: Option<LetterPrints>,
}

impl Looking {
    /// Finds those that are to be looked at.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn begin(store: &Store) -> Result<Looking, StoreError> {
        settle(store)?;
        Ok(Looking { open: open(store)?.into_iter() })
    }

    /// How many are left.
    pub fn left(&self) -> u32 {
        u32::try_from(self.open.len()).unwrap_or(u32::MAX)
    }

    /// Looks at the next one, about a second. One whose bytes turn out to be gone is passed over.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn look(&mut self, store: &Store) -> Result<Option<LookedPhoto>, StoreError> {
        for one in self.open.by_ref() {
            if let Some(looked) = look_at(store, &one)? {
                return Ok(Some(looked));
            }
        }
        Ok(None)
    }
}

impl LookedPhoto {
    /// Keeps what was found, so that the photo is not looked at again.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`: the photo is looked at again another time.
    pub fn keep(&self, store: &Store) -> Result<(), StoreError> {
        keep(store, &self.doc, &self.evidence, self.prints.as_ref())
    }
}

/// The photos that are here and were not looked at.
fn open(store: &Store) -> Result<Vec<Listed>, StoreError> {
    let mut listed = Listed::all(store)?;
    // Who has no letters needs no database of prints.
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    for looked in store.impressions(|held| held.looked_at())? {
        let place = (looked.doc, looked.evidence.clone());
        if listed.get(&place).is_some_and(|one| one.is_known_by(&looked)) {
            listed.remove(&place);
        }
    }
    let mut open = Vec::new();
    for one in listed.into_values().filter(|one| one.photo.keeps_any()) {
        if is_here(store, &one.row.sha256)? {
            open.push(one);
        }
    }
    Ok(open)
}

/// Whether the bytes of a photo should be on this device.
pub(crate) fn is_here(store: &Store, sha256: &[u8; 32]) -> Result<bool, StoreError> {
    let row = store.read::<_, StoreError>(|tx| tx.file(sha256))?;
    Ok(row.is_some_and(|row| row.state != FileState::Wanted))
}

fn look_at(store: &Store, one: &Listed) -> Result<Option<LookedPhoto>, StoreError> {
    let sha256 = &one.row.sha256;
    let Some(file) = store.read::<_, StoreError>(|tx| tx.file(sha256))? else { return Ok(None) };
    let bytes = match store.files().read_range(&file.key, sha256, 0, usize::MAX) {
        Ok(bytes) => bytes,
        // Gone or damaged: the server may have it, and then it is looked at.
        Err(StoreError::NotFound { .. } | StoreError::Damaged { .. }) => {
            store.write::<_, StoreError>(|tx| tx.set_file_gone(sha256, None, false))?;
            return Ok(None);
        }
        Err(other) => return Err(other),
    };
    let prints = decode(&bytes).map(|picture| letter_prints(&picture, |grantor| one.photo.finger(grantor)));
    if let Err(error) = &prints {
        tracing::info!(code = error.code(), "a photo of prints cannot be read");
    }
    let PrintPhotoRow { doc, evidence, .. } = &one.row;
    Ok(Some(LookedPhoto { doc: *doc, evidence: evidence.clone(), own: file.own, prints: prints.ok() }))
}

/// Keeps the prints of a photo that was looked at just now, as far as its household still names it and nobody took
/// back what they stand for; nothing when it is no picture.
///
/// # Errors
/// `damaged`, `disk_full` or `store`: the photo is looked at again another time.
pub fn keep(
    store: &Store,
    doc: &DocId,
    evidence: &str,
    prints: Option<&LetterPrints>,
) -> Result<(), StoreError> {
    let row = store.read::<_, StoreError>(|tx| tx.print_photo(doc, evidence))?;
    let listed = row.and_then(Listed::of).filter(|one| one.photo.keeps_any());
    listed.map_or(Ok(()), |one| put(store, &one, prints))
}

fn put(store: &Store, one: &Listed, prints: Option<&LetterPrints>) -> Result<(), StoreError> {
    let Listed { row, photo } = one;
    let all = prints.map(|found| found.prints.as_slice()).unwrap_or_default();
    let kept = all.iter().filter(|print| photo.keeps(print.grantor.as_deref().unwrap_or_default()));
    let new: Vec<NewPrint> = kept
        .map(|print| NewPrint {
            grantor: print.grantor.clone().unwrap_or_default(),
            outline: Outline::of(&print.impression).to_bytes(),
            picture: print.impression.to_bytes(),
        })
        .collect();
    let looked = LookedAtRow {
        doc: row.doc,
        evidence: row.evidence.clone(),
        sha256: row.sha256,
        left_out: photo.left_out(),
        format: FORMAT,
        paper: paper(prints.and_then(|found| found.payload.as_ref())),
        outcome: match prints {
            None => UNREADABLE,
            Some(_) if all.is_empty() => NO_PRINT,
            Some(_) => PRINTS,
        }
        .to_owned(),
    };
    store.impressions(|held| held.put(&looked, &new))
}
