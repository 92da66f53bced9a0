//! What the device needs of a network, as a trait: HTTPS on a phone, a function call in a simulator.

use async_trait::async_trait;

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
    /// No connection, or it was cut.
    #[error("no connection to the server: {0}")]
    Unreachable(String),
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

/// Sends requests to one server.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request and reads the whole answer, at most `limit` bytes of it.
    async fn send(&self, request: Request, limit: usize) -> Result<Response, TransportError>;
}
