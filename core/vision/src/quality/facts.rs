//! What was measured.

use serde::Serialize;

use super::document::Document;
use super::exposure::Exposure;
use super::sharpness::Sharpness;

/// What a photo is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A paper, a card, a page of a booklet.
    Document,
    /// A room, a house, a yard.
    Room,
}

/// What was measured on a photo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// How sharp it is.
    pub sharpness: Sharpness,
    /// How light it is; of a document whose edges were seen, the document.
    pub exposure: Exposure,
    /// The share of the document that reflections hide, 0 to 1; 0 for rooms, which have lamps.
    pub glare: f32,
    /// The document; none for rooms.
    pub document: Option<Document>,
}
