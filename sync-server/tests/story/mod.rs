//! A server in a folder and phones that speak to its hub directly. The clock is a number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

pub mod running;

use std::collections::HashMap;
use std::path::Path;

use ruhu_case::{ActorId, ChangeHash, DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_server::Hub;
use ruhu_server::hub::Invitation;
use ruhu_sync::message::{ChainTail, ENROLL_LABEL, EnrollRequest, LogNews, Position};
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DeviceId, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, LogHead,
    LogId, LogSum, Outcome, Page, Role, SyncRequest, SyncResponse,
};
use tempfile::TempDir;

pub const START: i64 = 1_790_000_000_000;
pub const VILLAGE: &str = "110101001001";
pub const NEIGHBOUR: &str = "110101001002";
pub const ELSEWHERE: &str = "110101002001";

pub struct World {
    pub dir: TempDir,
    pub hub: Hub,
    pub now: i64,
    phones: u8,
}

impl World {
    pub fn new() -> World {
        let dir = tempfile::tempdir().unwrap();
        let hub = Hub::open_to_serve(&dir.path().join("data"), START).unwrap();
        World { dir, hub, now: START, phones: 0 }
    }

    pub fn phone(&mut self, person: &str, role: Role, scope: &str) -> Phone {
        self.phones += 1;
        let key = KeyPair::from_seed(&[self.phones; 32]);
        let invitation =
            Invitation { person: person.into(), role, scope: scope.parse().unwrap(), valid_ms: 60_000 };
        let code = self.hub.issue_code(invitation, "http://127.0.0.1:1", None, self.now).unwrap();
        let certificate = self.hub.enroll(&enroll_request(&key, code.secret), self.now).unwrap().certificate;
        Phone::new(key, certificate, [self.phones; 16])
    }

    pub fn caseworker(&mut self, person: &str) -> Phone {
        self.phone(person, Role::Caseworker, "110101001")
    }

    pub fn volunteer(&mut self, person: &str) -> Phone {
        self.phone(person, Role::Volunteer, VILLAGE)
    }

    pub fn sync(&mut self, device: DeviceId, request: SyncRequest) -> SyncResponse {
        self.now += 1_000;
        self.hub.sync(device, request, self.now).unwrap()
    }

    /// Pushes envelopes alone.
    pub fn push(&mut self, phone: &Phone, envelopes: &[Envelope]) -> Vec<Outcome> {
        let request = SyncRequest { push_only: true, ..phone.request(envelopes) };
        self.sync(phone.device(), request).outcomes
    }

    /// Pulls until the phone has everything, and gives what came.
    pub fn pull(&mut self, phone: &mut Phone) -> Vec<Envelope> {
        let mut pulled = Vec::new();
        loop {
            let response = self.sync(phone.device(), phone.request(&[]));
            let mut more = false;
            for news in response.news {
                let LogNews::Page { head, entries, sum } = news else { panic!("{news:?}") };
                assert!(head.is_signed_by(&self.hub.public_key()));
                let rows = entries.unpack().unwrap();
                phone.seen.entry(head.log).or_default().extend(rows.iter().map(|(e, _, _)| e.hash()));
                pulled.extend(rows.into_iter().map(|(envelope, _, _)| envelope));
                more |= sum.is_none();
                phone.positions.insert(head.log, head);
            }
            if !more {
                return pulled;
            }
        }
    }

    /// Copies the folder as a backup would.
    pub fn back_up(&self) -> TempDir {
        let backup = tempfile::tempdir().unwrap();
        copy(&self.dir.path().join("data"), &backup.path().join("data"));
        backup
    }

    /// Puts a backup in the place of the folder, and opens the server again.
    pub fn restore(&mut self, backup: &TempDir) {
        let data = self.data();
        self.stop();
        std::fs::remove_dir_all(&data).unwrap();
        copy(&backup.path().join("data"), &data);
        self.serve();
    }

    /// The data folder.
    pub fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    /// Closes the server; another, empty one stands in for it.
    pub fn stop(&mut self) {
        self.hub = Hub::open(&self.dir.path().join("closed"), self.now).unwrap();
    }

    /// Opens the server on its folder again.
    pub fn serve(&mut self) {
        self.hub = Hub::open_to_serve(&self.data(), self.now).unwrap();
    }

    pub fn check_is_clean(&mut self) {
        assert_eq!(self.hub.check().unwrap().findings, vec![]);
    }
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => {
                std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }
}

pub fn enroll_request(key: &KeyPair, secret: [u8; 16]) -> EnrollRequest {
    EnrollRequest { secret, key: key.public().0, signature: key.sign(ENROLL_LABEL, &secret) }
}

