//! Quarantine keeps photos with the text that names them, is admitted as a whole, is dismissed and comes
//! back, and has a size; unfinished uploads have one too, and end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use std::io::Read;

use ruhu_case::DocId;
use ruhu_server::HubError;
use ruhu_server::hub::{Bounds, FileError, NewUpload, Progress, Selection};
use ruhu_sync::message::Presence;
use ruhu_sync::{Envelope, Outcome, Reason, SyncRequest};
use sha2::{Digest, Sha256};
use story::{ELSEWHERE, Phone, VILLAGE, World, held};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A photo, another for each number.
struct Photo {
    bytes: Vec<u8>,
    sha256: [u8; 32],
}

impl Photo {
    fn new(number: u8) -> Photo {
        let bytes = vec![number; 3_000];
        Photo { sha256: Sha256::digest(&bytes).into(), bytes }
    }

    fn digits(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.sha256)
    }

    fn of(&self, doc: DocId) -> NewUpload {
        let size = self.bytes.len() as u64;
        NewUpload { sha256: self.sha256, size, doc, mime: "image/jpeg".into() }
    }
}

impl World {
    /// Gives a photo whole, as the endpoints do it.
    fn give(&mut self, phone: &Phone, doc: DocId, photo: &Photo) -> Result<Progress, HubError> {
        let created = self.hub.create_upload(phone.device(), &photo.of(doc), self.now)?;
        let Progress::Open(upload) = created.progress else { return Ok(created.progress) };
        upload.write(&photo.bytes)?;
        upload.verify()?;
        self.hub.record_verified(&created.id)?;
        upload.put_in_place()?;
        self.hub.finish_upload(phone.device(), &created.id, self.now)
    }

    fn file(&mut self, phone: &Phone, photo: &Photo) -> Result<Vec<u8>, HubError> {
        let file = self.hub.file(phone.device(), &photo.sha256, self.now)?;
        let mut bytes = Vec::new();
        file.content()?.read_to_end(&mut bytes).unwrap();
        Ok(bytes)
    }

    fn codes(&mut self) -> Vec<String> {
        self.hub.check().unwrap().findings.into_iter().map(|finding| finding.code).collect()
    }
}

fn refused(outcome: Result<Progress, HubError>, error: FileError) {
    match outcome {
        Err(HubError::File(found)) => assert_eq!(found, error),
        other => panic!("{other:?}"),
    }
}

/// A revoked phone that has delivered a household and an entry for a photo.
fn revoked_with_photo(world: &mut World, photo: &Photo) -> (Phone, DocId, Vec<Envelope>) {
    let mut zhang = world.volunteer("张网格员");
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    let named = zhang.write(doc, "evidence/e1/sha256", &photo.digits());
    let given = vec![opened, named];
    for outcome in world.push(&zhang, &given) {
        assert_eq!(outcome, Outcome::Quarantined { reason: Reason::Revoked });
    }
    (zhang, doc, given)
}

