//! Where a field stands in a document. Paths are text outside (`people/<id>/name`) and places inside.

use crate::DocKind;
use crate::error::{CaseError, PathFault};
use crate::limits::{ID_BYTES, KEY_BYTES};

const ANSWERS: &str = "answers";

/// The maps beneath a document's root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Collection {
    Case,
    People,
    Records,
    Evidence,
    Events,
    Accounts,
    Reports,
}

impl Collection {
    /// In the order in which the base creates them: part of the base's bytes, never changed.
    pub(crate) fn of(kind: DocKind) -> &'static [Collection] {
        use Collection::*;
        match kind {
            DocKind::Household | DocKind::Lead => &[Case, People, Records, Evidence, Events],
            DocKind::Finance => &[Case, Accounts, Reports, Evidence, Events],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Collection::Case => "case",
            Collection::People => "people",
            Collection::Records => "records",
            Collection::Evidence => "evidence",
            Collection::Events => "events",
            Collection::Accounts => "accounts",
            Collection::Reports => "reports",
        }
    }

    fn named(kind: DocKind, name: &str) -> Option<Collection> {
        Collection::of(kind).iter().copied().find(|c| c.name() == name)
    }
}

/// One map of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Place {
    Root,
    Collection(Collection),
    /// A person, a record, a piece of evidence ...
    Child(Collection, String),
    /// The answers of a record.
    Answers(String),
    /// A map that this version does not know: kept in the document, not shown.
    Foreign,
}

impl Place {
    /// The map that `key` of this map names.
    pub(crate) fn enter(&self, kind: DocKind, key: &str) -> Place {
        match self {
            Place::Root => Collection::named(kind, key).map_or(Place::Foreign, Place::Collection),
            Place::Collection(Collection::Case) => Place::Foreign,
            Place::Collection(c) if is_id(key) => Place::Child(*c, key.to_owned()),
            Place::Child(Collection::Records, id) if key == ANSWERS => Place::Answers(id.clone()),
            _ => Place::Foreign,
        }
    }

    /// The path of the field that `key` of this map holds; `None` where no field belongs.
    pub(crate) fn field(&self, key: &str) -> Option<String> {
        match self {
            Place::Collection(Collection::Case) if is_plain_key(key) => Some(format!("case/{key}")),
            Place::Child(Collection::Records, _) if key == ANSWERS => None,
            Place::Child(c, id) if is_plain_key(key) => Some(format!("{}/{id}/{key}", c.name())),
            Place::Answers(id) if is_key(key) => Some(format!("records/{id}/{ANSWERS}/{key}")),
            _ => None,
        }
    }

    /// The keys that lead from the root to this map.
    pub(crate) fn steps(&self) -> Vec<&str> {
        match self {
            Place::Root | Place::Foreign => Vec::new(),
            Place::Collection(c) => vec![c.name()],
            Place::Child(c, id) => vec![c.name(), id],
            Place::Answers(id) => vec![Collection::Records.name(), id, ANSWERS],
        }
    }
}

/// One field: a map and a key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldPath {
    pub(crate) place: Place,
    pub(crate) key: String,
}

impl FieldPath {
    /// The path as text, shortened.
    pub(crate) fn shortened(&self) -> String {
        shortened(&self.place.field(&self.key).unwrap_or_default())
    }

    pub(crate) fn parse(kind: DocKind, path: &str) -> Result<FieldPath, CaseError> {
        FieldPath::read(kind, path).map_err(|fault| CaseError::Path { path: shortened(path), fault })
    }

    fn read(kind: DocKind, path: &str) -> Result<FieldPath, PathFault> {
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        let collection = Collection::named(kind, name).ok_or(PathFault::Collection)?;
        if collection == Collection::Case {
            return field(Place::Collection(collection), rest);
        }
        let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_id(id) {
            return Err(PathFault::Id);
        }
        match rest.strip_prefix(ANSWERS) {
            Some(key) if collection == Collection::Records && (key.is_empty() || key.starts_with('/')) => {
                field(Place::Answers(id.to_owned()), key.strip_prefix('/').unwrap_or_default())
            }
            _ => field(Place::Child(collection, id.to_owned()), rest),
        }
    }
}

fn field(place: Place, key: &str) -> Result<FieldPath, PathFault> {
    if key.is_empty() {
        return Err(PathFault::Short);
    }
    place.field(key).map(|_| FieldPath { place, key: key.to_owned() }).ok_or(PathFault::Key)
}

fn is_id(text: &str) -> bool {
    (1..=ID_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn is_key(text: &str) -> bool {
    (1..=KEY_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn is_plain_key(text: &str) -> bool {
    is_key(text) && !text.contains('/')
}

/// A path as an error may carry it.
pub(crate) fn shortened(path: &str) -> String {
    path.chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: DocKind, path: &str) -> Option<PathFault> {
        match FieldPath::parse(kind, path) {
            Err(CaseError::Path { fault, .. }) => Some(fault),
            _ => None,
        }
    }

    #[test]
    fn an_answer_key_with_slashes_is_one_key() {
        let path = FieldPath::parse(DocKind::Household, "records/r1/answers/members/7f/name").unwrap();
        assert_eq!(path.place, Place::Answers("r1".into()));
        assert_eq!(path.key, "members/7f/name");
        assert_eq!(path.place.field(&path.key).unwrap(), "records/r1/answers/members/7f/name");
        assert_eq!(path.place.steps(), ["records", "r1", "answers"]);
    }

    #[test]
    fn a_field_whose_name_begins_like_answers_is_a_field() {
        let path = FieldPath::parse(DocKind::Household, "records/r1/answers_seen").unwrap();
        assert_eq!(path.place, Place::Child(Collection::Records, "r1".into()));
        assert_eq!(FieldPath::parse(DocKind::Household, "people/p1/answers").unwrap().key, "answers");
    }

    #[test]
    fn each_malformed_path_names_its_fault() {
        let long = "k".repeat(513);
        for (path, expected) in [
            ("", PathFault::Collection),
            ("house/x", PathFault::Collection),
            ("accounts/a/bank", PathFault::Collection),
            ("case", PathFault::Short),
            ("case/", PathFault::Short),
            ("case/a/b", PathFault::Key),
            ("case/a\u{7}", PathFault::Key),
            ("people//name", PathFault::Id),
            ("people/张三/name", PathFault::Id),
            ("people/p1", PathFault::Short),
            ("people/p1/a/b", PathFault::Key),
            ("records/r1/answers", PathFault::Short),
            ("records/r1/answers/", PathFault::Short),
            (&format!("case/{long}"), PathFault::Key),
            (&format!("people/{}/name", "i".repeat(65)), PathFault::Id),
        ] {
            assert_eq!(fault(DocKind::Household, path), Some(expected), "{path}");
        }
        assert_eq!(fault(DocKind::Finance, "accounts/a/bank"), None);
        assert_eq!(fault(DocKind::Finance, "people/p/name"), Some(PathFault::Collection));
    }
}
