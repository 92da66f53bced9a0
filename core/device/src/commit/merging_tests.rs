//! Envelopes that come in any order, into a real store, with bounds that are soon reached.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use ruhu_case::{ActorId, DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_store::EnvelopeState;
use ruhu_sync::engine::{Commit, Pulled};
use ruhu_sync::{Body, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass};
use tempfile::TempDir;

use super::applier::{CommitApplier, Found};
use super::prepare::PreparedDocument;
use super::steps::{Carried, Step};
use crate::device::Device;
use crate::documents::{self, LoadedDocument};
use crate::error::DeviceError;
use crate::waiting::WaitingBound;

const NARROW: WaitingBound = WaitingBound { of_author: 3, of_document: 5, bytes: 2_000 };

/// What several people wrote in one household, each change in an envelope of its own, and the document
/// that it comes to.
struct Written {
    doc: DocId,
    envelopes: Vec<Envelope>,
    whole: Document,
}

impl Written {
    fn by(authors: u8, changes: usize, random: &mut fastrand::Rng) -> Written {
        let doc = DocId::new(1, [7; 10]);
        let division = "110101001002".parse().unwrap();
        let header = DocHeader { class: LogClass::Household, division, created_at_ms: 1 };
        let mut phones = vec![Document::new(DocKind::Household); authors.into()];
        let mut places = vec![(0, EnvelopeHash::NONE); authors.into()];
        let mut written = Written { doc, envelopes: Vec::new(), whole: Document::new(DocKind::Household) };
        for number in 0..changes {
            let phone = random.usize(0..phones.len());
            if random.bool() {
                let known: Vec<Vec<u8>> = written
                    .whole
                    .change_hashes()
                    .iter()
                    .map(|h| written.whole.change_bytes(h).unwrap())
                    .collect();
                phones[phone].apply(&known).unwrap();
            }
            let actor = ActorId([phone as u8 + 1; 16]);
            let write = Write::Put { path: "case/remark".into(), value: Value::Int(number as i64) };
            let made = phones[phone].edit(actor, 1, &[write]).unwrap().remove(0);
            written.whole.apply(std::slice::from_ref(&made.bytes)).unwrap();
            let body = Body::Changes(vec![RawChange::from_chunk(&made.bytes).unwrap()]);
            let place = &mut places[phone];
            let first = written.envelopes.is_empty().then(|| header.clone());
            let key = KeyPair::from_seed(&[phone as u8; 32]);
            let envelope = Envelope::sign(&key, doc, actor, (place.0 + 1, place.1), first, body);
            *place = (place.0 + 1, envelope.hash());
            written.envelopes.push(envelope);
        }
        written
    }

    /// As the server tells them.
    fn pulled(&self) -> Vec<Pulled> {
        let log = self.envelopes[0].header.as_ref().unwrap().log().unwrap();
        let numbered = self.envelopes.iter().cloned().zip(1..);
        numbered
            .map(|(envelope, seq)| Pulled {
                envelope,
                log,
                epoch: 1,
                seq,
                server_time_ms: 1,
                authentic: true,
            })
            .collect()
    }
}

struct Phone {
    folder: TempDir,
    device: Option<Device>,
}

impl Phone {
    fn new() -> Phone {
        let mut phone = Phone { folder: tempfile::tempdir().unwrap(), device: None };
        phone.restart();
        phone
    }

    fn restart(&mut self) {
        self.device = None;
        self.device = Some(Device::open(self.folder.path(), [7; 32], "test").unwrap());
    }

    fn device(&self) -> &Device {
        self.device.as_ref().unwrap()
    }

    fn take(&self, batch: &[Pulled], bound: WaitingBound) -> Found {
        self.write(batch, self.ready(batch).as_ref(), bound)
    }

    /// What a batch brings, made ready ahead of its slice.
    fn ready(&self, batch: &[Pulled]) -> Option<PreparedDocument> {
        let step = Step::Document(batch.iter().collect());
        self.device().store.read(|tx| PreparedDocument::of_step(tx, &step, 1)).unwrap()
    }

    fn write(&self, batch: &[Pulled], ready: Option<&PreparedDocument>, bound: WaitingBound) -> Found {
        let step = Step::Document(batch.iter().collect());
        let commit = Commit::default();
        let written = self.device().work(|work| {
            let mut applier = CommitApplier::new(work, &commit, Carried::default(), bound);
            applier.take(&step, ready)?;
            applier.finish()
        });
        written.unwrap().0
    }

    /// The document as its bytes are, if it is there.
    fn saved(&self, doc: &DocId) -> Option<Document> {
        let row = self.device().store.read(|tx| Ok::<_, DeviceError>(tx.document(doc)?)).unwrap()?;
        Some(Document::load(row.kind, &row.saved).unwrap())
    }

    /// How many changes wait, and how many of these are in envelopes that count.
    fn waiting(&self, doc: &DocId) -> (u32, usize) {
        let applied = self.saved(doc).map_or(0, |document| document.change_hashes().len());
        self.device()
            .store
            .read(|tx| {
                let all = tx.waiting_by_author()?.iter().map(|(_, _, count)| count).sum();
                Ok::<_, DeviceError>((all, tx.envelopes_heard_of_document(doc)?.len() - applied))
            })
            .unwrap()
    }

