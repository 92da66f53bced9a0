//! The host's side of a sync run: carries out what the engine asks for, tells how far it has come,
//! and stops when it is asked to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use ruhu_case::ActorId;
use ruhu_case::limits::{BODY_BYTES, PAGE_RAW, WANTED_ENVELOPES};
use ruhu_store::{Growth, Tx};
use ruhu_sync::asked::{Asked, beside, since};
use ruhu_sync::engine::{Effect, Engine, Event, Loaded, Summary};
use ruhu_sync::failures::Failures;
use ruhu_sync::files::FileUse;
use ruhu_sync::message::{Gap, GapKind};
use ruhu_sync::pace::{Pace, Rate};
use ruhu_sync::progress::{SyncPhase, SyncProgress, yield_now};
use ruhu_sync::retry::Retries;
use ruhu_sync::transport::{Request, Response, Transport, TransportError};
use ruhu_sync::{
    AuthorRecord, Envelope, EnvelopeHash, LogHead, Problem, Reason, auth, codec, message::ChainTail,
    message::Presence,
};
use ruhu_text::Explain;

use crate::device::Device;
use crate::error::DeviceError;
use crate::identity;
use crate::progress::SyncControl;
use crate::reasons::{UNKNOWN_AUTHOR, server_reason};
use crate::standing::is_far;
use ruhu_sync::report::{ItemFault, SyncReport};

/// What a server answers that has no room for what was pushed.
const INSUFFICIENT_STORAGE: u16 = 507;
/// Envelopes read from the outbox at once; a page holds some thousand.
const OUTBOX_ROWS: u32 = 8_000;
/// Photos of letters that a run looks at for their prints, about a second each.
const LETTERS: u32 = 30;

impl Device {
    /// Gives and takes everything: text first, then new forms, then photos, smallest first. What fails
    /// concerns itself alone: the report names it, and the rest goes on. A cut anywhere loses nothing;
    /// the next run goes on where this one stopped.
    ///
    /// # Errors
    /// Those of [`Device::sync_with`], without `cancelled`.
    #[cfg(feature = "http")]
    pub async fn sync(&self) -> Result<SyncReport, DeviceError> {
        self.sync_with(&SyncControl::default()).await
    }

    /// Like [`Device::sync`], for a host that wants to follow it or stop it.
    ///
    /// # Errors
    /// `not_enrolled`; `sync_running`. Then, as [`DeviceError::Incomplete`] with what was done until
    /// then: `offline`, `wrong_server` or `protocol` when there is no way to the server; and, when the
    /// text did not come through though the line holds (forms and photos were tried all the same),
    /// `server` when the server said no, `bad_answer` when its answer was not taken, `damaged`,
    /// `disk_full` or `store`. `cancelled`, with the same. What was written before stays.
    #[cfg(feature = "http")]
    pub async fn sync_with(&self, control: &SyncControl) -> Result<SyncReport, DeviceError> {
        let identity = self.identity();
        let enrolled = identity.enrolled()?;
        let transport = ruhu_sync::http::HttpTransport::new(&enrolled.url, enrolled.tls)?;
        self.sync_over_with(&transport, control).await
    }

    /// Like [`Device::sync`], over a transport of the host's.
    ///
    /// # Errors
    /// Those of [`Device::sync`].
    pub async fn sync_over(&self, transport: &dyn Transport) -> Result<SyncReport, DeviceError> {
        self.sync_over_with(transport, &SyncControl::default()).await
    }

