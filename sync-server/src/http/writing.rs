//! Bytes of an upload on their way to the disk: of a signed request, which is taken whole or not at all, and
//! of a client with a token, of which everything stays that came.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use futures::StreamExt;
use ruhu_sync::DeviceId;
use tracing::Instrument;

use super::app::{App, Shared, blocking};
use super::capacity::{Caller, Held};
use super::failure::Failure;
use super::headers::Checksum;
use crate::error::{FileError, HubError, RequestError};
use crate::hub::{Hub, Progress, Upload};

/// So much of a stream is written at once, in bytes.
const PART: usize = 1024 * 1024;
/// The longest that a client waits for its own earlier request.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// While it lives no other request writes to the upload.
pub(super) struct Writing {
    app: Shared,
    id: String,
}

impl Writing {
    pub(super) fn claim(app: &Shared, id: &str) -> Result<Writing, FileError> {
        let mut writing = app.writing.lock().unwrap_or_else(PoisonError::into_inner);
        match writing.insert(id.to_owned()) {
            true => Ok(Writing { app: app.clone(), id: id.to_owned() }),
            false => Err(FileError::Busy),
        }
    }

    /// As [`Writing::claim`], when who writes has ended: a client whose line broke comes again while what it
    /// sent is still on its way to the disk.
    pub(super) async fn when_free(app: &Shared, id: &str) -> Result<Writing, FileError> {
        let wait = async {
            loop {
                let mut ended = std::pin::pin!(app.written.notified());
                ended.as_mut().enable();
                match Writing::claim(app, id) {
                    Ok(writing) => return writing,
                    Err(_) => ended.await,
                }
            }
        };
        tokio::time::timeout(LONGEST_WAIT, wait).await.map_err(|_| FileError::Busy)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.app.writing.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.app.written.notify_waiters();
    }
}

/// Adds the bytes of a request that arrived whole. The hub is free while they are written and while the
/// whole is hashed.
pub(super) async fn whole(
    app: &Shared,
    device: DeviceId,
    (id, offset): (String, u64),
    body: Vec<u8>,
) -> Result<Progress, Failure> {
    let writing = Writing::claim(app, &id)?;
    blocking(app, move |app: &App| {
        let _writing = writing;
        let mut upload = match app.begin(device, &id, offset, body.len() as u64)? {
            Progress::Open(upload) => upload,
            ended => return Ok(ended),
        };
        upload.write(&body)?;
        upload.received += body.len() as u64;
        if upload.received < upload.size {
            app.hub().record_progress(&id, upload.received)?;
        }
        app.end(device, upload)
    })
    .await
}

/// Adds the bytes of a stream as they come. When the line breaks, what came by then is kept; where the
/// request names a checksum, only when all of it has come and the checksum is right. It goes on to its end
/// when the client hangs up, for with the connection the answer is given up and not what came.
pub(super) async fn stream(
    app: &Shared,
    device: DeviceId,
    (id, offset): (String, u64),
    (headers, body): (&HeaderMap, Body),
) -> Result<Progress, Failure> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let checksum = Checksum::of(text("upload-checksum"))?;
    let announced = text("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let writing = Arc::new(Writing::when_free(app, &id).await?);
    let (claim, app) = (writing.clone(), app.clone());
    let begun = blocking(&app, move |app: &App| {
        let _writing = claim;
        app.begin(device, &id, offset, announced)
    });
    let upload = match begun.await? {
        Progress::Open(upload) => upload,
        ended => return Ok(ended),
    };
    let pouring = Pouring { app, device, writing, upload, checksum };
    let task = tokio::spawn(pouring.pour(body).in_current_span());
    task.await.map_err(|_| RequestError::Internal)?
}

/// A stream on its way to the disk.
struct Pouring {
    app: Shared,
    device: DeviceId,
    writing: Arc<Writing>,
    upload: Upload,
    checksum: Option<Checksum>,
}

