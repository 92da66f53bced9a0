//! Visits as a screen shows them: pages, questions, what is missing, what an answer changed.

use std::collections::HashMap;

use ruhu_device::{EvidenceView, SavedVisit, VisitSummary, VisitView};
use ruhu_form::{
    Choice, Choices, Labels, Missing, MissingReason, NodeChange, NodeState, Page, Parameters, QuestionKind,
    Request, Wanted,
};
use ruhu_text::Bilingual;

/// A question for a picture that was answered with one.
#[derive(Debug, uniffi::Record)]
pub struct PictureAnswer {
    /// What changed in the visit, the answered question included.
    pub changed: Vec<NodeChange>,
    /// The picture, whose id the answer is.
    pub evidence: EvidenceView,
}

/// A row of the list of visits.
#[uniffi::remote(Record)]
pub struct VisitSummary {
    /// The visit's id.
    pub id: String,
    /// The household's id.
    pub case: String,
    /// The form's id.
    pub form: String,
    /// The form's version.
    pub version: String,
    /// The newest version of the form, when it is another one and the visit is open: the visit
    /// can move to it.
    pub newer_version: Option<String>,
    /// Whether it is still open.
    pub open: bool,
    /// When it was last answered, Unix milliseconds.
    pub updated_at_ms: i64,
}

/// What saving a visit did.
#[uniffi::remote(Record)]
pub struct SavedVisit {
    /// Whether a change was made at all.
    pub changed: bool,
    /// Fields that somebody else had changed since this visit last looked: both values stand
    /// now as a conflict, nothing was overwritten.
    pub overtaken: Vec<String>,
}

/// A visit as it stands.
#[uniffi::remote(Record)]
pub struct VisitView {
    /// The visit's facts.
    pub visit: VisitSummary,
    /// The pages with their relevant questions.
    pub pages: Vec<Page>,
    /// What stands in the way of closing.
    pub missing: Vec<Missing>,
    /// How many questions have an answer.
    pub answered: u32,
}

/// What a screen shows at once.
#[uniffi::remote(Record)]
#[uniffi(name = "VisitPage")]
pub struct Page {
    /// The stable key of the group or repeat instance, or of the form.
    pub path: String,
    /// Its label.
    pub labels: Labels,
    /// The relevant questions on it, in the order of the form.
    pub nodes: Vec<NodeState>,
}

/// One question, group or repeat instance as it stands.
#[uniffi::remote(Record)]
#[uniffi(name = "Node")]
pub struct NodeState {
    /// The stable key: `/home_visit/team/investigator[@id='1']/name`.
    pub path: String,
    /// The question's name.
    pub name: String,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// Whether it applies, given the other answers.
    pub relevant: bool,
    /// Whether it must be answered to finish.
    pub required: bool,
    /// Whether it may not be changed by hand.
    pub read_only: bool,
    /// The value as XForms writes it; empty when unanswered.
    pub value: String,
    /// The label.
    pub labels: Labels,
    /// The hint; empty texts when there is none.
    pub hints: Labels,
    /// The choices that the form's filter lets through.
    pub choices: Choices,
    /// How the form's author wants it shown, such as `signature`.
    pub appearance: Option<String>,
    /// The column `parameters`: `start`, `end` and `step` of a range, `max-pixels` of a picture.
    pub parameters: Parameters,
    /// What is wrong with the value that stands there, if anything.
    pub error: Option<Bilingual>,
}

uniffi::custom_type!(Parameters, HashMap<String, String>, {
    remote,
    lower: |pairs| pairs.into_iter().collect(),
    try_lift: |map| Ok(map.into_iter().collect()),
});

/// One choice of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChoiceView {
    /// The value that is stored.
    pub value: String,
    /// What is shown.
    pub labels: Labels,
}

// The choices on offer are a part of a list that the form shares. What only filters read stays
// behind: a list may have thousands.
type OfferedChoices = Vec<ChoiceView>;

uniffi::custom_type!(Choices, OfferedChoices, {
    remote,
    lower: |choices| {
        let offered = |choice: &Choice| ChoiceView { value: choice.value.clone(), labels: choice.labels.clone() };
        choices.iter().map(offered).collect()
    },
    try_lift: |offered| {
        let choice = |ChoiceView { value, labels }: ChoiceView| {
            Choice { value, labels, columns: Vec::new(), media: Vec::new() }
        };
        Ok(offered.into_iter().map(choice).collect())
    },
});

/// Something that only the phone can give.
#[uniffi::remote(Record)]
#[uniffi(name = "VisitRequest")]
pub struct Request {
    /// The stable key of the question.
    pub path: String,
    /// What is wanted.
    pub wanted: Wanted,
}

/// What a form wants of the phone.
#[uniffi::remote(Enum)]
pub enum Wanted {
    /// The place where it is now: latitude, longitude, altitude (m), accuracy (m).
    Geopoint,
    /// Something about the phone or its user: `deviceid`, `phonenumber`, `username`, `email`, `simserial`,
    /// `subscriberid`.
    Property(String),
    /// A recording, made while the form is filled; the answer is its file name.
    Audio,
    /// The log of how the form was filled; the answer is its file name.
    Audit,
}

/// Something that stands in the way of closing a visit.
#[uniffi::remote(Record)]
#[uniffi(name = "MissingAnswer")]
pub struct Missing {
    /// The stable key of the question.
    pub path: String,
    /// Its label.
    pub labels: Labels,
    /// What is the matter.
    pub reason: MissingReason,
}

/// Why a question stands in the way.
#[uniffi::remote(Enum)]
pub enum MissingReason {
    /// It must be answered and is not.
    Required {
        /// What a person reads.
        message: Bilingual,
    },
    /// Its value breaks a rule of the form.
    Constraint {
        /// What a person reads.
        message: Bilingual,
    },
}

/// One question that an answer changed, as it is now.
#[uniffi::remote(Record)]
#[uniffi(name = "ChangedNode")]
pub struct NodeChange {
    /// The stable key.
    pub path: String,
    /// Whether it is gone, with the repeat instance that held it.
    pub removed: bool,
    /// Whether it applies, given the other answers.
    pub relevant: bool,
    /// Whether it must be answered to finish.
    pub required: bool,
    /// Whether it may not be changed by hand.
    pub read_only: bool,
    /// The value as XForms writes it.
    pub value: String,
    /// What is wrong with the value that stands there, if anything.
    pub error: Option<Bilingual>,
}
