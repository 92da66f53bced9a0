//! What a phone is told: pages, positions, inventories, and what happens after a restore.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use bytes::Bytes;
use proptest::prelude::*;
use ruhu_case::RawChange;
use ruhu_case::limits::INVENTORY_HASHES;
use ruhu_case::limits::PAGE_BYTES;
use ruhu_server::{Hub, HubError};
use ruhu_sync::message::{Actor, Entries, InventoryAsk, LogNews, Position, SyncResponse};
use ruhu_sync::{
    Body, Envelope, EnvelopeHash, LogClass, LogId, LogSum, Outcome, Reason, Role, SyncRequest, codec,
};
use story::{ELSEWHERE, NEIGHBOUR, Phone, VILLAGE, World, held, log, sum_of};

fn sums(response: &SyncResponse) -> Vec<(LogId, LogSum)> {
    let sum = |news: &LogNews| match news {
        LogNews::Page { head, sum, .. } => sum.map(|sum| (head.log, sum)),
        _ => None,
    };
    response.news.iter().filter_map(sum).collect()
}

#[test]
fn a_second_phone_gets_what_the_first_brought_and_an_idle_one_gets_nothing() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let edited = wang.write(doc, "case/phone", "1");
    let pushed = [opened, edited];
    let response = world.sync(wang.device(), wang.request(&pushed));
    // The phone that brought it hears where the log ends now, and gets nothing back.
    let LogNews::Page { head, entries, sum } = &response.news[0] else { panic!("{response:?}") };
    assert_eq!(
        (head.seq, entries, *sum),
        (2, &Entries::default(), Some(sum_of(&pushed.clone().map(|e| e.hash()))))
    );
    assert_eq!(world.pull(&mut li), pushed);
    let idle = world.sync(li.device(), li.request(&[]));
    assert!(idle.news.is_empty());
    let body = codec::encode_body(&SyncResponse { server_time_ms: world.now, ..idle });
    assert!(body.len() < 100, "{}", body.len());
}

#[test]
fn a_volunteer_sees_the_village_and_no_finance() {
    let mut world = World::new();
    let (mut wang, mut zhang) = (world.caseworker("王经办"), world.volunteer("张网格员"));
    let mut supervisor = world.phone("赵督查", Role::Supervisor, "110101");
    let mut elsewhere = world.phone("孙经办", Role::Caseworker, "110101002");
    let (_, own) = wang.open_household(1, VILLAGE);
    let (_, next_door) = wang.open_household(2, NEIGHBOUR);
    let (_, finance) = wang.open_document(3, LogClass::Finance, VILLAGE);
    let (_, far) = elsewhere.open_household(4, ELSEWHERE);
    world.push(&wang, &[own.clone(), next_door.clone(), finance.clone()]);
    world.push(&elsewhere, std::slice::from_ref(&far));
    assert_eq!(world.pull(&mut zhang), std::slice::from_ref(&own));
    assert_eq!(zhang.positions[&log(LogClass::Household)].seq, 2);
    let all = [own, next_door, finance, far];
    let pulled = world.pull(&mut supervisor);
    assert!(pulled.len() == 4 && all.iter().all(|e| pulled.contains(e)));
    assert!(world.pull(&mut elsewhere).is_empty());
}

#[test]
fn the_checksum_told_is_that_of_the_rows_told() {
    let mut world = World::new();
    let (mut wang, mut zhang) = (world.caseworker("王经办"), world.volunteer("张网格员"));
    for number in 0..6 {
        let (_, opened) = wang.open_household(number, [VILLAGE, NEIGHBOUR][usize::from(number % 2)]);
        world.push(&wang, &[opened]);
    }
    world.pull(&mut zhang);
    let (_, another) = wang.open_household(9, VILLAGE);
    world.push(&wang, &[another]);
    let response = world.sync(zhang.device(), zhang.request(&[]));
    let id = log(LogClass::Household);
    let LogNews::Page { entries, .. } = response.news[0].clone() else { panic!() };
    zhang.seen.get_mut(&id).unwrap().extend(entries.unpack().unwrap().iter().map(|(e, _, _)| e.hash()));
    assert_eq!(zhang.seen[&id].len(), 4);
    assert_eq!(sums(&response), [(id, sum_of(&zhang.seen[&id]))]);
}

