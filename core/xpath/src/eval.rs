//! Working an expression out.

use crate::Environment;
use crate::ast::{Axis, Expr, NodeTest, Operator, Path, Start, Step};
use crate::compare::compare_numbers;
use crate::compiled_path::{CompiledPath, CompiledStart};
use crate::tree::{NodeRef, Part, Tree};
use crate::value::{Value, decimal, number_to_text, text_to_number, trim};
use regex_lite::Regex;
use ruhu_text::{Explain, Explanation, Lang};
use std::borrow::Cow;
use std::cell::Cell;

/// How many nodes one expression may look at.
const MAX_STEPS: u32 = 2_000_000;
/// The longest text an expression may make, in bytes.
pub(super) const MAX_TEXT: usize = 1024 * 1024;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Lang::En))]
pub enum EvalError {
    /// It looks at more than two million nodes.
    TooMuchWork,
    /// It makes a text of more than 1 MB.
    TextTooLong,
    /// A function of nodes was given something else.
    NotNodes {
        /// The function.
        function: &'static str,
    },
    /// A regular expression that cannot be read.
    BadPattern,
    /// A function was given what it cannot take.
    BadArgument {
        /// The function.
        function: &'static str,
    },
    /// A name has a namespace prefix that nothing in the form has.
    UnknownPrefix {
        /// The prefix, without its colon.
        prefix: String,
    },
}

impl Explain for EvalError {
    fn code(&self) -> &'static str {
        match self {
            EvalError::TooMuchWork => "too_much_work",
            EvalError::TextTooLong => "text_too_long",
            EvalError::NotNodes { .. } => "not_nodes",
            EvalError::BadPattern => "bad_pattern",
            EvalError::BadArgument { .. } => "bad_argument",
            EvalError::UnknownPrefix { .. } => "unknown_prefix",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            EvalError::TooMuchWork => {
                Explanation::new("算式要查看的内容太多", "the expression looks at too many nodes")
            }
            EvalError::TextTooLong => {
                Explanation::new("算式得出的文字太长", "the expression makes too long a text")
            }
            EvalError::NotNodes { function } => Explanation::new(
                format!("“{function}”的参数要写题目"),
                format!("“{function}” takes questions as its argument"),
            ),
            EvalError::BadPattern => {
                Explanation::new("正则表达式写错了", "the regular expression cannot be read")
            }
            EvalError::BadArgument { function } => Explanation::new(
                format!("“{function}”的参数不对"),
                format!("“{function}” cannot take this argument"),
            ),
            EvalError::UnknownPrefix { prefix } => Explanation::new(
                format!("没有名字以“{prefix}:”开头"),
                format!("no name begins with “{prefix}:”"),
            ),
        }
    }
}

/// What the evaluator asks of whoever holds the trees.
pub trait Host {
    /// The label of a choice of the select question that `node` answers.
    fn choice_label(&self, node: NodeRef, value: &str) -> Option<String>;
    /// The number of the tree of a choice list.
    fn list(&self, name: &str) -> Option<u16>;
    /// What stays the same about a node wherever it stands: its stable key.
    fn key(&self, node: NodeRef) -> String;
    /// A pattern that was compiled when the form was.
    fn pattern(&self, pattern: &str) -> Option<&Regex>;
    /// The language code for names of months and days.
    fn language(&self) -> &str;
    /// The text with this id of the form's translations (`jr:itext`).
    fn itext(&self, _id: &str) -> Option<String> {
        None
    }
    /// What is known of the device and its user, such as `username` (`property`).
    fn property(&self, _name: &str) -> Option<String> {
        None
    }
    /// The version of the form.
    fn version(&self) -> Option<String> {
        None
    }
}

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

/// Where in the trees an expression stands.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// The context node.
    pub node: NodeRef,
    /// What `position()` gives: from 1.
    pub position: usize,
    /// What `last()` gives.
    pub size: usize,
    /// What `current()` gives: the node whose expression it is.
    pub current: NodeRef,
}

impl Frame {
    /// An expression of this node.
    pub fn of(node: NodeRef) -> Frame {
        Frame { node, position: 1, size: 1, current: node }
    }

    /// The same expression at another node.
    pub fn at(self, node: NodeRef) -> Frame {
        Frame { node, ..self }
    }
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

