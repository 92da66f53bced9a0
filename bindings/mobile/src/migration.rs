//! What moving a visit to a newer version of its form did with its answers.

use ruhu_device as device;
use ruhu_form::{Converted, HiddenReason, Moved, QuestionKind, Recalculated};
use ruhu_text::Bilingual;

use crate::list;

/// A move of a visit to a newer version of its form.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitMigration {
    /// When it was done, by this phone's clock, Unix milliseconds.
    pub at_ms: i64,
    /// What it did with the answers.
    pub report: MigrationReport,
}

impl From<device::VisitMigration> for VisitMigration {
    fn from(migration: device::VisitMigration) -> Self {
        let device::VisitMigration { at_ms, report } = migration;
        VisitMigration { at_ms, report: report.into() }
    }
}

/// What a move did, or would do, with the answers of a visit. It holds answers: it belongs into no
/// log.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MigrationReport {
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
    pub dropped: Vec<DroppedAnswer>,
    /// Values that the form worked out before and works out otherwise now.
    pub recalculated: Vec<Recalculated>,
}

impl From<ruhu_form::MigrationReport> for MigrationReport {
    fn from(report: ruhu_form::MigrationReport) -> Self {
        let ruhu_form::MigrationReport {
            format: _,
            form,
            from,
            to,
            moved,
            converted,
            hidden,
            dropped,
            recalculated,
        } = report;
        MigrationReport {
            form,
            from,
            to,
            moved,
            converted,
            hidden: list(hidden),
            dropped: list(dropped),
            recalculated,
        }
    }
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
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
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
    /// Why it does not apply.
    pub kind: HiddenReason,
    /// What a person reads of that.
    pub text: Bilingual,
}

impl From<ruhu_form::HiddenAnswer> for HiddenAnswer {
    fn from(hidden: ruhu_form::HiddenAnswer) -> Self {
        let ruhu_form::HiddenAnswer { path, label, value, shown, class, reason } = hidden;
        let text = reason.text();
        HiddenAnswer { path, label, value, shown, class, kind: reason, text }
    }
}

/// Why an answer does not apply.
#[uniffi::remote(Enum)]
#[uniffi(name = "HiddenKind")]
pub enum HiddenReason {
    /// The new version asks this only after other answers.
    Irrelevant,
    /// The new version asks for fewer instances of the repeat.
    BeyondCount,
}

/// An answer that the new version has no place for. It is kept here.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DroppedAnswer {
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
    /// Why it was dropped.
    pub kind: DropKind,
    /// What a person reads of that.
    pub text: Bilingual,
}

impl From<ruhu_form::Dropped> for DroppedAnswer {
    fn from(dropped: ruhu_form::Dropped) -> Self {
        let ruhu_form::Dropped { path, label, value, shown, class, reason } = dropped;
        let (kind, text) = (DropKind::from(&reason), reason.text());
        DroppedAnswer { path, label, value, shown, class, kind, text }
    }
}

/// Why an answer was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DropKind {
    /// The new version does not have the question.
    QuestionGone,
    /// The question takes another kind of answer, and this is none.
    KindChanged,
    /// The choice is no longer on offer.
    ChoiceGone,
    /// A rule of the new version refuses the value.
    Constraint,
    /// The new version works the value out, and otherwise.
    Calculated,
    /// The new version gives a value of its own that may only be read.
    ReadOnly,
    /// Several answers came to one question: what held it no longer repeats.
    NoRoom,
}

impl From<&ruhu_form::DropReason> for DropKind {
    fn from(reason: &ruhu_form::DropReason) -> Self {
        use ruhu_form::DropReason as Reason;
        match reason {
            Reason::QuestionGone => DropKind::QuestionGone,
            Reason::KindChanged { .. } => DropKind::KindChanged,
            Reason::ChoiceGone => DropKind::ChoiceGone,
            Reason::Constraint { .. } => DropKind::Constraint,
            Reason::Calculated => DropKind::Calculated,
            Reason::ReadOnly => DropKind::ReadOnly,
            Reason::NoRoom => DropKind::NoRoom,
        }
    }
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
