//! HTTPS transport: HTTP/1.1 with rustls on ring, the server's certificate pinned by the enrolment code.
//!
//! One connection is kept from one request to the next. Requests may be repeated (a sync goes by hashes,
//! an upload by offsets), so one that fails on a kept connection before its answer begins is tried once
//! on a new one: the server, or something on the way, had let the old one go.

mod line;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Uri;
use hyper::header::{HOST, HeaderValue};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::ServerName;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use crate::message::PROTOCOL_VERSION;
use crate::transport::{Request, Response, Transport, TransportError};
pub use line::PROTOCOL_HEADER;
use line::{Line, Meter, Metered};

/// How long a connection may take, TLS included: some kilobytes and two round trips.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that lay idle longer is not used again: a mobile network forgets it without a word, and
/// finding out costs more than a new one.
const KEPT: Duration = Duration::from_secs(20);
/// How much lies in the system's buffer at most, in bytes. What lies there counts as moved: at 1 kB/s it
/// is gone within [`crate::patience::WINDOW`], on a good line it is no brake.
const SEND_BUFFER: usize = 16 * 1024;

/// A transport to one server.
pub struct HttpTransport {
    connector: HttpConnector,
    /// `None` speaks plain HTTP.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    base: Uri,
    host: HeaderValue,
    kept: Mutex<Option<Line>>,
}

impl std::fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpTransport").field("tls", &self.tls.is_some()).finish_non_exhaustive()
    }
}

impl HttpTransport {
    /// A transport to the server at `url` (scheme, host and port). With a fingerprint (SHA-256 of
    /// the certificate's DER) exactly that certificate is accepted; without one, those of public
    /// authorities. Plain `http` is only for loopback addresses.
    ///
    /// # Errors
    /// `offline` when the address is none that can be used, or TLS cannot be set up.
    pub fn new(url: &str, pinned: Option<[u8; 32]>) -> Result<HttpTransport, TransportError> {
        let unusable = || TransportError::Unreachable("the address cannot be used".into());
        let base: Uri = url.parse().map_err(|_| unusable())?;
        let authority = base.authority().ok_or_else(unusable)?;
        let name = authority.host().trim_matches(['[', ']']).to_owned();
        let tls = match base.scheme_str() {
            Some("https") => {
                let config = Arc::new(tls::config(pinned)?);
                Some((TlsConnector::from(config), ServerName::try_from(name).map_err(|_| unusable())?))
            }
            Some("http") if is_loopback(&name) => None,
            Some("http") => {
                let reason = "plain HTTP is for loopback addresses only";
                return Err(TransportError::Unreachable(reason.into()));
            }
            _ => return Err(unusable()),
        };
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| unusable())?;
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
        connector.set_send_buffer_size(Some(SEND_BUFFER));
        Ok(HttpTransport { connector, tls, base, host, kept: Mutex::new(None) })
    }

    async fn connect(&self) -> Result<Line, TransportError> {
        let connecting = async {
            let mut connector = self.connector.clone();
            let unreachable = |error: &dyn std::fmt::Display| TransportError::Unreachable(error.to_string());
            let tcp = connector.call(self.base.clone()).await.map_err(|error| unreachable(&error))?;
            let meter = Meter::default();
            let tcp = Metered::new(tcp.into_inner(), meter.clone());
            match &self.tls {
                None => Line::new(Box::new(tcp), meter).await,
                Some((connector, name)) => {
                    let tls = connector.connect(name.clone(), tcp).await;
                    Line::new(Box::new(tls.map_err(|error| tls::refused(&error))?), meter).await
                }
            }
        };
        let silent = |_| TransportError::Unreachable("no answer to the connection".into());
        timeout(CONNECT_TIMEOUT, connecting).await.map_err(silent)?
    }

    fn request(&self, request: Request) -> Result<hyper::Request<Full<Bytes>>, TransportError> {
        let path = format!("{}{}", self.base.path().trim_end_matches('/'), request.path);
        let mut builder = hyper::Request::builder()
            .method(request.method)
            .uri(path)
            .header(HOST, self.host.clone())
            .header(PROTOCOL_HEADER, PROTOCOL_VERSION);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let body = Full::new(Bytes::from(request.body));
        builder.body(body).map_err(|error| TransportError::Unreachable(error.to_string()))
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether the server ends the connection with this answer (RFC 9112, section 9.6).
fn closes(answer: &Response) -> bool {
    answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: Request, limit: usize) -> Result<Response, TransportError> {
        let request = self.request(request)?;
        let mut kept = self.kept.lock().await;
        let old = kept.take().filter(|line| line.idle() < KEPT);
        if let Some(mut line) = old {
            match line.exchange(request.clone(), limit).await {
                Ok(answer) => {
                    *kept = Some(line).filter(|_| !closes(&answer));
                    return Ok(answer);
                }
                Err(broken) if !broken.answered && broken.error.is_cut() => {
                    tracing::debug!("a kept connection was let go by the other side");
                }
                Err(broken) => return Err(broken.error),
            }
        }
        let mut line = self.connect().await?;
        let answer = line.exchange(request, limit).await.map_err(|broken| broken.error)?;
        *kept = Some(line).filter(|_| !closes(&answer));
        Ok(answer)
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
