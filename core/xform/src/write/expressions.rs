//! Expressions as an XForm has them: `${name}` has become a path.

use super::export::Export;
use super::markup::Piece;
use crate::paths::absolute;
use ruhu_form::FormSchema;
use ruhu_form::template::{Piece as Part, Template};
use ruhu_xpath::{Axis, Expr, NodeDefId, NodeTest, Path, ROOT_DEF, Schema, Start, Step};

impl Export<'_> {
    /// An expression that stands at a definition; `inside` when its context is a
    /// choice of a list. One without `${...}` stays as it is written.
    pub(super) fn expression(&self, text: &str, def: NodeDefId, inside: bool) -> String {
        let text = text.trim();
        match text.to_ascii_lowercase().as_str() {
            "yes" | "true" | "true()" => return "true()".to_owned(),
            "no" | "false" | "false()" => return "false()".to_owned(),
            _ => {}
        }
        if !text.contains("${") {
            return text.to_owned();
        }
        self.resolved(text, def, inside).map_or_else(|| text.to_owned(), |expr| expr.to_string())
    }

    fn resolved(&self, text: &str, def: NodeDefId, inside: bool) -> Option<Expr> {
        let expr = ruhu_xpath::parse(text).ok()?;
        let schema = self.form.schema();
        let change = |expr: Expr, in_predicate: bool| {
            all_instances(quoted_choice_name(expr), schema, def, in_predicate)
        };
        ruhu_xpath::resolve(expr, schema, def, inside).ok().map(|expr| rewritten(expr, inside, &change))
    }

    /// The plain path of an expression that is one, from the root.
    pub(super) fn path(&self, text: &str, def: NodeDefId, context: &str) -> Option<String> {
        absolute(&self.expression(text, def, false), context)
    }

    /// A label as its texts and the values between them.
    pub(super) fn template(&self, text: &str, def: NodeDefId) -> Vec<Piece> {
        if !text.contains("${") {
            return vec![Piece::Text(text.to_owned())];
        }
        let template = Template::read(text, |expression| self.resolved(expression, def, false));
        let piece = |part: &Part| match part {
            Part::Text(text) => Piece::Text(text.clone()),
            Part::Value(Expr::Literal(text)) => Piece::Text(text.clone()),
            Part::Value(expr) => Piece::Output(expr.to_string()),
        };
        template.pieces.iter().map(piece).collect()
    }

    /// Whether the text of a choice refers to questions, and to nothing else:
    /// other engines fill that in, and take it amiss where it is only text.
    pub(super) fn refers(&self, text: &str) -> bool {
        let template = Template::read(text, |expression| self.resolved(expression, ROOT_DEF, false));
        let marks = text.matches("${").count();
        let paths = template.values().filter(|value| matches!(value, Expr::Path(_))).count();
        marks > 0 && marks == paths
    }
}

/// Engines take the question of `jr:choice-name` as a text that holds its
/// path.
fn quoted_choice_name(expr: Expr) -> Expr {
    let Expr::Call { function, mut arguments } = expr else { return expr };
    if let ("jr:choice-name", Some(question)) = (function.name, arguments.get_mut(1))
        && matches!(question, Expr::Path(_))
    {
        *question = Expr::Literal(question.to_string());
    }
    Expr::Call { function, arguments }
}

/// `${member}` is all members also where one of them stands; the path from the
/// root would be the own one there. With a predicate engines take all.
fn all_instances(expr: Expr, schema: &FormSchema, def: NodeDefId, in_predicate: bool) -> Expr {
    let Expr::Path(mut path) = expr else { return expr };
    let plain = |step: &Step| match &step.test {
        NodeTest::Name(name) if step.axis == Axis::Child && step.predicates.is_empty() => Some(name.clone()),
        _ => None,
    };
    let names: Option<Vec<String>> = path.steps.iter().map(plain).collect();
    let target = names.filter(|_| path.start == Start::Root).and_then(|names| {
        let mut below = names.iter().skip(1);
        below.try_fold(ROOT_DEF, |def, name| {
            schema.children(def).iter().copied().find(|child| schema.name(*child) == name)
        })
    });
    let own = |target: NodeDefId| {
        schema.is_repeat(target) && (in_predicate || schema.lineage(def).any(|above| above == target))
    };
    if let (Some(last), true) = (path.steps.last_mut(), target.is_some_and(own)) {
        last.predicates.extend(ruhu_xpath::parse("true()"));
    }
    Expr::Path(path)
}

/// The expression with every part changed from the inside out; `change` is told
/// whether the part stands in a predicate. The questions that `indexed-repeat`
/// names stay.
fn rewritten(expr: Expr, in_predicate: bool, change: &dyn Fn(Expr, bool) -> Expr) -> Expr {
    let part = |expr: Expr| rewritten(expr, in_predicate, change);
    let predicates =
        |list: Vec<Expr>| list.into_iter().map(|expr| rewritten(expr, true, change)).collect::<Vec<_>>();
    let inner = match expr {
        Expr::Number(_) | Expr::Literal(_) => expr,
        Expr::Negate(inner) => Expr::Negate(Box::new(part(*inner))),
        Expr::Chain { first, rest } => Expr::Chain {
            first: Box::new(part(*first)),
            rest: rest.into_iter().map(|(operator, expr)| (operator, part(expr))).collect(),
        },
        Expr::Call { function, arguments } => {
            let stays = |n: usize| function.name == "indexed-repeat" && matches!(n, 0 | 1 | 3 | 5);
            let argument = |(n, expr): (usize, Expr)| if stays(n) { expr } else { part(expr) };
            Expr::Call { function, arguments: arguments.into_iter().enumerate().map(argument).collect() }
        }
        Expr::Path(path) => {
            let start = match path.start {
                Start::Reference { name, predicates: own } => {
                    Start::Reference { name, predicates: predicates(own) }
                }
                Start::Filter { primary, predicates: own } => {
                    Start::Filter { primary: Box::new(part(*primary)), predicates: predicates(own) }
                }
                start => start,
            };
            let step = |step: Step| Step { predicates: predicates(step.predicates), ..step };
            let steps = path.steps.into_iter().map(step).collect();
            Expr::Path(Path { start, steps })
        }
    };
    change(inner, in_predicate)
}
