//! A request whose answer is awaited, and what is done meanwhile.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use ruhu_case::limits::BODY_BYTES;
use ruhu_sync::transport::{Request, Response, Transport, TransportError};

use crate::device::Device;
use crate::sync_run::since;

type Outcome = Result<Response, TransportError>;

/// A request of the text lane that was sent.
pub(crate) struct Asked<'t> {
    request: Request,
    device: &'t Device,
    began_ms: i64,
    answer: Pin<Box<dyn Future<Output = Outcome> + Send + 't>>,
    came: Option<(Outcome, Duration)>,
}

impl<'t> Asked<'t> {
    /// Sends it as soon as it is polled.
    pub fn over(transport: &'t dyn Transport, device: &'t Device, request: Request) -> Asked<'t> {
        let answer = transport.send(request.clone(), BODY_BYTES);
        Asked { request, device, began_ms: device.host.now_ms(), answer, came: None }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.came.is_none() {
            let Poll::Ready(outcome) = self.answer.as_mut().poll(context) else { return Poll::Pending };
            self.came = Some((outcome, since(self.began_ms, self.device.host.now_ms())));
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
pub(crate) async fn beside<T>(asked: &mut Option<Asked<'_>>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Some(asked) = asked {
            let _ = asked.poll(context);
        }
        work.as_mut().poll(context)
    })
    .await
}
