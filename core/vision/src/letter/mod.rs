//! The authorisation letter.
//!
//! [`layout`] says where marks, QR code and boxes stand on the sheet, in millimetres; who prints a
//! letter and who reads a picture of it both go by it. [`payload`] is what the QR code holds.

pub mod boxes_file;
pub mod layout;
mod page;
pub mod payload;
