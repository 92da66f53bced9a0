//! What can be wrong with the text of an expression.

use ruhu_text::{Bilingual, Explain, Explanation, Lang};
use thiserror::Error;

/// An expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.message(Lang::En))]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// Where, in bytes from the beginning of the expression.
    pub at: usize,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is longer than the limit in bytes.
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// Brackets or operators are nested deeper than the limit.
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// A character that no expression has.
    UnexpectedCharacter {
        /// The character.
        found: char,
    },
    /// A quotation mark without its partner.
    UnclosedText,
    /// A `${` without its `}`.
    UnclosedReference,
    /// What stands in `${...}` is not a name.
    BadReference {
        /// What stands there.
        name: String,
    },
    /// Something else was expected here.
    Expected {
        /// What was expected.
        expected: Expected,
        /// What stands there; empty at the end.
        found: String,
    },
    /// No such function.
    UnknownFunction {
        /// The name written.
        name: String,
        /// A name that looks like it.
        suggestion: Option<String>,
    },
    /// A function with too few or too many arguments.
    WrongArity {
        /// The function.
        name: &'static str,
        /// The number of arguments written.
        found: usize,
    },
}

/// What may stand at a place of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A number, text, path or function.
    Value,
    /// The name of a question.
    Name,
    /// An operator, or the end.
    Operator,
    /// One of XPath's axes.
    Axis,
    /// This mark.
    Mark(&'static str),
}

impl Expected {
    /// Says that this is expected where `found` stands; nothing is the end.
    fn text(self, found: &str) -> Bilingual {
        let (zh, en) = match self {
            Expected::Value => ("数值、文字、题目或函数", "a value"),
            Expected::Name => ("题目名", "a name"),
            Expected::Operator => ("运算符或结尾", "an operator or the end"),
            Expected::Axis => ("轴名，例如 parent", "an axis such as parent"),
            Expected::Mark(mark) => (mark, mark),
        };
        match found.is_empty() {
            true => {
                Bilingual::new(format!("算式不完整，缺少“{zh}”"), format!("it ends where “{en}” is expected"))
            }
            false => Bilingual::new(
                format!("这里应是“{zh}”，却是“{found}”"),
                format!("“{en}” is expected, but “{found}” stands there"),
            ),
        }
    }
}

impl SyntaxError {
    pub(super) fn new(kind: SyntaxErrorKind, at: usize) -> Self {
        SyntaxError { kind, at }
    }
}

impl Explain for SyntaxError {
    fn code(&self) -> &'static str {
        match &self.kind {
            SyntaxErrorKind::TooLong { .. } => "expression_too_long",
            SyntaxErrorKind::TooDeep { .. } => "expression_too_deep",
            SyntaxErrorKind::UnexpectedCharacter { .. } => "unexpected_character",
            SyntaxErrorKind::UnclosedText => "unclosed_text",
            SyntaxErrorKind::UnclosedReference => "unclosed_reference",
            SyntaxErrorKind::BadReference { .. } => "bad_reference",
            SyntaxErrorKind::Expected { .. } => "expected_otherwise",
            SyntaxErrorKind::UnknownFunction { .. } => "unknown_function",
            SyntaxErrorKind::WrongArity { .. } => "wrong_arity",
        }
    }

    fn explain(&self) -> Explanation {
        let what = match &self.kind {
            SyntaxErrorKind::TooLong { limit } => Bilingual::new(
                format!("算式超过 {limit} 字节"),
                format!("the expression is longer than {limit} bytes"),
            ),
            SyntaxErrorKind::TooDeep { limit } => Bilingual::new(
                format!("括号嵌套超过 {limit} 层"),
                format!("nested deeper than {limit} levels"),
            ),
            SyntaxErrorKind::UnexpectedCharacter { found } => Bilingual::new(
                format!("字符“{found}”不能出现在这里{}", full_width_hint(*found).0),
                format!("the character “{found}” cannot stand here{}", full_width_hint(*found).1),
            ),
            SyntaxErrorKind::UnclosedText => {
                Bilingual::new("引号没有成对", "a quotation mark has no partner")
            }
            SyntaxErrorKind::UnclosedReference => Bilingual::new("“${”缺少“}”", "“${” lacks its “}”"),
            SyntaxErrorKind::BadReference { name } => Bilingual::new(
                format!("“${{{name}}}”不是题目名"),
                format!("“${{{name}}}” is not a question name"),
            ),
            SyntaxErrorKind::Expected { expected, found } => expected.text(found),
            SyntaxErrorKind::UnknownFunction { name, suggestion } => match suggestion {
                Some(near) => Bilingual::new(
                    format!("没有函数“{name}”（是不是“{near}”？）"),
                    format!("there is no function “{name}” (did you mean “{near}”?)"),
                ),
                None => Bilingual::new(format!("没有函数“{name}”"), format!("there is no function “{name}”")),
            },
            SyntaxErrorKind::WrongArity { name, found } => Bilingual::new(
                format!("函数“{name}”不能带 {found} 个参数"),
                format!("the function “{name}” does not take {found} arguments"),
            ),
        };
        what.into()
    }
}

/// Chinese input methods give full-width marks; they are the commonest slip.
fn full_width_hint(found: char) -> (&'static str, &'static str) {
    match found {
        '，' | '（' | '）' | '“' | '”' | '‘' | '’' | '＝' | '＞' | '＜' | '｛' | '｝' | '＄' => {
            ("，请改用英文半角符号", "; use its half-width form")
        }
        _ => ("", ""),
    }
}
