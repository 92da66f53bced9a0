//! The endpoints of protocol version 1, over HTTP/1.1 and TLS.
//!
//! Every answer names the protocol in `Ruhu-Protocol`; every request but `GET /v1/health` must. All
//! but health, enrolment and `OPTIONS` are signed by a device (see [`ruhu_sync::auth`]). An error
//! status carries a [`ruhu_sync::Problem`] as `application/cbor`. Every answer names its request in
//! `Ruhu-Request-Id`; the log tells of it by the same name.

mod failure;
mod files;
pub mod headers;
mod listener;
mod message;
mod request_log;
mod sync;
mod uploads;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, options, post};
use ruhu_sync::{PROTOCOL_VERSION, PublicKey};

use crate::error::HubError;
use crate::hub::Hub;
use failure::Failure;

pub use listener::Server;

/// Under this name the hub remembers how devices reach the server.
pub(crate) const URL_META: &str = "url";
/// And under this one the certificate to pin, hexadecimal; empty when there is none to pin.
pub(crate) const TLS_META: &str = "tls";

const PROTOCOL: HeaderName = HeaderName::from_static("ruhu-protocol");

/// What the handlers share.
#[derive(Debug)]
pub(crate) struct App {
    hub: Mutex<Hub>,
    server: PublicKey,
    /// Uploads that a request is writing to at this moment.
    writing: Mutex<HashSet<String>>,
}

type Shared = Arc<App>;

impl App {
    pub(crate) fn new(hub: Hub) -> Shared {
        let server = hub.public_key();
        Arc::new(App { hub: Mutex::new(hub), server, writing: Mutex::default() })
    }

    /// The hub, for one call. A panic while it was held has rolled its transaction back.
    fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server's clock, Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Does something that waits for the disk, away from the threads that serve connections. It goes on
/// to its end when the phone hangs up meanwhile.
async fn blocking<T: Send + 'static>(
    app: &Shared,
    act: impl FnOnce(&App) -> Result<T, HubError> + Send + 'static,
) -> Result<T, Failure> {
    let (app, span) = (app.clone(), tracing::Span::current());
    match tokio::task::spawn_blocking(move || span.in_scope(|| act(&app))).await {
        Ok(out) => Ok(out?),
        Err(_) => Err(Failure::internal()),
    }
}

/// Every endpoint.
pub(crate) fn router(app: Shared) -> Router {
    Router::new()
        .route("/v1/enroll", post(sync::enroll))
        .route("/v1/sync", post(sync::sync))
        .route("/v1/forms", get(sync::forms))
        .route("/v1/forms/{id}/{version}", get(sync::form))
        .route("/v1/files/{sha256}", get(files::download))
        .route("/v1/uploads", options(uploads::capabilities).post(uploads::create))
        .route("/v1/uploads/{id}", options(uploads::capabilities).head(uploads::state).patch(uploads::append))
        .route("/v1/health", get(health))
        .fallback(async || Failure::not_found())
        .method_not_allowed_fallback(async || Failure::method_not_allowed())
        .layer(middleware::from_fn(protocol))
        .layer(middleware::from_fn(request_log::log))
        .with_state(app)
}

/// Refuses other versions of the protocol, and names ours in every answer.
async fn protocol(request: Request, next: Next) -> Response {
    let named = request.headers().get(&PROTOCOL).and_then(|value| value.to_str().ok());
    let fits = named == Some(PROTOCOL_VERSION.to_string().as_str());
    let mut answer = match fits || request.uri().path() == "/v1/health" {
        true => next.run(request).await,
        false => Failure::protocol().into_response(),
    };
    answer.headers_mut().insert(PROTOCOL, HeaderValue::from(PROTOCOL_VERSION));
    answer
}

async fn health() -> Response {
    let body = format!(r#"{{"status":"ok","protocol":{PROTOCOL_VERSION}}}"#);
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
