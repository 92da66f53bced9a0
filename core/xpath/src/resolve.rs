//! `${name}` becomes a path, by the rules of XLSForm: relative when the
//! question and the name share a repeat, so that each instance sees its own
//! values; absolute otherwise. And a path that is written from the root finds
//! the instance it stands in.

use crate::ast::{Axis, Expr, NodeTest, Path, Start, Step};
use crate::functions;
use crate::lexer::LAST_SAVED;
use crate::parser::parse;
use crate::schema::{NodeDefId, ROOT_DEF, Schema};
use ruhu_text::{Explain, Explanation, Lang, nearest};

/// The instance that `${last-saved#name}` looks into, as pyxform calls it.
pub const LAST_SAVED_INSTANCE: &str = "__last-saved";

/// Why a `${name}` cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Lang::En))]
pub enum ResolveError {
    /// Nothing has that name.
    Unknown {
        /// The name written.
        name: String,
        /// A name that looks like it.
        suggestion: Option<String>,
    },
    /// Several have that name.
    Ambiguous {
        /// The name written.
        name: String,
    },
}

impl Explain for ResolveError {
    fn code(&self) -> &'static str {
        match self {
            ResolveError::Unknown { .. } => "unknown_name",
            ResolveError::Ambiguous { .. } => "ambiguous_name",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            ResolveError::Unknown { name, suggestion } => {
                let unknown = Explanation::new(
                    format!("没有名为“{name}”的题目。"),
                    format!("There is no question named “{name}”."),
                );
                match suggestion {
                    Some(near) => unknown
                        .advise(format!("是不是“${{{near}}}”？"), format!("Did you mean “${{{near}}}”?")),
                    None => unknown,
                }
            }
            ResolveError::Ambiguous { name } => Explanation::new(
                format!("有几个题目都叫“{name}”。"),
                format!("Several questions are named “{name}”."),
            )
            .advise(
                "请给它们取不同的名字，或写出完整路径。",
                "Give them different names, or write the path.",
            ),
        }
    }
}

/// Where an expression stands in the form.
struct Site<'a, S> {
    schema: &'a S,
    def: NodeDefId,
    /// The context node is another than the definition's, as in a predicate or in a
    /// choice filter; the definition is reached by `current()`.
    inside: bool,
    /// Repeats are not entered through the definition (`indexed-repeat`).
    absolute: bool,
    /// In a predicate: what its context node stands for, if it is a definition of
    /// the form.
    context: Option<NodeDefId>,
}

/// Resolves all references of an expression that stands at `def`;
/// `inside` when its context node is a choice of a list.
///
/// # Errors
/// [`ResolveError`] when a name is that of no definition, or of several.
pub fn resolve<S: Schema>(
    expr: Expr,
    schema: &S,
    def: NodeDefId,
    inside: bool,
) -> Result<Expr, ResolveError> {
    Site { schema, def, inside, absolute: false, context: None }.expr(expr)
}

// Derived, these would ask the schema to be copied too.
impl<S> Clone for Site<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Site<'_, S> {}

