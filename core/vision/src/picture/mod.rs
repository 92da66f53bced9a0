//! Pictures: read from JPEG, PNG or WebP within limits, upright; what is kept of them ([`intake`]), what
//! they say of themselves, and whether two are one.

mod decode;
mod encode;
mod error;
pub mod intake;
mod jpeg;
mod likeness;
mod photo_facts;
mod pieces;
mod pixels;
mod plane;
mod size;

pub use decode::{Format, MAX_BYTES, MAX_MEMORY, MAX_PIXELS, MIN_SIDE, decode};
pub use error::PictureError;
pub use likeness::{NotAHash, PhotoHash, SAME, Sought};
pub use photo_facts::{HEAD_BYTES, PhotoFacts, photo_facts};
pub(crate) use pieces::pieces;
pub use pixels::Picture;
pub use plane::Plane;
pub(crate) use plane::quantile;
