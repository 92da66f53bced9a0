//! Choices: kept once for each list, however many questions offer them.

use crate::labels::Labels;
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// One choice of a list.
#[derive(
    Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, minicbor::Encode, minicbor::Decode,
)]
pub struct Choice {
    /// The value that is stored.
    #[n(0)]
    pub value: String,
    /// What is shown.
    #[n(1)]
    pub labels: Labels,
    /// The other columns of the choices sheet, for choice filters.
    #[n(2)]
    pub columns: Vec<(String, String)>,
    /// Media files by kind: `image`, `big-image`, `audio`, `video`.
    #[n(3)]
    #[cbor(default)]
    pub media: Vec<(String, Labels)>,
}

impl Choice {
    /// The label in a language of the form; see [`Labels::get`].
    pub fn label(&self, language: &str) -> &str {
        self.labels.get(language)
    }
}

/// The choices on offer: all of a list, or some of them in an order of their
/// own. They are shared with the form, so a clone costs nothing.
#[derive(Clone)]
pub struct Choices {
    list: Arc<[Choice]>,
    /// What is on offer, by position in the list; none for the list as it is.
    positions: Option<Arc<[u32]>>,
}

impl Choices {
    /// All choices of a list, in its order.
    pub fn all(list: Arc<[Choice]>) -> Choices {
        Choices { list, positions: None }
    }

    /// Those at `positions` of the list, in that order; positions beyond its
    /// end are left out.
    pub fn some(list: Arc<[Choice]>, positions: impl IntoIterator<Item = usize>) -> Choices {
        let known = positions.into_iter().filter(|position| *position < list.len());
        let positions = known.map(|position| position as u32).collect();
        Choices { list, positions: Some(positions) }
    }

    /// The list that they are of.
    pub fn list(&self) -> &Arc<[Choice]> {
        &self.list
    }

    /// How many are on offer.
    pub fn len(&self) -> usize {
        self.positions.as_ref().map_or(self.list.len(), |positions| positions.len())
    }

    /// Whether none is on offer.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The n-th on offer, from 0.
    pub fn get(&self, n: usize) -> Option<&Choice> {
        match &self.positions {
            None => self.list.get(n),
            Some(positions) => self.list.get(*positions.get(n)? as usize),
        }
    }

    /// Those on offer, in the order they are shown.
    pub fn iter(&self) -> Iter<'_> {
        Iter { choices: self, next: 0 }
    }
}

impl Default for Choices {
    fn default() -> Self {
        Choices::all(Arc::from([]))
    }
}

impl PartialEq for Choices {
    fn eq(&self, other: &Choices) -> bool {
        Arc::ptr_eq(&self.list, &other.list) && self.positions == other.positions
            || self.iter().eq(other.iter())
    }
}

impl Eq for Choices {}

impl fmt::Debug for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl Serialize for Choices {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl FromIterator<Choice> for Choices {
    fn from_iter<I: IntoIterator<Item = Choice>>(choices: I) -> Choices {
        Choices::all(choices.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Choices {
    type Item = &'a Choice;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// What [`Choices::iter`] gives.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    choices: &'a Choices,
    next: usize,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Choice;

    fn next(&mut self) -> Option<&'a Choice> {
        let choice = self.choices.get(self.next)?;
        self.next += 1;
        Some(choice)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.choices.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// The bytes of a list are those of a vector.
pub(crate) mod shared {
    use super::Choice;
    use minicbor::decode::{Decode, Decoder, Error};
    use minicbor::encode::{self, Encode, Encoder, Write};
    use std::sync::Arc;

    pub(crate) fn encode<C, W: Write>(
        choices: &Arc<[Choice]>,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        choices.as_ref().encode(encoder, context)
    }

    pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, context: &mut C) -> Result<Arc<[Choice]>, Error> {
        Vec::<Choice>::decode(decoder, context).map(Arc::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> Arc<[Choice]> {
        let choice = |value: &str| Choice {
            value: value.to_owned(),
            labels: Labels::new(),
            columns: Vec::new(),
            media: Vec::new(),
        };
        ["a", "b", "c"].map(choice).into()
    }

    fn values(choices: &Choices) -> Vec<&str> {
        choices.iter().map(|choice| choice.value.as_str()).collect()
    }

    #[test]
    fn some_of_a_list_stand_in_their_own_order_and_share_it() {
        let list = list();
        let some = Choices::some(list.clone(), [2, 0, 7]);
        assert_eq!(values(&some), ["c", "a"]);
        assert_eq!((some.len(), some.get(1).unwrap().value.as_str(), some.get(2)), (2, "a", None));
        assert!(Arc::ptr_eq(some.list(), &list));
    }

    #[test]
    fn equal_is_what_offers_the_same() {
        assert_eq!(Choices::all(list()), Choices::some(list(), [0, 1, 2]));
        assert_ne!(Choices::all(list()), Choices::some(list(), [1, 0, 2]));
        assert!(Choices::default().is_empty());
    }

    #[test]
    fn choices_are_written_as_a_list() {
        let written = serde_json::to_value(Choices::some(list(), [1])).unwrap();
        assert_eq!(written[0]["value"], "b");
        assert_eq!(written.as_array().unwrap().len(), 1);
    }
}
