//! Downloading files, whole or a range of bytes (RFC 9110, section 14).

use std::io::SeekFrom;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ruhu_sync::codec;
use ruhu_sync::files::{FILES_BYTES, FilesQuestion};
use ruhu_text::Explain;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::app::{App, Shared, blocking};
use super::failure::Failure;
use super::headers::{self, Range};
use super::message::Message;
use crate::error::{FileError, RequestError};
use crate::hub::StoredFile;

/// How much is read from the disk at once, in bytes.
const PIECE: u64 = 64 * 1024;
/// When the file was stored, Unix milliseconds of the server's clock.
const STORED_AT: HeaderName = HeaderName::from_static("ruhu-stored-at");

pub(super) async fn download(
    State(app): State<Shared>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let message = Message::read(&app, request, 0).await?;
    let device = message.device(&app).await?;
    let digest = data_encoding::HEXLOWER.decode(name.as_bytes()).map_err(|_| FileError::Unknown)?;
    let sha256: [u8; 32] = digest.try_into().map_err(|_| FileError::Unknown)?;
    let file = blocking(&app, move |app: &App| app.hub().file(device, &sha256, app.now_ms())).await?;
    let range = headers::range(message.header(header::RANGE.as_str()), file.size);
    if !matches!(range, Range::Part(1.., _)) && message.parts.method == Method::GET {
        prove(&app, &file).await?;
    }
    let (status, start, length) = match range {
        Range::Whole => (StatusCode::OK, 0, file.size),
        Range::Part(start, length) => (StatusCode::PARTIAL_CONTENT, start, length),
        Range::Outside => return Err(outside(file.size)),
    };
    let body = match message.parts.method == Method::HEAD {
        true => Body::empty(),
        false => stream(&file, start, length).await?,
    };
    let mut answer = (status, body).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, immutable, max-age=31536000"));
    let mime =
        HeaderValue::from_str(&file.mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, mime);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(STORED_AT, HeaderValue::from(file.stored_at_ms));
    if status == StatusCode::PARTIAL_CONTENT {
        let last = start + length - 1;
        headers.insert(header::CONTENT_RANGE, text(format!("bytes {start}-{last}/{}", file.size)));
    }
    Ok(answer)
}

/// Reads a file back before its first byte is given: one that is damaged is lost, and not given.
async fn prove(app: &Shared, file: &StoredFile) -> Result<(), Failure> {
    let file = file.clone();
    blocking(app, move |app: &App| match file.is_intact() {
        true => Ok(()),
        false => {
            app.hub().lose_file(&file.sha256, app.now_ms())?;
            Err(FileError::Unknown.into())
        }
    })
    .await
}

/// Which files the server lacks of those that a phone holds, and has of those it wants.
pub(super) async fn compare(State(app): State<Shared>, request: Request) -> Result<Response, Failure> {
    let message = Message::read(&app, request, FILES_BYTES).await?;
    let device = message.device(&app).await?;
    let question: FilesQuestion = codec::from_cbor(&message.body)?;
    let answer =
        blocking(&app, move |app: &App| app.hub().compare_files(device, &question, app.now_ms())).await?;
    Ok(([(header::CONTENT_TYPE, "application/cbor")], codec::to_cbor(&answer)).into_response())
}

/// How many files are looked at before the hub is let go.
const LOOKED_AT_ONCE: u32 = 500;

/// Looks whether every stored file is on the disk, while the server serves: phones are told of those
/// that are not, and give them again.
pub(super) fn look_for_files(app: &App) {
    let mut after = None;
    loop {
        let looked = app.hub().look_for_files(after, LOOKED_AT_ONCE, app.now_ms());
        match looked {
            Ok(Some(last)) => after = Some(last),
            Ok(None) => return,
            Err(error) => return tracing::error!(code = error.code(), "the files cannot be looked through"),
        }
    }
}

fn text(value: String) -> HeaderValue {
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(""))
}

fn outside(size: u64) -> Failure {
    Failure::from(RequestError::Range).with(header::CONTENT_RANGE, text(format!("bytes */{size}")))
}

/// The bytes of a file, read piece by piece as the phone takes them.
async fn stream(file: &StoredFile, start: u64, length: u64) -> Result<Body, Failure> {
    let lost = |_| {
        tracing::error!("a stored file cannot be read");
        Failure::from(RequestError::Internal)
    };
    let mut open = tokio::fs::File::open(&file.path).await.map_err(lost)?;
    open.seek(SeekFrom::Start(start)).await.map_err(lost)?;
    let pieces = futures::stream::try_unfold((open, length), |(mut open, left)| async move {
        let mut piece = vec![0; left.min(PIECE) as usize];
        if piece.is_empty() {
            return Ok::<_, std::io::Error>(None);
        }
        open.read_exact(&mut piece).await?;
        let left = left - piece.len() as u64;
        Ok(Some((piece, (open, left))))
    });
    Ok(Body::from_stream(pieces))
}
