//! The authorisation letter on paper.
//!
//! A [`Template`] is a text that staff edit; with the [`Contents`] of a household it becomes a
//! [`Letter`], which never changes again: [`Letter::hash`] says so, and stands in the QR code of every
//! sheet. [`pdf`] sets it with the fonts of a [`FontSet`]. Where things stand on the sheet is
//! [`ruhu_vision::letter::layout`]'s to say, so that whoever reads a photo of it finds them.
//!
//! Nothing here reads a file, asks for the time or draws a random number.

#![warn(missing_docs)]

mod contents;
mod error;
mod fields;
mod fonts;
mod letter;
pub mod pdf;
mod template;
mod template_fault;
mod typesetting;

pub use contents::{Contents, Grantor, Role, Ward};
pub use error::LetterError;
pub use fonts::FontSet;
pub use letter::Letter;
pub use template::{Template, WordList};
pub use template_fault::{TemplateFault, TemplateFaults};