/// Changes of a type that nobody reads, with bytes that do not compress.
fn bulky(phone: &mut Phone, number: u8, size: usize) -> Envelope {
    let (doc, opened) = phone.open_household(number, VILLAGE);
    let mut state = 0x9e37_79b9_u32 ^ u32::from(number);
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    let contents: Vec<u8> = (0..size).map(|_| noise()).collect();
    let mut body = vec![9];
    let mut length = size;
    while length > 0x7f {
        body.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    body.push(length as u8);
    body.extend(contents);
    let header = opened.header.clone();
    phone.seq -= 1;
    phone.prev = opened.prev;
    phone.envelope(doc, header, Body::Changes(vec![RawChange::from_body(&body)]))
}

#[test]
fn a_long_log_comes_in_pages_that_fit_the_wire() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let all: Vec<Envelope> = (0..20).map(|number| bulky(&mut wang, number, 60_000)).collect();
    for some in all.chunks(5) {
        assert!(world.push(&wang, some).iter().all(|outcome| held(outcome) > 0));
    }
    let first = world.sync(li.device(), li.request(&[]));
    let LogNews::Page { head, entries, sum: None } = first.news[0].clone() else { panic!() };
    assert!(head.seq > 1 && head.seq < 20);
    assert_eq!(entries.unpack().unwrap().len() as u64, head.seq);
    assert!(codec::encode_body(&first).len() <= PAGE_BYTES);
    let before = world.now;
    assert_eq!(world.pull(&mut li), all);
    assert!(world.now - before > 2_000, "one page took it all");
}

#[test]
fn a_phone_on_a_bad_line_gets_answers_of_the_size_it_asks_for_and_everything_in_the_end() {
    let mut world = World::new();
    let (mut wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let all: Vec<Envelope> = (0..40).map(|number| bulky(&mut wang, number, 3_000)).collect();
    assert!(world.push(&wang, &all).iter().all(|outcome| held(outcome) > 0));
    let asked = |most: u32| SyncRequest { answer_bytes: Some(most), ..li.request(&[]) };
    for (most, at_most) in
        [(64 * 1024, 64 * 1024), (8 * 1024, 8 * 1024), (0, 4 * 1024), (u32::MAX, PAGE_BYTES)]
    {
        let answer = world.sync(li.device(), asked(most));
        let LogNews::Page { head, entries, .. } = answer.news[0].clone() else { panic!() };
        assert!(codec::encode_body(&answer).len() <= at_most, "asked for {most}");
        assert!(head.seq >= 1, "a page holds at least one envelope");
        assert_eq!(entries.unpack().unwrap().len() as u64, head.seq);
    }
}

#[test]
fn new_phones_that_may_see_the_same_are_told_the_same_page_packed_once() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let all: Vec<Envelope> = (0..40).map(|number| bulky(&mut wang, number, 60_000)).collect();
    for some in all.chunks(5) {
        world.push(&wang, some);
    }
    let (li, zhao, chen) =
        (world.caseworker("李经办"), world.caseworker("赵经办"), world.volunteer("陈网格"));
    let ask = |world: &mut World, phone: &Phone, later_ms: i64| {
        let request = SyncRequest { tail: None, ..phone.request(&[]) };
        let now = world.now + later_ms;
        let body = world.hub.sync_answer(phone.device(), request, now, Bytes::from).unwrap();
        (codec::decode_body::<SyncResponse>(&body).unwrap(), body)
    };
    let (first, li_got) = ask(&mut world, &li, 0);
    assert!(matches!(first.news[..], [LogNews::Page { sum: None, .. }]), "more follows");
    // More is pushed meanwhile: of what the page tells nothing has changed.
    let more = bulky(&mut wang, 41, 1_000);
    world.push(&wang, std::slice::from_ref(&more));
    let before = first.server_time_ms;
    let (second, zhao_got) = ask(&mut world, &zhao, 5_000);
    assert_eq!((second.server_time_ms, zhao_got), (before, li_got), "it was not packed again");
    assert!(ask(&mut world, &zhao, 40_000).0.server_time_ms > before, "nothing is told for ever");
    // Somebody who may see something else is told something else.
    assert!(ask(&mut world, &chen, 5_000).0.server_time_ms > before);
    // Whoever was revoked since is told nothing.
    world.hub.revoke(zhao.device(), None, world.now).unwrap();
    let (revoked, _) = ask(&mut world, &zhao, 6_000);
    assert!(revoked.revoked && revoked.news.is_empty());
    // Somebody who wrote some of it is not sent back what he has.
    let (own, _) = {
        let request = SyncRequest { positions: Vec::new(), ..wang.request(&[]) };
        let body = world.hub.sync_answer(wang.device(), request, world.now + 7_000, Bytes::from).unwrap();
        (codec::decode_body::<SyncResponse>(&body).unwrap(), body)
    };
    for news in own.news {
        let LogNews::Page { entries, .. } = news else { panic!("{news:?}") };
        assert!(entries.unpack().unwrap().iter().all(|(envelope, ..)| envelope.actor != wang.actor()));
    }
}

