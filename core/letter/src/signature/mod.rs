//! Signatures drawn on the screen: their strokes, what these look like, and a picture of them.

mod drawing;
mod shape;
mod strokes;

pub use shape::{Shape, check_differs};
pub use strokes::{MAX_BYTES, MAX_POINTS, MIME, Point, Signature, SignatureError, SignatureFacts};
