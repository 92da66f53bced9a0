//! Working an expression out.

use crate::Environment;
use crate::ast::{Expr, Operator};
use crate::compare::compare_numbers;
use crate::eval_error::EvalError;
use crate::host::{Frame, Host};
use crate::number::{decimal, trim};
use crate::tree::{NodeRef, Tree};
use crate::value::Value;
use std::borrow::Cow;
use std::cell::Cell;

/// How many nodes one expression may look at.
const MAX_STEPS: u32 = 2_000_000;
/// The longest text an expression may make, in bytes.
pub(super) const MAX_TEXT: usize = 1024 * 1024;

/// Works out one expression.
pub struct Evaluator<'a> {
    /// Tree 0.
    pub answers: &'a Tree,
    /// The trees from 1.
    pub lists: &'a [Tree],
    /// Whoever holds the trees.
    pub host: &'a dyn Host,
    /// The time and the seed.
    pub environment: Environment,
    steps: Cell<u32>,
    /// How many random numbers were drawn.
    pub(super) draws: Cell<u32>,
}

type Evaluated = Result<Value, EvalError>;

impl<'a> Evaluator<'a> {
    /// An evaluator over these trees; its limit of work holds for all that it
    /// evaluates.
    pub fn new(answers: &'a Tree, lists: &'a [Tree], host: &'a dyn Host, environment: Environment) -> Self {
        Evaluator { answers, lists, host, environment, steps: Cell::new(0), draws: Cell::new(0) }
    }

