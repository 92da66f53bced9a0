//! What tests of a device need: a world in one process.
//!
//! - [`attacker`]: somebody who means harm
//! - [`clock`]: clocks that move when told
//! - [`county`]: a form in three versions, and a visit that was begun with the first
//! - [`history`]: random histories of a world
//! - [`link`]: a network that fails, and what answers behind it
//! - [`pictures`]: photos, drawn from a seed
//! - [`world`]: a hub and devices in one process, on real folders
//!
//! A development dependency: it links the rules of the server, and none of its HTTP, TLS and commands.

// Nothing here is shipped: a tool of a test that cannot go on stops the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

pub mod attacker;
pub mod clock;
pub mod county;
pub mod history;
pub mod link;
pub mod pictures;
mod rot;
pub mod world;
