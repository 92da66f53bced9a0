//! The engine as a state machine: it goes on only with what the server proved, and in its turn.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_case::{DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_sync::codec;
use ruhu_sync::engine::{Commit, Committed, Effect, Engine, EngineError, Event, Loaded, Summary};
use ruhu_sync::message::{
    Entries, Gap, GapKind, InventoryPage, LogNews, Notice, ReceiptSignature, SyncRequest, SyncResponse,
};
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, LogHead, LogId,
    LogSum, Outcome, Place, Receipt, Role,
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
    let Effect::Send(body) = engine.next(Event::Loaded(Box::new(loaded(outbox)))).unwrap() else {
        panic!("a request")
    };
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
    let effect = respond(&mut engine, &SyncResponse { news: vec![page], ..SyncResponse::default() }).unwrap();
    let Effect::Commit(commit) = effect else { panic!("a commit") };
    assert!(commit.positions.is_empty() && commit.pulled.is_empty());
    let ended = engine.next(Event::Committed(Committed::default())).map(drop);
    assert_eq!(ended, Err(EngineError::ServerSignature("log head")));
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
    stranger.next(Event::Loaded(Box::default())).unwrap();
    let head = LogHead::sign(&server(), log(), 1, 1, [4; 32]);
    let entries = ruhu_sync::message::Entries::pack(&[(envelope(), 1, 9)]);
    let news = vec![LogNews::Page { head, entries, sum: None }];
    let response = SyncResponse { news, ..SyncResponse::default() };
    let Effect::Commit(commit) = respond(&mut engine, &response).unwrap() else { panic!("a commit") };
    assert!(commit.pulled[0].authentic, "the engine that knows the author takes it at once");
    let Effect::Commit(commit) = respond(&mut stranger, &response).unwrap() else { panic!("a commit") };
    assert!(commit.pulled.is_empty() && commit.positions.is_empty());
    stranger.next(Event::Committed(Committed::default())).unwrap();
    let Effect::Send(body) = stranger.next(Event::Loaded(Box::default())).unwrap() else {
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
        let Effect::Send(body) = engine.next(Event::Loaded(Box::new(loaded(vec![(1, envelope())])))).unwrap()
        else {
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
        let Effect::Send(body) = engine.next(Event::Loaded(Box::new(loaded(outbox.clone())))).unwrap() else {
            panic!("a request")
        };
        let request: SyncRequest = codec::decode_body(&body).unwrap();
        let pushed = request.push.unwrap().unpack().unwrap().len();
        assert!(body.len() <= at_most && pushed >= 1, "{pushed} envelopes in {} bytes", body.len());
    }
}

/// Envelopes of one author, each in a household of its own.
fn envelopes(count: u64) -> Vec<Envelope> {
    let first = envelope();
    let mut prev = EnvelopeHash::NONE;
    (1..=count)
        .map(|seq| {
            let (doc, body) = (DocId::new(5, [seq as u8; 10]), first.body.clone());
            let next = Envelope::sign(&record().0, doc, first.actor, (seq, prev), first.header.clone(), body);
            prev = next.hash();
            next
        })
        .collect()
}

fn page(head: LogHead, entries: Entries, sum: Option<LogSum>) -> LogNews {
    LogNews::Page { head, entries, sum }
}

fn entries(envelopes: &[Envelope]) -> Entries {
    let rows: Vec<(Envelope, u64, i64)> =
        envelopes.iter().zip(1..).map(|(envelope, seq)| (envelope.clone(), seq, 9)).collect();
    Entries::pack(&rows)
}

/// Entries that cannot be unpacked.
fn torn(envelopes: &[Envelope]) -> Entries {
    let mut torn = entries(envelopes);
    torn.seq_steps.push(1);
    torn
}

fn head(seq: u64) -> LogHead {
    LogHead::sign(&server(), log(), 1, seq, [4; 32])
}

fn commit(engine: &mut Engine, response: SyncResponse) -> Box<Commit> {
    match respond(engine, &response).unwrap() {
        Effect::Commit(commit) => commit,
        other => panic!("{other:?}"),
    }
}

