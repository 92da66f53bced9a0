//! What is kept of a picture: looked at within limits, upright, no larger than is needed, without what
//! a camera hides in it, and known by hashes.

use sha2::{Digest, Sha256};

use super::decode::{Format, MIN_SIDE, Unturned, decode_unturned, upright};
use super::error::PictureError;
use super::jpeg::Markers;
use super::likeness::PhotoHash;
use super::photo_facts::{PhotoFacts, photo_facts};
use super::pixels::Picture;

/// Pixels of the longer side that are kept when a form does not say otherwise.
pub const KEPT_SIDE: u32 = 2048;
/// Pixels of a thumbnail's longer side.
pub const THUMBNAIL_SIDE: u32 = 256;
/// The bounds of what a form may ask for, in pixels.
pub const SIDES: std::ops::RangeInclusive<u32> = 64..=8192;
/// How finely a JPEG is kept, 1 to 100.
pub const QUALITY: u8 = 82;
/// And a thumbnail.
pub const THUMBNAIL_QUALITY: u8 = 75;

/// How pictures are taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Pixels of the longer side at most; beyond [`SIDES`] the nearest of them counts.
    pub longest: u32,
    /// Whether the place that a photo names is taken over.
    pub place: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { longest: KEPT_SIDE, place: true }
    }
}

/// A picture as it is kept, with what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptPicture {
    /// The file to keep: pixels and tables, no metadata.
    pub bytes: Vec<u8>,
    /// [`Format::Jpeg`], or [`Format::Png`] where that is smaller.
    pub format: Format,
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// A JPEG whose longer side is at most [`THUMBNAIL_SIDE`].
    pub thumbnail: Vec<u8>,
    /// What it looks like, to find it again.
    pub likeness: PhotoHash,
    /// The SHA-256 of `bytes`.
    pub sha256: [u8; 32],
    /// What was offered.
    pub original: Original,
    /// What the photo said of itself; its orientation has been applied.
    pub facts: PhotoFacts,
    /// The pixels of `bytes`, before they were stored: to be looked at without decoding again.
    pub picture: Picture,
}

/// A file as it was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// Of the whole file.
    pub sha256: [u8; 32],
    /// Bytes.
    pub size: u64,
    /// What it was.
    pub format: Format,
    /// Pixels a row, before it was turned.
    pub width: u32,
    /// Rows, before it was turned.
    pub height: u32,
}

/// Takes a picture in. A JPEG comes out: the same bytes, when these hold the picture and nothing else and
/// are stored no finer than would be done anew, for each storing loses a little; of a PNG (a screenshot, a scanned paper) a PNG where that is
/// smaller. Colours are taken as sRGB: a profile in the file is dropped, not applied.
///
/// # Errors
/// As [`decode`](super::decode): nothing is kept of a picture that is not whole.
pub fn intake(bytes: &[u8], policy: &Policy) -> Result<KeptPicture, PictureError> {
    let Unturned { picture, orientation, format, bare } = decode_unturned(bytes)?;
    let original = Original {
        sha256: Sha256::digest(bytes).into(),
        size: bytes.len() as u64,
        format,
        width: picture.width() as u32,
        height: picture.height() as u32,
    };
    let longest = policy.longest.clamp(*SIDES.start(), *SIDES.end()) as usize;
    let picture = upright(picture.shrunk(longest), orientation)?;
    if picture.width().min(picture.height()) < MIN_SIDE as usize {
        // A strip so thin that what is kept of it could not be read again.
        return Err(PictureError::TooSmall);
    }
    let facts = photo_facts(bytes);
    let small = picture.thumbnail(THUMBNAIL_SIDE as usize);
    let fits = bare && (picture.width() as u32, picture.height() as u32) == (original.width, original.height);
    let (bytes, kept_as) = stored(&picture, format, fits.then_some(bytes))?;
    Ok(KeptPicture {
        sha256: Sha256::digest(&bytes).into(),
        bytes,
        format: kept_as,
        width: picture.width() as u32,
        height: picture.height() as u32,
        thumbnail: small.to_jpeg(THUMBNAIL_QUALITY)?,
        likeness: PhotoHash::of(&small),
        original,
        facts: if policy.place { facts } else { facts.without_place() },
        picture,
    })
}

/// `as_it_came`: the file, when it may be kept.
fn stored(
    picture: &Picture,
    offered: Format,
    as_it_came: Option<&[u8]>,
) -> Result<(Vec<u8>, Format), PictureError> {
    let lossy = picture.to_jpeg(QUALITY)?;
    if let Some(came) = as_it_came
        && Markers::of(came)?.steps >= Markers::of(&lossy)?.steps
    {
        return Ok((came.to_vec(), Format::Jpeg));
    }
    if offered == Format::Png {
        let lossless = picture.to_png()?;
        if lossless.len() < lossy.len() {
            return Ok((lossless, Format::Png));
        }
    }
    Ok((lossy, Format::Jpeg))
}
