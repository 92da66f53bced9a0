//! The way from a phone to the server: a function call that may be lost, repeated and cut.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use futures::channel::oneshot;
use ruhu_device::{Request, Response, Transport, TransportError};
use ruhu_hub::Hub;
use ruhu_sync::{DeviceId, SyncRequest, auth, codec};

use crate::clock::{Clock, ServerClock};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It arrives, and so does the answer.
    Arrives,
    /// It is lost on the way, and the network with it until the next sync.
    Lost,
    /// The server acts on it, the answer is lost, and the network with it until the next sync.
    AnswerLost,
    /// The line breaks under it; the next request may arrive.
    Cut,
    /// The line breaks under its answer; the next request may arrive.
    AnswerCut,
    /// It arrives twice; the second answer is the one that comes back.
    Twice,
    /// It arrives, and the server, or what stands before it, answers with an error.
    Refused,
    /// It arrives, and the server is busy: it says to come again after so many seconds.
    Busy(u16),
    /// It arrives, and the server's disk is full.
    Full,
}

/// What stands between the link and the hub.
pub trait Server: Send + Sync {
    /// Begins to answer for a hub, by a clock.
    fn start(&self, hub: Hub, clock: Arc<ServerClock>);

    /// Stops; what was not answered was not done.
    fn stop(&self);

    /// Does something with the hub of a server that runs.
    fn with_hub(&self, act: &mut dyn FnMut(&mut Hub));

    /// Answers a request; nothing when it does not run.
    fn answer(&self, request: &Request) -> Option<Response>;

    /// Whether it works beside the phone, as a server of its own does, or on the thread that asks, so that
    /// the same happens each time.
    fn is_beside(&self) -> bool {
        false
    }
}

/// The hub called as a function: enrolment, sync and forms, which is what most stories are about.
#[derive(Default)]
pub struct Direct(Mutex<Option<(Hub, Arc<ServerClock>)>>);

impl Server for Direct {
    fn start(&self, hub: Hub, clock: Arc<ServerClock>) {
        *self.0.lock().unwrap() = Some((hub, clock));
    }

    fn stop(&self) {
        *self.0.lock().unwrap() = None;
    }

    fn with_hub(&self, act: &mut dyn FnMut(&mut Hub)) {
        act(&mut self.0.lock().unwrap().as_mut().expect("the server runs").0);
    }

    fn answer(&self, request: &Request) -> Option<Response> {
        let mut guard = self.0.lock().unwrap();
        let (hub, clock) = guard.as_mut()?;
        let answered = match request.path.as_str() {
            "/v1/enroll" => enroll(hub, &request.body, clock.now_ms()),
            "/v1/sync" => sync(hub, request, clock.now_ms()),
            "/v1/forms" if request.method == "POST" => {
                let given = codec::from_cbor(&request.body).unwrap();
                hub.take_form(&given, clock.now_ms()).map(|()| Vec::new()).map_err(|error| error.problem())
            }
            "/v1/forms" => Ok(codec::to_cbor(&hub.forms().unwrap())),
            path if path.starts_with(FORM_BY_HASH) => form(hub, path),
            _ => return Some(Response { status: 404, headers: Vec::new(), body: Vec::new() }),
        };
        Some(match answered {
            Ok(body) => Response { status: 200, headers: Vec::new(), body },
            Err(problem) => Response { status: 400, headers: Vec::new(), body: codec::to_cbor(&problem) },
        })
    }
}

/// The way to the server: a function call instead of a network.
pub struct Link {
    server: Arc<dyn Server>,
    clock: Arc<Clock>,
    fates: Mutex<Vec<Fate>>,
    /// Method and path of every request that was sent, in their order.
    asked: Mutex<Vec<String>>,
    /// The network is gone until the next sync.
    down: AtomicBool,
    /// The largest request and the largest answer that the line carries, in bytes.
    width: AtomicUsize,
}

impl Link {
    pub(crate) fn new(server: Arc<dyn Server>, clock: Arc<Clock>) -> Link {
        let (fates, asked, down) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        Link { server, clock, fates, asked, down, width: AtomicUsize::new(usize::MAX) }
    }

    /// From now on the line breaks under whatever is larger; nothing breaks it any more without a number.
    pub fn carry_at_most(&self, bytes: Option<usize>) {
        self.width.store(bytes.unwrap_or(usize::MAX), Ordering::SeqCst);
    }

    fn is_too_wide(&self, body: &[u8]) -> bool {
        body.len() > self.width.load(Ordering::SeqCst)
    }

