//! What kind of question a control and a bind make together.

use crate::form::definition::Kind;
use crate::xform::vocabulary::KIND;
use crate::xform::xml::Node;

/// The type of a bind, without the prefix of XML Schema.
pub(super) fn type_of(bind: Option<Node<'_>>) -> &str {
    let text = bind.and_then(|bind| bind.attribute("type")).unwrap_or("string").trim();
    text.strip_prefix("xsd:").unwrap_or(text)
}

/// The kind of a node that holds a value.
pub(super) fn kind(control: Option<Node<'_>>, bind: Option<Node<'_>>, has_default: bool) -> Kind {
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
fn own_kind(name: &str) -> Option<Kind> {
    Some(match name {
        "note" => Kind::Note,
        "text" => Kind::Text,
        "calculate" => Kind::Calculate,
        "hidden" => Kind::Hidden,
        _ => return None,
    })
}

fn shown(control: Node<'_>, bind: Option<Node<'_>>, has_default: bool) -> Kind {
    match control.name() {
        "select1" => Kind::SelectOne,
        "select" if type_of(bind) == "odk:rank" => Kind::Rank,
        "select" => Kind::SelectMultiple,
        "odk:rank" | "rank" => Kind::Rank,
        "range" => Kind::Range,
        "trigger" => Kind::Acknowledge,
        "upload" => upload(control),
        _ => input(bind, has_default),
    }
}

fn upload(control: Node<'_>) -> Kind {
    let media = control.attribute("mediatype").unwrap_or("");
    match media.split('/').next().unwrap_or("").trim() {
        "image" => Kind::Image,
        "audio" => Kind::Audio,
        "video" => Kind::Video,
        _ => Kind::File,
    }
}

fn input(bind: Option<Node<'_>>, has_default: bool) -> Kind {
    match type_of(bind) {
        "int" | "integer" | "long" => Kind::Integer,
        "decimal" | "double" | "float" => Kind::Decimal,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "dateTime" => Kind::DateTime,
        "geopoint" => Kind::Geopoint,
        "geotrace" => Kind::Geotrace,
        "geoshape" => Kind::Geoshape,
        "barcode" => Kind::Barcode,
        "binary" => Kind::File,
        _ if is_note(bind) && !has_default => Kind::Note,
        _ => Kind::Text,
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
fn unseen(bind: Option<Node<'_>>) -> Kind {
    let attribute = |name: &str| bind.and_then(|bind| bind.attribute(name)).map(str::trim);
    match (attribute("jr:preload"), attribute("jr:preloadParams")) {
        (Some("timestamp"), Some("start")) => Kind::Start,
        (Some("timestamp"), Some("end")) => Kind::End,
        (Some("date"), Some("today")) => Kind::Today,
        (Some("property"), _) => Kind::Property,
        (Some("uid"), _) => Kind::Calculate,
        _ if attribute("calculate").is_some() => Kind::Calculate,
        _ => Kind::Hidden,
    }
}
