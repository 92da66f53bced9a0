//! What is known of a node beyond its value.

use crate::labels::Labels;
use ruhu_text::Bilingual;

/// What is known of a node beyond its value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Status {
    /// The `relevant` of the definition, apart from what holds the node.
    pub(super) wanted: bool,
    /// A repeat instance beyond the `repeat_count`.
    pub(super) beyond_count: bool,
    pub(super) required: bool,
    pub(super) read_only: bool,
    /// What is wrong with the value that stands there.
    pub(super) error: Option<Box<Bilingual>>,
    /// Why an expression of the node has no value; none while all have.
    pub(super) failures: Option<Box<Failures>>,
    pub(super) labels: Labels,
    /// An action asked the host for the value.
    pub(super) asked: bool,
}

/// Why the tasks of a node failed, if they did.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Failures {
    pub(super) count: Option<Bilingual>,
    pub(super) relevance: Option<Bilingual>,
    pub(super) value: Option<Bilingual>,
    /// Of `required` or `read_only`.
    pub(super) check: Option<Bilingual>,
}

impl Failures {
    pub(super) fn first(&self) -> Option<&Bilingual> {
        [&self.count, &self.relevance, &self.value, &self.check].into_iter().flatten().next()
    }
}
