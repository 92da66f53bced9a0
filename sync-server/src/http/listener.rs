//! Listening: TLS, time limits on silent connections, and an orderly stop.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::time::Duration;

use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;

use super::app::{App, Shared, TLS_META, URL_META};
use super::router::router;
use crate::error::{HubError, StorageError};
use crate::hub::Hub;
use crate::tls::Tls;

/// A connection on which nothing moves for so long is closed.
const SILENCE: Duration = Duration::from_secs(90);
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(30);
/// How long requests under way may take after the server was told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// A server that has its address and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Shared,
    tls: Option<Tls>,
}

impl Server {
    /// Takes an address; port 0 takes a free one. Without `tls` it will speak plain HTTP.
    pub fn bind(hub: Hub, listen: SocketAddr, tls: Option<Tls>) -> Result<Server, StorageError> {
        let io = StorageError::io("listen on the address");
        let listener = TcpListener::bind(listen).map_err(&io)?;
        listener.set_nonblocking(true).map_err(&io)?;
        let address = listener.local_addr().map_err(&io)?;
        Ok(Server { listener, address, app: App::new(hub), tls })
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

    /// Answers until `stop` is ready; then lets requests under way end.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StorageError> {
        let io = StorageError::io("serve");
        let handle = Handle::new();
        let stopping = handle.clone();
        tokio::spawn(async move {
            stop.await;
            stopping.graceful_shutdown(Some(GRACE));
        });
        let service = router(self.app).into_make_service();
        let mut server = axum_server::from_tcp(self.listener).map_err(&io)?.handle(handle);
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
        match self.tls {
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(RustlsConfig::from_config(tls.config)).acceptor(Impatient);
                server.acceptor(acceptor).http1_only().serve(service).await.map_err(&io)
            }
            None => server.acceptor(Impatient).http1_only().serve(service).await.map_err(&io),
        }
    }
}

/// Gives connections a limit for silence in both directions.
#[derive(Debug, Clone, Copy)]
struct Impatient;

impl<S: Send + 'static> Accept<TcpStream, S> for Impatient {
    type Stream = Pin<Box<TimeoutStream<TcpStream>>>;
    type Service = S;
    type Future = std::future::Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // Answers are small and complete: waiting to fill a packet only costs a round trip.
        let undelayed = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(SILENCE));
        stream.set_write_timeout(Some(SILENCE));
        std::future::ready(undelayed.map(|()| (Box::pin(stream), service)))
    }
}