    fn holds_all_of(&self, written: &Written, told: &str) {
        assert_eq!(self.saved(&written.doc).unwrap().heads(), written.whole.heads(), "{told}");
        assert_eq!(self.waiting(&written.doc), (0, 0), "{told}");
        let apart = self.device().store.read(|tx| Ok::<_, DeviceError>(tx.apart(None)?)).unwrap();
        assert_eq!(apart, [], "{told}");
        assert_eq!(self.device().not_yet_safe().unwrap().set_aside, [], "{told}");
    }
}

#[test]
fn in_whatever_order_envelopes_come_everything_is_in_the_document_at_the_end() {
    for seed in 0..24 {
        let random = &mut fastrand::Rng::with_seed(seed);
        let written = Written::by(random.u8(1..4), random.usize(1..30), random);
        let mut pulled = written.pulled();
        random.shuffle(&mut pulled);
        let mut phone = Phone::new();
        let mut rest = &pulled[..];
        while !rest.is_empty() {
            let (batch, behind) = rest.split_at(random.usize(1..6).min(rest.len()));
            rest = behind;
            phone.take(batch, NARROW);
            if let Some(document) = phone.saved(&written.doc) {
                assert_eq!(document.waiting_changes(), [], "seed {seed}: nothing waits in the bytes");
                let (all, ready) = phone.waiting(&written.doc);
                assert!(ready <= 5 && ready as u32 <= all, "seed {seed}: {ready} of {all} are held ready");
            }
            if random.u8(0..4) == 0 {
                phone.restart();
            }
        }
        phone.holds_all_of(&written, &format!("seed {seed}"));
    }
}

#[test]
fn a_long_chain_that_comes_backwards_is_named_while_it_waits_and_all_there_at_the_end() {
    let written = Written::by(1, 120, &mut fastrand::Rng::with_seed(1));
    let mut pulled = written.pulled();
    let first = pulled.remove(0);
    let second = pulled.remove(0);
    pulled.reverse();
    let phone = Phone::new();
    phone.take(&[first], NARROW);
    let mut named = Vec::new();
    for one in &pulled {
        named.extend(phone.take(std::slice::from_ref(one), NARROW).quarantined);
    }
    assert_eq!(phone.waiting(&written.doc), (118, 3), "three are ready, the others are set aside");
    assert_eq!(named.len(), 115);
    assert!(named.iter().all(|line| line.ends_with("waits")), "{named:?}");
    let told = phone.device().not_yet_safe().unwrap();
    let [apart] = &told.set_aside[..] else { panic!("{told:?}") };
    assert_eq!((apart.count, apart.reason.as_deref(), told.count), (118, Some("waits"), 0));
    let findings = phone.device().check().unwrap();
    assert!(findings.iter().any(|line| line.contains("118 changes wait")), "{findings:?}");
    phone.take(&[second], NARROW);
    phone.holds_all_of(&written, "at the end");
}

#[test]
fn what_began_to_wait_while_a_document_was_made_ready_is_taken_up_with_it() {
    let written = Written::by(1, 3, &mut fastrand::Rng::with_seed(1));
    let [first, second, third] = written.pulled().try_into().unwrap();
    let phone = Phone::new();
    phone.take(&[first], NARROW);
    let second = [second];
    let ready = phone.ready(&second);
    assert!(ready.is_some(), "nothing waits yet");
    phone.take(&[third], NARROW);
    assert_eq!(phone.waiting(&written.doc), (1, 1));
    phone.write(&second, ready.as_ref(), NARROW);
    phone.holds_all_of(&written, "at the end");
}

#[test]
fn what_an_earlier_program_kept_in_the_bytes_of_a_document_is_moved_out_and_applied_when_it_can_be() {
    for written_to_meanwhile in [false, true] {
        let written = Written::by(1, 3, &mut fastrand::Rng::with_seed(1));
        let [first, second, third] = <[Pulled; 3]>::try_from(written.pulled()).unwrap();
        let phone = Phone::new();
        phone.take(&[first], NARROW);
        let device = phone.device();
        let earlier = |work: &mut crate::unit_of_work::UnitOfWork<'_, '_>| {
            let row = documents::row_of(&third.envelope, third.log.to_string(), EnvelopeState::Acked);
            work.tx.insert_envelope(&row)?;
            let change = &third.envelope.changes()[0];
            let header = change.header().unwrap();
            work.tx.insert_change(&written.doc, &change.hash(), &header.actor, header.seq, &row.hash)?;
            let mut document = work.tx.document(&written.doc)?.unwrap();
            document.saved.extend(change.chunk());
            Ok(work.tx.put_document(&document)?)
        };
        device.work(earlier).unwrap();
        if written_to_meanwhile {
            let again = |work: &mut crate::unit_of_work::UnitOfWork<'_, '_>| {
                let mut loaded = LoadedDocument::get(work.tx, &written.doc)?;
                loaded.save(work.tx, 2)
            };
            device.work(again).unwrap();
            assert_eq!(phone.saved(&written.doc).unwrap().waiting_changes(), []);
            assert_eq!(phone.waiting(&written.doc), (1, 1));
        }
        phone.take(&[second], NARROW);
        phone.holds_all_of(&written, &format!("written to meanwhile: {written_to_meanwhile}"));
    }
}
