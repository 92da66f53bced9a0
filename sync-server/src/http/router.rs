//! Which address is answered by what.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, options, post};
use ruhu_sync::PROTOCOL_VERSION;

use super::app::Shared;
use super::connections::Connection;
use super::failure::Failure;
use super::{files, request_log, sync, uploads};
use crate::error::RequestError;

const PROTOCOL: HeaderName = HeaderName::from_static("ruhu-protocol");

/// Every endpoint.
pub(crate) fn router(app: Shared) -> Router {
    Router::new()
        .route("/v1/enroll", post(sync::enroll))
        .route("/v1/sync", post(sync::sync))
        .route("/v1/forms", get(sync::forms).post(sync::take_form))
        .route("/v1/forms/by-hash/{hash}", get(sync::form_of_hash))
        .route("/v1/forms/{id}/{version}", get(sync::form))
        .route("/v1/files/compare", post(files::compare))
        .route("/v1/files/{sha256}", get(files::download))
        .route("/v1/uploads", options(uploads::capabilities).post(uploads::create))
        .route(
            "/v1/uploads/{id}",
            options(uploads::capabilities)
                .head(uploads::state)
                .patch(uploads::append)
                .delete(uploads::terminate),
        )
        .route("/v1/upload-tokens", post(uploads::token))
        .route("/v1/tus/{token}/", options(uploads::capabilities).post(uploads::create_by_token))
        .route(
            "/v1/tus/{token}/{id}",
            options(uploads::capabilities)
                .head(uploads::by_token)
                .patch(uploads::by_token)
                .delete(uploads::by_token)
                .post(uploads::by_token),
        )
        .route("/v1/health", get(health))
        .fallback(async || Failure::from(RequestError::NotFound))
        .method_not_allowed_fallback(async || Failure::from(RequestError::MethodNotAllowed))
        .layer(middleware::from_fn(protocol))
        .layer(middleware::from_fn(request_log::log))
        .layer(middleware::from_fn(answered))
        .with_state(app)
}

/// Refuses other versions of the protocol, and names ours in every answer.
async fn protocol(request: Request, next: Next) -> Response {
    let named = request.headers().get(&PROTOCOL).and_then(|value| value.to_str().ok());
    let fits = named == Some(PROTOCOL_VERSION.to_string().as_str());
    let path = request.uri().path().to_owned();
    // A client of tus that is not ours has the version in its address.
    let mut answer = match fits || path == "/v1/health" || path.starts_with(uploads::TOKEN_PATH) {
        true => next.run(request).await,
        false => Failure::from(RequestError::Protocol).into_response(),
    };
    answer.headers_mut().insert(PROTOCOL, HeaderValue::from(PROTOCOL_VERSION));
    uploads::name_version(&path, &mut answer);
    answer
}

/// Tells the connection when its answer is there. One whose request was answered before it was read is
/// closed: what still comes of it is no next request.
async fn answered(request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<Arc<Connection>>().cloned();
    let length = request.headers().get(header::CONTENT_LENGTH).map(HeaderValue::as_bytes);
    let has_body = length.is_some_and(|length| length != b"0")
        || request.headers().contains_key(header::TRANSFER_ENCODING);
    let mut answer = next.run(request).await;
    if let Some(connection) = connection {
        if has_body && !connection.has_request() {
            connection.turned_away();
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        connection.answered();
    }
    answer
}

async fn health(State(app): State<Shared>) -> Response {
    let clock = if app.clock_in_doubt.load(Ordering::Relaxed) { "doubt" } else { "ok" };
    let quarantine = app.quarantine_bytes.load(Ordering::Relaxed);
    let body = format!(
        r#"{{"status":"ok","protocol":{PROTOCOL_VERSION},"clock":"{clock}","quarantine_bytes":{quarantine}}}"#
    );
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