impl Pouring {
    async fn pour(mut self, body: Body) -> Result<Progress, Failure> {
        let (mut stream, mut part, mut held) = (body.into_data_stream(), Vec::new(), Held::default());
        loop {
            let next = stream.next().await;
            if let Some(Ok(bytes)) = &next {
                let length = part.len() + bytes.len();
                if self.upload.received + length as u64 > self.upload.size {
                    return Err(FileError::TooLarge { most: self.upload.size }.into());
                }
                self.app.capacity.hold(&mut held, length, Caller::Known).await?;
                part.extend_from_slice(bytes);
                self.checksum.iter_mut().for_each(|checksum| checksum.update(bytes));
            }
            let more = matches!(next, Some(Ok(_)));
            if !part.is_empty() && (part.len() >= PART || !more) {
                self = self.write(std::mem::take(&mut part)).await?;
                held = Held::default();
            }
            match next {
                Some(Ok(_)) => {}
                Some(Err(_)) => return Err(RequestError::Cut.into()),
                None => return self.end().await,
            }
        }
    }

    async fn write(mut self, bytes: Vec<u8>) -> Result<Pouring, Failure> {
        let (app, keep) = (self.app.clone(), self.checksum.is_none());
        blocking(&app, move |app: &App| {
            self.upload.write(&bytes)?;
            self.upload.received += bytes.len() as u64;
            if keep && self.upload.received < self.upload.size {
                app.hub().record_progress(&self.upload.id, self.upload.received)?;
            }
            Ok(self)
        })
        .await
    }

    async fn end(self) -> Result<Progress, Failure> {
        let Pouring { app, device, writing, upload, checksum } = self;
        let checked = checksum.is_some();
        checksum.map_or(Ok(()), Checksum::check)?;
        blocking(&app, move |app: &App| {
            let _writing = writing;
            if checked && upload.received < upload.size {
                app.hub().record_progress(&upload.id, upload.received)?;
            }
            app.end(device, upload)
        })
        .await
    }
}

impl App {
    /// What the hub says of an upload; a receipt only after the file was read back. A file that turns
    /// out to be damaged is lost, and the hub is asked again. The hub is free while a file is read.
    pub(super) fn proved<T>(
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

    /// The upload to which bytes may be added from `offset` on, `length` of them; or how it ended already.
    fn begin(&self, device: DeviceId, id: &str, offset: u64, length: u64) -> Result<Progress, HubError> {
        let standing = self.proved(|hub| hub.upload(device, id, self.now_ms()), |progress| progress)?;
        let upload = match standing {
            Progress::Open(upload) => upload,
            Progress::Stored(receipt) if offset == receipt.size && length == 0 => {
                return Ok(Progress::Stored(receipt));
            }
            Progress::Stored(receipt) => return Err(FileError::Offset { expected: receipt.size }.into()),
            Progress::KeptApart { size } if offset == size && length == 0 => {
                return Ok(Progress::KeptApart { size });
            }
            Progress::KeptApart { size } => return Err(FileError::Offset { expected: size }.into()),
        };
        if offset != upload.received {
            return Err(FileError::Offset { expected: upload.received }.into());
        }
        match offset.saturating_add(length) > upload.size {
            true => Err(FileError::TooLarge { most: upload.size }.into()),
            false => Ok(Progress::Open(upload)),
        }
    }

    /// Ends an upload whose last byte is on the disk; one that lacks bytes goes on.
    fn end(&self, device: DeviceId, upload: Upload) -> Result<Progress, HubError> {
        if upload.received < upload.size {
            return Ok(Progress::Open(upload));
        }
        if let Err(error) = upload.verify() {
            if matches!(error, HubError::File(FileError::Hash)) {
                self.hub().discard_upload(&upload.id)?;
            }
            return Err(error);
        }
        self.hub().record_verified(&upload.id)?;
        upload.put_in_place()?;
        self.hub().finish_upload(device, &upload.id, self.now_ms())
    }
}
