//! The engine as a state machine: it goes on only with what the server proved, and in its turn.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_case::{DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_sync::codec;
use ruhu_sync::engine::{Committed, Effect, Engine, EngineError, Event, Loaded};
use ruhu_sync::message::{LogNews, ReceiptSignature, SyncRequest, SyncResponse};
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, LogHead, LogId,
    Outcome, Place, Receipt, Role,
};

const DIVISION: &str = "110101001002";

fn server() -> KeyPair {
    KeyPair::from_seed(&[1; 32])
}

fn log() -> LogId {
    LogId::new(DIVISION, LogClass::Household).unwrap()
}

fn record() -> (KeyPair, AuthorRecord) {
    let key = KeyPair::from_seed(&[2; 32]);
    let scope = DIVISION[..9].parse().unwrap();
    let certificate =
        Certificate::issue(&server(), key.public(), "王".into(), Role::Caseworker, scope, 0, i64::MAX);
    (key, AuthorRecord { certificate, nonce: [3; 16] })
}

fn envelope() -> Envelope {
    let (key, record) = record();
    let mut document = Document::new(DocKind::Household);
    let write = Write::Put { path: "case/remark".into(), value: Value::Text("雨天".into()) };
    let change = document.edit(record.actor(), 5, &[write]).unwrap().remove(0);
    let body = Body::Changes(vec![RawChange::from_chunk(&change.bytes).unwrap()]);
    let header =
        DocHeader { class: LogClass::Household, division: DIVISION.parse().unwrap(), created_at_ms: 5 };
    let place = (1, EnvelopeHash::NONE);
    Envelope::sign(&key, DocId::new(5, [1; 10]), record.actor(), place, Some(header), body)
}

fn loaded(outbox: Vec<(i64, Envelope)>) -> Loaded {
    let record = record().1;
    let actor = record.actor();
    Loaded { own: Some(actor), authors: [(actor, record)].into(), outbox, ..Loaded::default() }
}

/// Starts a run and gives the engine with its first request.
fn begin(outbox: Vec<(i64, Envelope)>) -> (Engine, SyncRequest) {
    let mut engine = Engine::new(server().public());
    assert!(matches!(engine.next(Event::Start).unwrap(), Effect::Load { outbox_after: 0 }));
    let Effect::Send(body) = engine.next(Event::Loaded(loaded(outbox))).unwrap() else { panic!("a request") };
    (engine, codec::decode_body(&body).unwrap())
}

fn respond(engine: &mut Engine, response: &SyncResponse) -> Result<Effect, EngineError> {
    engine.next(Event::Response(codec::encode_body(response)))
}

fn held(receipt: Option<Receipt>) -> SyncResponse {
    SyncResponse {
        server_time_ms: 9,
        outcomes: vec![Outcome::Held { log: log(), epoch: 1, seq: 4 }],
        receipt: receipt.map(|receipt| ReceiptSignature(receipt.signature)),
        ..SyncResponse::default()
    }
}

fn place() -> Place {
    Place { envelope: envelope().hash(), log: log(), epoch: 1, seq: 4 }
}

#[test]
fn the_first_request_introduces_the_author() {
    let (_, request) = begin(vec![(1, envelope())]);
    assert_eq!(request.authors, [record().1]);
    assert_eq!(request.push.unwrap().unpack().unwrap(), [envelope()]);
}

#[test]
fn a_receipt_counts_only_with_the_servers_signature_over_this_place() {
    let good = Receipt::sign(&server(), 9, vec![place()]);
    let (mut engine, _) = begin(vec![(1, envelope())]);
    let Effect::Commit(commit) = respond(&mut engine, &held(Some(good))).unwrap() else { panic!("a commit") };
    assert_eq!(commit.held, [place()]);
    let wrong = [
        None,
        Some(Receipt::sign(&KeyPair::from_seed(&[9; 32]), 9, vec![place()])),
        Some(Receipt::sign(&server(), 8, vec![place()])),
        Some(Receipt::sign(&server(), 9, vec![Place { seq: 5, ..place() }])),
    ];
    for receipt in wrong {
        let (mut engine, _) = begin(vec![(1, envelope())]);
        let refused = respond(&mut engine, &held(receipt)).map(drop);
        assert_eq!(refused, Err(EngineError::ServerSignature("receipt")));
    }
}

#[test]
fn a_log_head_of_somebody_else_moves_no_cursor() {
    let (mut engine, _) = begin(Vec::new());
    let head = LogHead::sign(&KeyPair::from_seed(&[9; 32]), log(), 1, 4, [0; 32]);
    let page = LogNews::Page { head, entries: Default::default(), sum: None };
    let refused =
        respond(&mut engine, &SyncResponse { news: vec![page], ..SyncResponse::default() }).map(drop);
    assert_eq!(refused, Err(EngineError::ServerSignature("log head")));
}

