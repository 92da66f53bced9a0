//! The session itself: what it holds, and the entries that change it.

use super::error::AnswerError;
use super::state::{Changed, JournalEntry};
use super::status::Status;
use super::work_queue::{MAX_ROUNDS, WorkQueue};
use crate::form::Form;
use crate::form::schema::FormSchema;
use ruhu_xpath::{Environment, NodeDefId, NodeId, Tree};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A form being filled.
///
/// A session is worked by [`JournalEntry`]s alone: the same form, the same
/// environments and the same entries give the same state. Before an entry is
/// applied, [`Session::set_environment`] says when it is made (`now()`, `today()`
/// and `end` follow it); [`Session::replay`] reopens a draft.
///
/// # Repeats
/// A repeat begins with one instance of id `1`, as XLSForm has it; with
/// `repeat_count` it has as many as that says, with ids `1`, `2`, ... When the
/// count falls, instances beyond it no longer apply but keep their answers.
/// A repeat that may be empty stands behind a question: "Are there any?".
#[derive(Debug, Clone)]
pub struct Session {
    pub(super) form: Arc<Form>,
    pub(super) environment: Environment,
    /// The environment the form was begun in.
    pub(super) begun: Environment,
    pub(super) tree: Tree,
    /// What is known of each node beyond its value, by node number.
    pub(super) status: Vec<Status>,
    /// Repeats whose count looks into them and wants more instances.
    pub(super) waiting: BTreeSet<(NodeId, NodeDefId)>,
    /// The node of each definition that stands in no repeat, by definition number.
    pub(super) only: Vec<Option<NodeId>>,
    /// The instances of each repeat under each node, by their ids.
    pub(super) instances: HashMap<(NodeId, NodeDefId), HashMap<String, NodeId>>,
    pub(super) work: WorkQueue,
    /// When the last entry was made.
    pub(super) last_change: Option<Environment>,
}

impl Session {
    /// Begins a form: defaults are filled in and everything is worked out.
    pub fn new(form: Arc<Form>, environment: Environment) -> Session {
        let mut session = Session {
            form,
            environment,
            begun: environment,
            tree: Tree::new(),
            status: Vec::new(),
            only: Vec::new(),
            waiting: BTreeSet::new(),
            instances: HashMap::new(),
            work: WorkQueue::default(),
            last_change: None,
        };
        session.work.rounds = MAX_ROUNDS;
        session.build();
        session
    }

    /// The form being filled.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// Tells the time of the entries to come. Nothing is worked out again:
    /// what depends on the time is, when an answer it depends on changes.
    pub fn set_environment(&mut self, environment: Environment) {
        self.environment = environment;
    }

    /// Applies one entry, and says what it changed.
    ///
    /// # Errors
    /// [`AnswerError`], and then nothing has changed: the path names nothing,
    /// the value is not of the kind or not on offer, the question is
    /// read-only, calculated or does not apply, or its constraint refuses.
    pub fn apply(&mut self, entry: &JournalEntry) -> Result<Changed, AnswerError> {
        self.work.rounds = MAX_ROUNDS;
        self.work.grown.clear();
        match entry {
            JournalEntry::Answer { path, value } => self.apply_answer(path, value)?,
            JournalEntry::AddRepeat { path, instance_id } => self.apply_add(path, instance_id)?,
            JournalEntry::RemoveRepeat { path } => self.apply_remove(path)?,
            JournalEntry::Provide { path, value } => self.apply_provide(path, value)?,
            JournalEntry::Import(snapshot) => {
                self.apply_import(snapshot)?;
                return Ok(self.take_changes());
            }
        }
        self.last_change = Some(self.environment);
        self.propagate();
        Ok(self.take_changes())
    }

    /// Answers one question: [`JournalEntry::Answer`] by any kind of path.
    ///
    /// # Errors
    /// See [`Session::apply`].
    pub fn answer(&mut self, path: &str, value: &str) -> Result<Changed, AnswerError> {
        self.apply(&JournalEntry::Answer { path: path.to_owned(), value: value.to_owned() })
    }

    /// Adds an instance at the end of a repeat: [`JournalEntry::AddRepeat`].
    /// The last step of `path` is the repeat, without a position or id.
    ///
    /// # Errors
    /// See [`Session::apply`]; also when the id is not 1 to 40 letters,
    /// digits, `_` or `-`, or is there already.
    pub fn add_repeat(&mut self, path: &str, instance_id: &str) -> Result<Changed, AnswerError> {
        self.apply(&JournalEntry::AddRepeat { path: path.to_owned(), instance_id: instance_id.to_owned() })
    }

    /// Removes an instance of a repeat: [`JournalEntry::RemoveRepeat`].
    ///
    /// # Errors
    /// See [`Session::apply`].
    pub fn remove_repeat(&mut self, path: &str) -> Result<Changed, AnswerError> {
        self.apply(&JournalEntry::RemoveRepeat { path: path.to_owned() })
    }

    /// Gives what the form asks of its host: [`JournalEntry::Provide`].
    ///
    /// # Errors
    /// See [`Session::apply`]; also when nothing of the kind was asked for.
    pub fn provide(&mut self, path: &str, value: &str) -> Result<Changed, AnswerError> {
        self.apply(&JournalEntry::Provide { path: path.to_owned(), value: value.to_owned() })
    }

    pub(crate) fn schema(&self) -> &FormSchema {
        &self.form.program().schema
    }
}