#[test]
fn photos_of_a_revoked_phone_are_kept_with_their_text_and_admitted_with_it() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (photo, foreign) = (Photo::new(1), Photo::new(2));
    let (zhang, doc, _) = revoked_with_photo(&mut world, &photo);
    // What nothing in quarantine names is not taken, and nothing is told of it.
    assert!(matches!(world.give(&zhang, doc, &foreign), Err(HubError::RevokedDevice)));
    assert!(matches!(world.give(&zhang, doc, &photo), Ok(Progress::KeptApart { size: 3_000 })));
    assert!(matches!(world.give(&zhang, doc, &photo), Ok(Progress::KeptApart { size: 3_000 })), "and again");
    // It is given to nobody, and no file of the document's.
    assert!(matches!(world.file(&wang, &photo), Err(HubError::File(FileError::Unknown))));
    refused(world.give(&wang, doc, &photo), FileError::DocumentUnknown);
    assert_eq!(world.codes(), Vec::<String>::new(), "what lies in quarantine is no fault");
    let size = world.hub.quarantine_size().unwrap();
    assert_eq!((size.envelopes, size.photos, size.dismissed), (2, 1, 0));
    assert!(size.bytes > 3_000 && size.bytes < 5_000, "{size:?}");
    let shown = world.hub.quarantine_content(&Selection::Document(doc), world.now).unwrap();
    assert_eq!(shown[1].photos[0].sha256, photo.digits());
    assert_eq!(shown[1].photos[0].bytes, Some(3_000));
    assert_eq!((shown[0].household.as_str(), shown[0].person.as_deref()), ("幸福巷1号", Some("张网格员")));
    let mut shown = Vec::new();
    world.hub.quarantined_photo(&photo.sha256).unwrap().read_to_end(&mut shown).unwrap();
    assert_eq!(shown, photo.bytes);
    // Text and photos come together.
    let admitted = world.hub.admit(&Selection::Device(zhang.device()), world.now).unwrap();
    assert_eq!((admitted.envelopes, admitted.photos, admitted.left.len()), (2, 1, 0));
    assert_eq!(world.pull(&mut wang).iter().filter(|envelope| envelope.doc == doc).count(), 2);
    assert_eq!(world.file(&wang, &photo).unwrap(), photo.bytes);
    assert_eq!(world.hub.quarantine_size().unwrap().bytes, 0);
    // The phone hears by its own upload that it is stored, though it hears nothing else.
    let created = world.hub.create_upload(zhang.device(), &photo.of(doc), world.now);
    assert!(matches!(created, Err(HubError::RevokedDevice)), "{created:?}");
    world.check_is_clean();
}

#[test]
fn an_upload_begun_before_a_revocation_goes_on_into_quarantine_and_back() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let photo = Photo::new(1);
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    held(&world.push(&zhang, &[opened])[0]);
    let created = world.hub.create_upload(zhang.device(), &photo.of(doc), world.now).unwrap();
    let Progress::Open(upload) = created.progress else { panic!("{created:?}") };
    upload.write(&photo.bytes[..1_000]).unwrap();
    world.hub.record_progress(&created.id, 1_000).unwrap();
    world.hub.revoke(zhang.device(), None, world.now).unwrap();
    let asked = world.hub.upload(zhang.device(), &created.id, world.now);
    assert!(matches!(asked, Err(HubError::RevokedDevice)), "nothing in quarantine names it: {asked:?}");
    let named = zhang.write(doc, "evidence/e1/sha256", &photo.digits());
    world.push(&zhang, &[named]);
    let asked = world.hub.upload(zhang.device(), &created.id, world.now);
    assert!(matches!(asked, Err(HubError::File(FileError::UploadUnknown))), "created again: {asked:?}");
    let again = world.hub.create_upload(zhang.device(), &photo.of(doc), world.now).unwrap();
    assert!(matches!(&again.progress, Progress::Open(upload) if upload.received == 1_000), "{again:?}");
    // The mistake is taken back before the last byte: it goes on as a file of the document's.
    world.hub.unrevoke(zhang.device(), world.now).unwrap();
    let back = world.hub.create_upload(zhang.device(), &photo.of(doc), world.now).unwrap();
    let Progress::Open(upload) = back.progress else { panic!("{back:?}") };
    assert_eq!(upload.received, 1_000);
    upload.write(&photo.bytes[1_000..]).unwrap();
    upload.verify().unwrap();
    world.hub.record_verified(&back.id).unwrap();
    upload.put_in_place().unwrap();
    let done = world.hub.finish_upload(zhang.device(), &back.id, world.now).unwrap();
    assert!(matches!(done, Progress::Stored(_)), "{done:?}");
    world.check_is_clean();
}

#[test]
fn a_revocation_taken_back_brings_the_photos_too_and_the_phone_its_receipt() {
    let mut world = World::new();
    let wang = world.caseworker("王经办");
    let photo = Photo::new(1);
    let (zhang, doc, _) = revoked_with_photo(&mut world, &photo);
    world.give(&zhang, doc, &photo).unwrap();
    let id = {
        let created = world.hub.create_upload(zhang.device(), &photo.of(doc), world.now).unwrap();
        created.id
    };
    assert_eq!(world.hub.unrevoke(zhang.device(), world.now).unwrap().envelopes, 2);
    assert_eq!(world.file(&wang, &photo).unwrap(), photo.bytes);
    let asked = world.hub.upload(zhang.device(), &id, world.now).unwrap();
    assert!(matches!(asked, Progress::Stored(receipt) if receipt.sha256 == photo.sha256));
}

