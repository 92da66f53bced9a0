//! Expressions as trees, and how they are written.

use crate::compiled_path::{CompiledPath, CompiledStart};
use crate::functions::Function;
use std::fmt;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A number.
    Number(f64),
    /// A text in quotes.
    Literal(String),
    /// `-` before an operand.
    Negate(Box<Expr>),
    /// Operands joined from the left by operators of one precedence. A chain is
    /// one node, so that long forms do not make deep trees.
    Chain {
        /// The first operand.
        first: Box<Expr>,
        /// The operators, each with the operand after it.
        rest: Vec<(Operator, Expr)>,
    },
    /// A function with its arguments.
    Call {
        /// The function.
        function: &'static Function,
        /// As many as it takes.
        arguments: Vec<Expr>,
    },
    /// A path to nodes.
    Path(Path),
}

/// Where a path begins, and its steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub start: Start,
    /// The steps, left to right.
    pub steps: Vec<Step>,
}

impl Path {
    fn parts(&self) -> Vec<&Expr> {
        let mut parts: Vec<&Expr> = self.steps.iter().flat_map(|step| &step.predicates).collect();
        match &self.start {
            Start::Filter { primary, predicates } => {
                parts.push(primary);
                parts.extend(predicates);
            }
            Start::Reference { predicates, .. } => parts.extend(predicates),
            Start::Root | Start::Context | Start::CompiledPath(_) => {}
        }
        parts
    }
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// `/`
    Root,
    /// The context node.
    Context,
    /// XLSForm's `${name}`, before it is resolved.
    Reference {
        /// The name between the braces.
        name: String,
        /// What stands in brackets after it.
        predicates: Vec<Expr>,
    },
    /// Any expression that gives nodes.
    Filter {
        /// The expression.
        primary: Box<Expr>,
        /// What stands in brackets after it.
        predicates: Vec<Expr>,
    },
    /// A plain path, followed through the node definitions when a form is compiled.
    CompiledPath(Box<CompiledPath>),
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its direction.
    pub axis: Axis,
    /// Which nodes it lets through.
    pub test: NodeTest,
    /// What must hold for them.
    pub predicates: Vec<Expr>,
}

impl Step {
    /// `name`
    pub fn child(name: &str) -> Step {
        Step { axis: Axis::Child, test: NodeTest::Name(name.to_owned()), predicates: Vec::new() }
    }

    /// `..`
    pub fn parent() -> Step {
        Step { axis: Axis::Parent, test: NodeTest::Node, predicates: Vec::new() }
    }

    /// `axis::node()`
    pub fn any(axis: Axis) -> Step {
        Step { axis, test: NodeTest::Node, predicates: Vec::new() }
    }

    /// `.`
    pub fn is_self(&self) -> bool {
        self.is_any(Axis::SelfNode)
    }

    /// `..`
    pub fn is_parent(&self) -> bool {
        self.is_any(Axis::Parent)
    }

    fn is_any(&self, axis: Axis) -> bool {
        self.axis == axis && self.test == NodeTest::Node && self.predicates.is_empty()
    }
}

/// What a step lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeTest {
    /// The elements of that name.
    Name(String),
    /// `prefix:*`
    Prefix(String),
    /// `*`
    Any,
    /// `node()`
    Node,
    /// `text()`
    Text,
    /// `comment()` or `processing-instruction()`: a form has neither.
    Nothing(&'static str),
}

macro_rules! named {
    ($(#[$meta:meta])* $type:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type { $(#[doc = concat!("`", $text, "`")] $variant),* }

        impl $type {
            /// What XPath writes so.
            pub fn from_text(text: &str) -> Option<$type> {
                match text { $($text => Some($type::$variant),)* _ => None }
            }

            /// As XPath writes it.
            pub fn text(self) -> &'static str {
                match self { $($type::$variant => $text),* }
            }
        }
    };
}

named! {
    /// The direction of a step.
    Axis {
        Child = "child", Descendant = "descendant", Parent = "parent", Ancestor = "ancestor",
        FollowingSibling = "following-sibling", PrecedingSibling = "preceding-sibling",
        Following = "following", Preceding = "preceding", Attribute = "attribute", Namespace = "namespace",
        SelfNode = "self", DescendantOrSelf = "descendant-or-self", AncestorOrSelf = "ancestor-or-self",
    }
}

named! {
    /// An operator between two operands.
    Operator {
        Or = "or", And = "and", Equal = "=", NotEqual = "!=", Less = "<", LessOrEqual = "<=", Greater = ">",
        GreaterOrEqual = ">=", Add = "+", Subtract = "-", Multiply = "*", Divide = "div", Modulo = "mod", Union = "|",
    }
}

