//! The next page of a pull, asked for while this one is written: it is asked as it would be afterwards, or not
//! at all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use ruhu_case::{DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_sync::codec;
use ruhu_sync::engine::{Commit, Committed, Effect, Engine, Event, Loaded};
use ruhu_sync::message::{
    Entries, Gap, GapKind, InventoryPage, LogNews, Notice, Presence, SyncRequest, SyncResponse,
};
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, LogHead, LogId,
    LogSum, Role,
};

const VILLAGES: [&str; 2] = ["110101001002", "110101002003"];

fn server() -> KeyPair {
    KeyPair::from_seed(&[1; 32])
}

fn log(village: usize) -> LogId {
    LogId::new(VILLAGES[village], LogClass::Household).unwrap()
}

fn author(person: u8) -> (KeyPair, AuthorRecord) {
    let key = KeyPair::from_seed(&[person; 32]);
    let scope = VILLAGES[0][..9].parse().unwrap();
    let certificate =
        Certificate::issue(&server(), key.public(), "王".into(), Role::Caseworker, scope, 0, i64::MAX);
    (key, AuthorRecord { certificate, nonce: [person; 16] })
}

/// A household that somebody wrote, the `number`th.
fn envelope(number: u8, person: u8) -> Envelope {
    let (key, record) = author(person);
    let write = Write::Put { path: "case/remark".into(), value: Value::Int(number.into()) };
    let change = Document::new(DocKind::Household).edit(record.actor(), 5, &[write]).unwrap().remove(0);
    let body = Body::Changes(vec![RawChange::from_chunk(&change.bytes).unwrap()]);
    let division = VILLAGES[0].parse().unwrap();
    let header = DocHeader { class: LogClass::Household, division, created_at_ms: 5 };
    let place = (1, EnvelopeHash::NONE);
    Envelope::sign(&key, DocId::new(i64::from(number), [1; 10]), record.actor(), place, Some(header), body)
}

const OWN: u8 = 2;
const STRANGER: u8 = 3;

/// What one answer brings, and what the phone finds while it writes it.
#[derive(Debug, Clone, Default)]
struct Answer {
    village: usize,
    is_last: bool,
    of_a_stranger: bool,
    names_the_stranger: bool,
    gap: bool,
    seeks: bool,
    new_epoch: bool,
    proof: bool,
    inventory: bool,
    dismissed: bool,
    revoked: bool,
    requeued: bool,
}

fn answer() -> impl Strategy<Value = Answer> {
    let rare = || prop::bool::weighted(0.12);
    let page = (0..VILLAGES.len(), prop::bool::weighted(0.3), rare(), rare());
    let more = (rare(), rare(), rare(), rare(), rare(), rare(), prop::bool::weighted(0.03), rare());
    (page, more).prop_map(|((village, is_last, of_a_stranger, names_the_stranger), more)| {
        let (gap, seeks, new_epoch, proof, inventory, dismissed, revoked, requeued) = more;
        Answer {
            village,
            is_last,
            of_a_stranger,
            names_the_stranger,
            gap,
            seeks,
            new_epoch,
            proof,
            inventory,
            dismissed,
            revoked,
            requeued,
        }
    })
}

impl Answer {
    fn response(&self, number: u8) -> SyncResponse {
        let log = log(self.village);
        let head = LogHead::sign(&server(), log, 1, number.into(), [number; 32]);
        let row = (envelope(number, if self.of_a_stranger { STRANGER } else { OWN }), number.into(), 9);
        let sum = self.is_last.then(LogSum::default);
        let mut news = vec![LogNews::Page { head: head.clone(), entries: Entries::pack(&[row]), sum }];
        news.extend(self.new_epoch.then_some(LogNews::NewEpoch { log, epoch: 2 }));
        news.extend(self.proof.then_some(LogNews::Prove { log }));
        let other = envelope(number, STRANGER).hash();
        let gap = Gap { log, epoch: 1, seq: number.into(), envelope: other, why: GapKind::Damaged };
        SyncResponse {
            news,
            authors: self.names_the_stranger.then(|| author(STRANGER).1).into_iter().collect(),
            gaps: self.gap.then(|| vec![gap]),
            notice: self.seeks.then(|| Notice { seeks: vec![other], untold: false }),
            inventory: match self.inventory {
                true => vec![InventoryPage::new(log, &[(other, 1)], head, false)],
                false => Vec::new(),
            },
            dismissed: self.dismissed.then(Default::default),
            revoked: self.revoked,
            ..SyncResponse::default()
        }
    }
}

/// What a phone keeps of a run, as far as the next request depends on it.
#[derive(Default)]
struct Host {
    positions: BTreeMap<String, LogHead>,
    authors: Vec<AuthorRecord>,
    gaps: Vec<Gap>,
    registered: bool,
}

impl Host {
    fn loaded(&self, time_ms: i64) -> Box<Loaded> {
        let own = author(OWN).1;
        let records = self.authors.iter().chain([&own]).cloned();
        Box::new(Loaded {
            positions: self.positions.values().cloned().collect(),
            authors: records.map(|record| (record.actor(), record)).collect(),
            own: Some(own.actor()),
            own_registered: self.registered,
            presence: Some(presence(time_ms)),
            gaps: self.gaps.clone(),
            ..Loaded::default()
        })
    }

