//! One sync: take what the phone brings, then tell it what is new to it. Each in a transaction of its
//! own: what was taken is durable, and acknowledged, whatever becomes of the news.

use std::collections::BTreeSet;

use ruhu_case::ActorId;
use ruhu_case::limits::{BODY_BYTES, PAGE_BYTES, REQUEST_AUTHORS};
use ruhu_sync::codec::{self, Encoded};
use ruhu_sync::message::{Notice, ReceiptSignature, Standing};
use ruhu_sync::{DeviceId, Envelope, LogId, Outcome, Place, Reason, Receipt, SyncRequest, SyncResponse};

use super::Hub;
use super::news::{Own, Room};
use super::unit_of_work::{Requester, UnitOfWork};
use crate::error::HubError;

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
        if let Some(presence) = request.presence {
            self.hear_time(device, presence.time_ms, now_ms)?;
        }
        let took = self.write(now_ms, |work| {
            work.learn_authors(&request.authors)?;
            let requester = work.requester(device)?;
            work.judge_device_again(device)?;
            let mut taken = work.ingest_all(&pushed, &requester)?;
            work.tell_standing(&requester, &mut taken);
            taken.certificate = work.certificate_for(&requester, request.presence)?;
            let known = request.presence.and_then(|presence| presence.dismissed);
            taken.dismissed = work.dismissed_of(device, known)?;
            Ok((requester, taken))
        });
        let (requester, taken) = match took {
            // Who brings nothing is told what is here, on a disk that takes nothing.
            Err(HubError::Storage(error)) if error.takes_nothing() && pushed.is_empty() => {
                self.write(now_ms, |work| {
                    let requester = work.requester(device)?;
                    let mut taken = SyncResponse { server_time_ms: now_ms, ..SyncResponse::default() };
                    work.tell_standing(&requester, &mut taken);
                    Ok((requester, taken))
                })?
            }
            took => took?,
        };
        if requester.is_void() {
            return Ok((taken, None));
        }
        let own = Own::of(&request, &pushed, &taken.outcomes);
        let told = self.write(now_ms, |work| work.tell(&request, &own, &requester, taken.clone()));
        match told {
            Err(error) if !pushed.is_empty() => {
                tracing::error!(%error, %device, "a push was taken, and news cannot be told");
                let notice = Some(Notice { untold: true, ..Notice::default() });
                Ok((SyncResponse { notice, ..taken }, None))
            }
            told => {
                let (response, body) = told?;
                if let Some(gaps) = &response.gaps
                    && let Err(error) = self.write(now_ms, |work| work.note_damage(gaps))
                {
                    // The answer is good; whoever asks next finds the damage again.
                    tracing::error!(%error, "what is damaged cannot be noted");
                }
                Ok((response, body))
            }
        }
    }
}

