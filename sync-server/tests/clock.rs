//! Judgements by a clock, and how they are taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_server::HubError;
use ruhu_server::hub::{CERTIFICATE_VALID_MS, Doubt, EnrollError, Invitation, JUMP_MS, RENEWAL_MS};
use ruhu_sync::message::{Presence, Standing};
use ruhu_sync::{Body, Outcome, Reason, Role, SyncRequest, SyncResponse};
use story::{Phone, VILLAGE, World, enroll_request, held};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const EXPIRED: Outcome = Outcome::Quarantined { reason: Reason::Expired };

fn invitation(person: &str) -> Invitation {
    let scope = "110101001".parse().unwrap();
    Invitation { person: person.into(), role: Role::Caseworker, scope, valid_ms: 60_000 }
}

/// A sync of a phone whose clock is so far ahead of the server's.
fn sync_at(world: &mut World, phone: &Phone, ahead_ms: i64) -> SyncResponse {
    let time_ms = world.now + ahead_ms;
    let until = phone.record.certificate.expires_at_ms;
    let presence = Some(Presence { time_ms, certificate_until_ms: until, dismissed: None });
    world.sync(phone.device(), SyncRequest { presence, ..phone.request(&[]) })
}

fn standing(response: &SyncResponse) -> Standing {
    response.standing.unwrap()
}

#[test]
fn a_clock_that_jumps_ends_nobody_and_issues_nothing_until_it_is_mended() {
    for jump in [1_096 * DAY_MS, -DAY_MS] {
        let mut world = World::new();
        let mut wang = world.caseworker("王经办");
        let code = world.hub.issue_code(invitation("李经办"), "http://127.0.0.1:1", None, world.now).unwrap();
        world.now += jump;
        let (_, opened) = wang.open_household(1, VILLAGE);
        let response = world.sync(wang.device(), wang.request(&[opened]));
        held(&response.outcomes[0]);
        assert_eq!(standing(&response), Standing { expired: false, clock_in_doubt: true });
        assert!(response.certificate.is_none());
        let issued = world.hub.issue_code(invitation("赵经办"), "http://127.0.0.1:1", None, world.now);
        assert!(matches!(issued, Err(HubError::ClockInDoubt)));
        let key = ruhu_sync::KeyPair::from_seed(&[9; 32]);
        let enrolled = world.hub.enroll(&enroll_request(&key, code.secret), world.now);
        assert!(matches!(enrolled, Err(HubError::ClockInDoubt)));
        assert!(matches!(world.hub.renew(wang.device(), world.now), Err(HubError::ClockInDoubt)));
        let findings = world.hub.check().unwrap().findings;
        assert_eq!(findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>(), ["clock"]);
        // Mended: the code is as good as before.
        world.now -= jump;
        world.hub.enroll(&enroll_request(&key, code.secret), world.now).unwrap();
        assert_eq!(world.hub.clock().unwrap().doubt, None);
        world.check_is_clean();
    }
}

#[test]
fn what_was_kept_apart_by_a_wrong_clock_is_there_for_all_when_it_is_right() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let mut li = world.caseworker("李经办");
    let right = world.now;
    world.now += CERTIFICATE_VALID_MS;
    world.hub.accept_clock(world.now).unwrap();
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let second = wang.write(doc, "case/phone", "1");
    let both = [opened.clone(), second.clone()];
    let response = world.sync(wang.device(), wang.request(&both));
    assert_eq!(response.outcomes, [EXPIRED, EXPIRED]);
    assert_eq!(standing(&response), Standing { expired: true, clock_in_doubt: false });
    assert!(!response.revoked, "expired is not revoked");
    // Somebody looks at the clock. Nobody does anything else.
    world.now = right;
    world.hub.accept_clock(world.now).unwrap();
    assert!(world.hub.quarantine().unwrap().is_empty());
    assert_eq!(world.pull(&mut li), both);
    assert_eq!(world.hub.check().unwrap().documents[0].hidden, 0);
    let again = world.push(&wang, &both);
    assert_eq!(again.iter().map(held).collect::<Vec<_>>(), [1, 2]);
    world.check_is_clean();
}

#[test]
fn a_phone_that_comes_by_in_time_is_renewed_until_it_has_its_certificate() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let first = wang.record.certificate.clone();
    assert!(sync_at(&mut world, &wang, 0).certificate.is_none());
    world.now = first.expires_at_ms - RENEWAL_MS + DAY_MS;
    world.hub.accept_clock(world.now).unwrap();
    // An older phone, which says nothing of its certificate, is given none.
    assert!(world.sync(wang.device(), wang.request(&[])).certificate.is_none());
    let renewed = sync_at(&mut world, &wang, 0).certificate.unwrap();
    assert!(renewed.is_issued_by(&world.hub.public_key()) && renewed.key() == first.key());
    assert_eq!((&renewed.person, renewed.role, &renewed.scope), (&first.person, first.role, &first.scope));
    assert!(renewed.expires_at_ms > first.expires_at_ms);
    // The answer was lost: the same one is given again.
    assert_eq!(sync_at(&mut world, &wang, 0).certificate.unwrap(), renewed);
    wang.record.certificate = renewed;
    assert!(sync_at(&mut world, &wang, 0).certificate.is_none());
    world.now = first.expires_at_ms + DAY_MS;
    world.hub.accept_clock(world.now).unwrap();
    assert!(!standing(&sync_at(&mut world, &wang, 0)).expired);
}