#[test]
fn what_is_hidden_for_honest_work_keeps_its_photos_apart_until_it_is_shown() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let photo = Photo::new(1);
    let (mut zhang, doc, _) = revoked_with_photo(&mut world, &photo);
    world.give(&zhang, doc, &photo).unwrap();
    // An honest colleague got it from somewhere and wrote on top of it.
    let document = zhang.documents.remove(&doc).unwrap();
    wang.documents.insert(doc, document);
    let honest = wang.write(doc, "case/remark", "已核实");
    held(&world.push(&wang, &[honest])[0]);
    assert!(matches!(world.file(&wang, &photo), Err(HubError::File(FileError::Unknown))));
    assert_eq!(world.hub.quarantine_size().unwrap().photos, 1);
    world.hub.unrevoke(zhang.device(), world.now).unwrap();
    assert_eq!(world.file(&wang, &photo).unwrap(), photo.bytes);
}

#[test]
fn what_is_dismissed_is_told_kept_for_its_time_and_admitted_all_the_same() {
    let mut world = World::new();
    let photo = Photo::new(1);
    let (zhang, doc, _) = revoked_with_photo(&mut world, &photo);
    world.give(&zhang, doc, &photo).unwrap();
    let by = ("刘管理员", "不是本村的户");
    assert_eq!(world.hub.dismiss(&Selection::Device(zhang.device()), by, world.now).unwrap(), 2);
    assert!(matches!(
        world.hub.dismiss(&Selection::Device(zhang.device()), by, world.now),
        Err(HubError::NotQuarantined)
    ));
    let listed = world.hub.quarantine_list(&Selection::All, world.now).unwrap();
    let told = listed[0].dismissed.as_ref().unwrap();
    assert_eq!((told.person.as_str(), told.reason.as_str(), told.time_ms), (by.0, by.1, world.now));
    // The phone is told, and not again once it knows.
    let presence = |dismissed| Some(Presence { time_ms: world.now, certificate_until_ms: 0, dismissed });
    let ask = |dismissed| SyncRequest { presence: presence(dismissed), ..SyncRequest::default() };
    let (unknowing, knowing) = (ask(Some(0)), ask(Some(2)));
    assert_eq!(world.sync(zhang.device(), unknowing).dismissed.unwrap().envelopes.len(), 2);
    assert_eq!(world.sync(zhang.device(), knowing).dismissed, None);
    // Taking the revocation back leaves it where it is: somebody has looked at it.
    assert_eq!(world.hub.unrevoke(zhang.device(), world.now).unwrap().envelopes, 0);
    let hashes = listed.iter().map(|content| content.hash.parse().unwrap()).collect();
    let admitted = world.hub.admit(&Selection::Envelopes(hashes), world.now).unwrap();
    assert_eq!((admitted.envelopes, admitted.photos), (2, 1));
    world.check_is_clean();
}

#[test]
fn dismissed_content_ends_after_its_time_and_the_dismissal_is_remembered() {
    let mut world = World::new();
    let photo = Photo::new(1);
    let (zhang, doc, given) = revoked_with_photo(&mut world, &photo);
    world.give(&zhang, doc, &photo).unwrap();
    world.hub.quarantined_photo(&photo.sha256).unwrap();
    let path = world.hub.folder().path(&photo.sha256);
    let chosen = Selection::Device(zhang.device());
    world.hub.dismiss(&chosen, ("刘管理员", "重复"), world.now).unwrap();
    assert_eq!(Bounds::default().dismissed_kept_ms, 180 * DAY_MS);
    world.hub.set_bounds(Bounds { dismissed_kept_ms: 1_000, ..Bounds::default() });
    let swept = world.hub.sweep(world.now + 999).unwrap();
    assert_eq!((swept.envelopes, swept.photos, path.exists()), (0, 0, true));
    let swept = world.hub.sweep(world.now + 1_000).unwrap();
    assert_eq!((swept.envelopes, swept.photos, path.exists()), (2, 1, false));
    assert_eq!(world.hub.quarantine_size().unwrap().bytes, 0);
    // Offered again it is not kept again.
    let outcomes = world.push(&zhang, &given);
    assert_eq!(outcomes, vec![Outcome::Quarantined { reason: Reason::Dismissed }; 2]);
    assert_eq!(world.hub.quarantine_size().unwrap().envelopes, 0);
    world.check_is_clean();
}

