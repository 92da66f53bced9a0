//! Sync for many phones at once: who is told the same as others is told what was packed for them.

use bytes::Bytes;
use ruhu_sync::message::{LogNews, SyncRequest, SyncResponse};
use ruhu_sync::{DeviceId, codec};
use sha2::{Digest, Sha256};

use super::Hub;
use super::shared_answers::Key;
use super::unit_of_work::View;
use crate::error::HubError;

impl Hub {
    /// As [`Hub::sync_body`], for many phones at once: what is the same for several is packed once, and
    /// may tell the time of up to half a minute ago. `held` makes of an answer the bytes that are given and
    /// kept: whoever counts what is held at once does it there.
    ///
    /// # Errors
    /// Those of [`Hub::sync`].
    pub fn sync_answer(
        &mut self,
        device: DeviceId,
        request: SyncRequest,
        now_ms: i64,
        held: impl FnOnce(Vec<u8>) -> Bytes,
    ) -> Result<Bytes, HubError> {
        if !brings_nothing(&request) {
            return Ok(held(self.sync_body(device, request, now_ms)?));
        }
        if let Some(presence) = request.presence {
            self.hear_time(device, presence.time_ms, now_ms)?;
        }
        let (requester, certificate) = self.write(now_ms, |work| {
            work.learn_authors(&request.authors)?;
            work.judge_device_again(device)?;
            let requester = work.requester(device)?;
            let certificate = work.certificate_for(&requester, request.presence)?;
            Ok((requester, certificate))
        })?;
        let request = SyncRequest { authors: Vec::new(), ..request };
        let key = key_of(&requester.view, &SyncRequest { presence: None, ..request.clone() });
        let alike = !requester.is_void() && certificate.is_none();
        if let Some(body) = self.shared.get(&key, now_ms).filter(|_| alike) {
            tracing::debug!(%device, bytes = body.len(), "an answer that others got");
            return Ok(body);
        }
        let (response, body) = self.answer(device, request, now_ms)?;
        let body = held(body.unwrap_or_else(|| codec::encode_body(&response)));
        if is_alike_for_all(response) {
            self.shared.put(key, now_ms, body.clone());
        }
        Ok(body)
    }
}

/// Whether a phone gives and asks nothing that another might not. What it wrote itself is left out of
/// its news, so it must not have written anything.
fn brings_nothing(request: &SyncRequest) -> bool {
    let SyncRequest { positions, authors, answer_bytes, reads_apart, knows_gaps, presence, .. } =
        request.clone();
    let rest = SyncRequest::default();
    *request == SyncRequest { positions, authors, answer_bytes, reads_apart, knows_gaps, presence, ..rest }
}

fn key_of(view: &View, request: &SyncRequest) -> Key {
    let View { role, scope } = view;
    let mut digest = Sha256::new_with_prefix(format!("{role} {scope} "));
    digest.update(codec::to_cbor(request));
    digest.finalize().into()
}

/// Whether an answer tells of nothing but what lies in the logs, and says that more of that follows.
fn is_alike_for_all(response: SyncResponse) -> bool {
    let more = |news: &LogNews| matches!(news, LogNews::Page { sum: None, .. });
    let goes_on = response.news.iter().any(more);
    let SyncResponse { server_time_ms, forms, standing, .. } = response;
    // What the server holds of files is told by what may be seen, where the phone says nothing of its own.
    let rest = SyncResponse { news: Vec::new(), authors: Vec::new(), files: None, ..response };
    goes_on && rest == SyncResponse { server_time_ms, forms, standing, ..SyncResponse::default() }
}
