//! What an administrator excludes is given to nobody, counts all the same, and comes back when it is undone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_case::{DocId, RawChange};
use ruhu_server::HubError;
use ruhu_server::hub::{NewUpload, Progress, Subject};
use ruhu_sync::files::FilesQuestion;
use ruhu_sync::message::{GapKind, LogNews};
use ruhu_sync::{Body, Envelope, Outcome, SyncRequest, SyncResponse};
use sha2::{Digest as _, Sha256};
use story::{Phone, VILLAGE, World, held};

fn told(world: &mut World, phone: &Phone) -> SyncResponse {
    let request = SyncRequest { knows_gaps: Some(true), ..phone.request(&[]) };
    world.sync(phone.device(), request)
}

fn came(response: &SyncResponse) -> (Vec<Envelope>, u64) {
    let [LogNews::Page { entries, sum, .. }] = &response.news[..] else { panic!("{response:?}") };
    let rows = entries.clone().unpack().unwrap();
    (rows.into_iter().map(|(envelope, ..)| envelope).collect(), sum.unwrap().count)
}

fn excluded_of(response: &SyncResponse) -> usize {
    let gaps = response.gaps.as_deref().unwrap_or_default();
    gaps.iter().filter(|gap| gap.why == GapKind::Excluded).count()
}

#[test]
fn an_excluded_envelope_is_a_gap_until_it_is_taken_in_again() {
    let mut world = World::new();
    let (mut wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let poison = wang.envelope(doc, None, Body::Changes(vec![RawChange::from_body(&[9, 1, 1])]));
    world
        .push(&wang, &[opened.clone(), poison.clone()])
        .iter()
        .for_each(|outcome| assert!(held(outcome) > 0));
    let subject = Subject::Envelope(poison.hash());
    assert_eq!(world.hub.exclude(subject, false, world.now).unwrap(), 1);
    let response = told(&mut world, &li);
    let (envelopes, count) = came(&response);
    assert_eq!((envelopes.len(), count, excluded_of(&response)), (2, 3, 1), "{envelopes:?}");
    assert!(!envelopes.contains(&poison) && matches!(envelopes[1].body, Body::Verdict(_)));
    // By its hash it is not given either, and brought again it stays out.
    let request = SyncRequest { want: vec![poison.hash()], push_only: true, ..li.request(&[]) };
    let asked = world.sync(li.device(), request);
    assert_eq!((asked.wanted.clone().unwrap().unpack().unwrap().len(), excluded_of(&asked)), (0, 1));
    held(&world.push(&wang, std::slice::from_ref(&poison))[0]);
    assert_eq!(excluded_of(&told(&mut world, &li)), 1);
    let report = world.hub.check().unwrap();
    assert_eq!((report.excluded, report.findings), (1, vec![]));
    assert_eq!(world.hub.excluded().unwrap()[0].hash, poison.hash().to_string());
    let again = world.hub.exclude(subject, false, world.now);
    assert!(matches!(again, Err(HubError::NothingToExclude)));
    assert_eq!(world.hub.include(subject, world.now).unwrap(), 1);
    let response = told(&mut world, &li);
    assert!(came(&response).0.contains(&poison) && response.gaps.is_none());
    world.check_is_clean();
}

#[test]
fn the_ground_of_honest_work_is_excluded_with_it_or_not_at_all() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let ground = wang.write(doc, "case/remark", "根据");
    world.push(&wang, &[opened.clone(), ground.clone()]);
    li.documents = wang.documents.clone();
    let above = li.write(doc, "case/phone", "1");
    world.push(&li, std::slice::from_ref(&above));
    let refused = world.hub.exclude(Subject::Envelope(ground.hash()), false, world.now);
    assert!(matches!(refused, Err(HubError::Dependents { count: 1 })), "{refused:?}");
    world.check_is_clean();
    assert_eq!(world.hub.exclude(Subject::Envelope(ground.hash()), true, world.now).unwrap(), 2);
    let zhang = world.caseworker("张经办");
    assert_eq!(excluded_of(&told(&mut world, &zhang)), 2);
    // Nobody comes to stand on what is excluded.
    let later = li.write(doc, "case/phone", "2");
    assert!(matches!(world.push(&li, &[later])[0], Outcome::MissingDependency { .. }));
    world.check_is_clean();
}

/// Gives a photo of a household; what its document says of it was pushed before, or not at all. Gives its SHA-256.
fn give(world: &mut World, phone: &Phone, doc: DocId, bytes: &[u8]) -> [u8; 32] {
    let (sha256, size) = (Sha256::digest(bytes).into(), bytes.len() as u64);
    let new = NewUpload { sha256, size, doc, mime: "image/jpeg".into() };
    let created = world.hub.create_upload(phone.device(), &new, world.now).unwrap();
    if let Progress::Open(upload) = created.progress {
        upload.write(bytes).unwrap();
        upload.verify().unwrap();
        world.hub.record_verified(&created.id).unwrap();
        upload.put_in_place().unwrap();
        world.hub.finish_upload(phone.device(), &created.id, world.now).unwrap();
    }
    sha256
}

