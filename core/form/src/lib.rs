//! Forms for home visits: an XLSForm workbook is read into a [`Form`], and a
//! [`Session`] fills it, one answer at a time.
//!
//! The crate does no I/O and has no clock and no randomness: a host passes the
//! time and a seed in an [`Environment`]. It runs on phones, on the server and
//! in a web page. No input makes it panic: a workbook, the bytes of a form,
//! a path and a value each give a typed error, in Chinese and English.
//!
//! ```
//! use ruhu_form::{Environment, Session, read_workbook};
//! # fn visit(workbook: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let reading = read_workbook(workbook)?;
//! let environment = Environment { now_ms: 1_795_305_600_000, utc_offset_minutes: 480, seed: 7 };
//! let mut session = Session::new(reading.form.into(), environment);
//! let changed = session.answer("members_real", "3")?;
//! assert!(changed.nodes.iter().any(|node| node.path == "/home_visit/facts/members_real"));
//! for missing in session.missing() {
//!     println!("{}: {}", missing.path, missing.reason.message().zh);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Forms
//! [`read_form`] reads a form of any format; [`read_workbook`] takes an XLSForm
//! (<https://xlsform.org>) as .xlsx, .xls or .csv with the sheets `survey`,
//! `choices`, `external_choices`, `entities` and `settings`, and finds all
//! faults at once, each with its sheet, row, column and what would mend it.
//! All types of XLSForm are read, in the spellings that pyxform takes and in
//! some more. The root of all paths is the setting `name`, else `data`; every
//! form ends with the group `meta`. Three columns are Ruhu's own:
//! `ruhu::save_to`, `ruhu::class` and `ruhu::merge`; see [`Question`].
//!
//! [`read_xform`] takes XForm XML, in which ODK's tools exchange forms.
//!
//! # Expressions
//! XPath 1.0 with the functions of the ODK XForms specification. `${name}`
//! means the question of that name, within the nearest repeat that both
//! share. What does not apply is blank for every expression. Where engines
//! disagree, these rules hold:
//! - A date is a calendar day; a number made of it counts days since
//!   1970-01-01, whatever summer time there was.
//! - Texts are counted and cut in Unicode characters.
//! - Numbers are written without exponents.
//! - Two texts compare as texts, and so do the answers of two questions unless
//!   both are of a number type: ID numbers never become numbers on their own.
//! - `random()` and `uuid()` depend on the seed and the node alone.
//!
//! # Working out
//! Every expression's references are known when a form is compiled. An answer
//! works out again only what depends on it, in an order found then; a form
//! without such an order has a cycle, which is a fault. Expressions are
//! limited in depth, work and length, so that no form can hang a phone.

mod attachments;
#[cfg(feature = "conformance")]
pub mod conformance;
mod fault;
mod form;
mod geojson;
mod labels;
mod migration;
mod question;
#[cfg(test)]
mod random_forms;
mod reading;
mod session;
mod workbook;
mod xform;
mod xlsform;

pub use attachments::{Attachment, media_folders};
pub use fault::{Fault, Severity, WorkbookFaults};
pub use form::{Form, FormError};
pub use labels::{Labels, label_in, language_code};
pub use migration::{
    Converted, DropReason, Dropped, HiddenAnswer, HiddenReason, Migration, MigrationError, MigrationReport,
    Moved, Recalculated, migrate,
};
pub use question::{Choice, Question, QuestionKind};
pub use reading::read_form;
pub use ruhu_xpath::Environment;
pub use session::{
    AnswerError, AnswerField, Carried, CarriedValue, Changed, JournalEntry, Missing, MissingReason,
    NodeChange, NodeState, Page, Request, Session, Wanted,
};
pub use xform::read_xform;
pub use xlsform::{Reading, read_workbook};
