//! Enrolment, sync and forms.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use ruhu_case::limits::{FORM_BYTES, REQUEST_BYTES};
use ruhu_sync::message::{EnrollRequest, GivenForm};
use ruhu_sync::{SyncRequest, codec};

use super::app::{App, Shared, blocking, blocking_for, key_of};
use super::failure::Failure;
use super::message::{Message, claim};
use crate::error::{HubError, RequestError};

/// An enrolment holds a secret, a key and a signature.
const ENROLL_BYTES: usize = 4 * 1024;

fn cbor(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/cbor")], body.into()).into_response()
}

pub(super) async fn enroll(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let message = Message::read(&app, request, ENROLL_BYTES).await?;
    let request: EnrollRequest = codec::from_cbor(&message.body)?;
    let enrolled = blocking(&app, move |app: &App| app.hub().enroll(&request, app.now_ms())).await?;
    tracing::info!("a device was enrolled");
    Ok(cbor(codec::to_cbor(&enrolled)))
}

/// The device may be one that this server forgot with a restore: the key for its signature may stand
/// in the request itself, under this server's own signature.
pub(super) async fn sync(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let (device, _) = claim(request.headers()).ok_or(RequestError::Unsigned)?;
    let known = key_of(&app, device).await?;
    let message = Message::read(&app, request, REQUEST_BYTES).await?;
    let (device, signature) = message.claim()?;
    if known.is_some_and(|key| !message.is_signed_by(&key, &signature, app.server)) {
        return Err(RequestError::Unsigned.into());
    }
    let (held, sent) = app.capacity.answer(device).await?.part();
    // Only now, and only when it is its turn, is it inflated.
    let body = blocking_for(&app, app.caller(Some(device)), move |app: &App| {
        let request: SyncRequest = codec::decode_body(&message.body)?;
        let signed = match known {
            Some(_) => true,
            None => {
                let key = app.hub().authenticate_sync(device, &request)?;
                message.is_signed_by(&key, &signature, app.server)
            }
        };
        match signed {
            true => app.hub().sync_answer(device, request, app.now_ms(), held).map(Some),
            false => Ok(None),
        }
    })
    .await?;
    Ok(cbor(sent(body.ok_or(RequestError::Unsigned)?)))
}

pub(super) async fn forms(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    Message::read(&app, request, 0).await?.device(&app).await?;
    let forms = blocking(&app, |app: &App| app.hub().forms()).await?;
    Ok(cbor(codec::to_cbor(&forms)))
}

/// What a notice and its frame take beside the bytes of a form.
const NOTICE_BYTES: usize = 4 * 1024;

/// A form that a phone gives back to a server which has forgotten it.
pub(super) async fn take_form(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let message = Message::read(&app, request, FORM_BYTES + NOTICE_BYTES).await?;
    message.device(&app).await?;
    let given: GivenForm = codec::from_cbor(&message.body)?;
    blocking(&app, move |app: &App| app.hub().take_form(&given, app.now_ms())).await?;
    tracing::info!("a form was given back");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A form by the SHA-256 of its bytes: its id and version may hold what no address should.
pub(super) async fn form_of_hash(
    State(app): State<Shared>,
    Path(hash): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    Message::read(&app, request, 0).await?.device(&app).await?;
    let hash = data_encoding::HEXLOWER.decode(hash.as_bytes()).ok().and_then(|hash| hash.try_into().ok());
    let hash: [u8; 32] = hash.ok_or(HubError::FormUnknown)?;
    let bytes = blocking(&app, move |app: &App| app.hub().form_of_hash(&hash)).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

pub(super) async fn form(
    State(app): State<Shared>,
    Path((id, version)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Failure> {
    Message::read(&app, request, 0).await?.device(&app).await?;
    let bytes = blocking(&app, move |app: &App| app.hub().form(&id, &version)).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}