    /// The network is there again.
    pub(crate) fn come_back(&self) {
        self.down.store(false, Ordering::SeqCst);
    }

    fn is_down(&self) -> bool {
        self.down.load(Ordering::SeqCst)
    }

    /// Method and path of the requests since the last call.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Decides the fates of the next requests; those after them arrive.
    pub fn decide(&self, fates: Vec<Fate>) {
        *self.fates.lock().unwrap() = fates;
    }

    fn next_fate(&self) -> Fate {
        let mut fates = self.fates.lock().unwrap();
        if fates.is_empty() { Fate::Arrives } else { fates.remove(0) }
    }

    async fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let answer = match self.server.is_beside() {
            true => {
                let (tell, told) = oneshot::channel();
                let (server, request) = (self.server.clone(), request.clone());
                thread::spawn(move || tell.send(server.answer(&request)));
                told.await.ok().flatten()
            }
            false => self.server.answer(request),
        };
        answer.ok_or_else(|| TransportError::Unreachable("stopped".into()))
    }
}

fn enroll(hub: &mut Hub, body: &[u8], now_ms: i64) -> Result<Vec<u8>, ruhu_sync::Problem> {
    let request = codec::from_cbor(body).unwrap();
    hub.enroll(&request, now_ms).map(|enrolled| codec::to_cbor(&enrolled)).map_err(|e| e.problem())
}

const FORM_BY_HASH: &str = "/v1/forms/by-hash/";

fn form(hub: &Hub, path: &str) -> Result<Vec<u8>, ruhu_sync::Problem> {
    let hash = hex(path.strip_prefix(FORM_BY_HASH).unwrap());
    hub.form_of_hash(&hash.try_into().unwrap()).map_err(|error| error.problem())
}

fn hex(digits: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn sync(hub: &mut Hub, request: &Request, now_ms: i64) -> Result<Vec<u8>, ruhu_sync::Problem> {
    let message: SyncRequest = codec::decode_body(&request.body).unwrap();
    let device = authenticate(hub, request, &message)?;
    hub.sync_body(device, message, now_ms).map_err(|e| e.problem())
}

/// The same check that the HTTP layer makes.
fn authenticate(hub: &Hub, request: &Request, message: &SyncRequest) -> Result<DeviceId, ruhu_sync::Problem> {
    let header = &request.headers.iter().find(|(name, _)| *name == "authorization").unwrap().1;
    let (device, signature) = auth::parse_authorization(header).unwrap();
    let key = hub.authenticate_sync(device, message).map_err(|e| e.problem())?;
    let signed = auth::SignedRequest {
        method: request.method,
        path: &request.path,
        body: &request.body,
        server: hub.public_key(),
    };
    assert!(signed.is_signed_by(&key, &signature), "a device signs its requests");
    Ok(device)
}

#[async_trait]
impl Transport for Link {
    async fn send(&self, request: Request, limit: usize) -> Result<Response, TransportError> {
        self.asked.lock().unwrap().push(format!("{} {}", request.method, request.path));
        let lost = || {
            self.down.store(true, Ordering::SeqCst);
            TransportError::Unreachable("lost".into())
        };
        let cut = || TransportError::Cut("cut".into());
        let answer = match self.next_fate() {
            _ if self.is_down() => return Err(lost()),
            _ if self.is_too_wide(&request.body) => return Err(cut()),
            Fate::Arrives => self.answer(&request).await?,
            Fate::Lost => return Err(lost()),
            Fate::AnswerLost => {
                self.answer(&request).await?;
                return Err(lost());
            }
            Fate::Cut => return Err(cut()),
            Fate::AnswerCut => {
                self.answer(&request).await?;
                return Err(cut());
            }
            Fate::Twice => {
                self.answer(&request).await?;
                self.answer(&request).await?
            }
            Fate::Busy(seconds) => {
                let headers = vec![("retry-after".to_owned(), seconds.to_string())];
                Response { status: 503, headers, body: Vec::new() }
            }
            Fate::Full => Response { status: 507, headers: Vec::new(), body: Vec::new() },
            Fate::Refused => Response { status: 500, headers: Vec::new(), body: b"<html>".to_vec() },
        };
        if self.is_too_wide(&answer.body) {
            return Err(cut());
        }
        match answer.body.len() > limit {
            true => Err(TransportError::TooLarge(limit)),
            false => Ok(answer),
        }
    }

    async fn pause(&self, time: Duration) {
        self.clock.advance(i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
    }
}
