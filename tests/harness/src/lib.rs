//! What tests of a device need: a world in one process.
//!
//! - [`county`]: a form in three versions, and a visit that was begun with the first
//! - [`world`]: a hub and devices in one process, on real folders, with a network that fails
//!
//! A development dependency: it links the rules of the server, and none of its HTTP, TLS and commands.

// Nothing here is shipped: a tool of a test that cannot go on stops the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod county;
pub mod world;
