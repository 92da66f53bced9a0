//! The authorisation letter on paper.
//!
//! A [`Template`] is a text that staff edit; with the [`Contents`] of a household it becomes a
//! [`Letter`], which never changes again: [`Letter::hash`] says so, and stands in the QR code of every
//! sheet. [`pdf`] sets it with the fonts of a [`FontSet`]. Where things stand on the sheet is
//! [`ruhu_sheet::layout`]'s to say, so that whoever reads a photo of it finds them.
//!
//! Who authorised what, and whether that is live on a day, is [`Coverage`]'s to say; it is read off the
//! records of a household. A [`signature`] drawn on the screen is strokes with times. [`print_photos`] says on
//! which photos prints are compared, [`PrintReuse`] where the same one stands.
//!
//! Nothing here reads a file, asks for the time or draws a random number.

#![warn(missing_docs)]

mod answers;
mod authorization;
mod contents;
mod coverage;
mod error;
mod events;
mod fields;
mod fonts;
mod grantors;
mod letter;
mod lettering;
mod members;
pub mod pdf;
mod person;
mod photo;
mod print_photo;
mod print_reuse;
mod printed;
mod request;
pub mod signature;
mod signed;
mod standing;
mod template;
mod template_fault;
mod typesetting;

pub use authorization::{RecordFacts, WITHDRAWAL, Wishes, contents, grantors_meant_by};
pub use contents::{Contents, Grantor, Role, Ward};
pub use coverage::{Cover, Coverage, Lack, PersonCoverage};
pub use error::LetterError;
pub use events::{ExportedRequest, PrintedLetter, withdrawal_writes};
pub use fonts::FontSet;
pub use grantors::FORM;
pub use letter::Letter;
pub use lettering::Lettering;
pub use person::Person;
pub use photo::{FIELD as LETTER_CHECK, GrantorPhoto, LetterPhoto};
pub use print_photo::{PrintPhoto, print_photos, shows_prints};
pub use print_reuse::{
    BoxOfPaper, FIELD as PRINT_REUSE, HeldReuse, NotCompared, Packed, PrintPair, PrintPlace, PrintReuse,
    ReusedPrint, Uncompared, is_one_box, owes_comparison, paper,
};
pub use printed::OfHousehold;
pub use request::{CheckRequest, Refusal, RequestError};
pub use signed::{DrawnSignature, signed_by};
pub use standing::{Standing, grantor_names};
pub use template::{NATIONAL, Template, WordList};
pub use template_fault::{TemplateFault, TemplateFaults};
