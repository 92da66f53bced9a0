//! What moving a visit to a newer version of its form did with its answers.

use ruhu_device as device;

use crate::form::{LocalizedText, QuestionKind};
use crate::mirror::list;

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
    pub moved: Vec<MovedAnswer>,
    /// Answers that are written otherwise than before.
    pub converted: Vec<ConvertedAnswer>,
    /// Answers that do not apply in the new version, and stay for when they do.
    pub hidden: Vec<HiddenAnswer>,
    /// Answers that the new version has no place for.
    pub dropped: Vec<DroppedAnswer>,
    /// Values that the form worked out before and works out otherwise now.
    pub recalculated: Vec<RecalculatedValue>,
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
            moved: list(moved),
            converted: list(converted),
            hidden: list(hidden),
            dropped: list(dropped),
            recalculated: list(recalculated),
        }
    }
}

/// A value that stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MovedAnswer {
    /// The stable key in the old version.
    pub from: String,
    /// The stable key in the new version.
    pub to: String,
    /// The question as the new version asks it.
    pub label: LocalizedText,
}

impl From<ruhu_form::Moved> for MovedAnswer {
    fn from(moved: ruhu_form::Moved) -> Self {
        let ruhu_form::Moved { from, to, label } = moved;
        MovedAnswer { from, to, label: label.into() }
    }
}

/// An answer that is written otherwise.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConvertedAnswer {
    /// The stable key in the new version.
    pub path: String,
    /// The question as the new version asks it.
    pub label: LocalizedText,
    /// The kind of question it was.
    pub from: QuestionKind,
    /// The kind of question it is.
    pub to: QuestionKind,
    /// The value as it was.
    pub before: String,
    /// The value as it is.
    pub after: String,
}

impl From<ruhu_form::Converted> for ConvertedAnswer {
    fn from(converted: ruhu_form::Converted) -> Self {
        let ruhu_form::Converted { path, label, from, to, before, after } = converted;
        ConvertedAnswer { path, label: label.into(), from: from.into(), to: to.into(), before, after }
    }
}

/// An answer that is kept in the visit but does not apply.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HiddenAnswer {
    /// The stable key in the new version.
    pub path: String,
    /// The question as the new version asks it.
    pub label: LocalizedText,
    /// The value as XForms writes it.
    pub value: String,
    /// The value as a person reads it.
    pub shown: String,
    /// The class of personal information: `N`, `S`, `M` or `B`.
    pub class: Option<String>,
    /// Why it does not apply.
    pub kind: HiddenKind,
    /// What a person reads of that.
    pub text: LocalizedText,
}

impl From<ruhu_form::HiddenAnswer> for HiddenAnswer {
    fn from(hidden: ruhu_form::HiddenAnswer) -> Self {
        let ruhu_form::HiddenAnswer { path, label, value, shown, class, reason } = hidden;
        let (kind, text) = (reason.into(), reason.text().into());
        HiddenAnswer { path, label: label.into(), value, shown, class, kind, text }
    }
}

/// Why an answer does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum HiddenKind {
    /// The new version asks this only after other answers.
    Irrelevant,
    /// The new version asks for fewer instances of the repeat.
    BeyondCount,
}

impl From<ruhu_form::HiddenReason> for HiddenKind {
    fn from(reason: ruhu_form::HiddenReason) -> Self {
        match reason {
            ruhu_form::HiddenReason::Irrelevant => HiddenKind::Irrelevant,
            ruhu_form::HiddenReason::BeyondCount => HiddenKind::BeyondCount,
        }
    }
}

/// An answer that the new version has no place for. It is kept here.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DroppedAnswer {
    /// The stable key in the old version.
    pub path: String,
    /// The question as the old version asked it.
    pub label: LocalizedText,
    /// The value as XForms writes it; of several choices those that were dropped.
    pub value: String,
    /// The value as a person reads it.
    pub shown: String,
    /// The class of personal information: `N`, `S`, `M` or `B`.
    pub class: Option<String>,
    /// Why it was dropped.
    pub kind: DropKind,
    /// What a person reads of that.
    pub text: LocalizedText,
}

impl From<ruhu_form::Dropped> for DroppedAnswer {
    fn from(dropped: ruhu_form::Dropped) -> Self {
        let ruhu_form::Dropped { path, label, value, shown, class, reason } = dropped;
        let (kind, text) = ((&reason).into(), reason.text().into());
        DroppedAnswer { path, label: label.into(), value, shown, class, kind, text }
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
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecalculatedValue {
    /// The stable key in the new version.
    pub path: String,
    /// The question as the new version asks it.
    pub label: LocalizedText,
    /// The value as it was.
    pub before: String,
    /// The value as it is.
    pub after: String,
}

impl From<ruhu_form::Recalculated> for RecalculatedValue {
    fn from(recalculated: ruhu_form::Recalculated) -> Self {
        let ruhu_form::Recalculated { path, label, before, after } = recalculated;
        RecalculatedValue { path, label: label.into(), before, after }
    }
}
