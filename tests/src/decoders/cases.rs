//! Changes of a household document, and whole documents.

use std::sync::LazyLock;

use ruhu_case::{ActorId, DocKind, Document, RawChange, Value, Write, limits};
use sha2::{Digest, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Magic and checksum.
const UNHASHED: usize = 8;
/// The type byte of a change that is compressed by itself: its checksum is not over its bytes.
const DEFLATED: u8 = 2;

/// A household that two phones wrote to.
struct Visited {
    household: Document,
    /// Every change, each after those it stands on.
    changes: Vec<Vec<u8>>,
    /// One more, which the household does not have.
    next: Vec<u8>,
}

static VISITED: LazyLock<Visited> = LazyLock::new(|| {
    let mut household = Document::new(DocKind::Household);
    let mut changes = Vec::new();
    for round in 0..3u8 {
        let actor = ActorId([round % 2 + 1; 16]);
        let writes = [
            text("case/address", "柳树胡同3号"),
            text(&format!("people/p{round}/name"), "陈大河"),
            text("records/r1/answers/facts/house_type", ["own", "rent", "lent"][usize::from(round)]),
            Write::Put { path: "case/rent".into(), value: Value::Fen(12_000 + i64::from(round)) },
        ];
        changes.push(household.edit(actor, i64::from(round), &writes).unwrap().remove(0).bytes);
    }
    let mut colleague = household.clone();
    let next = colleague.edit(ActorId([9; 16]), 9, &[text("case/remark", "雨天")]).unwrap().remove(0).bytes;
    Visited { household, changes, next }
});

fn text(path: &str, text: &str) -> Write {
    Write::Put { path: path.into(), value: Value::Text(text.into()) }
}

/// Both depths of the reader. What it carries goes on as it came, and no document takes more.
pub(super) fn change(bytes: &[u8]) {
    let carried = RawChange::from_body(bytes);
    assert_eq!(carried.body(), bytes);
    for chunk in [bytes.to_vec(), carried.chunk()] {
        if let Ok(raw) = RawChange::from_chunk(&chunk) {
            assert_eq!(raw.chunk(), chunk);
            assert_eq!(RawChange::from_any_chunk(&chunk), Ok(raw));
        } else if let Ok(inflated) = RawChange::from_any_chunk(&chunk) {
            assert_eq!(chunk.get(UNHASHED), Some(&DEFLATED));
            assert!(inflated.body().len() <= limits::CHANGE_BYTES);
        }
        let taken = VISITED.household.clone().apply(std::slice::from_ref(&chunk));
        assert!(taken.is_err() || RawChange::from_any_chunk(&chunk).is_ok());
    }
}

pub(super) fn change_seeds() -> Vec<Vec<u8>> {
    let chunks = VISITED.changes.iter().chain([&VISITED.next]).cloned();
    let bodies = VISITED.changes.iter().map(|chunk| chunk.get(UNHASHED..).unwrap().to_vec());
    chunks.chain(bodies).collect()
}

/// The bytes as a saved document, and as changes that come to a household. Checksums are mended
/// first: whoever writes a hostile change writes its checksum too.
pub(super) fn document(bytes: &[u8]) {
    let chunks = chunks(bytes);
    let saved = chunks.concat();
    for kind in [DocKind::Household, DocKind::Lead, DocKind::Finance] {
        if let Ok(document) = Document::load(kind, &saved) {
            examine(&document);
        }
    }
    let mut household = VISITED.household.clone();
    match household.apply(&chunks) {
        Ok(_) => examine(&household),
        Err(_) => assert_eq!(household.heads(), VISITED.household.heads()),
    }
}

/// Splits bytes at the ends of their chunks, and gives each the checksum it should have. What is no
/// chunk stays one piece.
fn chunks(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    while !bytes.is_empty() && chunks.len() < 16 {
        let (chunk, rest) = bytes.split_at(chunk_length(bytes).unwrap_or(bytes.len()));
        chunks.push(mended(chunk));
        bytes = rest;
    }
    chunks
}

/// The length that a chunk says it has, if as much is there.
fn chunk_length(bytes: &[u8]) -> Option<usize> {
    let mut length = 0usize;
    for (place, byte) in bytes.get(UNHASHED + 1..)?.iter().enumerate().take(4) {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            let end = UNHASHED + 1 + place + 1 + length;
            return (end <= bytes.len()).then_some(end);
        }
    }
    None
}

fn mended(chunk: &[u8]) -> Vec<u8> {
    let mut mended = chunk.to_vec();
    let hashed = chunk.get(UNHASHED..).unwrap_or_default();
    if hashed.first().is_some_and(|kind| *kind != DEFLATED) && chunk.starts_with(&MAGIC) {
        let digest = Sha256::digest(hashed);
        mended.splice(MAGIC.len()..UNHASHED, digest.iter().take(4).copied());
    }
    mended
}

/// Looks at everything a document shows, and holds it to what it saves.
fn examine(document: &Document) {
    document.household();
    for conflict in document.conflicts() {
        assert!(conflict.values.len() > 1);
    }
    for (path, value) in document.fields("").into_iter().take(64) {
        assert!(document.history(&path).iter().any(|entry| entry.current && entry.value == value));
    }
    let again = Document::load(document.kind(), &document.save()).unwrap();
    assert_eq!(again.heads(), document.heads());
    assert_eq!(again.waiting(), [], "what waits is not saved");
    assert_eq!(again.fields(""), document.fields(""));
}

pub(super) fn document_seeds() -> Vec<Vec<u8>> {
    // As earlier programs saved a document: what waits stands behind it.
    let late = Document::new(DocKind::Household);
    let mut seeds =
        vec![VISITED.household.save(), [late.save(), VISITED.next.clone()].concat(), VISITED.next.clone()];
    seeds.push([VISITED.changes[0].as_slice(), &VISITED.next].concat());
    seeds.push(Document::new(DocKind::Finance).save());
    seeds
}
