//! Why a request is refused before anything is asked of the hub.

use ruhu_sync::upload_token::InvalidUploadToken;
use ruhu_text::{Explain, Explanation};

/// Why a request is refused before anything is asked of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// It does not name our version of the protocol.
    Protocol,
    /// No device signed it, or wrongly.
    Unsigned,
    /// There is nothing at its address.
    NotFound,
    /// Its address takes other methods.
    MethodNotAllowed,
    /// The router cannot read it, such as a path that is no UTF-8.
    Malformed,
    /// It did not arrive whole.
    Cut,
    /// The server has too much to do; it says when to come again.
    Busy,
    /// A piece of an upload of another type.
    ContentType,
    /// An upload by another version of tus.
    TusVersion,
    /// An upload token that is none, or has ended.
    Token,
    /// The range lies outside the file.
    Range,
    /// A fault of this program.
    Internal,
}

impl Explain for RequestError {
    fn code(&self) -> &'static str {
        match self {
            RequestError::Protocol => "protocol",
            RequestError::Unsigned => "bad_signature",
            RequestError::NotFound => "not_found",
            RequestError::MethodNotAllowed => "method_not_allowed",
            RequestError::Malformed => "malformed",
            RequestError::Cut => "cut",
            RequestError::Busy => "busy",
            RequestError::ContentType => "content_type",
            RequestError::TusVersion => "tus_version",
            RequestError::Token => InvalidUploadToken.code(),
            RequestError::Range => "range",
            RequestError::Internal => "internal",
        }
    }

    fn explain(&self) -> Explanation {
        let (zh, en) = match self {
            RequestError::Token => return InvalidUploadToken.explain(),
            RequestError::Protocol => (
                "本服务器使用协议第1版，",
                "This server speaks protocol version 1; the header Ruhu-Protocol must say so.",
            ),
            RequestError::Unsigned => {
                ("请求没有设备签名，或签名不正确。", "The request is not signed by a device, or wrongly.")
            }
            RequestError::NotFound => ("没有这个地址。", "There is nothing at this address."),
            RequestError::MethodNotAllowed => {
                ("该地址不接受这种请求。", "This address does not take this method.")
            }
            RequestError::Malformed => ("请求内容不符合协议。", "This is not a message of the protocol."),
            RequestError::Cut => ("请求内容没有完整到达。", "The request did not arrive whole."),
            RequestError::Busy => ("服务器现在很忙。", "The server has too much to do at the moment."),
            RequestError::ContentType => (
                "内容类型应为 application/offset+octet-stream。",
                "The content type must be application/offset+octet-stream.",
            ),
            RequestError::TusVersion => {
                ("上传协议应为 tus 1.0.0。", "Uploads speak tus 1.0.0; the header Tus-Resumable must say so.")
            }
            RequestError::Range => ("请求的范围超出文件。", "The range lies outside the file."),
            RequestError::Internal => ("服务器内部错误。", "An internal error of the server."),
        };
        let said = Explanation::new(zh, en);
        match self {
            RequestError::Protocol => said.advise("请升级程序。", "Update the program."),
            RequestError::Cut => said.advise("请在网络较好时再试。", "Try again in a better network."),
            RequestError::Busy => said.advise(
                "内容已保存在本机，请过几分钟再同步。",
                "Everything is kept on this device; sync again in some minutes.",
            ),
            RequestError::Internal => said.advise("请稍后再试。", "Try again later."),
            RequestError::Unsigned
            | RequestError::NotFound
            | RequestError::MethodNotAllowed
            | RequestError::Malformed
            | RequestError::ContentType
            | RequestError::TusVersion
            | RequestError::Token
            | RequestError::Range => said,
        }
    }
}
