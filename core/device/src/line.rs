//! Requests of a run over a line that may be slow, break, or lead to a server that is busy.

use std::time::Duration;

use ruhu_case::limits::PAGE_BYTES;
use ruhu_store::{StoreError, Tx};
use ruhu_sync::pace::{Pace, Range};
use ruhu_sync::transport::{Request, Response, TransportError};

use crate::device::Device;
use crate::error::DeviceError;
use crate::host::random;
use crate::sync_run::SyncRun;

/// Pages of the text lane, in bytes on the wire. The first takes a village line of 12 kB/s ten seconds;
/// the smallest is a little more than one visited household.
const PAGES: Range = Range { least: 4 * 1024, first: 128 * 1024, most: PAGE_BYTES };
/// What was learned of the line for the next sync.
const PACE: &str = "line/pages";
/// Pieces of photos, in bytes. The largest takes a village line of 12 kB/s some 20 seconds, which is what
/// a cut costs; the smallest passes where the line always breaks after a few kilobytes.
const PIECES: Range = Range { least: 4 * 1024, first: 256 * 1024, most: 256 * 1024 };
/// What was learned of it for the photos of the next sync.
const PIECE_PACE: &str = "line/pieces";
/// Too many requests, and service unavailable.
const BUSY: [u16; 2] = [429, 503];
/// While it pauses, a run looks so often whether it was cancelled.
const GLANCE: Duration = Duration::from_secs(1);

impl SyncRun<'_> {
    /// Sends a request, unless the sync was cancelled. A server that is busy is waited for, and so is one
    /// that answered before and is out of reach; what only asks is asked again when the line breaks.
    pub(crate) async fn send(&mut self, request: Request, limit: usize) -> Result<Response, DeviceError> {
        loop {
            match self.attempt(&request, limit).await {
                Err(DeviceError::Transport(error)) if error.is_cut() && only_asks(&request) => {
                    self.bear(&error).await?;
                }
                other => return other,
            }
        }
    }

    /// As [`SyncRun::send`], for a lane that itself has an answer to a line that breaks: less at once. It
    /// calls [`SyncRun::bear`] then, and goes on.
    pub(crate) async fn attempt(&mut self, request: &Request, limit: usize) -> Result<Response, DeviceError> {
        self.check_cancelled()?;
        let outcome = self.transport.send(request.clone(), limit).await;
        self.attempt_on(request, limit, outcome).await
    }

    /// As [`SyncRun::attempt`], after a first try, of which this came.
    pub(crate) async fn attempt_on(
        &mut self,
        request: &Request,
        limit: usize,
        mut outcome: Result<Response, TransportError>,
    ) -> Result<Response, DeviceError> {
        loop {
            self.progress.bytes_up += request.body.len() as u64;
            match outcome {
                Ok(answer) if BUSY.contains(&answer.status) => {
                    let chance = self.chance()?;
                    let Some(pause) = self.retries.refused(answer.header("retry-after"), chance) else {
                        return Ok(answer);
                    };
                    tracing::info!(status = answer.status, ms = ms(pause), "the server is busy");
                    self.pause(pause).await?;
                }
                Ok(answer) => {
                    self.retries.answered();
                    self.progress.bytes_down += answer.body.len() as u64;
                    self.tell();
                    return Ok(answer);
                }
                Err(error @ TransportError::Unreachable(_)) => self.bear(&error).await?,
                Err(error) => return Err(error.into()),
            }
            self.check_cancelled()?;
            outcome = self.transport.send(request.clone(), limit).await;
        }
    }

    /// Waits until it is time to try again what failed so, or ends the run with it.
    pub(crate) async fn bear(&mut self, error: &TransportError) -> Result<(), DeviceError> {
        let chance = self.chance()?;
        let Some(pause) = self.retries.failed(error, chance) else { return Err(error.clone().into()) };
        tracing::info!(%error, ms = ms(pause), "the line broke, it is tried again");
        self.report.cuts += 1;
        self.pause(pause).await
    }

    async fn pause(&mut self, pause: Duration) -> Result<(), DeviceError> {
        let mut left = pause;
        while !left.is_zero() {
            self.progress.retry_in_s = u32::try_from(left.as_secs()).unwrap_or(u32::MAX).max(1);
            self.tell();
            let step = left.min(GLANCE);
            self.transport.pause(step).await;
            self.check_cancelled()?;
            left -= step;
        }
        self.progress.retry_in_s = 0;
        Ok(())
    }

    fn chance(&self) -> Result<u64, DeviceError> {
        Ok(u64::from_be_bytes(random(self.device.host.as_ref())?))
    }
}

/// Whether a request changes nothing on the server (RFC 9110, section 9.2.1).
fn only_asks(request: &Request) -> bool {
    ["GET", "HEAD"].contains(&request.method)
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Device {
    /// How much the line to the server carries at once, as far as it is known.
    pub(crate) fn page_pace(&self) -> Result<Pace, DeviceError> {
        let remembered = self.store.read(|tx| tx.meta(PACE))?;
        Ok(Pace::remembered(PAGES, remembered.as_deref()))
    }

    /// How much of a photo the line to the server carries at once, as far as it is known.
    pub(crate) fn piece_pace(&self) -> Result<Pace, DeviceError> {
        let remembered = self.store.read(|tx| tx.meta(PIECE_PACE))?;
        Ok(Pace::remembered(PIECES, remembered.as_deref()))
    }

    /// Remembers it, when it is another than before.
    pub(crate) fn remember_piece_pace(&self, pace: &Pace) -> Result<(), DeviceError> {
        match self.piece_pace()? == *pace {
            true => Ok(()),
            false => self.note(PIECE_PACE, pace),
        }
    }

    /// Remembers it, when it is another than before.
    pub(crate) fn remember_page_pace(&self, pace: &Pace) -> Result<(), DeviceError> {
        match self.page_pace()? == *pace {
            true => Ok(()),
            false => self.note(PACE, pace),
        }
    }

    /// What a loss of power may take back waits for no disk. A sync that waited for it would also take its
    /// own note for somebody who works beside it, and go slowly.
    fn note(&self, name: &str, pace: &Pace) -> Result<(), DeviceError> {
        let note = |tx: &Tx<'_>| tx.set_meta(name, &pace.to_bytes());
        Ok(self.store.writer().write_ahead::<_, StoreError>(note)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_noted_of_the_line_is_remembered_and_is_nobodys_work() {
        let folder = tempfile::tempdir().unwrap();
        let device = Device::open(folder.path(), [7; 32], "test").unwrap();
        let mut pace = device.page_pace().unwrap();
        pace.broke();
        assert_ne!(device.page_pace().unwrap(), pace);
        let before = device.store.written_by_people();
        device.remember_page_pace(&pace).unwrap();
        device.remember_piece_pace(&pace).unwrap();
        assert_eq!(device.store.written_by_people(), before);
        assert_eq!(device.page_pace().unwrap(), pace);
    }
}
