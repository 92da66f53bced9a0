//! Pictures as evidence. Pixels go in, facts come out: nothing here reads a file, asks for the time
//! or knows who is asking.
//!
//! [`letter`] is the authorisation letter: where on the sheet things stand, and what its QR code holds.

#![warn(missing_docs)]

pub mod letter;