impl Operator {
    /// Whether it gives a truth from two values.
    pub fn is_comparison(self) -> bool {
        matches!(self.precedence(), 3 | 4)
    }

    /// 1 binds loosest; negation stands between 6 and 8.
    pub fn precedence(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And => 2,
            Operator::Equal | Operator::NotEqual => 3,
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => 4,
            Operator::Add | Operator::Subtract => 5,
            Operator::Multiply | Operator::Divide | Operator::Modulo => 6,
            Operator::Union => NEGATION + 1,
        }
    }
}

/// The precedence of unary minus (XPath 3.5): looser than a union.
pub(super) const NEGATION: u8 = 7;
/// The precedence of what needs no brackets anywhere.
const PRIMARY: u8 = 9;

impl Expr {
    /// Whether a function is called at the top: in an operand, in a sign.
    pub fn has_call(&self) -> bool {
        match self {
            Expr::Call { .. } => true,
            Expr::Negate(inner) => inner.has_call(),
            Expr::Chain { first, rest } => {
                first.has_call() || rest.iter().any(|(_, operand)| operand.has_call())
            }
            Expr::Number(_) | Expr::Literal(_) | Expr::Path(_) => false,
        }
    }

    /// Whether it reckons with numbers that are written out; a minus counts
    /// where `minus` says so.
    pub fn is_arithmetic(&self, minus: bool) -> bool {
        let operand = |expr: &Expr| match expr {
            Expr::Number(_) => true,
            Expr::Negate(inner) => matches!(inner.as_ref(), Expr::Number(_)),
            expr => expr.is_arithmetic(minus),
        };
        let operator = |operator: Operator| match operator {
            Operator::Add | Operator::Multiply | Operator::Divide | Operator::Modulo => true,
            Operator::Subtract => minus,
            _ => false,
        };
        matches!(self, Expr::Chain { first, rest } if operand(first)
            && rest.iter().all(|(found, expr)| operator(*found) && operand(expr)))
    }

    /// The expressions directly inside, predicates too.
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Expr::Number(_) | Expr::Literal(_) => Vec::new(),
            Expr::Negate(inner) => vec![inner],
            Expr::Chain { first, rest } => {
                std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, operand)| operand)).collect()
            }
            Expr::Call { arguments, .. } => arguments.iter().collect(),
            Expr::Path(path) => path.parts(),
        }
    }

    /// Whether the function is called anywhere.
    pub fn calls(&self, name: &str) -> bool {
        matches!(self, Expr::Call { function, .. } if function.name == name)
            || self.parts().into_iter().any(|part| part.calls(name))
    }

    /// The children of that name of the nodes of this expression.
    pub fn child(self, name: &str) -> Expr {
        let mut path = match self {
            Expr::Path(path) => path,
            other => Path {
                start: Start::Filter { primary: Box::new(other), predicates: Vec::new() },
                steps: Vec::new(),
            },
        };
        path.steps.push(Step::child(name));
        Expr::Path(path)
    }

    /// The nodes of this expression for which `filter` holds.
    pub fn narrowed(self, filter: Expr) -> Expr {
        let mut path = match self {
            Expr::Path(path) => path,
            other => {
                let start = Start::Filter { primary: Box::new(other), predicates: vec![filter] };
                return Expr::Path(Path { start, steps: Vec::new() });
            }
        };
        match (path.steps.last_mut(), &mut path.start) {
            (Some(step), _) => step.predicates.push(filter),
            (None, Start::Reference { predicates, .. } | Start::Filter { predicates, .. }) => {
                predicates.push(filter);
            }
            (None, Start::Root | Start::Context | Start::CompiledPath(_)) => {
                path.steps.push(Step { predicates: vec![filter], ..Step::any(Axis::SelfNode) });
            }
        }
        Expr::Path(path)
    }

    fn precedence(&self) -> u8 {
        match self {
            Expr::Chain { rest, .. } => rest.first().map_or(PRIMARY, |(operator, _)| operator.precedence()),
            Expr::Negate(_) => NEGATION,
            _ => PRIMARY,
        }
    }

    /// Writes the expression, in brackets if it binds looser than `least`.
    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        // A lone `/` would swallow a name or `*` after it.
        let lone_root = matches!(self, Expr::Path(Path { start: Start::Root, steps }) if steps.is_empty());
        if lone_root || self.precedence() < least {
            return write!(f, "({self})");
        }
        write!(f, "{self}")
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // More digits than a number holds.
            Expr::Number(number) if number.is_infinite() => write!(f, "1{}", "0".repeat(309)),
            Expr::Number(number) => write!(f, "{number}"),
            Expr::Literal(text) if text.contains('\'') => write!(f, "\"{text}\""),
            Expr::Literal(text) => write!(f, "'{text}'"),
            Expr::Negate(inner) => {
                f.write_str("-")?;
                inner.write(f, NEGATION)
            }
            Expr::Chain { first, rest } => {
                let precedence = self.precedence();
                first.write(f, precedence + 1)?;
                for (operator, operand) in rest {
                    write!(f, " {} ", operator.text())?;
                    operand.write(f, precedence + 1)?;
                }
                Ok(())
            }
            Expr::Call { function, arguments } => {
                write!(f, "{}(", function.name)?;
                for (i, argument) in arguments.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    write!(f, "{argument}")?;
                }
                f.write_str(")")
            }
            Expr::Path(path) => write!(f, "{path}"),
        }
    }
}

