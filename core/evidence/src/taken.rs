//! A file that was read and is about to be kept: a picture, or the strokes of a signature.

use data_encoding::HEXLOWER;
use ruhu_letter::LetterPhoto;
use ruhu_letter::signature::MIME;
use ruhu_vision::letter::boxed_prints::LetterPrints;
use ruhu_vision::picture::PictureError;
use ruhu_vision::picture::intake::KeptPicture;
use ruhu_vision::quality::{Kind as Subject, Quality};

use crate::answer::Offered;
use crate::seen::Seen;
use crate::signature::{KeptSignature, thumbnail};
use crate::view::{EvidenceView, PhotoQuality};

/// What was read, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// What is kept.
    pub kept: Kept,
    /// Where such a one stands already.
    pub seen: Vec<Seen>,
}

/// What is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// A picture.
    Picture(Box<TakenPicture>),
    /// Strokes.
    Signature(Box<KeptSignature>),
}

/// A picture, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TakenPicture {
    /// The picture.
    pub picture: KeptPicture,
    /// The file as it was offered, when it is kept as a file of its own.
    pub original: Option<Vec<u8>>,
    /// Whether it is good enough, when it is known what it is taken of.
    pub quality: Option<(Quality, Subject)>,
    /// What a photo of a letter shows.
    pub letter: Option<LetterPhoto>,
    /// Its prints, of a photo that shows any by its kind.
    pub prints: Option<LetterPrints>,
}

/// A file to be sealed.
#[derive(Debug, Clone, Copy)]
pub struct FileToKeep<'a> {
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its media type.
    pub mime: &'static str,
}

impl Kept {
    /// The file that the entry names.
    pub fn file(&self) -> FileToKeep<'_> {
        match self {
            Kept::Picture(taken) => {
                let KeptPicture { sha256, bytes, format, .. } = &taken.picture;
                FileToKeep { sha256: *sha256, bytes, mime: format.media_type() }
            }
            Kept::Signature(kept) => FileToKeep { sha256: kept.sha256, bytes: &kept.bytes, mime: MIME },
        }
    }

    /// The file as it was offered, when it is kept beside the other.
    pub fn original(&self) -> Option<FileToKeep<'_>> {
        let Kept::Picture(taken) = self else { return None };
        let original = &taken.picture.original;
        let file = |bytes| FileToKeep { sha256: original.sha256, bytes, mime: original.format.media_type() };
        taken.original.as_deref().map(file)
    }

    /// The SHA-256 of the file as it was offered.
    pub fn offered_sha256(&self) -> [u8; 32] {
        match self {
            Kept::Picture(taken) => taken.picture.original.sha256,
            Kept::Signature(kept) => kept.offered_sha256,
        }
    }

    /// The prints of a letter's photo.
    pub fn prints(&self) -> Option<&LetterPrints> {
        let Kept::Picture(taken) = self else { return None };
        taken.prints.as_ref()
    }

    /// What a question looks at.
    pub fn offered(&self) -> Offered {
        let sums = [self.file().sha256, self.offered_sha256()].map(|sha256| HEXLOWER.encode(&sha256));
        let shape = match self {
            Kept::Picture(_) => None,
            Kept::Signature(kept) => Some(kept.shape.clone()),
        };
        Offered { sums: sums.into(), shape }
    }

    /// A small JPEG of it.
    ///
    /// # Errors
    /// `picture_damaged` when it cannot be written.
    pub fn thumbnail(&self) -> Result<Vec<u8>, PictureError> {
        match self {
            Kept::Picture(taken) => Ok(taken.picture.thumbnail.clone()),
            Kept::Signature(kept) => thumbnail(&kept.signature),
        }
    }
}

impl Taken {
    /// What is told of it, under an id. Its prints are compared once it is kept.
    pub fn view(&self, id: &str) -> EvidenceView {
        let file = self.kept.file();
        let bare = EvidenceView {
            id: id.to_owned(),
            sha256: HEXLOWER.encode(&file.sha256),
            size: file.bytes.len() as u64,
            seen: self.seen.clone(),
            ..EvidenceView::default()
        };
        match &self.kept {
            Kept::Picture(taken) => {
                let KeptPicture { width, height, facts, .. } = &taken.picture;
                let told = |(quality, subject): &(Quality, Subject)| PhotoQuality {
                    verdict: quality.verdict.word().to_owned(),
                    advice: quality.verdict.advice(*subject),
                };
                EvidenceView {
                    width: *width,
                    height: *height,
                    taken_at: facts.taken_at.clone(),
                    zone_minutes: facts.zone_minutes,
                    place: facts.place.clone(),
                    camera: facts.camera.clone(),
                    original_kept: taken.original.is_some(),
                    quality: taken.quality.as_ref().map(told),
                    letter: taken.letter.clone(),
                    ..bare
                }
            }
            Kept::Signature(kept) => {
                let (width, height) = kept.signature.field();
                let signature = Some(kept.signature.facts());
                EvidenceView { width: width.round() as u32, height: height.round() as u32, signature, ..bare }
            }
        }
    }
}
