//! Somebody who means harm, for tests: what he sends no honest phone makes.

use ruhu_case::{ActorId, ChangeHash, DocId, DocKind, Document, RawChange, Value, Write};
use ruhu_hub::Invitation;
use ruhu_national::DivisionScope;
use ruhu_sync::message::{ENROLL_LABEL, EnrollRequest};
use ruhu_sync::{
    AuthorRecord, Body, DocHeader, Envelope, EnvelopeHash, KeyPair, LogClass, Outcome, Page, Role,
    SyncRequest,
};

use crate::world::{TOWNSHIP, VILLAGE, World};

/// Somebody who is enrolled, signs what he sends, and means harm.
pub struct Attacker {
    key: KeyPair,
    record: AuthorRecord,
    seq: u64,
    prev: EnvelopeHash,
}

impl Attacker {
    /// Enrols him as a caseworker of the township.
    pub fn enroll(world: &World) -> Attacker {
        let key = KeyPair::from_seed(&[66; 32]);
        let scope = DivisionScope::parse(TOWNSHIP).unwrap();
        let invitation =
            Invitation { person: "恶意者".into(), role: Role::Caseworker, scope, valid_ms: 3_600_000 };
        let now_ms = world.server_clock.now_ms();
        let enrolled = world.with_hub(|hub| {
            let code = hub.issue_code(invitation, "http://127.0.0.1:1", None, now_ms).unwrap();
            let signature = key.sign(ENROLL_LABEL, &code.secret);
            hub.enroll(&EnrollRequest { secret: code.secret, key: key.public().0, signature }, now_ms)
                .unwrap()
        });
        let record = AuthorRecord { certificate: enrolled.certificate, nonce: [66; 16] };
        Attacker { key, record, seq: 0, prev: EnvelopeHash::NONE }
    }

    /// The name he writes under.
    pub fn actor(&self) -> ActorId {
        self.record.actor()
    }

    /// The device he writes with.
    pub fn id(&self) -> ruhu_sync::DeviceId {
        self.key.public().device_id()
    }

    /// Signs changes as the next envelope of his chain.
    pub fn seal(&mut self, doc: DocId, header: Option<DocHeader>, changes: Vec<RawChange>) -> Envelope {
        self.seq += 1;
        let place = (self.seq, self.prev);
        let envelope = Envelope::sign(&self.key, doc, self.actor(), place, header, Body::Changes(changes));
        self.prev = envelope.hash();
        envelope
    }

    /// Hands envelopes to the server; nothing when it does not know him any more.
    pub fn push(&self, world: &World, envelopes: &[Envelope]) -> Option<Vec<Outcome>> {
        let request = SyncRequest {
            authors: vec![self.record.clone()],
            push: Some(Page::pack(envelopes)),
            push_only: true,
            ..SyncRequest::default()
        };
        let now_ms = world.server_clock.now_ms();
        let answer = world.with_hub(|hub| hub.sync(self.key.public().device_id(), request, now_ms));
        answer.ok().map(|answer| answer.outcomes)
    }

    /// Pushes something that no honest phone makes, about a household or out of nothing.
    pub fn poison(
        &mut self,
        world: &World,
        case: Option<DocId>,
        random: &mut fastrand::Rng,
    ) -> Option<Vec<Outcome>> {
        let division = VILLAGE.parse().unwrap();
        let created = DocHeader { class: LogClass::Household, division, created_at_ms: random.i64(..) };
        let mut id = [0; 10];
        random.fill(&mut id);
        let (doc, header) = match case.filter(|_| random.bool()) {
            Some(case) => (case, None),
            None => (DocId::new(1, id), Some(created)),
        };
        let actor = self.actor();
        let changes = match random.u32(0..7) {
            0 => vec![damaged(actor, random)],
            1 => vec![RawChange::from_body(&[]); 300],
            2 => vec![RawChange::from_body(&[9, 0]); 700],
            3 => vec![extreme(actor)],
            4 => vec![waiting(actor, random)],
            5 => vec![extreme(actor); 2],
            _ => Vec::new(),
        };
        let envelope = self.seal(doc, header, changes);
        self.push(world, &[envelope])
    }
}

/// A change whose outside is in order and whose operations are not: a byte behind the header is
/// another, and the hash is that of the damaged bytes.
pub fn damaged(actor: ActorId, random: &mut fastrand::Rng) -> RawChange {
    let mut document = Document::new(DocKind::Household);
    let writes: Vec<Write> = (0..4)
        .map(|n| Write::Put { path: format!("case/field{n}"), value: Value::Text("值".repeat(n + 1)) })
        .collect();
    let change = document.edit(actor, 1, &writes).unwrap().remove(0);
    let mut body = RawChange::from_chunk(&change.bytes).unwrap().body().to_vec();
    // Type, length, one dependency, actor and sequence number stay.
    let place = random.usize(60..body.len());
    body[place] ^= random.u8(1..);
    RawChange::from_body(&body)
}

/// Changes whose outside is in order, with these numbers of their author's, that stand on one change.
pub fn standing_on(
    actor: ActorId,
    dependency: ChangeHash,
    seqs: impl Iterator<Item = u64>,
) -> Vec<RawChange> {
    /// Where what follows the sequence number begins: behind the count of dependencies, one of them, and
    /// the actor with its length.
    const REST: usize = 1 + 32 + 1 + 16 + 1;
    let write = Write::Put { path: "case/remark".into(), value: Value::Text("等".into()) };
    let change = Document::new(DocKind::Household).edit(actor, 1, &[write]).unwrap().remove(0);
    let body = RawChange::from_chunk(&change.bytes).unwrap().body().to_vec();
    // The length takes one or two bytes.
    let rest = &body[if body[1] & 0x80 == 0 { 2 } else { 3 }..][REST..];
    let start = [&[1], &dependency.0[..], &[16], &actor.0].concat();
    let made = seqs.map(|seq| {
        let mut contents = start.clone();
        uleb(&mut contents, seq);
        contents.extend_from_slice(rest);
        let mut whole = vec![1];
        uleb(&mut whole, contents.len() as u64);
        whole.extend(contents);
        RawChange::from_body(&whole)
    });
    made.collect()
}

fn uleb(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A change of values at the ends of what numbers hold, dated at the end of time.
pub fn extreme(actor: ActorId) -> RawChange {
    let writes = [
        Write::Put { path: "case/remark".into(), value: Value::Timestamp(i64::MIN) },
        Write::Put { path: "case/members_real".into(), value: Value::Int(i64::MAX) },
        Write::Put { path: "people/x/order".into(), value: Value::Int(-1) },
        Write::Put { path: "evidence/e/size".into(), value: Value::Int(-5) },
    ];
    let change = Document::new(DocKind::Household).edit(actor, i64::MAX, &writes).unwrap().remove(0);
    RawChange::from_chunk(&change.bytes).unwrap()
}

/// A change that stands on one that nobody has.
pub fn waiting(actor: ActorId, random: &mut fastrand::Rng) -> RawChange {
    let mut document = Document::new(DocKind::Household);
    let mut write = |value: u32| {
        let value = Value::Text(value.to_string());
        document.edit(actor, 1, &[Write::Put { path: "case/remark".into(), value }]).unwrap().remove(0)
    };
    write(random.u32(..));
    RawChange::from_chunk(&write(random.u32(..)).bytes).unwrap()
}
