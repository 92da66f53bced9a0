//! Expressions as trees, and how they are written.

use super::functions::Function;
use std::fmt;

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    Number(f64),
    Literal(String),
    Negate(Box<Expr>),
    /// Operands joined from the left by operators of one precedence. A chain is
    /// one node, so that long forms do not make deep trees.
    Chain {
        first: Box<Expr>,
        rest: Vec<(Operator, Expr)>,
    },
    Call {
        function: &'static Function,
        arguments: Vec<Expr>,
    },
    Path(Path),
}

/// Where a path begins, and its steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Path {
    pub start: Start,
    pub steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Start {
    /// `/`
    Root,
    /// The context node.
    Context,
    /// XLSForm's `${name}`, before it is resolved.
    Reference { name: String, predicates: Vec<Expr> },
    /// Any expression that gives nodes.
    Filter { primary: Box<Expr>, predicates: Vec<Expr> },
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub axis: Axis,
    pub test: NodeTest,
    pub predicates: Vec<Expr>,
}

impl Step {
    pub fn child(name: &str) -> Step {
        Step { axis: Axis::Child, test: NodeTest::Name(name.to_owned()), predicates: Vec::new() }
    }

    pub fn parent() -> Step {
        Step { axis: Axis::Parent, test: NodeTest::Node, predicates: Vec::new() }
    }

    pub fn any(axis: Axis) -> Step {
        Step { axis, test: NodeTest::Node, predicates: Vec::new() }
    }

    fn is_any(&self, axis: Axis) -> bool {
        self.axis == axis && self.test == NodeTest::Node && self.predicates.is_empty()
    }
}

/// What a step lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NodeTest {
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
        pub(crate) enum $type { $($variant),* }

        impl $type {
            pub fn from_text(text: &str) -> Option<$type> {
                match text { $($text => Some($type::$variant),)* _ => None }
            }

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
