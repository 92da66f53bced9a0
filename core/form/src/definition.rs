//! A form as its author wrote it: what is stored, sent and hashed. Readers of
//! files fill it, writers of files write it, [`crate::Form::compile`] makes a
//! form of it; everything that a session needs beyond it is worked out then.

use crate::choices::Choice;
use crate::labels::Labels;
use crate::parameters::Parameters;
use crate::question::QuestionKind;
use minicbor::{Decode, Encode};
use ruhu_xpath::{Expr, is_name};
use std::sync::Arc;

/// The deepest nesting of groups and repeats.
pub const MAX_DEPTH: usize = 24;
/// The most rows of a survey.
pub const MAX_ROWS: usize = 20_000;
/// The most choices of all lists together.
pub const MAX_CHOICES: usize = 200_000;

/// The form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Definition {
    /// The `form_id` of the settings sheet.
    #[n(0)]
    pub id: String,
    /// The `version` of the settings sheet.
    #[n(1)]
    pub version: String,
    /// The `form_title` of the settings sheet.
    #[n(2)]
    pub title: String,
    /// The name of the root node, first step of every path.
    #[n(3)]
    pub root: String,
    /// The default language first.
    #[n(4)]
    pub languages: Vec<String>,
    /// The rows in document order.
    #[n(5)]
    pub rows: Vec<Row>,
    /// The choice lists.
    #[n(6)]
    pub lists: Vec<ChoiceList>,
    /// External tables and imported trees, after the lists.
    #[n(7)]
    #[cbor(default)]
    pub instances: Vec<Instance>,
    /// What every filling creates or updates.
    #[n(8)]
    #[cbor(default)]
    pub entities: Vec<Entity>,
    /// Settings that the engine does not act on, kept for hosts and for export:
    /// `style`, `submission_url`, `auto_send`, `public_key`, ...
    #[n(9)]
    #[cbor(default)]
    pub settings: Vec<(String, String)>,
    /// The order and grouping of the questions on the screen, where it is not
    /// that of the rows (imported XForms); empty where it is.
    #[n(10)]
    #[cbor(default)]
    pub layout: Vec<LayoutItem>,
    /// The texts that expressions may ask for by their ids (`jr:itext`), in the
    /// order of the ids; none where none does, so that such forms keep their bytes.
    #[n(11)]
    pub texts: Option<Vec<(String, Labels)>>,
}

/// A secondary instance: `instance('id')` in expressions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Instance {
    /// What expressions call it.
    #[n(0)]
    pub id: String,
    /// The file its content comes from: `villages.csv`.
    #[n(1)]
    pub file: Option<String>,
    /// The elements, each after the one that holds it, the first above all;
    /// empty until the file is attached.
    #[n(2)]
    #[cbor(default)]
    pub elements: Vec<Element>,
}

/// An element of an instance: text, or elements below it. They stand in a flat
/// list, for hostile bytes must not make deep recursion.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Element {
    /// Its name, without a prefix.
    #[n(0)]
    pub name: String,
    /// Names and values.
    #[n(1)]
    #[cbor(default)]
    pub attributes: Vec<(String, String)>,
    /// Its text; empty when it holds elements.
    #[n(2)]
    #[cbor(default)]
    pub text: String,
    /// The index of the element that holds it; none for the first.
    #[n(3)]
    pub parent: Option<u32>,
}

/// What the form creates or updates for every filling: an ODK entity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Entity {
    /// The name of the entity list.
    #[n(0)]
    pub list: String,
    /// The id of the entity that is updated.
    #[n(1)]
    pub entity_id: Option<Source>,
    /// When an entity is created.
    #[n(2)]
    pub create_if: Option<Source>,
    /// When it is updated.
    #[n(3)]
    pub update_if: Option<Source>,
    /// What the entity is called.
    #[n(4)]
    pub label: Option<Source>,
    /// The row of the repeat whose instances are entities.
    #[n(5)]
    pub repeat: Option<u32>,
    /// The row of the sheet `entities`, from 1.
    #[n(6)]
    pub line: u32,
}

/// A question, or a group that exists on the screen only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct LayoutItem {
    /// The row shown; none for a group without a place in the answers.
    #[n(0)]
    pub row: Option<u32>,
    /// The item that holds it; it comes earlier.
    #[n(1)]
    pub parent: Option<u32>,
    /// The group's own labels.
    #[n(2)]
    #[cbor(default)]
    pub labels: Labels,
    /// The group's own appearance.
    #[n(3)]
    pub appearance: Option<String>,
}

/// The choices of one list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ChoiceList {
    /// Its name in the column `list_name`.
    #[n(0)]
    pub name: String,
    /// The choices in their order, kept here once for all who offer them.
    #[n(1)]
    #[cbor(with = "crate::choices::shared")]
    pub choices: Arc<[Choice]>,
}

