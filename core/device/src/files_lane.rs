//! The lane of photos: what the server lacks goes up by tus 1.0, smallest and oldest first, what is
//! wanted and there comes down in ranges; after the text lane and never in its way. One photo that
//! fails does not hold up the next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ruhu_case::DocId;
use ruhu_case::limits::FILE_BYTES;
use ruhu_store::{Arrival, FileRefusal, FileRow, FileState, StoreError, Tx};
use ruhu_sync::files::FilesState;
use ruhu_sync::transport::{Request, Response, TransportError};
use ruhu_sync::tus;
use ruhu_sync::{FileReceipt, Problem};
use ruhu_text::Explain;

use crate::device::Device;
use crate::error::DeviceError;
use crate::ids::{hex, parse_sha256};
use crate::left_off::{DOWN, UP};
use crate::reasons::SERVER_REASON;
use crate::sync_run::{SyncRun, expect_success};
use ruhu_sync::report::ItemFault;

const ANSWER_LIMIT: usize = 64 * 1024;
/// How many photos are read at once.
const FILES: u32 = 1_000;
/// So often in a row the line may break under the smallest piece.
const STUCK: u32 = 3;

const WHOLE: u16 = 200;
const CONFLICT: u16 = 409;
const NOT_FOUND: u16 = 404;
const RANGE_OUTSIDE: u16 = 416;
const GONE: [u16; 2] = [NOT_FOUND, 410];
/// What a server says that will not take a photo whatever the line and the hour: its description is unsound,
/// it is too large, of the wrong type, or another than was announced.
const REFUSALS: [u16; 4] = [400, 413, 415, 422];

