//! Reading everything back, from folders that somebody damaged; and the forms.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_server::hub::{NewUpload, Progress};
use ruhu_server::{Hub, HubError, StorageError};
use ruhu_sync::message::{GivenForm, PublishedForm};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use story::{START, VILLAGE, World};

/// A server with a household of two changes and a photo.
fn filled() -> World {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let edited = wang.write(doc, "case/phone", "1");
    world.push(&wang, &[opened, edited]);
    let photo = b"\xff\xd8 a photo".to_vec();
    let new = NewUpload {
        sha256: Sha256::digest(&photo).into(),
        size: photo.len() as u64,
        doc,
        mime: "image/jpeg".into(),
    };
    let created = world.hub.create_upload(wang.device(), &new, START).unwrap();
    let Progress::Open(upload) = created.progress else { panic!() };
    upload.write(&photo).unwrap();
    upload.verify().unwrap();
    world.hub.record_verified(&created.id).unwrap();
    upload.put_in_place().unwrap();
    world.hub.finish_upload(wang.device(), &created.id, START).unwrap();
    world.check_is_clean();
    world
}

fn findings_after(sql: &str) -> Vec<String> {
    let mut world = filled();
    let connection = Connection::open(world.hub.dir().join("server.db")).unwrap();
    connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}")).unwrap();
    drop(connection);
    let mut codes: Vec<String> = world.hub.check().unwrap().findings.into_iter().map(|f| f.code).collect();
    codes.dedup();
    codes
}

#[test]
fn every_kind_of_damage_is_named() {
    for (sql, expected) in [
        ("UPDATE envelopes SET bytes = zeroblob(40) WHERE seq = 2", vec!["envelope"]),
        (
            "UPDATE envelopes SET bytes = (SELECT bytes FROM envelopes WHERE seq = 1) WHERE seq = 2",
            vec!["envelope"],
        ),
        ("UPDATE envelopes SET author_seq = 9 WHERE seq = 2", vec!["envelope"]),
        ("UPDATE envelopes SET chain = zeroblob(32) WHERE seq = 1", vec!["chain"]),
        ("DELETE FROM envelopes WHERE seq = 1", vec!["chain", "sum", "dependency"]),
        ("UPDATE logs SET head = 5", vec!["head"]),
        ("UPDATE log_sums SET count = 5", vec!["sum"]),
        ("UPDATE envelopes SET hidden = 1 WHERE seq = 2", vec!["verdict"]),
        ("DELETE FROM authors", vec!["author"]),
        ("UPDATE files SET size = 5", vec!["file"]),
    ] {
        assert_eq!(findings_after(sql), expected, "{sql}");
    }
}

#[test]
fn a_lost_or_altered_photo_is_named() {
    let mut world = filled();
    let name = world.hub.check().unwrap().files[0].sha256.clone();
    let path = world.hub.dir().join("files").join(&name[..2]).join(&name);
    std::fs::write(&path, "something else").unwrap();
    let report = world.hub.check().unwrap();
    assert_eq!((report.findings[0].code.as_str(), report.files[0].ok), ("file", false));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(world.hub.check().unwrap().findings[0].place, name);
}

#[test]
fn what_check_says_as_json_is_fixed() {
    let report = filled().hub.check().unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&report).unwrap());
}

#[test]
fn a_server_without_its_key_is_not_given_another() {
    let world = filled();
    let data = world.hub.dir().to_owned();
    std::fs::remove_file(data.join("server.key")).unwrap();
    drop(world.hub);
    assert!(matches!(Hub::open(&data, START), Err(HubError::Storage(StorageError::KeyMissing))));
    assert!(!data.join("server.key").exists());
    std::fs::write(data.join("server.key"), "short").unwrap();
    assert!(matches!(Hub::open(&data, START), Err(HubError::Storage(StorageError::Damaged(_)))));
}

