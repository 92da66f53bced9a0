//! What is issued again stands on exactly what it stood on, however much is written in one go.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;

use ruhu_case::{ActorId, ChangeHash, DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_national::DivisionScope;
use ruhu_store::EnvelopeState;
use ruhu_sync::engine::{Commit, Pulled};
use ruhu_sync::{Body, Certificate, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, PublicKey, Role};

use super::applier::{CommitApplier, Found};
use super::steps::{Carried, Step};
use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::identity::Enrolled;
use crate::waiting::WaitingBound;

const COLLEAGUE: ActorId = ActorId([9; 16]);

fn text(key: &str, value: &str) -> Write {
    Write::Put { path: format!("case/{key}"), value: Value::Text(value.into()) }
}

/// A household of a colleague, who writes on.
struct Colleague {
    doc: DocId,
    document: Document,
    place: (u64, EnvelopeHash),
}

impl Colleague {
    fn new() -> Colleague {
        let document = Document::new(DocKind::Household);
        Colleague { doc: DocId::new(1, [7; 10]), document, place: (0, EnvelopeHash::NONE) }
    }

    /// The next change, as the server tells it.
    fn writes(&mut self, write: Write) -> (Pulled, ChangeHash) {
        let header = DocHeader {
            class: LogClass::Household,
            division: "110101001002".parse().unwrap(),
            created_at_ms: 1,
        };
        let log = header.log().unwrap();
        let made = self.document.edit(COLLEAGUE, 1, &[write]).unwrap().remove(0);
        let body = Body::Changes(vec![RawChange::from_chunk(&made.bytes).unwrap()]);
        let header = (self.place.0 == 0).then_some(header);
        let place = (self.place.0 + 1, self.place.1);
        let envelope =
            Envelope::sign(&KeyPair::from_seed(&[9; 32]), self.doc, COLLEAGUE, place, header, body);
        self.place = (place.0, envelope.hash());
        let pulled = Pulled { envelope, log, epoch: 1, seq: place.0, server_time_ms: 1, authentic: true };
        (pulled, made.hash)
    }
}

fn enrolled(folder: &std::path::Path) -> Device {
    let device = Device::open(folder, [7; 32], "test").unwrap();
    let server = KeyPair::from_seed(&[8; 32]);
    device
        .work(|work| {
            let (key, scope) = (work.identity.key.public(), DivisionScope::parse("110101001").unwrap());
            let certificate =
                Certificate::issue(&server, key, "本人".into(), Role::Caseworker, scope, 0, i64::MAX);
            let server: PublicKey = server.public();
            let enrolled = Enrolled { certificate, url: "http://127.0.0.1:1".into(), server, tls: None };
            work.identity = Arc::new(work.identity.enrolled_with(enrolled));
            Ok(())
        })
        .unwrap();
    device
}

fn take(device: &Device, step: &Step<'_>) -> Found {
    let commit = Commit::default();
    let written = device.work(|work| {
        let mut applier = CommitApplier::new(work, &commit, Carried::default(), WaitingBound::default());
        applier.take(step, None)?;
        applier.finish()
    });
    written.unwrap().0
}

/// What this phone holds for the server, in order: each change with what it stands on.
fn unsent(device: &Device, doc: &DocId) -> Vec<(EnvelopeHash, ChangeHash, Vec<ChangeHash>)> {
    let rows = device.store.read(|tx| Ok::<_, DeviceError>(tx.envelopes_of_document(doc)?)).unwrap();
    let unsent = rows.iter().filter(|row| row.state == EnvelopeState::Outbox);
    let changes = unsent.map(|row| Envelope::from_bytes(&row.bytes).unwrap()).flat_map(|envelope| {
        let of = |change: &RawChange| (envelope.hash(), change.hash(), change.header().unwrap().deps.clone());
        envelope.changes().iter().map(of).collect::<Vec<_>>()
    });
    changes.collect()
}

#[test]
fn what_is_issued_again_stands_on_what_it_had_seen_and_on_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let device = enrolled(folder.path());
    let mut colleague = Colleague::new();
    let (doc, case) = (colleague.doc, colleague.doc.to_string());
    let (opened, opened_hash) = colleague.writes(text("head", "p1"));
    take(&device, &Step::Document(vec![&opened]));
    for number in 0..20 {
        device.case_set(&case, "case/remark", &format!("第{number}次")).unwrap();
    }
    // The colleague's word comes in the middle; what is written now has seen it.
    let (later, later_hash) = colleague.writes(text("remark", "同事的话"));
    take(&device, &Step::Document(vec![&later]));
    for number in 0..20 {
        device.case_set(&case, "case/need", &format!("第{number}次")).unwrap();
    }
    let before = unsent(&device, &doc);
    assert_eq!(before.len(), 40);
    let found = take(&device, &Step::Fork(&before[0].0));
    assert_eq!(found.reissued, 40, "what stands on a loser goes with it");
    let after = unsent(&device, &doc);
    assert_eq!(after.len(), 40);
    assert!(after.iter().all(|(_, change, _)| before.iter().all(|(_, old, _)| old != change)));
    assert_eq!(after[0].2, [opened_hash]);
    for number in 1..40 {
        let mut ground = vec![after[number - 1].1];
        ground.extend((number == 20).then_some(later_hash));
        ground.sort_unstable();
        assert_eq!(after[number].2, ground, "change {number}");
    }
    let document = device.store.read(|tx| LoadedDocument::get(tx, &doc)).unwrap().document;
    let standing: Vec<String> =
        document.conflicts()[0].values.iter().map(|value| value.value.to_string()).collect();
    assert!(
        standing.contains(&"第19次".to_owned()) && standing.contains(&"同事的话".to_owned()),
        "{standing:?}"
    );
    assert_eq!(document.history("case/need").len(), 20);
}
