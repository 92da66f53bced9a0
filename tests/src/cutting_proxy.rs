//! A TCP proxy on loopback that cuts connections at an exact byte. It looks into nothing: TLS goes
//! through it untouched.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A loaded machine is slow; what never comes shall still be noticed.
const DEADLINE: Duration = Duration::from_secs(60);

/// A direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the phone to the server.
    Up,
    /// From the server to the phone.
    Down,
}

/// What happens at the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Both sides are closed.
    Close,
    /// Both sides are reset (RST): what is on its way may be lost too.
    Reset,
    /// Nothing more passes in this direction, and the connection stays.
    Hold,
}

/// Where the network breaks: exactly `bytes` pass in one direction, and to the connection that has
/// one more it happens. A client may open a second connection beside the first at any time, so the
/// bytes of all connections count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Which way.
    pub direction: Direction,
    /// How many bytes pass.
    pub bytes: u64,
    /// What happens then.
    pub then: Then,
}

/// What went over a connection that has ended. A connection over which nothing went is no passage: a
/// client may open a second one to be quicker, and let it fall when the first serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// Bytes that passed to the server.
    pub up: u64,
    /// Bytes that passed to the phone.
    pub down: u64,
    /// Whether it was cut at its limit.
    pub cut: bool,
}

impl Passage {
    /// Whether anything passed, or would have passed without the cut.
    fn was_used(self) -> bool {
        self.up + self.down > 0 || self.cut
    }

    /// Whether both sides heard of each other.
    pub fn went_both_ways(self) -> bool {
        self.up > 0 && self.down > 0
    }
}

/// What a new connection gets.
#[derive(Debug, Clone)]
struct Plan {
    server: SocketAddr,
    limit: Option<Arc<Budget>>,
    /// Of each connection for itself.
    each: Option<Limit>,
}

/// A limit, and how many of its bytes are left.
#[derive(Debug)]
struct Budget {
    limit: Limit,
    left: AtomicU64,
}

impl Budget {
    fn new(limit: Limit) -> Budget {
        Budget { limit, left: AtomicU64::new(limit.bytes) }
    }

    /// Takes as many of `count` bytes as are left.
    fn take(&self, count: u64) -> u64 {
        let rest = |left: u64| Some(left.saturating_sub(count));
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, rest);
        left.unwrap_or_else(|left| left).min(count)
    }
}

/// What the connections share.
struct Shared {
    plan: Mutex<Plan>,
    accepted: Sender<SocketAddr>,
    ended: Sender<Passage>,
    held: Sender<()>,
}

/// The proxy; it ends when it is dropped, and its connections with it.
pub struct CuttingProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepted: Receiver<SocketAddr>,
    ended: Receiver<Passage>,
    held: Receiver<()>,
    _runtime: Runtime,
}

