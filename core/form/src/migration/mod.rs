//! A draft moves to a new version of its form.
//!
//! A draft is a journal, and a migrated draft is one too: it begins with one
//! [`JournalEntry::Import`] that holds what was taken over, and goes on with
//! what is entered from then on. The old journal is not touched: a host keeps
//! it, and what was dropped can be read in the [`MigrationReport`] beside it.
//!
//! # Which question is which
//! A question is the same when it stands at the same path below the root. One
//! that was moved or renamed is found by its name, when one question of each
//! version has it; by its name within a group that was found so; and by its
//! `ruhu::save_to` target (without `:fen` or `:int`), when that is unique among
//! what is left. A repeat that was renamed is known by the questions in it. A
//! group is never a question, and a question never a group.
//!
//! # What is taken over
//! - Answers as they are, blanks too: where somebody cleared a default, it
//!   stays cleared. Values that only the host gives, and those of
//!   `once(...)`, are taken over like answers.
//! - What does not apply in the new version stays in the draft unseen, and is
//!   listed.
//! - A value is converted when nothing of it is lost and nothing made up: a
//!   whole number becomes a number, one choice several, anything a text. Text
//!   becomes what it reads as.
//! - A value that the old version found fault with already stays, with its
//!   fault, for somebody to mend.
//! - Repeat instances keep their ids and their order. A repeat that becomes a
//!   group keeps the answers of its first instance that has any; those of the
//!   others are dropped. What comes to stand in a new repeat is in its first
//!   instance. A repeat that is counted now has its instances numbered, and
//!   those beyond the count do not apply, but stay.
//! - `start`, `today`, random draws and random orders follow the environment the
//!   draft was begun in, which does not change; `end` remains the time of the
//!   last entry that a person made: a new version is no visit.
//!
//! # What is dropped
//! An answer whose question is gone, whose kind changed so that it is none,
//! whose choice is gone, which a constraint refuses, which the new version
//! works out or gives itself otherwise, or for which there is no room: see
//! [`DropReason`]. A question whose answer was dropped is blank (no default
//! stands in for it), unless the form gives it a value of its own. All answers
//! stand together when constraints are looked at, so no order matters; the
//! first that is refused, in the order of the form, is dropped first, as others
//! may have been refused because of it.
//!
//! New questions get their defaults, which see what was taken over. Nothing is
//! triggered. What the form works out is worked out as of the last entry.

mod convert;
mod instances;
mod matching;
mod moving;
mod report;
#[cfg(test)]
mod tests;

pub use report::{
    Converted, DropReason, Dropped, HiddenAnswer, HiddenReason, MigrationReport, Moved, Recalculated,
};

use crate::Form;
use crate::session::{AnswerError, JournalEntry, Session};
use moving::Moving;
use ruhu_text::{Explain, Explanation, Lang};
use ruhu_xpath::Environment;
use std::sync::Arc;
use thiserror::Error;

/// A draft that moved to a new version of its form.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The draft as it stands now.
    pub session: Session,
    /// What was done with its answers.
    pub report: MigrationReport,
    /// The environment that the draft was begun in: it is begun in again
    /// before `entry`.
    pub begun: Environment,
    /// The environment of `entry`: that of the last entry a person made.
    pub environment: Environment,
    /// The first entry of the new journal. [`Session::new`] with the new form
    /// in `begun`, then this entry in `environment`, gives `session`.
    pub entry: JournalEntry,
}

/// Why a draft cannot move to a form. It stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MigrationError {
    /// The form is another one, not a version of the draft's.
    #[error("{}", self.message(Lang::En))]
    OtherForm {
        /// The id of the draft's form.
        draft: String,
        /// The id of the form it should move to.
        form: String,
    },
    /// The new form cannot hold what was entered: too many instances.
    #[error("{}", self.message(Lang::En))]
    Answer(#[from] AnswerError),
}

impl Explain for MigrationError {
    fn code(&self) -> &'static str {
        match self {
            MigrationError::OtherForm { .. } => "other_form",
            MigrationError::Answer(error) => error.code(),
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            MigrationError::OtherForm { draft, form } => Explanation::new(
                format!("草稿属于表单“{draft}”，不能转到表单“{form}”。"),
                format!("The draft is of the form “{draft}” and cannot move to the form “{form}”."),
            ),
            MigrationError::Answer(error) => error.explain(),
        }
    }
}

/// Moves a draft to another version of its form; see the section "Migration" of
/// the crate's documentation for the rules. The old session is not changed.
///
/// # Errors
/// [`MigrationError`].
pub fn migrate(old: &Session, form: Arc<Form>) -> Result<Migration, MigrationError> {
    if old.form().id() != form.id() {
        let (draft, form) = (old.form().id().to_owned(), form.id().to_owned());
        return Err(MigrationError::OtherForm { draft, form });
    }
    let (begun, last_change) = old.times();
    let environment = last_change.unwrap_or(begun);
    let mut moving = Moving::of(old, &form, begun);
    let (session, entry) = loop {
        let entry = JournalEntry::Import(moving.snapshot(last_change));
        let mut session = Session::new(form.clone(), begun);
        session.set_environment(environment);
        session.apply(&entry)?;
        if !moving.propagate(&mut session) {
            break (session, entry);
        }
    };
    let report = moving.report(&session);
    Ok(Migration { session, report, begun, environment, entry })
}
