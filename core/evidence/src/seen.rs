//! Pictures that were there before: one photo for two households, an old photo again, one picture for two
//! questions.

use ruhu_case::{DocId, Evidence, Value};
use ruhu_letter::signature::Shape;
use ruhu_text::Bilingual;
use ruhu_vision::picture::{PhotoHash, Sought};
use serde::Serialize;

use crate::signature::is_signature;

/// A picture that a new one looks like, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The household.
    pub case: String,
    /// Its head and address, as people name it.
    pub household: String,
    /// The entry of the household.
    pub evidence: String,
    /// What the earlier one shows, as whoever attached it said: a known word, or the question that it
    /// answers.
    pub kind: String,
    /// When it was attached, Unix milliseconds by that phone.
    pub attached_at_ms: Option<i64>,
    /// Whether it is of the household that the new one is attached to.
    pub same_household: bool,
    /// Both places, for a person. It names people: it belongs into no log.
    pub warning: Bilingual,
}

impl Seen {
    /// An earlier picture of a household. `new_place`: the household of the new one with its name, and the
    /// new one's kind.
    pub fn of(
        (doc, household): (&DocId, String),
        entry: &Evidence,
        (new_doc, new_household, new_kind): (&DocId, &str, &str),
    ) -> Seen {
        let kind = entry.kind.clone().unwrap_or_default();
        let same_household = doc == new_doc;
        let (zh, en, zh_of, en_shows) = match is_signature(entry) {
            true => ("签名", "signature", "同一笔迹", "is the same drawing"),
            false => ("照片", "photo", "同一画面", "shows the same picture"),
        };
        let warning = match same_household {
            true => Bilingual::new(
                format!("“{new_kind}”的{zh}与本户“{kind}”的{zh}是{zh_of}。"),
                format!("The {en} for “{new_kind}” {en_shows} as “{kind}” of this household."),
            ),
            false => Bilingual::new(
                format!("“{new_household}”的“{new_kind}”与“{household}”的“{kind}”是{zh_of}。"),
                format!("“{new_kind}” of “{new_household}” {en_shows} as “{kind}” of “{household}”."),
            ),
        };
        let attached_at_ms = match entry.fields.get("attached_at") {
            Some(Value::Timestamp(ms)) => Some(*ms),
            _ => None,
        };
        let (case, evidence) = (doc.to_string(), entry.id.clone());
        Seen { case, household, evidence, kind, attached_at_ms, same_household, warning }
    }
}

/// Which of these look like a picture: stored again, smaller, brighter, cut a little. `known` are what
/// pictures look like, as their entries say it; what cannot be read looks like nothing.
pub fn seen_before<P>(likeness: &PhotoHash, known: impl IntoIterator<Item = (P, String)>) -> Vec<P> {
    let sought = Sought::new(likeness.clone());
    let same = |text: &str| PhotoHash::from_text(text).is_ok_and(|other| sought.is(&other));
    known.into_iter().filter(|(_, text)| same(text)).map(|(place, _)| place).collect()
}

/// Which of these are the same drawing as a signature, as [`seen_before`].
pub fn drawn_before<P>(shape: &Shape, known: impl IntoIterator<Item = (P, String)>) -> Vec<P> {
    let same = |text: &str| Shape::from_text(text).is_some_and(|other| other.is_same(shape));
    known.into_iter().filter(|(_, text)| same(text)).map(|(place, _)| place).collect()
}

/// Whether a text says what a picture, or strokes, look like.
pub fn is_likeness(text: &str) -> bool {
    Shape::from_text(text).is_some() || !text.is_empty() && PhotoHash::from_text(text).is_ok()
}
