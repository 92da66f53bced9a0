//! Three hundred phones at once, as on the morning after a server's restore, against a real server
//! process with fifty thousand households. A phone here is a request: it opens and keeps nothing, so that
//! the server has the machine to itself.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ruhu_case::limits::BODY_BYTES;
use ruhu_case::{DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_server::hub::{Invitation, Options};
use ruhu_server::{Durability, Hub};
use ruhu_sync::http::HttpTransport;
use ruhu_sync::message::{ChainTail, ENROLL_LABEL, EnrollRequest, LogNews, Position};
use ruhu_sync::patience::WINDOW;
use ruhu_sync::retry::Retries;
use ruhu_sync::transport::{Request, Transport};
use ruhu_sync::{
    AuthorRecord, Body, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, LogId, Outcome, Page,
    PublicKey, Role, SyncRequest, SyncResponse, auth, codec,
};
use ruhu_system_tests::process::{ServerProcess, Wire};

use crate::{on_disk, row};

/// As many as a county has.
pub const HOUSEHOLDS: usize = 50_000;
const PHONES: usize = 300;
const PUSHED_AT_ONCE: usize = 2_000;
const TOWNSHIP: &str = "110101001";
/// What the server may take, in megabytes.
const MEMORY: f64 = 256.0;
/// 2026-11-22 09:00 in China.
const BEGIN_MS: i64 = 1_795_309_200_000;

/// What three hundred phones do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Herd {
    /// New phones of one township ask for their first page: all are told the same.
    FirstPage,
    /// Phones of as many villages fetch what each may see.
    Villages,
    /// Phones of one township that each have written something fetch everything: none is told the same.
    Everything,
}

/// On a server with so many households.
pub fn measure(households: usize) {
    let folder = on_disk();
    let data = folder.path().join("server");
    let phones = fill(&data, households);
    for (herd, what) in [
        (Herd::FirstPage, "ask for their first page"),
        (Herd::Villages, "of as many villages fetch all of theirs"),
        (Herd::Everything, "fetch everything, none told the same"),
    ] {
        let mut server = ServerProcess::start(&data, Wire::Plain);
        let told = run(&phones, &server, herd);
        let memory = peak_megabytes(server.id());
        server.stop();
        let figure = format!("{PHONES} phones at once on {households} households {what}");
        let (longest, patience) = (told.longest.as_secs_f64(), WINDOW.as_secs_f64());
        row(
            &format!("{figure}: longest wait for an answer"),
            &format!(
                "{longest:.1} s; all had theirs after {:.0} s, {} answers of {:.0} MB, {} told to come again, {} given up",
                told.in_all.as_secs_f64(),
                told.answers,
                told.bytes as f64 / 1e6,
                told.busy,
                told.given_up
            ),
            &format!("a phone's patience {patience:.0} s"),
            longest / patience,
        );
        let measured = format!("{memory:.0} MB");
        row(
            &format!("{figure}: server's memory at its peak"),
            &measured,
            &format!("{MEMORY:.0} MB"),
            memory / MEMORY,
        );
    }
}

/// A phone as far as the server knows it.
struct Phone {
    key: KeyPair,
    record: AuthorRecord,
}

/// Makes a server's folder with its households, and the phones: first those of the township, then one for
/// each village.
fn fill(data: &Path, households: usize) -> [Vec<Arc<Phone>>; 2] {
    let options = Options { durability: Durability::Relaxed, nonce: None, ..Options::default() };
    let mut hub = Hub::open_with(data, options, now_ms()).unwrap();
    let mut enrolled = |number: usize, role: Role, scope: &str| {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let key = KeyPair::from_seed(&seed);
        let person = format!("第{number}人");
        let invitation = Invitation { person, role, scope: scope.parse().unwrap(), valid_ms: 600_000 };
        let code = hub.issue_code(invitation, "http://127.0.0.1:1", None, now_ms()).unwrap();
        let signature = key.sign(ENROLL_LABEL, &code.secret);
        let request = EnrollRequest { secret: code.secret, key: key.public().0, signature };
        let certificate = hub.enroll(&request, now_ms()).unwrap().certificate;
        Arc::new(Phone { key, record: AuthorRecord { certificate, nonce: [1; 16] } })
    };
    let writer = enrolled(9_999, Role::Caseworker, TOWNSHIP);
    let township = (0..PHONES).map(|number| enrolled(number, Role::Caseworker, TOWNSHIP)).collect();
    let villages =
        (0..PHONES).map(|number| enrolled(1_000 + number, Role::Volunteer, &village(number))).collect();
    let mut place = (1, EnvelopeHash::NONE);
    for first in (0..households).step_by(PUSHED_AT_ONCE) {
        let some: Vec<Envelope> = (first..households.min(first + PUSHED_AT_ONCE))
            .map(|number| {
                let envelope = household(&writer, number, place);
                place = (place.0 + 1, envelope.hash());
                envelope
            })
            .collect();
        let request = SyncRequest {
            authors: vec![writer.record.clone()],
            push: Some(Page::pack_small(&some)),
            push_only: true,
            ..SyncRequest::default()
        };
        let device = writer.record.certificate.device();
        let answer = hub.sync(device, request, now_ms()).unwrap();
        assert!(answer.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Held { .. })));
    }
    [township, villages]
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn village(number: usize) -> String {
    format!("{TOWNSHIP}{:03}", 1 + number % PHONES)
}