    pub(super) fn tree(&self, number: u16) -> Option<&'a Tree> {
        match number {
            0 => Some(self.answers),
            n => self.lists.get(usize::from(n) - 1),
        }
    }

    /// Counts work, so that a hostile form cannot hold the phone.
    pub(super) fn spend(&self, nodes: usize) -> Result<(), EvalError> {
        let spent = self.steps.get().saturating_add(u32::try_from(nodes).unwrap_or(u32::MAX));
        self.steps.set(spent);
        if spent > MAX_STEPS { Err(EvalError::TooMuchWork) } else { Ok(()) }
    }

    /// How many nodes were looked at.
    #[cfg(test)]
    pub fn spent(&self) -> u32 {
        self.steps.get()
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// [`EvalError`] when it has none.
    pub fn evaluate(&self, expr: &Expr, frame: Frame) -> Evaluated {
        self.spend(1)?;
        match expr {
            Expr::Number(number) => Ok(Value::Number(*number)),
            Expr::Literal(text) => Ok(Value::Text(text.clone())),
            Expr::Negate(inner) => Ok(Value::Number(-self.number_of(inner, frame)?)),
            Expr::Chain { first, rest } => self.chain(first, rest, frame),
            Expr::Call { function, arguments } => (function.run)(self, frame, arguments),
            Expr::Path(path) => Ok(Value::Nodes(self.path(path, frame)?)),
        }
    }

    fn chain(&self, first: &Expr, rest: &[(Operator, Expr)], frame: Frame) -> Evaluated {
        match rest.first() {
            Some((Operator::Or, _)) => self.until(true, first, rest, frame),
            Some((Operator::And, _)) => self.until(false, first, rest, frame),
            Some((Operator::Union, _)) => self.union(first, rest, frame),
            Some((operator, operand)) if operator.is_comparison() => {
                if let (1, Some(truth)) = (rest.len(), self.compare_plain(first, *operator, operand, frame)?)
                {
                    return Ok(truth.into());
                }
                let mut left = self.comparand(first, frame)?;
                for (operator, operand) in rest {
                    left = self.compare(*operator, &left, &self.comparand(operand, frame)?)?.into();
                }
                Ok(left)
            }
            _ => {
                let mut left = self.quantity(first, frame)?;
                for (operator, operand) in rest {
                    left = left.calculate(*operator, self.quantity(operand, frame)?);
                }
                Ok(if left.days { Value::Days(left.number) } else { Value::Number(left.number) })
            }
        }
    }

    /// Compares a question with a literal, as most conditions of forms do,
    /// without making values of them; none when these are not what they are.
    fn compare_plain(
        &self,
        left: &Expr,
        operator: Operator,
        right: &Expr,
        frame: Frame,
    ) -> Result<Option<bool>, EvalError> {
        let literal = |expr: &Expr| matches!(expr, Expr::Number(_) | Expr::Literal(_));
        let lone = match (literal(left), literal(right)) {
            (false, true) => self.lone(left, frame),
            (true, false) => self.lone(right, frame),
            _ => None,
        };
        let Some(node) = lone else { return Ok(None) };
        self.spend(2)?;
        let Some(node) = node else { return Ok(Some(false)) };
        let text = if self.applies(node) { self.node_text(node) } else { Cow::Borrowed("") };
        let number = |expr: &Expr| match expr {
            Expr::Number(number) => *number,
            Expr::Literal(text) => self.text_number(text),
            _ => self.text_number(&text),
        };
        Ok(Some(match (left, right, operator) {
            (Expr::Literal(other), _, Operator::Equal) | (_, Expr::Literal(other), Operator::Equal) => {
                *other == text
            }
            (Expr::Literal(other), _, Operator::NotEqual) | (_, Expr::Literal(other), Operator::NotEqual) => {
                *other != text
            }
            _ => compare_numbers(operator, number(left), number(right)),
        }))
    }

    /// An operand of a comparison. Questions that do not apply are a blank
    /// here, not nothing: `${married} != 'yes'` holds for who was not asked.
    pub fn comparand(&self, expr: &Expr, frame: Frame) -> Evaluated {
        let Expr::Path(path) = expr else { return self.evaluate(expr, frame) };
        let mut nodes = self.path_unfiltered(path, frame)?;
        let found = !nodes.is_empty();
        nodes.retain(|node| self.applies(*node));
        Ok(if found && nodes.is_empty() { Value::from("") } else { Value::Nodes(nodes) })
    }

    /// A number, and whether it counts local days: of a date, or written as one.
    fn quantity(&self, expr: &Expr, frame: Frame) -> Result<Quantity, EvalError> {
        if let Expr::Number(number) = expr {
            return Ok(Quantity { number: *number, days: false });
        }
        if matches!(expr, Expr::Path(_)) {
            let text = self.text_in(expr, frame)?;
            let number = self.text_number(&text);
            return Ok(Quantity { number, days: number.is_finite() && decimal(trim(&text)).is_none() });
        }
        let value = self.evaluate(expr, frame)?;
        let number = self.to_number(&value);
        let days = match &value {
            Value::Moment(_) | Value::Days(_) => true,
            Value::Nodes(_) | Value::Text(_) if number.is_finite() => {
                decimal(trim(&self.to_text(&value))).is_none()
            }
            _ => false,
        };
        Ok(Quantity { number, days })
    }

    pub(crate) fn applies(&self, node: NodeRef) -> bool {
        node.tree != 0 || self.answers.visible(node.id)
    }

    /// `or` stops at the first true operand, `and` at the first false one.
    fn until(&self, stop: bool, first: &Expr, rest: &[(Operator, Expr)], frame: Frame) -> Evaluated {
        for operand in std::iter::once(first).chain(rest.iter().map(|(_, operand)| operand)) {
            if self.boolean_of(operand, frame)? == stop {
                return Ok(Value::Boolean(stop));
            }
        }
        Ok(Value::Boolean(!stop))
    }

    fn union(&self, first: &Expr, rest: &[(Operator, Expr)], frame: Frame) -> Evaluated {
        let mut nodes = Vec::new();
        for operand in std::iter::once(first).chain(rest.iter().map(|(_, operand)| operand)) {
            match self.evaluate(operand, frame)? {
                Value::Nodes(found) => nodes.extend(found),
                _ => return Err(EvalError::NotNodes { function: "|" }),
            }
        }
        Ok(Value::Nodes(self.in_document_order(nodes)))
    }
}

/// A number, and whether it counts local days since 1970.
#[derive(Clone, Copy)]
struct Quantity {
    number: f64,
    days: bool,
}

impl Quantity {
    /// A date moved by a number stays a date; the time between two is a number.
    fn calculate(self, operator: Operator, other: Quantity) -> Quantity {
        let (a, b) = (self.number, other.number);
        let (number, days) = match operator {
            Operator::Add => (a + b, self.days != other.days),
            Operator::Subtract => (a - b, self.days && !other.days),
            Operator::Multiply => (a * b, false),
            Operator::Divide => (a / b, false),
            _ => (a % b, false),
        };
        Quantity { number, days }
    }
}
