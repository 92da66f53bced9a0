//! Why an expression has no value.

use ruhu_text::{Explain, Explanation, Lang};

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message(Lang::En))]
pub enum EvalError {
    /// It looks at more than two million nodes.
    TooMuchWork,
    /// It makes a text of more than 1 MB.
    TextTooLong,
    /// A function of nodes was given something else.
    NotNodes {
        /// The function.
        function: &'static str,
    },
    /// A regular expression that cannot be read.
    BadPattern,
    /// A function was given what it cannot take.
    BadArgument {
        /// The function.
        function: &'static str,
    },
    /// A name has a namespace prefix that nothing in the form has.
    UnknownPrefix {
        /// The prefix, without its colon.
        prefix: String,
    },
}

impl Explain for EvalError {
    fn code(&self) -> &'static str {
        match self {
            EvalError::TooMuchWork => "too_much_work",
            EvalError::TextTooLong => "text_too_long",
            EvalError::NotNodes { .. } => "not_nodes",
            EvalError::BadPattern => "bad_pattern",
            EvalError::BadArgument { .. } => "bad_argument",
            EvalError::UnknownPrefix { .. } => "unknown_prefix",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            EvalError::TooMuchWork => {
                Explanation::new("算式要查看的内容太多", "the expression looks at too many nodes")
            }
            EvalError::TextTooLong => {
                Explanation::new("算式得出的文字太长", "the expression makes too long a text")
            }
            EvalError::NotNodes { function } => Explanation::new(
                format!("“{function}”的参数要写题目"),
                format!("“{function}” takes questions as its argument"),
            ),
            EvalError::BadPattern => {
                Explanation::new("正则表达式写错了", "the regular expression cannot be read")
            }
            EvalError::BadArgument { function } => Explanation::new(
                format!("“{function}”的参数不对"),
                format!("“{function}” cannot take this argument"),
            ),
            EvalError::UnknownPrefix { prefix } => Explanation::new(
                format!("没有名字以“{prefix}:”开头"),
                format!("no name begins with “{prefix}:”"),
            ),
        }
    }
}
