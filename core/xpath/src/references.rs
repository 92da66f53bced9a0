//! What an expression looks at, found without working it out: the edges of the
//! dependency graph.

use crate::ast::{Axis, Expr, NodeTest, Operator, Path, Start, Step};
use crate::schema::{NodeDefId, ROOT_DEF, Schema};

/// A definition that an expression looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The definition of what is looked at.
    pub def: NodeDefId,
    /// The outermost definition the path passes: only nodes below the same node of
    /// that definition are looked at. None for the whole form.
    pub anchor: Option<NodeDefId>,
    /// Only where the node stands matters, not what it holds (`position`).
    pub structure: bool,
    /// Whether a blank answer may count for something else than a question that
    /// does not apply (`count`, `sum`, `boolean`): for most of what is written
    /// in forms, comparisons above all, both are a blank.
    pub presence: bool,
}

/// The most definitions that one expression may pass.
const MAX_WORK: usize = 1_000_000;

/// What an expression looks at, and the paths that lead nowhere.
#[derive(Debug, Default)]
pub struct References {
    /// What is looked at, in order, none twice.
    pub found: Vec<Reference>,
    /// The paths that lead nowhere, as they are written.
    pub dangling: Vec<String>,
    /// How many definitions its paths pass; beyond the limit nothing more is found.
    pub work: usize,
}

/// A definition as a path passes it; none is the root above the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    def: Option<NodeDefId>,
    anchor: Option<NodeDefId>,
}

/// What `expr`, resolved, looks at from `def`; `inside` when its context
/// node is a choice of a list.
pub fn references<S: Schema>(expr: &Expr, schema: &S, def: NodeDefId, inside: bool) -> References {
    let here = Spot { def: Some(def), anchor: Some(def) };
    let mut walk = Walk { schema, current: here, out: References::default() };
    let context = if inside { Vec::new() } else { vec![here] };
    walk.expr(expr, &context, false);
    walk.out.found.sort_unstable();
    walk.out.found.dedup();
    walk.out
}

struct Walk<'a, S> {
    schema: &'a S,
    current: Spot,
    out: References,
}

