//! How values and nodes become texts, numbers and truths (XPath 4).

use crate::ast::Expr;
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::number::{number_to_text, text_to_number};
use crate::tree::{NodeRef, Part};
use crate::value::Value;
use std::borrow::Cow;

impl<'a> Evaluator<'a> {
    /// The text of an expression; that of a question or a literal is not copied.
    ///
    /// # Errors
    /// [`EvalError`] when the expression has no value.
    pub fn text_in<'e>(&self, expr: &'e Expr, frame: Frame) -> Result<Cow<'e, str>, EvalError>
    where
        'a: 'e,
    {
        self.spend(1)?;
        if let Expr::Literal(text) = expr {
            return Ok(Cow::Borrowed(text));
        }
        match self.lone(expr, frame) {
            Some(node) => {
                let node = node.filter(|node| self.applies(*node));
                Ok(node.map_or(Cow::Borrowed(""), |node| self.node_text(node)))
            }
            None => Ok(Cow::Owned(self.to_text(&self.evaluate(expr, frame)?))),
        }
    }

    /// The value as a text (XPath 4.2); a node set is its first node's.
    pub fn to_text(&self, value: &Value) -> String {
        match value {
            Value::Nodes(nodes) => {
                nodes.first().map_or_else(String::new, |node| self.node_text(*node).into_owned())
            }
            Value::Text(text) => text.clone(),
            Value::Number(number) | Value::Days(number) => number_to_text(*number),
            Value::Boolean(truth) => truth.to_string(),
            Value::Moment(moment) => moment.text(),
        }
    }

    /// The value as a number (XPath 4.4), `NaN` when it is none.
    pub fn to_number(&self, value: &Value) -> f64 {
        match value {
            Value::Nodes(nodes) => nodes.first().map_or(f64::NAN, |node| self.node_number(*node)),
            Value::Text(text) => self.text_number(text),
            Value::Number(number) | Value::Days(number) => *number,
            Value::Boolean(truth) => f64::from(u8::from(*truth)),
            Value::Moment(moment) => moment.days(),
        }
    }

    pub(crate) fn text_number(&self, text: &str) -> f64 {
        text_to_number(text, self.environment.utc_offset_minutes)
    }

    /// The value as a truth (XPath 4.3).
    pub fn to_boolean(&self, value: &Value) -> bool {
        match value {
            Value::Nodes(nodes) => nodes.iter().any(|node| self.counts_as_true(*node)),
            Value::Text(text) => !text.is_empty(),
            Value::Number(number) | Value::Days(number) => *number != 0.0 && !number.is_nan(),
            Value::Boolean(truth) => *truth,
            Value::Moment(_) => true,
        }
    }

    /// The text of one node.
    pub fn node_text(&self, node: NodeRef) -> Cow<'a, str> {
        let Some(tree) = self.tree(node.tree) else { return Cow::Borrowed("") };
        let Part::Attribute(n) = node.part else { return tree.string_value(node.id) };
        let attribute = tree.get(node.id).and_then(|node| node.attributes.get(usize::from(n)));
        Cow::Borrowed(attribute.map_or("", |(_, value)| value.as_str()))
    }

    /// The number that the text of one node is.
    pub(crate) fn node_number(&self, node: NodeRef) -> f64 {
        let known =
            self.tree(node.tree).and_then(|tree| tree.get(node.id)).filter(|_| node.part == Part::Whole);
        match known.and_then(|known| known.number) {
            Some(number) => number,
            None => self.text_number(&self.node_text(node)),
        }
    }

    pub(crate) fn number_of(&self, expr: &Expr, frame: Frame) -> Result<f64, EvalError> {
        if let Some(node) = self.lone(expr, frame) {
            self.spend(1)?;
            return Ok(node
                .filter(|node| self.applies(*node))
                .map_or(f64::NAN, |node| self.node_number(node)));
        }
        Ok(self.to_number(&self.evaluate(expr, frame)?))
    }

    pub(crate) fn boolean_of(&self, expr: &Expr, frame: Frame) -> Result<bool, EvalError> {
        if let Some(node) = self.lone(expr, frame) {
            self.spend(1)?;
            return Ok(node.is_some_and(|node| self.applies(node) && self.counts_as_true(node)));
        }
        Ok(self.to_boolean(&self.evaluate(expr, frame)?))
    }
}
