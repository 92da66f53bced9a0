//! What becomes of what a phone brings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_case::{DocId, RawChange, limits};
use ruhu_server::HubError;
use ruhu_server::hub::{CERTIFICATE_VALID_MS, Selection};
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, Outcome, Place,
    Reason, Receipt, Role, Signature, SyncRequest, Verdict,
};
use story::{ELSEWHERE, Phone, START, VILLAGE, World, held, log};

const REFUSED: fn(Reason) -> Outcome = |reason| Outcome::Refused { reason };
const QUARANTINED: fn(Reason) -> Outcome = |reason| Outcome::Quarantined { reason };

#[test]
fn a_household_is_taken_and_its_receipt_is_signed() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (_, opened) = wang.open_household(1, VILLAGE);
    let response = world.sync(wang.device(), wang.request(std::slice::from_ref(&opened)));
    let id = log(LogClass::Household);
    assert_eq!(response.outcomes, [Outcome::Held { log: id, epoch: 1, seq: 1 }]);
    let place = Place { envelope: opened.hash(), log: id, epoch: 1, seq: 1 };
    let signature = response.receipt.unwrap().0;
    let receipt = Receipt { server_time_ms: response.server_time_ms, places: vec![place], signature };
    assert!(receipt.is_signed_by(&world.hub.public_key()));
    world.check_is_clean();
}

#[test]
fn what_is_pushed_twice_stands_once() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let edited = wang.write(doc, "case/phone", "13800000000");
    let first = world.push(&wang, &[opened.clone(), edited.clone()]);
    assert_eq!(
        world.push(&wang, &[opened.clone(), edited, opened]),
        [first[0].clone(), first[1].clone(), first[0].clone()]
    );
    assert_eq!(world.hub.check().unwrap().documents[0].changes, 2);
}

#[test]
fn a_bad_envelope_in_the_middle_does_not_hinder_the_others() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let mut forged = wang.write(doc, "case/phone", "1");
    forged.signature = Signature([7; 64]);
    let (_, last) = wang.open_household(2, VILLAGE);
    let outcomes = world.push(&wang, &[opened, forged, last]);
    assert_eq!(outcomes[1], REFUSED(Reason::BadSignature));
    assert_eq!((held(&outcomes[0]), held(&outcomes[2])), (1, 2));
    world.check_is_clean();
}

#[test]
fn an_author_who_is_not_known_or_not_ours_is_not_taken() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let request = SyncRequest { authors: vec![], ..wang.request(std::slice::from_ref(&opened)) };
    assert_eq!(world.sync(wang.device(), request).outcomes, [Outcome::UnknownAuthor]);
    held(&world.push(&wang, &[opened])[0]);

    let stranger = KeyPair::from_seed(&[99; 32]);
    let scope = "110101".parse().unwrap();
    let own =
        Certificate::issue(&stranger, stranger.public(), "某".into(), Role::Caseworker, scope, 0, i64::MAX);
    let mut stranger = Phone::new(stranger, own, [9; 16]);
    stranger.documents = wang.documents.clone();
    let edit = stranger.write(doc, "case/phone", "1");
    let request = SyncRequest { authors: vec![stranger.record.clone()], ..wang.request(&[edit]) };
    assert_eq!(world.sync(wang.device(), request).outcomes, [Outcome::UnknownAuthor]);
}

#[test]
fn an_envelope_too_large_is_refused_and_not_kept() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    world.push(&wang, &[opened]);
    let bulky = RawChange::from_body(&vec![1; limits::CHANGE_BYTES + 1]);
    let large = wang.envelope(doc, None, Body::Changes(vec![bulky]));
    assert_eq!(world.push(&wang, &[large]), [REFUSED(Reason::TooLarge)]);
    assert!(world.hub.quarantine().unwrap().is_empty());
}

