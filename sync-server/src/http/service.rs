//! The endpoints without a network: a whole request in, a whole answer out. For a line that is not HTTP,
//! and for tests that count requests instead of waiting for sockets.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Request as HttpRequest};
use ruhu_sync::PROTOCOL_VERSION;
use ruhu_sync::transport::{Request, Response};
use tower::ServiceExt;

use super::app::{App, Clock, Shared};
use super::router::router;
use crate::hub::Hub;

/// Answers requests as a [`super::Server`] does, without listening anywhere.
#[derive(Debug)]
pub struct Service {
    app: Shared,
}

impl Service {
    /// Takes the hub, and the time from a clock that gives Unix milliseconds.
    pub fn new(hub: Hub, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Service {
        Service { app: App::new(hub, Clock::new(clock)) }
    }

    /// Answers one request; needs a runtime of tokio's. A request that HTTP could not carry is a `400`
    /// without a body.
    pub async fn answer(&self, request: Request) -> Response {
        let refused = Response { status: 400, headers: Vec::new(), body: Vec::new() };
        let Some(request) = http_request(request) else { return refused };
        let Ok(answer) = router(self.app.clone()).oneshot(request).await;
        let (head, body) = answer.into_parts();
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        let headers = headers.collect();
        match to_bytes(body, usize::MAX).await {
            Ok(body) => Response { status: head.status.as_u16(), headers, body: body.to_vec() },
            Err(_) => Response { status: 500, headers, body: Vec::new() },
        }
    }

    /// Does something with the hub, as the commands of an administrator do.
    pub fn with_hub<T>(&self, act: impl FnOnce(&mut Hub) -> T) -> T {
        act(&mut self.app.hub())
    }
}

fn http_request(request: Request) -> Option<HttpRequest<Body>> {
    let mut builder = HttpRequest::builder()
        .method(request.method)
        .uri(&request.path)
        .header(HeaderName::from_static("ruhu-protocol"), PROTOCOL_VERSION);
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    builder.body(Body::from(request.body)).ok()
}
