//! Downloading files, whole or a range of bytes (RFC 9110, section 14).

use std::io::Read;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ruhu_sync::codec;
use ruhu_sync::files::{FILES_BYTES, FilesQuestion};
use ruhu_text::Explain;

use super::app::{App, Shared, blocking};
use super::failure::Failure;
use super::headers::{self, Range};
use super::message::Message;
use crate::error::{FileError, HubError, RequestError, StorageError};
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
        false => stream(file.clone(), start, length).await?,
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
            Ok(None) => break,
            Err(error) => return tracing::error!(code = error.code(), "the files cannot be looked through"),
        }
    }
    if let Err(error) = seal_files(app) {
        tracing::error!(code = error.code(), "the files that lie open cannot be sealed");
    }
}

/// Where files are to be sealed, seals those that came before that was so.
fn seal_files(app: &App) -> Result<(), HubError> {
    let folder = app.hub().folder().clone();
    let (mut after, mut sealed) = (None, 0);
    while folder.seals() {
        let some = app.hub().files_after(after, LOOKED_AT_ONCE)?;
        let Some(last) = some.last() else { break };
        after = Some(*last);
        for sha256 in &some {
            match folder.seal_plain(sha256) {
                Ok(true) => sealed += 1,
                Ok(false) => {}
                // One that is damaged is named by the check.
                Err(error) => tracing::warn!(%error, "a file cannot be sealed, and lies open"),
            }
        }
    }
    if sealed > 0 {
        tracing::info!(files = sealed, "files that lay open are sealed");
    }
    Ok(())
}

fn text(value: String) -> HeaderValue {
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(""))
}

fn outside(size: u64) -> Failure {
    Failure::from(RequestError::Range).with(header::CONTENT_RANGE, text(format!("bytes */{size}")))
}

/// The bytes of a file, read piece by piece as the phone takes them.
async fn stream(file: StoredFile, start: u64, length: u64) -> Result<Body, Failure> {
    let open = move || {
        let mut content = file.content()?;
        content.seek_to(start).map_err(StorageError::io("read a file"))?;
        Ok::<_, StorageError>(content)
    };
    let opened = tokio::task::spawn_blocking(open).await.map_err(|_| RequestError::Internal)?;
    let content = opened.map_err(|error| {
        tracing::error!(%error, "a stored file cannot be read");
        Failure::from(RequestError::Internal)
    })?;
    let pieces = futures::stream::try_unfold((content, length), |(mut content, left)| async move {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let read = move || {
            let mut piece = vec![0; left.min(PIECE) as usize];
            content.read_exact(&mut piece).map(|()| (piece, content))
        };
        let (piece, content) = tokio::task::spawn_blocking(read).await.map_err(std::io::Error::other)??;
        let left = left - piece.len() as u64;
        Ok(Some((piece, (content, left))))
    });
    Ok(Body::from_stream(pieces))
}
