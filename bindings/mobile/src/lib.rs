//! `ruhu-device` for Kotlin and Swift.
//!
//! No rule of Ruhu lives here: [`RuhuDevice`] delegates each call to [`ruhu_device::Device`] in one
//! line. What it hands out crosses as it is where its shape allows (`uniffi::remote`: the fields are told
//! to uniffi here, a difference does not compile, and the core knows nothing of uniffi); views that hold
//! maps of values are laid out flat. [`RuhuError`] is the device's error with one variant for each thing
//! a screen does differently.
//!
//! Calls block for as long as the disk takes and belong on a background thread
//! (`Dispatchers.IO`, a Swift actor of its own). Only [`RuhuDevice::enroll`] and
//! [`RuhuDevice::sync`] wait for the network; both are asynchronous, and cancelling one loses
//! nothing: the next run goes on where it stopped.

mod case;
mod conflict;
mod device;
mod error;
mod field;
mod form;
mod migration;
mod observer;
mod refusal;
mod status;
mod visit;

pub use case::{CaseEvent, CaseRecord, CaseView, Evidence, Person};
pub use device::RuhuDevice;
pub use error::RuhuError;
pub use field::Field;
pub use form::FormVersion;
pub use migration::{drop_reason_text, hidden_reason_text};
pub use observer::{ObserverError, SyncObserver};
pub use refusal::{AnswerRule, IdNumberRule};
pub use visit::ChoiceView;

/// Converts each item of a list.
fn list<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(B::from).collect()
}

uniffi::setup_scaffolding!();
