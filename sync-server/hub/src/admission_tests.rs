//! What leaves quarantine costs as much as there is of it. The work is counted, not timed: how often a row is
//! read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_case::{DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_sync::{AuthorRecord, Body, DeviceId, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass};
use rusqlite::StatementStatus;

use crate::full_disk_tests::{NOW, enrolled};
use crate::quarantine::QUARANTINED;
use crate::quarantine_files::{FILE_APART, FILES_APART, FileApart};
use crate::{Hub, Selection};

/// A household that a phone wrote, a change in each envelope.
struct Written {
    doc: DocId,
    device: DeviceId,
    envelopes: Vec<Envelope>,
}

impl Written {
    fn by((key, record): &(KeyPair, AuthorRecord), texts: &[String]) -> Written {
        let (doc, mut document) = (DocId::new(NOW, [1; 10]), Document::new(DocKind::Household));
        let division = "110101001002".parse().unwrap();
        let header = DocHeader { class: LogClass::Household, division, created_at_ms: NOW };
        let (mut header, mut prev) = (Some(header), EnvelopeHash::NONE);
        let envelope = |(text, seq): (&String, u64)| {
            let write = Write::Put { path: "case/remark".into(), value: Value::Text(text.clone()) };
            let change = document.edit(record.actor(), NOW, &[write]).unwrap().remove(0);
            let body = Body::Changes(vec![RawChange::from_chunk(&change.bytes).unwrap()]);
            let envelope = Envelope::sign(key, doc, record.actor(), (seq, prev), header.take(), body);
            prev = envelope.hash();
            envelope
        };
        let envelopes = texts.iter().zip(1..).map(envelope).collect();
        Written { doc, device: key.public().device_id(), envelopes }
    }
}

fn file(number: usize) -> FileApart {
    let mut sha256 = [7; 32];
    sha256[..8].copy_from_slice(&number.to_be_bytes());
    FileApart { sha256, size: 3, mime: "image/jpeg".into() }
}

/// A server that keeps these apart, in this order, with so many photos of their household.
fn kept_apart(texts: &[String], backwards: bool, photos: usize) -> (tempfile::TempDir, Hub, Written) {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::open(dir.path(), NOW).unwrap();
    let phone = enrolled(&mut hub, 1);
    let written = Written::by(&phone, texts);
    let mut order: Vec<&Envelope> = written.envelopes.iter().collect();
    if backwards {
        order.reverse();
    }
    hub.write(NOW, |work| {
        work.learn_authors(std::slice::from_ref(&phone.1))?;
        for envelope in &order {
            work.quarantine(envelope, &envelope.hash(), ruhu_sync::Reason::Expired)?;
        }
        (0..photos).try_for_each(|number| work.keep_file_apart(written.device, written.doc, &file(number)))
    })
    .unwrap();
    (dir, hub, written)
}

fn count(hub: &Hub, sql: &str, what: StatementStatus) -> i32 {
    hub.connection.prepare_cached(sql).unwrap().get_status(what)
}

#[test]
fn a_chain_that_came_backwards_is_looked_at_three_times_an_envelope_however_long_it_is() {
    for length in [20, 200] {
        let texts: Vec<String> = (0..length).map(|number| format!("第{number}次")).collect();
        let (_dir, mut hub, written) = kept_apart(&texts, true, 0);
        let admitted = hub.admit(&Selection::Document(written.doc), NOW).unwrap();
        assert_eq!((admitted.envelopes, admitted.left.len()), (length, 0));
        // At first, when its household is there, and when what it stands on is.
        let read = count(&hub, QUARANTINED, StatementStatus::Run);
        assert!(read <= 3 * length as i32, "{read} for {length}");
        assert_eq!(hub.check().unwrap().findings, vec![]);
    }
}

#[test]
fn what_never_comes_leaves_what_stands_on_it_in_quarantine() {
    let texts: Vec<String> = (0..6).map(|number| format!("第{number}次")).collect();
    let (_dir, mut hub, written) = kept_apart(&texts, true, 0);
    hub.write(NOW, |work| work.forget_content(&written.envelopes[2].hash())).unwrap();
    let admitted = hub.admit(&Selection::Document(written.doc), NOW).unwrap();
    assert_eq!(admitted.envelopes, 2);
    let left: Vec<&str> = admitted.left.iter().map(|left| left.code.as_str()).collect();
    assert_eq!(left, ["missing_dependency"; 3]);
    // Without the envelope that creates it there is no household.
    let (_dir, mut hub, written) = kept_apart(&texts, false, 0);
    hub.write(NOW, |work| work.forget_content(&written.envelopes[0].hash())).unwrap();
    let admitted = hub.admit(&Selection::Document(written.doc), NOW).unwrap();
    assert_eq!((admitted.envelopes, admitted.left.len()), (0, 5));
    assert!(admitted.left.iter().all(|left| left.code == "inadmissible"), "{:?}", admitted.left);
}

#[test]
fn a_photo_is_looked_for_by_the_envelope_that_names_it_however_many_a_household_has() {
    let mut steps = Vec::new();
    for photos in [20, 400] {
        // Digits stand before and behind, as a text may have them beside it.
        let name = |number: usize| format!("ab{}cd", data_encoding::HEXLOWER.encode(&file(number).sha256));
        let texts: Vec<String> = (0..20).map(name).collect();
        let (_dir, mut hub, written) = kept_apart(&texts, false, photos);
        let admitted = hub.admit(&Selection::Document(written.doc), NOW).unwrap();
        assert_eq!((admitted.envelopes, admitted.photos), (20, 0), "their bytes are not on the disk");
        let left: i64 =
            hub.connection.query_row("SELECT count(*) FROM quarantine_files", [], |row| row.get(0)).unwrap();
        assert_eq!(left, photos as i64 - 20, "each was found by its envelope");
        let work = |sql| count(&hub, sql, StatementStatus::VmStep);
        steps.push(work(FILES_APART) + work(FILE_APART));
    }
    assert!(steps[1] < 2 * steps[0], "{steps:?}");
}