impl<S: Schema> Walk<'_, S> {
    /// Notes what is looked at; gives the definitions the value may be nodes of.
    fn expr(&mut self, expr: &Expr, context: &[Spot], structure: bool) -> Vec<Spot> {
        match expr {
            Expr::Number(_) | Expr::Literal(_) => Vec::new(),
            Expr::Negate(inner) => self.expr(inner, context, false),
            Expr::Chain { first, rest } => {
                let mut spots = self.operand(first, rest, first, context, structure);
                for (_, operand) in rest {
                    spots.extend(self.operand(first, rest, operand, context, structure));
                }
                spots
            }
            Expr::Call { function, arguments } => self.call(function.name, arguments, context),
            Expr::Path(path) => {
                let spots = self.path(path, context);
                self.note(&spots, structure, true);
                spots
            }
        }
    }

    /// An operand; beside a text or a number a path is only looked at for its
    /// text.
    fn operand(
        &mut self,
        first: &Expr,
        rest: &[(Operator, Expr)],
        operand: &Expr,
        context: &[Spot],
        structure: bool,
    ) -> Vec<Spot> {
        let plain = |expr: &Expr| matches!(expr, Expr::Number(_) | Expr::Literal(_));
        match (operand, rest) {
            (Expr::Path(path), [(operator, last)])
                if operator.is_comparison() && (plain(first) || plain(last)) =>
            {
                self.text_of(path, context, structure)
            }
            _ => self.expr(operand, context, structure),
        }
    }

    /// A path of which only the text counts.
    fn text_of(&mut self, path: &Path, context: &[Spot], structure: bool) -> Vec<Spot> {
        let spots = self.path(path, context);
        self.note(&spots, structure, false);
        spots
    }

    fn call(&mut self, function: &str, arguments: &[Expr], context: &[Spot]) -> Vec<Spot> {
        let mut spots = Vec::new();
        let of_text = matches!(
            function,
            "selected"
                | "string"
                | "string-length"
                | "regex"
                | "contains"
                | "starts-with"
                | "ends-with"
                | "normalize-space"
                | "ruhu:fold"
                | "substr"
                | "coalesce"
                | "count-selected"
                | "selected-at"
                | "number"
        );
        for argument in arguments {
            spots.extend(match argument {
                Expr::Path(path) if of_text => self.text_of(path, context, false),
                argument => self.expr(argument, context, function == "position"),
            });
        }
        match function {
            "current" => vec![self.current],
            // Any node may bear the id.
            "id" => {
                let whole = Spot { def: None, anchor: None };
                self.below(None).into_iter().map(|def| Spot { def: Some(def), ..whole }).collect()
            }
            // Without arguments these look at the context node.
            "string" | "number" | "string-length" | "normalize-space" if arguments.is_empty() => {
                self.note(context, false, false);
                Vec::new()
            }
            "if" | "coalesce" | "once" | "indexed-repeat" | "randomize" => spots,
            _ => Vec::new(),
        }
    }

    fn note(&mut self, spots: &[Spot], structure: bool, presence: bool) {
        for spot in spots {
            let def = spot.def.unwrap_or(ROOT_DEF);
            // One of several nodes that goes makes another the first.
            let presence = presence || !self.is_single(*spot);
            self.out.found.push(Reference { def, anchor: spot.anchor, structure, presence });
        }
    }

    /// Whether there is at most one such node: all repeats that hold it are
    /// passed at the same instance.
    fn is_single(&self, spot: Spot) -> bool {
        let Some(def) = spot.def else { return false };
        let anchor = spot.anchor.map_or(0, |anchor| self.schema.depth(anchor));
        let leaf = self.schema.children(def).is_empty();
        leaf && self.schema.lineage(def).all(|above| {
            !self.schema.is_repeat(above) || self.schema.depth(above) <= anchor && spot.anchor.is_some()
        })
    }

    fn path(&mut self, path: &Path, context: &[Spot]) -> Vec<Spot> {
        let mut spots = match &path.start {
            Start::Root => vec![Spot { def: None, anchor: None }],
            Start::Context => context.to_vec(),
            // Names are resolved before, paths are compiled afterwards.
            Start::Reference { .. } | Start::CompiledPath(_) => Vec::new(),
            Start::Filter { primary, predicates } => {
                let spots = self.expr(primary, context, false);
                self.predicates(predicates, &spots);
                spots
            }
        };
        let somewhere = !spots.is_empty();
        for step in &path.steps {
            spots = self.step(&spots, step);
            self.predicates(&step.predicates, &spots);
        }
        if somewhere && spots.is_empty() {
            self.out.dangling.push(path.to_string());
        }
        spots
    }

    fn predicates(&mut self, predicates: &[Expr], context: &[Spot]) {
        for predicate in predicates {
            self.expr(predicate, context, false);
        }
    }

    fn step(&mut self, from: &[Spot], step: &Step) -> Vec<Spot> {
        let mut spots: Vec<Spot> = Vec::new();
        if let (Axis::Child, NodeTest::Name(name)) = (step.axis, &step.test) {
            spots.extend(from.iter().flat_map(|spot| self.children_named(*spot, name)));
            self.out.work = self.out.work.saturating_add(from.len() + spots.len());
            return if self.out.work > MAX_WORK { Vec::new() } else { spots };
        }
        for spot in from {
            let found = self.along(*spot, step.axis);
            self.out.work = self.out.work.saturating_add(found.len() + 1);
            if self.out.work > MAX_WORK {
                return Vec::new();
            }
            spots.extend(found);
        }
        // Attributes and texts are looked at by way of their element.
        if !matches!(step.axis, Axis::Attribute) && step.test != NodeTest::Text {
            spots.retain(|spot| self.passes(*spot, &step.test));
        }
        spots.sort_unstable();
        spots.dedup();
        spots
    }

    fn passes(&self, spot: Spot, test: &NodeTest) -> bool {
        match (test, spot.def) {
            (NodeTest::Node, _) => true,
            (NodeTest::Name(name), Some(def)) => self.schema.name(def) == name,
            (NodeTest::Any, Some(_)) => true,
            _ => false,
        }
    }

    fn along(&self, from: Spot, axis: Axis) -> Vec<Spot> {
        let down = |def| Spot { def: Some(def), ..from };
        match axis {
            Axis::SelfNode | Axis::Attribute => vec![from],
            // A text stands for its element, so a child axis keeps it too.
            Axis::Child => {
                let mut spots: Vec<Spot> = self.children(from.def).into_iter().map(down).collect();
                if spots.is_empty() {
                    spots.push(from);
                }
                spots
            }
            Axis::Descendant | Axis::DescendantOrSelf => {
                let mut spots = vec![from];
                spots.extend(self.below(from.def).into_iter().map(down));
                spots
            }
            Axis::Parent => self.above(from).into_iter().take(1).collect(),
            Axis::Ancestor => self.above(from),
            Axis::AncestorOrSelf => {
                let mut spots = vec![from];
                spots.extend(self.above(from));
                spots
            }
            Axis::FollowingSibling | Axis::PrecedingSibling => {
                let Some(parent) = self.above(from).first().copied() else { return Vec::new() };
                self.children(parent.def).into_iter().map(|def| Spot { def: Some(def), ..parent }).collect()
            }
            Axis::Following | Axis::Preceding => {
                let whole = Spot { def: None, anchor: None };
                self.below(None).into_iter().map(|def| Spot { def: Some(def), ..whole }).collect()
            }
            Axis::Namespace => Vec::new(),
        }
    }

    /// The commonest step by far, without a list of all children.
    fn children_named<'n>(&'n self, from: Spot, name: &'n str) -> impl Iterator<Item = Spot> + 'n {
        let child = move |def: &NodeDefId| self.schema.parent(*def) == from.def;
        let defs = self.schema.named(name).iter().copied().filter(child);
        defs.map(move |def| Spot { def: Some(def), ..from })
    }

    fn children(&self, def: Option<NodeDefId>) -> Vec<NodeDefId> {
        def.map_or_else(|| vec![ROOT_DEF], |def| self.schema.children(def).to_vec())
    }

    fn below(&self, def: Option<NodeDefId>) -> Vec<NodeDefId> {
        match def {
            Some(def) => self.schema.subtree(def).into_iter().skip(1).collect(),
            None => self.schema.subtree(ROOT_DEF),
        }
    }

    /// What holds the definition, nearest first, with the anchor moved up to it
    /// when it is further out.
    fn above(&self, from: Spot) -> Vec<Spot> {
        let Some(def) = from.def else { return Vec::new() };
        let mut spots: Vec<Spot> = self
            .schema
            .lineage(def)
            .skip(1)
            .map(|above| Spot { def: Some(above), anchor: self.outermost(from.anchor, above) })
            .collect();
        spots.push(Spot { def: None, anchor: None });
        spots
    }

    fn outermost(&self, anchor: Option<NodeDefId>, def: NodeDefId) -> Option<NodeDefId> {
        anchor.map(|anchor| if self.schema.depth(def) < self.schema.depth(anchor) { def } else { anchor })
    }
}

/// The patterns of `regex` that are written out in an expression.
pub fn literal_patterns(expr: &Expr) -> Vec<&str> {
    let mut found = Vec::new();
    collect_patterns(expr, &mut found);
    found
}

fn collect_patterns<'a>(expr: &'a Expr, found: &mut Vec<&'a str>) {
    if let Expr::Call { function, arguments } = expr
        && let ("regex", Some(Expr::Literal(pattern))) = (function.name, arguments.get(1))
    {
        found.push(pattern);
    }
    expr.parts().into_iter().for_each(|part| collect_patterns(part, found));
}
