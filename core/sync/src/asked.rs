//! A request whose answer is awaited, and what is done meanwhile.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::transport::{Request, Response, Transport, TransportError};

/// What came of a request.
pub type Outcome = Result<Response, TransportError>;

/// A request that was sent.
pub struct Asked<'t> {
    request: Request,
    /// The host's clock, in Unix milliseconds.
    now_ms: Box<dyn Fn() -> i64 + Send + 't>,
    began_ms: i64,
    answer: Pin<Box<dyn Future<Output = Outcome> + Send + 't>>,
    came: Option<(Outcome, Duration)>,
}

impl<'t> Asked<'t> {
    /// Sends it as soon as it is polled; an answer has at most `limit` bytes. `now_ms`: the host's clock, Unix
    /// milliseconds.
    pub fn over(
        transport: &'t dyn Transport,
        request: Request,
        limit: usize,
        now_ms: impl Fn() -> i64 + Send + 't,
    ) -> Asked<'t> {
        let answer = transport.send(request.clone(), limit);
        let began_ms = now_ms();
        Asked { request, now_ms: Box::new(now_ms), began_ms, answer, came: None }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.came.is_none() {
            let Poll::Ready(outcome) = self.answer.as_mut().poll(context) else { return Poll::Pending };
            self.came = Some((outcome, since(self.began_ms, (self.now_ms)())));
        }
        Poll::Ready(())
    }

    /// The request, what came of it, and how long that took; waited for where it has not come.
    pub async fn outcome(mut self) -> (Request, Outcome, Duration) {
        let came = poll_fn(|context| match self.poll(context) {
            Poll::Ready(()) => self.came.take().map_or(Poll::Pending, Poll::Ready),
            Poll::Pending => Poll::Pending,
        });
        let (outcome, took) = came.await;
        (self.request, outcome, took)
    }
}

/// Does something, and sees to what was asked whenever it pauses.
pub async fn beside<T>(asked: &mut Option<Asked<'_>>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Some(asked) = asked {
            let _ = asked.poll(context);
        }
        work.as_mut().poll(context)
    })
    .await
}

/// How long something took by the host's clock, which may have been set meanwhile; both in Unix milliseconds.
pub fn since(began_ms: i64, now_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(now_ms.saturating_sub(began_ms)).unwrap_or(0))
}
