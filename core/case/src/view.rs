//! What is visible of a household or lead, as types.

use serde::Serialize;

use crate::fields::Fields;

/// `status` of a record that its investigators closed.
pub const STATUS_CLOSED: &str = "closed";

/// Everything visible of a household or lead. Children are ordered by their `order` field, then by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Household {
    /// The fields of `case/`.
    pub case: Fields,
    /// The members and others of `people/`, removed ones too.
    pub people: Vec<Person>,
    /// The filled forms of `records/`.
    pub records: Vec<Record>,
    /// Photos and papers of `evidence/`.
    pub evidence: Vec<Evidence>,
    /// What happened, from `events/`.
    pub events: Vec<Event>,
}

/// A person. Nobody is ever deleted: `removed` says why someone no longer counts, the rest stays readable.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Person {
    /// The id in the path.
    pub id: String,
    /// Field `name`.
    pub name: Option<String>,
    /// Field `idno`, the identity number as it was entered.
    pub idno: Option<String>,
    /// Field `removed_reason`, when it is not blank.
    pub removed: Option<String>,
    /// All fields, the above included.
    pub fields: Fields,
}

/// One filled form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record {
    /// The id in the path.
    pub id: String,
    /// Field `form`: the form's id.
    pub form: Option<String>,
    /// Field `version`: the form's version.
    pub version: Option<String>,
    /// Field `status`; [`STATUS_CLOSED`] when closed.
    pub status: Option<String>,
    /// Field `started_by`.
    pub started_by: Option<String>,
    /// The answers, by key.
    pub answers: Fields,
    /// All fields that are no answers, the above included.
    pub fields: Fields,
    /// Paths of answers whose latest change the one who closed the record had not seen. Empty unless it is closed.
    pub edited_after_close: Vec<String>,
    /// Everything about this record that a person should look at.
    pub flags: Vec<RecordFlag>,
}

/// Something that merging alone cannot decide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordFlag {
    /// A field or answer names a person who was removed. The reference stands; a person decides.
    RefersToRemovedPerson {
        /// Path of the reference.
        path: String,
        /// The person's id.
        person: String,
    },
    /// Answers changed that the one who closed the record had not seen.
    EditedAfterClose {
        /// Their paths.
        paths: Vec<String>,
    },
    /// One side removed an instance of a repeat, the other edited it. The instance is kept, marked removed.
    RemovedInstanceEdited {
        /// Path of the instance.
        instance: String,
        /// Paths of the answers that the one who removed it had not seen.
        paths: Vec<String>,
    },
}

/// A photo or paper; its bytes travel apart, under their hash.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// The id in the path.
    pub id: String,
    /// Field `kind`.
    pub kind: Option<String>,
    /// Field `sha256`: of the file's bytes, hexadecimal.
    pub sha256: Option<String>,
    /// Field `size`: the file's length in bytes.
    pub size: Option<i64>,
    /// Field `taken_at`: milliseconds since 1970 UTC, by the phone's clock.
    pub taken_at: Option<i64>,
    /// Field `place`.
    pub place: Option<String>,
    /// Field `by`.
    pub by: Option<String>,
    /// All fields, the above included.
    pub fields: Fields,
}

/// Something that happened: accepted, visited, published, decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// The id in the path.
    pub id: String,
    /// Field `kind`.
    pub kind: Option<String>,
    /// Field `at`: milliseconds since 1970 UTC, by the phone's clock.
    pub at: Option<i64>,
    /// Field `by`.
    pub by: Option<String>,
    /// Field `text`.
    pub text: Option<String>,
    /// All fields, the above included.
    pub fields: Fields,
}
