//! One connection to the server, and one request after the other over it. The bytes that move are
//! counted beneath TLS, so that a slow line is told from a silent one.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::message::PROTOCOL_VERSION;
use crate::patience::Patience;
use crate::transport::{Response, TransportError};

/// The header that names the protocol version, in requests and answers.
pub const PROTOCOL_HEADER: &str = "ruhu-protocol";

/// How often it is looked at whether something moves.
const GLANCE: Duration = Duration::from_secs(1);

/// What bytes go over: TCP, or TLS over it.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// How many bytes have moved over a connection, both ways together.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<AtomicU64>);

impl Meter {
    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn moved(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream whose bytes are counted.
pub(super) struct Metered<S> {
    stream: S,
    meter: Meter,
}

impl<S> Metered<S> {
    pub(super) fn new(stream: S, meter: Meter) -> Metered<S> {
        Metered { stream, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        self.meter.add(buffer.filled().len() - before);
        Poll::Ready(outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.meter.add(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Why an exchange failed, and whether the server had begun to answer.
pub(super) struct Broken {
    pub error: TransportError,
    pub answered: bool,
}

/// A connection that is kept for the next request. It is driven only while a request is under way: who
/// drops the request has stopped it.
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    driver: Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>,
    meter: Meter,
    idle_since: Instant,
}

impl Line {
    pub(super) async fn new(stream: Box<dyn Stream>, meter: Meter) -> Result<Line, TransportError> {
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| broke(&error))?;
        Ok(Line { sender, driver, meter, idle_since: Instant::now() })
    }

    /// How long ago the last answer ended.
    pub(super) fn idle(&self) -> Duration {
        self.idle_since.elapsed()
    }

    /// Sends a request and reads the answer, at most `limit` bytes of it. After an error the connection
    /// is of no more use.
    pub(super) async fn exchange(
        &mut self,
        request: hyper::Request<Full<Bytes>>,
        limit: usize,
    ) -> Result<Response, Broken> {
        let Line { sender, driver, meter, idle_since } = self;
        let mut answered = false;
        let outcome = {
            let mut talk = std::pin::pin!(talk(sender, request, limit, &mut answered));
            let mut silence = std::pin::pin!(silence(meter));
            let mut driven = false;
            loop {
                tokio::select! {
                    biased;
                    outcome = &mut talk => break outcome,
                    // What had come before the connection ended can still be read.
                    _ = &mut *driver, if !driven => driven = true,
                    () = &mut silence => break Err(TransportError::Silent),
                }
            }
        };
        *idle_since = Instant::now();
        outcome.map_err(|error| Broken { error, answered })
    }
}

async fn talk(
    sender: &mut SendRequest<Full<Bytes>>,
    request: hyper::Request<Full<Bytes>>,
    limit: usize,
    answered: &mut bool,
) -> Result<Response, TransportError> {
    sender.ready().await.map_err(|error| broke(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| broke(&error))?;
    *answered = true;
    check_protocol(&answer)?;
    let (head, mut frames) = answer.into_parts();
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let mut body = Vec::new();
    while let Some(frame) = frames.frame().await {
        let Ok(data) = frame.map_err(|error| broke(&error))?.into_data() else { continue };
        if body.len() + data.len() > limit {
            return Err(TransportError::TooLarge(limit));
        }
        body.extend_from_slice(&data);
    }
    Ok(Response { status: head.status.as_u16(), headers, body })
}

fn check_protocol(answer: &hyper::Response<hyper::body::Incoming>) -> Result<(), TransportError> {
    let found = answer.headers().get(PROTOCOL_HEADER).and_then(|value| value.to_str().ok());
    match found == Some(PROTOCOL_VERSION.to_string().as_str()) {
        true => Ok(()),
        false => {
            Err(TransportError::Protocol { found: found.map(str::to_owned), supported: PROTOCOL_VERSION })
        }
    }
}

/// What does not speak HTTP is no server of ours; all else is a line that broke.
fn broke(error: &hyper::Error) -> TransportError {
    match error.is_parse() {
        true => TransportError::Unreachable(error.to_string()),
        false => TransportError::Cut(error.to_string()),
    }
}

/// Ends when nothing to speak of moves any more.
async fn silence(meter: &Meter) {
    let began = Instant::now();
    let mut patience = Patience::new(Duration::ZERO, meter.moved());
    loop {
        tokio::time::sleep(GLANCE).await;
        if patience.is_over(began.elapsed(), meter.moved()) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nRuhu-Protocol: 1\r\nContent-Length: 4000\r\n\r\n";

    /// A line to a server that is played by the test.
    async fn line() -> (Line, DuplexStream) {
        let (phone, server) = duplex(64);
        let meter = Meter::default();
        let line = Line::new(Box::new(Metered::new(phone, meter.clone())), meter).await;
        (line.unwrap(), server)
    }

    fn request(bytes: usize) -> hyper::Request<Full<Bytes>> {
        hyper::Request::post("/v1/sync").body(Full::new(vec![7; bytes].into())).unwrap()
    }

    /// Takes a request of 3,900 bytes so slowly, answers so slowly; bytes, and seconds between them.
    async fn serve(mut server: DuplexStream, up: (usize, u64), down: (usize, u64)) {
        let (mut buffer, mut taken) = (vec![0; up.0], 0);
        while taken < 3_900 {
            taken += server.read(&mut buffer).await.unwrap();
            tokio::time::sleep(Duration::from_secs(up.1)).await;
        }
        let answer = [HEAD, &[9; 4_000]].concat();
        for piece in answer.chunks(down.0) {
            if server.write_all(piece).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(down.1)).await;
        }
    }

    // Time is tokio's own here, and passes when nobody has anything to do: no test waits, none depends
    // on the machine.

    #[tokio::test(start_paused = true)]
    async fn a_slow_line_takes_as_long_as_it_takes() {
        let (mut line, server) = line().await;
        let began = Instant::now();
        // 50 bytes in 10 s both ways: 14 minutes each.
        let served = tokio::spawn(serve(server, (50, 10), (50, 10)));
        let answer = line.exchange(request(3_900), 10_000).await.map_err(|broken| broken.error).unwrap();
        assert_eq!((answer.status, answer.body), (200, vec![9; 4_000]));
        assert!(began.elapsed() > Duration::from_secs(20 * 60), "{:?}", began.elapsed());
        served.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_the_request_and_says_nothing_is_given_up_within_a_minute_or_two() {
        let (mut line, server) = line().await;
        let began = Instant::now();
        let served = tokio::spawn(serve(server, (5_000, 0), (1, 100_000)));
        let broken = line.exchange(request(3_900), 10_000).await.unwrap_err();
        assert_eq!(broken.error, TransportError::Silent);
        assert!(began.elapsed() < Duration::from_secs(121), "{:?}", began.elapsed());
        served.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_of_a_byte_in_twenty_seconds_ends() {
        let (mut line, server) = line().await;
        let began = Instant::now();
        let served = tokio::spawn(serve(server, (5_000, 0), (1, 20)));
        let broken = line.exchange(request(3_900), 10_000).await.unwrap_err();
        assert_eq!(broken.error, TransportError::Silent);
        assert!(began.elapsed() < Duration::from_secs(121), "{:?}", began.elapsed());
        served.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_came_before_the_connection_ended_is_read() {
        let (mut line, mut server) = line().await;
        let served = tokio::spawn(async move {
            let mut buffer = [0; 64];
            server.read_exact(&mut buffer).await.unwrap();
            // As a server does that turns a request away before it has read it.
            server.write_all(b"HTTP/1.1 503 Busy\r\nRuhu-Protocol: 1\r\nRetry-After: 20\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno").await.unwrap();
        });
        let answer = line.exchange(request(200_000), 10_000).await.map_err(|broken| broken.error).unwrap();
        assert_eq!(
            (answer.status, answer.header("retry-after"), &answer.body[..]),
            (503, Some("20"), &b"no"[..])
        );
        served.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_ends_in_the_middle_of_an_answer_is_cut() {
        let (mut line, mut server) = line().await;
        tokio::spawn(async move {
            let mut buffer = [0; 10];
            server.read_exact(&mut buffer).await.unwrap();
            server.write_all(&HEAD[..HEAD.len() - 3]).await.unwrap();
        });
        let broken = line.exchange(request(10), 10_000).await.unwrap_err();
        assert!(matches!(broken.error, TransportError::Cut(_)) && !broken.answered, "{:?}", broken.error);
    }
}
