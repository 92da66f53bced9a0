//! What kind of question a control and a bind make together.

use crate::vocabulary::KIND;
use crate::xml::Node;
use ruhu_form::QuestionKind;

/// The type of a bind, without the prefix of XML Schema.
pub(super) fn type_of(bind: Option<Node<'_>>) -> &str {
    let text = bind.and_then(|bind| bind.attribute("type")).unwrap_or("string").trim();
    text.strip_prefix("xsd:").unwrap_or(text)
}

/// The kind of a node that holds a value.
pub(super) fn kind(control: Option<Node<'_>>, bind: Option<Node<'_>>, has_default: bool) -> QuestionKind {
    let own = bind.and_then(|bind| bind.attribute(KIND));
    if let Some(kind) = own.and_then(own_kind) {
        return kind;
    }
    match control {
        Some(control) => shown(control, bind, has_default),
        None => unseen(bind),
    }
}

/// The kinds that are written out where control and bind do not tell them.
fn own_kind(name: &str) -> Option<QuestionKind> {
    Some(match name {
        "note" => QuestionKind::Note,
        "text" => QuestionKind::Text,
        "calculate" => QuestionKind::Calculate,
        "hidden" => QuestionKind::Hidden,
        _ => return None,
    })
}

fn shown(control: Node<'_>, bind: Option<Node<'_>>, has_default: bool) -> QuestionKind {
    match control.name() {
        "select1" => QuestionKind::SelectOne,
        "select" if type_of(bind) == "odk:rank" => QuestionKind::Rank,
        "select" => QuestionKind::SelectMultiple,
        "odk:rank" | "rank" => QuestionKind::Rank,
        "range" => QuestionKind::Range,
        "trigger" => QuestionKind::Acknowledge,
        "upload" => upload(control),
        _ => input(bind, has_default),
    }
}

fn upload(control: Node<'_>) -> QuestionKind {
    let media = control.attribute("mediatype").unwrap_or("");
    match media.split('/').next().unwrap_or("").trim() {
        "image" => QuestionKind::Image,
        "audio" => QuestionKind::Audio,
        "video" => QuestionKind::Video,
        _ => QuestionKind::File,
    }
}

fn input(bind: Option<Node<'_>>, has_default: bool) -> QuestionKind {
    match type_of(bind) {
        "int" | "integer" | "long" => QuestionKind::Integer,
        "decimal" | "double" | "float" => QuestionKind::Decimal,
        "date" => QuestionKind::Date,
        "time" => QuestionKind::Time,
        "dateTime" => QuestionKind::DateTime,
        "geopoint" => QuestionKind::Geopoint,
        "geotrace" => QuestionKind::Geotrace,
        "geoshape" => QuestionKind::Geoshape,
        "barcode" => QuestionKind::Barcode,
        "binary" => QuestionKind::File,
        _ if is_note(bind) && !has_default => QuestionKind::Note,
        _ => QuestionKind::Text,
    }
}

/// A text that nobody may answer and that never has a value is there to read.
fn is_note(bind: Option<Node<'_>>) -> bool {
    let attribute = |name: &str| bind.and_then(|bind| bind.attribute(name));
    attribute("readonly").is_some_and(|value| value.trim() == "true()")
        && attribute("calculate").is_none()
        && attribute("jr:preload").is_none()
}

/// What stands in no control.
fn unseen(bind: Option<Node<'_>>) -> QuestionKind {
    let attribute = |name: &str| bind.and_then(|bind| bind.attribute(name)).map(str::trim);
    match (attribute("jr:preload"), attribute("jr:preloadParams")) {
        (Some("timestamp"), Some("start")) => QuestionKind::Start,
        (Some("timestamp"), Some("end")) => QuestionKind::End,
        (Some("date"), Some("today")) => QuestionKind::Today,
        (Some("property"), _) => QuestionKind::Property,
        (Some("uid"), _) => QuestionKind::Calculate,
        _ if attribute("calculate").is_some() => QuestionKind::Calculate,
        _ => QuestionKind::Hidden,
    }
}
