//! The connections that are open: how many there may be, and which one gives way.
//!
//! A connection has a **lag**: the time since its last answer (or since it was made), less what the
//! bytes that have moved since would take at [`HONEST_RATE`]. A phone on a village line lags a round
//! trip or two; one that is idle lags as long as it is; one that sends a byte now and then lags more and
//! more. Who waits for an answer does not lag at all. When there is no room for a new connection, the
//! one that lags most is closed, of the same address where that one has more than its part.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures::task::AtomicWaker;
use ruhu_sync::patience::Patience;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// What a connection is worth that moves anything, in bytes a second: half of the slowest line that is
/// planned for.
const HONEST_RATE: u64 = 500;
/// How long one that was turned away may go on sending into the void.
const LINGER: Duration = Duration::from_secs(5);

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// In all.
    pub all: usize,
    /// Of one address. Many phones may stand behind one.
    pub address: usize,
}

impl Room {
    /// The most connections a server has: 300 phones of a county at once, many times over.
    const MOST: usize = 4_000;
    /// File descriptors that are not for connections: the database, files that are read and written.
    const RESERVE: usize = 192;

    /// The room that so many file descriptors leave.
    pub(super) fn within(descriptors: usize) -> Room {
        Room::of(descriptors.saturating_sub(Room::RESERVE).max(descriptors / 2).min(Room::MOST))
    }

    /// Room for so many connections.
    pub(super) fn of(connections: usize) -> Room {
        let all = connections.max(1);
        Room { all, address: (all / 4 * 3).max(1) }
    }
}

/// The open connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    room: Room,
    began: Instant,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
    next: AtomicU64,
}

/// One of them, as those who serve it see it.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    address: IpAddr,
    began: Instant,
    /// Bytes, both ways together.
    moved: AtomicU64,
    /// The lag is counted from here: milliseconds since `began`, and bytes.
    since_ms: AtomicU64,
    moved_then: AtomicU64,
    /// Its request has arrived whole, and the answer is not there yet.
    waits: AtomicBool,
    patience: Mutex<Patience>,
    /// It was turned away while it was still sending.
    lingers: AtomicBool,
    closed: AtomicBool,
    waker: AtomicWaker,
}

