//! The file as it is written.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// A file of vectors.
#[derive(Debug, Deserialize)]
pub(super) struct File {
    #[serde(default)]
    pub docs: BTreeMap<String, Markup>,
    pub vectors: Vec<Vector>,
}

impl File {
    /// All paths of nodes that the vectors of each document write.
    pub fn paths(&self) -> HashMap<&str, Vec<&str>> {
        let mut paths: HashMap<&str, Vec<&str>> = HashMap::new();
        for vector in &self.vectors {
            let Some(doc) = &vector.doc else { continue };
            let of_doc = paths.entry(doc).or_default();
            of_doc.extend(vector.ctx.as_deref());
            if let ("nodeset", Json::Array(expected)) = (vector.check.as_str(), &vector.expected) {
                of_doc.extend(expected.iter().filter_map(Json::as_str));
            }
        }
        paths.values_mut().for_each(|paths| {
            paths.sort_unstable();
            paths.dedup();
        });
        paths
    }
}

/// A text, an element, or the attributes of one.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Markup {
    Text(String),
    Attributes(Attributes),
    /// The name, the attributes if any, the children.
    Element(Vec<Markup>),
}

/// Attributes in the order in which they are written.
#[derive(Debug)]
pub(super) struct Attributes(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Attributes, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Attributes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Attributes(pairs))
    }
}

/// One expression and what it should give.
#[derive(Debug, Deserialize)]
pub(super) struct Vector {
    pub id: String,
    pub expr: String,
    #[serde(default)]
    pub scope: String,
    #[serde(default)]
    pub tier: String,
    /// A key of `docs`.
    pub doc: Option<String>,
    /// The path of the context node.
    pub ctx: Option<String>,
    pub check: String,
    pub expected: Json,
    /// For `number-rounded`: one over the unit that is rounded to.
    pub factor: Option<f64>,
    /// The time zone the expectation assumes.
    pub tz: Option<String>,
    /// What each engine gave, where they differ; `as expected` if it did.
    #[serde(default)]
    pub engines: BTreeMap<String, Json>,
}

/// A JSON value as a person reads it.
pub(super) fn plain(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
