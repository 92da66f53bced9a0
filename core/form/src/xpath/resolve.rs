//! `${name}` becomes a path, by the rules of XLSForm: relative when the
//! question and the name share a repeat, so that each instance sees its own
//! values; absolute otherwise.

use super::ast::{Axis, Expr, Path, Start, Step};
use super::functions;
use super::parser::parse;
use crate::fault::nearest;
use crate::form::shape::{PlaceId, Shape};

/// Why a `${name}` cannot be resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResolveError {
    /// No row has that name.
    Unknown { name: String, suggestion: Option<String> },
    /// Several rows have that name.
    Ambiguous { name: String },
}

/// Where an expression stands in the form.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a> {
    pub shape: &'a Shape,
    pub place: PlaceId,
    /// The context node is another than the place's, as in a predicate or in a
    /// choice filter; the place is reached by `current()`.
    pub inside: bool,
    /// Repeats are not entered through the place (`indexed-repeat`).
    absolute: bool,
    /// In a predicate of a `${name}`: what its context node stands for.
    context: Option<PlaceId>,
}

/// Resolves all references of an expression that stands at `place`;
/// `inside` when its context node is a choice of a list.
pub(crate) fn resolve(expr: Expr, shape: &Shape, place: PlaceId, inside: bool) -> Result<Expr, ResolveError> {
    Site { shape, place, inside, absolute: false, context: None }.expr(expr)
}

impl Site<'_> {
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

    /// Resolves predicates of nodes of the place `context`, if it is known.
    fn predicates(self, predicates: Vec<Expr>, context: Option<PlaceId>) -> Result<Vec<Expr>, ResolveError> {
        let inside = Site { inside: true, absolute: false, context, ..self };
        predicates.into_iter().map(|predicate| inside.expr(predicate)).collect()
    }

    fn path(self, path: Path) -> Result<Path, ResolveError> {
        let (start, mut steps) = match path.start {
            Start::Reference { name, predicates } => {
                let (start, mut steps) = self.reference(&name)?;
                let context = self.shape.named(&name).first().copied();
                let predicates = self.predicates(predicates, context)?;
                match steps.last_mut() {
                    Some(last) => last.predicates = predicates,
                    None => steps.push(Step { predicates, ..Step::any(Axis::SelfNode) }),
                }
                (start, steps)
            }
            Start::Filter { primary, predicates } => {
                let primary = Box::new(self.expr(*primary)?);
                (Start::Filter { primary, predicates: self.predicates(predicates, None)? }, Vec::new())
            }
            start => (start, Vec::new()),
        };
        for step in path.steps {
            steps.push(Step { predicates: self.predicates(step.predicates, None)?, ..step });
        }
        Ok(Path { start, steps })
    }

    fn reference(self, name: &str) -> Result<(Start, Vec<Step>), ResolveError> {
        let target = match self.shape.named(name) {
            [target] => *target,
            [] => {
                let suggestion = nearest(name, self.shape.names()).map(str::to_owned);
                return Err(ResolveError::Unknown { name: name.to_owned(), suggestion });
            }
            _ => return Err(ResolveError::Ambiguous { name: name.to_owned() }),
        };
        if let Some(meeting) = self.meeting(target) {
            return Ok((self.here(), self.way(meeting, target)));
        }
        // `count(${member}[${age} > 60])` outside of the repeat: the age of the
        // member that is looked at, not of all.
        let context = self.context.map(|place| Site { place, inside: false, ..self });
        if let Some((site, meeting)) = context.and_then(|site| Some((site, site.meeting(target)?))) {
            return Ok((Start::Context, site.way(meeting, target)));
        }
        let mut steps = self.down_from_root(target);
        steps.reverse();
        Ok((Start::Root, steps))
    }

    /// Up to `meeting`, then down to `target`.
    fn way(self, meeting: PlaceId, target: PlaceId) -> Vec<Step> {
        let up = self.shape.depth(self.place) - self.shape.depth(meeting);
        let mut steps: Vec<Step> = (0..up).map(|_| Step::parent()).collect();
        steps.extend(self.down(meeting, target));
        steps
    }

    /// Where a relative path to `target` turns downward: the nearest place
    /// that holds both, if a repeat holds both.
    fn meeting(self, target: PlaceId) -> Option<PlaceId> {
        if self.absolute {
            return None;
        }
        let shape = self.shape;
        let above_target: Vec<PlaceId> = shape.lineage(target).skip(1).collect();
        let shared =
            shape.lineage(self.place).any(|place| shape.is_repeat(place) && above_target.contains(&place));
        if !shared {
            return None;
        }
        if self.place == target {
            return Some(target);
        }
        shape.lineage(self.place).find(|place| above_target.contains(place))
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

    fn down(self, from: PlaceId, to: PlaceId) -> Vec<Step> {
        let lineage = self.shape.lineage(to).take_while(|place| *place != from);
        let mut steps: Vec<Step> = lineage.map(|place| Step::child(self.shape.name(place))).collect();
        steps.reverse();
        steps
    }

    /// From the inside out.
    fn down_from_root(self, to: PlaceId) -> Vec<Step> {
        self.shape.lineage(to).map(|place| Step::child(self.shape.name(place))).collect()
    }
}
