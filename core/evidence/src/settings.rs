//! What an office decides about the pictures of a phone.

use serde::{Deserialize, Serialize};

/// How pictures are kept that are attached from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureSettings {
    /// Whether the place that a photo names is taken over into its evidence.
    pub place: bool,
    /// Whether the file as it was offered is kept and sent too, as a file of its own, beside the picture that
    /// is made of it.
    pub originals: bool,
}

impl Default for PictureSettings {
    fn default() -> Self {
        PictureSettings { place: true, originals: false }
    }
}
