//! What is told of each request: its id goes to the phone and into the log, so that somebody who reads the one
//! finds the other. Ids, counts, durations and codes; never a path as it was asked for, never a value.

use std::fmt;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use ruhu_sync::auth::parse_authorization;
use ruhu_sync::{Problem, codec};
use tracing::Instrument;

use super::failure::problem;
use crate::error::RequestError;

/// Names the request in every answer.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("ruhu-request-id");

/// The name of a request: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy)]
struct RequestId(u64);

impl RequestId {
    fn new() -> RequestId {
        // A name, not a secret: without randomness the clock names it.
        RequestId(getrandom::u64().unwrap_or_else(|_| super::app::now_ms().cast_unsigned()))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Runs a request in a span of its own and tells how it ended: one line for each that was refused.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let id = RequestId::new();
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let device = authorization.and_then(parse_authorization).map(|(device, _)| device.to_string());
    let device = device.as_deref().unwrap_or("none");
    let span = tracing::info_span!("request", %id, method = method(&request), route, claimed_device = device);
    let answer = next.run(request).instrument(span.clone()).await;
    let (answer, code) = with_problem(answer, id);
    let status = answer.status();
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match code {
        None => tracing::debug!(status = status.as_u16(), ms, "request answered"),
        Some(code) if status.is_server_error() => {
            tracing::error!(%id, code, status = status.as_u16(), ms, "request failed");
        }
        Some(code) => tracing::warn!(%id, code, status = status.as_u16(), ms, "request refused"),
    });
    answer
}

/// The method, when it is one that HTTP has: another is text of the client's.
fn method(request: &Request) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| request.method() == *known).unwrap_or("other")
}

/// The answer with its request's name, and the code of the problem that it tells of.
fn with_problem(mut answer: Response, id: RequestId) -> (Response, Option<String>) {
    let status = answer.status();
    let told = answer.extensions_mut().remove::<Problem>();
    // Without one it is the router's own refusal, such as a path that is no UTF-8.
    let problem = match status.is_client_error() || status.is_server_error() {
        true => Some(told.unwrap_or_else(|| problem(RequestError::Malformed))),
        false => None,
    };
    let named = HeaderValue::from_str(&id.to_string());
    answer.headers_mut().extend(named.ok().map(|named| (REQUEST_ID, named)));
    let code = problem.map(|problem| {
        let problem = Problem { request: Some(id.to_string()), ..problem };
        answer.headers_mut().remove(header::CONTENT_LENGTH);
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/cbor"));
        *answer.body_mut() = Body::from(codec::to_cbor(&problem));
        problem.code
    });
    (answer, code)
}
