//! Listening: TLS, a room for connections and none for silent ones, and an orderly stop.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;
use tower::Layer;

use super::app::{App, Clock, Shared, TLS_META, URL_META, blocking, now_ms};
use super::connections::{Connection, Connections, Guarded, Room};
use super::files;
use super::router::router;
use crate::error::{HubError, StorageError};
use crate::hub::Hub;
use crate::tls::Tls;

/// How long the head of a request may take, and a connection be idle.
const HEAD: Duration = Duration::from_secs(60);
/// How long a TLS handshake may take: some kilobytes and two round trips.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// How often it is looked for silent connections.
const GLANCE: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);
/// How long requests under way may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(4);
/// Connections that the system has made and this program has not taken yet.
const BACKLOG: i32 = 1_024;

/// A server that has its address and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Shared,
    connections: Arc<Connections>,
    tls: Option<Tls>,
}

impl Server {
    /// Takes an address; port 0 takes a free one. Without `tls` it will speak plain HTTP.
    pub fn bind(hub: Hub, listen: SocketAddr, tls: Option<Tls>) -> Result<Server, StorageError> {
        Server::bind_at(hub, listen, tls, now_ms)
    }

    /// As [`Server::bind`], by a clock that gives Unix milliseconds instead of the machine's.
    pub fn bind_at(
        hub: Hub,
        listen: SocketAddr,
        tls: Option<Tls>,
        clock: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Result<Server, StorageError> {
        let io = StorageError::io("listen on the address");
        let listener = listen_on(listen).map_err(&io)?;
        let address = listener.local_addr().map_err(&io)?;
        let room = Room::within(descriptors());
        let connections = Arc::new(Connections::new(room));
        tracing::debug!(all = room.all, of_one_address = room.address, "room for connections");
        Ok(Server { listener, address, app: App::new(hub, Clock::new(clock)), connections, tls })
    }

    /// With room for fewer connections than the system allows.
    pub fn with_room_for(self, connections: usize) -> Server {
        Server { connections: Arc::new(Connections::new(Room::of(connections))), ..self }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as devices name it: scheme, host and port.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Remembers for enrolment codes how devices reach this server, and which certificate they pin.
    pub fn remember(&self, url: &str, pinned: Option<[u8; 32]>) -> Result<(), HubError> {
        let mut hub = self.app.hub();
        hub.set_meta(URL_META, url)?;
        hub.set_meta(TLS_META, &pinned.map(|pin| data_encoding::HEXLOWER.encode(&pin)).unwrap_or_default())
    }

    /// Answers until `stop` is ready; then lets requests under way end, for some seconds. What has not
    /// ended by then has not happened, or has not been answered.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StorageError> {
        self.run_until(stop, std::future::pending()).await
    }

    /// As [`Server::run`]; when `at_once` is ready too, nothing under way is waited for.
    pub async fn run_until(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
        at_once: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), StorageError> {
        let io = StorageError::io("serve");
        let handle = Handle::new();
        let stopping = handle.clone();
        tokio::spawn(async move {
            stop.await;
            tracing::info!("stopping");
            stopping.graceful_shutdown(Some(GRACE));
            at_once.await;
            stopping.shutdown();
        });
        tokio::spawn(watch(self.app.clone()));
        let connections = self.connections.clone();
        let watching = tokio::spawn(async move {
            let mut glances = tokio::time::interval(GLANCE);
            loop {
                glances.tick().await;
                connections.close_silent();
            }
        });
        let gate = Gate(self.connections);
        let app = self.app.clone();
        tokio::task::spawn_blocking(move || files::look_for_files(&app));
        let service = router(self.app).into_make_service();
        let mut server = axum_server::from_tcp(self.listener).map_err(&io)?.handle(handle);
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
        let ended = match self.tls {
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(tls.config));
                let acceptor = acceptor.handshake_timeout(HANDSHAKE).acceptor(gate);
                server.acceptor(acceptor).http1_only().serve(service).await
            }
            None => server.acceptor(gate).http1_only().serve(service).await,
        };
        watching.abort();
        ended.map_err(&io)
    }
}

/// As the standard library does it, with a longer queue.
fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // On Windows this would let another program take the same address.
    if cfg!(unix) {
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Looks at the clock, and for what is past its time, every minute by a clock that does not jump. It ends
/// with the runtime.
async fn watch(app: Shared) {
    let mut minutes = tokio::time::interval(MINUTE);
    loop {
        minutes.tick().await;
        // A failure of the storage is told by whoever asks for something.
        let _ = blocking(&app, |app: &App| app.look_around()).await;
    }
}

/// How many file descriptors this process may have. As many as the system allows are asked for.
#[cfg(unix)]
fn descriptors() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    now.map_or(usize::MAX, |now| usize::try_from(now).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn descriptors() -> usize {
    usize::MAX
}

/// Lets connections in for which there is room.
#[derive(Debug, Clone)]
struct Gate(Arc<Connections>);

impl<S: Send + 'static> Accept<TcpStream, S> for Gate {
    type Stream = Guarded<TcpStream>;
    type Service = AddExtension<S, Arc<Connection>>;
    type Future = std::future::Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let admit = || {
            // Answers are small and complete: waiting to fill a packet only costs a round trip.
            stream.set_nodelay(true)?;
            let connection = self.0.admit(stream.peer_addr()?.ip());
            connection.ok_or_else(|| io::Error::from(io::ErrorKind::ConnectionRefused))
        };
        std::future::ready(admit().map(|connection| {
            let service = Extension(connection.clone()).layer(service);
            (Guarded::new(stream, connection, self.0.clone()), service)
        }))
    }
}