#[test]
fn a_phone_that_reads_changes_taken_apart_is_told_them_so_and_an_older_one_whole() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let visited = |number: u8, wang: &mut Phone| {
        let (doc, opened) = wang.open_household(number, VILLAGE);
        [opened, wang.write(doc, "case/remark", &"屋顶漏雨，老人卧床。".repeat(60))]
    };
    let pushed: Vec<Envelope> = (0..60).flat_map(|number| visited(number, &mut wang)).collect();
    world.push(&wang, &pushed);
    let (li, zhao, chen) =
        (world.caseworker("李经办"), world.caseworker("赵经办"), world.caseworker("陈经办"));
    // So little at once that more follows: what is told is kept for others who ask the same.
    let told = |world: &mut World, phone: &Phone, reads_apart: Option<bool>| {
        let request =
            SyncRequest { tail: None, reads_apart, answer_bytes: Some(8 * 1024), ..phone.request(&[]) };
        let body = world.hub.sync_answer(phone.device(), request, world.now, Bytes::from).unwrap();
        let answer: SyncResponse = codec::decode_body(&body).unwrap();
        let [LogNews::Page { entries, sum: None, .. }] = &answer.news[..] else { panic!("{answer:?}") };
        (entries.clone(), body)
    };
    let (apart, body) = told(&mut world, &li, Some(true));
    let (whole, _) = told(&mut world, &zhao, None);
    assert_eq!(told(&mut world, &chen, Some(true)).1, body, "told as to the first who asked so");
    for (entries, pack) in [(&whole, Entries::pack as fn(&_) -> _), (&apart, Entries::pack_small)] {
        let rows = entries.clone().unpack().unwrap();
        assert_eq!(entries, &pack(&rows));
        assert!(rows.iter().zip(&pushed).all(|((envelope, ..), pushed)| envelope == pushed));
        assert_ne!(Entries::pack(&rows), Entries::pack_small(&rows), "enough to be taken apart");
    }
    // And so it is with what a phone asks for by its hash.
    let want: Vec<EnvelopeHash> = pushed.iter().map(Envelope::hash).collect();
    for (reads_apart, pack) in [(None, Entries::pack as fn(&_) -> _), (Some(true), Entries::pack_small)] {
        let request = SyncRequest { want: want.clone(), reads_apart, push_only: true, ..li.request(&[]) };
        let entries = world.sync(li.device(), request).wanted.unwrap();
        let rows = entries.clone().unpack().unwrap();
        assert_eq!((rows.len(), &entries), (pushed.len(), &pack(&rows)));
    }
}

