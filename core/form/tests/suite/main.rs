//! Forms as their authors and the caseworkers who fill them meet them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod events;
mod home_visit;
mod migration;
mod packs;
mod packs_a;
mod packs_apply;
mod packs_b;
mod repeats;
mod shared_lists;
mod support;
mod values;
