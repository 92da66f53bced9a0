//! More authors and more logs than one request may ask for: all are asked for, in several requests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeSet, HashMap};

use ruhu_case::limits::{INVENTORY_LOGS, REQUEST_AUTHORS};
use ruhu_case::{ActorId, DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_sync::codec;
use ruhu_sync::engine::{Commit, Committed, Effect, Engine, Event, Loaded, Summary};
use ruhu_sync::message::{Entries, InventoryPage, LogNews, SyncRequest, SyncResponse};
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, LogHead, LogId,
    LogSum, Outcome, Role,
};

const DIVISION: &str = "110101001002";

fn server() -> KeyPair {
    KeyPair::from_seed(&[1; 32])
}

/// What so many people wrote, each a household of their own, with their records.
fn written_by(people: u16) -> (Vec<Envelope>, HashMap<ActorId, AuthorRecord>) {
    let key = KeyPair::from_seed(&[2; 32]);
    let scope = DIVISION[..9].parse().unwrap();
    let certificate =
        Certificate::issue(&server(), key.public(), "王".into(), Role::Caseworker, scope, 0, i64::MAX);
    let header =
        DocHeader { class: LogClass::Household, division: DIVISION.parse().unwrap(), created_at_ms: 5 };
    let author = |number: u16| {
        let mut nonce = [0; 16];
        nonce[..2].copy_from_slice(&number.to_be_bytes());
        let record = AuthorRecord { certificate: certificate.clone(), nonce };
        let write = Write::Put { path: "case/remark".into(), value: Value::Int(number.into()) };
        let change = Document::new(DocKind::Household).edit(record.actor(), 5, &[write]).unwrap().remove(0);
        let body = Body::Changes(vec![RawChange::from_chunk(&change.bytes).unwrap()]);
        let doc = DocId::new(i64::from(number), [1; 10]);
        let place = (1, EnvelopeHash::NONE);
        (Envelope::sign(&key, doc, record.actor(), place, Some(header.clone()), body), record)
    };
    (0..people).map(author).map(|(envelope, record)| (envelope, (record.actor(), record))).unzip()
}

fn begin(loaded: Loaded) -> (Engine, SyncRequest) {
    let mut engine = Engine::new(server().public());
    engine.next(Event::Start).unwrap();
    let request = send(&mut engine, loaded);
    (engine, request)
}

fn send(engine: &mut Engine, loaded: Loaded) -> SyncRequest {
    match engine.next(Event::Loaded(Box::new(loaded))).unwrap() {
        Effect::Send(body) => codec::decode_body(&body).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn answer(engine: &mut Engine, response: &SyncResponse) -> Box<Commit> {
    match engine.next(Event::Response(codec::encode_body(response))).unwrap() {
        Effect::Commit(commit) => commit,
        other => panic!("{other:?}"),
    }
}

/// The next request of a device that holds this, or the end.
fn go_on(engine: &mut Engine, committed: Committed, loaded: Loaded) -> Result<SyncRequest, Box<Summary>> {
    match engine.next(Event::Committed(committed)).unwrap() {
        Effect::Done(summary) => Err(Box::new(summary)),
        Effect::Load { .. } => Ok(send(engine, loaded)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_authors_of_a_page_are_asked_for_in_several_requests_and_then_the_page_is_taken() {
    let (envelopes, records) = written_by(2_300);
    let (mut engine, _) = begin(Loaded::default());
    let rows: Vec<(Envelope, u64, i64)> =
        envelopes.iter().zip(1..).map(|(envelope, seq)| (envelope.clone(), seq, 9)).collect();
    let log = LogId::new(DIVISION, LogClass::Household).unwrap();
    let head = LogHead::sign(&server(), log, 1, 2_300, [4; 32]);
    let news = vec![LogNews::Page { head, entries: Entries::pack(&rows), sum: Some(LogSum::default()) }];
    let mut told = answer(&mut engine, &SyncResponse { news, ..SyncResponse::default() });
    let (mut known, mut asked) = (HashMap::new(), Vec::new());
    while told.pulled.is_empty() {
        assert!(told.positions.is_empty(), "the place is taken with the page");
        known.extend(told.authors.iter().map(|record| (record.actor(), record.clone())));
        let loaded = Loaded { authors: known.clone(), ..Loaded::default() };
        let request = go_on(&mut engine, Committed::default(), loaded).expect("the page is still waiting");
        assert!(request.push_only, "the page is not sent twice");
        assert!(request.want_authors.len() <= REQUEST_AUTHORS);
        let given = request.want_authors.iter().map(|actor| records[&actor.0].clone()).collect();
        asked.push(request.want_authors.len());
        told = answer(&mut engine, &SyncResponse { authors: given, ..SyncResponse::default() });
    }
    assert_eq!(asked, [1_000, 1_000, 300]);
    assert_eq!((told.pulled.len(), told.positions.len()), (2_300, 1));
    assert!(told.pulled.iter().all(|pulled| pulled.authentic));
}

#[test]
fn records_that_a_restored_server_lacks_are_offered_in_several_requests() {
    let (envelopes, records) = written_by(1_200);
    let held = || {
        let outbox = (1..).zip(envelopes.iter().cloned()).collect();
        Loaded { outbox, authors: records.clone(), ..Loaded::default() }
    };
    let (mut engine, first) = begin(held());
    assert_eq!(first.authors, []);
    let outcomes = vec![Outcome::UnknownAuthor; first.push.unwrap().unpack().unwrap().len()];
    assert_eq!(outcomes.len(), 1_200, "all fit into one page");
    answer(&mut engine, &SyncResponse { outcomes, ..SyncResponse::default() });
    let mut offered: BTreeSet<ActorId> = BTreeSet::new();
    while offered.len() < records.len() {
        let request = go_on(&mut engine, Committed::default(), held()).expect("records are left to offer");
        assert!((1..=REQUEST_AUTHORS).contains(&request.authors.len()), "{}", request.authors.len());
        offered.extend(request.authors.iter().map(AuthorRecord::actor));
        let pushed = request.push.map_or(0, |page| page.unpack().unwrap().len());
        let outcomes = vec![Outcome::UnknownAuthor; pushed];
        answer(&mut engine, &SyncResponse { outcomes, ..SyncResponse::default() });
    }
}

#[test]
fn logs_are_compared_in_several_requests_and_each_comes_to_its_end() {
    let logs: BTreeSet<LogId> =
        (1..=150).map(|n| LogId::new(&format!("110101{n:03}"), LogClass::Household).unwrap()).collect();
    let (mut engine, _) = begin(Loaded::default());
    let news = logs.iter().map(|log| LogNews::NewEpoch { log: *log, epoch: 2 }).collect();
    answer(&mut engine, &SyncResponse { news, ..SyncResponse::default() });
    let (mut asked, mut taken) = (Vec::new(), BTreeSet::new());
    while let Ok(request) = go_on(&mut engine, Committed::default(), Loaded::default()) {
        assert!(request.inventory.len() <= INVENTORY_LOGS);
        asked.push(request.inventory.len());
        let page =
            |log: LogId| InventoryPage::new(log, &[], LogHead::sign(&server(), log, 2, 0, [0; 32]), false);
        let inventory = request.inventory.iter().map(|ask| page(ask.log)).collect();
        let told = answer(&mut engine, &SyncResponse { inventory, ..SyncResponse::default() });
        taken.extend(told.positions.iter().map(|head| head.log));
        assert!(asked.len() < 10, "{asked:?}");
    }
    assert_eq!(asked[..3], [64, 64, 22]);
    assert_eq!(taken, logs);
}
