//! Visits as a screen shows them: pages, questions, what is missing, what an answer changed.

use std::collections::HashMap;

use ruhu_device::{self as device, SavedVisit, VisitSummary};
use ruhu_form::{NodeChange, QuestionKind};
use ruhu_text::Bilingual;

use crate::list;

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
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitView {
    /// The visit's facts.
    pub visit: VisitSummary,
    /// The pages with their relevant questions.
    pub pages: Vec<VisitPage>,
    /// What stands in the way of closing.
    pub missing: Vec<MissingAnswer>,
    /// How many questions have an answer.
    pub answered: u32,
}

impl From<device::VisitView> for VisitView {
    fn from(view: device::VisitView) -> Self {
        let device::VisitView { visit, pages, missing, answered } = view;
        VisitView { visit, pages: list(pages), missing: list(missing), answered }
    }
}

/// What a screen shows at once.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitPage {
    /// The stable key of the group or repeat instance, or of the form.
    pub path: String,
    /// Its label.
    pub label: Bilingual,
    /// The relevant questions on it, in the order of the form.
    pub nodes: Vec<Node>,
}

impl From<ruhu_form::Page> for VisitPage {
    fn from(page: ruhu_form::Page) -> Self {
        let ruhu_form::Page { path, labels, nodes } = page;
        VisitPage { path, label: labels.bilingual(), nodes: list(nodes) }
    }
}

/// One question, group or repeat instance as it stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Node {
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
    pub label: Bilingual,
    /// The hint; empty texts when there is none.
    pub hint: Bilingual,
    /// The choices that the form's filter lets through.
    pub choices: Vec<ChoiceView>,
    /// How the form's author wants it shown, such as `signature`.
    pub appearance: Option<String>,
    /// The column `parameters`: `start`, `end` and `step` of a range, `max-pixels` of a picture.
    pub parameters: HashMap<String, String>,
    /// What is wrong with the value that stands there, if anything.
    pub error: Option<Bilingual>,
}

impl From<ruhu_form::NodeState> for Node {
    fn from(node: ruhu_form::NodeState) -> Self {
        Node {
            path: node.path,
            name: node.name,
            kind: node.kind,
            relevant: node.relevant,
            required: node.required,
            read_only: node.read_only,
            value: node.value,
            label: node.labels.bilingual(),
            hint: node.hints.bilingual(),
            choices: node.choices.iter().map(ChoiceView::from).collect(),
            appearance: node.appearance,
            parameters: node.parameters.into_iter().collect(),
            error: node.error,
        }
    }
}

/// One choice of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ChoiceView {
    /// The value that is stored.
    pub value: String,
    /// What is shown.
    pub label: Bilingual,
}

impl From<&ruhu_form::Choice> for ChoiceView {
    fn from(choice: &ruhu_form::Choice) -> Self {
        ChoiceView { label: choice.labels.bilingual(), value: choice.value.clone() }
    }
}

/// Something that only the phone can give.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VisitRequest {
    /// The stable key of the question.
    pub path: String,
    /// What is wanted.
    pub wanted: Wanted,
}

impl From<ruhu_form::Request> for VisitRequest {
    fn from(request: ruhu_form::Request) -> Self {
        let ruhu_form::Request { path, wanted } = request;
        VisitRequest { path, wanted: wanted.into() }
    }
}

/// What a form wants of the phone.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Wanted {
    /// The place where it is now: latitude, longitude, altitude (m), accuracy (m).
    Geopoint,
    /// Something about the phone or its user.
    Property {
        /// `deviceid`, `phonenumber`, `username`, `email`, `simserial`, `subscriberid`.
        name: String,
    },
    /// A recording, made while the form is filled; the answer is its file name.
    Audio,
    /// The log of how the form was filled; the answer is its file name.
    Audit,
}

impl From<ruhu_form::Wanted> for Wanted {
    fn from(wanted: ruhu_form::Wanted) -> Self {
        match wanted {
            ruhu_form::Wanted::Geopoint => Wanted::Geopoint,
            ruhu_form::Wanted::Property(name) => Wanted::Property { name },
            ruhu_form::Wanted::Audio => Wanted::Audio,
            ruhu_form::Wanted::Audit => Wanted::Audit,
        }
    }
}

/// Something that stands in the way of closing a visit.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MissingAnswer {
    /// The stable key of the question.
    pub path: String,
    /// Its label.
    pub label: Bilingual,
    /// What is the matter.
    pub kind: MissingKind,
    /// What a person reads.
    pub text: Bilingual,
}

impl From<ruhu_form::Missing> for MissingAnswer {
    fn from(missing: ruhu_form::Missing) -> Self {
        let ruhu_form::Missing { path, labels, reason } = missing;
        let text = reason.message().clone();
        MissingAnswer { path, label: labels.bilingual(), kind: (&reason).into(), text }
    }
}

/// Why a question stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum MissingKind {
    /// It must be answered and is not.
    Required,
    /// Its value breaks a rule of the form.
    Constraint,
}

impl From<&ruhu_form::MissingReason> for MissingKind {
    fn from(reason: &ruhu_form::MissingReason) -> Self {
        match reason {
            ruhu_form::MissingReason::Required { .. } => MissingKind::Required,
            ruhu_form::MissingReason::Constraint { .. } => MissingKind::Constraint,
        }
    }
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
