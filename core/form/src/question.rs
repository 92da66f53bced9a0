//! The kinds of questions and what a form says about each.

use crate::choices::Choice;
use crate::labels::Labels;
use crate::parameters::Parameters;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What kind of answer a row of the survey takes, after XLSForm's types. Forms
/// store its number.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    Serialize,
    Deserialize,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Free text.
    #[n(0)]
    #[default]
    Text,
    /// A whole number.
    #[n(1)]
    Integer,
    /// A number with a decimal point.
    #[n(2)]
    Decimal,
    /// A calendar day, `2026-11-22`.
    #[n(3)]
    Date,
    /// A time of day, `08:30:00`.
    #[n(4)]
    Time,
    /// A day and time, `2026-11-22T08:30:00.000+08:00`.
    #[n(5)]
    DateTime,
    /// One choice of a list.
    #[n(6)]
    SelectOne,
    /// Several choices of a list, separated by blanks.
    #[n(7)]
    SelectMultiple,
    /// A text to read; takes no answer.
    #[n(8)]
    Note,
    /// A value the form works out.
    #[n(9)]
    Calculate,
    /// A picture; the value is a file name. Appearance `signature` for a
    /// drawn signature.
    #[n(10)]
    Image,
    /// A place: latitude, longitude, altitude (m), accuracy (m).
    #[n(11)]
    Geopoint,
    /// A tick; the value is `OK`.
    #[n(12)]
    Acknowledge,
    /// A value that is kept but not shown.
    #[n(13)]
    Hidden,
    /// When the form was begun.
    #[n(14)]
    Start,
    /// When the form was last changed.
    #[n(15)]
    End,
    /// The day the form was begun.
    #[n(16)]
    Today,
    /// A group of questions.
    #[n(17)]
    Group,
    /// A group that may be answered several times.
    #[n(18)]
    Repeat,
    /// A number on a scale, with the parameters `start`, `end` and `step`.
    #[n(19)]
    Range,
    /// A text read from a barcode.
    #[n(20)]
    Barcode,
    /// All choices of a list, in an order of preference.
    #[n(21)]
    Rank,
    /// A line of places, separated by semicolons.
    #[n(22)]
    Geotrace,
    /// A closed line of places, the last like the first.
    #[n(23)]
    Geoshape,
    /// A recording; the value is a file name.
    #[n(24)]
    Audio,
    /// A film; the value is a file name.
    #[n(25)]
    Video,
    /// Any file; the value is its name.
    #[n(26)]
    File,
    /// Something about the device or its user that the host knows, with the
    /// parameter `name`: `deviceid`, `phonenumber`, `username`, `email`,
    /// `simserial`, `subscriberid`.
    #[n(27)]
    Property,
    /// The place where the form was begun; the host provides it.
    #[n(28)]
    StartGeopoint,
    /// A recording made while the form is filled; the host provides it.
    #[n(29)]
    BackgroundAudio,
    /// The log of how the form was filled; the host provides it.
    #[n(30)]
    Audit,
}

