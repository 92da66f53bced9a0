//! Evidence of a household: the words for what it shows ([`kind_of`]), and what a question for a picture
//! takes ([`check_answer`], [`check_unused`], [`missing`]), the entry that names a file ([`Offered`]), and
//! where photos are ([`FilesStatus`]). Pure: entries come in as the document has them.

mod answer;
mod kind;
mod offered;
mod photo_places;

pub use answer::{
    PictureAnswer, PictureAnswerError, check_answer, check_unused, faults, given, missing, picture_of,
};
pub use kind::{KINDS, UnknownKind, kind_of};
pub use offered::Offered;
pub use photo_places::{FilesStatus, PhotoCount, PhotoPlace, PhotoStatus};
