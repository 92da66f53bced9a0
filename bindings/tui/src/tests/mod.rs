//! A person at the keys, without a terminal.

mod drafts;
mod fill_form;
mod frames;
pub mod hand;
mod packs;
mod visits;
