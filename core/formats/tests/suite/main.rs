//! Files of forms as their authors, and those who mean harm, write them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attachments;
mod guides;
mod hostile;
mod own_instance;
mod reading;
// Some of it is for the tests of forms.
#[allow(dead_code)]
#[path = "../../../form/tests/suite/support.rs"]
mod support;
mod xform;
mod xform_hostile;
mod xform_round_trip;
mod xform_validate;
mod xls;
mod xlsform_conformance;
mod xlsform_damaged;
mod xlsform_faults;
mod xlsform_formats;
mod xlsform_types;