    fn write(&mut self, commit: &Commit) {
        self.positions.extend(commit.positions.iter().map(|head| (head.log.to_string(), head.clone())));
        self.authors.extend(commit.authors.iter().cloned());
        self.gaps.extend(commit.gaps.iter().copied());
        self.registered |= commit.registered.is_some();
    }
}

fn presence(time_ms: i64) -> Presence {
    Presence { time_ms, certificate_until_ms: i64::MAX, dismissed: None }
}

fn decoded(body: &[u8]) -> SyncRequest {
    SyncRequest { presence: None, ..codec::decode_body(body).unwrap() }
}

/// One phone of a pair to which the same happens.
struct Phone {
    engine: Engine,
    host: Host,
    asks_ahead: bool,
    asked: usize,
}

impl Phone {
    fn new(asks_ahead: bool) -> (Phone, SyncRequest) {
        let mut engine = Engine::new(server().public());
        engine.next(Event::Start).unwrap();
        let mut phone = Phone { engine, host: Host::default(), asks_ahead, asked: 0 };
        let first = phone.load();
        (phone, first)
    }

    fn load(&mut self) -> SyncRequest {
        match self.engine.next(Event::Loaded(self.host.loaded(7))).unwrap() {
            Effect::Send(body) => decoded(&body),
            other => panic!("{other:?}"),
        }
    }

    /// Takes an answer and gives the request after it; nothing at the end of the run, or its error.
    fn take(&mut self, response: &SyncResponse, requeued: bool) -> Result<Option<SyncRequest>, String> {
        let effect = self.engine.next(Event::Response(codec::encode_body(response)));
        let commit = match effect.map_err(|error| error.to_string())? {
            Effect::Commit(commit) => commit,
            other => panic!("{other:?}"),
        };
        let ahead = self.asks_ahead.then(|| self.engine.ask_ahead(Some(presence(8)))).flatten();
        self.host.write(&commit);
        let lacking = commit.inventories.iter().flat_map(|inventory| {
            inventory.rows.iter().map(|(hash, _)| (*hash, inventory.head.log, inventory.head.epoch))
        });
        let committed = Committed { lacking: lacking.collect(), requeued, ..Committed::default() };
        match self.engine.next(Event::Committed(committed)).map_err(|error| error.to_string())? {
            Effect::Done(_) => Ok(None),
            Effect::Load { .. } => Ok(Some(self.load())),
            Effect::Await => {
                self.asked += 1;
                Ok(Some(decoded(&ahead.expect("only what was asked is awaited"))))
            }
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    /// Two phones have the same conversation, one of which asks ahead where it can: neither asks anything
    /// that the other does not.
    #[test]
    fn what_is_asked_ahead_is_what_would_be_asked_afterwards(answers in prop::collection::vec(answer(), 1..9)) {
        let ((mut plain, first), (mut quick, same)) = (Phone::new(false), Phone::new(true));
        prop_assert_eq!(first, same);
        for (answer, number) in answers.iter().zip(1..) {
            let response = answer.response(number);
            let next = plain.take(&response, answer.requeued);
            prop_assert_eq!(&quick.take(&response, answer.requeued), &next);
            if !matches!(next, Ok(Some(_))) {
                break;
            }
        }
        prop_assert_eq!(plain.engine.summary(), quick.engine.summary());
    }
}

#[test]
fn a_pull_of_many_pages_asks_for_each_ahead_but_for_the_first() {
    let (mut phone, _) = Phone::new(true);
    for number in 1..=5 {
        let page = Answer { is_last: number == 5, ..Answer::default() };
        let next = phone.take(&page.response(number), false).unwrap();
        let position = next.map(|request| request.positions[0].seq);
        assert_eq!(position, (number < 5).then_some(u64::from(number)));
    }
    assert_eq!((phone.asked, phone.engine.summary().rounds), (4, 5));
}

#[test]
fn what_was_entered_meanwhile_is_given_after_the_page_that_was_asked_ahead() {
    let (mut phone, _) = Phone::new(true);
    let first = Answer::default().response(1);
    let Effect::Commit(commit) = phone.engine.next(Event::Response(codec::encode_body(&first))).unwrap()
    else {
        panic!("a commit")
    };
    assert!(phone.engine.ask_ahead(None).is_some());
    assert!(phone.engine.ask_ahead(None).is_none(), "once for each commit");
    phone.host.write(&commit);
    let entered = Committed { entered: true, ..Committed::default() };
    assert!(matches!(phone.engine.next(Event::Committed(entered)).unwrap(), Effect::Await));
    // The last page: but for what was entered the run would end with it.
    let last = Answer { is_last: true, ..Answer::default() }.response(2);
    assert!(phone.take(&last, false).unwrap().is_some());
}

#[test]
fn a_page_asked_ahead_whose_answer_is_cut_off_is_asked_for_again() {
    let (mut phone, _) = Phone::new(true);
    let asked = phone.take(&Answer::default().response(1), false).unwrap().unwrap();
    assert_eq!(phone.asked, 1);
    assert!(matches!(phone.engine.next(Event::Cut).unwrap(), Effect::Load { outbox_after: 0 }));
    assert_eq!(phone.load(), asked);
}
