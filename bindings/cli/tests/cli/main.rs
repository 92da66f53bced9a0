//! The real command, in processes of its own, against a real server on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod commands;
#[cfg(unix)]
mod fill;
#[cfg(unix)]
#[path = "../../../tui/src/tests/fill_form.rs"]
mod fill_form;
mod letters;
mod migrations;
mod pictures;
mod refusals;
mod support;
mod workbook;
