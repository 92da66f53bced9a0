//! The host's side of a sync run: carries out what the engine asks for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use ruhu_case::ActorId;
use ruhu_case::limits::BODY_BYTES;
use ruhu_store::Tx;
use ruhu_sync::engine::{Commit, Committed, Effect, Engine, Event, Loaded, OUTBOX_RAW, Summary};
use ruhu_sync::transport::{Request, Response, Transport};
use ruhu_sync::{AuthorRecord, Envelope, LogHead, Problem, auth, codec, message::ChainTail};

use crate::commit::CommitApplier;
use crate::device::{Device, Inner};
use crate::error::DeviceError;
use crate::host::Host;
use crate::identity;
use crate::views::SyncReport;

/// Envelopes read from the outbox at once; a page holds some thousand.
const OUTBOX_ROWS: u32 = 8_000;

impl Device {
    /// Gives and takes everything: text first, then new forms, then photos. A cut anywhere loses
    /// nothing; the next run goes on where this one stopped.
    #[cfg(feature = "http")]
    pub async fn sync(&self) -> Result<SyncReport, DeviceError> {
        let enrolled = self.lock()?.identity.enrolled()?.clone();
        let transport = ruhu_sync::http::HttpTransport::new(&enrolled.url, enrolled.tls)?;
        self.sync_over(&transport).await
    }

    /// Like [`Device::sync`], over a transport of the host's.
    pub async fn sync_over(&self, transport: &dyn Transport) -> Result<SyncReport, DeviceError> {
        let _running = Running::begin(&self.syncing)?;
        let began = self.host.now_ms();
        let mut report = SyncReport::default();
        let summary = match self.text_lane(transport, &mut report).await {
            Err(error) if is_forgotten(&error) => {
                // A server restored from before the enrolment: it knows its own signature.
                self.introduce_again()?;
                self.text_lane(transport, &mut report).await?
            }
            other => other?,
        };
        if !summary.revoked {
            report.forms = self.fetch_forms(transport, summary.forms).await?;
            self.file_lane(transport, &mut report).await?;
        }
        report.took_ms = u64::try_from(self.host.now_ms() - began).unwrap_or(0);
        Ok(report)
    }

    async fn text_lane(
        &self,
        transport: &dyn Transport,
        report: &mut SyncReport,
    ) -> Result<Summary, DeviceError> {
        let mut engine = Engine::new(self.lock()?.identity.enrolled()?.server);
        let mut event = Event::Start;
        loop {
            event = match engine.next(event)? {
                Effect::Load { outbox_after } => Event::Loaded(self.load(outbox_after)?),
                Effect::Send(body) => {
                    let request = self.signed("POST", "/v1/sync".into(), body)?;
                    let answer = transport.send(request, BODY_BYTES).await?;
                    Event::Response(expect_success(answer)?.body)
                }
                Effect::Commit(commit) => Event::Committed(self.commit(*commit, report)?),
                Effect::Done(summary) => {
                    fill_report(report, &summary);
                    return Ok(summary);
                }
            };
        }
    }

    /// Sends the author record with the next request, as at the first one.
    fn introduce_again(&self) -> Result<(), DeviceError> {
        self.lock()?.store.write(identity::forget_registered)
    }

    /// A request signed by this device.
    pub(crate) fn signed(
        &self,
        method: &'static str,
        path: String,
        body: Vec<u8>,
    ) -> Result<Request, DeviceError> {
        let inner = self.lock()?;
        let server = inner.identity.enrolled()?.server;
        let authorization = auth::SignedRequest { method, path: &path, body: &body, server }
            .authorization(&inner.identity.key);
        Ok(Request { method, path, headers: vec![("authorization", authorization)], body })
    }

    fn load(&self, outbox_after: i64) -> Result<Loaded, DeviceError> {
        let inner = self.lock()?;
        let own = inner.identity.actor()?;
        inner.store.read(|tx| load(tx, own, outbox_after))
    }

    fn commit(&self, commit: Commit, report: &mut SyncReport) -> Result<Committed, DeviceError> {
        let mut inner = self.lock()?;
        let host: &dyn Host = self.host.as_ref();
        let Inner { store, identity, .. } = &mut *inner;
        let committed = store.write(|tx| {
            let mut incoming = CommitApplier::new(tx, identity, host);
            let committed = incoming.take(&commit)?;
            Ok::<_, DeviceError>((committed, incoming.found))
        });
        match committed {
            Ok((committed, found)) => {
                report.reissued += found.reissued;
                report.quarantined.extend(found.quarantined);
                Ok(committed)
            }
            Err(error) => {
                *identity = store.write(|tx| identity::Identity::reload(tx, host))?;
                Err(error)
            }
        }
    }
}

/// Whether the server says that it does not know this device.
fn is_forgotten(error: &DeviceError) -> bool {
    matches!(error, DeviceError::Server { problem, .. } if problem.code == "unknown_device")
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
        loaded.positions.push(LogHead::from_bytes(&cursor.head_signature)?);
    }
    let rows = tx.outbox(Some(outbox_after), OUTBOX_ROWS)?;
    loaded.outbox_more = rows.len() == OUTBOX_ROWS as usize;
    let mut size = 0;
    for (row, stored) in rows {
        let envelope = Envelope::from_bytes(&stored.bytes)?;
        size += envelope.raw_size();
        if size > OUTBOX_RAW && !loaded.outbox.is_empty() {
            loaded.outbox_more = true;
            break;
        }
        loaded.outbox.push((row, envelope));
    }
    Ok(loaded)
}

fn authors(tx: &Tx<'_>) -> Result<HashMap<ActorId, AuthorRecord>, DeviceError> {
    let rows = tx.authors()?;
    rows.into_iter().map(|(actor, bytes)| Ok((actor, AuthorRecord::from_bytes(&bytes)?))).collect()
}

fn fill_report(report: &mut SyncReport, summary: &Summary) {
    report.rounds = summary.rounds;
    report.bytes_up = summary.bytes_up;
    report.bytes_down = summary.bytes_down;
    report.sent = summary.held;
    report.received = summary.pulled;
    report.waiting = summary.waiting;
    report.refused = summary.refused;
    report.drifted = summary.drifted.iter().map(ToString::to_string).collect();
    report.revoked = summary.revoked;
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
