//! XPath 1.0 with the functions of the ODK XForms specification.

mod ast;
mod axes;
mod compare;
mod eval;
mod functions;
mod lexer;
mod parser;
mod references;
mod resolve;
mod shuffle;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub(crate) use ast::{Axis, ChildName, Expr, NodeTest, Path, Start, Step, operands_of_and, sides_of_equal};
pub(crate) use eval::{EvalError, Evaluator, Frame, Host};
pub(crate) use functions::compile_pattern;
pub(crate) use lexer::is_name;
pub(crate) use parser::parse;
pub(crate) use references::{Reference, literal_patterns, references};
pub(crate) use resolve::{ResolveError, resolve};
pub(crate) use shuffle::{shuffle, text_seed};
pub(crate) use syntax::SyntaxError;
pub(crate) use tree::{Node, NodeId, NodeRef, ROOT, Tree};
pub(crate) use value::{Value, decimal};
