//! What other engines recorded, and what is ours to expect.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// Most of it is for the tests of forms.
#[allow(dead_code)]
#[path = "../../../../core/form/tests/suite/support.rs"]
mod support;
mod traces;
mod xpath_vectors;