impl SyncRun<'_> {
    /// Sends and fetches photos. Only a lost network, or being cancelled, ends the run; a server that
    /// fails with one photo after another ends the lane.
    pub(crate) async fn file_lane(&mut self, state: Option<FilesState>) -> Result<(), DeviceError> {
        self.device.store.keep_reserve(0)?;
        self.compare_files(state).await?;
        let now_ms = self.device.host.now_ms();
        let all = |tx: &Tx<'_>| Ok((tx.all_to_give(now_ms)?, tx.all_to_fetch()?));
        let (giving, fetching) = self.device.store.read::<_, StoreError>(all)?;
        self.begin_moving((giving.0 + fetching.0, giving.1 + fetching.1));
        let moved = self.move_files().await;
        self.device.remember_piece_pace(&self.piece)?;
        moved
    }

    /// Gives the photos of work that the server keeps apart, while it does not hear this device: they are
    /// kept with it. Nothing else of files is asked or told meanwhile.
    pub(crate) async fn give_apart(&mut self) -> Result<(), DeviceError> {
        let all = self.device.store.read(|tx| tx.all_to_keep_apart(SERVER_REASON))?;
        self.begin_moving(all);
        let (mut tried, mut after) = (Tried::default(), self.device.left_off(UP)?);
        while after.is_some() || tried.any_new() {
            while let Some(rows) =
                self.page(&mut after, |tx, after| tx.files_to_keep_apart(SERVER_REASON, after, FILES))?
            {
                for row in rows {
                    if self.goes_on() && tried.begin(&row) {
                        let given = self.upload(&row).await;
                        self.note(&row, given)?;
                    }
                }
            }
            after = None;
        }
        self.device.leave_off(UP, &mut self.failures)?;
        self.leave_rest();
        self.device.remember_piece_pace(&self.piece)
    }

    fn begin_moving(&mut self, (photos, bytes): (u64, u64)) {
        self.progress.photos_left = u32::try_from(photos).unwrap_or(u32::MAX);
        self.lane_bytes = bytes;
        self.tell_left(0);
    }

    /// Gives, then fetches, all that stands in the order when its turn comes, each once: what fails is passed
    /// over and holds up nothing behind it. Begun is behind what the last run left off at; what stands before
    /// it, and what came to be moved meanwhile, is looked for at the end.
    async fn move_files(&mut self) -> Result<(), DeviceError> {
        let (mut tried, mut after) = (Tried::default(), self.device.left_off(UP)?);
        while after.is_some() || tried.any_new() {
            let now_ms = self.device.host.now_ms();
            while let Some(rows) =
                self.page(&mut after, |tx, after| tx.files_to_give(now_ms, after, FILES))?
            {
                for row in rows {
                    self.give(row, &mut tried).await?;
                }
            }
            after = None;
        }
        self.device.leave_off(UP, &mut self.failures)?;
        let (mut tried, mut after) = (Tried::default(), self.device.left_off(DOWN)?);
        while after.is_some() || tried.any_new() {
            while let Some(rows) = self.page(&mut after, |tx, after| tx.files_to_fetch(after, FILES))? {
                for row in rows {
                    self.fetch(&row, &mut tried).await?;
                }
            }
            after = None;
        }
        self.device.leave_off(DOWN, &mut self.failures)?;
        self.leave_rest();
        Ok(())
    }

    /// The next files of an order, if there are any and the lane goes on.
    fn page(
        &self,
        after: &mut Option<FileRow>,
        read: impl FnOnce(&Tx<'_>, Option<&FileRow>) -> Result<Vec<FileRow>, StoreError>,
    ) -> Result<Option<Vec<FileRow>>, DeviceError> {
        if !self.goes_on() {
            return Ok(None);
        }
        let rows = self.device.store.read::<_, StoreError>(|tx| read(tx, after.as_ref()))?;
        *after = rows.last().cloned();
        Ok(after.is_some().then_some(rows))
    }

    /// Gives a file, and tells of it for each document that names it.
    async fn give(&mut self, row: FileRow, tried: &mut Tried) -> Result<(), DeviceError> {
        let mut next = Some(row);
        while let Some(row) = next.take_if(|row| self.goes_on() && tried.begin(row)) {
            let given = self.upload(&row).await;
            let is_done = matches!(given, Ok(Moved::Bytes | Moved::Nothing));
            self.note(&row, given)?;
            let now_ms = self.device.host.now_ms();
            next = self.device.store.read::<_, StoreError>(|tx| tx.file_to_give(&row.sha256, now_ms))?;
            if is_done && next.is_none() {
                tried.forget(&row);
            }
        }
        Ok(())
    }

    async fn fetch(&mut self, row: &FileRow, tried: &mut Tried) -> Result<(), DeviceError> {
        if !self.goes_on() || !tried.begin(row) {
            return Ok(());
        }
        if !self.device.store.has_room_for(row.size) {
            self.report.files_held_back += 1;
            self.one_less(row);
            return Ok(());
        }
        let fetched = self.download(row, false).await;
        if matches!(fetched, Ok(Moved::Bytes)) {
            tried.forget(row);
        }
        self.note(row, fetched)
    }

    fn goes_on(&self) -> bool {
        !self.failures.are_many() && !self.device.is_metered()
    }

    /// Counts what was not tried, when the lane ended before its end.
    fn leave_rest(&mut self) {
        match self.device.is_metered() {
            true => self.report.files_paused = self.progress.photos_left,
            false if self.failures.left_off() => self.report.files_left = self.progress.photos_left,
            false => {}
        }
    }

    /// Tells what is left, when so much of the photo at hand has passed.
    fn tell_left(&mut self, passed: u64) {
        let left = self.lane_bytes.saturating_sub(passed);
        self.progress.photo_bytes_left = left;
        self.progress.photo_seconds_left = self.rate.seconds_for(left);
        self.tell();
    }

    fn one_less(&mut self, row: &FileRow) {
        self.progress.photos_left = self.progress.photos_left.saturating_sub(1);
        self.lane_bytes = self.lane_bytes.saturating_sub(row.size);
        self.tell_left(0);
    }

    /// Counts a photo that was moved. One that failed concerns itself alone.
    fn note(&mut self, row: &FileRow, moved: Result<Moved, DeviceError>) -> Result<(), DeviceError> {
        self.failures.note(row.sha256, moved.as_ref().is_err_and(DeviceError::is_the_servers));
        match moved {
            Ok(Moved::Nothing) => {}
            // It is still to be moved.
            Ok(Moved::Paused) => return Ok(()),
            Ok(Moved::Gone) => self.report.files_lacking += 1,
            Ok(Moved::KeptApart) => {
                self.report.file_bytes += row.size;
                self.report.files_kept_apart += 1;
                self.progress.photos += 1;
            }
            Ok(Moved::Bytes) => {
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
                self.device.set_aside(row, &error)?;
                self.report.files_failed.push(ItemFault::new(hex(&row.sha256), &error));
            }
        }
        self.one_less(row);
        Ok(())
    }

    // ---- upload ----

    /// Gives a photo, or tells the server of a document that names one it has. On a line that breaks
    /// the pieces become smaller.
    async fn upload(&mut self, row: &FileRow) -> Result<Moved, DeviceError> {
        loop {
            match self.upload_once(row).await {
                Err(DeviceError::Transport(error)) if error.is_cut() => self.bear_cut(error).await?,
                Err(DeviceError::Transport(error)) => {
                    // The line went while a piece was on it: the next run begins with a smaller one.
                    self.piece.broke();
                    return Err(error.into());
                }
                Err(DeviceError::Server { problem, .. }) if problem.code == "out_of_scope" => {
                    // This device reads the document and does not write it: others tell of it.
                    self.device.leave_untold(row)?;
                    return Ok(Moved::Nothing);
                }
                Err(DeviceError::Store(error)) if is_gone(&error) => {
                    self.device.store.write(|tx| tx.set_file_gone(&row.sha256, None, false))?;
                    return Err(error.into());
                }
                other => return other,
            }
        }
    }

    /// The line broke under a piece: the next one is smaller, unless it cannot be.
    async fn bear_cut(&mut self, error: TransportError) -> Result<(), DeviceError> {
        self.stuck = if self.piece.is_least() { self.stuck + 1 } else { 0 };
        self.piece.broke();
        match self.stuck < STUCK {
            true => self.bear(&error).await,
            false => Err(error.into()),
        }
    }

    /// Sends a request that carries or asks for a piece; tells the pace when it passed.
    async fn send_piece(
        &mut self,
        request: &Request,
        bytes: usize,
        limit: usize,
    ) -> Result<Response, DeviceError> {
        let began = self.device.host.now_ms();
        let answer = self.attempt(request, limit).await?;
        let took = u64::try_from(self.device.host.now_ms().saturating_sub(began)).unwrap_or(0);
        let took = Duration::from_millis(took);
        self.piece.passed(bytes, took);
        self.rate.passed(request.body.len().max(answer.body.len()), took);
        self.stuck = 0;
        Ok(answer)
    }

    async fn upload_once(&mut self, row: &FileRow) -> Result<Moved, DeviceError> {
        let (url, mut offset) = match self.resume(row).await? {
            Progress::Done(receipt) => {
                self.device.stored(row, &receipt)?;
                return Ok(if row.state == FileState::Stored { Moved::Nothing } else { Moved::Bytes });
            }
            Progress::KeptApart(url) => {
                self.device.note_progress(row, &url, row.size)?;
                return Ok(Moved::Nothing);
            }
            Progress::At(url, offset) => (url, offset),
        };
        loop {
            if self.device.is_metered() {
                return Ok(Moved::Paused);
            }
            let chunk = self.device.chunk(row, offset, self.piece.size())?;
            let answer = self.patch(&url, offset, chunk).await?;
            if answer.status == CONFLICT {
                return Err(unfit("offset"));
            }
            let answer = expect_success(answer)?;
            if let Some(receipt) = tus::receipt(&answer) {
                self.device.stored(row, &receipt)?;
                return Ok(Moved::Bytes);
            }
            if tus::is_kept_apart(&answer) {
                self.device.note_progress(row, &url, row.size)?;
                return Ok(Moved::KeptApart);
            }
            let now = tus::offset(&answer).ok_or_else(|| unfit("offset"))?;
            if now <= offset {
                return Err(unfit("offset"));
            }
            offset = now;
            self.device.note_progress(row, &url, offset)?;
            self.tell_left(offset);
        }
    }

    /// Where an upload stands by the server's word; creates it when the server knows of none.
    async fn resume(&mut self, row: &FileRow) -> Result<Progress, DeviceError> {
        if let Some(url) = self.device.upload_url(row)? {
            let request = self.device.tus("HEAD", url.clone(), Vec::new(), Vec::new())?;
            let answer = self.send(request, ANSWER_LIMIT).await?;
            if !GONE.contains(&answer.status) {
                let answer = expect_success(answer)?;
                return match tus::receipt(&answer) {
                    Some(receipt) => Ok(Progress::Done(receipt)),
                    None if tus::is_kept_apart(&answer) => Ok(Progress::KeptApart(url)),
                    None => {
                        let offset = tus::offset(&answer).ok_or_else(|| unfit("offset"))?;
                        Ok(Progress::At(url, offset))
                    }
                };
            }
        }
        self.create(row).await
    }

    async fn create(&mut self, row: &FileRow) -> Result<Progress, DeviceError> {
        let headers = tus::creation(&row.sha256, row.size, &row.doc, &row.mime);
        let request = self.device.tus("POST", "/v1/uploads".into(), headers, Vec::new())?;
        let answer = expect_success(self.send(request, ANSWER_LIMIT).await?)?;
        if let Some(receipt) = tus::receipt(&answer) {
            return Ok(Progress::Done(receipt));
        }
        let url = answer.header("location").ok_or_else(|| unfit("location"))?.to_owned();
        if tus::is_kept_apart(&answer) {
            return Ok(Progress::KeptApart(url));
        }
        // An upload that was begun before goes on where the server has it.
        let offset = tus::offset(&answer).unwrap_or(0);
        self.device.note_progress(row, &url, offset)?;
        Ok(Progress::At(url, offset))
    }

    async fn patch(&mut self, url: &str, offset: u64, chunk: Vec<u8>) -> Result<Response, DeviceError> {
        let headers = tus::piece(offset, &chunk);
        let bytes = chunk.len();
        let request = self.device.tus("PATCH", url.to_owned(), headers, chunk)?;
        self.send_piece(&request, bytes, ANSWER_LIMIT).await
    }

    // ---- download ----

    /// Fetches a photo in ranges and seals it; only the bytes that the document names are kept. What
    /// came before the line broke is kept for the next run. One that somebody wants to see now comes over a
    /// metered network too.
    async fn download(&mut self, row: &FileRow, wanted_now: bool) -> Result<Moved, DeviceError> {
        if row.size > FILE_BYTES {
            return Err(DeviceError::NotAPhoto);
        }
        let mut arrival = Arrival::resumed(&self.device.store, row)?;
        match self.fetch_rest(row, &mut arrival, wanted_now).await {
            Ok(true) if arrival.is_whole() => {
                arrival.complete(self.device.host.now_ms())?;
                self.device.recall_durable(row)?;
                Ok(Moved::Bytes)
            }
            Ok(true) => {
                arrival.keep_part()?;
                Ok(Moved::Paused)
            }
            // It was there a moment ago, when it was asked for.
            Ok(false) => {
                self.device.store.write::<_, StoreError>(|tx| tx.set_file_at_server(&row.sha256, false))?;
                Ok(Moved::Gone)
            }
            Err(error) => {
                if matches!(error, DeviceError::Transport(_)) {
                    self.piece.broke();
                }
                arrival.keep_part()?;
                Err(error)
            }
        }
    }

    /// Fetches one photo because somebody wants to see it.
    pub(crate) async fn fetch_one(&mut self, sha256: &str) -> Result<(), DeviceError> {
        let missing = DeviceError::NotFound { what: "file" };
        let Some(sha256) = parse_sha256(sha256) else { return Err(missing) };
        let row = self.device.store.read(|tx| tx.file(&sha256))?;
        let Some(row) = row else { return Err(missing) };
        if row.state != FileState::Wanted {
            return Ok(());
        }
        self.device.store.keep_reserve(row.size)?;
        let fetched = self.download(&row, true).await;
        self.device.remember_piece_pace(&self.piece)?;
        match fetched? {
            Moved::Gone => Err(missing),
            Moved::Bytes | Moved::Nothing | Moved::KeptApart | Moved::Paused => Ok(()),
        }
    }

    /// `false` when the server does not have it.
    async fn fetch_rest(
        &mut self,
        row: &FileRow,
        arrival: &mut Arrival<'_>,
        wanted_now: bool,
    ) -> Result<bool, DeviceError> {
        while !arrival.is_whole() && (wanted_now || !self.device.is_metered()) {
            let first = arrival.position();
            let bytes = self.piece.size();
            let path = format!("/v1/files/{}", hex(&row.sha256));
            let mut request = self.device.signed("GET", path, Vec::new())?;
            request.headers.push(("range", format!("bytes={first}-{}", first + bytes as u64 - 1)));
            let answer = match self.send_piece(&request, bytes, FILE_BYTES as usize).await {
                Err(DeviceError::Transport(error)) if error.is_cut() => {
                    self.bear_cut(error).await?;
                    continue;
                }
                other => other?,
            };
            match answer.status {
                NOT_FOUND => return Ok(false),
                RANGE_OUTSIDE if first > 0 => arrival.begin_anew()?,
                _ => {
                    let answer = expect_success(answer)?;
                    take(arrival, &answer)?;
                    self.tell_left(arrival.position());
                }
            }
        }
        Ok(true)
    }
}