#[test]
fn a_full_quarantine_says_so_and_hinders_no_honest_work() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (first, second) = (Photo::new(1), Photo::new(2));
    let (mut zhang, doc, _) = revoked_with_photo(&mut world, &first);
    let named = zhang.write(doc, "evidence/e2/sha256", &second.digits());
    world.push(&zhang, &[named]);
    let used = world.hub.quarantine_size().unwrap().bytes;
    let bounds = Bounds { quarantine_device_bytes: used + 3_000, ..Bounds::default() };
    world.hub.set_bounds(bounds);
    assert!(matches!(world.give(&zhang, doc, &first), Ok(Progress::KeptApart { .. })));
    refused(world.give(&zhang, doc, &second), FileError::QuarantineFull);
    // Its text has no room either: it stays on the phone, and nothing of it here.
    let more = zhang.write(doc, "case/remark", "再补一句");
    let full = Outcome::Refused { reason: Reason::QuarantineFull };
    assert_eq!(world.push(&zhang, std::slice::from_ref(&more)), std::slice::from_ref(&full));
    // Other phones' honest work goes on, and what is out of place beside it is refused alone.
    let (_, good) = wang.open_household(2, VILLAGE);
    let (_, outside) = wang.open_household(3, ELSEWHERE);
    world.hub.set_bounds(Bounds { quarantine_bytes: 0, ..bounds });
    let outcomes = world.push(&wang, &[good, outside]);
    held(&outcomes[0]);
    assert_eq!(outcomes[1], full);
    // With room it is taken.
    world.hub.set_bounds(Bounds::default());
    assert_eq!(world.push(&zhang, &[more]), [Outcome::Quarantined { reason: Reason::Revoked }]);
    assert!(matches!(world.give(&zhang, doc, &second), Ok(Progress::KeptApart { .. })));
}

#[test]
fn unfinished_uploads_are_bounded_and_end() {
    let mut world = World::new();
    let mut zhang = world.volunteer("张网格员");
    let (doc, opened) = zhang.open_household(1, VILLAGE);
    held(&world.push(&zhang, &[opened])[0]);
    let mut begun = Vec::new();
    let bounds = Bounds { uploads_device_bytes: 6_000, uploads_bytes: 9_000, ..Bounds::default() };
    world.hub.set_bounds(bounds);
    for number in 0..3 {
        world.now += 1;
        let created =
            world.hub.create_upload(zhang.device(), &Photo::new(number).of(doc), world.now).unwrap();
        let Progress::Open(upload) = created.progress else { panic!("{created:?}") };
        upload.write(&[number; 10]).unwrap();
        world.hub.record_progress(&created.id, 10).unwrap();
        begun.push(created.id);
    }
    // The first gave way to the third; it begins anew when the phone comes back to it.
    let first = world.hub.upload(zhang.device(), &begun[0], world.now);
    assert!(matches!(first, Err(HubError::File(FileError::UploadUnknown))), "{first:?}");
    assert!(matches!(world.hub.upload(zhang.device(), &begun[2], world.now), Ok(Progress::Open(_))));
    // All devices together are bounded too.
    let li = world.volunteer("李网格员");
    world.hub.create_upload(li.device(), &Photo::new(7).of(doc), world.now).unwrap();
    let over = world.hub.create_upload(li.device(), &Photo::new(8).of(doc), world.now);
    assert!(matches!(over, Err(HubError::File(FileError::UploadsFull))), "{over:?}");
    // What nobody goes on with ends, its bytes with it.
    world.hub.set_bounds(Bounds { upload_idle_ms: 1_000, ..bounds });
    assert_eq!(world.hub.sweep(world.now + 1_000).unwrap().uploads, 3);
    let left = std::fs::read_dir(world.data().join("uploads")).map(|entries| entries.count());
    assert_eq!(left.unwrap_or(0), 0);
    world.check_is_clean();
}
