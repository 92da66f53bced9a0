//! What a request is filled with.

use ruhu_case::limits::{PAGE_CHANGES, PAGE_ENVELOPES};

use crate::codec::Encoded;
use crate::envelope::Envelope;
use crate::log::LogHead;
use crate::message::{Position, SyncRequest};
use crate::page::Page;

/// Where the device stands in a log, as a request says it.
pub(super) fn position(head: &LogHead) -> Position {
    let mut chain = [0; 8];
    chain.copy_from_slice(&head.chain[..8]);
    Position { log: head.log, epoch: head.epoch, seq: head.seq, chain }
}

/// Puts as many envelopes into the request as so many bytes hold, and gives the body and their number.
pub(super) fn fill(
    request: &mut SyncRequest,
    offerable: &[(i64, Envelope)],
    page_bytes: usize,
) -> (Vec<u8>, usize) {
    let changes = offerable.iter().scan(0, |sum, (_, envelope)| {
        *sum += envelope.changes().len();
        Some(*sum)
    });
    let mut count = changes.take_while(|sum| *sum <= PAGE_CHANGES).take(PAGE_ENVELOPES).count();
    loop {
        let envelopes: Vec<Envelope> = offerable.iter().take(count).map(|(_, e)| e.clone()).collect();
        request.push = (count > 0).then(|| Page::pack_small(&envelopes));
        let encoded = Encoded::of(request);
        let excess = encoded.excess(page_bytes);
        if excess == 1 || count <= 1 {
            return (encoded.body, count);
        }
        // In proportion, with a little room: compression is not linear.
        count = (count / excess * 15 / 16).clamp(1, count - 1);
    }
}
