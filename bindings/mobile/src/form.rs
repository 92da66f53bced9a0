//! What forms are made of: texts in two languages and kinds of questions.

use ruhu_device::FormVersion;
use ruhu_form::{Labels, QuestionKind};
use ruhu_text::{Bilingual, Lang};

/// A text in both languages. A form that lacks one gives the other here.
#[uniffi::remote(Record)]
#[uniffi(name = "LocalizedText")]
pub struct Bilingual {
    /// The Chinese text.
    pub zh: String,
    /// The English text.
    pub en: String,
}

/// A language of what is said to people.
#[uniffi::remote(Enum)]
#[uniffi(name = "Language")]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

// A form's texts cross in Ruhu's two languages.
uniffi::custom_type!(Labels, Bilingual, {
    remote,
    lower: |labels| labels.bilingual(),
    try_lift: |text| Ok(text.into()),
});

/// A form on the device.
#[uniffi::remote(Record)]
pub struct FormVersion {
    /// The form's id.
    pub id: String,
    /// The form's version.
    pub version: String,
    /// Whether the server withdrew it: it is not offered for new visits, open visits go on with it.
    pub withdrawn: bool,
}

/// What kind of answer a question takes, after XLSForm's types.
#[uniffi::remote(Enum)]
pub enum QuestionKind {
    /// Free text.
    Text,
    /// A whole number.
    Integer,
    /// A number with a decimal point.
    Decimal,
    /// A calendar day, `2026-11-22`.
    Date,
    /// A time of day, `08:30:00`.
    Time,
    /// A day and time, `2026-11-22T08:30:00.000+08:00`.
    DateTime,
    /// One choice of a list.
    SelectOne,
    /// Several choices of a list, separated by blanks.
    SelectMultiple,
    /// A text to read; takes no answer.
    Note,
    /// A value the form works out.
    Calculate,
    /// A picture; the value is a file name. Appearance `signature` for a drawn signature.
    Image,
    /// A place: latitude, longitude, altitude (m), accuracy (m).
    Geopoint,
    /// A tick; the value is `OK`.
    Acknowledge,
    /// A value that is kept but not shown.
    Hidden,
    /// When the form was begun.
    Start,
    /// When the form was last changed.
    End,
    /// The day the form was begun.
    Today,
    /// A group of questions.
    Group,
    /// A group that may be answered several times.
    Repeat,
    /// A number on a scale.
    Range,
    /// A text read from a barcode.
    Barcode,
    /// All choices of a list, in an order of preference.
    Rank,
    /// A line of places, separated by semicolons.
    Geotrace,
    /// A closed line of places, the last like the first.
    Geoshape,
    /// A recording; the value is a file name.
    Audio,
    /// A film; the value is a file name.
    Video,
    /// Any file; the value is its name.
    File,
    /// Something about the device or its user that the host knows.
    Property,
    /// The place where the form was begun; the host provides it.
    StartGeopoint,
    /// A recording made while the form is filled; the host provides it.
    BackgroundAudio,
    /// The log of how the form was filled; the host provides it.
    Audit,
}
