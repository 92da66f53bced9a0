//! The lane of photos: tus 1.0 uploads, smallest and oldest first, after the text lane and never in
//! its way. One photo that fails does not hold up the next.

use std::io::Cursor;

use ruhu_store::{FileRow, FileState, StoreError};
use ruhu_sync::FileReceipt;
use ruhu_sync::transport::{Request, Response, Transport};

use crate::device::Device;
use crate::error::DeviceError;
use crate::evidence::{MAX_FILE, hex};
use crate::host::random;
use crate::sync_run::expect_success;
use crate::views::SyncReport;

/// One PATCH. At 12 kB/s some 20 seconds: what a cut costs at most.
const CHUNK: usize = 256 * 1024;
const ANSWER_LIMIT: usize = 64 * 1024;
const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
/// How many photos one run takes on.
const FILES: u32 = 1_000;

const CONFLICT: u16 = 409;
const GONE: [u16; 2] = [404, 410];

impl Device {
    /// Sends and fetches photos. Only a lost network ends it early.
    pub(crate) async fn file_lane(
        &self,
        transport: &dyn Transport,
        report: &mut SyncReport,
    ) -> Result<(), DeviceError> {
        for state in [FileState::Uploading, FileState::Local] {
            for row in self.files_in(state)? {
                match self.upload(transport, &row).await {
                    Ok(()) => {
                        report.files_sent += 1;
                        report.file_bytes += row.size;
                    }
                    Err(error) => note(report, error)?,
                }
            }
        }
        for row in self.files_in(FileState::Wanted)? {
            match self.download(transport, &row).await {
                Ok(()) => {
                    report.files_received += 1;
                    report.file_bytes += row.size;
                }
                Err(error) => note(report, error)?,
            }
        }
        Ok(())
    }

    fn files_in(&self, state: FileState) -> Result<Vec<FileRow>, DeviceError> {
        Ok(self.lock()?.store.read(|tx| tx.files_in(state, FILES))?)
    }

    // ---- upload ----

    async fn upload(&self, transport: &dyn Transport, row: &FileRow) -> Result<(), DeviceError> {
        let (url, mut offset) = match self.resume(transport, row).await? {
            Progress::Done(receipt) => return self.stored(row, &receipt),
            Progress::At(url, offset) => (url, offset),
        };
        loop {
            let chunk = self.chunk(row, offset)?;
            let answer = self.patch(transport, &url, offset, chunk).await?;
            if answer.status == CONFLICT {
                return Err(unfit("offset"));
            }
            let answer = expect_success(answer)?;
            if let Some(receipt) = receipt_of(&answer) {
                return self.stored(row, &receipt);
            }
            let now = header_u64(&answer, "upload-offset").ok_or_else(|| unfit("offset"))?;
            if now <= offset {
                return Err(unfit("offset"));
            }
            offset = now;
            self.progress(row, &url, offset)?;
        }
    }

    /// Where an upload stands by the server's word; creates it when the server knows of none.
    async fn resume(&self, transport: &dyn Transport, row: &FileRow) -> Result<Progress, DeviceError> {
        if let Some(url) = &row.upload_url {
            let request = self.tus("HEAD", url.clone(), Vec::new(), Vec::new())?;
            let answer = transport.send(request, ANSWER_LIMIT).await?;
            if !GONE.contains(&answer.status) {
                let answer = expect_success(answer)?;
                return match receipt_of(&answer) {
                    Some(receipt) => Ok(Progress::Done(receipt)),
                    None => {
                        let offset = header_u64(&answer, "upload-offset").ok_or_else(|| unfit("offset"))?;
                        Ok(Progress::At(url.clone(), offset))
                    }
                };
            }
        }
        self.create(transport, row).await
    }

    async fn create(&self, transport: &dyn Transport, row: &FileRow) -> Result<Progress, DeviceError> {
        let encode = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
        let metadata = format!(
            "sha256 {},doc {},mime {}",
            encode(&hex(&row.sha256)),
            encode(&row.doc.to_string()),
            encode(&row.mime)
        );
        let headers = vec![("upload-length", row.size.to_string()), ("upload-metadata", metadata)];
        let request = self.tus("POST", "/v1/uploads".into(), headers, Vec::new())?;
        let answer = expect_success(transport.send(request, ANSWER_LIMIT).await?)?;
        if let Some(receipt) = receipt_of(&answer) {
            return Ok(Progress::Done(receipt));
        }
        let url = answer.header("location").ok_or_else(|| unfit("location"))?.to_owned();
        let offset = header_u64(&answer, "upload-offset").unwrap_or(0);
        self.progress(row, &url, offset)?;
        // An upload that was begun before goes on where the server has it.
        let request = self.tus("HEAD", url.clone(), Vec::new(), Vec::new())?;
        let head = expect_success(transport.send(request, ANSWER_LIMIT).await?)?;
        Ok(Progress::At(url, header_u64(&head, "upload-offset").unwrap_or(offset)))
    }

