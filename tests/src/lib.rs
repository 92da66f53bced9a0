//! Whole-system tests and their tools.
//!
//! - [`county`]: a form in three versions, and a visit that was begun with the first
//! - [`cutting_proxy`]: a network that breaks at an exact byte
//! - [`decoders`]: every decoder, fed with hostile bytes
//! - [`photo`]: photos of a phone's camera, from a seed
//! - [`process`]: the real server, as a process
//! - [`world`]: a hub and devices in one process, on real folders, with a network that fails

// Nothing here is shipped: a tool of a test that cannot go on stops the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod county;
pub mod cutting_proxy;
pub mod decoders;
pub mod photo;
pub mod process;
pub mod world;