/// A household as it is opened: a dozen fields.
fn household(writer: &Phone, number: usize, place: (u64, EnvelopeHash)) -> Envelope {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&number.to_be_bytes());
    let doc = DocId::new(BEGIN_MS + number as i64, random);
    let text = |path: &str, text: String| Write::Put { path: path.to_owned(), value: Value::Text(text) };
    let person = format!("people/p{number:06}");
    let mut writes = vec![
        text("case/address", format!("{}组{number}号", number % 9)),
        text("case/status", "open".into()),
        text("case/head", format!("p{number:06}")),
        text(&format!("{person}/name"), format!("户主{number}")),
        text(&format!("{person}/phone"), format!("138{number:08}")),
    ];
    writes.extend((0..8).map(|fact| text(&format!("case/fact_{fact}"), format!("{}", number * 7 + fact))));
    let actor = writer.record.actor();
    let changes = Document::new(DocKind::Household).edit(actor, BEGIN_MS, &writes).unwrap();
    let changes = changes.iter().map(|change| RawChange::from_chunk(&change.bytes).unwrap()).collect();
    let division = village(number).parse().unwrap();
    let header = DocHeader { class: LogClass::Household, division, created_at_ms: BEGIN_MS };
    Envelope::sign(&writer.key, doc, actor, place, Some(header), Body::Changes(changes))
}

/// What became of the requests of one phone, or of all.
#[derive(Debug, Default)]
struct Told {
    longest: Duration,
    in_all: Duration,
    answers: u32,
    bytes: u64,
    busy: u32,
    given_up: u32,
}

fn run([township, villages]: &[Vec<Arc<Phone>>; 2], server: &ServerProcess, herd: Herd) -> Told {
    let url = format!("http://{}", server.address());
    let key = Hub::open_existing(server.folder(), now_ms()).unwrap().public_key();
    let phones = if herd == Herd::Villages { villages } else { township };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let began = Instant::now();
    let tasks: Vec<_> = phones
        .iter()
        .map(|phone| {
            let transport = HttpTransport::new(&url, None).unwrap();
            runtime.spawn(fetch(Arc::clone(phone), transport, key, herd))
        })
        .collect();
    let mut all = Told::default();
    for task in tasks {
        let told = runtime.block_on(task).unwrap();
        all.longest = all.longest.max(told.longest);
        all.answers += told.answers;
        all.bytes += told.bytes;
        all.busy += told.busy;
        all.given_up += told.given_up;
    }
    Told { in_all: began.elapsed(), ..all }
}

/// Fetches page after page, as the engine of a phone does.
async fn fetch(phone: Arc<Phone>, transport: HttpTransport, server: PublicKey, herd: Herd) -> Told {
    let tail = (herd == Herd::Everything).then(|| ChainTail { actor: phone.record.actor(), seq: 0 });
    let (mut told, mut retries) = (Told::default(), Retries::default());
    let mut positions: HashMap<LogId, Position> = HashMap::new();
    loop {
        let request = SyncRequest {
            tail,
            positions: positions.values().copied().collect(),
            authors: vec![phone.record.clone()],
            reads_apart: Some(true),
            knows_gaps: Some(true),
            ..SyncRequest::default()
        };
        let (began, request) = (Instant::now(), signed(&phone, server, codec::encode_body(&request)));
        let sent = transport.send(request, BODY_BYTES).await;
        told.longest = told.longest.max(began.elapsed());
        let pause = match sent {
            Ok(answer) if answer.status == 200 => {
                retries.answered();
                told.answers += 1;
                told.bytes += answer.body.len() as u64;
                let goes_on = take(&answer.body, &mut positions);
                if !goes_on || herd == Herd::FirstPage {
                    return told;
                }
                continue;
            }
            Ok(answer) => {
                assert_eq!(answer.status, 503);
                told.busy += 1;
                retries.refused(answer.header("retry-after"), fastrand::u64(..))
            }
            Err(error) => retries.failed(&error, fastrand::u64(..)),
        };
        match pause {
            Some(pause) => transport.pause(pause).await,
            None => {
                told.given_up += 1;
                return told;
            }
        }
    }
}

fn signed(phone: &Phone, server: PublicKey, body: Vec<u8>) -> Request {
    let (method, path) = ("POST", "/v1/sync");
    let signed = auth::SignedRequest { method, path, body: &body, server };
    let headers = vec![("authorization", signed.authorization(&phone.key))];
    Request { method, path: path.into(), headers, body }
}

/// Notes where each log stands after an answer, and says whether more follows.
fn take(body: &[u8], positions: &mut HashMap<LogId, Position>) -> bool {
    let answer: SyncResponse = codec::decode_body(body).unwrap();
    let mut goes_on = false;
    for news in answer.news {
        let LogNews::Page { head, sum, .. } = news else { panic!("{news:?}") };
        let mut chain = [0; 8];
        chain.copy_from_slice(&head.chain[..8]);
        positions.insert(head.log, Position { log: head.log, epoch: head.epoch, seq: head.seq, chain });
        goes_on |= sum.is_none();
    }
    goes_on
}

fn peak_megabytes(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() / 1024.0
}
