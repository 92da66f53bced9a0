//! The limits of what travels, from both sides: what just fits is taken and told to the others, one more is refused by
//! its reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_case::{ChunkKind, RawChange, Refusal, limits};
use ruhu_server::HubError;
use ruhu_sync::{Body, CodecError, Envelope, Outcome, Page, Reason, SyncRequest, codec};
use story::{Phone, VILLAGE, World, held};

/// A chunk of a later type, this long as it travels: what the server carries without looking into it.
fn newer(bytes: usize, fill: u8) -> RawChange {
    let contents = bytes - 4;
    let mut body = vec![9];
    // Three bytes of length.
    body.extend([
        (contents & 0x7f) as u8 | 0x80,
        (contents >> 7 & 0x7f) as u8 | 0x80,
        (contents >> 14) as u8,
    ]);
    body.resize(bytes, fill);
    RawChange::from_body(&body)
}

fn world() -> (World, Phone, Phone, ruhu_case::DocId) {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (doc, opened) = wang.open_household(1, VILLAGE);
    held(&world.push(&wang, &[opened])[0]);
    assert_eq!(world.pull(&mut li).len(), 1);
    (world, wang, li, doc)
}

const TOO_LARGE: Outcome = Outcome::Refused { reason: Reason::TooLarge };

#[test]
fn a_change_of_the_largest_size_is_carried_and_one_byte_more_is_not() {
    let (mut world, mut wang, mut li, doc) = world();
    let largest = newer(limits::CHANGE_BYTES, 1);
    assert_eq!((largest.kind(), largest.body().len()), (&ChunkKind::Newer, limits::CHANGE_BYTES));
    let fits = wang.envelope(doc, None, Body::Changes(vec![largest]));
    held(&world.push(&wang, std::slice::from_ref(&fits))[0]);
    assert_eq!(world.pull(&mut li), [fits]);
    let larger = newer(limits::CHANGE_BYTES + 1, 1);
    assert_eq!(larger.kind(), &ChunkKind::Unreadable(Refusal::TooLarge));
    let envelope = wang.envelope(doc, None, Body::Changes(vec![larger]));
    assert_eq!(world.push(&wang, &[envelope]), [TOO_LARGE]);
}

#[test]
fn an_envelope_of_the_largest_size_is_carried_and_one_byte_more_is_not() {
    let (mut world, mut wang, mut li, doc) = world();
    let room = limits::ENVELOPE_BYTES - limits::ENVELOPE_OVERHEAD;
    let sized = |wang: &mut Phone, bytes: usize| -> Envelope {
        let full = bytes / limits::CHANGE_BYTES;
        let mut changes: Vec<RawChange> =
            (0..full).map(|n| newer(limits::CHANGE_BYTES, 2 + n as u8)).collect();
        changes.push(newer(bytes % limits::CHANGE_BYTES, 1));
        wang.envelope(doc, None, Body::Changes(changes))
    };
    let fits = sized(&mut wang, room);
    assert_eq!(fits.raw_size(), limits::ENVELOPE_BYTES);
    held(&world.push(&wang, std::slice::from_ref(&fits))[0]);
    assert_eq!(world.pull(&mut li), [fits]);
    let larger = sized(&mut wang, room + 1);
    assert_eq!(world.push(&wang, &[larger]), [TOO_LARGE]);
}

#[test]
fn an_envelope_of_as_many_changes_as_one_holds_is_carried_and_of_one_more_is_no_page() {
    let (mut world, mut wang, mut li, doc) = world();
    let many = |wang: &mut Phone, count: usize| {
        let change = |n: usize| RawChange::from_body(&[9, 2, (n >> 8) as u8, n as u8]);
        wang.envelope(doc, None, Body::Changes((0..count).map(change).collect()))
    };
    let fits = many(&mut wang, limits::ENVELOPE_CHANGES);
    held(&world.push(&wang, std::slice::from_ref(&fits))[0]);
    assert_eq!(world.pull(&mut li), [fits]);
    let more = many(&mut wang, limits::ENVELOPE_CHANGES + 1);
    let request = SyncRequest { push: Some(Page::pack(&[more])), ..wang.request(&[]) };
    let refused = world.hub.sync(wang.device(), request, world.now);
    assert!(
        matches!(refused, Err(HubError::Codec(CodecError::TooLarge { limit: limits::ENVELOPE_CHANGES }))),
        "{refused:?}"
    );
}

#[test]
fn envelopes_of_the_largest_size_that_do_not_compress_travel_both_ways() {
    let (mut world, mut wang, mut li, doc) = world();
    let mut state = 1u64;
    let mut noise = |bytes: usize| -> RawChange {
        let mut body = newer(bytes, 0).body().to_vec();
        for byte in &mut body[4..] {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (state >> 56) as u8;
        }
        RawChange::from_body(&body)
    };
    let part = (limits::ENVELOPE_BYTES - limits::ENVELOPE_OVERHEAD) / 4;
    let envelopes: Vec<Envelope> = (0..3)
        .map(|_| wang.envelope(doc, None, Body::Changes((0..4).map(|_| noise(part)).collect())))
        .collect();
    for envelope in &envelopes {
        let request = wang.request(std::slice::from_ref(envelope));
        let body = codec::encode_body(&request);
        assert!((limits::ENVELOPE_BYTES..limits::REQUEST_BYTES).contains(&body.len()), "{}", body.len());
        let read: SyncRequest = codec::decode_body(&body).unwrap();
        held(&world.sync(wang.device(), read).outcomes[0]);
    }
    // As many as a phone may ask for by their hashes, in one answer.
    let request = SyncRequest { want: envelopes.iter().map(Envelope::hash).collect(), ..li.request(&[]) };
    let body = world.hub.sync_body(li.device(), request, world.now).unwrap();
    assert!(body.len() <= limits::BODY_BYTES, "{}", body.len());
    let response: ruhu_sync::SyncResponse = codec::decode_body(&body).unwrap();
    assert_eq!(response.wanted.unwrap().unpack().unwrap().len(), 3);
    assert_eq!(world.pull(&mut li), envelopes);
}

#[test]
fn a_form_of_the_largest_size_is_published_and_one_byte_more_is_not() {
    let mut world = World::new();
    let form = vec![b'f'; limits::FORM_BYTES + 1];
    world.hub.publish_form("large", "1", &form[1..], world.now).unwrap();
    assert_eq!(world.hub.form("large", "1").unwrap().len(), limits::FORM_BYTES);
    let refused = world.hub.publish_form("large", "2", &form, world.now);
    assert!(matches!(refused, Err(HubError::FormTooLarge)), "{refused:?}");
}