#[test]
fn a_published_version_of_a_form_never_changes() {
    let mut world = World::new();
    let empty = world.hub.forms().unwrap().etag();
    let first = world.hub.publish_form("home_visit", "1", b"compiled", START).unwrap();
    assert_eq!(world.hub.publish_form("home_visit", "1", b"compiled", START).unwrap(), first);
    let other = world.hub.publish_form("home_visit", "1", b"compiled otherwise", START);
    assert!(matches!(other, Err(HubError::FormPublished)));
    world.hub.publish_form("home_visit", "2", b"compiled otherwise", START).unwrap();
    assert_eq!(world.hub.form("home_visit", "1").unwrap(), b"compiled");
    assert!(matches!(world.hub.form("home_visit", "3"), Err(HubError::FormUnknown)));
    let forms = world.hub.forms().unwrap();
    assert_eq!(forms.forms.len(), 2);
    assert_ne!(forms.etag(), empty);
    let wang = world.caseworker("王经办");
    assert_eq!(world.sync(wang.device(), wang.request(&[])).forms, Some(forms.etag()));
}

#[test]
fn a_form_that_the_server_did_not_sign_is_not_taken_back() {
    let mut world = World::new();
    let published = world.hub.publish_form("home_visit", "1", b"compiled", START).unwrap();
    let signed = world.hub.forms().unwrap().forms.remove(0);
    let own = ruhu_sync::KeyPair::from_seed(&[7; 32]);
    let forged = PublishedForm { version: "2".into(), ..published }.signed(&own);
    let given =
        |notice: &PublishedForm, bytes: &[u8]| GivenForm { notice: notice.clone(), bytes: bytes.to_vec() };
    let unknown = |out: Result<(), HubError>| assert!(matches!(out, Err(HubError::FormUnknown)));
    unknown(world.hub.take_form(&given(&forged, b"compiled"), START));
    unknown(
        world.hub.take_form(&given(&PublishedForm { version: "3".into(), ..signed.clone() }, b""), START),
    );
    world.hub.take_form(&given(&signed, b""), START).unwrap();
    assert_eq!(world.hub.forms().unwrap().forms, [signed]);
}

#[test]
fn an_upload_is_never_further_than_its_bytes() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    world.push(&wang, &[opened]);
    let photo = vec![7; 100];
    let new = NewUpload { sha256: Sha256::digest(&photo).into(), size: 100, doc, mime: String::new() };
    let created = world.hub.create_upload(wang.device(), &new, START).unwrap();
    let Progress::Open(upload) = created.progress else { panic!() };
    upload.write(&photo[..60]).unwrap();
    world.hub.record_progress(&created.id, 60).unwrap();
    // Bytes that were written and never recorded do not count; they are written again.
    let Progress::Open(upload) = world.hub.upload(wang.device(), &created.id, START).unwrap() else {
        panic!()
    };
    assert_eq!(upload.received, 60);
    upload.write(&[9; 30]).unwrap();
    let Progress::Open(upload) = world.hub.upload(wang.device(), &created.id, START).unwrap() else {
        panic!()
    };
    assert_eq!(upload.received, 60);
    // The server is killed after the file reached its place and before that was written down.
    upload.write(&photo[60..]).unwrap();
    upload.verify().unwrap();
    world.hub.record_verified(&created.id).unwrap();
    upload.put_in_place().unwrap();
    let Progress::Stored(receipt) = world.hub.upload(wang.device(), &created.id, START).unwrap() else {
        panic!()
    };
    assert!(receipt.is_signed_by(&world.hub.public_key()) && receipt.size == 100 && !receipt.durable);
    world.check_is_clean();
    // The folder of uploads was lost: begin again.
    let other = NewUpload { sha256: Sha256::digest([8; 50]).into(), size: 50, doc, mime: String::new() };
    let created = world.hub.create_upload(wang.device(), &other, START).unwrap();
    world.hub.record_progress(&created.id, 20).unwrap();
    let Progress::Open(upload) = world.hub.upload(wang.device(), &created.id, START).unwrap() else {
        panic!()
    };
    assert_eq!(upload.received, 0);
}
