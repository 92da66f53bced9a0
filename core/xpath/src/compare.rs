//! Comparison (XPath 1.0, section 3.4), with the kinds of questions in mind:
//! numbers compare as numbers, days as days, and everything else, ID numbers
//! above all, as text.

use crate::ast::Operator;
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::tree::{NodeRef, Part};
use crate::value::Value;
use std::collections::HashSet;

/// Node sets larger than this are compared by way of a set.
const PAIRWISE: usize = 16;

impl Evaluator<'_> {
    pub(super) fn compare(&self, operator: Operator, left: &Value, right: &Value) -> Result<bool, EvalError> {
        match (left, right) {
            // Beside a truth, nodes are a truth for equality: whether there are
            // any. For order all engines look at the number of each, whatever
            // the specification says.
            (Value::Nodes(_), Value::Boolean(_)) | (Value::Boolean(_), Value::Nodes(_))
                if matches!(operator, Operator::Equal | Operator::NotEqual) =>
            {
                Ok(self.compare_simple(operator, left, right))
            }
            (Value::Nodes(a), Value::Nodes(b)) => self.compare_sets(operator, a, b),
            (Value::Nodes(nodes), other) => {
                Ok(nodes.iter().any(|node| self.compare_simple(operator, &self.single(*node), other)))
            }
            (other, Value::Nodes(nodes)) => {
                Ok(nodes.iter().any(|node| self.compare_simple(operator, other, &self.single(*node))))
            }
            _ => Ok(self.compare_simple(operator, left, right)),
        }
    }

    fn compare_sets(&self, operator: Operator, a: &[NodeRef], b: &[NodeRef]) -> Result<bool, EvalError> {
        if operator == Operator::Equal && a.len().min(b.len()) > PAIRWISE {
            let texts: HashSet<_> = a.iter().map(|node| self.node_text(*node)).collect();
            return Ok(b.iter().any(|node| texts.contains(&self.node_text(*node))));
        }
        if a.len().saturating_mul(b.len()) > 1_000_000 {
            return Err(EvalError::TooMuchWork);
        }
        for left in a {
            for right in b {
                if self.compare_nodes(operator, *left, *right) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn compare_nodes(&self, operator: Operator, left: NodeRef, right: NodeRef) -> bool {
        let (a, b) = (self.node_text(left), self.node_text(right));
        let numeric = self.is_numeric(left) && self.is_numeric(right) && !a.is_empty() && !b.is_empty()
            || self.calculates(left, right)
                && !self.text_number(&a).is_nan()
                && !self.text_number(&b).is_nan();
        match operator {
            Operator::Equal | Operator::NotEqual if !numeric => (a == b) == (operator == Operator::Equal),
            _ => compare_numbers(operator, self.text_number(&a), self.text_number(&b)),
        }
    }

    /// A question by its answer, as forms mean it; any other node for being
    /// there, as XPath has it.
    pub(super) fn counts_as_true(&self, node: NodeRef) -> bool {
        let Some(found) = self.tree(node.tree).and_then(|tree| tree.get(node.id)) else { return false };
        if found.row.is_none() || !found.children.is_empty() || node.part != Part::Whole {
            return true;
        }
        let zero = || found.numeric && self.node_number(node) == 0.0;
        !found.text.is_empty() && found.text != "false" && !zero()
    }

    /// Whether two questions are compared of which one holds a number: the
    /// other may be calculated, 10 for 10.0.
    fn calculates(&self, left: NodeRef, right: NodeRef) -> bool {
        let question = |node: NodeRef| {
            self.tree(node.tree).and_then(|tree| tree.get(node.id)).is_some_and(|node| node.row.is_some())
        };
        (self.is_numeric(left) || self.is_numeric(right)) && question(left) && question(right)
    }

    fn is_numeric(&self, node: NodeRef) -> bool {
        let found = self.tree(node.tree).and_then(|tree| tree.get(node.id));
        node.part == Part::Whole && found.is_some_and(|node| node.numeric)
    }

    fn single(&self, node: NodeRef) -> Value {
        Value::Text(self.node_text(node).into_owned())
    }

    /// Compares two values, as what the first node of a set has.
    fn compare_simple(&self, operator: Operator, left: &Value, right: &Value) -> bool {
        let equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let either = |test: fn(&Value) -> bool| test(left) || test(right);
        if !equality {
            return compare_numbers(operator, self.to_number(left), self.to_number(right));
        }
        let equal = if either(|value| matches!(value, Value::Boolean(_))) {
            self.to_boolean(left) == self.to_boolean(right)
        } else if either(|value| matches!(value, Value::Number(_) | Value::Days(_) | Value::Moment(_))) {
            self.to_number(left) == self.to_number(right)
        } else {
            self.to_text(left) == self.to_text(right)
        };
        equal == (operator == Operator::Equal)
    }
}

pub(super) fn compare_numbers(operator: Operator, a: f64, b: f64) -> bool {
    match operator {
        Operator::Equal => a == b,
        Operator::NotEqual => a != b,
        Operator::Less => a < b,
        Operator::LessOrEqual => a <= b,
        Operator::Greater => a > b,
        _ => a >= b,
    }
}
