//! `ruhu-device` for Kotlin and Swift.
//!
//! No rule of Ruhu lives here: [`RuhuDevice`] delegates each call to [`ruhu_device::Device`] in one
//! line. What it hands out crosses as it is (`uniffi::remote`: the fields are told to uniffi here, a
//! difference does not compile, and the core knows nothing of uniffi). Four types cross in another shape,
//! each by one `uniffi::custom_type`: a form's labels as a text in both languages, parameters as a map,
//! choices without what only filters read ([`ChoiceView`]), fields as a list with whole paths ([`Field`]).
//!
//! Errors alone have types of their own. [`RuhuError`] has one variant for each thing a screen does
//! differently, with code and words in both languages on each: uniffi hands over the fields of an error and
//! not what it says. [`IdNumberRule`] leaves behind the number that an old one became: it must not
//! reach a crash report by way of an exception. [`AnswerRule`] has path and suggestion beside it, in one place
//! whatever the rule.
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
mod letter;
mod migration;
mod observer;
mod pending;
mod print_reuse;
mod refusal;
mod status;
mod visit;

pub use device::RuhuDevice;
pub use error::RuhuError;
pub use field::Field;
pub use letter::{national_letter, signature_check, signatures_differ};
pub use migration::{drop_reason_text, hidden_reason_text};
pub use observer::{ObserverError, ReuseObserver, SyncObserver};
pub use pending::sync_extent;
pub use refusal::{AnswerRule, IdNumberRule};
pub use visit::ChoiceView;

uniffi::setup_scaffolding!();