impl Connection {
    /// Its request has arrived whole: what is waited for now is the server.
    pub(super) fn request_is_here(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    /// Whether its request has arrived whole.
    pub(super) fn has_request(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Its request is answered before it was read. Closed at once, the system would answer what still
    /// comes with a reset, and that may reach the phone before the answer does (RFC 9112, section 9.6).
    pub(super) fn turned_away(&self) {
        self.lingers.store(true, Ordering::Relaxed);
    }

    /// The answer is there.
    pub(super) fn answered(&self) {
        self.waits.store(false, Ordering::Relaxed);
        self.since_ms.store(self.now_ms(), Ordering::Relaxed);
        self.moved_then.store(self.moved.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How far it lags behind an honest line, in milliseconds; less than nothing when it is ahead of one.
    /// Nothing of the kind while it waits for an answer.
    fn lag_ms(&self, now_ms: u64) -> Option<i64> {
        if self.waits.load(Ordering::Relaxed) {
            return None;
        }
        let moved =
            self.moved.load(Ordering::Relaxed).saturating_sub(self.moved_then.load(Ordering::Relaxed));
        let time = now_ms.saturating_sub(self.since_ms.load(Ordering::Relaxed));
        let honest = moved.saturating_mul(1_000) / HONEST_RATE;
        Some(i64::try_from(time).unwrap_or(i64::MAX).saturating_sub_unsigned(honest))
    }

    /// Ends it: whoever reads or writes next is told so.
    fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn check(&self, context: &Context<'_>) -> io::Result<()> {
        self.waker.register(context.waker());
        match self.closed.load(Ordering::Acquire) {
            true => Err(io::ErrorKind::ConnectionAborted.into()),
            false => Ok(()),
        }
    }
}

impl Connections {
    pub(super) fn new(room: Room) -> Connections {
        Connections { room, began: Instant::now(), open: Mutex::default(), next: AtomicU64::new(0) }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a new connection in, if need be in the place of another. Nothing when everybody is waiting
    /// for an answer: then nobody is shut out for a newcomer.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Arc<Connection>> {
        let now = self.began.elapsed();
        let now_ms = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let mut open = self.open();
        let of_address = open.values().filter(|connection| connection.address == address).count();
        let (own_full, full) = (of_address >= self.room.address, open.len() >= self.room.all);
        if own_full || full {
            let candidates = open.values().filter(|connection| !own_full || connection.address == address);
            let lagging = candidates.filter_map(|connection| Some((connection.lag_ms(now_ms)?, connection)));
            let last = lagging.max_by_key(|(lag, connection)| (*lag, Reverse(connection.id)))?.1.clone();
            open.remove(&last.id);
            last.close();
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let connection = Arc::new(Connection {
            id,
            address,
            began: self.began,
            moved: AtomicU64::new(0),
            since_ms: AtomicU64::new(now_ms),
            moved_then: AtomicU64::new(0),
            waits: AtomicBool::new(false),
            patience: Mutex::new(Patience::new(now, 0)),
            lingers: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        open.insert(id, connection.clone());
        Some(connection)
    }

    fn forget(&self, connection: &Connection) {
        self.open().remove(&connection.id);
    }

    /// Closes those that have fallen silent (see [`ruhu_sync::patience`]).
    pub(super) fn close_silent(&self) {
        self.close_silent_at(self.began.elapsed());
    }

    fn close_silent_at(&self, now: Duration) {
        for connection in self.open().values() {
            let moved = connection.moved.load(Ordering::Relaxed);
            let mut patience = connection.patience.lock().unwrap_or_else(PoisonError::into_inner);
            if connection.waits.load(Ordering::Relaxed) {
                *patience = Patience::new(now, moved);
            } else if patience.is_over(now, moved) {
                connection.close();
            }
        }
    }
}

/// A stream that belongs to an open connection, and is closed with it.
pub(super) struct Guarded<S> {
    stream: S,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
    /// When it has lingered long enough.
    lingers_until: Option<Pin<Box<Sleep>>>,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>, connections: Arc<Connections>) -> Guarded<S> {
        Guarded { stream, connection, connections, lingers_until: None }
    }
}

impl<S> Drop for Guarded<S> {
    fn drop(&mut self) {
        self.connections.forget(&self.connection);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.connection.check(context)?;
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        let read = (buffer.filled().len() - before) as u64;
        self.connection.moved.fetch_add(read, Ordering::Relaxed);
        Poll::Ready(outcome)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.check(context)?;
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.connection.moved.fetch_add(written as u64, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    /// Bytes of an answer go from where they lie: copied together, they would be held twice, and the copy
    /// counted by nobody.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.connection.check(context)?;
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, parts))?;
        self.connection.moved.fetch_add(written as u64, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingers_until.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            if !self.connection.lingers.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let until = self.lingers_until.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        if until.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut unread = [0; 4 * 1024];
        loop {
            let mut unread = ReadBuf::new(&mut unread);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut unread)) {
                Ok(()) if !unread.filled().is_empty() => {}
                _ => return Poll::Ready(Ok(())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use ruhu_sync::patience::WINDOW;

    use super::*;

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    fn connections(all: usize, of_address: usize) -> Connections {
        Connections::new(Room { all, address: of_address })
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.closed.load(Ordering::Acquire)
    }

    /// As if its last answer lay so long back, and so much had moved since.
    fn stands(connection: &Connection, seconds: u64, bytes: u64) {
        connection.since_ms.store(0, Ordering::Relaxed);
        connection.moved.store(bytes, Ordering::Relaxed);
        let now_ms = seconds * 1_000;
        let lag = connection.lag_ms(now_ms);
        assert_eq!(lag, Some(now_ms as i64 - bytes as i64 * 2));
    }

    #[test]
    fn the_room_knows_the_limit_of_the_system() {
        assert_eq!(Room::within(1_024), Room { all: 832, address: 624 });
        assert_eq!(Room::within(1_000_000), Room { all: 4_000, address: 3_000 });
        assert!(Room::within(64).all <= 32 && Room::within(64).all > 0);
    }

    #[test]
    fn a_phone_gets_in_while_a_thousand_say_nothing_and_none_that_works_gives_way() {
        let connections = connections(10, 10);
        let silent: Vec<_> = (0..9).map(|_| connections.admit(address(1)).unwrap()).collect();
        let phone = connections.admit(address(1)).unwrap();
        phone.moved.store(1_000_000, Ordering::Relaxed);
        for _ in 0..1_000 {
            assert!(connections.admit(address(1)).is_some());
        }
        assert!(!is_closed(&phone), "it moves more than an honest line does");
        assert_eq!(connections.open().len(), 10);
        drop(silent);
    }

    #[test]
    fn the_one_that_lags_most_gives_way() {
        let connections = connections(3, 3);
        let [idle, dribbling, slow] = std::array::from_fn(|n| connections.admit(address(n as u8)).unwrap());
        // Made before the clock of this test began, so that it lags a good deal.
        for (connection, seconds_ago) in [(&idle, 0), (&dribbling, 0), (&slow, 0)] {
            connection.since_ms.store(seconds_ago, Ordering::Relaxed);
        }
        let now_ms = 100_000;
        idle.since_ms.store(70_000, Ordering::Relaxed);
        dribbling.moved.store(100, Ordering::Relaxed);
        slow.moved.store(90_000, Ordering::Relaxed);
        assert_eq!([&idle, &dribbling, &slow].map(|c| c.lag_ms(now_ms)), [30_000, 99_800, -80_000].map(Some));
        dribbling.request_is_here();
        assert_eq!(dribbling.lag_ms(now_ms), None, "who waits for an answer does not lag");
        stands(&slow, 100, 49_000);
    }

    #[test]
    fn when_all_wait_for_their_answers_nobody_is_shut_out_for_a_newcomer() {
        let connections = connections(3, 3);
        let waiting: Vec<_> = (0..3).map(|_| connections.admit(address(1)).unwrap()).collect();
        waiting.iter().for_each(|connection| connection.request_is_here());
        assert!(connections.admit(address(2)).is_none());
        assert!(waiting.iter().all(|connection| !is_closed(connection)));
    }

    #[test]
    fn a_silent_connection_is_closed_and_one_that_moves_or_waits_is_not() {
        let connections = connections(10, 10);
        let [silent, slow, waiting] = std::array::from_fn(|n| connections.admit(address(n as u8)).unwrap());
        waiting.request_is_here();
        for second in 1..=3 * WINDOW.as_secs() {
            slow.moved.fetch_add(10, Ordering::Relaxed);
            connections.close_silent_at(Duration::from_secs(second));
        }
        assert_eq!([&silent, &slow, &waiting].map(|c| is_closed(c)), [true, false, false]);
    }
}