impl Device {
    fn tus(
        &self,
        method: &'static str,
        path: String,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<Request, DeviceError> {
        let mut request = self.signed(method, path, body)?;
        request.headers.push((tus::TUS_RESUMABLE.0, tus::TUS_RESUMABLE.1.to_owned()));
        request.headers.extend(headers);
        Ok(request)
    }

    fn chunk(&self, row: &FileRow, offset: u64, bytes: usize) -> Result<Vec<u8>, DeviceError> {
        Ok(self.store.files().read_range(&row.key, &row.sha256, offset, bytes)?)
    }

    /// The address of an upload that was begun, as it is noted now.
    fn upload_url(&self, row: &FileRow) -> Result<Option<String>, DeviceError> {
        let noted = self.store.read(|tx| tx.file(&row.sha256))?;
        Ok(noted.filter(|now| now.state == FileState::Uploading).and_then(|now| now.upload_url))
    }

    fn note_progress(&self, row: &FileRow, url: &str, offset: u64) -> Result<(), DeviceError> {
        Ok(self.store.write::<_, StoreError>(|tx| {
            tx.set_file_progress(&row.sha256, FileState::Uploading, Some(url), offset)
        })?)
    }

    /// Keeps the receipt. `durable` says that a backup has the file too.
    fn stored(&self, row: &FileRow, receipt: &FileReceipt) -> Result<(), DeviceError> {
        let server = self.identity().enrolled()?.server;
        if !receipt.is_signed_by(&server) || receipt.sha256 != row.sha256 || receipt.size != row.size {
            return Err(unfit("receipt"));
        }
        let state = if receipt.durable { FileState::Durable } else { FileState::Stored };
        let place = (&row.sha256, &row.doc);
        Ok(self.store.write::<_, StoreError>(|tx| {
            tx.set_file_receipt(place, state, &receipt.to_bytes(), receipt.server_time_ms)
        })?)
    }

    /// Sets a photo aside that the server refuses for what it is, with the reason. Whatever else goes wrong is
    /// tried again with the next run.
    fn set_aside(&self, row: &FileRow, error: &DeviceError) -> Result<(), DeviceError> {
        let DeviceError::Server { status, problem } = error else { return Ok(()) };
        if row.state == FileState::Wanted || !REFUSALS.contains(status) {
            return Ok(());
        }
        let Problem { code, zh, en, .. } = problem.clone();
        let refusal = FileRefusal { code, zh, en };
        let now_ms = self.host.now_ms();
        Ok(self.store.write::<_, StoreError>(|tx| tx.refuse_file(&row.sha256, &refusal, now_ms))?)
    }

    fn leave_untold(&self, row: &FileRow) -> Result<(), DeviceError> {
        Ok(self.store.write::<_, StoreError>(|tx| {
            tx.set_use_told(&row.sha256, &row.doc, None)?;
            match row.state {
                FileState::Local | FileState::Uploading => {
                    tx.set_file_progress(&row.sha256, FileState::Local, None, 0)
                }
                _ => Ok(()),
            }
        })?)
    }
}

/// What came of moving a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Its bytes went up or came down.
    Bytes,
    /// Nothing had to be moved: the server was told of a document that names it.
    Nothing,
    /// The server does not have it any more.
    Gone,
    /// Its bytes went up, and the server keeps them apart.
    KeptApart,
    /// The network is metered: what is left of it waits.
    Paused,
}

