//! XLSForm forms: reading, XPath expressions, sessions.

mod fault;
mod form;
mod lang;
mod question;
mod session;

pub use fault::{Fault, Severity, WorkbookFaults};
pub use form::{Form, FormError};
pub use lang::{Labels, Lang, Text2, label_in, language_code};
pub use question::{Choice, Question, QuestionKind};
pub use session::{
    AnswerError, AnswerField, Changed, Environment, JournalEntry, Missing, MissingReason, NodeChange,
    NodeState, Page, Session,
};

/// A workbook that could be read.
#[derive(Debug)]
pub struct Reading {
    /// The form.
    pub form: Form,
    /// Warnings; none of them is an error.
    pub faults: Vec<Fault>,
}

/// Reads an XLSForm workbook (.xlsx).
///
/// # Errors
/// [`WorkbookFaults`]: every fault of the workbook, at least one an error.
pub fn read_workbook(_bytes: &[u8]) -> Result<Reading, WorkbookFaults> {
    Err(WorkbookFaults::from(Fault::error(
        "not-a-workbook",
        Text2::new("不是 .xlsx 工作簿。", "Not an .xlsx workbook."),
    )))
}
