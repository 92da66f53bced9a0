//! What is told of evidence that was attached.

use ruhu_form::Changed;
use ruhu_letter::signature::SignatureFacts;
use ruhu_letter::{LetterPhoto, PrintReuse};
use ruhu_text::Bilingual;
use serde::Serialize;

use crate::seen::Seen;

/// A picture, or a signature, that was attached to a household.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EvidenceView {
    /// The evidence's id in the document.
    pub id: String,
    /// SHA-256 of what is kept, hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its pixels a row; of a signature the width of what was drawn on.
    pub width: u32,
    /// Its rows; of a signature the height.
    pub height: u32,
    /// When the photo says it was taken, local time `YYYY-MM-DD HH:MM:SS`, if it says.
    pub taken_at: Option<String>,
    /// The zone of that time in minutes east of UTC, if the photo says.
    pub zone_minutes: Option<i32>,
    /// Where the photo says it was taken: `latitude longitude` in degrees, if it says and the setting allows.
    pub place: Option<String>,
    /// The camera, as it names itself.
    pub camera: Option<String>,
    /// Whether the file as it was offered is kept too.
    pub original_kept: bool,
    /// Whether it shows what it should; nothing for kinds of which it is not known what they show.
    pub quality: Option<PhotoQuality>,
    /// Where such a picture, or such strokes, stand already, other households first, five at most: a warning.
    pub seen: Vec<Seen>,
    /// What a photo of kind `letter` shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<LetterPhoto>,
    /// Whether the prints on a letter's photo stand on others already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reuse: Option<PrintReuse>,
    /// Of a signature drawn on the screen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureFacts>,
}

/// Whether a photo shows what it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhotoQuality {
    /// `good`, `blurred`, `dark`, `over_exposed`, `glare`, `cut_off` or `unsure`.
    pub verdict: String,
    /// What to do; nothing when it is good.
    pub advice: Option<Bilingual>,
}

/// A question for a picture that was answered with one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PictureAnswered {
    /// What changed in the visit.
    pub changed: Changed,
    /// The evidence whose id the answer is.
    pub evidence: EvidenceView,
}