#[test]
fn an_answer_that_does_not_fit_the_question_changes_nothing() {
    let (mut engine, _) = begin(vec![(1, envelope())]);
    let refused = respond(&mut engine, &SyncResponse::default()).map(drop);
    assert_eq!(refused, Err(EngineError::Unfitting("outcomes")));
    let (mut engine, _) = begin(Vec::new());
    assert!(matches!(engine.next(Event::Response(vec![7, 7])), Err(EngineError::Codec(_))));
    let mut engine = Engine::new(server().public());
    assert!(matches!(engine.next(Event::Response(Vec::new())), Err(EngineError::OutOfTurn)));
}

#[test]
fn an_envelope_without_its_dependency_is_offered_once_a_run_and_stays() {
    let (mut engine, _) = begin(vec![(1, envelope())]);
    let change = envelope().changes()[0].hash();
    let response =
        SyncResponse { outcomes: vec![Outcome::MissingDependency { change }], ..SyncResponse::default() };
    let Effect::Commit(commit) = respond(&mut engine, &response).unwrap() else { panic!("a commit") };
    assert_eq!(commit.missing, [(envelope().hash(), change)]);
    let Effect::Done(summary) = engine.next(Event::Committed(Committed::default())).unwrap() else {
        panic!("nothing more to do now")
    };
    assert_eq!((summary.waiting, summary.held), (1, 0));
}

#[test]
fn a_page_of_an_unknown_author_waits_until_the_author_is_known() {
    let (mut engine, _) = begin(Vec::new());
    // Another engine that knows nobody.
    let mut stranger = Engine::new(server().public());
    stranger.next(Event::Start).unwrap();
    stranger.next(Event::Loaded(Loaded::default())).unwrap();
    let head = LogHead::sign(&server(), log(), 1, 1, [4; 32]);
    let entries = ruhu_sync::message::Entries::pack(&[(envelope(), 1, 9)]);
    let news = vec![LogNews::Page { head, entries, sum: None }];
    let response = SyncResponse { news, ..SyncResponse::default() };
    let Effect::Commit(commit) = respond(&mut engine, &response).unwrap() else { panic!("a commit") };
    assert!(commit.pulled[0].authentic, "the engine that knows the author takes it at once");
    let Effect::Commit(commit) = respond(&mut stranger, &response).unwrap() else { panic!("a commit") };
    assert!(commit.pulled.is_empty() && commit.positions.is_empty());
    stranger.next(Event::Committed(Committed::default())).unwrap();
    let Effect::Send(body) = stranger.next(Event::Loaded(Loaded::default())).unwrap() else {
        panic!("a request")
    };
    let request: SyncRequest = codec::decode_body(&body).unwrap();
    assert_eq!(request.want_authors.len(), 1);
    assert!(request.push_only, "the page is not sent twice");
    let named = SyncResponse { authors: vec![record().1], ..SyncResponse::default() };
    let Effect::Commit(commit) = respond(&mut stranger, &named).unwrap() else { panic!("a commit") };
    assert!(commit.pulled[0].authentic);
    assert_eq!(commit.positions.len(), 1);
}

#[test]
fn what_a_line_that_broke_had_under_way_is_given_again_with_less_at_once() {
    let (mut engine, request) = begin(vec![(1, envelope())]);
    assert_eq!(request.answer_bytes, None, "a whole page may come");
    for page_bytes in [64 * 1024, 32 * 1024, 16 * 1024] {
        engine.set_page_bytes(page_bytes);
        assert!(matches!(engine.next(Event::Cut).unwrap(), Effect::Load { outbox_after: 0 }));
        let Effect::Send(body) = engine.next(Event::Loaded(loaded(vec![(1, envelope())]))).unwrap() else {
            panic!("a request")
        };
        let again: SyncRequest = codec::decode_body(&body).unwrap();
        assert_eq!(again.push, request.push, "it was offered to nobody, however often the line broke");
        assert_eq!(again.authors, request.authors);
        assert_eq!(again.answer_bytes, Some(page_bytes as u32));
    }
    let receipt = Receipt::sign(&server(), 9, vec![place()]);
    let Effect::Commit(commit) = respond(&mut engine, &held(Some(receipt))).unwrap() else {
        panic!("a commit")
    };
    assert_eq!((commit.held.len(), commit.registered), (1, Some(record().1.actor())));
}

#[test]
fn a_page_is_no_larger_than_the_line_carries_and_an_envelope_goes_all_the_same() {
    let outbox: Vec<(i64, Envelope)> = (1..=40).map(|row| (row, envelope())).collect();
    for (page_bytes, at_most) in [(4 * 1024, 4 * 1024), (1, 1_000)] {
        let mut engine = Engine::new(server().public());
        engine.set_page_bytes(page_bytes);
        engine.next(Event::Start).unwrap();
        let Effect::Send(body) = engine.next(Event::Loaded(loaded(outbox.clone()))).unwrap() else {
            panic!("a request")
        };
        let request: SyncRequest = codec::decode_body(&body).unwrap();
        let pushed = request.push.unwrap().unpack().unwrap().len();
        assert!(body.len() <= at_most && pushed >= 1, "{pushed} envelopes in {} bytes", body.len());
    }
}