/// One row of the survey. Expressions are kept as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Row {
    /// The column `type`.
    #[n(0)]
    pub kind: QuestionKind,
    /// The column `name`, a step of paths.
    #[n(1)]
    pub name: String,
    /// The index of the group or repeat that holds it; it comes earlier.
    #[n(2)]
    pub parent: Option<u32>,
    /// The column `label`, by language.
    #[n(3)]
    pub labels: Labels,
    /// The column `help`.
    #[n(4)]
    pub hints: Labels,
    /// When it applies.
    #[n(5)]
    pub relevant: Option<Source>,
    /// When it must be answered.
    #[n(6)]
    pub required: Option<Source>,
    /// What is said when it is not.
    #[n(7)]
    pub required_messages: Labels,
    /// What must hold of its value.
    #[n(8)]
    pub constraint: Option<Source>,
    /// What is said when it does not.
    #[n(9)]
    pub constraint_messages: Labels,
    /// What its value is worked out from.
    #[n(10)]
    pub calculation: Option<Source>,
    /// What stands in a new node; see [`Row::default_value`].
    #[n(11)]
    pub default: Option<Source>,
    /// When it may only be read.
    #[n(12)]
    pub read_only: Option<Source>,
    /// The column `appearance`.
    #[n(13)]
    pub appearance: Option<String>,
    /// The name of its choice list.
    #[n(14)]
    pub list: Option<String>,
    /// What must hold of a choice on offer.
    #[n(15)]
    pub choice_filter: Option<Source>,
    /// How many instances a repeat has.
    #[n(16)]
    pub repeat_count: Option<Source>,
    /// The column `ruhu::save_to`; see [`crate::Question::save_to`].
    #[n(17)]
    pub save_to: Option<String>,
    /// The column `ruhu::class`; see [`crate::Question::class`].
    #[n(18)]
    pub class: Option<String>,
    /// The column `ruhu::merge`; see [`crate::Question::merge`].
    #[n(19)]
    pub merge: Option<String>,
    /// The row of the survey sheet, from 1.
    #[n(20)]
    pub line: u32,
    /// The column `parameters`, names in lower case: `start`, `max-pixels`,
    /// `randomize`, `seed`, and for the kind `property` its `name`.
    #[n(21)]
    #[cbor(default)]
    pub parameters: Parameters,
    /// Whether the default is a text, whatever it looks like.
    #[n(22)]
    #[cbor(default)]
    pub literal_default: bool,
    /// What sets the value when something happens.
    #[n(23)]
    #[cbor(default)]
    pub actions: Vec<Action>,
    /// Choices that are nodes: of an instance, or of a repeat.
    #[n(24)]
    pub itemset: Option<Itemset>,
    /// Media files by kind: `image`, `big-image`, `audio`, `video`.
    #[n(25)]
    #[cbor(default)]
    pub media: Vec<(String, Labels)>,
    /// Hints for the training and for print.
    #[n(26)]
    #[cbor(default)]
    pub guidance_hints: Labels,
    /// The property of the entity that the answer is saved to (`save_to`).
    #[n(27)]
    pub entity_property: Option<String>,
    /// Attributes that are handed through: `bind::`, `body::`, `instance::`
    /// and the name.
    #[n(28)]
    #[cbor(default)]
    pub attributes: Vec<(String, String)>,
}

/// Sets the value of the row it stands at when something happens
/// (ODK XForms, section Events).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Action {
    /// When it is done.
    #[n(0)]
    pub event: Event,
    /// The question whose change is meant: `${name}` or a path.
    #[n(1)]
    pub source: Option<Source>,
    /// What it does.
    #[n(2)]
    pub kind: ActionKind,
    /// The value; blank when there is none.
    #[n(3)]
    pub value: Option<Source>,
    /// Whether the value is a text rather than an expression.
    #[n(4)]
    #[cbor(default)]
    pub literal: bool,
}

/// When an action is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Event {
    /// `odk-instance-first-load`: a form is begun.
    #[n(0)]
    FirstLoad,
    /// `odk-instance-load`: a form is begun, or a draft opened again.
    #[n(1)]
    Load,
    /// `odk-new-repeat`: an instance of the repeat that holds it is added.
    #[n(2)]
    NewRepeat,
    /// `xforms-value-changed` of the source.
    #[n(3)]
    ValueChanged,
}

/// What an action does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ActionKind {
    /// `setvalue`
    #[n(0)]
    SetValue,
    /// `odk:setgeopoint`: the host is asked for the place.
    #[n(1)]
    SetGeopoint,
    /// `odk:recordaudio`: the host is asked to record.
    #[n(2)]
    RecordAudio,
}

/// Choices that are nodes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Itemset {
    /// The nodes before the row's `choice_filter`: `instance('x')/root/item`,
    /// `${repeat}`.
    #[n(0)]
    pub nodes: Source,
    /// The child of a node that holds the value.
    #[n(1)]
    pub value: String,
    /// The child that holds the label.
    #[n(2)]
    pub label: String,
}

/// The text of a cell that holds an expression, with its column's heading.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Source {
    /// The expression as it is written.
    #[n(0)]
    pub text: String,
    /// The heading.
    #[n(1)]
    pub column: String,
}

/// What stands in a new node: what the cell `default` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue<'a> {
    /// This text.
    Text(&'a str),
    /// What this expression gives when the node comes to be.
    Expression(&'a Source),
}

impl Row {
    /// What stands in a new node, if anything. A default is an expression when
    /// it names a question, calls a function or reckons with numbers;
    /// `2026-11-22` is not a subtraction.
    pub fn default_value(&self) -> Option<DefaultValue<'_>> {
        let cell = self.default.as_ref()?;
        if self.literal_default {
            return Some(DefaultValue::Text(&cell.text));
        }
        let text = cell.text.trim();
        let call = text.split_once('(').is_some_and(|(name, rest)| {
            rest.ends_with(')') && name.split(':').all(|part| is_name(part) && part.is_ascii())
        });
        let computes = |expr: &Expr| expr.has_call() || expr.is_arithmetic(text.contains(" - "));
        let is_expression =
            text.contains("${") || call || ruhu_xpath::parse(text).is_ok_and(|expr| computes(&expr));
        Some(if is_expression { DefaultValue::Expression(cell) } else { DefaultValue::Text(text) })
    }
}
