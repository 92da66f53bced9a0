//! Compiled paths: plain ones such as `../income` and `/roster/member/age`,
//! followed through the node definitions when a form is compiled. Most of what
//! a form's expressions look at are such paths, and children stand in the order
//! of their definitions, so a compiled path is walked without comparing names.

use crate::ast::{Axis, Expr, NodeTest, Path, Start, Step};
use crate::schema::{NodeDefId, ROOT_DEF, Schema};
use crate::tree::{NodeId, ROOT, Tree};

/// Where a compiled path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CompiledStart {
    /// The root above the form.
    Root,
    /// The context node.
    Context,
    /// `current()`: the node whose expression it is.
    Current,
}

/// A plain path, found: so many levels up, then down.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledPath {
    pub(crate) start: CompiledStart,
    up: u32,
    down: Vec<DownStep>,
    /// Whether no repeat is passed on the way down: there is one node at most.
    pub(crate) single: bool,
    /// As it was written.
    written: Path,
}

/// One step down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct DownStep {
    def: NodeDefId,
    repeat: bool,
    /// Where the node stands among its siblings as long as every repeat before
    /// it has one instance.
    offset: u32,
}

impl CompiledPath {
    /// The node, when there is one at most.
    pub(crate) fn node(&self, answers: &Tree, from: NodeId) -> Option<NodeId> {
        let start = self.top(answers, from)?;
        self.down.iter().try_fold(start, |node, step| answers.child_of_row(node, step.def, step.offset))
    }

    /// All nodes, in document order.
    pub(crate) fn nodes(&self, answers: &Tree, from: NodeId) -> Vec<NodeId> {
        let mut found: Vec<NodeId> = self.top(answers, from).into_iter().collect();
        for step in &self.down {
            found = match step.repeat {
                false => found
                    .into_iter()
                    .filter_map(|node| answers.child_of_row(node, step.def, step.offset))
                    .collect(),
                true => {
                    found.iter().flat_map(|node| answers.children_of_row(*node, step.def)).copied().collect()
                }
            };
        }
        found
    }

    fn top(&self, answers: &Tree, from: NodeId) -> Option<NodeId> {
        let start = match self.start {
            CompiledStart::Root => *answers.children(ROOT).first()?,
            CompiledStart::Context | CompiledStart::Current => from,
        };
        (0..self.up).try_fold(start, |node, _| answers.get(node)?.parent)
    }
}

impl std::fmt::Display for CompiledPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.written.fmt(f)
    }
}

/// Compiles the plain beginnings of all paths of `expr`, which is resolved and
/// stands at `def`; `inside` when its context node is another.
pub fn compile_paths<S: Schema>(expr: &mut Expr, schema: &S, def: NodeDefId, inside: bool) {
    PathCompiler { schema, def }.expr(expr, inside);
}

struct PathCompiler<'a, S> {
    schema: &'a S,
    def: NodeDefId,
}

impl<S: Schema> PathCompiler<'_, S> {
    fn expr(&self, expr: &mut Expr, inside: bool) {
        match expr {
            Expr::Number(_) | Expr::Literal(_) => {}
            Expr::Negate(inner) => self.expr(inner, inside),
            Expr::Chain { first, rest } => {
                self.expr(first, inside);
                rest.iter_mut().for_each(|(_, operand)| self.expr(operand, inside));
            }
            Expr::Call { arguments, .. } => {
                arguments.iter_mut().for_each(|argument| self.expr(argument, inside));
            }
            Expr::Path(path) => self.path(path, inside),
        }
    }

    fn path(&self, path: &mut Path, inside: bool) {
        for step in &mut path.steps {
            step.predicates.iter_mut().for_each(|predicate| self.expr(predicate, true));
        }
        if let Start::Filter { primary, predicates } = &mut path.start {
            predicates.iter_mut().for_each(|predicate| self.expr(predicate, true));
            if !is_current(primary, predicates) {
                self.expr(primary, inside);
            }
        }
        if let Some((compiled, used)) = self.compiled(path, inside) {
            let steps = path.steps.drain(..used).collect();
            let start = std::mem::replace(&mut path.start, Start::Context);
            path.start =
                Start::CompiledPath(Box::new(CompiledPath { written: Path { start, steps }, ..compiled }));
        }
    }

    /// The plain path that it begins with, and how many of its steps that is.
    fn compiled(&self, path: &Path, inside: bool) -> Option<(CompiledPath, usize)> {
        let (start, mut def, first) = match &path.start {
            Start::Root => {
                let root = path.steps.first()?;
                (child_name(root)? == self.schema.name(ROOT_DEF)).then_some(())?;
                (CompiledStart::Root, ROOT_DEF, 1)
            }
            Start::Context if !inside => (CompiledStart::Context, self.def, 0),
            Start::Filter { primary, predicates } if is_current(primary, predicates) => {
                (CompiledStart::Current, self.def, 0)
            }
            _ => return None,
        };
        let (mut up, mut down, mut used) = (0, Vec::new(), first);
        for step in path.steps.iter().skip(first) {
            if step.is_self() {
                // Nothing moves.
            } else if step.is_parent() && down.is_empty() {
                def = self.schema.parent(def)?;
                up += 1;
            } else if let Some(found) = child_name(step).and_then(|name| self.child(def, name)) {
                def = found.def;
                down.push(found);
            } else {
                break;
            }
            used += 1;
        }
        let written = Path { start: Start::Context, steps: Vec::new() };
        let single = down.iter().all(|step| !step.repeat);
        Some((CompiledPath { start, up, down, single, written }, used))
    }

    fn child(&self, def: NodeDefId, name: &str) -> Option<DownStep> {
        let def = self.schema.child(def, name)?;
        Some(DownStep { def, repeat: self.schema.is_repeat(def), offset: self.schema.offset(def) })
    }
}

fn is_current(primary: &Expr, predicates: &[Expr]) -> bool {
    predicates.is_empty() && matches!(primary, Expr::Call { function, .. } if function.name == "current")
}

fn child_name(step: &Step) -> Option<&str> {
    match (step.axis, &step.test, step.predicates.is_empty()) {
        (Axis::Child, NodeTest::Name(name), true) => Some(name),
        _ => None,
    }
}
