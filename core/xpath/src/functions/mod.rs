//! The functions of XPath 1.0 and of the ODK XForms specification.

mod codes;
mod dates;
mod geo;
mod logic;
mod lookups;
mod nodes;
mod numbers;
mod selects;
mod texts;

pub use texts::compile_pattern;

use super::ast::Expr;
use super::eval::Evaluator;
use super::eval_error::EvalError;
use super::host::Frame;
use super::value::Value;
use ruhu_text::nearest;
use std::borrow::Cow;

type Run = fn(&Evaluator<'_>, Frame, &[Expr]) -> Result<Value, EvalError>;

/// A function, its arguments not yet worked out: `if` needs only two of three.
pub struct Function {
    /// As expressions write it: `count`, `jr:itext`.
    pub name: &'static str,
    least: usize,
    most: usize,
    pub(super) run: Run,
}

/// No limit to the number of arguments.
const MANY: usize = usize::MAX;

const fn function(name: &'static str, least: usize, most: usize, run: Run) -> Function {
    Function { name, least, most, run }
}

impl Function {
    /// Whether it takes so many arguments.
    pub fn takes(&self, arguments: usize) -> bool {
        (self.least..=self.most).contains(&arguments)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const TABLES: [&[Function]; 9] = [
    codes::TABLE,
    dates::TABLE,
    geo::TABLE,
    logic::TABLE,
    lookups::TABLE,
    nodes::TABLE,
    numbers::TABLE,
    selects::TABLE,
    texts::TABLE,
];

pub(super) fn all() -> impl Iterator<Item = &'static Function> {
    TABLES.into_iter().flatten()
}

/// The function of that name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

/// A function whose name looks like `name`.
pub(super) fn suggest(name: &str) -> Option<&'static str> {
    nearest(name, all().map(|function| function.name))
}

impl<'a> Evaluator<'a> {
    /// The n-th argument as text; empty when it was left out.
    fn argument_text<'e>(
        &self,
        frame: Frame,
        arguments: &'e [Expr],
        n: usize,
    ) -> Result<Cow<'e, str>, EvalError>
    where
        'a: 'e,
    {
        arguments.get(n).map_or(Ok(Cow::Borrowed("")), |expr| self.text_in(expr, frame))
    }

    /// The n-th argument as a number; not a number when it was left out.
    fn argument_number(&self, frame: Frame, arguments: &[Expr], n: usize) -> Result<f64, EvalError> {
        arguments.get(n).map_or(Ok(f64::NAN), |expr| self.number_of(expr, frame))
    }

    /// The texts of all arguments, each node of a set on its own.
    fn all_texts(&self, frame: Frame, arguments: &[Expr]) -> Result<Vec<String>, EvalError> {
        let mut texts = Vec::new();
        for argument in arguments {
            match self.evaluate(argument, frame)? {
                Value::Nodes(nodes) => {
                    texts.extend(nodes.into_iter().map(|node| self.node_text(node).into_owned()))
                }
                value => texts.push(self.to_text(&value)),
            }
        }
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_functions_share_a_name() {
        let names: HashSet<_> = all().map(|function| function.name).collect();
        assert_eq!(names.len(), all().count());
    }
}
