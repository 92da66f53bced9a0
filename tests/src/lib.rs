//! Whole-system tests and their tools.
//!
//! - [`cutting_proxy`]: a network that breaks at an exact byte
//! - [`decoders`]: every decoder, fed with hostile bytes
//! - [`endpoints`]: the server's endpoints called as functions
//! - [`photo`]: photos of a phone's camera, from a seed
//! - [`process`]: the real server, as a process
//!
//! What tests of a device alone need stands in `ruhu-harness`.

// Nothing here is shipped: a tool of a test that cannot go on stops the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod cutting_proxy;
pub mod decoders;
pub mod endpoints;
pub mod photo;
pub mod process;