    async fn patch(
        &self,
        transport: &dyn Transport,
        url: &str,
        offset: u64,
        chunk: Vec<u8>,
    ) -> Result<Response, DeviceError> {
        use sha2::{Digest, Sha256};
        let checksum = format!("sha256 {}", data_encoding::BASE64.encode(&Sha256::digest(&chunk)));
        let headers = vec![
            ("content-type", "application/offset+octet-stream".to_owned()),
            ("upload-offset", offset.to_string()),
            ("upload-checksum", checksum),
        ];
        let request = self.tus("PATCH", url.to_owned(), headers, chunk)?;
        Ok(transport.send(request, ANSWER_LIMIT).await?)
    }

    fn tus(
        &self,
        method: &'static str,
        path: String,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<Request, DeviceError> {
        let mut request = self.signed(method, path, body)?;
        request.headers.push((TUS.0, TUS.1.to_owned()));
        request.headers.extend(headers);
        Ok(request)
    }

    fn chunk(&self, row: &FileRow, offset: u64) -> Result<Vec<u8>, DeviceError> {
        let files = self.lock()?.store.files().clone();
        Ok(files.read_range(&row.key, &row.sha256, offset, CHUNK)?)
    }

    fn progress(&self, row: &FileRow, url: &str, offset: u64) -> Result<(), DeviceError> {
        let mut inner = self.lock()?;
        Ok(inner.store.write::<_, StoreError>(|tx| {
            tx.set_file_progress(&row.sha256, FileState::Uploading, Some(url), offset)
        })?)
    }

    /// Keeps the receipt. `durable` says that a backup has the file too: only then may the phone
    /// let go of its own copy, for a photo cannot be taken again.
    fn stored(&self, row: &FileRow, receipt: &FileReceipt) -> Result<(), DeviceError> {
        let mut inner = self.lock()?;
        let server = inner.identity.enrolled()?.server;
        if !receipt.is_signed_by(&server) || receipt.sha256 != row.sha256 || receipt.size != row.size {
            return Err(unfit("receipt"));
        }
        let state = if receipt.durable { FileState::Durable } else { FileState::Stored };
        Ok(inner
            .store
            .write::<_, StoreError>(|tx| tx.set_file_receipt(&row.sha256, state, &receipt.to_bytes()))?)
    }

    // ---- download ----

    /// Fetches a photo in ranges and seals it; only the bytes that the document names are kept.
    async fn download(&self, transport: &dyn Transport, row: &FileRow) -> Result<(), DeviceError> {
        if row.size > MAX_FILE {
            return Err(DeviceError::NotAPhoto);
        }
        let mut content = Vec::new();
        while (content.len() as u64) < row.size || content.is_empty() {
            let path = format!("/v1/files/{}", hex(&row.sha256));
            let mut request = self.signed("GET", path, Vec::new())?;
            let (first, last) = (content.len(), content.len() + CHUNK - 1);
            request.headers.push(("range", format!("bytes={first}-{last}")));
            let answer = expect_success(transport.send(request, MAX_FILE as usize).await?)?;
            let whole = answer.status == 200;
            if answer.body.is_empty() {
                return Err(unfit("length"));
            }
            if whole {
                content.clear();
            }
            content.extend_from_slice(&answer.body);
            if whole {
                break;
            }
        }
        let key = random::<32>(self.host.as_ref())?;
        let mut inner = self.lock()?;
        inner.store.files().seal(&key, Some(&row.sha256), &mut Cursor::new(&content))?;
        let fetched = FileRow { key, state: FileState::Stored, size: content.len() as u64, ..row.clone() };
        Ok(inner.store.write::<_, StoreError>(|tx| tx.put_file(&fetched))?)
    }
}

enum Progress {
    /// The server has every byte.
    Done(FileReceipt),
    /// The upload's address and the bytes the server has.
    At(String, u64),
}

fn receipt_of(answer: &Response) -> Option<FileReceipt> {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(answer.header("ruhu-receipt")?.as_bytes()).ok()?;
    FileReceipt::from_bytes(&bytes).ok()
}

fn header_u64(answer: &Response, name: &str) -> Option<u64> {
    answer.header(name)?.parse().ok()
}

fn unfit(what: &'static str) -> DeviceError {
    DeviceError::Engine(ruhu_sync::engine::EngineError::Unfitting(what))
}

/// A lost network ends the lane; anything else concerns this photo alone.
fn note(report: &mut SyncReport, error: DeviceError) -> Result<(), DeviceError> {
    match error {
        DeviceError::Transport(_) => Err(error),
        other => {
            report.files_failed.push(other.code().to_owned());
            Ok(())
        }
    }
}
