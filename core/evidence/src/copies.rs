//! Copies of a kept photo, made when somebody wants one: straightened, stamped. What is kept is not touched.

use ruhu_case::Evidence;
use ruhu_letter::{FontSet, LetterError};
use ruhu_text::{Explain, Explanation, Lang};
use ruhu_vision::picture::intake::QUALITY;
use ruhu_vision::picture::{PictureError, decode};
use ruhu_vision::quality::{Kind as Subject, NoDocument, straightened};

use crate::kind::subject_of;
use crate::stamp::stamped;

/// How a copy differs from what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CopyWishes {
    /// Whether the document in it is cut out and made straight.
    pub straightened: bool,
    /// Whether a band below it says when and where it was taken and whose it is, and in which language.
    pub stamped: Option<Lang>,
}

/// Why no copy is made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CopyError {
    /// The file is no picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// There is no document in it.
    #[error(transparent)]
    Document(#[from] NoDocument),
    /// The words of the band cannot be set.
    #[error(transparent)]
    Words(#[from] LetterError),
}

impl Explain for CopyError {
    fn code(&self) -> &'static str {
        match self {
            CopyError::Picture(error) => error.code(),
            CopyError::Document(error) => error.code(),
            CopyError::Words(error) => error.code(),
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            CopyError::Picture(error) => error.explain(),
            CopyError::Document(error) => error.explain(),
            CopyError::Words(error) => error.explain(),
        }
    }
}

/// Makes a copy of a kept photo, a JPEG. `named`: the household that names it, and the entry in it. One whose kind is
/// a room's is never made straight.
///
/// # Errors
/// `picture_…` when the file is no picture, `document_not_found` and `document_cut_off` when none can be made
/// straight, `letter_no_font` and `letter_no_glyph` when the words cannot be set.
pub fn copy(
    photo: &[u8],
    named: (&str, &Evidence),
    wishes: CopyWishes,
    fonts: &FontSet,
) -> Result<Vec<u8>, CopyError> {
    let mut picture = decode(photo)?;
    if wishes.straightened {
        // A window and a cupboard have edges as clear as a paper's: what a photo shows its kind says.
        let kind = named.1.kind.as_deref().unwrap_or_default();
        if subject_of(kind) == Some(Subject::Room) {
            return Err(NoDocument::NotFound.into());
        }
        picture = straightened(&picture)?;
    }
    if let Some(lang) = wishes.stamped {
        picture = stamped(&picture, named, lang, fonts)?;
    }
    Ok(picture.to_jpeg(QUALITY)?)
}
