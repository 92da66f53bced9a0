//! A person at the keys, without a terminal.

mod drafts;
#[path = "../../../tests/cli/fill_form.rs"]
mod fill_form;
mod frames;
pub mod hand;
mod packs;
mod visits;
