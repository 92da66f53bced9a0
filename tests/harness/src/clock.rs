//! Clocks that move only when told.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock that moves only when told.
#[derive(Debug)]
pub struct Clock(AtomicI64);

impl Clock {
    /// A clock that stands at a time, Unix milliseconds.
    pub fn at(now_ms: i64) -> Clock {
        Clock(AtomicI64::new(now_ms))
    }

    /// The time, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves on.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// The server's clock: the world's, and wrong when told.
#[derive(Debug)]
pub struct ServerClock {
    world: Arc<Clock>,
    wrong_by_ms: AtomicI64,
}

impl ServerClock {
    /// The world's time, and right.
    pub fn of(world: Arc<Clock>) -> ServerClock {
        ServerClock { world, wrong_by_ms: AtomicI64::new(0) }
    }

    /// The time by the server, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.world.now_ms() + self.wrong_by_ms.load(Ordering::SeqCst)
    }

    /// From now on it is wrong by so much; 0 mends it.
    pub fn be_wrong_by(&self, ms: i64) {
        self.wrong_by_ms.store(ms, Ordering::SeqCst);
    }
}
