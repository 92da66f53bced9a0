//! Resumable uploads by tus 1.0.0 (<https://tus.io/protocols/resumable-upload>): core protocol,
//! creation, creation-with-upload, checksum, expiration, termination.
//!
//! There are two ways in. A phone signs each request (`/v1/uploads`): such a request is taken whole or not
//! at all, so the bytes of a PATCH that was cut are not kept, and phones send pieces of at most [`PIECE`]
//! bytes. Any other client of tus has a token in its address (`/v1/tus/<token>/`), which a signed request
//! gave it: of its requests everything is kept that came (ADR 29).

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use data_encoding::BASE64URL_NOPAD;
use ruhu_sync::upload_token::{InvalidUploadToken, UploadToken};
use ruhu_sync::{DeviceId, FileReceipt};

use super::app::{App, Shared, blocking};
use super::failure::Failure;
use super::message::Message;
use super::{headers, writing};
use crate::error::{FileError, RequestError};
use crate::hub::{Created, Progress};

/// The most bytes in one signed PATCH.
const PIECE: usize = 1024 * 1024;
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
/// How long a token holds: a day's work.
const TOKEN_MS: i64 = 24 * 60 * 60 * 1_000;

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const RECEIPT: HeaderName = HeaderName::from_static("ruhu-receipt");
/// Every byte is here, in quarantine.
const KEPT_APART: HeaderName = HeaderName::from_static("ruhu-kept-apart");
/// A method that the client's line does not carry as such.
const METHOD_OVERRIDE: &str = "x-http-method-override";

/// The addresses of clients with a token begin so.
pub(super) const TOKEN_PATH: &str = "/v1/tus/";