fn write_predicates(f: &mut fmt::Formatter<'_>, predicates: &[Expr]) -> fmt::Result {
    predicates.iter().try_for_each(|predicate| write!(f, "[{predicate}]"))
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "/";
        match &self.start {
            Start::Root => f.write_str("/")?,
            Start::Context => {}
            Start::CompiledPath(compiled) => write!(f, "{compiled}")?,
            Start::Reference { name, predicates } => {
                write!(f, "${{{name}}}")?;
                write_predicates(f, predicates)?;
            }
            Start::Filter { primary, predicates } => {
                // A path in brackets stays in brackets: its predicates count
                // over all of its nodes.
                match primary.as_ref() {
                    Expr::Path(_) => write!(f, "({primary})")?,
                    other => other.write(f, PRIMARY)?,
                }
                write_predicates(f, predicates)?;
            }
        }
        if matches!(self.start, Start::Root | Start::Context) {
            separator = "";
        }
        for step in &self.steps {
            write!(f, "{separator}{step}")?;
            separator = "/";
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any(Axis::SelfNode) {
            return f.write_str(".");
        }
        if self.is_any(Axis::Parent) {
            return f.write_str("..");
        }
        match self.axis {
            Axis::Child => {}
            Axis::Attribute => f.write_str("@")?,
            axis => write!(f, "{}::", axis.text())?,
        }
        match &self.test {
            NodeTest::Name(name) => f.write_str(name)?,
            NodeTest::Prefix(prefix) => write!(f, "{prefix}:*")?,
            NodeTest::Any => f.write_str("*")?,
            NodeTest::Node => f.write_str("node()")?,
            NodeTest::Text => f.write_str("text()")?,
            NodeTest::Nothing(name) => write!(f, "{name}()")?,
        }
        write_predicates(f, &self.predicates)
    }
}

/// The name of a path that is one child step.
pub struct ChildName(pub String);

impl ChildName {
    /// The name, if `expr` is such a path.
    pub fn of(expr: &Expr) -> Option<ChildName> {
        let Expr::Path(Path { start: Start::Context, steps }) = expr else { return None };
        match steps.as_slice() {
            [Step { axis: Axis::Child, test: NodeTest::Name(name), predicates }] if predicates.is_empty() => {
                Some(ChildName(name.clone()))
            }
            _ => None,
        }
    }
}

/// The conditions that all must hold.
pub fn operands_of_and(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Chain { first, rest } if rest.iter().all(|(operator, _)| *operator == Operator::And) => {
            std::iter::once(first.as_ref()).chain(rest.iter().map(|(_, operand)| operand)).collect()
        }
        other => vec![other],
    }
}

/// What stands left and right of a single `=`.
pub fn sides_of_equal(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match expr {
        Expr::Chain { first, rest } => match rest.as_slice() {
            [(Operator::Equal, right)] => Some((first, right)),
            _ => None,
        },
        _ => None,
    }
}

impl Expr {
    /// Whether the value may depend on the context node, its position or the
    /// number of nodes, outside of predicates.
    pub fn looks_at_context(&self) -> bool {
        match self {
            Expr::Number(_) | Expr::Literal(_) => false,
            Expr::Negate(inner) => inner.looks_at_context(),
            Expr::Chain { first, rest } => {
                first.looks_at_context() || rest.iter().any(|(_, operand)| operand.looks_at_context())
            }
            // `current()` is the question; other functions without arguments
            // may look at the context node.
            Expr::Call { function, arguments } if arguments.is_empty() => {
                !matches!(function.name, "current" | "true" | "false" | "today" | "now" | "pi")
            }
            Expr::Call { arguments, .. } => arguments.iter().any(Expr::looks_at_context),
            Expr::Path(Path { start, .. }) => match start {
                Start::Root => false,
                Start::Context | Start::Reference { .. } => true,
                Start::Filter { primary, .. } => primary.looks_at_context(),
                Start::CompiledPath(compiled) => compiled.start == CompiledStart::Context,
            },
        }
    }
}