    /// Like [`Device::sync_with`], over a transport of the host's.
    ///
    /// # Errors
    /// Those of [`Device::sync_with`].
    pub async fn sync_over_with(
        &self,
        transport: &dyn Transport,
        control: &SyncControl,
    ) -> Result<SyncReport, DeviceError> {
        self.identity().enrolled()?;
        let _running = Running::begin(&self.syncing)?;
        let began = self.host.now_ms();
        tracing::info!("sync begins");
        let mut run = SyncRun::new(self, transport, control)?;
        let ended = run.lanes().await;
        run.report.took_ms = u64::try_from(self.host.now_ms() - began).unwrap_or(0);
        match ended {
            Ok(()) => {
                tracing::info!(
                    rounds = run.report.rounds,
                    sent = run.report.sent,
                    received = run.report.received,
                    forms = run.report.forms.len(),
                    photos = run.progress.photos,
                    took_ms = run.report.took_ms,
                    "sync ends"
                );
                Ok(run.report)
            }
            Err(DeviceError::Cancelled { .. }) => {
                tracing::info!(rounds = run.report.rounds, "sync cancelled");
                Err(DeviceError::Cancelled { report: Box::new(run.report) })
            }
            Err(error) => {
                tracing::info!(code = error.code(), rounds = run.report.rounds, "sync ended early");
                Err(DeviceError::Incomplete { cause: Box::new(error), report: Box::new(run.report) })
            }
        }
    }

    /// Fetches one photo that a household names and that is not here, though there be little room.
    ///
    /// # Errors
    /// `not_found` when no household names it or the server does not have it, and those of
    /// [`Device::sync`].
    #[cfg(feature = "http")]
    pub async fn file_fetch(&self, sha256: &str) -> Result<(), DeviceError> {
        let identity = self.identity();
        let enrolled = identity.enrolled()?;
        let transport = ruhu_sync::http::HttpTransport::new(&enrolled.url, enrolled.tls)?;
        self.file_fetch_over(&transport, sha256).await
    }

    /// Like [`Device::file_fetch`], over a transport of the host's.
    ///
    /// # Errors
    /// Those of [`Device::file_fetch`].
    pub async fn file_fetch_over(&self, transport: &dyn Transport, sha256: &str) -> Result<(), DeviceError> {
        let _running = Running::begin(&self.syncing)?;
        let control = SyncControl::default();
        SyncRun::new(self, transport, &control)?.fetch_one(sha256).await
    }

    /// Sends the author record with the next request, as at the first one.
    fn introduce_again(&self) -> Result<(), DeviceError> {
        self.store.write(identity::forget_registered)
    }

    /// A request signed by this device.
    pub(crate) fn signed(
        &self,
        method: &'static str,
        path: String,
        body: Vec<u8>,
    ) -> Result<Request, DeviceError> {
        let identity = self.identity();
        let server = identity.enrolled()?.server;
        let authorization =
            auth::SignedRequest { method, path: &path, body: &body, server }.authorization(&identity.key);
        Ok(Request { method, path, headers: vec![("authorization", authorization)], body })
    }

    fn load(&self, outbox_after: i64) -> Result<Loaded, DeviceError> {
        let own = self.identity().actor()?;
        let presence = Some(self.presence()?);
        Ok(Loaded { presence, ..self.store.read(|tx| load(tx, own, outbox_after))? })
    }

    fn presence(&self) -> Result<Presence, DeviceError> {
        let dismissed = self.store.read(|tx| tx.quarantined_for(&server_reason(Reason::Dismissed)))?;
        Ok(Presence {
            time_ms: self.host.now_ms(),
            certificate_until_ms: self.identity().enrolled()?.certificate.expires_at_ms,
            dismissed: u32::try_from(dismissed.len()).ok(),
        })
    }
}

/// One run over a transport.
pub(crate) struct SyncRun<'a> {
    pub device: &'a Device,
    pub report: SyncReport,
    pub progress: SyncProgress,
    pub transport: &'a dyn Transport,
    pub retries: Retries,
    pub control: &'a SyncControl,
    /// Photos in a row with which the server failed.
    pub failures: Failures,
    /// How much of a photo travels at once.
    pub piece: Pace,
    /// How fast pieces passed of late.
    pub rate: Rate,
    /// Bytes of the photos that this run still moves, that at hand whole.
    pub lane_bytes: u64,
    /// How often in a row the line broke under the smallest piece.
    pub stuck: u32,
    /// The server has no room: nothing of the outbox is offered.
    only_takes: bool,
    written: Written,
    /// Envelopes of the outbox that the server had, by its news.
    pub had: u32,
    /// How much is written at once, over all answers.
    pub growth: Growth,
}

