//! Revocations that outlive a restore, and revocations that are taken back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_server::hub::Selection;
use ruhu_server::{Hub, HubError};
use ruhu_sync::{Body, Outcome, Reason, SyncRequest};
use story::{Phone, VILLAGE, World, held};

fn is_revoked(hub: &Hub, phone: &Phone) -> bool {
    let devices = hub.devices().unwrap();
    devices.iter().any(|d| d.id == phone.device().to_string() && d.revoked_at_ms.is_some())
}

fn quarantined(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Quarantined { reason: Reason::Revoked })
}

#[test]
fn a_folder_put_back_from_before_a_revocation_does_not_know_it_less() {
    let mut world = World::new();
    let mut thief = world.volunteer("张网格员");
    let (_, opened) = thief.open_household(1, VILLAGE);
    held(&world.push(&thief, &[opened])[0]);
    let backup = world.back_up();
    world.hub.revoke(thief.device(), None, world.now).unwrap();
    world.restore(&backup);
    assert!(is_revoked(&world.hub, &thief));
    // The first to come is the revoked device itself: it hears nothing.
    let answer = world.sync(thief.device(), thief.request(&[]));
    assert!(answer.revoked && answer.news.is_empty());
    // The townships are told again, for the notice went with the database.
    let mut wang = world.caseworker("王经办");
    let told = world.pull(&mut wang);
    assert!(told.iter().any(|e| e.body == Body::Revocation(thief.device())));
    world.check_is_clean();
}

#[test]
fn the_list_of_another_server_or_an_altered_one_revokes_nobody() {
    let mut world = World::new();
    let zhang = world.volunteer("张网格员");
    let list = world.dir.path().join("data.revocations.log");
    let mut other = World::new();
    let same = other.volunteer("张网格员");
    assert_eq!(same.device(), zhang.device());
    other.hub.revoke(same.device(), None, other.now).unwrap();
    std::fs::copy(other.dir.path().join("data.revocations.log"), &list).unwrap();
    world.stop();
    world.serve();
    assert!(!is_revoked(&world.hub, &zhang));
    std::fs::write(&list, b"{\"device\":\"zz\"}\n\xff\xfe\n{").unwrap();
    world.stop();
    world.serve();
    assert!(!is_revoked(&world.hub, &zhang));
}

#[test]
fn a_revocation_made_by_mistake_is_taken_back_with_all_it_hid() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    held(&world.push(&zhang, &[opened])[0]);
    let revoked = world.hub.revoke(zhang.device(), Some(0), world.now).unwrap();
    assert_eq!((revoked.notices, revoked.hidden), (1, 1));
    assert!(matches!(world.hub.unrevoke(wang.device(), world.now), Err(HubError::NotRevoked)));
    let back = world.hub.unrevoke(zhang.device(), world.now).unwrap();
    assert_eq!((back.notices, back.shown), (1, 1));
    assert!(!is_revoked(&world.hub, &zhang));
    assert_eq!(world.hub.check().unwrap().documents[0].hidden, 0);
    let more = zhang.write(doc, "case/phone", "1");
    let answer = world.sync(zhang.device(), zhang.request(&[more]));
    assert!(!answer.revoked && !answer.news.is_empty());
    held(&answer.outcomes[0]);
    // The others are told both, in their order.
    let told = world.pull(&mut wang);
    let verdicts: Vec<bool> = told
        .iter()
        .filter_map(|e| match &e.body {
            Body::Verdict(verdict) if e.doc == doc => Some(verdict.hide),
            _ => None,
        })
        .collect();
    assert_eq!(verdicts, [true, false]);
    world.check_is_clean();
    // And it can be revoked again.
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    assert!(is_revoked(&world.hub, &zhang));
}

/// Everything that the server told a phone, offered by it again.
fn offer(world: &mut World, wang: &Phone, told: &[ruhu_sync::Envelope], authors: &[ruhu_sync::AuthorRecord]) {
    let request = SyncRequest { authors: authors.to_vec(), push_only: true, ..wang.request(told) };
    for outcome in world.sync(wang.device(), request).outcomes {
        held(&outcome);
    }
}