/// The commit is done; gives the next request, or the end.
fn go_on(engine: &mut Engine, committed: Committed) -> Result<SyncRequest, Box<Summary>> {
    match engine.next(Event::Committed(committed)).unwrap() {
        Effect::Done(summary) => Err(Box::new(summary)),
        Effect::Load { .. } => match engine.next(Event::Loaded(Box::new(loaded(Vec::new())))).unwrap() {
            Effect::Send(body) => Ok(codec::decode_body(&body).unwrap()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Lets the engine compare a log of these envelopes, all of which the device lacks, and gives the request that
/// asks for them.
fn comparing(engine: &mut Engine, all: &[Envelope]) -> SyncRequest {
    let request = go_on(engine, Committed::default()).unwrap();
    assert_eq!(request.inventory.len(), 1);
    let rows: Vec<_> = all.iter().map(Envelope::hash).zip(1..).collect();
    let inventory = vec![InventoryPage::new(log(), &rows, head(all.len() as u64), false)];
    assert_eq!(commit(engine, SyncResponse { inventory, ..SyncResponse::default() }).inventories.len(), 1);
    let lacking = all.iter().map(|it| (it.hash(), log(), 1)).collect();
    go_on(engine, Committed { lacking, ..Committed::default() }).unwrap()
}

#[test]
fn what_became_of_the_push_is_written_though_the_news_cannot_be_read_and_is_gone_around() {
    let all = envelopes(5);
    let (mut engine, _) = begin(vec![(1, envelope())]);
    let receipt = Receipt::sign(&server(), 9, vec![place()]);
    let news = vec![page(head(5), torn(&all), Some(LogSum::default()))];
    let written = commit(&mut engine, SyncResponse { news, ..held(Some(receipt)) });
    assert_eq!((&written.held[..], written.pulled.len(), written.positions.len()), (&[place()][..], 0, 0));
    // Hash by hash, and in halves as long as the answer cannot be read.
    let mut request = comparing(&mut engine, &all);
    assert_eq!(request.want, all.iter().map(Envelope::hash).collect::<Vec<_>>());
    let mut pulled = Vec::new();
    let summary = loop {
        // One of them makes every answer unreadable that it is in.
        let given: Vec<Envelope> =
            all.iter().filter(|it| request.want.contains(&it.hash())).cloned().collect();
        let readable = !given.iter().any(|it| *it == all[2]);
        let wanted = Some(if readable { entries(&given) } else { torn(&given) });
        let written = commit(&mut engine, SyncResponse { wanted, ..SyncResponse::default() });
        pulled.extend(written.pulled.iter().map(|pulled| pulled.envelope.clone()));
        assert!(written.positions.is_empty(), "what is lacking is not claimed");
        match go_on(&mut engine, Committed::default()) {
            Ok(next) => request = next,
            Err(summary) => break summary,
        }
    };
    assert_eq!(pulled, [&all[..2], &all[3..]].concat(), "all but the one that nobody can read");
    assert_eq!(summary.drifted, [(log(), 1)]);
    assert!(summary.unreadable > 1 && summary.rounds < 12, "{summary:?}");
}

#[test]
fn what_was_asked_for_and_not_given_is_asked_for_again_and_told_when_it_does_not_come() {
    let all = envelopes(4);
    let (mut engine, _) = begin(Vec::new());
    commit(
        &mut engine,
        SyncResponse { news: vec![LogNews::NewEpoch { log: log(), epoch: 1 }], ..SyncResponse::default() },
    );
    let request = comparing(&mut engine, &all);
    assert_eq!(request.want.len(), 4);
    for (given, left) in [(0, 3), (1, 2)] {
        let wanted = Some(entries(&all[given..=given]));
        let written = commit(&mut engine, SyncResponse { wanted, ..SyncResponse::default() });
        assert_eq!((written.pulled.len(), written.positions.len()), (1, 0));
        assert_eq!(go_on(&mut engine, Committed::default()).unwrap().want.len(), left);
    }
    let written =
        commit(&mut engine, SyncResponse { wanted: Some(Entries::default()), ..SyncResponse::default() });
    assert!(written.positions.is_empty());
    assert_eq!(go_on(&mut engine, Committed::default()).unwrap_err().drifted, [(log(), 2)]);
}

#[test]
fn a_gap_counts_as_told_and_is_asked_for_with_the_next_run() {
    let all = envelopes(3);
    let gap = Gap { log: log(), epoch: 1, seq: 2, envelope: all[1].hash(), why: GapKind::Damaged };
    let (mut engine, _) = begin(Vec::new());
    commit(
        &mut engine,
        SyncResponse { news: vec![LogNews::NewEpoch { log: log(), epoch: 1 }], ..SyncResponse::default() },
    );
    comparing(&mut engine, &all);
    let wanted = Some(entries(&[all[0].clone(), all[2].clone()]));
    let written =
        commit(&mut engine, SyncResponse { wanted, gaps: Some(vec![gap]), ..SyncResponse::default() });
    assert_eq!((written.pulled.len(), &written.gaps[..], written.positions.len()), (2, &[gap][..], 1));
    let summary = go_on(&mut engine, Committed::default()).unwrap_err();
    assert_eq!((summary.drifted.len(), summary.damaged), (0, 1));
    let mut next = Engine::new(server().public());
    next.next(Event::Start).unwrap();
    let known = Loaded { gaps: vec![gap], ..loaded(Vec::new()) };
    let Effect::Send(body) = next.next(Event::Loaded(Box::new(known))).unwrap() else { panic!("a request") };
    let request: SyncRequest = codec::decode_body(&body).unwrap();
    assert_eq!((&request.want[..], request.push_only), (&[gap.envelope][..], false));
    let written =
        commit(&mut next, SyncResponse { wanted: Some(entries(&all[1..2])), ..SyncResponse::default() });
    assert_eq!(written.pulled.len(), 1);
}

#[test]
fn a_signature_that_was_damaged_on_the_way_makes_a_gap() {
    let (mut engine, _) = begin(Vec::new());
    let mut all = envelopes(2);
    all[1].signature.0[3] ^= 1;
    let news = vec![page(head(2), entries(&all), Some(LogSum::default()))];
    let written = commit(&mut engine, SyncResponse { news, ..SyncResponse::default() });
    assert_eq!((written.pulled.len(), written.gaps.len(), written.positions.len()), (1, 1, 1));
    assert_eq!(written.gaps[0].envelope, all[1].hash());
}

#[test]
fn an_envelope_that_the_server_seeks_is_offered_once_a_run() {
    let (mut engine, _) = begin(Vec::new());
    let notice = Some(Notice { seeks: vec![envelope().hash()], untold: true });
    let written = commit(&mut engine, SyncResponse { notice: notice.clone(), ..SyncResponse::default() });
    assert_eq!(written.sought, [envelope().hash()]);
    go_on(&mut engine, Committed { requeued: true, ..Committed::default() }).unwrap();
    assert!(commit(&mut engine, SyncResponse { notice, ..SyncResponse::default() }).sought.is_empty());
    assert!(engine.summary().untold);
}
