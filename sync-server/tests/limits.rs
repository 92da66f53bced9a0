//! The limits of what travels, from both sides: what just fits is taken and told to the others, one more is refused by
//! its reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_case::{ActorId, ChunkKind, RawChange, Refusal, limits};
use ruhu_server::HubError;
use ruhu_sync::message::{Actor, InventoryAsk};
use ruhu_sync::{
    Body, CodecError, Envelope, LogClass, LogId, Outcome, Page, Reason, Role, SyncRequest, codec,
};
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

/// A chunk of a later type that is unlike those of other numbers.
fn numbered(number: usize) -> RawChange {
    RawChange::from_body(&[9, 3, (number >> 16) as u8, (number >> 8) as u8, number as u8])
}

fn many(phone: &mut Phone, doc: ruhu_case::DocId, numbers: std::ops::Range<usize>) -> Envelope {
    phone.envelope(doc, None, Body::Changes(numbers.map(numbered).collect()))
}

#[test]
fn an_envelope_of_as_many_changes_as_one_holds_is_carried_and_of_one_more_is_refused() {
    let (mut world, mut wang, mut li, doc) = world();
    let fits = many(&mut wang, doc, 0..limits::ENVELOPE_CHANGES);
    held(&world.push(&wang, std::slice::from_ref(&fits))[0]);
    assert_eq!(world.pull(&mut li), [fits]);
    let more = many(&mut wang, doc, 10_000..10_001 + limits::ENVELOPE_CHANGES);
    assert_eq!(world.push(&wang, &[more]), [TOO_LARGE]);
    // Earlier programs made and took up to so many; more is no page.
    let most = limits::ENVELOPE_CHANGES_READ;
    let old = many(&mut wang, doc, 20_000..20_000 + most);
    assert_eq!(Envelope::from_bytes(&old.to_bytes()).unwrap(), old);
    let beyond = many(&mut wang, doc, 20_000..20_001 + most);
    let request = SyncRequest { push: Some(Page::pack(&[beyond])), ..wang.request(&[]) };
    let refused = world.hub.sync(wang.device(), request, world.now);
    assert!(
        matches!(refused, Err(HubError::Codec(CodecError::TooLarge { limit })) if limit == most),
        "{refused:?}"
    );
}

#[test]
fn what_an_earlier_program_took_comes_back_after_a_restore_whatever_its_number_of_changes() {
    let (mut world, mut wang, li, doc) = world();
    let old = many(&mut wang, doc, 0..limits::ENVELOPE_CHANGES_READ);
    let request =
        SyncRequest { authors: vec![wang.record.clone()], ..li.request(std::slice::from_ref(&old)) };
    held(&world.sync(li.device(), request).outcomes[0]);
}

#[test]
fn an_envelope_with_an_empty_change_or_one_twice_or_one_of_another_envelope_is_kept_apart() {
    let (mut world, mut wang, _, doc) = world();
    let apart = Outcome::Quarantined { reason: Reason::Undecodable };
    for changes in [
        vec![RawChange::from_body(&[9, 0])],
        vec![numbered(1), RawChange::from_body(&[])],
        vec![numbered(1), numbered(2), numbered(1)],
    ] {
        let envelope = wang.envelope(doc, None, Body::Changes(changes));
        assert_eq!(world.push(&wang, &[envelope]), std::slice::from_ref(&apart));
    }
    let first = wang.envelope(doc, None, Body::Changes(vec![numbered(3)]));
    let again = wang.envelope(doc, None, Body::Changes(vec![numbered(4), numbered(3)]));
    let outcomes = world.push(&wang, &[first, again]);
    held(&outcomes[0]);
    assert_eq!(outcomes[1], apart);
    world.check_is_clean();
}

#[test]
fn nobody_stands_on_what_no_phone_of_this_protocol_can_apply() {
    let (mut world, mut wang, _, doc) = world();
    let newer = numbered(1);
    let carried = wang.envelope(doc, None, Body::Changes(vec![newer.clone()]));
    held(&world.push(&wang, &[carried])[0]);
    // A change as a phone makes it, whose only dependency is the chunk that nobody can apply.
    let honest = wang.change(doc, "case/phone", "1");
    let mut body = honest.body().to_vec();
    let place = body.windows(32).position(|it| it == honest.header().unwrap().deps[0].0).unwrap();
    body[place..place + 32].copy_from_slice(&newer.hash().0);
    let standing = RawChange::from_body(&body);
    assert_eq!(standing.header().unwrap().deps, [newer.hash()]);
    let envelope = wang.envelope(doc, None, Body::Changes(vec![standing]));
    let missing = Outcome::MissingDependency { change: newer.hash() };
    assert_eq!(world.push(&wang, &[envelope]), [missing]);
}