impl<S: Schema> Site<'_, S> {
    fn expr(self, expr: Expr) -> Result<Expr, ResolveError> {
        Ok(match expr {
            Expr::Number(_) | Expr::Literal(_) => expr,
            Expr::Negate(inner) => Expr::Negate(Box::new(self.expr(*inner)?)),
            Expr::Chain { first, rest } => Expr::Chain {
                first: Box::new(self.expr(*first)?),
                rest: rest
                    .into_iter()
                    .map(|(op, expr)| Ok((op, self.expr(expr)?)))
                    .collect::<Result<_, _>>()?,
            },
            Expr::Call { function, arguments } => {
                let arguments = arguments.into_iter().enumerate();
                let resolve = |(n, argument)| self.argument(function.name, n, argument);
                Expr::Call { function, arguments: arguments.map(resolve).collect::<Result<_, _>>()? }
            }
            Expr::Path(path) => Expr::Path(self.path(path)?),
        })
    }

    fn argument(self, function: &str, n: usize, argument: Expr) -> Result<Expr, ResolveError> {
        match (function, n, argument) {
            // The question is written as a text: '${name}'.
            ("jr:choice-name", 1, Expr::Literal(text)) => match parse(text.trim()) {
                Ok(path) => self.expr(path),
                Err(_) => Err(ResolveError::Unknown { name: text, suggestion: None }),
            },
            ("indexed-repeat", 0 | 1 | 3 | 5, argument) => Site { absolute: true, ..self }.expr(argument),
            (_, _, argument) => self.expr(argument),
        }
    }

    /// Resolves predicates of nodes of the definition `context`, if it is known.
    fn predicates(
        self,
        predicates: Vec<Expr>,
        context: Option<NodeDefId>,
    ) -> Result<Vec<Expr>, ResolveError> {
        let inside = Site { inside: true, absolute: false, context, ..self };
        predicates.into_iter().map(|predicate| inside.expr(predicate)).collect()
    }

    fn path(self, path: Path) -> Result<Path, ResolveError> {
        let path = self.in_own_instance(path);
        let mut at = self.beginning(&path.start);
        let (start, mut steps) = match path.start {
            Start::Reference { name, predicates } => {
                let (start, mut steps) = self.reference(&name)?;
                at = self.schema.named(&name).first().copied().map(Some);
                let predicates = self.predicates(predicates, at.flatten())?;
                match steps.last_mut() {
                    Some(last) => last.predicates = predicates,
                    None => steps.push(Step { predicates, ..Step::any(Axis::SelfNode) }),
                }
                (start, steps)
            }
            Start::Filter { primary, predicates } => {
                let primary = Box::new(self.expr(*primary)?);
                let predicates = self.predicates(predicates, at.flatten())?;
                (Start::Filter { primary, predicates }, Vec::new())
            }
            start => (start, Vec::new()),
        };
        for step in path.steps {
            at = at.and_then(|at| self.beyond(at, &step));
            steps.push(Step { predicates: self.predicates(step.predicates, at.flatten())?, ..step });
        }
        Ok(Path { start, steps })
    }

    /// The definition a path begins at, `Some(None)` for the root above the form;
    /// none when it is not known.
    fn beginning(self, start: &Start) -> Option<Option<NodeDefId>> {
        match start {
            Start::Root => Some(None),
            Start::Context if self.inside => self.context.map(Some),
            Start::Context => Some(Some(self.def)),
            Start::Filter { primary, .. } => match primary.as_ref() {
                Expr::Call { function, .. } if function.name == "current" => Some(Some(self.def)),
                _ => None,
            },
            Start::Reference { .. } | Start::CompiledPath(_) => None,
        }
    }

    /// The definition one step further, as far as a plain step goes.
    fn beyond(self, at: Option<NodeDefId>, step: &Step) -> Option<Option<NodeDefId>> {
        match (step.axis, &step.test, at) {
            (Axis::SelfNode, NodeTest::Node, at) => Some(at),
            (Axis::Parent, NodeTest::Node, Some(def)) => Some(self.schema.parent(def)),
            (Axis::Child, NodeTest::Name(name), None) => {
                (self.schema.name(ROOT_DEF) == name).then_some(Some(ROOT_DEF))
            }
            (Axis::Child, NodeTest::Name(name), Some(def)) => {
                let mut children = self.schema.children(def).iter();
                children.find(|child| self.schema.name(**child) == name).map(|child| Some(*child))
            }
            _ => None,
        }
    }

    /// A path from the root keeps to the instance of the context node in every
    /// repeat that holds both, as far as it has no predicates: `/data/member/age`
    /// in a bind of `/data/member/name` is that member's age. So XForms are
    /// written and JavaRosa reads them; `${member}` is all members.
    fn in_own_instance(self, path: Path) -> Path {
        let (here, start) = match self.context.filter(|_| self.inside) {
            Some(context) => (context, Start::Context),
            None => (self.def, self.here()),
        };
        if path.start != Start::Root || self.absolute {
            return path;
        }
        let mut lineage: Vec<NodeDefId> = self.schema.lineage(here).collect();
        lineage.reverse();
        let named = |step: &Step, def: NodeDefId| {
            step.axis == Axis::Child
                && step.predicates.is_empty()
                && matches!(&step.test, NodeTest::Name(name) if name == self.schema.name(def))
        };
        let shared = lineage.iter().zip(&path.steps).take_while(|(def, step)| named(step, **def)).count();
        if !lineage.iter().take(shared).any(|def| self.schema.is_repeat(*def)) {
            return path;
        }
        let mut steps: Vec<Step> = (shared..lineage.len()).map(|_| Step::parent()).collect();
        steps.extend(path.steps.into_iter().skip(shared));
        Path { start, steps }
    }

    fn target(self, name: &str) -> Result<NodeDefId, ResolveError> {
        match self.schema.named(name) {
            [target] => Ok(*target),
            [] => {
                let suggestion = nearest(name, self.schema.names()).map(str::to_owned);
                Err(ResolveError::Unknown { name: name.to_owned(), suggestion })
            }
            _ => Err(ResolveError::Ambiguous { name: name.to_owned() }),
        }
    }

    fn reference(self, name: &str) -> Result<(Start, Vec<Step>), ResolveError> {
        if let (Some(name), Some(function)) = (name.strip_prefix(LAST_SAVED), functions::find("instance")) {
            let arguments = vec![Expr::Literal(LAST_SAVED_INSTANCE.to_owned())];
            let primary = Box::new(Expr::Call { function, arguments });
            let mut steps = self.down_from_root(self.target(name)?);
            steps.reverse();
            return Ok((Start::Filter { primary, predicates: Vec::new() }, steps));
        }
        let target = self.target(name)?;
        if let Some(meeting) = self.meeting(target) {
            return Ok((self.here(), self.steps_between(meeting, target)));
        }
        // `count(${member}[${age} > 60])` outside of the repeat: the age of the
        // member that is looked at, not of all.
        let context = self.context.map(|def| Site { def, inside: false, ..self });
        if let Some((site, meeting)) = context.and_then(|site| Some((site, site.meeting(target)?))) {
            return Ok((Start::Context, site.steps_between(meeting, target)));
        }
        let mut steps = self.down_from_root(target);
        steps.reverse();
        Ok((Start::Root, steps))
    }

    /// Up to `meeting`, then down to `target`.
    fn steps_between(self, meeting: NodeDefId, target: NodeDefId) -> Vec<Step> {
        let up = self.schema.depth(self.def) - self.schema.depth(meeting);
        let mut steps: Vec<Step> = (0..up).map(|_| Step::parent()).collect();
        steps.extend(self.down(meeting, target));
        steps
    }

    /// Where a relative path to `target` turns downward: the nearest definition
    /// that holds both, if a repeat holds both.
    fn meeting(self, target: NodeDefId) -> Option<NodeDefId> {
        if self.absolute {
            return None;
        }
        let schema = self.schema;
        let above_target: Vec<NodeDefId> = schema.lineage(target).skip(1).collect();
        let shared = schema.lineage(self.def).any(|def| schema.is_repeat(def) && above_target.contains(&def));
        if !shared {
            return None;
        }
        if self.def == target {
            return Some(target);
        }
        schema.lineage(self.def).find(|def| above_target.contains(def))
    }

    fn here(self) -> Start {
        match functions::find("current").filter(|_| self.inside) {
            Some(function) => {
                let primary = Box::new(Expr::Call { function, arguments: Vec::new() });
                Start::Filter { primary, predicates: Vec::new() }
            }
            None => Start::Context,
        }
    }

    fn down(self, from: NodeDefId, to: NodeDefId) -> Vec<Step> {
        let lineage = self.schema.lineage(to).take_while(|def| *def != from);
        let mut steps: Vec<Step> = lineage.map(|def| Step::child(self.schema.name(def))).collect();
        steps.reverse();
        steps
    }

    /// From the inside out.
    fn down_from_root(self, to: NodeDefId) -> Vec<Step> {
        self.schema.lineage(to).map(|def| Step::child(self.schema.name(def))).collect()
    }
}
