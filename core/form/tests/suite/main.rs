//! Forms as their authors and the caseworkers who fill them meet them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attachments;
mod events;
mod guides;
mod home_visit;
mod hostile;
mod migration;
mod own_instance;
mod packs;
mod packs_a;
mod packs_apply;
mod packs_b;
mod reading;
mod repeats;
mod support;
mod traces;
mod values;
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
mod xpath_vectors;
