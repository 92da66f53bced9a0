//! Which rule an answer or an ID number breaks, for a screen that points at it.

use ruhu_form::AnswerError;
use ruhu_national::IdNumberError;

/// The rule of GB 11643 that an ID number breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum IdNumberRule {
    /// Nothing was entered.
    Empty,
    /// Not 18 characters.
    Length,
    /// A number of 15 digits, no longer valid since 2013.
    Old,
    /// A character that may not stand there.
    Character,
    /// The first two digits are no province.
    Region,
    /// Digits 7 to 14 are no day of the calendar.
    BirthDate,
    /// Born before 1900.
    BirthTooEarly,
    /// Born after today.
    BirthInFuture,
    /// The last character does not follow from the others.
    CheckDigit,
}

impl From<&IdNumberError> for IdNumberRule {
    fn from(error: &IdNumberError) -> Self {
        match error {
            IdNumberError::Empty => IdNumberRule::Empty,
            IdNumberError::Length(_) => IdNumberRule::Length,
            // The number it became stays behind: errors reach logs, ID numbers must not.
            IdNumberError::Old { .. } => IdNumberRule::Old,
            IdNumberError::Character(_) => IdNumberRule::Character,
            IdNumberError::Region => IdNumberRule::Region,
            IdNumberError::BirthDate => IdNumberRule::BirthDate,
            IdNumberError::BirthTooEarly => IdNumberRule::BirthTooEarly,
            IdNumberError::BirthInFuture => IdNumberRule::BirthInFuture,
            IdNumberError::CheckDigit => IdNumberRule::CheckDigit,
        }
    }
}

/// Why the form refuses an answer. The old one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AnswerRule {
    /// No such question in the form, or no such repeat instance in the answers.
    UnknownPath,
    /// Several repeat instances fit.
    AmbiguousPath,
    /// The path cannot be read.
    BadPath,
    /// A group, a repeat or a note takes no answer.
    NotAQuestion,
    /// The path names something that does not repeat.
    NotARepeat,
    /// The form decides how many instances there are.
    CountedRepeat,
    /// The text is not a value of the question's kind.
    WrongType,
    /// The value is not one of the choices on offer.
    UnknownChoice,
    /// The question may only be read.
    ReadOnly,
    /// The form works the value out.
    Calculated,
    /// The question does not apply, given the other answers.
    Irrelevant,
    /// The form's own rule refuses the value.
    Constraint,
    /// The text is too long.
    TooLong,
    /// A repeat instance id is not of `[A-Za-z0-9_-]{1,40}`.
    BadInstanceId,
    /// The repeat has an instance of that id already.
    InstanceExists,
    /// The visit holds as many repeat instances as it may.
    TooManyInstances,
    /// The form did not ask its host for this value.
    NotRequested,
    /// Answers of another version of the form are taken over first of all.
    NotFirst,
    /// An expression of the form failed while it was worked out.
    Expression,
}

/// What an answer's refusal says besides its message.
pub(crate) struct AnswerRefusal {
    pub rule: AnswerRule,
    /// The path that was asked for, or the stable key.
    pub path: String,
    /// A name or choice of the form that looks like what was given.
    pub suggestion: Option<String>,
}

impl From<AnswerError> for AnswerRefusal {
    fn from(error: AnswerError) -> Self {
        let (rule, path, suggestion) = match error {
            AnswerError::UnknownPath { path, suggestion } => (AnswerRule::UnknownPath, path, suggestion),
            AnswerError::UnknownChoice { path, suggestion } => (AnswerRule::UnknownChoice, path, suggestion),
            AnswerError::AmbiguousPath { path } => (AnswerRule::AmbiguousPath, path, None),
            AnswerError::BadPath { path } => (AnswerRule::BadPath, path, None),
            AnswerError::NotAQuestion { path } => (AnswerRule::NotAQuestion, path, None),
            AnswerError::NotARepeat { path } => (AnswerRule::NotARepeat, path, None),
            AnswerError::CountedRepeat { path } => (AnswerRule::CountedRepeat, path, None),
            AnswerError::WrongType { path, kind: _ } => (AnswerRule::WrongType, path, None),
            AnswerError::ReadOnly { path } => (AnswerRule::ReadOnly, path, None),
            AnswerError::Calculated { path } => (AnswerRule::Calculated, path, None),
            AnswerError::Irrelevant { path } => (AnswerRule::Irrelevant, path, None),
            AnswerError::Constraint { path, message: _ } => (AnswerRule::Constraint, path, None),
            AnswerError::TooLong { path, limit: _ } => (AnswerRule::TooLong, path, None),
            AnswerError::BadInstanceId { path } => (AnswerRule::BadInstanceId, path, None),
            AnswerError::InstanceExists { path } => (AnswerRule::InstanceExists, path, None),
            AnswerError::TooManyInstances { path, limit: _ } => (AnswerRule::TooManyInstances, path, None),
            AnswerError::NotRequested { path } => (AnswerRule::NotRequested, path, None),
            AnswerError::NotFirst => (AnswerRule::NotFirst, String::new(), None),
            AnswerError::Expression { path, message: _ } => (AnswerRule::Expression, path, None),
        };
        AnswerRefusal { rule, path, suggestion }
    }
}
