//! Forms for home visits: a [`Form`] says what is asked, and a [`Session`] fills
//! it, one answer at a time.
//!
//! The crate does no I/O and has no clock and no randomness: a host passes the
//! time and a seed in an [`Environment`]. It runs on phones, on the server and
//! in a web page. No input makes it panic: the bytes of a form, a path and a
//! value each give a typed error, in Chinese and English.
//!
//! ```
//! use ruhu_form::definition::{Definition, Row, Source};
//! use ruhu_form::{Environment, Form, QuestionKind, Session};
//!
//! let question = |name: &str, kind| Row { name: name.into(), kind, ..Row::default() };
//! let only_with_children = Source { text: "${children} > 0".into(), column: "relevant".into() };
//! let definition = Definition {
//!     id: "visit".into(),
//!     root: "visit".into(),
//!     languages: vec!["中文 (zh)".into()],
//!     rows: vec![
//!         question("children", QuestionKind::Integer),
//!         Row { relevant: Some(only_with_children), ..question("school", QuestionKind::Text) },
//!     ],
//!     ..Definition::default()
//! };
//! let parsed = Form::compile(definition)?;
//! assert_eq!(parsed.warnings, []);
//!
//! // A phone is given the form as bytes.
//! let form = Form::from_bytes(&parsed.form.to_bytes())?;
//! let environment = Environment { now_ms: 1_795_305_600_000, utc_offset_minutes: 480, seed: 7 };
//! let mut session = Session::new(form.into(), environment);
//! let changed = session.answer("children", "2")?;
//! assert!(changed.nodes.iter().any(|node| node.path == "/visit/school" && node.relevant));
//! session.answer("school", "第一小学")?;
//! assert_eq!(session.answers().len(), 2);
//! assert!(session.answer("children", "two").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Forms
//! A [`definition::Definition`] is a form as its author wrote it. Readers of
//! files (the crate `ruhu-formats`) make one of an XLSForm workbook or of XForm
//! XML; [`Form::compile`] makes a form of it and finds all its faults.
//!
//! # Expressions
//! XPath 1.0 with the functions of the ODK XForms specification (the crate
//! `ruhu-xpath`). `${name}` means the question of that name, within the nearest
//! repeat that both share. What does not apply is blank for every expression.
//! Where engines disagree, these rules hold:
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

#[cfg(test)]
mod arbitrary;
mod choices;
pub mod definition;
mod form;
mod labels;
mod migration;
mod name;
mod parameters;
mod question;
mod session;
pub mod template;

pub use choices::{Choice, Choices, Iter as ChoicesIter};
pub use form::{Dependent, Form, FormError, FormRefusal, FormSchema, ParsedForm};
pub use labels::{Labels, language_code};
pub use migration::{
    Converted, DropReason, Dropped, HiddenAnswer, HiddenReason, Migration, MigrationError, MigrationReport,
    Moved, Recalculated, migrate,
};
pub use name::{NAME_CHARACTERS, NameFault, NamePart, UnfitName, check_name};
pub use parameters::Parameters;
pub use question::{Question, QuestionKind};
pub use ruhu_xpath::{Environment, NodeDefId};
pub use session::{
    AnswerError, AnswerField, Changed, JournalEntry, Missing, MissingReason, NodeChange, NodeState, NodeView,
    Page, Replayed, Request, Session, Snapshot, SnapshotValue, Wanted,
};
