//! Whether a photo shows what it is taken for: sharpness, light, reflections, and of a document whether
//! all of it is there. Facts first; a verdict is a rule over them, and where the facts lie between two
//! rules it is `unsure`.

mod document;
mod exposure;
mod facts;
mod glare;
mod sharpness;
mod straighten;
pub mod told;
mod verdict;

use serde::Serialize;

pub use document::{Document, Side};
pub use exposure::{BURNT, Exposure};
pub use facts::{Facts, Kind};
pub use sharpness::{Sharpness, sharpness};
pub use straighten::{NoDocument, document_corners, straightened};
pub use verdict::Verdict;

use crate::picture::Picture;

/// Pixels along the longer side at which sharpness is measured: what is kept of a photo.
const LONGEST: usize = 2048;

/// What is said of a photo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// In a word.
    pub verdict: Verdict,
    /// Why.
    pub facts: Facts,
}

/// Looks at a photo.
pub fn assess(picture: &Picture, kind: Kind) -> Quality {
    let facts = measured(picture, kind);
    Quality { verdict: verdict::of(&facts, kind), facts }
}

fn measured(picture: &Picture, kind: Kind) -> Facts {
    let (grey, _) = picture.grey(LONGEST);
    let small = exposure::Small::of(picture, document::LONGEST);
    let sharpness = sharpness(&grey);
    match kind {
        Kind::Room => {
            Facts { sharpness, exposure: exposure::exposure(&small, None), glare: 0.0, document: None }
        }
        Kind::Document => {
            let document = document::find(picture, &small);
            let inside = document.covers(&small.grey, small.step);
            let of_document = document.edges_seen.then_some(inside.as_slice());
            Facts {
                sharpness,
                exposure: exposure::exposure(&small, of_document),
                glare: glare::glare(&small, &inside),
                document: Some(document),
            }
        }
    }
}