impl CuttingProxy {
    /// A proxy before a server, on a free port.
    pub fn start(server: SocketAddr) -> CuttingProxy {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (tell_accepted, accepted) = channel();
        let (tell_end, ended) = channel();
        let (tell_held, held) = channel();
        let shared = Arc::new(Shared {
            plan: Mutex::new(Plan { server, limit: None, each: None }),
            accepted: tell_accepted,
            ended: tell_end,
            held: tell_held,
        });
        runtime.spawn(accept(listener, shared.clone()));
        CuttingProxy { address, shared, accepted, ended, held, _runtime: runtime }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the limit of the connections that are made from now on, all together.
    pub fn limit(&self, limit: Option<Limit>) {
        let budget = limit.map(|limit| Arc::new(Budget::new(limit)));
        self.shared.plan.lock().unwrap().limit = budget;
    }

    /// Sets a limit that each connection has for itself which is made from now on: a line that always
    /// breaks after so many bytes.
    pub fn limit_each(&self, limit: Option<Limit>) {
        self.shared.plan.lock().unwrap().each = limit;
    }

    /// Leads the connections that are made from now on to another server.
    pub fn lead_to(&self, server: SocketAddr) {
        self.shared.plan.lock().unwrap().server = server;
    }

    /// Waits until every connection that was made before this call has ended, and gives what went over
    /// those whose end was not given before. What was held at its limit is forgotten with them.
    pub fn passages(&mut self) -> Vec<Passage> {
        let ended = (0..self.accept_all()).map(|_| self.ended.recv_timeout(DEADLINE));
        let ended: Vec<Passage> = ended.map(|passage| passage.expect("a connection ends")).collect();
        while self.held.try_recv().is_ok() {}
        ended.into_iter().filter(|passage| passage.was_used()).collect()
    }

    /// Waits until every connection that was made before this call is accepted, and gives how many were
    /// since the last call. On a busy machine the system has taken connections that this program has not
    /// seen yet. It hands them over in the order in which they were made, so when one of our own is
    /// there, all before it are.
    fn accept_all(&self) -> usize {
        let own = std::net::TcpStream::connect(self.address).expect("the proxy listens");
        let own = own.local_addr().expect("its address");
        let next = || self.accepted.recv_timeout(DEADLINE).expect("a connection is accepted");
        std::iter::from_fn(|| Some(next())).position(|from| from == own).map_or(0, |before| before + 1)
    }

    /// Waits until a connection is held at its limit.
    pub fn wait_until_held(&self) {
        self.held.recv_timeout(DEADLINE).expect("a connection reaches its limit");
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((phone, from)) = listener.accept().await {
        shared.accepted.send(from).ok();
        tokio::spawn(connection(phone, shared.clone()));
    }
}

async fn connection(phone: TcpStream, shared: Arc<Shared>) {
    let plan = shared.plan.lock().unwrap().clone();
    let limit = plan.limit.or_else(|| Some(Arc::new(Budget::new(plan.each?))));
    let passage = match TcpStream::connect(plan.server).await {
        Ok(server) => carry(phone, server, limit.as_deref(), &shared.held).await,
        Err(_) => {
            // Nobody listens there: the phone shall see it as if it had asked itself.
            phone.set_zero_linger().ok();
            Passage { up: 0, down: 0, cut: false }
        }
    };
    shared.ended.send(passage).ok();
}

/// Why the bytes of a direction go no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// A side has closed.
    Closed,
    /// The limit.
    Limit,
}

/// Carries both directions to the end of the connection, and closes it.
async fn carry(
    mut phone: TcpStream,
    mut server: TcpStream,
    budget: Option<&Budget>,
    held: &Sender<()>,
) -> Passage {
    phone.set_nodelay(true).and_then(|()| server.set_nodelay(true)).ok();
    let (up, down) = (AtomicU64::new(0), AtomicU64::new(0));
    let budget_of = |way| budget.filter(|budget| budget.limit.direction == way);
    let end = {
        let (mut from_phone, mut to_phone) = phone.split();
        let (mut from_server, mut to_server) = server.split();
        let upward = direct(&mut from_phone, &mut to_server, budget_of(Direction::Up), &up, held);
        let downward = direct(&mut from_server, &mut to_phone, budget_of(Direction::Down), &down, held);
        tokio::select! { end = upward => end, end = downward => end }
    };
    if end == End::Limit && budget.is_some_and(|budget| budget.limit.then == Then::Reset) {
        phone.set_zero_linger().and_then(|()| server.set_zero_linger()).ok();
    }
    let passed = |count: &AtomicU64| count.load(Ordering::SeqCst);
    Passage { up: passed(&up), down: passed(&down), cut: end == End::Limit }
}

/// One direction, to its end; one that is held ends when a side closes.
async fn direct(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    budget: Option<&Budget>,
    passed: &AtomicU64,
    held: &Sender<()>,
) -> End {
    match pass(from, to, budget, passed).await {
        End::Limit if budget.is_some_and(|budget| budget.limit.then == Then::Hold) => {
            held.send(()).ok();
            until_closed(from).await;
            End::Closed
        }
        end => end,
    }
}

/// Passes bytes on until a side closes or there is one more than the limit.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    budget: Option<&Budget>,
    passed: &AtomicU64,
) -> End {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = match from.read(&mut buffer).await {
            Ok(count) if count > 0 => count,
            _ => return End::Closed,
        };
        let fitting = budget.map_or(count as u64, |budget| budget.take(count as u64)) as usize;
        if to.write_all(&buffer[..fitting]).await.is_err() {
            return End::Closed;
        }
        passed.fetch_add(fitting as u64, Ordering::SeqCst);
        if fitting < count {
            return End::Limit;
        }
    }
}

/// Reads, and gives to nobody, until the other side is gone.
async fn until_closed(from: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = vec![0; 16 * 1024];
    while from.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}
