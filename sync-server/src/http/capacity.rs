//! How much the server does and holds at once. Who does not find room in time is told when to come
//! again (503 with `Retry-After`): early, for somebody who waits longer than a phone's patience was
//! served for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::RequestError;

/// Bytes of request bodies that are held at once.
const BODIES: usize = 64 * 1024 * 1024;
/// And of those who are not known here.
const BODIES_OF_STRANGERS: usize = 8 * 1024 * 1024;
/// Memory for bodies is given out in pieces of this size, in bytes.
const PIECE: usize = 16 * 1024;
/// Requests that are worked on at once, beside those that only wait for the network. Each may take some
/// tens of megabytes.
const TURNS: usize = 4;
/// Of these, requests of devices that are not known here.
const TURNS_OF_STRANGERS: usize = 1;
/// Requests that wait for their turn.
const WAITING: usize = 2_000;
/// The longest that one waits for its turn, or for memory: well within a phone's patience.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Who makes a request, as far as is known before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// It names a device that is enrolled here. That it is the one is proved by the signature, later.
    Known,
    /// Anybody.
    Stranger,
}

/// What is free.
#[derive(Debug)]
pub(super) struct Capacity {
    bodies: Arc<Semaphore>,
    bodies_of_strangers: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    turns_of_strangers: Arc<Semaphore>,
    waiting: AtomicUsize,
    longest_wait: Duration,
}

impl Default for Capacity {
    fn default() -> Self {
        let pieces = |bytes: usize| Arc::new(Semaphore::new(bytes / PIECE));
        Capacity {
            bodies: pieces(BODIES),
            bodies_of_strangers: pieces(BODIES_OF_STRANGERS),
            turns: Arc::new(Semaphore::new(TURNS)),
            turns_of_strangers: Arc::new(Semaphore::new(TURNS_OF_STRANGERS)),
            waiting: AtomicUsize::new(0),
            longest_wait: LONGEST_WAIT,
        }
    }
}

/// Memory for the body of a request, as long as that is held.
#[derive(Debug, Default)]
pub(super) struct Held {
    permit: Option<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Capacity {
    /// Makes sure that so many bytes may be held; waits for them a while.
    pub(super) async fn hold(
        &self,
        held: &mut Held,
        bytes: usize,
        caller: Caller,
    ) -> Result<(), RequestError> {
        let pieces = bytes.div_ceil(PIECE).saturating_sub(held.bytes / PIECE);
        if pieces == 0 {
            return Ok(());
        }
        let bodies = match caller {
            Caller::Known => &self.bodies,
            Caller::Stranger => &self.bodies_of_strangers,
        };
        let more = self.within_patience(bodies, u32::try_from(pieces).unwrap_or(u32::MAX)).await?;
        held.bytes += pieces * PIECE;
        match &mut held.permit {
            Some(permit) => permit.merge(more),
            None => held.permit = Some(more),
        }
        Ok(())
    }

    /// Waits for the turn to be worked on, which lasts as long as what is given lives.
    pub(super) async fn turn(&self, caller: Caller) -> Result<Turn, RequestError> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let waits = Waits(&self.waiting);
        if before >= WAITING {
            return Err(RequestError::Busy);
        }
        let stranger = match caller {
            Caller::Known => None,
            Caller::Stranger => Some(self.within_patience(&self.turns_of_strangers, 1).await?),
        };
        let turn = self.within_patience(&self.turns, 1).await?;
        drop(waits);
        Ok(Turn { _turn: turn, _stranger: stranger })
    }

    async fn within_patience(
        &self,
        of: &Arc<Semaphore>,
        permits: u32,
    ) -> Result<OwnedSemaphorePermit, RequestError> {
        match timeout(self.longest_wait, of.clone().acquire_many_owned(permits)).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(RequestError::Busy),
        }
    }
}

/// The turn of a request.
#[derive(Debug)]
pub(super) struct Turn {
    _turn: OwnedSemaphorePermit,
    _stranger: Option<OwnedSemaphorePermit>,
}

/// Counts one that waits.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_in_time_is_told_to_come_again_and_the_room_of_others_is_not_theirs() {
        let capacity = Capacity::default();
        let mut strangers = Held::default();
        capacity.hold(&mut strangers, BODIES_OF_STRANGERS, Caller::Stranger).await.unwrap();
        let mut late = Held::default();
        let busy = capacity.hold(&mut late, 1, Caller::Stranger).await;
        assert_eq!(busy, Err(RequestError::Busy), "after {LONGEST_WAIT:?}");
        let mut known = Held::default();
        for bytes in [1, PIECE, PIECE + 1, 2_000_000] {
            capacity.hold(&mut known, bytes, Caller::Known).await.unwrap();
        }
        assert_eq!(known.bytes, 2_000_000usize.div_ceil(PIECE) * PIECE);
        drop(strangers);
        capacity.hold(&mut late, 1, Caller::Stranger).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn turns_go_by_the_order_of_asking_and_strangers_take_one_at_a_time() {
        let capacity = Arc::new(Capacity::default());
        let stranger = capacity.turn(Caller::Stranger).await.unwrap();
        assert!(capacity.turn(Caller::Stranger).await.is_err());
        let turns: Vec<Turn> =
            futures::future::try_join_all((1..TURNS).map(|_| capacity.turn(Caller::Known))).await.unwrap();
        assert!(capacity.turn(Caller::Known).await.is_err(), "all turns are taken");
        drop((stranger, turns));
        capacity.turn(Caller::Known).await.unwrap();
        assert_eq!(capacity.waiting.load(Ordering::Relaxed), 0);
    }
}
