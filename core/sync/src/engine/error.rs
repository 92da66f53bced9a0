//! Why a run cannot go on.

use ruhu_text::{Explain, Explanation};

use crate::codec::CodecError;

/// Why a run cannot go on. Nothing was written that the server did not prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The answer is not a message of this protocol.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A receipt or a log head does not carry the server's signature.
    #[error("the server's signature on a {0} is wrong")]
    ServerSignature(&'static str),
    /// The answer does not fit the question.
    #[error("the server's answer does not fit: {0}")]
    Unfitting(&'static str),
    /// The host answered with another event than was asked for.
    #[error("the host sent an event that was not asked for")]
    OutOfTurn,
}

impl Explain for EngineError {
    fn code(&self) -> &'static str {
        match self {
            EngineError::Codec(_)
            | EngineError::ServerSignature(_)
            | EngineError::Unfitting(_)
            | EngineError::OutOfTurn => "bad_answer",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            EngineError::Codec(_)
            | EngineError::ServerSignature(_)
            | EngineError::Unfitting(_)
            | EngineError::OutOfTurn => Explanation::new(
                "服务器的回答有误，没有采用。",
                "The server's answer is wrong and was not taken.",
            )
            .advise(
                "内容已保存在本机，请联系管理员。",
                "Everything is kept on this device; tell the administrator.",
            ),
        }
    }
}