#[test]
fn bytes_that_nobody_can_apply_are_kept_apart_and_the_rest_goes_on() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let mut li = world.caseworker("李经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let garbage = wang.envelope(doc, None, Body::Changes(vec![RawChange::from_body(b"garbage")]));
    li.documents = wang.documents.clone();
    let stolen = li.change(doc, "case/phone", "1");
    let not_own = wang.envelope(doc, None, Body::Changes(vec![stolen]));
    let empty = wang.envelope(doc, None, Body::Changes(vec![]));
    let (_, after) = wang.open_household(2, VILLAGE);
    let outcomes = world.push(&wang, &[opened, garbage.clone(), not_own, empty, after]);
    for outcome in &outcomes[1..4] {
        assert_eq!(*outcome, QUARANTINED(Reason::Undecodable));
    }
    held(&outcomes[4]);
    assert_eq!(world.push(&wang, std::slice::from_ref(&garbage)), [QUARANTINED(Reason::Undecodable)]);
    assert_eq!(world.hub.quarantine().unwrap().len(), 3);
    let choice = Selection::Envelopes(vec![garbage.hash()]);
    let admitted = world.hub.admit(&choice, world.now).unwrap();
    assert_eq!((admitted.envelopes, admitted.left[0].code.as_str()), (0, "inadmissible"));
    world.check_is_clean();
}

#[test]
fn a_change_of_a_type_newer_than_the_server_is_carried() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let mut li = world.caseworker("李经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let newer = wang.envelope(doc, None, Body::Changes(vec![RawChange::from_body(&[9, 3, 1, 2, 3])]));
    assert_eq!(
        world.push(&wang, &[opened.clone(), newer.clone()]).iter().map(held).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(world.pull(&mut li), [opened, newer]);
    world.check_is_clean();
}

#[test]
fn a_document_keeps_the_header_it_was_created_with() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let edit = wang.write(doc, "case/phone", "1");
    assert_eq!(world.push(&wang, std::slice::from_ref(&edit)), [Outcome::UnknownDocument]);
    assert_eq!(world.push(&wang, &[opened, edit]).iter().map(held).collect::<Vec<_>>(), [1, 2]);
    let change = wang.change(doc, "case/phone", "2");
    let moved =
        DocHeader { class: LogClass::Household, division: ELSEWHERE.parse().unwrap(), created_at_ms: START };
    let conflicting = wang.envelope(doc, Some(moved), Body::Changes(vec![change]));
    assert_eq!(world.push(&wang, &[conflicting]), [REFUSED(Reason::HeaderConflict)]);
}

#[test]
fn work_outside_the_scope_is_kept_apart_until_somebody_admits_it() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut supervisor = world.phone("赵督查", Role::Supervisor, "110101");
    let (_, next_door) = zhang.open_household(1, story::NEIGHBOUR);
    let (_, finance) = zhang.open_document(2, LogClass::Finance, VILLAGE);
    let (_, sampled) = supervisor.open_household(3, VILLAGE);
    let out = QUARANTINED(Reason::OutOfScope);
    assert_eq!(world.push(&zhang, &[next_door.clone(), finance]), [out.clone(), out.clone()]);
    assert_eq!(world.push(&supervisor, &[sampled]), [out]);
    let mut wang = world.caseworker("王经办");
    assert!(world.pull(&mut wang).is_empty());
    world.hub.admit(&Selection::Envelopes(vec![next_door.hash()]), world.now).unwrap();
    assert_eq!(world.pull(&mut wang), std::slice::from_ref(&next_door));
    held(&world.push(&zhang, &[next_door])[0]);
    world.check_is_clean();
}

#[test]
fn nobody_but_the_server_speaks_verdicts_or_makes_directories() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let verdict = Verdict { subject: opened.hash(), hide: true, reason: "revoked".into() };
    let verdict = wang.envelope(doc, None, Body::Verdict(verdict));
    let revocation = wang.envelope(doc, None, Body::Revocation(wang.device()));
    let directory = log(LogClass::Household).directory_document();
    let header =
        DocHeader { class: LogClass::Household, division: VILLAGE.parse().unwrap(), created_at_ms: 0 };
    let change = RawChange::from_body(&[9, 3, 1, 2, 3]);
    let squatting = wang.envelope(directory, Some(header), Body::Changes(vec![change]));
    let outcomes = world.push(&wang, &[opened, verdict, revocation, squatting]);
    for outcome in &outcomes[1..] {
        assert_eq!(*outcome, QUARANTINED(Reason::OutOfScope));
    }
    assert_eq!(world.hub.check().unwrap().documents[0].hidden, 0);
}

