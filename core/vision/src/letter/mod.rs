//! The authorisation letter.
//!
//! [`layout`] says where marks, QR code and boxes stand on the sheet, in millimetres; who prints a
//! letter and who reads a picture of it both go by it. [`payload`] is what the QR code holds.

pub mod boxed_prints;
pub mod boxes_file;
pub mod check;
pub mod copies;
pub mod fitness;
pub mod impression;
pub mod layout;
pub mod marks;
pub mod page;
pub mod paper;
pub mod payload;
pub mod prints;
pub mod qr;
pub mod reuse;
pub mod search;
pub mod sheet;
pub mod told;
pub mod verdict;

#[cfg(test)]
mod spots_tests;
