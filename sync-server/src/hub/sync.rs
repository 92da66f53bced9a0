//! One sync: take what the phone brings, tell it what is new to it. All in one transaction, which is
//! durable before the answer leaves.

use std::collections::BTreeSet;

use ruhu_case::ActorId;
use ruhu_case::limits::{PAGE_BYTES, PAGE_ENVELOPES};
use ruhu_sync::message::ReceiptSignature;
use ruhu_sync::{
    AuthorRecord, DeviceId, Envelope, LogId, Outcome, Place, Receipt, SyncRequest, SyncResponse, codec,
};

use super::Hub;
use super::authors::author_record;
use super::news::{Bounds, Own};
use super::unit_of_work::{Requester, UnitOfWork};
use crate::error::HubError;

/// How much news goes into one answer, in bytes before compression.
const NEWS_RAW: usize = 6 * 1024 * 1024;
/// A phone on a bad line asks for less than a page, but for no less than this, in bytes on the wire.
const LEAST_PAGE: usize = 4 * 1024;

impl Hub {
    /// Answers the sync request of a device whose signature was checked. `now_ms` is the server's
    /// clock, Unix milliseconds.
    ///
    /// # Errors
    /// [`HubError::UnknownDevice`], [`HubError::Codec`] for a push that is no page, and failures of
    /// the storage. Then nothing was taken. A bad envelope is no error: its outcome says so.
    pub fn sync(
        &mut self,
        device: DeviceId,
        request: SyncRequest,
        now_ms: i64,
    ) -> Result<SyncResponse, HubError> {
        Ok(self.answer(device, request, now_ms)?.0)
    }

    /// As [`Hub::sync`], with the answer encoded as a body.
    pub fn sync_body(
        &mut self,
        device: DeviceId,
        request: SyncRequest,
        now_ms: i64,
    ) -> Result<Vec<u8>, HubError> {
        let (response, body) = self.answer(device, request, now_ms)?;
        Ok(body.unwrap_or_else(|| codec::encode_body(&response)))
    }

    pub(super) fn answer(
        &mut self,
        device: DeviceId,
        mut request: SyncRequest,
        now_ms: i64,
    ) -> Result<(SyncResponse, Option<Vec<u8>>), HubError> {
        let pushed = request.push.take().unwrap_or_default().unpack()?;
        self.write(now_ms, |work| {
            work.learn_authors(&request.authors)?;
            let requester = work.requester(device)?;
            let mut response = work.ingest_all(&pushed, &requester)?;
            if requester.void {
                response.revoked = true;
                return Ok((response, None));
            }
            let own = Own::of(&request, &pushed, &response.outcomes);
            response.tail = work.tail_beyond(&own, device)?;
            response.forms = Some(work.forms_etag()?);
            response.inventory = work.inventories(&request.inventory, &requester.view)?;
            response.wanted = work.wanted(&request.want, &requester.view)?;
            let actors = request.want_authors.iter().map(|actor| actor.0);
            response.authors = work.authors_in_view(actors, &requester.view)?;
            match request.push_only {
                true => Ok((response, None)),
                false => work.tell_news(&request, &own, &requester, response),
            }
        })
    }
}

impl UnitOfWork<'_> {
    /// Takes what was pushed, in its order. A bad envelope never hinders the others.
    fn ingest_all(&mut self, pushed: &[Envelope], requester: &Requester) -> Result<SyncResponse, HubError> {
        let outcomes: Vec<Outcome> =
            pushed.iter().map(|envelope| self.ingest(envelope, requester)).collect::<Result<_, _>>()?;
        let places: Vec<Place> =
            pushed.iter().zip(&outcomes).filter_map(|(envelope, outcome)| place(envelope, outcome)).collect();
        let receipt = (!places.is_empty())
            .then(|| ReceiptSignature(Receipt::sign(self.key, self.now_ms, places).signature));
        let held = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Held { .. })).count();
        tracing::debug!(device = %requester.device, pushed = pushed.len(), held, void = requester.void, "push taken");
        Ok(SyncResponse { server_time_ms: self.now_ms, outcomes, receipt, ..SyncResponse::default() })
    }

    /// The end of the phone's chain, when more of it is known here than the phone knows to be known:
    /// the phone was restored from an older copy.
    fn tail_beyond(&self, own: &Own, device: DeviceId) -> Result<Option<u64>, HubError> {
        let Some(tail) = own.tail else { return Ok(None) };
        let record = author_record(self.tx, tail.actor)?;
        if record.is_none_or(|record| record.certificate.device() != device) {
            return Ok(None);
        }
        let end = self.chain_end(tail.actor)?;
        Ok((end > tail.seq.max(own.pushed_to)).then_some(end))
    }

    /// Adds news to an answer, so much that the whole stays near one page on the wire.
    fn tell_news(
        &self,
        request: &SyncRequest,
        own: &Own,
        requester: &Requester,
        mut response: SyncResponse,
    ) -> Result<(SyncResponse, Option<Vec<u8>>), HubError> {
        let asked: BTreeSet<ActorId> = response.authors.iter().map(AuthorRecord::actor).collect();
        let most =
            request.answer_bytes.map_or(PAGE_BYTES, |bytes| (bytes as usize).clamp(LEAST_PAGE, PAGE_BYTES));
        let mut bounds = Bounds { raw: NEWS_RAW, rows: PAGE_ENVELOPES };
        loop {
            let news = self.news(request, own, &requester.view, bounds)?;
            response.authors.truncate(asked.len());
            let newcomers = self.authors_in_view(news.newcomers.iter().copied(), &requester.view)?;
            response.authors.extend(newcomers.into_iter().filter(|record| !asked.contains(&record.actor())));
            response.news = news.logs;
            tracing::debug!(device = %requester.device, rows = news.rows, bytes = news.raw, "news told");
            if news.raw <= most {
                return Ok((response, None));
            }
            let body = codec::encode_body(&response);
            if body.len() <= most || news.rows <= 1 {
                return Ok((response, Some(body)));
            }
            // In proportion, with a little room: compression is not linear.
            bounds.raw = (news.raw / 16 * 15 / body.len().div_ceil(most)).max(1);
            bounds.rows = news.rows - 1;
        }
    }
}

fn place(envelope: &Envelope, outcome: &Outcome) -> Option<Place> {
    match outcome {
        Outcome::Held { log, epoch, seq } => {
            let log: LogId = *log;
            Some(Place { envelope: envelope.hash(), log, epoch: *epoch, seq: *seq })
        }
        _ => None,
    }
}
