//! The authorisation letter.
//!
//! What a photo of one shows: `ruhu_sheet` says where its marks, QR code and boxes stand.

pub mod boxed_prints;
pub mod check;
pub mod copies;
pub mod fitness;
pub mod impression;
pub mod marks;
pub mod paper;
pub mod prints;
pub mod qr;
pub mod reuse;
pub mod search;
pub mod sheet;
pub mod told;
pub mod verdict;
pub mod weights;
pub mod without_ridges;

#[cfg(test)]
mod spots_tests;
