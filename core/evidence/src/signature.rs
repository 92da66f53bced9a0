//! A signature drawn on the screen as evidence: its strokes are the file that is kept.

use ruhu_case::{Evidence, Household, Value};
use ruhu_letter::signature::{MIME, Shape, Signature, SignatureError};
use ruhu_vision::picture::PictureError;
use ruhu_vision::picture::intake::{THUMBNAIL_QUALITY, THUMBNAIL_SIDE};
use sha2::{Digest, Sha256};

use crate::answer_error::PictureAnswerError;
use crate::kind::SIGNATURE;

/// A signature as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptSignature {
    /// The signature.
    pub signature: Signature,
    /// The file to keep: the strokes and nothing else that the file held.
    pub bytes: Vec<u8>,
    /// The SHA-256 of `bytes`.
    pub sha256: [u8; 32],
    /// The SHA-256 of the file as it was offered.
    pub offered_sha256: [u8; 32],
    /// What it looks like, to find it again.
    pub shape: Shape,
}

impl KeptSignature {
    /// Whether a file that is offered for a signature holds strokes: JSON does not begin as a picture does.
    pub fn is_offered(bytes: &[u8]) -> bool {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
    }

    /// Takes strokes in.
    ///
    /// # Errors
    /// Those of [`Signature::from_json`]: nothing is kept of what is no signature.
    pub fn of(bytes: &[u8]) -> Result<KeptSignature, SignatureError> {
        let signature = Signature::from_json(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?;
        let kept = signature.to_json().into_bytes();
        Ok(KeptSignature {
            shape: Shape::of(&signature),
            sha256: Sha256::digest(&kept).into(),
            offered_sha256: Sha256::digest(bytes).into(),
            bytes: kept,
            signature,
        })
    }
}

/// A small picture of strokes: a JPEG of [`THUMBNAIL_SIDE`] pixels along the longer side.
///
/// # Errors
/// `picture_damaged` when it cannot be written.
pub fn thumbnail(signature: &Signature) -> Result<Vec<u8>, PictureError> {
    let picture = signature.picture(THUMBNAIL_SIDE).ok_or(PictureError::Damaged)?;
    picture.to_jpeg(THUMBNAIL_QUALITY)
}

/// Whether an entry names strokes.
pub(crate) fn is_signature(entry: &Evidence) -> bool {
    entry.fields.get("mime").and_then(Value::as_text) == Some(MIME)
}

/// What the strokes of an entry look like, if it names strokes.
pub(crate) fn shape_of(entry: &Evidence) -> Option<Shape> {
    Shape::from_text(entry.fields.get("likeness")?.as_text()?)
}

/// Looks whether a household has the same strokes already. Those that answer a question (the name, and `true`)
/// may have answered it before, in another visit, or have been attached as `signature`, for nobody. Those that
/// are attached stand nowhere yet.
///
/// # Errors
/// `signature_used`, with what it stands for.
pub fn check_signature(
    household: &Household,
    (kind, answers): (&str, bool),
    shape: &Shape,
) -> Result<(), PictureAnswerError> {
    let of_another = |entry: &&Evidence| {
        let first = entry.kind.as_deref().unwrap_or_default();
        !answers || first != kind && first != SIGNATURE
    };
    let used = household.evidence.iter().filter(of_another);
    match used.into_iter().find(|entry| shape_of(entry).is_some_and(|other| other.is_same(shape))) {
        None => Ok(()),
        Some(entry) => Err(PictureAnswerError::SignatureUsed {
            kind: kind.to_owned(),
            first: entry.kind.clone().unwrap_or_default(),
        }),
    }
}