#[test]
fn a_code_renews_an_expired_device_for_the_same_person_only() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    world.now += CERTIFICATE_VALID_MS;
    world.hub.accept_clock(world.now).unwrap();
    let (_, opened) = wang.open_household(1, VILLAGE);
    assert_eq!(world.push(&wang, std::slice::from_ref(&opened)), [EXPIRED]);
    let mut enroll = |person: &str| {
        let code = world.hub.issue_code(invitation(person), "http://127.0.0.1:1", None, world.now).unwrap();
        world.hub.enroll(&enroll_request(&wang.key, code.secret), world.now)
    };
    assert!(matches!(enroll("李经办"), Err(HubError::Enroll(EnrollError::OtherPerson))));
    let renewed = enroll("王经办").unwrap().certificate;
    assert_eq!(renewed.device(), wang.device());
    assert!(world.hub.quarantine().unwrap().is_empty());
    held(&world.push(&wang, &[opened])[0]);
    world.check_is_clean();
}

#[test]
fn work_that_was_released_hidden_is_shown_when_its_author_is_heard_again() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut wang = world.caseworker("王经办");
    let mut li = world.caseworker("李经办");
    world.now += CERTIFICATE_VALID_MS;
    world.hub.accept_clock(world.now).unwrap();
    for phone in [&wang, &li] {
        world.hub.renew(phone.device(), world.now).unwrap();
    }
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    assert_eq!(world.push(&zhang, std::slice::from_ref(&opened)), [EXPIRED]);
    wang.take(std::slice::from_ref(&opened));
    let honest = wang.write(doc, "case/house_type", "砖木");
    held(&world.push(&wang, &[honest])[0]);
    assert_eq!(world.hub.check().unwrap().documents[0].hidden, 1);
    world.pull(&mut li);
    world.hub.renew(zhang.device(), world.now).unwrap();
    assert_eq!(world.hub.check().unwrap().documents[0].hidden, 0);
    let told = world.pull(&mut li);
    assert!(
        matches!(&told[..], [e] if matches!(&e.body, Body::Verdict(v) if !v.hide && v.subject == opened.hash()))
    );
    // From now on nothing of a valid author is released hidden.
    world.check_is_clean();
}

#[test]
fn nothing_of_an_author_who_is_heard_again_is_released_hidden() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    world.push(&zhang, std::slice::from_ref(&opened));
    wang.take(std::slice::from_ref(&opened));
    let honest = wang.write(doc, "case/house_type", "砖木");
    let back = world.hub.unrevoke(zhang.device(), world.now).unwrap();
    assert_eq!(back.envelopes, 1);
    held(&world.push(&wang, &[honest])[0]);
    assert_eq!(world.hub.check().unwrap().documents[0].hidden, 0);
    world.check_is_clean();
}

#[test]
fn phones_end_a_doubt_or_begin_one() {
    let mut world = World::new();
    let phones: Vec<Phone> = (0..4).map(|_| world.caseworker("王经办")).collect();
    world.now += JUMP_MS + DAY_MS;
    assert!(standing(&sync_at(&mut world, &phones[0], -30 * DAY_MS)).clock_in_doubt);
    assert!(standing(&sync_at(&mut world, &phones[1], 0)).clock_in_doubt, "one against one");
    assert!(!standing(&sync_at(&mut world, &phones[2], 0)).clock_in_doubt, "two against one");
    // Now three phones say another day, and agree with each other.
    for (number, phone) in phones.iter().enumerate() {
        let response = sync_at(&mut world, phone, -DAY_MS);
        assert_eq!(standing(&response).clock_in_doubt, number >= 2, "{number}");
    }
    assert_eq!(world.hub.clock().unwrap().doubt, Some(Doubt::Phones));
    world.hub.accept_clock(world.now).unwrap();
    assert_eq!(world.hub.clock().unwrap().doubt, None);
}

#[test]
fn a_restored_server_takes_the_later_certificate_that_a_phone_shows() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let backup = world.back_up();
    world.now += 30 * DAY_MS;
    world.hub.accept_clock(world.now).unwrap();
    wang.record.certificate = world.hub.renew(wang.device(), world.now).unwrap();
    world.restore(&backup);
    world.now += CERTIFICATE_VALID_MS - 20 * DAY_MS;
    world.hub.accept_clock(world.now).unwrap();
    let response = world.sync(wang.device(), wang.request(&[]));
    assert!(!standing(&response).expired, "the first has ended, the second has not");
}