impl UnitOfWork<'_> {
    fn tell_standing(&self, requester: &Requester, response: &mut SyncResponse) {
        response.revoked = requester.void == Some(Reason::Revoked);
        response.standing = Some(Standing {
            expired: requester.void == Some(Reason::Expired),
            clock_in_doubt: self.clock.doubt.is_some(),
        });
    }

    /// Takes what was pushed, in its order. A bad envelope never hinders the others.
    fn ingest_all(&mut self, pushed: &[Envelope], requester: &Requester) -> Result<SyncResponse, HubError> {
        let outcomes: Vec<Outcome> =
            pushed.iter().map(|envelope| self.ingest(envelope, requester)).collect::<Result<_, _>>()?;
        let places: Vec<Place> =
            pushed.iter().zip(&outcomes).filter_map(|(envelope, outcome)| place(envelope, outcome)).collect();
        let receipt = (!places.is_empty())
            .then(|| ReceiptSignature(Receipt::sign(self.key, self.now_ms, places).signature));
        let held = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Held { .. })).count();
        tracing::debug!(device = %requester.device, pushed = pushed.len(), held, void = requester.is_void(), "push taken");
        Ok(SyncResponse { server_time_ms: self.now_ms, outcomes, receipt, ..SyncResponse::default() })
    }

    /// Adds to what became of the push everything that the phone asks and what is new to it: so much
    /// that the whole, encoded, stays near one page on the wire, and that the phone reads it whatever
    /// the texts are.
    fn tell(
        &self,
        request: &SyncRequest,
        own: &Own,
        requester: &Requester,
        mut response: SyncResponse,
    ) -> Result<(SyncResponse, Option<Vec<u8>>), HubError> {
        response.tail = self.tail_beyond(own, requester.device)?;
        response.forms = Some(self.forms_etag()?);
        response.files = Some(self.files_state(&requester.view, request.latest_file)?);
        response.inventory = self.inventories(&request.inventory, &requester.view)?;
        let actors: BTreeSet<ActorId> =
            request.want_authors.iter().take(REQUEST_AUTHORS).map(|actor| actor.0).collect();
        response.authors = self.authors_in_view(actors.iter().copied(), &requester.view)?;
        let seeks = self.sought(&requester.view)?;
        response.notice = (!seeks.is_empty()).then_some(Notice { seeks, untold: false });
        let most =
            request.answer_bytes.map_or(PAGE_BYTES, |bytes| (bytes as usize).clamp(LEAST_PAGE, PAGE_BYTES));
        // A phone that does not know gaps takes what it wanted and was not given for gone.
        let asks_again = request.want.is_empty() || request.knows_gaps == Some(true);
        let limit = if asks_again { most } else { BODY_BYTES };
        let mut room = Room::of_page(most);
        loop {
            let mut left = room;
            self.fill(request, own, requester, (&actors, &mut left), &mut response)?;
            let used = left.used_of(&room);
            tracing::debug!(device = %requester.device, rows = used.rows, bytes = used.raw, "news told");
            if used.raw <= most {
                return Ok((response, None));
            }
            // What is far too large is told before it is packed in vain.
            let mut excess = Encoded::excess_at_a_glance(&response, limit);
            if excess == 1 || used.rows <= 1 {
                let encoded = Encoded::of(&response);
                excess = encoded.excess(limit);
                if excess == 1 || used.rows <= 1 {
                    return Ok((response, Some(encoded.body)));
                }
            }
            room = used.shrunk(excess);
        }
    }

    /// Fills what envelopes there are for the phone into the room of an answer.
    fn fill(
        &self,
        request: &SyncRequest,
        own: &Own,
        requester: &Requester,
        (asked, room): (&BTreeSet<ActorId>, &mut Room),
        response: &mut SyncResponse,
    ) -> Result<(), HubError> {
        let mut gaps = Vec::new();
        response.wanted = self.wanted(request, &requester.view, room, &mut gaps)?;
        response.authors.retain(|record| asked.contains(&record.actor()));
        response.news.clear();
        if !request.push_only {
            let news = self.news(request, own, &requester.view, room)?;
            let newcomers = news.newcomers.iter().copied().filter(|actor| !asked.contains(actor));
            response.authors.extend(self.authors_in_view(newcomers, &requester.view)?);
            response.news = news.logs;
            gaps.extend(news.gaps);
        }
        response.gaps = (!gaps.is_empty()).then_some(gaps);
        Ok(())
    }

    /// The end of the phone's chain, when more of it is known here than the phone knows to be known:
    /// the phone was restored from an older copy.
    fn tail_beyond(&self, own: &Own, device: DeviceId) -> Result<Option<u64>, HubError> {
        let Some(tail) = own.tail else { return Ok(None) };
        let record = self.author(tail.actor)?;
        if record.is_none_or(|record| record.certificate.device() != device) {
            return Ok(None);
        }
        let end = self.chain_end(tail.actor)?;
        Ok((end > tail.seq.max(own.pushed_to)).then_some(end))
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
