//! What the device needs of a network, as a trait: HTTPS on a phone, a function call in a simulator.

use std::time::Duration;

use async_trait::async_trait;
use ruhu_text::{Explain, Explanation};

/// A request to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: &'static str,
    /// The path with its query, such as `/v1/sync`.
    pub path: String,
    /// Headers besides those that every request has.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The server's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why no answer came. Nothing is known of whether the server acted on the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection to a server came about.
    #[error("no connection to the server: {0}")]
    Unreachable(String),
    /// The connection ended before the answer did.
    #[error("the connection broke off: {0}")]
    Cut(String),
    /// The connection stands, and nothing to speak of moves over it any more: see [`crate::patience`].
    #[error("nothing moves over the connection any more")]
    Silent,
    /// The server's certificate is not the one that was pinned.
    #[error("the server's TLS certificate is not the pinned one")]
    WrongCertificate,
    /// The answer was larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The other side is not a Ruhu server, or speaks another version.
    #[error("the server speaks protocol {found:?}, this program {supported}")]
    Protocol {
        /// What the server said, if anything.
        found: Option<String>,
        /// What this program speaks.
        supported: u32,
    },
}

impl TransportError {
    /// Whether a connection was made and lost: with less on its way the next one may last.
    pub fn is_cut(&self) -> bool {
        matches!(self, TransportError::Cut(_) | TransportError::Silent)
    }
}

impl Explain for TransportError {
    fn code(&self) -> &'static str {
        match self {
            TransportError::Unreachable(_) | TransportError::Cut(_) | TransportError::Silent => "offline",
            TransportError::WrongCertificate => "wrong_server",
            TransportError::TooLarge(_) => "bad_answer",
            TransportError::Protocol { .. } => "protocol",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            TransportError::Unreachable(_) => Explanation::new(
                "连不上服务器。",
                "The server cannot be reached.",
            )
            .advise("内容已保存在本机，有网络时再同步。", "Everything is kept on this device; sync again when there is a network."),
            TransportError::Cut(_) => Explanation::new(
                "与服务器的连接中断了。",
                "The connection to the server broke off.",
            )
            .advise("内容已保存在本机，再次同步会接着进行。", "Everything is kept on this device; the next sync goes on from there."),
            TransportError::Silent => Explanation::new(
                "服务器没有回应，已停止等待。",
                "The server answers no more; waiting for it was given up.",
            )
            .advise("内容已保存在本机，有网络时再同步。", "Everything is kept on this device; sync again when there is a network."),
            TransportError::TooLarge(_) => Explanation::new(
                "服务器的回答过大，已停止接收。",
                "The server's answer is too large and was not taken.",
            )
            .advise("请联系管理员。", "Tell the administrator."),
            TransportError::WrongCertificate => wrong_server(),
            TransportError::Protocol { found: None, .. } => Explanation::new(
                "对方不是入户服务器，可能是网关或上网登录页面。",
                "What answered is not a Ruhu server but perhaps a gateway or a network's login page.",
            )
            .advise(
                "内容已保存在本机，请换个网络再同步，仍不行请联系管理员。",
                "Everything is kept on this device; sync again in another network, and tell the administrator if it stays so.",
            ),
            TransportError::Protocol { found: Some(_), .. } => Explanation::new(
                "服务器版本与本程序不符。",
                "The server speaks another version.",
            )
            .advise("内容已保存在本机，请更新程序后再同步。", "Everything is kept on this device; update the program, then sync."),
        }
    }
}

/// What to say when another server answers than the one of the enrolment.
pub fn wrong_server() -> Explanation {
    Explanation::new(
        "对方不是登记时的服务器，已停止连接。",
        "This is not the server the device was enrolled with; the connection was stopped.",
    )
    .advise("请联系管理员，不要在此网络下继续。", "Tell the administrator and do not go on in this network.")
}

/// Sends requests to one server.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request and reads the whole answer, at most `limit` bytes of it. A caller may drop the
    /// future: then, as after an error, nothing is known of whether the server acted.
    ///
    /// # Errors
    /// `offline`, `wrong_server`, `protocol`, and `bad_answer` for one beyond the limit.
    async fn send(&self, request: Request, limit: usize) -> Result<Response, TransportError>;

    /// Lets so much time pass, as the host measures it: the server asked for it, or a line was lost a
    /// moment ago.
    async fn pause(&self, time: Duration);
}
