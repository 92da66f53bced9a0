//! The real command, in processes of its own, against a real server on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod commands;
mod refusals;
mod support;
mod workbook;
