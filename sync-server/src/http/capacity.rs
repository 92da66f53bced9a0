//! How much the server does and holds at once. Who does not find room in time is told when to come
//! again (503 with `Retry-After`): early, for somebody who waits longer than a phone's patience was
//! served for nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use ruhu_case::limits::BODY_BYTES;
use ruhu_sync::DeviceId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::RequestError;
use crate::hub::{ANSWER_PIECE, KEPT_ANSWERS_BYTES};

/// Bytes of request bodies that are held at once.
const BODIES: usize = 64 * 1024 * 1024;
/// And of those who are not known here.
const BODIES_OF_STRANGERS: usize = 8 * 1024 * 1024;
/// Bytes of answers to phones that sync: being made, on their way, and kept to be told again.
const ANSWERS: usize = 48 * 1024 * 1024 + KEPT_ANSWERS_BYTES;
/// Answers that are on their way to one device. A phone waits for one; more are of connections that it has
/// given up.
const ANSWERS_OF_DEVICE: usize = 4;
/// Memory for bodies is given out in pieces of this size, in bytes.
const PIECE: usize = 16 * 1024;
/// Requests that are worked on at once, beside those that only wait for the network. Each may take some
/// tens of megabytes, and nearly all of them need the hub, which one has at a time: a second one is read
/// and checked meanwhile.
const TURNS: usize = 2;
/// Look-ups of a single row, which wait for nobody's turn.
const LOOKUPS: usize = 1;
/// Threads that wait for the disk: those of the turns and look-ups, and one for files. The system's
/// allocator keeps an arena for each thread, and in each as much as one large answer took, thirty megabytes.
pub(crate) const BLOCKING_THREADS: usize = TURNS + LOOKUPS + 1;
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
    lookups: Arc<Semaphore>,
    answers: Arc<Semaphore>,
    on_their_way: Arc<OnTheirWay>,
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
            lookups: Arc::new(Semaphore::new(LOOKUPS)),
            answers: Arc::new(Semaphore::new(ANSWERS / ANSWER_PIECE)),
            on_their_way: Arc::default(),
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

    /// Waits until a row can be looked up, which lasts as long as what is given lives.
    pub(super) async fn lookup(&self) -> Result<OwnedSemaphorePermit, RequestError> {
        self.within_patience(&self.lookups, 1).await
    }

    /// Waits for the memory that the largest answer to a device may take, before it is made.
    pub(super) async fn answer(&self, device: DeviceId) -> Result<AnswerRoom, RequestError> {
        let way = Way::to(device, &self.on_their_way).ok_or(RequestError::Busy)?;
        let pieces = u32::try_from(BODY_BYTES / ANSWER_PIECE).unwrap_or(u32::MAX);
        Ok(AnswerRoom { memory: self.within_patience(&self.answers, pieces).await?, way })
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

/// Memory for an answer that is not made yet, and the right to send one to a device.
#[derive(Debug)]
pub(super) struct AnswerRoom {
    memory: OwnedSemaphorePermit,
    way: Way,
}

impl AnswerRoom {
    /// What counts the bytes of an answer as long as anybody holds them, here or to tell them again; and
    /// what counts the answer itself until it is written to the device.
    pub(super) fn part(self) -> (impl FnOnce(Vec<u8>) -> Bytes, impl FnOnce(Bytes) -> Bytes) {
        let AnswerRoom { memory: mut all, way } = self;
        let held = |body: Vec<u8>| {
            let memory = all.split(body.len().div_ceil(ANSWER_PIECE)).unwrap_or(all);
            Bytes::from_owner(With { bytes: body, _kept: memory })
        };
        (held, |bytes: Bytes| Bytes::from_owner(With { bytes, _kept: way }))
    }
}

/// Bytes, and what is kept as long as they are there.
struct With<B, K> {
    bytes: B,
    _kept: K,
}

impl<B: AsRef<[u8]>, K> AsRef<[u8]> for With<B, K> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

/// Devices to which answers are on their way, with the number.
type OnTheirWay = Mutex<HashMap<DeviceId, usize>>;

/// One answer on its way to a device.
#[derive(Debug)]
struct Way {
    device: DeviceId,
    all: Arc<OnTheirWay>,
}

impl Way {
    /// Nothing when as many are on their way as one device may have.
    fn to(device: DeviceId, all: &Arc<OnTheirWay>) -> Option<Way> {
        let mut counts = all.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(device).or_default();
        if *count >= ANSWERS_OF_DEVICE {
            return None;
        }
        *count += 1;
        Some(Way { device, all: all.clone() })
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        let mut counts = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.device) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.device);
            }
        }
    }
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

    #[tokio::test(start_paused = true)]
    async fn answers_count_until_their_last_byte_is_written_and_no_device_has_many_on_their_way() {
        let capacity = Capacity::default();
        let whole = capacity.answers.available_permits();
        let device = |number: u8| DeviceId([number; 16]);
        let page = |room: AnswerRoom| {
            let (held, sent) = room.part();
            let kept = held(vec![7; 500_000]);
            (kept.clone(), sent(kept))
        };
        // Phones that fetch different pages and read nothing of them.
        let mut on_their_way = Vec::new();
        let busy = loop {
            match capacity.answer(device(on_their_way.len() as u8)).await {
                Ok(room) => on_their_way.push(page(room).1),
                Err(busy) => break busy,
            }
        };
        assert_eq!(busy, RequestError::Busy);
        let held = on_their_way.len() * 500_000;
        assert!(held <= ANSWERS && held + BODY_BYTES + 500_000 > ANSWERS / 100 * 95, "{held}");
        // One that is written makes room, but for what is kept to be told again.
        on_their_way.drain(..on_their_way.len() / 2);
        let (kept, sent) = page(capacity.answer(device(250)).await.unwrap());
        let free = capacity.answers.available_permits();
        drop(sent);
        assert_eq!(capacity.answers.available_permits(), free, "it may be told again");
        drop(kept);
        assert!(capacity.answers.available_permits() > free);
        on_their_way.clear();
        assert_eq!(capacity.answers.available_permits(), whole);
        assert!(capacity.on_their_way.lock().unwrap().is_empty());
        // A device whose connections hold its answers takes none from the others.
        let mine =
            futures::future::join_all((0..=ANSWERS_OF_DEVICE).map(|_| capacity.answer(device(1)))).await;
        let refused = mine.iter().filter(|room| room.is_err()).count();
        assert_eq!(refused, 1);
        assert!(capacity.answer(device(2)).await.is_ok());
    }
}