/// What this server can do.
pub(super) async fn capabilities(State(app): State<Shared>) -> Response {
    let headers = [
        (HeaderName::from_static("tus-version"), VERSION.to_owned()),
        (HeaderName::from_static("tus-extension"), EXTENSIONS.to_owned()),
        (HeaderName::from_static("tus-max-size"), app.file_bytes.to_string()),
        (HeaderName::from_static("tus-checksum-algorithm"), "sha1,sha256".to_owned()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Names the version in every answer about uploads.
pub(super) fn name_version(path: &str, answer: &mut Response) {
    if path.starts_with("/v1/uploads") || path.starts_with(TOKEN_PATH) {
        answer.headers_mut().insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    }
}

// ---- signed requests ----

/// Gives a token to the device that signed the request: the address in `Location` takes uploads of any
/// client of tus until `Upload-Expires`.
pub(super) async fn token(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let message = Message::read(&app, request, 0).await?;
    let device = message.device(&app).await?;
    let expires_at_ms = app.now_ms().saturating_add(TOKEN_MS);
    let token = blocking(&app, move |app: &App| app.hub().upload_token(device, expires_at_ms, app.now_ms()));
    let location = format!("{TOKEN_PATH}{}/", token.await?);
    let mut answer = (StatusCode::CREATED, [(header::LOCATION, location)]).into_response();
    answer.headers_mut().extend(expires(expires_at_ms).map(|time| (UPLOAD_EXPIRES, time)));
    Ok(answer)
}

pub(super) async fn create(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let message = Message::read(&app, request, PIECE).await?;
    check_version(message.headers())?;
    let device = message.device(&app).await?;
    let mut created = created(&app, device, message.headers()).await?;
    // An upload that was found again goes on where it stands.
    if !message.body.is_empty() && stands_at_its_beginning(&created) {
        check_type(message.headers())?;
        headers::check_checksum(message.header("upload-checksum"), &message.body)?;
        created.progress = writing::whole(&app, device, (created.id.clone(), 0), message.body).await?;
    }
    Ok(answer_created("/v1/uploads/", &created))
}

pub(super) async fn state(
    State(app): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let message = Message::read(&app, request, 0).await?;
    check_version(message.headers())?;
    let device = message.device(&app).await?;
    stands(&app, device, id).await
}

pub(super) async fn append(
    State(app): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let message = Message::read(&app, request, PIECE).await?;
    check_version(message.headers())?;
    let device = message.device(&app).await?;
    check_type(message.headers())?;
    let offset = offset(message.headers())?;
    headers::check_checksum(message.header("upload-checksum"), &message.body)?;
    let progress = writing::whole(&app, device, (id, offset), message.body).await?;
    Ok(answer_appended(&progress))
}

pub(super) async fn terminate(
    State(app): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let message = Message::read(&app, request, 0).await?;
    check_version(message.headers())?;
    let device = message.device(&app).await?;
    terminated(&app, device, id).await
}

// ---- clients with a token ----

pub(super) async fn create_by_token(
    State(app): State<Shared>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    check_version(&parts.headers)?;
    let device = bearer(&app, &token)?;
    let mut created = created(&app, device, &parts.headers).await?;
    // Some clients name another type, of a body without bytes.
    if check_type(&parts.headers).is_ok() && stands_at_its_beginning(&created) {
        let place = (created.id.clone(), 0);
        created.progress = writing::stream(&app, device, place, (&parts.headers, body)).await?;
    }
    // Seen from the address, which ends with a slash: some clients put the one behind the other.
    Ok(answer_created("", &created))
}

/// Everything about one upload of a client with a token.
pub(super) async fn by_token(
    State(app): State<Shared>,
    Path((token, id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    check_version(&parts.headers)?;
    let device = bearer(&app, &token)?;
    match overridden(&parts.method, &parts.headers) {
        Some(Method::HEAD) => {
            // What its last request brought is on the disk then.
            drop(writing::Writing::when_free(&app, &id).await?);
            stands(&app, device, id).await
        }
        Some(Method::PATCH) => appended(&app, device, id, (&parts.headers, body)).await,
        Some(Method::DELETE) => terminated(&app, device, id).await,
        _ => Err(RequestError::MethodNotAllowed.into()),
    }
}

async fn appended(
    app: &Shared,
    device: DeviceId,
    id: String,
    (headers, body): (&HeaderMap, Body),
) -> Result<Response, Failure> {
    check_type(headers)?;
    let offset = offset(headers)?;
    let progress = writing::stream(app, device, (id, offset), (headers, body)).await?;
    Ok(answer_appended(&progress))
}

/// The method, or the one that a POST stands for (`X-HTTP-Method-Override`); nothing when that is none.
fn overridden(method: &Method, headers: &HeaderMap) -> Option<Method> {
    match headers.get(METHOD_OVERRIDE) {
        Some(other) if method == Method::POST => Method::from_bytes(other.as_bytes()).ok(),
        _ => Some(method.clone()),
    }
}

/// The device that a token is of. Whether that device may do something is asked as ever.
fn bearer(app: &App, token: &str) -> Result<DeviceId, Failure> {
    let holds = |token: &UploadToken| token.is_signed_by(&app.server) && app.now_ms() < token.expires_at_ms;
    match token.parse::<UploadToken>() {
        Ok(token) if holds(&token) => Ok(token.device),
        Ok(_) | Err(InvalidUploadToken) => Err(RequestError::Token.into()),
    }
}

// ---- what both do ----

async fn created(app: &Shared, device: DeviceId, headers: &HeaderMap) -> Result<Created, Failure> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let metadata = text("upload-metadata").map(str::to_owned);
    let new = headers::upload(metadata.as_deref(), text("upload-length")).ok_or(FileError::Metadata)?;
    blocking(app, move |app: &App| {
        let created =
            app.proved(|hub| hub.create_upload(device, &new, app.now_ms()), |created| &created.progress)?;
        app.hub().keep_upload_metadata(&created.id, metadata.as_deref().unwrap_or_default())?;
        Ok(created)
    })
    .await
}

fn stands_at_its_beginning(created: &Created) -> bool {
    matches!(&created.progress, Progress::Open(upload) if upload.received == 0)
}

fn answer_created(base: &str, created: &Created) -> Response {
    let location = format!("{base}{}", created.id);
    let mut answer = (StatusCode::CREATED, [(header::LOCATION, location)]).into_response();
    describe(&mut answer, &created.progress);
    answer
}

fn answer_appended(progress: &Progress) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    describe(&mut answer, progress);
    answer
}

async fn stands(app: &Shared, device: DeviceId, id: String) -> Result<Response, Failure> {
    let asked = id.clone();
    let (mut progress, metadata) = blocking(app, move |app: &App| {
        let progress = app.proved(|hub| hub.upload(device, &asked, app.now_ms()), |progress| progress)?;
        Ok((progress, app.hub().upload_metadata(&asked)?))
    })
    .await?;
    if let Progress::Open(upload) = &progress
        && upload.received == upload.size
    {
        // The server died with the last byte on its disk: a client that hears of all bytes sends no more.
        progress = writing::whole(app, device, (id, upload.size), Vec::new()).await?;
    }
    let mut answer = StatusCode::OK.into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let metadata = metadata.and_then(|text| HeaderValue::from_str(&text).ok());
    answer.headers_mut().extend(metadata.map(|value| (UPLOAD_METADATA, value)));
    describe(&mut answer, &progress);
    Ok(answer)
}

async fn terminated(app: &Shared, device: DeviceId, id: String) -> Result<Response, Failure> {
    let writing = writing::Writing::claim(app, &id)?;
    blocking(app, move |app: &App| {
        let _writing = writing;
        app.hub().terminate_upload(device, &id, app.now_ms())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Tus demands its version in every request but OPTIONS.
fn check_version(headers: &HeaderMap) -> Result<(), Failure> {
    if headers.get(&TUS_RESUMABLE).is_some_and(|version| version == VERSION) {
        return Ok(());
    }
    let version = HeaderName::from_static("tus-version");
    Err(Failure::from(RequestError::TusVersion).with(version, HeaderValue::from_static(VERSION)))
}

fn check_type(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/offset+octet-stream") {
        true => Ok(()),
        false => Err(RequestError::ContentType.into()),
    }
}

fn offset(headers: &HeaderMap) -> Result<u64, Failure> {
    let text = headers.get(&UPLOAD_OFFSET).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| FileError::Metadata.into())
}

fn describe(answer: &mut Response, progress: &Progress) {
    let headers = answer.headers_mut();
    let (offset, length) = match progress {
        Progress::Open(upload) => {
            headers.extend(expires(upload.expires_at_ms).map(|time| (UPLOAD_EXPIRES, time)));
            (upload.received, upload.size)
        }
        Progress::Stored(receipt) => {
            headers.insert(RECEIPT, encode(receipt));
            (receipt.size, receipt.size)
        }
        Progress::KeptApart { size } => {
            headers.insert(KEPT_APART, HeaderValue::from_static("1"));
            (*size, *size)
        }
    };
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(offset));
    headers.insert(UPLOAD_LENGTH, HeaderValue::from(length));
}

/// A time as HTTP writes it (RFC 9110, section 5.6.7).
fn expires(at_ms: i64) -> Option<HeaderValue> {
    let time = DateTime::from_timestamp_millis(at_ms)?;
    HeaderValue::from_str(&time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

/// A receipt as a header: Base64 for URLs (RFC 4648), no padding.
fn encode(receipt: &FileReceipt) -> HeaderValue {
    let text = BASE64URL_NOPAD.encode(&receipt.to_bytes());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}
