//! What the column `parameters` of a question says.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Pairs of (name, value), names in lower case: `start`, `end`, `step` of a
/// range, `max-pixels` of a picture, `name` of a property. Written as the list
/// of its pairs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Parameters(#[n(0)] Vec<(String, String)>);

impl Parameters {
    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Adds one more, after the others.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// The pairs of (name, value), as they were written.
    pub fn iter(&self) -> std::slice::Iter<'_, (String, String)> {
        self.0.iter()
    }
}

impl From<Vec<(String, String)>> for Parameters {
    fn from(pairs: Vec<(String, String)>) -> Parameters {
        Parameters(pairs)
    }
}

impl FromIterator<(String, String)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Parameters {
        Parameters(pairs.into_iter().collect())
    }
}

impl Extend<(String, String)> for Parameters {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, pairs: I) {
        self.0.extend(pairs);
    }
}

impl IntoIterator for Parameters {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Parameters {
    type Item = &'a (String, String);
    type IntoIter = std::slice::Iter<'a, (String, String)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_by_name_and_written_as_the_list_of_their_pairs() {
        let pairs = vec![("start".to_owned(), "1".to_owned()), ("end".to_owned(), "5".to_owned())];
        let parameters = Parameters::from(pairs.clone());
        assert_eq!((parameters.get("end"), parameters.get("step")), (Some("5"), None));
        assert_eq!(serde_json::to_string(&parameters).unwrap(), serde_json::to_string(&pairs).unwrap());
        let bytes = minicbor::to_vec(&parameters).unwrap();
        assert_eq!(bytes, minicbor::to_vec(&pairs).unwrap());
        assert_eq!(minicbor::decode::<Parameters>(&bytes).unwrap(), parameters);
    }
}