pub struct Phone {
    pub key: KeyPair,
    pub record: AuthorRecord,
    pub seq: u64,
    pub prev: EnvelopeHash,
    pub documents: HashMap<DocId, Document>,
    pub positions: HashMap<LogId, LogHead>,
    pub seen: HashMap<LogId, Vec<EnvelopeHash>>,
}

impl Phone {
    pub fn new(key: KeyPair, certificate: Certificate, nonce: [u8; 16]) -> Phone {
        Phone {
            key,
            record: AuthorRecord { certificate, nonce },
            seq: 0,
            prev: EnvelopeHash::NONE,
            documents: HashMap::new(),
            positions: HashMap::new(),
            seen: HashMap::new(),
        }
    }

    pub fn device(&self) -> DeviceId {
        self.record.certificate.device()
    }

    pub fn actor(&self) -> ActorId {
        self.record.actor()
    }

    /// The same person's phone as its copy would be: same key, same actor, same chain.
    pub fn copy(&self, seed: u8) -> Phone {
        Phone {
            seq: self.seq,
            prev: self.prev,
            documents: self.documents.clone(),
            ..Phone::new(KeyPair::from_seed(&[seed; 32]), self.record.certificate.clone(), self.record.nonce)
        }
    }

    pub fn request(&self, envelopes: &[Envelope]) -> SyncRequest {
        let position = |head: &LogHead| {
            let mut chain = [0; 8];
            chain.copy_from_slice(&head.chain[..8]);
            Position { log: head.log, epoch: head.epoch, seq: head.seq, chain }
        };
        SyncRequest {
            tail: Some(ChainTail { actor: self.actor(), seq: self.seq }),
            positions: self.positions.values().map(position).collect(),
            authors: vec![self.record.clone()],
            push: (!envelopes.is_empty()).then(|| Page::pack(envelopes)),
            ..SyncRequest::default()
        }
    }

    /// Signs a body as the phone's next envelope.
    pub fn envelope(&mut self, doc: DocId, header: Option<DocHeader>, body: Body) -> Envelope {
        let envelope = Envelope::sign(&self.key, doc, self.actor(), (self.seq + 1, self.prev), header, body);
        self.seq += 1;
        self.prev = envelope.hash();
        envelope
    }

    /// Opens a household in a village.
    pub fn open_household(&mut self, number: u8, village: &str) -> (DocId, Envelope) {
        self.open_document(number, LogClass::Household, village)
    }

    pub fn open_document(&mut self, number: u8, class: LogClass, village: &str) -> (DocId, Envelope) {
        let doc = DocId::new(START + i64::from(number), [number; 10]);
        let header = DocHeader { class, division: village.parse().unwrap(), created_at_ms: START };
        self.documents.insert(doc, Document::new(class.doc_kind().unwrap()));
        let change = self.change(doc, "case/address", "幸福巷1号");
        let envelope = self.envelope(doc, Some(header), Body::Changes(vec![change]));
        (doc, envelope)
    }

    pub fn change(&mut self, doc: DocId, path: &str, text: &str) -> RawChange {
        let actor = self.actor();
        let document = self.documents.get_mut(&doc).unwrap();
        let write = Write::Put { path: path.into(), value: Value::Text(text.into()) };
        let change = document.edit(actor, START, &[write]).unwrap().remove(0);
        RawChange::from_chunk(&change.bytes).unwrap()
    }

    /// Writes a field and signs it.
    pub fn write(&mut self, doc: DocId, path: &str, text: &str) -> Envelope {
        let change = self.change(doc, path, text);
        self.envelope(doc, None, Body::Changes(vec![change]))
    }

    /// Takes the changes of others into the phone's documents.
    pub fn take(&mut self, envelopes: &[Envelope]) {
        for envelope in envelopes {
            let chunks: Vec<Vec<u8>> = envelope.changes().iter().map(RawChange::chunk).collect();
            let document =
                self.documents.entry(envelope.doc).or_insert_with(|| Document::new(DocKind::Household));
            document.apply(&chunks).unwrap();
        }
    }

    pub fn heads(&self, doc: DocId) -> Vec<ChangeHash> {
        self.documents[&doc].heads()
    }
}

pub fn log(class: LogClass) -> LogId {
    LogId::new("110101001", class).unwrap()
}

pub fn held(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Held { seq, .. } => *seq,
        other => panic!("not held: {other:?}"),
    }
}

pub fn sum_of<'a>(hashes: impl IntoIterator<Item = &'a EnvelopeHash>) -> LogSum {
    let mut sum = LogSum::default();
    hashes.into_iter().for_each(|hash| sum.add(hash));
    sum
}
