//! The nodes that a path leads to.

use crate::ast::{Axis, Expr, NodeTest, Path, Start, Step};
use crate::compiled_path::{CompiledPath, CompiledStart};
use crate::eval::Evaluator;
use crate::eval_error::EvalError;
use crate::host::Frame;
use crate::tree::{NodeId, NodeRef, Part};
use crate::value::Value;

impl Evaluator<'_> {
    /// The nodes of a path, without those that do not apply: a question that
    /// is not asked is blank for every expression.
    pub(crate) fn path(&self, path: &Path, frame: Frame) -> Result<Vec<NodeRef>, EvalError> {
        let mut nodes = self.path_unfiltered(path, frame)?;
        nodes.retain(|node| self.applies(*node));
        Ok(nodes)
    }

    /// The nodes of a path, those that do not apply too.
    pub(crate) fn path_unfiltered(&self, path: &Path, frame: Frame) -> Result<Vec<NodeRef>, EvalError> {
        let mut flat = matches!(path.start, Start::CompiledPath(_));
        let mut nodes = match &path.start {
            Start::CompiledPath(compiled) => self.along_compiled(compiled, frame)?,
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

    pub(crate) fn along_compiled(
        &self,
        compiled: &CompiledPath,
        frame: Frame,
    ) -> Result<Vec<NodeRef>, EvalError> {
        let from = start_of(compiled, frame);
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
    pub(crate) fn lone(&self, expr: &Expr, frame: Frame) -> Option<Option<NodeRef>> {
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
        let node = compiled.node(self.answers, start_of(compiled, frame));
        Some(node.map(|id| NodeRef::element(0, id)))
    }

    /// The one column of a choice that a path names, if it names one.
    pub(crate) fn lone_column(&self, steps: &[Step], item: NodeRef) -> Option<Option<NodeRef>> {
        let [Step { axis: Axis::Child, test: NodeTest::Name(name), predicates }] = steps else { return None };
        let list = item.tree > 0 && item.part == Part::Whole && predicates.is_empty();
        let tree = self.tree(item.tree).filter(|_| list)?;
        let named = |id: &&u32| tree.get(**id).is_some_and(|node| *node.name == **name);
        let mut found = tree.children(item.id).iter().filter(named);
        let first = found.next().map(|id| NodeRef { id: *id, ..item });
        found.next().is_none().then_some(first)
    }

    /// `flat`: the nodes of `from` stand at one depth of one tree, in order.
    pub(crate) fn step(
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
    pub(crate) fn known_prefix(&self, test: &NodeTest) -> Result<(), EvalError> {
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

    pub(crate) fn candidates(&self, from: NodeRef, step: &Step) -> Result<Vec<NodeRef>, EvalError> {
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

    pub(crate) fn filter(
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
}

/// Whether two steps are those of `//name`, which is one step along the
/// descendants when no predicate counts positions among siblings.
fn is_plain_descendant(step: &Step, next: &Step) -> bool {
    *step == Step::any(Axis::DescendantOrSelf) && next.axis == Axis::Child && next.predicates.is_empty()
}

fn descendant(step: &Step) -> Step {
    Step { axis: Axis::Descendant, ..step.clone() }
}

fn start_of(compiled: &CompiledPath, frame: Frame) -> NodeId {
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
