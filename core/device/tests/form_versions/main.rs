//! A visit is open when the county publishes a new version of its form.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod moves;
mod refusals;
mod saved;
mod stored;
