//! A form as its author wrote it: what is stored, sent and hashed. Everything
//! a session needs beyond this is worked out again by compiling.

use crate::labels::Labels;
use crate::question::{Choice, QuestionKind};
use minicbor::{Decode, Encode};

/// The form.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Definition {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub version: String,
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
    #[n(6)]
    pub lists: Vec<ChoiceList>,
    /// External tables and imported trees, after the lists.
    #[n(7)]
    #[cbor(default)]
    pub instances: Vec<Instance>,
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
pub(crate) struct Instance {
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
pub(crate) struct Element {
    #[n(0)]
    pub name: String,
    #[n(1)]
    #[cbor(default)]
    pub attributes: Vec<(String, String)>,
    #[n(2)]
    #[cbor(default)]
    pub text: String,
    /// The index of the element that holds it; none for the first.
    #[n(3)]
    pub parent: Option<u32>,
}

/// What the form creates or updates for every filling: an ODK entity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Entity {
    /// The name of the entity list.
    #[n(0)]
    pub list: String,
    #[n(1)]
    pub entity_id: Option<Cell>,
    #[n(2)]
    pub create_if: Option<Cell>,
    #[n(3)]
    pub update_if: Option<Cell>,
    #[n(4)]
    pub label: Option<Cell>,
    /// The row of the repeat whose instances are entities.
    #[n(5)]
    pub repeat: Option<u32>,
    /// The row of the sheet `entities`, from 1.
    #[n(6)]
    pub line: u32,
}

/// A question, or a group that exists on the screen only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct LayoutItem {
    /// The row shown; none for a group without a place in the answers.
    #[n(0)]
    pub row: Option<u32>,
    /// The item that holds it; it comes earlier.
    #[n(1)]
    pub parent: Option<u32>,
    #[n(2)]
    #[cbor(default)]
    pub labels: Labels,
    #[n(3)]
    pub appearance: Option<String>,
}

/// The choices of one list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct ChoiceList {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub choices: Vec<Choice>,
}

/// One row of the survey. Expressions are kept as written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub(crate) struct Row {
    #[n(0)]
    pub kind: Kind,
    #[n(1)]
    pub name: String,
    /// The index of the group or repeat that holds it; it comes earlier.
    #[n(2)]
    pub parent: Option<u32>,
    #[n(3)]
    pub labels: Labels,
    #[n(4)]
    pub hints: Labels,
    #[n(5)]
    pub relevant: Option<Cell>,
    #[n(6)]
    pub required: Option<Cell>,
    #[n(7)]
    pub required_messages: Labels,
    #[n(8)]
    pub constraint: Option<Cell>,
    #[n(9)]
    pub constraint_messages: Labels,
    #[n(10)]
    pub calculation: Option<Cell>,
    #[n(11)]
    pub default: Option<Cell>,
    #[n(12)]
    pub read_only: Option<Cell>,
    #[n(13)]
    pub appearance: Option<String>,
    #[n(14)]
    pub list: Option<String>,
    #[n(15)]
    pub choice_filter: Option<Cell>,
    #[n(16)]
    pub repeat_count: Option<Cell>,
    #[n(17)]
    pub save_to: Option<String>,
    #[n(18)]
    pub class: Option<String>,
    #[n(19)]
    pub merge: Option<String>,
    /// The row of the survey sheet, from 1.
    #[n(20)]
    pub line: u32,
    /// The column `parameters`, names in lower case: `start`, `max-pixels`,
    /// `randomize`, `seed`, and for the kind `property` its `name`.
    #[n(21)]
    #[cbor(default)]
    pub parameters: Vec<(String, String)>,
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
pub(crate) struct Action {
    #[n(0)]
    pub event: Event,
    /// The question whose change is meant: `${name}` or a path.
    #[n(1)]
    pub source: Option<Cell>,
    #[n(2)]
    pub does: Does,
    /// The value; blank when there is none.
    #[n(3)]
    pub value: Option<Cell>,
    /// Whether the value is a text rather than an expression.
    #[n(4)]
    #[cbor(default)]
    pub literal: bool,
}

/// When an action is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Event {
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
pub(crate) enum Does {
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
pub(crate) struct Itemset {
    /// The nodes before the row's `choice_filter`: `instance('x')/root/item`,
    /// `${repeat}`.
    #[n(0)]
    pub nodes: Cell,
    /// The child of a node that holds the value.
    #[n(1)]
    pub value: String,
    /// The child that holds the label.
    #[n(2)]
    pub label: String,
}

/// The text of a cell that holds an expression, with its column's heading.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Cell {
    #[n(0)]
    pub text: String,
    #[n(1)]
    pub column: String,
}

/// [`QuestionKind`] with the numbers it is stored under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Kind {
    #[n(0)]
    #[default]
    Text,
    #[n(1)]
    Integer,
    #[n(2)]
    Decimal,
    #[n(3)]
    Date,
    #[n(4)]
    Time,
    #[n(5)]
    DateTime,
    #[n(6)]
    SelectOne,
    #[n(7)]
    SelectMultiple,
    #[n(8)]
    Note,
    #[n(9)]
    Calculate,
    #[n(10)]
    Image,
    #[n(11)]
    Geopoint,
    #[n(12)]
    Acknowledge,
    #[n(13)]
    Hidden,
    #[n(14)]
    Start,
    #[n(15)]
    End,
    #[n(16)]
    Today,
    #[n(17)]
    Group,
    #[n(18)]
    Repeat,
    #[n(19)]
    Range,
    #[n(20)]
    Barcode,
    #[n(21)]
    Rank,
    #[n(22)]
    Geotrace,
    #[n(23)]
    Geoshape,
    #[n(24)]
    Audio,
    #[n(25)]
    Video,
    #[n(26)]
    File,
    #[n(27)]
    Property,
    #[n(28)]
    StartGeopoint,
    #[n(29)]
    BackgroundAudio,
    #[n(30)]
    Audit,
}

macro_rules! same_names {
    ($($name:ident),*) => {
        impl From<Kind> for QuestionKind {
            fn from(kind: Kind) -> Self { match kind { $(Kind::$name => QuestionKind::$name),* } }
        }
        impl From<QuestionKind> for Kind {
            fn from(kind: QuestionKind) -> Self { match kind { $(QuestionKind::$name => Kind::$name),* } }
        }
    };
}
same_names!(
    Text,
    Integer,
    Decimal,
    Date,
    Time,
    DateTime,
    SelectOne,
    SelectMultiple,
    Note,
    Calculate,
    Image,
    Geopoint,
    Acknowledge,
    Hidden,
    Start,
    End,
    Today,
    Group,
    Repeat,
    Range,
    Barcode,
    Rank,
    Geotrace,
    Geoshape,
    Audio,
    Video,
    File,
    Property,
    StartGeopoint,
    BackgroundAudio,
    Audit
);
