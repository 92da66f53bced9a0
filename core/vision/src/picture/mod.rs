//! A picture in memory: read from JPEG, PNG or WebP within limits, upright.

mod decode;
mod photo_facts;
mod pieces;
mod pixels;
mod plane;

pub use decode::{MAX_BYTES, MAX_PIXELS, MIN_SIDE, PictureError, decode};
pub use photo_facts::{HEAD_BYTES, PhotoFacts, photo_facts};
pub(crate) use pieces::pieces;
pub use pixels::Picture;
pub use plane::Plane;
pub(crate) use plane::quantile;
