//! What a session tells its host.

use crate::choices::Choices;
use crate::labels::Labels;
use crate::parameters::Parameters;
use crate::question::QuestionKind;
use ruhu_text::Bilingual;
use ruhu_xpath::Environment;
use serde::{Deserialize, Serialize};

/// One entry of a draft's journal: the only way to change a session. Paths are
/// stable keys, so that a journal replays to the same state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalEntry {
    /// A question was answered.
    Answer {
        /// The stable key of the question.
        path: String,
        /// The value as XForms writes it; empty to clear.
        value: String,
    },
    /// An instance of a repeat was added, at the end.
    AddRepeat {
        /// The stable key of the repeat, without an id on its last step.
        path: String,
        /// The new instance's id: 1 to 40 of `A-Z a-z 0-9 _ -`.
        instance_id: String,
    },
    /// An instance of a repeat was removed, with what it held.
    RemoveRepeat {
        /// The stable key of the instance.
        path: String,
    },
    /// The host gave what only it knows: see [`Request`].
    Provide {
        /// The stable key of the question.
        path: String,
        /// The value as XForms writes it.
        value: String,
    },
    /// The answers of a draft of another version of the form were taken over:
    /// the first entry of a migrated draft, made by [`crate::migrate`] alone.
    #[serde(rename = "carry")]
    Import(Snapshot),
}

/// The answers of a draft of another version of the form, as the new version
/// holds them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// The stable keys of all repeat instances, each after the one that holds
    /// it. Others, such as the first one of a repeat, are not there.
    pub instances: Vec<String>,
    /// The values, in the order of the form.
    pub values: Vec<SnapshotValue>,
    /// When the draft was last changed by a person: to migrate is no change,
    /// and questions of the kind `end` keep that time.
    pub last_change: Option<Environment>,
}

/// One value that was taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotValue {
    /// The stable key of the question.
    pub path: String,
    /// The value as XForms writes it; empty where none stood, so that no
    /// default stands in for it.
    pub value: String,
    /// Whether an action had asked the host for the value; see
    /// [`crate::Session::requests`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
}

/// Something that only the host can give; see [`crate::Session::requests`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// The stable key of the question.
    pub path: String,
    /// What is wanted.
    pub wanted: Wanted,
}

/// What a form wants of its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// The place where the device is now: latitude, longitude, altitude (m),
    /// accuracy (m).
    Geopoint,
    /// A property of the device or its user: `deviceid`, `username`, ...
    Property(String),
    /// A recording, made while the form is filled; the answer is its file name.
    Audio,
    /// The log of how the form was filled; the answer is its file name.
    Audit,
}

/// One node of the form as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeState {
    /// The stable key: `/home_visit/team/investigator[@id='1']/name`.
    pub path: String,
    /// The question's name.
    pub name: String,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// Whether it applies, given the other answers (its groups included).
    pub relevant: bool,
    /// Whether it must be answered to finish.
    pub required: bool,
    /// Whether it may not be changed by hand.
    pub read_only: bool,
    /// The value as XForms writes it; empty when unanswered. An irrelevant
    /// node shows what is kept for the case that it applies again.
    pub value: String,
    /// The labels, with `${...}` filled in.
    pub labels: Labels,
    /// The hints, with `${...}` filled in.
    pub hints: Labels,
    /// The choices that the filter lets through.
    pub choices: Choices,
    /// The column `appearance`.
    pub appearance: Option<String>,
    /// The column `parameters`; see [`crate::Question::parameters`].
    pub parameters: Parameters,
    /// What is wrong with the value that stands there, if anything.
    pub error: Option<Bilingual>,
}

impl NodeState {
    /// The label in a language of the form; see [`Labels::get`].
    pub fn label(&self, language: &str) -> &str {
        self.labels.get(language)
    }
}

/// What a host shows at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The stable key of the group or repeat instance, or of the form.
    pub path: String,
    /// Its labels.
    pub labels: Labels,
    /// The relevant questions on it, in the order of the form.
    pub nodes: Vec<NodeState>,
}

/// Something that stands in the way of finishing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The stable key of the question.
    pub path: String,
    /// Its labels.
    pub labels: Labels,
    /// What is the matter.
    pub reason: MissingReason,
}

/// Why a question stands in the way of finishing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingReason {
    /// It must be answered and is not.
    Required {
        /// The form's message, or a general one. For a required note it is
        /// the note itself.
        message: Bilingual,
    },
    /// Its value breaks a rule of the form.
    Constraint {
        /// The form's message, or a general one.
        message: Bilingual,
    },
}

impl MissingReason {
    /// What a person reads.
    pub fn message(&self) -> &Bilingual {
        match self {
            MissingReason::Required { message } | MissingReason::Constraint { message } => message,
        }
    }
}

/// One answer that counts: relevant and not empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerField {
    /// The stable key of the question.
    pub path: String,
    /// The kind of question.
    pub kind: QuestionKind,
    /// The value as XForms writes it.
    pub value: String,
    /// Where the form says the answer goes; see [`crate::Question::save_to`].
    pub save_to: Option<String>,
    /// The class of personal information; see [`crate::Question::class`].
    pub class: Option<String>,
    /// The merge rule; see [`crate::Question::merge`].
    pub merge: Option<String>,
}

/// What an entry changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Changed {
    /// Every node whose relevance, requiredness, value, label or error is not
    /// what it was, the answered one included, in the order of the form.
    pub nodes: Vec<NodeChange>,
}

/// One changed node, as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeChange {
    /// The stable key.
    pub path: String,
    /// Whether the node is gone, with the repeat instance that held it.
    pub removed: bool,
    /// See [`NodeState::relevant`].
    pub relevant: bool,
    /// See [`NodeState::required`].
    pub required: bool,
    /// See [`NodeState::read_only`].
    pub read_only: bool,
    /// See [`NodeState::value`].
    pub value: String,
    /// See [`NodeState::error`].
    pub error: Option<Bilingual>,
}