#[test]
fn a_phone_with_several_long_logs_is_brought_back_for_the_last_of_them() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let households: Vec<Envelope> = (0..10).map(|number| bulky(&mut wang, number, 60_000)).collect();
    let (_, lead) = wang.open_document(30, LogClass::Lead, VILLAGE);
    world.push(&wang, &households);
    world.push(&wang, std::slice::from_ref(&lead));
    let pulled = world.pull(&mut li);
    assert_eq!(pulled.len(), 11);
    assert!(pulled.contains(&lead));
}

#[test]
fn an_inventory_and_what_is_wanted_stay_within_the_view() {
    let mut world = World::new();
    let (mut wang, zhang) = (world.caseworker("王经办"), world.volunteer("张网格员"));
    let (_, own) = wang.open_household(1, VILLAGE);
    let (_, next_door) = wang.open_household(2, NEIGHBOUR);
    let (_, finance) = wang.open_document(3, LogClass::Finance, VILLAGE);
    world.push(&wang, &[next_door.clone(), own.clone(), finance.clone()]);
    let ask = |class| InventoryAsk { log: log(class), after: 0 };
    let request = SyncRequest {
        push_only: true,
        inventory: vec![ask(LogClass::Household), ask(LogClass::Finance), ask(LogClass::Lead)],
        want: vec![own.hash(), next_door.hash(), finance.hash(), EnvelopeHash([9; 32])],
        want_authors: vec![Actor(wang.actor()), Actor(zhang.actor())],
        ..zhang.request(&[])
    };
    let response = world.sync(zhang.device(), request);
    let rows: Vec<_> =
        response.inventory.iter().map(|page| (page.rows(), page.more, page.head.seq)).collect();
    assert_eq!(rows, [(vec![(own.hash(), 2)], false, 2), (vec![], false, 0), (vec![], false, 0)]);
    let wanted = response.wanted.unwrap().unpack().unwrap();
    assert_eq!(wanted.iter().map(|(e, seq, _)| (e.clone(), *seq)).collect::<Vec<_>>(), [(own, 2)]);
    assert_eq!(response.authors, [wang.record]);
    assert!(response.news.is_empty());
}

#[test]
fn an_inventory_longer_than_a_page_goes_on_where_it_ended() {
    let mut world = World::new();
    let (mut wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let mut hashes = vec![opened.hash()];
    held(&world.push(&wang, &[opened])[0]);
    while hashes.len() <= INVENTORY_HASHES {
        let note = |wang: &mut Phone, n: usize| {
            let body = [vec![9, 4], (n as u32).to_be_bytes().to_vec()].concat();
            wang.envelope(doc, None, Body::Changes(vec![RawChange::from_body(&body)]))
        };
        let some: Vec<Envelope> = (0..2_000).map(|n| note(&mut wang, hashes.len() + n)).collect();
        hashes.extend(some.iter().map(Envelope::hash));
        assert!(world.push(&wang, &some).iter().all(|outcome| held(outcome) > 0));
    }
    let id = log(LogClass::Household);
    let ask = |after| SyncRequest {
        push_only: true,
        inventory: vec![InventoryAsk { log: id, after }],
        ..li.request(&[])
    };
    let first = world.sync(li.device(), ask(0)).inventory.remove(0);
    assert!(first.more && first.head.seq == INVENTORY_HASHES as u64);
    let second = world.sync(li.device(), ask(first.head.seq)).inventory.remove(0);
    assert!(!second.more && second.head.seq == hashes.len() as u64);
    let rows = [first.rows(), second.rows()].concat();
    assert_eq!(rows.iter().map(|(hash, _)| *hash).collect::<Vec<_>>(), hashes);
}

#[test]
fn a_phone_restored_from_a_copy_is_told_how_far_its_chain_went() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let copy = wang.copy(1);
    world.push(&wang, std::slice::from_ref(&opened));
    let edited = wang.write(doc, "case/phone", "1");
    let response = world.sync(wang.device(), wang.request(&[edited]));
    assert_eq!(response.tail, None);
    assert_eq!(world.sync(wang.device(), copy.request(&[])).tail, Some(2));
    // Of somebody else's chain nothing is told.
    let li = world.caseworker("李经办");
    let curious = SyncRequest { tail: copy.request(&[]).tail, ..li.request(&[]) };
    assert_eq!(world.sync(li.device(), curious).tail, None);
}

