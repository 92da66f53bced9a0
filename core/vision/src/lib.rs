//! Pictures as evidence. Pixels go in, facts come out: nothing here reads a file, asks for the time
//! or knows who is asking.
//!
//! [`picture`] reads a file within limits and says what is kept of it; [`quality`] whether a photo is good
//! enough. [`letter`] is the authorisation letter: where on the sheet
//! things stand, what its QR code holds, and what a picture of it shows. Beneath it: [`geometry`] of a
//! sheet seen at an angle, [`straight`] parts of it, [`ink`] on them, pieces of ink ([`blobs`]) and what
//! they are like ([`mod@print`], [`ridges`]). What takes long is done on all cores ([`cores`]).

#![warn(missing_docs)]

pub mod blobs;
pub mod cores;
pub mod drawn;
pub mod geometry;
pub mod ink;
pub mod letter;
mod outline;
pub mod picture;
pub mod print;
pub mod quality;
pub mod ridges;
pub mod rim;
pub mod straight;
pub mod texture;
