//! Evidence of a household: the words for what it shows ([`kind_of`]), what a question for a picture takes
//! ([`check_answer`], [`check_unused`], [`missing`]), the entry that names a picture ([`NewEvidence`]), which
//! pictures were there before ([`Seen`]), and where photos are ([`FilesStatus`]). Pure: pictures come in as
//! they were read, entries as the document has them.

mod answer;
mod entry;
mod kind;
mod photo_places;
mod seen;
mod settings;

pub use answer::{
    PictureAnswer, PictureAnswerError, check_answer, check_unused, faults, given, missing, picture_of,
};
pub use entry::{NewEvidence, original_of};
pub use kind::{KINDS, UnknownKind, kind_of, subject_of};
pub use photo_places::{FilesStatus, PhotoCount, PhotoPlace, PhotoStatus};
pub use seen::{Seen, seen_before};
pub use settings::PictureSettings;
