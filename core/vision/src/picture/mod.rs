//! A picture in memory: read from JPEG, PNG or WebP within limits, upright.

mod decode;
mod pieces;
mod pixels;
mod plane;

pub use decode::{MAX_BYTES, MAX_PIXELS, MIN_SIDE, PictureError, decode};
pub(crate) use pieces::pieces;
pub use pixels::Picture;
pub use plane::Plane;
pub(crate) use plane::quantile;
