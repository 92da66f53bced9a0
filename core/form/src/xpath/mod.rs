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

<<<<<<< HEAD
pub(crate) use ast::{ChildName, Expr, operands_of_and, sides_of_equal};
=======
pub(crate) use ast::{Axis, Expr, NodeTest, Path, Start, Step};
>>>>>>> 3082ae0 (Read XForm XML, so that forms from other tools run)
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
