//! Letters with inked prints, drawn from a seed and photographed, each with its truth.
//!
//! A [`finger::Finger`] is a field of ridges; [`impression`] presses it; [`sheet::Sheet`] is the paper
//! with what is printed, written and pressed on it; [`camera`] takes the picture. [`letters`] draws
//! whole letters at random, [`copies`] impressions and copies of them. A second hand draws all of
//! it in another way ([`waves`], [`deposit`], [`rubber`]): a rule that suits one hand only is found out.
//! [`tables`] and [`rooms`] are photos of papers and of rooms with and without a fault, taken by a
//! [`sensor`]. All lengths on paper are
//! millimetres, rasters have [`PER_MM`] points a millimetre. The people are nobody.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod bent;
pub mod camera;
pub mod copies;
pub mod deposit;
pub mod drawing;
pub mod finger;
pub mod impression;
pub mod ink;
pub mod letters;
pub mod noise;
pub mod papers;
pub mod parallel;
pub mod pressed;
pub mod quality_table;
pub mod regression;
pub mod reuse_table;
pub mod rooms;
pub mod rubber;
pub mod sensor;
pub mod sheet;
pub mod stamp;
pub mod straight_table;
pub mod table;
pub mod tables;
pub mod waves;

/// Points of a raster a millimetre.
pub const PER_MM: f32 = 12.0;
