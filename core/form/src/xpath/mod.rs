//! XPath 1.0 with the functions of the ODK XForms specification.

mod ast;
mod axes;
#[cfg(test)]
mod chance;
mod compare;
mod eval;
mod functions;
mod lexer;
mod lints;
mod parser;
mod references;
mod resolve;
mod shuffle;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;
mod value;
mod way;

/// The namespaces that ODK documents use, by their usual prefixes.
const NAMESPACES: [(&str, &str); 7] = [
    ("xhtml", "http://www.w3.org/1999/xhtml"),
    ("h", "http://www.w3.org/1999/xhtml"),
    ("xf", "http://www.w3.org/2002/xforms"),
    ("jr", "http://openrosa.org/javarosa"),
    ("orx", "http://openrosa.org/xforms"),
    ("odk", "http://www.opendatakit.org/xforms"),
    ("xml", "http://www.w3.org/XML/1998/namespace"),
];

/// The namespace that a prefix stands for.
fn namespace(prefix: &str) -> Option<&'static str> {
    NAMESPACES.iter().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri)
}

pub(crate) use ast::{Axis, ChildName, Expr, NodeTest, Path, Start, Step, operands_of_and, sides_of_equal};
pub(crate) use eval::{EvalError, Evaluator, Frame, Host};
pub(crate) use functions::compile_pattern;
pub(crate) use lexer::{LAST_SAVED, is_name};
pub(crate) use lints::lints;
pub use lints::{Asked, Lint, holds_identity};
pub(crate) use parser::parse;
pub(crate) use references::{Reference, literal_patterns, references};
pub(crate) use resolve::{LAST_SAVED_INSTANCE, ResolveError, resolve};
pub(crate) use shuffle::{shuffle, text_seed};
pub(crate) use syntax::SyntaxError;
#[cfg(feature = "conformance")]
pub(crate) use syntax::SyntaxFault;
#[cfg(feature = "conformance")]
pub(crate) use tree::Part;
pub(crate) use tree::{Node, NodeId, NodeRef, ROOT, Tree};
pub(crate) use value::{Value, decimal};
pub(crate) use way::find_ways;