    fn applies(&self, node: NodeRef) -> bool {
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

    /// The nodes of a path, without those that do not apply: a question that
    /// is not asked is blank for every expression.
    pub(super) fn path(&self, path: &Path, frame: Frame) -> Result<Vec<NodeRef>, EvalError> {
        let mut nodes = self.path_unfiltered(path, frame)?;
        nodes.retain(|node| self.applies(*node));
        Ok(nodes)
    }

    /// The nodes of a path, those that do not apply too.
    pub(super) fn path_unfiltered(&self, path: &Path, frame: Frame) -> Result<Vec<NodeRef>, EvalError> {
        let mut flat = matches!(path.start, Start::CompiledPath(_));
        let mut nodes = match &path.start {
            Start::CompiledPath(compiled) => self.along_way(compiled, frame)?,
            // In a choice filter too: `/` is the root of the answers.
            Start::Root => vec![NodeRef::element(0, super::tree::ROOT)],
            Start::Context => vec![frame.node],
            // Every reference has been resolved when a form is compiled.
            Start::Reference { .. } => Vec::new(),
            Start::Filter { primary, predicates } => {
                let Value::Nodes(nodes) = self.evaluate(primary, frame)? else {
                    return Err(EvalError::NotNodes { function: "[]" });
                };
                self.filter(nodes, predicates, frame)?
            }
        };
        flat = flat || nodes.len() <= 1;
        let mut steps = path.steps.iter().peekable();
        while let Some(step) = steps.next() {
            let below = steps.next_if(|next| is_plain_descendant(step, next)).map(descendant);
            let step = below.as_ref().unwrap_or(step);
            nodes = self.step(&nodes, step, frame, flat)?;
            flat = match step.axis {
                Axis::Child | Axis::SelfNode | Axis::Attribute | Axis::Parent => flat,
                _ => nodes.len() <= 1,
            };
        }
        Ok(nodes)
    }

    fn along_way(&self, compiled: &CompiledPath, frame: Frame) -> Result<Vec<NodeRef>, EvalError> {
        let from = way_start(compiled, frame);
        if compiled.single {
            let node = compiled.node(self.answers, from);
            return Ok(node.map(|id| NodeRef::element(0, id)).into_iter().collect());
        }
        let nodes = compiled.nodes(self.answers, from);
        self.spend(nodes.len())?;
        Ok(nodes.into_iter().map(|id| NodeRef::element(0, id)).collect())
    }

    /// The one node that a plain path leads to, if it leads to one and the
    /// expression is such a path.
    fn lone(&self, expr: &Expr, frame: Frame) -> Option<Option<NodeRef>> {
        let (compiled, steps) = match expr {
            Expr::Path(Path { start: Start::CompiledPath(compiled), steps }) => (compiled, steps),
            Expr::Path(Path { start: Start::Context, steps }) => {
                return match steps.iter().all(Step::is_self) {
                    true => Some(Some(frame.node)),
                    false => self.lone_column(steps, frame.node),
                };
            }
            _ => return None,
        };
        if !compiled.single || !steps.is_empty() {
            return None;
        }
        let node = compiled.node(self.answers, way_start(compiled, frame));
        Some(node.map(|id| NodeRef::element(0, id)))
    }

    /// The one column of a choice that a path names, if it names one.
    fn lone_column(&self, steps: &[Step], item: NodeRef) -> Option<Option<NodeRef>> {
        let [Step { axis: Axis::Child, test: NodeTest::Name(name), predicates }] = steps else { return None };
        let list = item.tree > 0 && item.part == Part::Whole && predicates.is_empty();
        let tree = self.tree(item.tree).filter(|_| list)?;
        let named = |id: &&u32| tree.get(**id).is_some_and(|node| *node.name == **name);
        let mut found = tree.children(item.id).iter().filter(named);
        let first = found.next().map(|id| NodeRef { id: *id, ..item });
        found.next().is_none().then_some(first)
    }

    /// The text of an expression; that of a question or a literal is not copied.
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

    /// `flat`: the nodes of `from` stand at one depth of one tree, in order.
    fn step(
        &self,
        from: &[NodeRef],
        step: &Step,
        frame: Frame,
        flat: bool,
    ) -> Result<Vec<NodeRef>, EvalError> {
        let mut found = Vec::new();
        for node in from {
            let candidates = self.candidates(*node, step)?;
            found.extend(self.filter(candidates, &step.predicates, frame)?);
        }
        if found.is_empty() {
            self.known_prefix(&step.test)?;
        }
        let forward = !matches!(
            step.axis,
            Axis::Ancestor | Axis::AncestorOrSelf | Axis::Preceding | Axis::PrecedingSibling
        );
        match step.axis {
            Axis::Child | Axis::SelfNode | Axis::Attribute if flat => Ok(found),
            // The children of one parent stand side by side.
            Axis::Parent if flat => {
                found.dedup();
                Ok(found)
            }
            _ if from.len() <= 1 => {
                if !forward {
                    found.reverse();
                }
                Ok(found)
            }
            _ => Ok(self.in_document_order(found)),
        }
    }

    /// A prefix that no name has is a slip, not an empty result (XPath 2.3).
    fn known_prefix(&self, test: &NodeTest) -> Result<(), EvalError> {
        let prefix = match test {
            NodeTest::Prefix(prefix) => prefix.as_str(),
            NodeTest::Name(name) => match name.split_once(':') {
                Some((prefix, _)) => prefix,
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        let known = super::namespace(prefix).is_some()
            || std::iter::once(self.answers).chain(self.lists).any(|tree| tree.has_prefix(prefix));
        if known {
            Ok(())
        } else {
            Err(EvalError::UnknownPrefix { prefix: prefix.chars().take(60).collect() })
        }
    }

    fn candidates(&self, from: NodeRef, step: &Step) -> Result<Vec<NodeRef>, EvalError> {
        // The commonest step by far, without a list of all children.
        if let (Axis::Child, NodeTest::Name(name), Part::Whole) = (step.axis, &step.test, from.part) {
            let Some(tree) = self.tree(from.tree) else { return Ok(Vec::new()) };
            let children = tree.children(from.id);
            self.spend(children.len())?;
            let named = |id: &&u32| tree.get(**id).is_some_and(|node| *node.name == **name);
            return Ok(children.iter().filter(named).map(|id| NodeRef { id: *id, ..from }).collect());
        }
        let mut nodes = self.along(from, step.axis);
        self.spend(nodes.len())?;
        nodes.retain(|node| self.passes(*node, step.axis, &step.test));
        Ok(nodes)
    }

    fn filter(
        &self,
        nodes: Vec<NodeRef>,
        predicates: &[Expr],
        frame: Frame,
    ) -> Result<Vec<NodeRef>, EvalError> {
        let mut nodes = nodes;
        for predicate in predicates {
            if let Expr::Number(position) = predicate {
                nodes = nth(&nodes, *position);
                continue;
            }
            let size = nodes.len();
            let mut kept = Vec::new();
            for (at, node) in nodes.into_iter().enumerate() {
                let position = at + 1;
                let inner = Frame { node, position, size, current: frame.current };
                let keep = match self.evaluate(predicate, inner)? {
                    Value::Number(number) => number == position as f64,
                    value => self.to_boolean(&value),
                };
                if keep {
                    kept.push(node);
                }
            }
            nodes = kept;
        }
        Ok(nodes)
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

    pub(super) fn text_number(&self, text: &str) -> f64 {
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
    pub(super) fn node_number(&self, node: NodeRef) -> f64 {
        let known =
            self.tree(node.tree).and_then(|tree| tree.get(node.id)).filter(|_| node.part == Part::Whole);
        match known.and_then(|known| known.number) {
            Some(number) => number,
            None => self.text_number(&self.node_text(node)),
        }
    }

    pub(super) fn number_of(&self, expr: &Expr, frame: Frame) -> Result<f64, EvalError> {
        if let Some(node) = self.lone(expr, frame) {
            self.spend(1)?;
            return Ok(node
                .filter(|node| self.applies(*node))
                .map_or(f64::NAN, |node| self.node_number(node)));
        }
        Ok(self.to_number(&self.evaluate(expr, frame)?))
    }

    pub(super) fn boolean_of(&self, expr: &Expr, frame: Frame) -> Result<bool, EvalError> {
        if let Some(node) = self.lone(expr, frame) {
            self.spend(1)?;
            return Ok(node.is_some_and(|node| self.applies(node) && self.counts_as_true(node)));
        }
        Ok(self.to_boolean(&self.evaluate(expr, frame)?))
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

/// Whether two steps are those of `//name`, which is one step along the
/// descendants when no predicate counts positions among siblings.
fn is_plain_descendant(step: &Step, next: &Step) -> bool {
    *step == Step::any(Axis::DescendantOrSelf) && next.axis == Axis::Child && next.predicates.is_empty()
}

fn descendant(step: &Step) -> Step {
    Step { axis: Axis::Descendant, ..step.clone() }
}

fn way_start(compiled: &CompiledPath, frame: Frame) -> super::tree::NodeId {
    match compiled.start {
        CompiledStart::Current => frame.current.id,
        CompiledStart::Context | CompiledStart::Root => frame.node.id,
    }
}

fn nth(nodes: &[NodeRef], position: f64) -> Vec<NodeRef> {
    if position < 1.0 || position.fract() != 0.0 {
        return Vec::new();
    }
    nodes.get(position as usize - 1).copied().into_iter().collect()
}
