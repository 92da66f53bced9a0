//! The lane of photos: tus 1.0 uploads, smallest and oldest first, after the text lane and never in
//! its way. One photo that fails does not hold up the next.

use std::io::Cursor;

use ruhu_case::limits::FILE_BYTES;
use ruhu_store::{FileRow, FileState, StoreError};
use ruhu_sync::FileReceipt;
use ruhu_sync::transport::{Request, Response};
use ruhu_text::Explain;

use crate::device::Device;
use crate::error::DeviceError;
use crate::evidence::hex;
use crate::host::random;
use crate::sync_run::{SyncRun, expect_success};
use crate::views::ItemFault;

/// One PATCH. At 12 kB/s some 20 seconds: what a cut costs at most.
const CHUNK: usize = 256 * 1024;
const ANSWER_LIMIT: usize = 64 * 1024;
const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
/// How many photos one run takes on.
const FILES: u32 = 1_000;

/// After so many photos in a row with which the server failed, the others wait for the next run.
const SERVER_FAILURES: u32 = 3;

const CONFLICT: u16 = 409;
const GONE: [u16; 2] = [404, 410];

impl SyncRun<'_> {
    /// Sends and fetches photos. Only a lost network, or being cancelled, ends the run; a server that
    /// fails with one photo after another ends the lane.
    pub(crate) async fn file_lane(&mut self) -> Result<(), DeviceError> {
        let rows = self.device.files_to_move()?;
        self.progress.photos_left = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        self.progress.photo_bytes_left = rows.iter().map(|row| row.size).sum();
        let mut failures = 0;
        for row in rows {
            if failures == SERVER_FAILURES {
                self.report.files_left = self.progress.photos_left;
                break;
            }
            let moved = match row.state {
                FileState::Wanted => self.download(&row).await,
                _ => self.upload(&row).await,
            };
            failures = if moved.as_ref().is_err_and(DeviceError::is_the_servers) { failures + 1 } else { 0 };
            self.progress.photos_left = self.progress.photos_left.saturating_sub(1);
            self.progress.photo_bytes_left = self.progress.photo_bytes_left.saturating_sub(row.size);
            self.note(&row, moved)?;
            self.tell();
        }
        Ok(())
    }

    /// Counts a photo that was moved. One that failed concerns itself alone.
    fn note(&mut self, row: &FileRow, moved: Result<(), DeviceError>) -> Result<(), DeviceError> {
        match moved {
            Ok(()) => {
                self.report.file_bytes += row.size;
                self.progress.photos += 1;
                match row.state {
                    FileState::Wanted => self.report.files_received += 1,
                    _ => self.report.files_sent += 1,
                }
            }
            Err(error) if error.ends_the_run() => return Err(error),
            Err(error) => {
                tracing::warn!(code = error.code(), bytes = row.size, "a photo was not moved");
                self.report.files_failed.push(ItemFault::new(hex(&row.sha256), &error));
            }
        }
        Ok(())
    }

    // ---- upload ----

    async fn upload(&mut self, row: &FileRow) -> Result<(), DeviceError> {
        let (url, mut offset) = match self.resume(row).await? {
            Progress::Done(receipt) => return self.device.stored(row, &receipt),
            Progress::At(url, offset) => (url, offset),
        };
        loop {
            let chunk = self.device.chunk(row, offset)?;
            let answer = self.patch(&url, offset, chunk).await?;
            if answer.status == CONFLICT {
                return Err(unfit("offset"));
            }
            let answer = expect_success(answer)?;
            if let Some(receipt) = receipt_of(&answer) {
                return self.device.stored(row, &receipt);
            }
            let now = header_u64(&answer, "upload-offset").ok_or_else(|| unfit("offset"))?;
            if now <= offset {
                return Err(unfit("offset"));
            }
            offset = now;
            self.device.note_progress(row, &url, offset)?;
        }
    }

    /// Where an upload stands by the server's word; creates it when the server knows of none.
    async fn resume(&mut self, row: &FileRow) -> Result<Progress, DeviceError> {
        if let Some(url) = &row.upload_url {
            let request = self.device.tus("HEAD", url.clone(), Vec::new(), Vec::new())?;
            let answer = self.send(request, ANSWER_LIMIT).await?;
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
        self.create(row).await
    }

    async fn create(&mut self, row: &FileRow) -> Result<Progress, DeviceError> {
        let encode = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
        let metadata = format!(
            "sha256 {},doc {},mime {}",
            encode(&hex(&row.sha256)),
            encode(&row.doc.to_string()),
            encode(&row.mime)
        );
        let headers = vec![("upload-length", row.size.to_string()), ("upload-metadata", metadata)];
        let request = self.device.tus("POST", "/v1/uploads".into(), headers, Vec::new())?;
        let answer = expect_success(self.send(request, ANSWER_LIMIT).await?)?;
        if let Some(receipt) = receipt_of(&answer) {
            return Ok(Progress::Done(receipt));
        }
        let url = answer.header("location").ok_or_else(|| unfit("location"))?.to_owned();
        let offset = header_u64(&answer, "upload-offset").unwrap_or(0);
        self.device.note_progress(row, &url, offset)?;
        // An upload that was begun before goes on where the server has it.
        let request = self.device.tus("HEAD", url.clone(), Vec::new(), Vec::new())?;
        let head = expect_success(self.send(request, ANSWER_LIMIT).await?)?;
        Ok(Progress::At(url, header_u64(&head, "upload-offset").unwrap_or(offset)))
    }

    async fn patch(&mut self, url: &str, offset: u64, chunk: Vec<u8>) -> Result<Response, DeviceError> {
        use sha2::{Digest, Sha256};
        let checksum = format!("sha256 {}", data_encoding::BASE64.encode(&Sha256::digest(&chunk)));
        let headers = vec![
            ("content-type", "application/offset+octet-stream".to_owned()),
            ("upload-offset", offset.to_string()),
            ("upload-checksum", checksum),
        ];
        let request = self.device.tus("PATCH", url.to_owned(), headers, chunk)?;
        self.send(request, ANSWER_LIMIT).await
    }

    // ---- download ----

    /// Fetches a photo in ranges and seals it; only the bytes that the document names are kept.
    async fn download(&mut self, row: &FileRow) -> Result<(), DeviceError> {
        if row.size > FILE_BYTES {
            return Err(DeviceError::NotAPhoto);
        }
        let mut content = Vec::new();
        while (content.len() as u64) < row.size || content.is_empty() {
            let path = format!("/v1/files/{}", hex(&row.sha256));
            let mut request = self.device.signed("GET", path, Vec::new())?;
            let (first, last) = (content.len(), content.len() + CHUNK - 1);
            request.headers.push(("range", format!("bytes={first}-{last}")));
            let answer = expect_success(self.send(request, FILE_BYTES as usize).await?)?;
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
        self.device.keep(row, &content)
    }
}

impl Device {
    /// What this run moves: uploads that were begun, photos of this phone, photos of others; the
    /// smallest first of each.
    fn files_to_move(&self) -> Result<Vec<FileRow>, DeviceError> {
        self.store.read(|tx| {
            let mut rows = tx.files_in(FileState::Uploading, FILES)?;
            rows.extend(tx.files_in(FileState::Local, FILES)?);
            rows.extend(tx.files_in(FileState::Wanted, FILES)?);
            Ok(rows)
        })
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
        Ok(self.store.files().read_range(&row.key, &row.sha256, offset, CHUNK)?)
    }

    fn note_progress(&self, row: &FileRow, url: &str, offset: u64) -> Result<(), DeviceError> {
        Ok(self.store.write::<_, StoreError>(|tx| {
            tx.set_file_progress(&row.sha256, FileState::Uploading, Some(url), offset)
        })?)
    }

    /// Keeps the receipt. `durable` says that a backup has the file too: only then may the phone
    /// let go of its own copy, for a photo cannot be taken again.
    fn stored(&self, row: &FileRow, receipt: &FileReceipt) -> Result<(), DeviceError> {
        let server = self.identity().enrolled()?.server;
        if !receipt.is_signed_by(&server) || receipt.sha256 != row.sha256 || receipt.size != row.size {
            return Err(unfit("receipt"));
        }
        let state = if receipt.durable { FileState::Durable } else { FileState::Stored };
        Ok(self
            .store
            .write::<_, StoreError>(|tx| tx.set_file_receipt(&row.sha256, state, &receipt.to_bytes()))?)
    }

    /// Seals a photo that came; only the bytes that the document names are kept.
    fn keep(&self, row: &FileRow, content: &[u8]) -> Result<(), DeviceError> {
        let key = random::<32>(self.host.as_ref())?;
        self.store.files().seal(&key, Some(&row.sha256), &mut Cursor::new(content))?;
        let fetched = FileRow { key, state: FileState::Stored, size: content.len() as u64, ..row.clone() };
        Ok(self.store.write::<_, StoreError>(|tx| tx.put_file(&fetched))?)
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