#[test]
fn what_stands_on_a_change_that_is_not_there_waits_in_the_outbox() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let first = wang.write(doc, "case/phone", "1");
    let second = wang.write(doc, "case/phone", "2");
    let missing = first.changes()[0].hash();
    assert_eq!(
        world.push(&wang, &[opened, second.clone()])[1],
        Outcome::MissingDependency { change: missing }
    );
    assert_eq!(
        world.push(&wang, &[second.clone(), first])[0],
        Outcome::MissingDependency { change: missing }
    );
    held(&world.push(&wang, &[second])[0]);
    world.check_is_clean();
}

#[test]
fn a_gap_in_the_chain_is_filled_later() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (_, first) = wang.open_household(1, VILLAGE);
    let (_, second) = wang.open_household(2, VILLAGE);
    let (_, third) = wang.open_household(3, VILLAGE);
    assert_eq!(world.push(&wang, &[third, first]).iter().map(held).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(held(&world.push(&wang, &[second])[0]), 3);
}

#[test]
fn two_phones_with_the_same_copied_database_are_told_apart_as_a_fork() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    world.push(&wang, &[opened]);
    let mut copied = wang.copy(1);
    let honest = wang.write(doc, "case/phone", "1");
    let forked = copied.write(doc, "case/phone", "2");
    let after_the_fork = copied.write(doc, "case/phone", "3");
    held(&world.push(&wang, &[honest])[0]);
    assert_eq!(world.push(&copied, &[forked, after_the_fork]), [Outcome::Fork, Outcome::Fork]);
    // A link that leads nowhere is a fork as well, also when it is the first one.
    let change = wang.change(doc, "case/phone", "4");
    let wrong_link = Envelope::sign(
        &wang.key,
        doc,
        wang.actor(),
        (wang.seq + 1, EnvelopeHash([3; 32])),
        None,
        Body::Changes(vec![change]),
    );
    assert_eq!(world.push(&wang, &[wrong_link]), [Outcome::Fork]);
    world.check_is_clean();
}

#[test]
fn two_changes_with_one_number_of_one_actor_never_both_stand() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    world.push(&wang, &[opened]);
    let mut before = wang.documents.clone();
    let one = wang.write(doc, "case/phone", "1");
    std::mem::swap(&mut wang.documents, &mut before);
    let other = wang.write(doc, "case/phone", "2");
    assert_eq!(held(&world.push(&wang, &[one])[0]), 2);
    assert_eq!(world.push(&wang, &[other]), [Outcome::Fork]);
}

#[test]
fn a_revoked_phone_delivers_into_quarantine_and_hears_nothing() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    world.push(&zhang, std::slice::from_ref(&opened));
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    let last = zhang.write(doc, "case/phone", "1");
    let request = SyncRequest { want: vec![opened.hash()], ..zhang.request(&[opened.clone(), last.clone()]) };
    let response = world.sync(zhang.device(), request);
    assert_eq!(held(&response.outcomes[0]), 1);
    assert_eq!(response.outcomes[1], QUARANTINED(Reason::Revoked));
    assert!(response.receipt.is_some() && response.revoked);
    assert!(response.news.is_empty() && response.wanted.is_none() && response.forms.is_none());
    // The others hear of the revocation, and nothing of the last work.
    let pulled = world.pull(&mut wang);
    assert_eq!(pulled.len(), 2);
    assert!(pulled.iter().any(|e| e.body == Body::Revocation(zhang.device())));
    assert_eq!(world.hub.quarantine().unwrap()[0].hash, last.hash().to_string());
    world.check_is_clean();
}