#[test]
fn a_server_restored_from_yesterday_gets_back_what_the_phones_hold() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let id = log(LogClass::Household);
    let (doc, opened) = wang.open_household(1, VILLAGE);
    world.push(&wang, std::slice::from_ref(&opened));
    let yesterday = world.back_up();
    let mut sun = world.caseworker("孙经办");
    let zhang = world.volunteer("张网格员");
    let edited = wang.write(doc, "case/phone", "1");
    world.push(&wang, std::slice::from_ref(&edited));
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    let notice = world.pull(&mut li).into_iter().find(|e| matches!(e.body, Body::Revocation(_))).unwrap();
    let server =
        world.sync(li.device(), SyncRequest { want_authors: vec![Actor(notice.actor)], ..li.request(&[]) });
    world.restore(&yesterday);

    // The restored server has never seen this position: it asks for its own signature on it.
    let response = world.sync(li.device(), li.request(&[]));
    assert!(response.news.contains(&LogNews::Prove { log: id }), "{:?}", response.news);
    let proofs: Vec<_> = li.positions.values().cloned().collect();
    let response = world.sync(li.device(), SyncRequest { proofs, ..li.request(&[]) });
    assert!(response.news.contains(&LogNews::NewEpoch { log: id, epoch: 2 }), "{:?}", response.news);

    // Everything the phone holds is offered again, the server's own notice with its record.
    let offer = SyncRequest { authors: server.authors, ..li.request(&[edited.clone(), notice.clone()]) };
    let outcomes = world.sync(li.device(), offer).outcomes;
    assert_eq!(outcomes[0], Outcome::Held { log: id, epoch: 2, seq: 2 });
    assert!(matches!(outcomes[1], Outcome::Held { .. }));

    // The revoked phone is revoked again; a phone enrolled after the copy is known again by its record.
    let revoked = SyncRequest { authors: vec![zhang.record.clone()], ..zhang.request(&[]) };
    assert!(world.sync(zhang.device(), revoked).revoked);
    assert!(matches!(world.hub.authenticate(sun.device()), Err(HubError::UnknownDevice)));
    assert_eq!(world.hub.authenticate_sync(sun.device(), &sun.request(&[])).unwrap(), sun.key.public());
    assert_eq!(world.pull(&mut sun).len(), 3);

    // Another phone that stood in the old epoch compares as well.
    let response =
        world.sync(wang.device(), SyncRequest { positions: old_position(&li, id), ..wang.request(&[]) });
    assert!(response.news.contains(&LogNews::NewEpoch { log: id, epoch: 2 }));
    world.check_is_clean();
}

fn old_position(phone: &Phone, id: LogId) -> Vec<Position> {
    let mut positions = phone.request(&[]).positions;
    positions.retain(|position| position.log == id);
    positions
}

