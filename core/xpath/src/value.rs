//! The values of expressions and how they turn into one another.

use crate::moment::Moment;
use crate::tree::NodeRef;

/// The value of an expression: XPath's four kinds, and a day or moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nodes in document order, none twice.
    Nodes(Vec<NodeRef>),
    /// A text.
    Text(String),
    /// A number, `NaN` too.
    Number(f64),
    /// Local calendar days since 1970: what a date plus or minus a number is.
    Days(f64),
    /// A truth.
    Boolean(bool),
    /// A day or moment.
    Moment(Moment),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Number(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Boolean(truth)
    }
}
