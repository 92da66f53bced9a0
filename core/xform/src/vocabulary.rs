//! What the words of XLSForm are in an XForm; reading and writing share it.

use ruhu_form::QuestionKind;
use ruhu_form::definition::Row;

/// The name of Ruhu's column `ruhu::save_to` as an attribute of a bind.
pub(super) const SAVE_TO: &str = "ruhu:save_to";
/// The column `ruhu::class`.
pub(super) const CLASS: &str = "ruhu:class";
/// The column `ruhu::merge`.
pub(super) const MERGE: &str = "ruhu:merge";
/// The kind of a row, where control and bind do not tell it.
pub(super) const KIND: &str = "ruhu:kind";
/// On the bind of a helper node: the value is the count of the repeat of that
/// path, and the node is none of the form's own.
pub(super) const COUNT_OF: &str = "ruhu:count-of";
/// Beside it: the count as the form writes it.
pub(super) const COUNT: &str = "ruhu:count";
/// Parameters that have no attribute of their own: `name=value`, with blanks
/// between.
pub(super) const PARAMETERS_LEFT: &str = "ruhu:parameters";

/// How the id of every filled form is worked out.
pub(super) const INSTANCE_ID: &str = "once(concat('uuid:', uuid()))";

/// Where an attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Bind,
    Body,
}

/// XLSForm's parameters and the attributes they are in an XForm, as pyxform
/// writes them.
pub(super) const PARAMETERS: [(&str, Place, &str); 19] = [
    ("start", Place::Body, "start"),
    ("end", Place::Body, "end"),
    ("step", Place::Body, "step"),
    ("tick_interval", Place::Body, "odk:tick-interval"),
    ("placeholder", Place::Body, "odk:placeholder"),
    ("rows", Place::Body, "rows"),
    ("capture-accuracy", Place::Body, "accuracyThreshold"),
    ("warning-accuracy", Place::Body, "unacceptableAccuracyThreshold"),
    ("incremental", Place::Body, "incremental"),
    ("app", Place::Body, "intent"),
    ("max-pixels", Place::Bind, "orx:max-pixels"),
    ("quality", Place::Bind, "odk:quality"),
    ("allow-mock-accuracy", Place::Bind, "odk:allow-mock-accuracy"),
    ("location-priority", Place::Bind, "odk:location-priority"),
    ("location-min-interval", Place::Bind, "odk:location-min-interval"),
    ("location-max-age", Place::Bind, "odk:location-max-age"),
    ("track-changes", Place::Bind, "odk:track-changes"),
    ("identify-user", Place::Bind, "odk:identify-user"),
    ("track-changes-reasons", Place::Bind, "odk:track-changes-reasons"),
];

/// The parameter that an attribute stands for.
pub(super) fn parameter(place: Place, attribute: &str) -> Option<&'static str> {
    let same = |(_, found, name): &&(&str, Place, &str)| *found == place && *name == attribute;
    PARAMETERS.iter().find(same).map(|(parameter, _, _)| *parameter)
}

/// The type of a bind.
pub(super) fn bind_type(row: &Row) -> &'static str {
    match row.kind {
        QuestionKind::Integer => "int",
        QuestionKind::Decimal => "decimal",
        QuestionKind::Date | QuestionKind::Today => "date",
        QuestionKind::Time => "time",
        QuestionKind::DateTime | QuestionKind::Start | QuestionKind::End => "dateTime",
        QuestionKind::Image
        | QuestionKind::Audio
        | QuestionKind::Video
        | QuestionKind::File
        | QuestionKind::BackgroundAudio
        | QuestionKind::Audit => "binary",
        QuestionKind::Geopoint | QuestionKind::StartGeopoint => "geopoint",
        QuestionKind::Geotrace => "geotrace",
        QuestionKind::Geoshape => "geoshape",
        QuestionKind::Barcode => "barcode",
        QuestionKind::Rank => "odk:rank",
        QuestionKind::Range if has_fractions(row) => "decimal",
        QuestionKind::Range => "int",
        _ => "string",
    }
}

/// Whether a range has steps between whole numbers.
fn has_fractions(row: &Row) -> bool {
    let scale = |name: &str| matches!(name, "start" | "end" | "step");
    row.parameters.iter().any(|(name, value)| scale(name) && value.contains('.'))
}

/// The control of a kind that has one, as pyxform writes it.
pub(super) fn control(kind: QuestionKind) -> Option<&'static str> {
    Some(match kind {
        QuestionKind::SelectOne => "select1",
        QuestionKind::SelectMultiple => "select",
        QuestionKind::Rank => "odk:rank",
        QuestionKind::Range => "range",
        QuestionKind::Acknowledge => "trigger",
        QuestionKind::Image | QuestionKind::Audio | QuestionKind::Video | QuestionKind::File => "upload",
        QuestionKind::Text
        | QuestionKind::Integer
        | QuestionKind::Decimal
        | QuestionKind::Date
        | QuestionKind::Time
        | QuestionKind::DateTime
        | QuestionKind::Note
        | QuestionKind::Geopoint
        | QuestionKind::Geotrace
        | QuestionKind::Geoshape
        | QuestionKind::Barcode => "input",
        _ => return None,
    })
}

/// The media types that an upload takes.
pub(super) fn media_type(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Image => "image/*",
        QuestionKind::Audio => "audio/*",
        QuestionKind::Video => "video/*",
        _ => "application/*",
    }
}

/// The folder of a kind of media in a `jr://` address.
pub(super) fn media_folder(kind: &str) -> &'static str {
    match kind {
        "audio" => "audio",
        "video" => "video",
        _ => "images",
    }
}
