//! What travels between phones and server.

use std::sync::LazyLock;

use minicbor::{Decode, Encode};
use ruhu_case::{ActorId, DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_sync::codec::{self, CodecError};
use ruhu_sync::engine::{Commit, Committed, Effect, Engine, Event, Loaded};
use ruhu_sync::files::{
    DurableFile, FILES_ASKED, FileUse, FilesAnswer, FilesMark, FilesQuestion, FilesState,
};
use ruhu_sync::message::{
    ChainTail, EnrollRequest, EnrollResponse, Entries, Gap, GapKind, GivenForm, InventoryPage, LogNews,
    Notice, Position, PublishedForm, PublishedForms, ReceiptSignature, SyncRequest, SyncResponse,
};
use ruhu_sync::{
    AuthorRecord, Body, Certificate, DeviceId, DocHeader, Envelope, EnvelopeHash, FileReceipt, KeyPair,
    LogClass, LogHead, LogId, LogSum, Outcome, Page, Place, Problem, Reason, Receipt, Role, Signature,
    Verdict,
};

const DIVISION: &str = "110101001002";
const NOW: i64 = 1_795_309_200_000;
/// After so many events a run has shown what it does with one answer, given again and again.
const MAX_EVENTS: usize = 24;

/// What the seeds are made of.
struct Cast {
    server: KeyPair,
    record: AuthorRecord,
    /// A household opened and written to, a verdict on it, and a revocation.
    envelopes: Vec<Envelope>,
}

static CAST: LazyLock<Cast> = LazyLock::new(|| {
    let (server, device) = (KeyPair::from_seed(&[1; 32]), KeyPair::from_seed(&[2; 32]));
    let scope = "110101001".parse().unwrap();
    let person = "王经办".to_owned();
    let certificate =
        Certificate::issue(&server, device.public(), person, Role::Caseworker, scope, NOW, i64::MAX);
    let record = AuthorRecord { certificate, nonce: [3; 16] };
    let envelopes = envelopes(&server, &device, record.actor());
    Cast { server, record, envelopes }
});

fn envelopes(server: &KeyPair, device: &KeyPair, actor: ActorId) -> Vec<Envelope> {
    let doc = DocId::new(NOW, [1; 10]);
    let header =
        DocHeader { class: LogClass::Household, division: DIVISION.parse().unwrap(), created_at_ms: NOW };
    let mut document = Document::new(DocKind::Household);
    let mut change = |value| {
        let write = Write::Put { path: "case/members_real".into(), value: Value::Int(value) };
        let change = document.edit(actor, NOW + value, &[write]).unwrap().remove(0);
        Body::Changes(vec![RawChange::from_chunk(&change.bytes).unwrap()])
    };
    let first = Envelope::sign(device, doc, actor, (1, EnvelopeHash::NONE), Some(header), change(1));
    let second = Envelope::sign(device, doc, actor, (2, first.hash()), None, change(2));
    let verdict = Verdict { subject: first.hash(), hide: true, reason: "revoked".into() };
    let desk = ActorId([8; 16]);
    let judged = Envelope::sign(server, doc, desk, (1, EnvelopeHash::NONE), None, Body::Verdict(verdict));
    let notice = Body::Revocation(DeviceId([5; 16]));
    let revoked = Envelope::sign(server, log().directory_document(), desk, (2, judged.hash()), None, notice);
    vec![first, second, judged, revoked]
}

fn log() -> LogId {
    LogId::new(DIVISION, LogClass::Household).unwrap()
}

fn head(seq: u64) -> LogHead {
    LogHead::sign(&CAST.server, log(), 1, seq, [3; 32])
}

/// What was read is written and read again as the same.
fn same_again<T: PartialEq>(
    bytes: &[u8],
    read: fn(&[u8]) -> Result<T, CodecError>,
    write: fn(&T) -> Vec<u8>,
) -> Option<T> {
    let value = read(bytes).ok()?;
    assert!(read(&write(&value)).is_ok_and(|again| again == value));
    Some(value)
}

/// A value as the two kinds of body: plain, into which a fuzzer can write, and compressed.
fn bodies<T: Encode<()>>(value: &T) -> [Vec<u8>; 2] {
    let plain = [vec![0], codec::to_cbor(value)].concat();
    [plain, codec::encode_body(value)]
}

pub(super) fn certificate(bytes: &[u8]) {
    if let Some(certificate) = same_again(bytes, Certificate::from_bytes, Certificate::to_bytes)
        && certificate.is_issued_by(&CAST.server.public())
    {
        assert_eq!(certificate, CAST.record.certificate, "a signature for what was never signed");
    }
}

pub(super) fn certificate_seeds() -> Vec<Vec<u8>> {
    vec![CAST.record.certificate.to_bytes()]
}

pub(super) fn author(bytes: &[u8]) {
    if let Some(record) = same_again(bytes, AuthorRecord::from_bytes, AuthorRecord::to_bytes) {
        assert_eq!(
            record.actor() == CAST.record.actor(),
            record.certificate.key() == CAST.record.certificate.key() && record.nonce == CAST.record.nonce
        );
    }
}

pub(super) fn author_seeds() -> Vec<Vec<u8>> {
    vec![CAST.record.to_bytes()]
}

pub(super) fn receipt(bytes: &[u8]) {
    if let Some(receipt) = same_again(bytes, Receipt::from_bytes, Receipt::to_bytes) {
        receipt.is_signed_by(&CAST.server.public());
    }
}

pub(super) fn receipt_seeds() -> Vec<Vec<u8>> {
    let places = CAST.envelopes.iter().zip(4..);
    let places = places.map(|(e, seq)| Place { envelope: e.hash(), log: log(), epoch: 1, seq }).collect();
    vec![Receipt::sign(&CAST.server, NOW, places).to_bytes()]
}

pub(super) fn file_receipt(bytes: &[u8]) {
    if let Some(receipt) = same_again(bytes, FileReceipt::from_bytes, FileReceipt::to_bytes) {
        receipt.is_signed_by(&CAST.server.public());
    }
}

pub(super) fn file_receipt_seeds() -> Vec<Vec<u8>> {
    vec![FileReceipt::sign(&CAST.server, [7; 32], 5_000, true, NOW).to_bytes()]
}

pub(super) fn log_head(bytes: &[u8]) {
    if let Some(head) = same_again(bytes, LogHead::from_bytes, LogHead::to_bytes) {
        head.is_signed_by(&CAST.server.public());
    }
}

pub(super) fn log_head_seeds() -> Vec<Vec<u8>> {
    vec![head(5).to_bytes()]
}

fn cbor<T: for<'b> Decode<'b, ()> + Encode<()> + PartialEq>(bytes: &[u8]) -> Option<T> {
    same_again::<T>(bytes, |bytes| codec::from_cbor(bytes), codec::to_cbor)
}

/// What phone and server ask each other about photos.
pub(super) fn photo_lists(bytes: &[u8]) {
    cbor::<FilesAnswer>(bytes);
    cbor::<FilesState>(bytes);
    let Some(question) = cbor::<FilesQuestion>(bytes) else { return };
    if let (Ok(held), Ok(wanted)) = (question.held(), question.wanted()) {
        assert!(held.len() + wanted.len() <= FILES_ASKED);
        let again = FilesQuestion::new(&held, &wanted);
        let again = if question.asks_durable() { again.asking_durable() } else { again };
        assert_eq!((again.held(), again.wanted()), (question.held(), question.wanted()));
    }
}

pub(super) fn photo_list_seeds() -> Vec<Vec<u8>> {
    let held = FileUse::new([3; 32], DocId([4; 16]));
    let state = FilesState {
        came: FilesMark([1; 8]),
        lost: FilesMark([2; 8]),
        lacks_latest: true,
        durable: Some(FilesMark([3; 8])),
    };
    let receipt = FileReceipt::sign(&KeyPair::from_seed(&[1; 32]), [3; 32], 5, true, 7);
    let durable = Some(vec![DurableFile::of(0, &receipt)]);
    vec![
        codec::to_cbor(&FilesQuestion::new(&[held], &[[5; 32]])),
        codec::to_cbor(&FilesQuestion::new(&vec![held; FILES_ASKED], &[])),
        codec::to_cbor(&FilesAnswer { lacking: vec![0], there: vec![0], durable }),
        codec::to_cbor(&FilesQuestion::new(&[held], &[]).asking_durable()),
        codec::to_cbor(&state),
    ]
}

/// Entries whose content the server does not give, alone and with what it says beside them.
pub(super) fn gaps(bytes: &[u8]) {
    cbor::<Gap>(bytes);
    cbor::<Vec<Gap>>(bytes);
    cbor::<Notice>(bytes);
}

pub(super) fn gap_seeds() -> Vec<Vec<u8>> {
    let gap = |why, seq| {
        let envelope = CAST.envelopes[0].hash();
        Gap { log: log(), epoch: 1, seq, envelope, why }
    };
    let gaps = vec![gap(GapKind::Damaged, 3), gap(GapKind::Excluded, 4)];
    let notice = Notice { seeks: gaps.iter().map(|gap| gap.envelope).collect(), untold: true };
    vec![codec::to_cbor(&gaps[0]), codec::to_cbor(&gaps), codec::to_cbor(&notice)]
}

pub(super) fn enrolment(bytes: &[u8]) {
    cbor::<EnrollRequest>(bytes);
    cbor::<EnrollResponse>(bytes);
    cbor::<PublishedForms>(bytes);
    cbor::<GivenForm>(bytes);
    cbor::<Problem>(bytes);
}

pub(super) fn enrolment_seeds() -> Vec<Vec<u8>> {
    let request = EnrollRequest { secret: [7; 16], key: [2; 32], signature: Signature([9; 64]) };
    let server_key = CAST.server.public().0;
    let response = EnrollResponse { server_key, certificate: CAST.record.certificate.clone() };
    let form = PublishedForm {
        id: "home_visit".into(),
        version: "2026112201".into(),
        hash: [6; 32],
        at_ms: 1_795_309_200_000,
        withdrawn: true,
        signature: None,
    };
    let form = form.signed(&KeyPair::from_seed(&[9; 32]));
    let problem = Problem::new("revoked", "设备已停用", "the device is revoked");
    vec![
        codec::to_cbor(&request),
        codec::to_cbor(&response),
        codec::to_cbor(&GivenForm { notice: form.clone(), bytes: vec![7; 40] }),
        codec::to_cbor(&PublishedForms { forms: vec![form] }),
        codec::to_cbor(&problem),
    ]
}

pub(super) fn envelope(bytes: &[u8]) {
    let Some(envelope) = same_again(bytes, Envelope::from_bytes, Envelope::to_bytes) else { return };
    let honest = CAST.envelopes.iter().any(|e| e.hash() == envelope.hash());
    assert!(honest || !envelope.is_signed_by(&CAST.record.certificate.key()));
}

pub(super) fn envelope_seeds() -> Vec<Vec<u8>> {
    CAST.envelopes.iter().map(Envelope::to_bytes).collect()
}

pub(super) fn page(bytes: &[u8]) {
    let Ok(request) = codec::decode_body::<SyncRequest>(bytes) else { return };
    assert!(codec::from_cbor::<SyncRequest>(&codec::to_cbor(&request)).is_ok_and(|again| again == request));
    if let Some(Ok(envelopes)) = request.push.map(Page::unpack) {
        for pack in [Page::pack, Page::pack_apart] {
            assert!(pack(&envelopes).unpack().is_ok_and(|again| again == envelopes));
        }
    }
}

pub(super) fn page_seeds() -> Vec<Vec<u8>> {
    let record = &CAST.record;
    let request = SyncRequest {
        tail: Some(ChainTail { actor: record.actor(), seq: 7 }),
        positions: vec![Position { log: log(), epoch: 1, seq: 300, chain: [4; 8] }],
        authors: vec![record.clone()],
        push: Some(Page::pack(&CAST.envelopes)),
        proofs: vec![head(3)],
        want: vec![CAST.envelopes[0].hash()],
        ..SyncRequest::default()
    };
    let short = SyncRequest { push: Some(Page::pack(&CAST.envelopes[..1])), ..SyncRequest::default() };
    let apart = SyncRequest { push: Some(Page::pack_apart(&CAST.envelopes)), ..SyncRequest::default() };
    [&request, &short, &apart].into_iter().flat_map(bodies).collect()
}

/// The bytes as the server's answer, however often the engine asks: to a phone that has nothing to
/// give, and asks ahead or not, and to one that has.
pub(super) fn response(bytes: &[u8]) {
    for (given, asks_ahead) in [(0, false), (0, true), (1, false), (4, false)] {
        converse(CAST.envelopes.get(..given).unwrap_or_default(), asks_ahead, bytes);
    }
}

fn converse(outbox: &[Envelope], asks_ahead: bool, answer: &[u8]) {
    let mut engine = Engine::new(CAST.server.public());
    let mut event = Event::Start;
    for _ in 0..MAX_EVENTS {
        event = match engine.next(event) {
            Ok(Effect::Load { outbox_after }) => Event::Loaded(Box::new(loaded(outbox, outbox_after))),
            Ok(Effect::Send(_) | Effect::Await) => Event::Response(answer.to_vec()),
            Ok(Effect::Commit(commit)) => {
                if asks_ahead {
                    engine.ask_ahead(None);
                }
                Event::Committed(commit_as_told(&commit))
            }
            Ok(Effect::Done(_)) | Err(_) => return,
        };
    }
}

fn loaded(outbox: &[Envelope], after: i64) -> Loaded {
    let actor = CAST.record.actor();
    Loaded {
        positions: vec![head(3)],
        own: Some(actor),
        authors: [(actor, CAST.record.clone())].into(),
        outbox: (1..).zip(outbox.iter().cloned()).filter(|(row, _)| *row > after).collect(),
        ..Loaded::default()
    }
}

/// Holds a commit to what the server proved, and says that it lacks everything.
fn commit_as_told(commit: &Commit) -> Committed {
    let server = CAST.server.public();
    assert!(commit.held.is_empty() || commit.receipt.as_ref().is_some_and(|r| r.is_signed_by(&server)));
    assert!(commit.positions.iter().all(|head| head.is_signed_by(&server)));
    assert!(commit.authors.iter().all(|record| record.certificate.is_issued_by(&server)));
    let key = CAST.record.certificate.key();
    assert!(commit.pulled.iter().all(|pulled| !pulled.authentic || pulled.envelope.is_signed_by(&key)));
    let rows = |i: &ruhu_sync::engine::Inventory| {
        let (log, epoch) = (i.head.log, i.head.epoch);
        i.rows.iter().map(move |(hash, _)| (*hash, log, epoch)).collect::<Vec<_>>()
    };
    Committed {
        sums: commit.sum_of.iter().map(|log| (*log, LogSum::default())).collect(),
        lacking: commit.inventories.iter().flat_map(rows).collect(),
        requeued: !commit.missing.is_empty(),
        entered: false,
    }
}

pub(super) fn response_seeds() -> Vec<Vec<u8>> {
    let seeds = [held(), refused(), news(), inventory()];
    seeds.iter().flat_map(bodies).collect()
}

/// One envelope was given and taken.
fn held() -> SyncResponse {
    let place = Place { envelope: CAST.envelopes[0].hash(), log: log(), epoch: 1, seq: 4 };
    let receipt = Receipt::sign(&CAST.server, NOW, vec![place]);
    SyncResponse {
        server_time_ms: NOW,
        outcomes: vec![Outcome::Held { log: log(), epoch: 1, seq: 4 }],
        receipt: Some(ReceiptSignature(receipt.signature)),
        ..SyncResponse::default()
    }
}

/// Four envelopes were given and each has another trouble.
fn refused() -> SyncResponse {
    let change = CAST.envelopes[0].changes()[0].hash();
    SyncResponse {
        server_time_ms: NOW,
        outcomes: vec![
            Outcome::MissingDependency { change },
            Outcome::UnknownDocument,
            Outcome::UnknownAuthor,
            Outcome::Quarantined { reason: Reason::OutOfScope },
        ],
        tail: Some(9),
        revoked: true,
        ..SyncResponse::default()
    }
}

fn entries() -> Entries {
    let rows: Vec<_> = CAST.envelopes[..2].iter().cloned().zip(4..).map(|(e, seq)| (e, seq, NOW)).collect();
    Entries::pack(&rows)
}

fn news() -> SyncResponse {
    let page = LogNews::Page { head: head(5), entries: entries(), sum: Some(LogSum::default()) };
    SyncResponse {
        server_time_ms: NOW,
        news: vec![page, LogNews::Prove { log: log() }, LogNews::NewEpoch { log: log(), epoch: 2 }],
        authors: vec![CAST.record.clone()],
        ..SyncResponse::default()
    }
}

/// The second round of a comparison of hashes: news of an epoch in the first answer asks for it.
fn inventory() -> SyncResponse {
    let rows: Vec<_> = CAST.envelopes.iter().map(Envelope::hash).zip(4..).collect();
    SyncResponse {
        server_time_ms: NOW,
        news: vec![LogNews::NewEpoch { log: log(), epoch: 2 }],
        inventory: vec![InventoryPage::new(log(), &rows, head(8), false)],
        wanted: Some(entries()),
        ..SyncResponse::default()
    }
}
