//! A village volunteer who means harm: enrolled like everybody, it signs what it sends, and what it sends
//! is made to stop others. Says on standard output, as JSON, what the server made of it.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use ruhu_case::{ActorId, DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_sync::http::HttpTransport;
use ruhu_sync::message::{ENROLL_LABEL, EnrollRequest, EnrollResponse};
use ruhu_sync::transport::{Request, Transport};
use ruhu_sync::{
    AuthorRecord, Body, DocHeader, EnrollCode, Envelope, EnvelopeHash, KeyPair, LogClass, Outcome, Page,
    Problem, SyncRequest, SyncResponse, auth, codec,
};
use serde_json::json;

/// Pages whose envelopes are full of changes of two bytes each.
const PAGES: u8 = 2;
const ENVELOPES: usize = 100;
const CHANGES: usize = 1_000;
/// A change of a type that nobody knows, without a byte in it.
const TINY: [u8; 2] = [9, 0];
/// Changes whose inside is damaged, each in a household of its own and the last in somebody else's.
const DAMAGED: u8 = 20;
const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// Enrols, and sends pages that are made to stop others
#[derive(Debug, Parser)]
struct Arguments {
    /// A volunteer's enrolment code
    #[arg(long)]
    code: String,
    /// The 12-digit code of the village
    #[arg(long)]
    division: String,
    /// Somebody else's household
    #[arg(long)]
    household: String,
    /// What the damage grows from
    #[arg(long, default_value_t = 2_026)]
    seed: u64,
}

type Fault = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(Fault::from).and_then(|runtime| runtime.block_on(poison(&Arguments::parse())));
    let (text, code) = match done {
        Ok(told) => (told.to_string(), ExitCode::SUCCESS),
        Err(fault) => (json!({ "error": fault.to_string() }).to_string(), ExitCode::FAILURE),
    };
    // If standard output is gone, the exit code still tells.
    let _ = writeln!(std::io::stdout(), "{text}");
    code
}

async fn poison(arguments: &Arguments) -> Result<serde_json::Value, Fault> {
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let mut volunteer = Volunteer::enroll(arguments, &mut random).await?;
    let mut pages = Vec::new();
    for _ in 0..PAGES {
        let doc = DocId::new(1, random_bytes(&mut random));
        let tiny = vec![RawChange::from_body(&TINY); CHANGES];
        let envelopes: Vec<Envelope> = (0..ENVELOPES).map(|_| volunteer.seal(doc, tiny.clone())).collect();
        pages.push(volunteer.push(&envelopes).await?);
    }
    let mut damaged = Vec::new();
    for number in 1..=DAMAGED {
        let doc = match number {
            DAMAGED => arguments.household.parse()?,
            _ => DocId::new(1, random_bytes(&mut random)),
        };
        let change = damage(volunteer.record.actor(), &mut random)?;
        damaged.push(volunteer.seal(doc, vec![change]));
    }
    let damaged = volunteer.push(&damaged).await?;
    Ok(json!({ "pages": pages, "damaged": damaged }))
}

/// The volunteer's key, and where its chain of envelopes stands.
struct Volunteer {
    transport: HttpTransport,
    key: KeyPair,
    server: ruhu_sync::PublicKey,
    record: AuthorRecord,
    header: DocHeader,
    seq: u64,
    prev: EnvelopeHash,
}

impl Volunteer {
    async fn enroll(arguments: &Arguments, random: &mut fastrand::Rng) -> Result<Volunteer, Fault> {
        let code: EnrollCode = arguments.code.parse().map_err(|_| "no enrolment code")?;
        let transport = HttpTransport::new(&code.url, code.tls_fingerprint())?;
        let key = KeyPair::from_seed(&random_bytes(random));
        let signature = key.sign(ENROLL_LABEL, &code.secret);
        let body = codec::to_cbor(&EnrollRequest { secret: code.secret, key: key.public().0, signature });
        let request = Request { method: "POST", path: "/v1/enroll".into(), headers: Vec::new(), body };
        let answer = transport.send(request, ANSWER_LIMIT).await?;
        let enrolled: EnrollResponse = codec::from_cbor(&answer.body)?;
        let record = AuthorRecord { certificate: enrolled.certificate, nonce: random_bytes(random) };
        let division = arguments.division.parse()?;
        let header = DocHeader { class: LogClass::Household, division, created_at_ms: 0 };
        let server = ruhu_sync::PublicKey(enrolled.server_key);
        Ok(Volunteer { transport, key, server, record, header, seq: 0, prev: EnvelopeHash::NONE })
    }

    fn seal(&mut self, doc: DocId, changes: Vec<RawChange>) -> Envelope {
        self.seq += 1;
        let (place, header) = ((self.seq, self.prev), Some(self.header.clone()));
        let envelope =
            Envelope::sign(&self.key, doc, self.record.actor(), place, header, Body::Changes(changes));
        self.prev = envelope.hash();
        envelope
    }

    /// Pushes envelopes; says how large the request was and what became of them.
    async fn push(&self, envelopes: &[Envelope]) -> Result<serde_json::Value, Fault> {
        let message = SyncRequest {
            authors: vec![self.record.clone()],
            push: Some(Page::pack(envelopes)),
            push_only: true,
            ..SyncRequest::default()
        };
        let (path, body) = ("/v1/sync", codec::encode_body(&message));
        let signed = auth::SignedRequest { method: "POST", path, body: &body, server: self.server };
        let headers = vec![("authorization", signed.authorization(&self.key))];
        let bytes = body.len();
        let request = Request { method: "POST", path: path.into(), headers, body };
        let answer = self.transport.send(request, ANSWER_LIMIT).await?;
        if answer.status != 200 {
            let code =
                codec::from_cbor::<Problem>(&answer.body).map_or("unknown".into(), |problem| problem.code);
            return Ok(json!({ "bytes": bytes, "status": answer.status, "code": code, "held": 0 }));
        }
        let response: SyncResponse = codec::decode_body(&answer.body)?;
        let held = response.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Held { .. })).count();
        Ok(json!({ "bytes": bytes, "status": answer.status, "held": held, "sent": envelopes.len() }))
    }
}

/// A change whose outside is in order and whose inside is not.
fn damage(actor: ActorId, random: &mut fastrand::Rng) -> Result<RawChange, Fault> {
    let mut document = Document::new(DocKind::Household);
    let writes: Vec<Write> = (1..5)
        .map(|n| Write::Put { path: format!("case/field{n}"), value: Value::Text("值".repeat(n)) })
        .collect();
    let change = document.edit(actor, 1, &writes)?.into_iter().next().ok_or("no change")?;
    let mut body = RawChange::from_chunk(&change.bytes)?.body().to_vec();
    // Type, length, one dependency, actor and sequence number stay.
    let place = random.usize(60..body.len());
    if let Some(byte) = body.get_mut(place) {
        *byte ^= random.u8(1..);
    }
    Ok(RawChange::from_body(&body))
}

fn random_bytes<const N: usize>(random: &mut fastrand::Rng) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}
