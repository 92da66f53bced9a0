//! What a migration did, to be read and kept beside the draft.

use crate::question::QuestionKind;
use ruhu_text::Bilingual;
use serde::{Deserialize, Deserializer, Serialize};

/// What a migration did with the answers of a draft. It holds answers, and is
/// to be kept as carefully as the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationReport {
    /// The version of this encoding: [`MigrationReport::FORMAT`]. A newer one
    /// is refused when it is read.
    #[serde(deserialize_with = "known_format")]
    pub format: u32,
    /// The form's id.
    pub form: String,
    /// The version the draft was begun or last migrated with.
    pub from: String,
    /// The version it is of now.
    pub to: String,
    /// Values that stand at another path than before, those that the form
    /// works out too.
    pub moved: Vec<Moved>,
    /// Answers that are written otherwise than before.
    pub converted: Vec<Converted>,
    /// Answers that do not apply in the new version. They stay in the draft,
    /// and are there again when they apply again.
    pub hidden: Vec<HiddenAnswer>,
    /// Answers that the new version has no place for.
    pub dropped: Vec<Dropped>,
    /// Values that the form worked out before and works out otherwise now.
    pub recalculated: Vec<Recalculated>,
}

impl MigrationReport {
    /// The version of the encoding that this program writes.
    pub const FORMAT: u32 = 1;

    /// Whether there is nothing to tell: every answer stands where and as it
    /// stood.
    pub fn is_empty(&self) -> bool {
        self.moved.is_empty()
            && self.converted.is_empty()
            && self.hidden.is_empty()
            && self.dropped.is_empty()
            && self.recalculated.is_empty()
    }
}

fn known_format<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        known @ 1..=MigrationReport::FORMAT => Ok(known),
        found => Err(serde::de::Error::custom(format!(
            "migration report of format {found}; this program knows {}",
            MigrationReport::FORMAT
        ))),
    }
}

/// An answer that stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The stable key in the old version.
    pub from: String,
    /// The stable key in the new version.
    pub to: String,
    /// The question as the new version asks it.
    pub label: Bilingual,
}

/// An answer that is written otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// An answer that is kept but does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenAnswer {
    /// The stable key in the new version.
    pub path: String,
    /// The question as the new version asks it.
    pub label: Bilingual,
    /// The value as XForms writes it.
    pub value: String,
    /// The value as a person reads it: for choices their labels.
    pub shown: String,
    /// The class of personal information; see [`crate::Question::class`].
    pub class: Option<String>,
    /// Why it does not apply.
    pub reason: HiddenReason,
}

/// Why an answer does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenReason {
    /// The new version asks this only after other answers.
    Irrelevant,
    /// The new version asks for fewer instances of the repeat.
    BeyondCount,
}

impl HiddenReason {
    /// What a person reads.
    pub fn text(self) -> Bilingual {
        match self {
            HiddenReason::Irrelevant => Bilingual::new(
                "新版表单按现有回答不问这一项；原来填的留着，以后要问时还在。",
                "With these answers the new version does not ask this; what was entered is kept for when it does.",
            ),
            HiddenReason::BeyondCount => Bilingual::new(
                "新版表单要的条数少了；多出来的留着，条数增加时还在。",
                "The new version asks for fewer entries; those beyond are kept for when it asks for more.",
            ),
        }
    }
}

/// An answer that the new version has no place for. It is kept here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The stable key in the old version.
    pub path: String,
    /// The question as the old version asked it.
    pub label: Bilingual,
    /// The value as XForms writes it; of several choices those that were
    /// dropped.
    pub value: String,
    /// The value as a person reads it: for choices their labels.
    pub shown: String,
    /// The class of personal information; see [`crate::Question::class`].
    pub class: Option<String>,
    /// Why it was dropped.
    pub reason: DropReason,
}

/// Why an answer was dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl DropReason {
    /// What a person reads.
    pub fn text(&self) -> Bilingual {
        let (zh, en) = match self {
            DropReason::QuestionGone => {
                ("新版表单没有这道题了。", "The new version no longer has this question.")
            }
            DropReason::KindChanged { from, to } => {
                return Bilingual::new(
                    format!("这道题的题型由 {} 改成了 {}，原来的回答不能照搬。", from.name(), to.name()),
                    format!(
                        "The question changed from {} to {}; the answer does not fit.",
                        from.name(),
                        to.name()
                    ),
                );
            }
            DropReason::ChoiceGone => (
                "新版表单没有这个选项了，请重新选择。",
                "The new version no longer offers this choice; choose again.",
            ),
            DropReason::Constraint { message } => {
                return Bilingual::new(
                    format!("新版表单不接受这个值：{}", message.zh),
                    format!("The new version refuses the value: {}", message.en),
                );
            }
            DropReason::Calculated => (
                "新版表单自动算出这一项，结果和原来填的不同。",
                "The new version works this out, and comes to another value.",
            ),
            DropReason::ReadOnly => (
                "新版表单自己给出这一项，不能改。",
                "The new version gives this value itself; it may not be changed.",
            ),
            DropReason::NoRoom => (
                "这道题以前可以填几条，新版表单只留一条。",
                "There could be several entries; the new version has room for one.",
            ),
        };
        Bilingual::new(zh, en)
    }
}

/// A value that the form works out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