/// What was written by whoever answers questions ([`ruhu_store::Store::written_by_people`]), as this run last
/// looked at it, and the time before.
#[derive(Debug, Clone, Copy)]
struct Written {
    before: u64,
    now: u64,
}

impl<'a> SyncRun<'a> {
    fn new(
        device: &'a Device,
        transport: &'a dyn Transport,
        control: &'a SyncControl,
    ) -> Result<SyncRun<'a>, DeviceError> {
        let written = device.store.written_by_people();
        Ok(SyncRun {
            device,
            transport,
            control,
            report: SyncReport::default(),
            progress: SyncProgress::default(),
            retries: Retries::default(),
            failures: Failures::default(),
            piece: device.piece_pace()?,
            rate: Rate::default(),
            lane_bytes: 0,
            stuck: 0,
            only_takes: false,
            written: Written { before: written, now: written },
            had: 0,
            growth: Growth::new(control.slice_bytes, device.store.durable_writes()),
        })
    }
}

impl<'a> SyncRun<'a> {
    /// The lanes one after another. A later one waits for an earlier one to end, not to succeed.
    async fn lanes(&mut self) -> Result<(), DeviceError> {
        let text = match self.text_lane().await {
            Err(error) if is_forgotten(&error) => {
                // A server restored from before the enrolment: it knows its own signature.
                self.device.introduce_again()?;
                self.text_lane().await
            }
            Err(error) if is_full(&error) => self.only_take(error).await,
            other => other,
        };
        let (forms, files) = match &text {
            Ok(summary) => (summary.forms, summary.files),
            Err(error) if error.ends_the_run() || is_no_server(error) => return text.map(drop),
            Err(error) => {
                tracing::warn!(code = error.code(), "the text lane did not come to its end");
                self.report.text_failed = Some(ItemFault::new("", error));
                (None, None)
            }
        };
        if self.report.revoked || self.report.expired {
            self.progress.phase = SyncPhase::Photos;
            self.give_apart().await?;
        } else {
            self.progress.phase = SyncPhase::Forms;
            self.form_lane(forms).await?;
            self.progress.phase = SyncPhase::Photos;
            self.file_lane(files).await?;
        }
        self.tell();
        self.look_at_letters().await?;
        text.map(drop)
    }

    /// Looks at photos of letters that came, so that a copy of a print is found when it is attached. What it does
    /// not come to is told with what was not compared; what fails is looked at again by the next run.
    async fn look_at_letters(&mut self) -> Result<(), DeviceError> {
        let looked = self.look_at_each_letter().await;
        match looked {
            Err(error) if !error.ends_the_run() => {
                tracing::warn!(code = error.code(), "photos of letters could not be looked at");
                Ok(())
            }
            other => other,
        }
    }

    async fn look_at_each_letter(&mut self) -> Result<(), DeviceError> {
        let mut looking = self.device.looking()?;
        let most = looking.left().min(LETTERS);
        if most == 0 {
            return Ok(());
        }
        self.progress.phase = SyncPhase::Letters;
        for looked in 0..most {
            (self.progress.letters, self.progress.letters_left) = (looked, looking.left().min(most - looked));
            self.tell();
            yield_now().await;
            self.check_cancelled()?;
            self.device.look_at_letter(&mut looking)?;
        }
        (self.progress.letters, self.progress.letters_left) = (most, 0);
        self.tell();
        Ok(())
    }

    /// A server without room takes nothing; what it holds is taken from it all the same. Gives the error
    /// of what could not be given.
    async fn only_take(&mut self, full: DeviceError) -> Result<Summary, DeviceError> {
        tracing::info!("the server has no room: only what it tells is taken");
        self.only_takes = true;
        let taken = self.text_lane().await;
        self.only_takes = false;
        taken.and(Err(full))
    }

