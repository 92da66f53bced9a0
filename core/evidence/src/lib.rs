//! Evidence of a household: the words for what it shows ([`kind_of`]), what a question for a picture takes
//! ([`check_answer`], [`check_unused`], [`missing`]), a picture or a signature that was read ([`Taken`]), the
//! entry that names it ([`NewEvidence`]), which were there before ([`Seen`], [`check_signature`]), where
//! photos are ([`FilesStatus`]), and copies that are made of one ([`copy()`]). Pure: pictures come in as they were read, entries as the document has them.

mod answer;
mod answer_error;
mod copies;
mod entry;
mod kind;
mod photo_places;
mod seen;
mod settings;
mod signature;
mod stamp;
mod taken;
mod view;

pub use answer::{
    Offered, PictureAnswer, asks_for_signature, check_answer, check_unused, faults, given, missing,
    picture_of,
};
pub use answer_error::PictureAnswerError;
pub use copies::{CopyError, CopyWishes, copy};
pub use entry::{NewEvidence, original_of};
pub use kind::{KINDS, SIGNATURES, UnknownKind, kind_of, subject_of};
pub use photo_places::{FilesStatus, PhotoCount, PhotoPlace, PhotoStatus};
pub use seen::{Seen, drawn_before, is_likeness, seen_before};
pub use settings::PictureSettings;
pub use signature::{KeptSignature, check_signature, thumbnail};
pub use taken::{FileToKeep, Kept, Taken, TakenPicture};
pub use view::{EvidenceView, PhotoQuality, PictureAnswered};
