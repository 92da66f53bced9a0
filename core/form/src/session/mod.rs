//! A form being filled.

mod error;
mod state;

pub use error::AnswerError;
pub use state::{
    AnswerField, Changed, Environment, JournalEntry, Missing, MissingReason, NodeChange, NodeState, Page,
};

use crate::Form;
use std::sync::Arc;

/// A form being filled.
#[derive(Debug)]
pub struct Session {
    form: Arc<Form>,
    environment: Environment,
}

impl Session {
    /// Begins a form.
    pub fn new(form: Arc<Form>, environment: Environment) -> Session {
        Session { form, environment }
    }
    /// The form.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }
    /// Tells the time.
    pub fn set_environment(&mut self, environment: Environment) {
        self.environment = environment;
    }
    /// Applies a journal entry.
    pub fn apply(&mut self, entry: &JournalEntry) -> Result<Changed, AnswerError> {
        match entry {
            JournalEntry::Answer { path, .. }
            | JournalEntry::AddRepeat { path, .. }
            | JournalEntry::RemoveRepeat { path } => {
                Err(AnswerError::UnknownPath { path: path.clone(), suggestion: None })
            }
        }
    }
    /// Answers a question.
    pub fn answer(&mut self, path: &str, value: &str) -> Result<Changed, AnswerError> {
        self.apply(&JournalEntry::Answer { path: path.into(), value: value.into() })
    }
    /// Adds a repeat instance.
    pub fn add_repeat(&mut self, path: &str, instance_id: &str) -> Result<Changed, AnswerError> {
        self.apply(&JournalEntry::AddRepeat { path: path.into(), instance_id: instance_id.into() })
    }
    /// Removes a repeat instance.
    pub fn remove_repeat(&mut self, path: &str) -> Result<Changed, AnswerError> {
        self.apply(&JournalEntry::RemoveRepeat { path: path.into() })
    }
    /// The stable key of a path.
    pub fn canonical(&self, path: &str) -> Result<String, AnswerError> {
        Err(AnswerError::UnknownPath { path: path.into(), suggestion: None })
    }
    /// One node.
    pub fn node(&self, _path: &str) -> Option<NodeState> {
        None
    }
    /// All nodes.
    pub fn nodes(&self) -> Vec<NodeState> {
        Vec::new()
    }
    /// The pages.
    pub fn pages(&self) -> Vec<Page> {
        Vec::new()
    }
    /// What stops finishing.
    pub fn missing(&self) -> Vec<Missing> {
        Vec::new()
    }
    /// The answers.
    pub fn answers(&self) -> Vec<AnswerField> {
        Vec::new()
    }
}