    async fn text_lane(&mut self) -> Result<Summary, DeviceError> {
        let mut engine = Engine::new(self.device.identity().enrolled()?.server);
        let mut pace = self.device.page_pace()?;
        engine.set_page_bytes(pace.size());
        let mut event = Event::Start;
        let mut ahead = None;
        loop {
            engine.use_all_cores(self.is_alone());
            let written = self.device.store.written_by_people();
            self.written = Written { before: self.written.now, now: written };
            let effect = engine.next(event)?;
            self.fill_report(engine.summary());
            event = match effect {
                Effect::Load { outbox_after } => {
                    self.progress.to_send = self.device.store.read(|tx| tx.outbox_count())?;
                    let mut loaded = self.device.load(outbox_after)?;
                    if self.only_takes {
                        (loaded.outbox, loaded.outbox_more) = (Vec::new(), false);
                    }
                    Event::Loaded(Box::new(loaded))
                }
                Effect::Send(body) => {
                    let asked = self.post(body)?;
                    self.exchange(asked, &mut engine, &mut pace).await?
                }
                Effect::Commit(commit) => {
                    ahead = self.ask_ahead(&mut engine)?;
                    let more = ahead.is_some();
                    Event::Committed(beside(&mut ahead, self.commit(&commit, more)).await?)
                }
                Effect::Await => match ahead.take() {
                    Some(asked) => self.exchange(asked, &mut engine, &mut pace).await?,
                    None => Event::Cut,
                },
                Effect::Done(summary) => return Ok(summary),
            };
        }
    }

    fn fill_report(&mut self, summary: &Summary) {
        self.report.fill(summary);
        self.report.sent += self.had;
        let ahead_ms = self.device.host.now_ms().saturating_sub(summary.server_time_ms);
        let is_told = |ahead_ms: &i64| summary.server_time_ms != 0 && is_far(*ahead_ms);
        self.report.clock_ahead_ms = Some(ahead_ms).filter(is_told);
    }

    /// Asks for the next page while this one is written, where nobody needs the phone and nothing waits to be
    /// given.
    fn ask_ahead(&self, engine: &mut Engine) -> Result<Option<Asked<'a>>, DeviceError> {
        let is_free = self.is_alone() && !self.control.cancel.is_cancelled();
        if !is_free || self.device.store.read(|tx| tx.outbox_count())? > 0 {
            return Ok(None);
        }
        let presence = self.device.presence()?;
        engine.ask_ahead(Some(presence)).map(|body| self.post(body)).transpose()
    }

    fn post(&self, body: Vec<u8>) -> Result<Asked<'a>, DeviceError> {
        let request = self.device.signed("POST", "/v1/sync".into(), body)?;
        Ok(Asked::over(self.transport, request, BODY_BYTES, || self.device.host.now_ms()))
    }

    /// One round trip. When the line breaks under it, the next one gives and asks for less; what was
    /// learned of the line is kept for the next run, however this one ends.
    async fn exchange(
        &mut self,
        asked: Asked<'a>,
        engine: &mut Engine,
        pace: &mut Pace,
    ) -> Result<Event, DeviceError> {
        self.check_cancelled()?;
        let (request, first, took) = asked.outcome().await;
        let (up, came_ms) = (request.body.len(), self.device.host.now_ms());
        let outcome = self.attempt_on(&request, BODY_BYTES, first).await;
        let took = took + since(came_ms, self.device.host.now_ms());
        match &outcome {
            Ok(answer) => pace.passed(up.max(answer.body.len()), took),
            Err(DeviceError::Transport(error)) if error.is_cut() => pace.broke(),
            Err(_) => {}
        }
        self.device.remember_page_pace(pace)?;
        engine.set_page_bytes(pace.size());
        match outcome {
            Err(DeviceError::Transport(error)) if error.is_cut() => {
                self.bear(&error).await?;
                Ok(Event::Cut)
            }
            other => Ok(Event::Response(expect_success(other?)?.body)),
        }
    }

    /// Whether nobody has answered a question since the answer before the last was written. While somebody
    /// does, the run takes one core.
    pub(crate) fn is_alone(&self) -> bool {
        self.device.store.written_by_people() == self.written.before
    }

    pub(crate) fn check_cancelled(&self) -> Result<(), DeviceError> {
        match self.control.cancel.is_cancelled() {
            true => Err(DeviceError::Cancelled { report: Box::default() }),
            false => Ok(()),
        }
    }

    /// Tells the observer how far the run has come. Called where no lock is held.
    pub(crate) fn tell(&self) {
        if let Some(observer) = &self.control.observer {
            observer.on_progress(&self.progress);
        }
    }
}

