//! A disk without room, met through SQLite's own limit on the number of pages, and one that is read only,
//! met through SQLite's own refusal to write.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_case::{DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_sync::message::{ENROLL_LABEL, EnrollRequest, Presence};
use ruhu_sync::{
    AuthorRecord, Body, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, Page, Role, SyncRequest,
};

use crate::error::HubError;
use crate::{Hub, Invitation};

pub(crate) const NOW: i64 = 1_795_309_200_000;
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// A phone of a new caseworker's.
pub(crate) fn enrolled(hub: &mut Hub, seed: u8) -> (KeyPair, AuthorRecord) {
    let scope = "110101001".parse().unwrap();
    let invitation =
        Invitation { person: "王经办".into(), role: Role::Caseworker, scope, valid_ms: 60_000 };
    let code = hub.issue_code(invitation, "http://127.0.0.1:1", None, NOW).unwrap();
    let key = KeyPair::from_seed(&[seed; 32]);
    let signature = key.sign(ENROLL_LABEL, &code.secret);
    let request = EnrollRequest { secret: code.secret, key: key.public().0, signature };
    let certificate = hub.enroll(&request, NOW).unwrap().certificate;
    (key, AuthorRecord { certificate, nonce: [seed; 16] })
}

/// A household with a long text.
fn household((key, record): &(KeyPair, AuthorRecord), number: u8) -> Envelope {
    let value = Value::Text(format!("第{number}户").repeat(2_000));
    let mut document = Document::new(DocKind::Household);
    let write = Write::Put { path: "case/remark".into(), value };
    let change = document.edit(record.actor(), NOW, &[write]).unwrap().remove(0);
    let division = "110101001002".parse().unwrap();
    let header = DocHeader { class: LogClass::Household, division, created_at_ms: NOW };
    let body = Body::Changes(vec![RawChange::from_chunk(&change.bytes).unwrap()]);
    let doc = DocId::new(NOW, [number; 10]);
    Envelope::sign(key, doc, record.actor(), (1, EnvelopeHash::NONE), Some(header), body)
}

fn request(phone: &(KeyPair, AuthorRecord), push: &[Envelope], time_ms: i64) -> SyncRequest {
    let presence =
        Presence { time_ms, certificate_until_ms: phone.1.certificate.expires_at_ms, dismissed: None };
    SyncRequest {
        authors: vec![phone.1.clone()],
        push: (!push.is_empty()).then(|| Page::pack(push)),
        presence: Some(presence),
        ..SyncRequest::default()
    }
}

#[test]
fn a_server_without_room_takes_nothing_and_tells_everybody_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::open(dir.path(), NOW).unwrap();
    let (a, b) = (enrolled(&mut hub, 1), enrolled(&mut hub, 2));
    let (a_id, b_id) = (a.0.public().device_id(), b.0.public().device_id());
    hub.sync(a_id, request(&a, &[household(&a, 1)], NOW), NOW).unwrap();
    let pages: u32 = hub.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    hub.connection.pragma_update(None, "max_page_count", pages).unwrap();
    // The second household would need more pages than there are; an hour later the clock is looked at too.
    let later = NOW + HOUR_MS;
    let full = hub.sync(b_id, request(&b, &[household(&b, 2)], later), later);
    assert!(matches!(&full, Err(HubError::Storage(error)) if error.is_full()), "{full:?}");
    assert_eq!(full.unwrap_err().problem().code, "storage_full");
    // Nobody's record has room either, and everybody is told all the same.
    let told = hub.sync(b_id, request(&b, &[], later), later).unwrap();
    assert_eq!(told.news.len(), 1, "{told:?}");
    hub.connection.pragma_update(None, "max_page_count", u32::MAX - 1).unwrap();
    let taken = hub.sync(b_id, request(&b, &[household(&b, 2)], later), later).unwrap();
    assert!(matches!(taken.outcomes[..], [ruhu_sync::Outcome::Held { .. }]), "{taken:?}");
    assert_eq!(hub.check().unwrap().findings, vec![]);
}

#[test]
fn a_disk_that_turns_read_only_under_a_serving_server_takes_nothing_and_tells_everybody_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::open(dir.path(), NOW).unwrap();
    let (a, b) = (enrolled(&mut hub, 1), enrolled(&mut hub, 2));
    let (a_id, b_id) = (a.0.public().device_id(), b.0.public().device_id());
    hub.sync(a_id, request(&a, &[household(&a, 1)], NOW), NOW).unwrap();
    hub.connection.pragma_update(None, "query_only", true).unwrap();
    // An hour later the clock is looked at too, and the time last seen would be written.
    let later = NOW + HOUR_MS;
    let refused = hub.sync(b_id, request(&b, &[household(&b, 2)], later), later).unwrap_err();
    assert_eq!(refused.problem().code, "storage_read_only");
    let told = hub.sync(b_id, request(&b, &[], later), later).unwrap();
    assert_eq!(told.news.len(), 1, "{told:?}");
    assert_eq!(hub.check().unwrap().findings, vec![]);
    hub.connection.pragma_update(None, "query_only", false).unwrap();
    let taken = hub.sync(b_id, request(&b, &[household(&b, 2)], later), later).unwrap();
    assert!(matches!(taken.outcomes[..], [ruhu_sync::Outcome::Held { .. }]), "{taken:?}");
}