/// Two hundred and fifty envelopes of as many tiny changes as one holds, pushed in pages as a phone would.
#[test]
fn pages_of_more_changes_than_one_holds_are_told_as_several() {
    let (mut world, mut wang, mut li, doc) = world();
    let each = limits::ENVELOPE_CHANGES;
    let envelopes = limits::PAGE_CHANGES / each + 50;
    let all: Vec<Envelope> = (0..envelopes).map(|n| many(&mut wang, doc, n * each..(n + 1) * each)).collect();
    for page in all.chunks(limits::PAGE_CHANGES / each) {
        world.push(&wang, page).iter().for_each(|outcome| assert!(held(outcome) > 0));
    }
    let body = world.hub.sync_body(li.device(), li.request(&[]), world.now).unwrap();
    let told: ruhu_sync::SyncResponse = codec::decode_body(&body).unwrap();
    for news in told.news {
        let ruhu_sync::message::LogNews::Page { entries, .. } = news else { panic!("{news:?}") };
        entries.unpack().unwrap();
    }
    assert_eq!(world.pull(&mut li).len(), envelopes);
    // And by their hashes, as many as a phone asks for.
    let want: Vec<_> = all.iter().map(Envelope::hash).collect();
    let request = SyncRequest { want: want.clone(), push_only: true, ..li.request(&[]) };
    let response = world.sync(li.device(), request);
    let given = response.wanted.unwrap().unpack().unwrap();
    assert!(!given.is_empty() && given.len() < want.len(), "{}", given.len());
}

/// Envelopes of random bytes: nothing of them compresses.
#[test]
fn whatever_the_texts_are_an_answer_stays_near_a_page_for_a_phone_that_asks_again() {
    let (mut world, mut wang, mut li, doc) = world();
    let mut random = fastrand::Rng::with_seed(47);
    let envelopes: Vec<Envelope> = (0..300)
        .map(|_| {
            let mut body = newer(9_000, 0).body().to_vec();
            random.fill(&mut body[4..]);
            wang.envelope(doc, None, Body::Changes(vec![RawChange::from_body(&body)]))
        })
        .collect();
    for page in envelopes.chunks(50) {
        world.push(&wang, page).iter().for_each(|outcome| assert!(held(outcome) > 0));
    }
    let mut want: Vec<_> = envelopes.iter().map(Envelope::hash).collect();
    while !want.is_empty() {
        let request =
            SyncRequest { want: want.clone(), push_only: true, knows_gaps: Some(true), ..li.request(&[]) };
        let body = world.hub.sync_body(li.device(), request, world.now).unwrap();
        assert!(body.len() <= limits::PAGE_BYTES, "{}", body.len());
        let response: ruhu_sync::SyncResponse = codec::decode_body(&body).unwrap();
        let given = response.wanted.unwrap().unpack().unwrap();
        assert!(!given.is_empty());
        want.retain(|hash| given.iter().all(|(envelope, ..)| envelope.hash() != *hash));
    }
    // A phone that takes what is not given for gone gets as much as it can read.
    let want = envelopes.iter().map(Envelope::hash).collect();
    let request = SyncRequest { want, push_only: true, ..li.request(&[]) };
    let response = world.sync(li.device(), request);
    assert_eq!(response.wanted.unwrap().unpack().unwrap().len(), envelopes.len());
    assert_eq!(world.pull(&mut li), envelopes);
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

#[test]
fn of_more_logs_than_one_request_asks_about_the_first_are_answered_and_asked_again_the_rest() {
    let mut world = World::new();
    let supervisor = world.phone("督查", Role::Supervisor, "110101");
    let ask = |number: usize| {
        let log = LogId::new(&format!("110101{number:03}001"), LogClass::Household).unwrap();
        InventoryAsk { log, after: 0 }
    };
    for (asked, answered) in [
        (limits::INVENTORY_LOGS, limits::INVENTORY_LOGS),
        (limits::INVENTORY_LOGS + 1, limits::INVENTORY_LOGS),
    ] {
        let asks: Vec<InventoryAsk> = (1..=asked).map(ask).collect();
        let request = SyncRequest { inventory: asks.clone(), push_only: true, ..supervisor.request(&[]) };
        let answer = world.sync(supervisor.device(), request);
        let logs: Vec<LogId> = answer.inventory.iter().map(|page| page.log).collect();
        let expected: Vec<LogId> = asks.iter().take(answered).map(|ask| ask.log).collect();
        assert_eq!(logs, expected);
    }
}

#[test]
fn of_more_authors_than_one_request_asks_for_the_first_are_answered() {
    let (mut world, wang, li, _) = world();
    let nobody =
        |number: usize| Actor(ActorId([&[7; 8][..], &number.to_be_bytes()].concat().try_into().unwrap()));
    for (before, known) in [(limits::REQUEST_AUTHORS - 1, 1), (limits::REQUEST_AUTHORS, 0)] {
        let asked = (0..before).map(nobody).chain([Actor(wang.actor())]).collect();
        let request = SyncRequest { want_authors: asked, push_only: true, ..li.request(&[]) };
        let answer = world.sync(li.device(), request);
        assert_eq!(answer.authors.len(), known, "after {before} others");
    }
}