impl QuestionKind {
    /// The XLSForm name of the kind (`begin_group` is `group` here).
    pub fn name(self) -> &'static str {
        match self {
            QuestionKind::Text => "text",
            QuestionKind::Integer => "integer",
            QuestionKind::Decimal => "decimal",
            QuestionKind::Date => "date",
            QuestionKind::Time => "time",
            QuestionKind::DateTime => "dateTime",
            QuestionKind::SelectOne => "select_one",
            QuestionKind::SelectMultiple => "select_multiple",
            QuestionKind::Note => "note",
            QuestionKind::Calculate => "calculate",
            QuestionKind::Image => "image",
            QuestionKind::Geopoint => "geopoint",
            QuestionKind::Acknowledge => "acknowledge",
            QuestionKind::Hidden => "hidden",
            QuestionKind::Start => "start",
            QuestionKind::End => "end",
            QuestionKind::Today => "today",
            QuestionKind::Group => "group",
            QuestionKind::Repeat => "repeat",
            QuestionKind::Range => "range",
            QuestionKind::Barcode => "barcode",
            QuestionKind::Rank => "rank",
            QuestionKind::Geotrace => "geotrace",
            QuestionKind::Geoshape => "geoshape",
            QuestionKind::Audio => "audio",
            QuestionKind::Video => "video",
            QuestionKind::File => "file",
            QuestionKind::Property => "property",
            QuestionKind::StartGeopoint => "start-geopoint",
            QuestionKind::BackgroundAudio => "background-audio",
            QuestionKind::Audit => "audit",
        }
    }

    /// Whether the row holds other rows.
    pub fn is_container(self) -> bool {
        matches!(self, QuestionKind::Group | QuestionKind::Repeat)
    }

    /// Whether a person may answer it.
    pub fn is_answerable(self) -> bool {
        use QuestionKind::{Calculate, Note};
        !matches!(self, Calculate | Note) && !self.is_container() && !self.is_metadata()
    }

    /// Whether the engine or the host fills it in, not a person.
    pub fn is_metadata(self) -> bool {
        use QuestionKind::{Audit, BackgroundAudio, End, Property, Start, StartGeopoint, Today};
        matches!(self, Audit | BackgroundAudio | End | Property | Start | StartGeopoint | Today)
    }

    /// Whether the host fills it in, by [`crate::JournalEntry::Provide`].
    pub fn is_provided(self) -> bool {
        use QuestionKind::{Audit, BackgroundAudio, Property, StartGeopoint};
        matches!(self, Audit | BackgroundAudio | Property | StartGeopoint)
    }

    /// Whether the value is the name of a file.
    pub fn is_file(self) -> bool {
        use QuestionKind::{Audio, Audit, BackgroundAudio, File, Image, Video};
        matches!(self, Audio | Audit | BackgroundAudio | File | Image | Video)
    }

    /// Whether a host shows it: everything but values kept behind the scenes.
    pub fn is_shown(self) -> bool {
        use QuestionKind::{Calculate, Hidden};
        !matches!(self, Calculate | Hidden) && !self.is_container() && !self.is_metadata()
    }

    /// Whether two answers compare as numbers.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, QuestionKind::Integer | QuestionKind::Decimal | QuestionKind::Range)
    }
}

/// A row of the survey: a question, a group or a repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The path without positions: `/home_visit/team/investigator/name`.
    pub path: String,
    /// The last step of the path.
    pub name: String,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// The labels as written, `${...}` unfilled; a session fills them.
    pub labels: Labels,
    /// The hints as written.
    pub hints: Labels,
    /// The column `appearance`, for the host.
    pub appearance: Option<String>,
    /// The column `ruhu::save_to`: the field of the household document that
    /// the answer is written to, `case/house_area`. A suffix tells the stored
    /// type: `:fen` for yuan kept as whole fen, `:int` for a whole number.
    pub save_to: Option<String>,
    /// The column `ruhu::class`: the class of personal information, `N`
    /// normal, `S` sensitive (个人信息保护法 article 28), `M` of a child under
    /// 14 (article 31), `B` biometric.
    pub class: Option<String>,
    /// The column `ruhu::merge`: `eligibility` when a conflict here must be
    /// settled before a case is closed.
    pub merge: Option<String>,
    /// The choices before any filter, shared by all questions of the list; empty
    /// unless it is a select.
    pub choices: Arc<[Choice]>,
    /// Whether a choice filter narrows the list.
    pub filtered: bool,
    /// Whether the form works the value out, so that nobody may answer it.
    pub calculated: bool,
    /// Whether nobody may ever answer it: the column `readonly` says so whatever is answered elsewhere.
    pub read_only: bool,
    /// How many repeats stand above it (a repeat does not count itself).
    pub repeat_depth: u32,
    /// The column `parameters`, names in lower case: `start`, `end`, `step`
    /// of a range, `max-pixels` of a picture, `name` of a property.
    pub parameters: Parameters,
    /// Media files by kind: `image`, `big-image`, `audio`, `video`.
    pub media: Vec<(String, Labels)>,
    /// Hints for the training and for print, as written.
    pub guidance_hints: Labels,
}

impl Question {
    /// The label in a language of the form; see [`Labels::get`].
    pub fn label(&self, language: &str) -> &str {
        self.labels.get(language)
    }

    /// A parameter by its name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name)
    }
}
