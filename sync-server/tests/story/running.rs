//! A server that answers on a loopback port.

use std::net::SocketAddr;

use ruhu_case::limits::BODY_BYTES;
use ruhu_server::http::Server;
use ruhu_server::tls::Tls;
use ruhu_sync::auth::SignedRequest;
use ruhu_sync::http::HttpTransport;
use ruhu_sync::transport::{Request, Response, Transport};
use ruhu_sync::{Problem, PublicKey, SyncRequest, SyncResponse, codec};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::{Phone, World};

/// A running server; it is stopped in order when this is dropped.
pub struct Running {
    pub runtime: Runtime,
    pub address: SocketAddr,
    pub key: PublicKey,
    transport: HttpTransport,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<tokio::task::JoinHandle<()>>,
    _dir: tempfile::TempDir,
}

impl Running {
    pub fn start(world: World, plain: bool) -> Running {
        Running::start_server(world, plain, |server| server)
    }

    /// With room for so many connections.
    pub fn start_with(world: World, connections: usize) -> Running {
        Running::start_server(world, false, |server| server.with_room_for(connections))
    }

    fn start_server(world: World, plain: bool, set: impl FnOnce(Server) -> Server) -> Running {
        let World { dir, mut hub, .. } = world;
        // From here on it is today.
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        hub.accept_clock(i64::try_from(since.as_millis()).unwrap()).unwrap();
        let runtime = Runtime::new().unwrap();
        let (key, listen) = (hub.public_key(), "127.0.0.1:0".parse().unwrap());
        let tls = (!plain).then(|| Tls::own(hub.dir(), "127.0.0.1".parse().unwrap()).unwrap());
        let pin = tls.as_ref().map(|tls| tls.fingerprint);
        let server = set(Server::bind(hub, listen, tls).unwrap());
        let (address, url) = (server.address(), server.url());
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = runtime.spawn(async move {
            server.run(async move { stopped.await.unwrap_or_default() }).await.unwrap();
        });
        let transport = HttpTransport::new(&url, pin).unwrap();
        Running { runtime, address, key, transport, stop: Some(stop), ended: Some(ended), _dir: dir }
    }

    pub fn send(&self, request: Request) -> Response {
        self.runtime.block_on(self.transport.send(request, BODY_BYTES)).unwrap()
    }

    pub fn signed(
        &self,
        phone: &Phone,
        method: &'static str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Response {
        let signed = SignedRequest { method, path, body, server: self.key };
        let mut all = vec![("authorization", signed.authorization(&phone.key))];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        self.send(Request { method, path: path.to_owned(), headers: all, body: body.to_vec() })
    }

    pub fn sync(&self, phone: &Phone, request: &SyncRequest) -> SyncResponse {
        let answer = self.signed(phone, "POST", "/v1/sync", &[], &codec::encode_body(request));
        assert_eq!(answer.status, 200);
        codec::decode_body(&answer.body).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        let ended = self.ended.take().unwrap();
        self.runtime.block_on(ended).unwrap();
    }
}

pub fn problem(answer: &Response, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/cbor"));
    let problem: Problem = codec::from_cbor(&answer.body).unwrap();
    assert!(!problem.zh.is_empty() && !problem.en.is_empty());
    problem.code
}