#[test]
fn a_server_that_forgot_a_whole_log_raises_its_epoch_too() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let empty = world.back_up();
    let (_, opened) = wang.open_household(1, VILLAGE);
    world.push(&wang, &[opened]);
    world.pull(&mut li);
    world.restore(&empty);
    let id = log(LogClass::Household);
    let proofs: Vec<_> = li.positions.values().cloned().collect();
    let response = world.sync(li.device(), SyncRequest { proofs, ..li.request(&[]) });
    assert_eq!(response.news, [LogNews::NewEpoch { log: id, epoch: 2 }]);
}

#[test]
fn nobody_raises_an_epoch_without_the_servers_signature() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (_, opened) = wang.open_household(1, VILLAGE);
    world.push(&wang, &[opened]);
    world.pull(&mut li);
    let id = log(LogClass::Household);
    let bogus = Position { log: id, epoch: 7, seq: 9, chain: [9; 8] };
    let ask = |proofs| SyncRequest { positions: vec![bogus], proofs, ..li.request(&[]) };
    assert_eq!(world.sync(li.device(), ask(vec![])).news, [LogNews::Prove { log: id }]);
    let mut forged = li.positions[&id].clone();
    (forged.epoch, forged.seq) = (7, 9);
    let genuine = li.positions[&id].clone();
    for proof in [forged, genuine] {
        let response = world.sync(li.device(), ask(vec![proof]));
        assert_eq!(response.news, [LogNews::NewEpoch { log: id, epoch: 1 }]);
    }
}

#[test]
fn what_was_answered_is_there_when_the_server_opens_again() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (_, opened) = wang.open_household(1, VILLAGE);
    world.push(&wang, std::slice::from_ref(&opened));
    let data = world.hub.dir().to_owned();
    let key = world.hub.public_key();
    world.hub = Hub::open(&data, world.now).unwrap();
    assert_eq!(world.hub.public_key(), key);
    assert_eq!(world.pull(&mut li), [opened]);
}

#[test]
fn each_opening_of_the_server_is_another_author() {
    let mut world = World::new();
    let first = world.volunteer("张网格员");
    let second = world.volunteer("周网格员");
    let mut wang = world.caseworker("王经办");
    world.hub.revoke(first.device(), None, world.now).unwrap();
    world.hub = Hub::open(world.hub.dir(), world.now).unwrap();
    world.hub.revoke(second.device(), None, world.now).unwrap();
    let notices = world.pull(&mut wang);
    assert_eq!(notices.len(), 2);
    assert_ne!(notices[0].actor, notices[1].actor);
    assert_eq!((notices[0].seq, notices[1].seq), (1, 1));
    world.check_is_clean();
}

#[test]
fn an_administrator_works_beside_the_running_server() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut beside = Hub::open_existing(world.hub.dir(), world.now).unwrap();
    beside.revoke(zhang.device(), None, world.now).unwrap();
    let (_, opened) = zhang.open_household(1, VILLAGE);
    let reason = Reason::Revoked;
    assert_eq!(world.push(&zhang, &[opened]), [Outcome::Quarantined { reason }]);
    assert_eq!(beside.quarantine().unwrap().len(), 1);
    assert!(matches!(Hub::open_existing(world.dir.path(), world.now), Err(HubError::Storage(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_bytes_of_a_request_are_an_error_or_an_answer(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut world = World::new();
        let mut wang = world.caseworker("王经办");
        let (doc, opened) = wang.open_household(1, VILLAGE);
        let edited = wang.write(doc, "case/phone", "1");
        let mut bytes = codec::to_cbor(&wang.request(&[opened, edited]));
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(request) = codec::from_cbor::<SyncRequest>(&bytes) {
            match world.hub.sync(wang.device(), request, world.now) {
                Ok(_) | Err(HubError::Codec(_)) => {}
                Err(error) => prop_assert!(false, "{error:?}"),
            }
        }
        let findings = world.hub.check().unwrap().findings;
        // A change with flipped bytes may be sound outside and not inside; nothing else is ever wrong.
        prop_assert!(findings.iter().all(|f| f.code == "change"), "{findings:?}");
    }
}
