//! XPath 1.0 with the functions of the ODK XForms specification: parsed,
//! resolved against the definitions of a form, and evaluated over its nodes.
//!
//! A text becomes an [`Expr`] by [`parse`]. Against a [`Schema`], the tree of
//! what a form defines, [`resolve`] turns `${name}` into paths, [`references`]
//! finds what an expression looks at without evaluating it, and [`compile_paths`]
//! finds plain paths once and for all. An [`Evaluator`] works expressions out
//! over [`Tree`]s: the answers, and the lists beside them. Limits of depth,
//! length and work hold everywhere, so that no expression hangs a phone.
//!
//! ```
//! use ruhu_xpath::{Environment, Evaluator, Frame, Host, Node, NodeRef, ROOT, Regex, Tree, parse};
//!
//! struct NoLists;
//!
//! impl Host for NoLists {
//!     fn choice_label(&self, _: NodeRef, _: &str) -> Option<String> {
//!         None
//!     }
//!     fn list(&self, _: &str) -> Option<u16> {
//!         None
//!     }
//!     fn key(&self, node: NodeRef) -> String {
//!         node.id.to_string()
//!     }
//!     fn pattern(&self, _: &str) -> Option<&Regex> {
//!         None
//!     }
//!     fn language(&self) -> &str {
//!         "zh"
//!     }
//! }
//!
//! let mut answers = Tree::new();
//! let household = answers.append(ROOT, Node::element("household".into()));
//! for income in ["10800", "2400"] {
//!     let member = answers.append(household, Node::element("member".into()));
//!     answers.append(member, Node { text: income.into(), ..Node::element("income".into()) });
//! }
//! let environment = Environment { now_ms: 1_795_305_600_000, utc_offset_minutes: 480, seed: 7 };
//! let evaluator = Evaluator::new(&answers, &[], &NoLists, environment);
//! let at = Frame::of(NodeRef::element(0, household));
//! let sum = evaluator.evaluate(&parse("sum(member/income)").unwrap(), at).unwrap();
//! assert_eq!(evaluator.to_text(&sum), "13200");
//! ```

mod ast;
mod axes;
mod compare;
mod compiled_path;
mod conversions;
mod environment;
mod eval;
mod eval_error;
mod functions;
mod host;
mod lexer;
mod lints;
mod moment;
mod number;
mod parser;
mod paths;
#[cfg(test)]
mod prop_tests;
mod references;
mod resolve;
mod schema;
mod shuffle;
mod syntax;
#[cfg(test)]
mod tests;
mod tree;
mod value;

pub use ast::{
    Axis, ChildName, Expr, NodeTest, Operator, Path, Start, Step, operands_of_and, sides_of_equal,
};
pub use compiled_path::{CompiledPath, compile_paths};
pub use environment::Environment;
pub use eval::Evaluator;
pub use eval_error::EvalError;
pub use functions::{Function, compile_pattern};
pub use host::{Frame, Host};
pub use lexer::{LAST_SAVED, is_name};
pub use lints::{Lint, QuestionFacts, holds_identity, lints};
pub use moment::{Moment, Names, parse_time, time_text};
pub use number::decimal;
pub use parser::parse;
pub use references::{Reference, References, literal_patterns, references};
pub use regex_lite::Regex;
pub use resolve::{LAST_SAVED_INSTANCE, ResolveError, resolve};
pub use schema::{NodeDefId, ROOT_DEF, Schema};
pub use shuffle::{shuffle, text_seed};
pub use syntax::{Expected, SyntaxError, SyntaxErrorKind};
pub use tree::{Node, NodeId, NodeRef, Part, ROOT, Tree};
pub use value::Value;

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