#[test]
fn a_photo_that_only_an_excluded_change_names_is_given_to_nobody_and_the_others_are() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let (house, slander) = (vec![1; 3_000], vec![2; 3_000]);
    let digits = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
    let first = wang.write(doc, "evidence/e1/sha256", &digits(&house));
    li.documents = wang.documents.clone();
    let second = wang.write(doc, "evidence/e2/sha256", &digits(&slander));
    world.push(&wang, &[opened, first, second.clone()]);
    let files = [&house, &slander].map(|bytes| give(&mut world, &wang, doc, bytes));
    let given = |world: &mut World, li: &Phone| {
        let fetched = files.map(|file| world.hub.file(li.device(), &file, world.now).is_ok());
        let question = FilesQuestion::new(&[], &files);
        let there = world.hub.compare_files(li.device(), &question, world.now).unwrap().there;
        assert_eq!(there.len(), fetched.iter().filter(|given| **given).count());
        fetched
    };
    assert_eq!(given(&mut world, &li), [true, true]);
    let subject = Subject::Envelope(second.hash());
    world.hub.exclude(subject, false, world.now).unwrap();
    assert_eq!(given(&mut world, &li), [true, false]);
    // Nor is who lost the bytes spared to give them, and giving them again gives nobody a right.
    give(&mut world, &wang, doc, &slander);
    assert_eq!(given(&mut world, &li), [true, false]);
    // Who names it in something that is given makes it evidence again.
    let again = li.write(doc, "evidence/e3/sha256", &digits(&slander));
    world.push(&li, std::slice::from_ref(&again));
    assert_eq!(given(&mut world, &li), [true, true]);
    world.hub.exclude(Subject::Envelope(again.hash()), false, world.now).unwrap();
    assert_eq!(given(&mut world, &li), [true, false]);
    world.hub.include(subject, world.now).unwrap();
    assert_eq!(given(&mut world, &li), [true, true]);
    world.check_is_clean();
}

#[test]
fn photos_of_an_excluded_household_are_given_to_nobody_unless_another_names_them() {
    let mut world = World::new();
    let (mut wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (one, opened) = wang.open_household(1, VILLAGE);
    let (two, other) = wang.open_household(2, VILLAGE);
    world.push(&wang, &[opened, other]);
    let bytes = vec![7; 3_000];
    let now = world.now;
    let sha256 = give(&mut world, &wang, one, &bytes);
    let given = |world: &mut World| {
        [wang.device(), li.device()].map(|device| world.hub.file(device, &sha256, now).is_ok())
    };
    assert_eq!(given(&mut world), [true, true]);
    world.hub.exclude(Subject::Document(one), false, now).unwrap();
    assert_eq!(given(&mut world), [false, false]);
    world.hub.include(Subject::Document(one), now).unwrap();
    assert_eq!(given(&mut world), [true, true]);
    assert_eq!(give(&mut world, &wang, two, &bytes), sha256);
    world.hub.exclude(Subject::Document(one), false, now).unwrap();
    assert_eq!(given(&mut world), [true, true], "the other household has it too");
    world.check_is_clean();
}

#[test]
fn all_of_a_document_or_of_a_device_is_excluded_at_once_and_nothing_of_the_servers() {
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (one, opened) = wang.open_household(1, VILLAGE);
    let (_, other) = wang.open_household(2, VILLAGE);
    let (_, honest) = li.open_household(3, VILLAGE);
    let edit = wang.write(one, "case/phone", "1");
    world.push(&wang, &[opened, edit, other]);
    world.push(&li, std::slice::from_ref(&honest));
    assert_eq!(world.hub.exclude(Subject::Document(one), false, world.now).unwrap(), 2);
    assert_eq!(world.hub.exclude(Subject::Device(wang.device()), false, world.now).unwrap(), 1);
    let zhang = world.caseworker("张经办");
    let response = told(&mut world, &zhang);
    let (envelopes, _) = came(&response);
    let work: Vec<&Envelope> = envelopes.iter().filter(|it| !it.changes().is_empty()).collect();
    assert_eq!((work, excluded_of(&response)), (vec![&honest], 3));
    assert_eq!(world.hub.include(Subject::Device(wang.device()), world.now).unwrap(), 3);
    assert_eq!(excluded_of(&told(&mut world, &zhang)), 0);
    world.check_is_clean();
}