#[test]
fn a_server_restored_from_before_both_is_told_both_by_its_phones_in_any_order() {
    for reversed in [false, true] {
        let mut world = World::new();
        let zhang = world.volunteer("张网格员");
        let mut wang = world.caseworker("王经办");
        let backup = world.back_up();
        world.hub.revoke(zhang.device(), None, world.now).unwrap();
        world.hub.unrevoke(zhang.device(), world.now).unwrap();
        let mut told = world.pull(&mut wang);
        let actors = told.iter().map(|e| e.actor);
        let request = SyncRequest {
            want_authors: actors.map(ruhu_sync::message::Actor).collect(),
            ..wang.request(&[])
        };
        let authors = world.sync(wang.device(), request).authors;
        // The list is lost too: only the phone knows.
        world.stop();
        std::fs::remove_file(world.dir.path().join("data.revocations.log")).unwrap();
        world.restore(&backup);
        assert!(!is_revoked(&world.hub, &zhang));
        if reversed {
            // The header comes with the first; the rest follows from the end.
            told[1..].reverse();
        }
        for envelope in &told {
            offer(&mut world, &wang, std::slice::from_ref(envelope), &authors);
        }
        assert!(!is_revoked(&world.hub, &zhang), "reversed: {reversed}");
        world.check_is_clean();
    }
}

#[test]
fn a_stale_notice_does_not_revoke_a_device_that_was_taken_back() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut wang = world.caseworker("王经办");
    let backup = world.back_up();
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    let told = world.pull(&mut wang);
    let request = SyncRequest {
        want_authors: told.iter().map(|e| ruhu_sync::message::Actor(e.actor)).collect(),
        ..wang.request(&[])
    };
    let authors = world.sync(wang.device(), request).authors;
    // Restored: the list knows of the revocation, and it is taken back before any phone has come.
    world.restore(&backup);
    assert!(is_revoked(&world.hub, &zhang));
    world.hub.unrevoke(zhang.device(), world.now).unwrap();
    offer(&mut world, &wang, &told, &authors);
    assert!(!is_revoked(&world.hub, &zhang));
    let (_, opened) = zhang.open_household(1, VILLAGE);
    assert!(!quarantined(&world.push(&zhang, &[opened])[0]));
    world.check_is_clean();
}

#[test]
fn a_list_that_was_brought_along_is_heeded_by_a_restored_server() {
    let mut world = World::new();
    let thief = world.volunteer("张网格员");
    let folder = tempfile::tempdir().unwrap();
    let (file, keys) = (folder.path().join("a.tar"), folder.path().join("keys.tar"));
    ruhu_server::backup::create(&world.data(), &file, world.now, &mut |_| {}).unwrap();
    ruhu_server::backup::create_keys(&world.data(), &keys, world.now).unwrap();
    world.hub.revoke(thief.device(), None, world.now).unwrap();
    let list = world.data().join("revocations.log");
    let to = folder.path().join("data");
    let done =
        ruhu_server::backup::restore(&file, Some(&keys), Some(&list), &to, world.now, &mut |_| {}).unwrap();
    assert_eq!(done.revocations, Some(1));
    assert!(is_revoked(&Hub::open_to_serve(&to, world.now).unwrap(), &thief));
}

#[test]
fn quarantine_is_shown_with_person_household_and_content_and_leaves_as_a_whole() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    held(&world.push(&zhang, std::slice::from_ref(&opened))[0]);
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    let first = zhang.write(doc, "case/phone", "13800001234");
    let second = zhang.write(doc, "case/remark", "门前有坡");
    let (other, third) = zhang.open_household(2, VILLAGE);
    // The later one comes first: each leaves after what it stands on.
    for envelope in [&second, &third, &first] {
        assert!(quarantined(&world.push(&zhang, std::slice::from_ref(envelope))[0]));
    }
    let device = Selection::Device(zhang.device());
    let shown = world.hub.quarantine_content(&device, world.now).unwrap();
    assert_eq!(shown.len(), 3);
    assert!(shown.iter().all(|c| c.person.as_deref() == Some("张网格员") && c.household == "幸福巷1号"));
    let fields: Vec<(&str, &str)> =
        shown.iter().flat_map(|c| &c.fields).map(|f| (f.path.as_str(), f.value.as_str())).collect();
    for field in [("case/phone", "13800001234"), ("case/remark", "门前有坡"), ("case/address", "幸福巷1号")]
    {
        assert!(fields.contains(&field), "{fields:?}");
    }
    let admitted = world.hub.admit(&Selection::Document(doc), world.now).unwrap();
    assert_eq!((admitted.envelopes, admitted.left.len()), (2, 0));
    let admitted = world.hub.admit(&device, world.now).unwrap();
    assert_eq!((admitted.envelopes, admitted.left.len()), (1, 0));
    assert!(matches!(world.hub.admit(&device, world.now), Err(HubError::NotQuarantined)));
    let told: Vec<_> = world.pull(&mut wang).into_iter().map(|e| e.hash()).collect();
    assert!([&opened, &first, &second, &third].iter().all(|e| told.contains(&e.hash())), "{other}");
    world.check_is_clean();
}
