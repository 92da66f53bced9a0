//! A form as its author wrote it: what is stored, sent and hashed. Everything
//! a session needs beyond this is worked out again by compiling.

use crate::lang::Labels;
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
    Repeat
);
