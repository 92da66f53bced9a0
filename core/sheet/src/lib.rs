//! The sheet of an authorisation letter, before anything is printed on it or seen of it.
//!
//! [`layout`] says where marks, QR code and boxes stand, in millimetres; who prints a letter and who reads a
//! picture of it both go by it. [`payload`] is what the QR code holds, [`boxes_file`] the file in which the boxes of
//! any letter are told.

pub mod boxes_file;
pub mod layout;
pub mod page;
pub mod payload;
