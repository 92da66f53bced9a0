//! Reopening a draft from its journal.

use std::sync::Arc;

use ruhu_xpath::Environment;

use super::error::AnswerError;
use super::filling::Session;
use super::state::JournalEntry;
use crate::Form;

/// A draft that was reopened.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// The session, in the environment of its last entry.
    pub session: Session,
    /// Why entries were not taken, in their order; none when the form is the one they were made
    /// with. What was refused has changed nothing.
    pub refused: Vec<AnswerError>,
}

impl Session {
    /// Reopens a draft: begins the form in the environment it was begun in, and applies each entry
    /// in the environment it was made in. The same form, environments and entries give the same
    /// session as the one that was filled.
    pub fn replay<'e>(
        form: Arc<Form>,
        begun: Environment,
        entries: impl IntoIterator<Item = (Environment, &'e JournalEntry)>,
    ) -> Replayed {
        let mut session = Session::new(form, begun);
        let mut refused = Vec::new();
        for (environment, entry) in entries {
            session.set_environment(environment);
            refused.extend(session.apply(entry).err());
        }
        Replayed { session, refused }
    }
}
