//! Pictures in files that people name.

use std::fs;
use std::path::Path;

use ruhu_text::Explain;
use ruhu_vision::picture::{Picture, PictureError, decode};

use crate::failure::Failure;

/// Why a picture was not looked at.
pub enum Unreadable {
    /// The file.
    File(Failure),
    /// What is in it.
    Picture(PictureError),
}

impl Unreadable {
    /// In words.
    pub fn explained(&self) -> &dyn Explain {
        match self {
            Unreadable::File(failure) => failure,
            Unreadable::Picture(error) => error,
        }
    }
}

/// The picture in a file.
pub fn read(file: &Path) -> Result<Picture, Unreadable> {
    let bytes = fs::read(file).map_err(|error| Unreadable::File(Failure::Read(error.kind())))?;
    decode(&bytes).map_err(Unreadable::Picture)
}