#[test]
fn honest_work_on_top_of_a_revoked_phones_work_brings_it_along_hidden() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut wang = world.caseworker("王经办");
    let mut li = world.caseworker("李经办");
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    // Wang met the revoked phone and has its work; the server holds it apart.
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    let second = zhang.write(doc, "case/phone", "1");
    assert_eq!(
        world.push(&zhang, &[opened.clone(), second.clone()]),
        [QUARANTINED(Reason::Revoked), QUARANTINED(Reason::Revoked)]
    );
    wang.take(&[opened.clone(), second.clone()]);
    let honest = wang.write(doc, "case/house_type", "砖木");
    held(&world.push(&wang, std::slice::from_ref(&honest))[0]);
    let pulled = world.pull(&mut li);
    let hidden: Vec<EnvelopeHash> = pulled
        .iter()
        .filter_map(|e| match &e.body {
            Body::Verdict(verdict) if verdict.hide && verdict.reason == "revoked" => Some(verdict.subject),
            _ => None,
        })
        .collect();
    assert_eq!(hidden, [opened.hash(), second.hash()]);
    assert!([&opened, &second, &honest].iter().all(|e| pulled.contains(e)));
    let checked = world.hub.check().unwrap();
    let heads: Vec<String> = wang.heads(doc).iter().map(ToString::to_string).collect();
    assert_eq!((&checked.documents[0].heads, checked.documents[0].hidden), (&heads, 2));
    assert!(world.hub.quarantine().unwrap().is_empty());
    world.check_is_clean();
}

#[test]
fn hiding_since_a_moment_hides_what_came_from_then_on() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    world.push(&zhang, &[opened]);
    let since = world.now + 1;
    let later = zhang.write(doc, "case/phone", "1");
    world.push(&zhang, &[later]);
    let revoked = world.hub.revoke(zhang.device(), Some(since), world.now).unwrap();
    assert_eq!((revoked.notices, revoked.hidden), (1, 1));
    let again = world.hub.revoke(zhang.device(), Some(since), world.now).unwrap();
    assert_eq!((again.notices, again.hidden), (0, 0));
    assert_eq!(world.hub.check().unwrap().documents[0].hidden, 1);
    world.check_is_clean();
}

#[test]
fn an_expired_certificate_delivers_into_quarantine() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (_, opened) = wang.open_household(1, VILLAGE);
    world.now += CERTIFICATE_VALID_MS;
    world.hub.accept_clock(world.now).unwrap();
    let response = world.sync(wang.device(), wang.request(&[opened]));
    assert_eq!(response.outcomes, [QUARANTINED(Reason::Expired)]);
    assert!(response.standing.unwrap().expired && !response.revoked && response.news.is_empty());
}

#[test]
fn a_phone_offers_work_of_others_only_from_where_it_may_look() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let zhang = world.volunteer("张网格员");
    let supervisor = world.phone("赵督查", Role::Supervisor, "110101");
    let (_, next_door) = wang.open_household(1, story::NEIGHBOUR);
    let offer = |phone: &Phone| SyncRequest {
        authors: vec![wang.record.clone()],
        ..phone.request(std::slice::from_ref(&next_door))
    };
    assert_eq!(world.sync(zhang.device(), offer(&zhang)).outcomes, [REFUSED(Reason::OutOfScope)]);
    let outcomes = world.sync(supervisor.device(), offer(&supervisor)).outcomes;
    assert_eq!(held(&outcomes[0]), 1);
}

#[test]
fn an_unknown_device_gets_no_answer() {
    let mut world = World::new();
    let device = KeyPair::from_seed(&[77; 32]).public().device_id();
    let answer = world.hub.sync(device, SyncRequest::default(), world.now);
    assert!(matches!(answer, Err(HubError::UnknownDevice)));
    assert!(matches!(world.hub.authenticate(device), Err(HubError::UnknownDevice)));
}

#[test]
fn a_device_cannot_pass_for_the_server() {
    let mut world = World::new();
    let wang = world.caseworker("王经办");
    let mut certificate = wang.record.certificate.clone();
    certificate.role = Role::Server;
    let forged = AuthorRecord { certificate, nonce: [50; 16] };
    let mut request = wang.request(&[]);
    request.authors = vec![forged.clone()];
    world.sync(wang.device(), request);
    let envelope = Envelope::sign(
        &wang.key,
        DocId([1; 16]),
        forged.actor(),
        (1, EnvelopeHash::NONE),
        None,
        Body::Revocation(wang.device()),
    );
    assert_eq!(world.push(&wang, &[envelope]), [Outcome::UnknownAuthor]);
}
