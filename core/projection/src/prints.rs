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

/// Looks at photos that are here and were not looked at, at most so many.
///
/// # Errors
/// `damaged`, `disk_full` or `store`. What was looked at before stays.
pub fn look(store: &Store, most: u32) -> Result<LookedAt, StoreError> {
    settle(store)?;
    let open = open(store)?;
    let mut done = LookedAt::default();
    for one in open.iter().take(usize::try_from(most).unwrap_or(usize::MAX)) {
        look_at(store, one)?;
        done.looked += 1;
    }
    done.left = u32::try_from(open.len()).unwrap_or(u32::MAX).saturating_sub(done.looked);
    Ok(done)
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

fn look_at(store: &Store, one: &Listed) -> Result<(), StoreError> {
    let sha256 = &one.row.sha256;
    let Some(file) = store.read::<_, StoreError>(|tx| tx.file(sha256))? else { return Ok(()) };
    let bytes = match store.files().read_range(&file.key, sha256, 0, usize::MAX) {
        Ok(bytes) => bytes,
        // Gone or damaged: the server may have it, and then it is looked at.
        Err(StoreError::NotFound { .. } | StoreError::Damaged { .. }) => {
            return store.write(|tx| tx.set_file_gone(sha256, None, false));
        }
        Err(other) => return Err(other),
    };
    let prints = decode(&bytes).map(|picture| letter_prints(&picture, |grantor| one.photo.finger(grantor)));
    if let Err(error) = &prints {
        tracing::info!(code = error.code(), "a photo of prints cannot be read");
    }
    put(store, one, prints.as_ref().ok())
}

/// Keeps the prints of a photo that was attached just now, and looked at before.
///
/// # Errors
/// `damaged`, `disk_full` or `store`: the photo is looked at again another time.
pub fn keep(store: &Store, doc: &DocId, evidence: &str, prints: &LetterPrints) -> Result<(), StoreError> {
    let row = store.read::<_, StoreError>(|tx| tx.print_photo(doc, evidence))?;
    row.and_then(Listed::of).map_or(Ok(()), |one| put(store, &one, Some(prints)))
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
