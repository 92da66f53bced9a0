//! What moving a visit to a newer version of its form did with its answers.

use ruhu_device::VisitMigration;
use ruhu_form::{
    Converted, DropReason, Dropped, HiddenAnswer, HiddenReason, MigrationReport, Moved, QuestionKind,
    Recalculated,
};
use ruhu_text::Bilingual;

/// A move of a visit to a newer version of its form.
#[uniffi::remote(Record)]
pub struct VisitMigration {
    /// When it was done, by this phone's clock, Unix milliseconds.
    pub at_ms: i64,
    /// What it did with the answers.
    pub report: MigrationReport,
}

/// What a move did, or would do, with the answers of a visit. It holds answers: it belongs into no
/// log.
#[uniffi::remote(Record)]
pub struct MigrationReport {
    /// The version of the report's encoding.
    pub format: u32,
    /// The form's id.
    pub form: String,
    /// The version that the visit comes from.
    pub from: String,
    /// The version that it comes to.
    pub to: String,
    /// Values that stand at another path than before.
    pub moved: Vec<Moved>,
    /// Answers that are written otherwise than before.
    pub converted: Vec<Converted>,
    /// Answers that do not apply in the new version, and stay for when they do.
    pub hidden: Vec<HiddenAnswer>,
    /// Answers that the new version has no place for.
    pub dropped: Vec<Dropped>,
    /// Values that the form worked out before and works out otherwise now.
    pub recalculated: Vec<Recalculated>,
}

/// A value that stands elsewhere.
#[uniffi::remote(Record)]
#[uniffi(name = "MovedAnswer")]
pub struct Moved {
    /// The stable key in the old version.
    pub from: String,
    /// The stable key in the new version.
    pub to: String,
    /// The question as the new version asks it.
    pub label: Bilingual,
}

/// An answer that is written otherwise.
#[uniffi::remote(Record)]
#[uniffi(name = "ConvertedAnswer")]
pub struct Converted {
    /// The stable key in the new version.
    pub path: String,
    /// The question as the new version asks it.
    pub label: Bilingual,
    /// The kind of question it was.
    pub from: QuestionKind,
    /// The kind of question it is.
    pub to: QuestionKind,
    /// The value as it was.
    pub before: String,
    /// The value as it is.
    pub after: String,
}

/// An answer that is kept in the visit but does not apply.
#[uniffi::remote(Record)]
pub struct HiddenAnswer {
    /// The stable key in the new version.
    pub path: String,
    /// The question as the new version asks it.
    pub label: Bilingual,
    /// The value as XForms writes it.
    pub value: String,
    /// The value as a person reads it.
    pub shown: String,
    /// The class of personal information: `N`, `S`, `M` or `B`.
    pub class: Option<String>,
    /// Why it does not apply; [`hidden_reason_text`] says it in words.
    pub reason: HiddenReason,
}

/// Why an answer does not apply.
#[uniffi::remote(Enum)]
pub enum HiddenReason {
    /// The new version asks this only after other answers.
    Irrelevant,
    /// The new version asks for fewer instances of the repeat.
    BeyondCount,
}

/// An answer that the new version has no place for. It is kept here.
#[uniffi::remote(Record)]
#[uniffi(name = "DroppedAnswer")]
pub struct Dropped {
    /// The stable key in the old version.
    pub path: String,
    /// The question as the old version asked it.
    pub label: Bilingual,
    /// The value as XForms writes it; of several choices those that were dropped.
    pub value: String,
    /// The value as a person reads it.
    pub shown: String,
    /// The class of personal information: `N`, `S`, `M` or `B`.
    pub class: Option<String>,
    /// Why it was dropped; [`drop_reason_text`] says it in words.
    pub reason: DropReason,
}

/// What a person reads of why an answer does not apply.
#[uniffi::export]
pub fn hidden_reason_text(reason: HiddenReason) -> Bilingual {
    reason.text()
}

/// Why an answer was dropped.
#[uniffi::remote(Enum)]
pub enum DropReason {
    /// The new version does not have the question.
    QuestionGone,
    /// The question takes another kind of answer, and this is none.
    KindChanged {
        /// What it took.
        from: QuestionKind,
        /// What it takes.
        to: QuestionKind,
    },
    /// The choice is no longer on offer.
    ChoiceGone,
    /// A rule of the new version refuses the value.
    Constraint {
        /// The form's message, or a general one.
        message: Bilingual,
    },
    /// The new version works the value out, and otherwise.
    Calculated,
    /// The new version gives a value of its own that may only be read.
    ReadOnly,
    /// Several answers came to one question: what held it no longer repeats.
    NoRoom,
}

/// What a person reads of why an answer was dropped.
#[uniffi::export]
pub fn drop_reason_text(reason: &DropReason) -> Bilingual {
    reason.text()
}

/// A value that the form works out otherwise.
#[uniffi::remote(Record)]
#[uniffi(name = "RecalculatedValue")]
pub struct Recalculated {
    /// The stable key in the new version.
    pub path: String,
    /// The question as the new version asks it.
    pub label: Bilingual,
    /// The value as it was.
    pub before: String,
    /// The value as it is.
    pub after: String,
}