/// What a run tried and is still to be moved, by file and document: the little that is kept of it.
#[derive(Default)]
struct Tried {
    left: BTreeMap<[u8; 32], BTreeSet<DocId>>,
    /// Whether something was tried since it was last asked.
    new: Option<bool>,
}

impl Tried {
    /// Whether a file was not tried yet; it is from now on.
    fn begin(&mut self, row: &FileRow) -> bool {
        let is_new = self.left.entry(row.sha256).or_default().insert(row.doc);
        self.new = Some(is_new || self.new == Some(true));
        is_new
    }

    /// It was moved, and comes up no more.
    fn forget(&mut self, row: &FileRow) {
        self.left.remove(&row.sha256);
    }

    /// Whether it is worth going through what is to be moved: the first time, and as long as something new was
    /// found the time before.
    fn any_new(&mut self) -> bool {
        self.new.replace(false) != Some(false)
    }
}

enum Progress {
    /// The server has every byte.
    Done(FileReceipt),
    /// The upload's address and the bytes the server has.
    At(String, u64),
    /// The server has every byte, in quarantine; the upload's address.
    KeptApart(String),
}

/// Takes what the server gave for the next range, or the whole.
fn take(arrival: &mut Arrival<'_>, answer: &Response) -> Result<(), DeviceError> {
    let total = match answer.status {
        WHOLE => {
            arrival.begin_anew()?;
            answer.body.len() as u64
        }
        _ => tus::whole_length(answer).ok_or_else(|| unfit("length"))?,
    };
    let stored_at_ms = answer.header("ruhu-stored-at").and_then(|time| time.parse().ok());
    match arrival.take(&answer.body, total, stored_at_ms)? {
        true => Ok(()),
        false => Err(unfit("length")),
    }
}

/// Whether a sealed file is not here any more as it was sealed.
fn is_gone(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::NotFound { what: "file" } | StoreError::Damaged { .. } | StoreError::WrongContent
    )
}

fn unfit(what: &'static str) -> DeviceError {
    DeviceError::Engine(ruhu_sync::engine::EngineError::Unfitting(what))
}
