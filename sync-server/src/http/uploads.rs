//! Resumable uploads by tus 1.0.0 (<https://tus.io/protocols/resumable-upload>): core protocol,
//! creation, checksum.
//!
//! A signed request is taken whole or not at all, so the bytes of a PATCH that was cut are not kept:
//! the upload goes on where the last whole PATCH ended. Phones send pieces of at most [`PIECE`] bytes.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use ruhu_case::limits::FILE_BYTES;
use ruhu_sync::{DeviceId, FileReceipt};

use super::app::{App, Shared, blocking};
use super::failure::Failure;
use super::headers;
use super::message::Message;
use crate::error::{FileError, HubError, RequestError};
use crate::hub::{Hub, Progress};

/// The most bytes in one PATCH.
const PIECE: usize = 1024 * 1024;
const VERSION: &str = "1.0.0";

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const RECEIPT: HeaderName = HeaderName::from_static("ruhu-receipt");
/// Every byte is here, in quarantine.
const KEPT_APART: HeaderName = HeaderName::from_static("ruhu-kept-apart");

/// What this server can do.
pub(super) async fn capabilities() -> Response {
    let headers = [
        (HeaderName::from_static("tus-version"), VERSION.to_owned()),
        (HeaderName::from_static("tus-extension"), "creation,checksum".to_owned()),
        (HeaderName::from_static("tus-max-size"), FILE_BYTES.to_string()),
        (HeaderName::from_static("tus-checksum-algorithm"), "sha1,sha256".to_owned()),
        (TUS_RESUMABLE, VERSION.to_owned()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

pub(super) async fn create(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let message = Message::read(&app, request, 0).await?;
    check_version(&message)?;
    let device = message.device(&app).await?;
    let (metadata, length) = (message.header("upload-metadata"), message.header("upload-length"));
    let new = headers::upload(metadata, length).ok_or(FileError::Metadata)?;
    let created = blocking(&app, move |app: &App| {
        app.proved(|hub| hub.create_upload(device, &new, app.now_ms()), |created| &created.progress)
    })
    .await?;
    let location = format!("/v1/uploads/{}", created.id);
    let mut answer = (StatusCode::CREATED, [(header::LOCATION, location)]).into_response();
    describe(&mut answer, &created.progress);
    Ok(answer)
}

pub(super) async fn state(
    State(app): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let message = Message::read(&app, request, 0).await?;
    check_version(&message)?;
    let device = message.device(&app).await?;
    let progress = blocking(&app, move |app: &App| {
        app.proved(|hub| hub.upload(device, &id, app.now_ms()), |progress| progress)
    })
    .await?;
    let mut answer = StatusCode::OK.into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    describe(&mut answer, &progress);
    Ok(answer)
}

pub(super) async fn append(
    State(app): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let message = Message::read(&app, request, PIECE).await?;
    check_version(&message)?;
    let device = message.device(&app).await?;
    if message.header("content-type") != Some("application/offset+octet-stream") {
        return Err(RequestError::ContentType.into());
    }
    let offset = number(&message, "upload-offset").ok_or(FileError::Metadata)?;
    headers::check_checksum(message.header("upload-checksum"), &message.body)?;
    let progress = blocking(&app, move |app: &App| app.append(device, &id, offset, &message.body)).await?;
    let mut answer = StatusCode::NO_CONTENT.into_response();
    describe(&mut answer, &progress);
    Ok(answer)
}

/// Tus demands its version in every request but OPTIONS.
fn check_version(message: &Message) -> Result<(), Failure> {
    if message.header("tus-resumable") == Some(VERSION) {
        return Ok(());
    }
    let version = HeaderName::from_static("tus-version");
    Err(Failure::from(RequestError::TusVersion).with(version, HeaderValue::from_static(VERSION)))
}

fn describe(answer: &mut Response, progress: &Progress) {
    let headers = answer.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    let (offset, length) = match progress {
        Progress::Open(upload) => (upload.received, upload.size),
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

/// A receipt as a header: Base64 for URLs (RFC 4648), no padding.
fn encode(receipt: &FileReceipt) -> HeaderValue {
    let text = BASE64URL_NOPAD.encode(&receipt.to_bytes());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

fn number(message: &Message, name: &str) -> Option<u64> {
    message.header(name).and_then(|text| text.parse().ok())
}

impl App {
    /// What the hub says of an upload; a receipt only after the file was read back. A file that turns
    /// out to be damaged is lost, and the hub is asked again. The hub is free while a file is read.
    fn proved<T>(
        &self,
        ask: impl Fn(&mut Hub) -> Result<T, HubError>,
        progress: impl Fn(&T) -> &Progress,
    ) -> Result<T, HubError> {
        let said = ask(&mut self.hub())?;
        let Progress::Stored(receipt) = progress(&said) else { return Ok(said) };
        let file = self.hub().stored_file(&receipt.sha256, self.now_ms())?;
        if file.is_some_and(|file| file.is_intact()) {
            return Ok(said);
        }
        self.hub().lose_file(&receipt.sha256, self.now_ms())?;
        ask(&mut self.hub())
    }

    /// Adds bytes to an upload. The hub is free while they are written and while the whole is hashed.
    fn append(&self, device: DeviceId, id: &str, offset: u64, bytes: &[u8]) -> Result<Progress, HubError> {
        let _writing = Writing::claim(self, id)?;
        let standing = self.proved(|hub| hub.upload(device, id, self.now_ms()), |progress| progress)?;
        let mut upload = match standing {
            Progress::Open(upload) => upload,
            Progress::Stored(receipt) if offset == receipt.size && bytes.is_empty() => {
                return Ok(Progress::Stored(receipt));
            }
            Progress::Stored(receipt) => return Err(FileError::Offset { expected: receipt.size }.into()),
            Progress::KeptApart { size } if offset == size && bytes.is_empty() => {
                return Ok(Progress::KeptApart { size });
            }
            Progress::KeptApart { size } => return Err(FileError::Offset { expected: size }.into()),
        };
        if offset != upload.received {
            return Err(FileError::Offset { expected: upload.received }.into());
        }
        let end = offset.saturating_add(bytes.len() as u64);
        if end > upload.size {
            return Err(FileError::TooLarge.into());
        }
        upload.write(bytes)?;
        if end < upload.size {
            self.hub().record_progress(id, end)?;
            upload.received = end;
            return Ok(Progress::Open(upload));
        }
        if let Err(error) = upload.verify() {
            if matches!(error, HubError::File(FileError::Hash)) {
                self.hub().discard_upload(id)?;
            }
            return Err(error);
        }
        self.hub().record_verified(id)?;
        upload.put_in_place()?;
        self.hub().finish_upload(device, id, self.now_ms())
    }
}

/// While it lives no other request writes to the upload.
struct Writing<'a> {
    app: &'a App,
    id: String,
}

impl<'a> Writing<'a> {
    fn claim(app: &'a App, id: &str) -> Result<Writing<'a>, FileError> {
        let mut writing = app.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match writing.insert(id.to_owned()) {
            true => Ok(Writing { app, id: id.to_owned() }),
            false => Err(FileError::Busy),
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.app.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&self.id);
    }
}