/// Whether what answers is no server of ours.
fn is_no_server(error: &DeviceError) -> bool {
    matches!(error, DeviceError::Transport(TransportError::Protocol { .. }))
}

/// Whether the server says that it does not know this device.
fn is_forgotten(error: &DeviceError) -> bool {
    matches!(error, DeviceError::Server { problem, .. } if problem.code == "unknown_device")
}

/// Whether the server says that its disk is full.
fn is_full(error: &DeviceError) -> bool {
    matches!(error, DeviceError::Server { status: INSUFFICIENT_STORAGE, .. })
}

/// Refuses a second sync while one runs, and ends with it however it ends.
struct Running<'a>(&'a AtomicBool);

impl Running<'_> {
    fn begin(flag: &AtomicBool) -> Result<Running<'_>, DeviceError> {
        match flag.swap(true, Ordering::AcqRel) {
            true => Err(DeviceError::SyncRunning),
            false => Ok(Running(flag)),
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn load(tx: &Tx<'_>, own: ActorId, outbox_after: i64) -> Result<Loaded, DeviceError> {
    let mut loaded = Loaded {
        own: Some(own),
        own_registered: identity::is_registered(tx, &own)?,
        tail: tx.acked_tail(&own)?.map(|seq| ChainTail { actor: own, seq }),
        authors: authors(tx)?,
        ..Loaded::default()
    };
    for cursor in tx.cursors()? {
        // A position that cannot be read is none: the log comes anew, and what is here is known by its hash.
        loaded.positions.extend(LogHead::from_bytes(&cursor.head_signature));
    }
    loaded.gaps = gaps(tx)?;
    loaded.unknown_authors = tx.authors_set_aside(UNKNOWN_AUTHOR)?;
    loaded.latest_file = tx.latest_use()?.map(|(sha256, doc)| FileUse::new(sha256, doc));
    let rows = tx.outbox(Some(outbox_after), OUTBOX_ROWS)?;
    loaded.outbox_more = rows.len() == OUTBOX_ROWS as usize;
    let mut size = 0;
    for (row, stored) in rows {
        // One that cannot be read is named by the check, and hinders no other.
        let Ok(envelope) = Envelope::from_bytes(&stored.bytes) else { continue };
        size += envelope.raw_size() + 4 * envelope.changes().len();
        if size > PAGE_RAW && !loaded.outbox.is_empty() {
            loaded.outbox_more = true;
            break;
        }
        loaded.outbox.push((row, envelope));
    }
    Ok(loaded)
}

fn authors(tx: &Tx<'_>) -> Result<HashMap<ActorId, AuthorRecord>, DeviceError> {
    let rows = tx.authors()?.into_iter();
    // One that cannot be read is asked for again.
    Ok(rows.filter_map(|(actor, bytes)| Some((actor, AuthorRecord::from_bytes(&bytes).ok()?))).collect())
}

/// Entries whose content is lacking, as many as one request asks for.
fn gaps(tx: &Tx<'_>) -> Result<Vec<Gap>, DeviceError> {
    let rows = tx.gaps(WANTED_ENVELOPES as u32)?.into_iter();
    let gap = |row: ruhu_store::GapRow| {
        let (log, envelope) = (row.log.parse().ok()?, EnvelopeHash(row.hash));
        Some(Gap { log, epoch: row.epoch, seq: row.seq, envelope, why: GapKind::Damaged })
    };
    Ok(rows.filter_map(gap).collect())
}

/// The answer, if its status says success; else what the server said.
pub(crate) fn expect_success(answer: Response) -> Result<Response, DeviceError> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    let problem = codec::from_cbor::<Problem>(&answer.body).unwrap_or_else(|_| {
        let status = answer.status;
        Problem::new(
            "unknown",
            format!("服务器回答了错误 {status}。内容已保存在本机。"),
            format!("The server answered with error {status}. Everything is kept on this device."),
        )
    });
    Err(DeviceError::Server { status: answer.status, problem })
}
