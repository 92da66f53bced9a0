//! Generates the foreign sources of ruhu-mobile
