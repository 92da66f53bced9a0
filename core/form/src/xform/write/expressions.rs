//! Expressions as an XForm has them: `${name}` has become a path.

use super::Export;
use super::markup::Piece;
use crate::form::shape::PlaceId;
use crate::form::{Piece as Part, Template};
use crate::xform::paths::absolute;
use crate::xpath::{self, Expr, Path, Start, Step};

impl Export<'_> {
    /// An expression that stands at a place; `inside` when its context is a
    /// choice of a list. One without `${...}` stays as it is written.
    pub(super) fn expression(&self, text: &str, place: PlaceId, inside: bool) -> String {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "true()" => return "true()".to_owned(),
            "no" | "false" | "false()" => return "false()".to_owned(),
            _ => {}
        }
        if !text.contains("${") {
            return text.to_owned();
        }
        self.resolved(text, place, inside).map_or_else(|| text.to_owned(), |expr| expr.to_string())
    }

    fn resolved(&self, text: &str, place: PlaceId, inside: bool) -> Option<Expr> {
        let expr = xpath::parse(text).ok()?;
        let shape = &self.form.program().shape;
        xpath::resolve(expr, shape, place, inside).ok().map(quoted_choice_names)
    }

    /// The plain path of an expression that is one, from the root.
    pub(super) fn path(&self, text: &str, place: PlaceId, context: &str) -> Option<String> {
        absolute(&self.expression(text, place, false), context)
    }

    /// A label as its texts and the values between them.
    pub(super) fn template(&self, text: &str, place: PlaceId) -> Vec<Piece> {
        if !text.contains("${") {
            return vec![Piece::Text(text.to_owned())];
        }
        let template = Template::read(text, |expression| self.resolved(expression, place, false));
        let piece = |part: &Part| match part {
            Part::Text(text) => Piece::Text(text.clone()),
            Part::Value(Expr::Literal(text)) => Piece::Text(text.clone()),
            Part::Value(expr) => Piece::Output(expr.to_string()),
        };
        template.pieces.iter().map(piece).collect()
    }
}

/// Engines take the question of `jr:choice-name` as a text that holds its
/// path.
fn quoted_choice_names(expr: Expr) -> Expr {
    let all = |list: Vec<Expr>| list.into_iter().map(quoted_choice_names).collect::<Vec<_>>();
    match expr {
        Expr::Number(_) | Expr::Literal(_) => expr,
        Expr::Negate(inner) => Expr::Negate(Box::new(quoted_choice_names(*inner))),
        Expr::Chain { first, rest } => Expr::Chain {
            first: Box::new(quoted_choice_names(*first)),
            rest: rest.into_iter().map(|(operator, expr)| (operator, quoted_choice_names(expr))).collect(),
        },
        Expr::Call { function, arguments } => {
            let mut arguments = all(arguments);
            if let ("jr:choice-name", Some(question)) = (function.name, arguments.get_mut(1))
                && matches!(question, Expr::Path(_))
            {
                *question = Expr::Literal(question.to_string());
            }
            Expr::Call { function, arguments }
        }
        Expr::Path(path) => {
            let start = match path.start {
                Start::Reference { name, predicates } => {
                    Start::Reference { name, predicates: all(predicates) }
                }
                Start::Filter { primary, predicates } => Start::Filter {
                    primary: Box::new(quoted_choice_names(*primary)),
                    predicates: all(predicates),
                },
                start => start,
            };
            let step = |step: Step| Step { predicates: all(step.predicates), ..step };
            let steps = path.steps.into_iter().map(step).collect();
            Expr::Path(Path { start, steps })
        }
    }
}
