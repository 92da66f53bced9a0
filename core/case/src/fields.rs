//! Fields that stand side by side in a document.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::ops::Deref;

use serde::{Serialize, Serializer};

use crate::Value;

/// The fields beneath one path of a document, by key: those of a person, the answers of a record.
/// Serialized as the map of their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    beneath: String,
    values: BTreeMap<String, Value>,
}

impl Fields {
    /// Fields beneath a path that ends in a slash (`people/<id>/`), or with whole paths as keys beneath none.
    pub fn new(beneath: impl Into<String>, values: BTreeMap<String, Value>) -> Fields {
        Fields { beneath: beneath.into(), values }
    }

    /// The whole path of a field, as [`crate::Document::field`] takes it: `people/<id>/name`.
    pub fn path(&self, key: &str) -> String {
        format!("{}{key}", self.beneath)
    }
}

impl Deref for Fields {
    type Target = BTreeMap<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.values
    }
}

impl IntoIterator for Fields {
    type Item = (String, Value);
    type IntoIter = btree_map::IntoIter<String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

impl<'a> IntoIterator for &'a Fields {
    type Item = (&'a String, &'a Value);
    type IntoIter = btree_map::Iter<'a, String, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(serializer)
    }
}
