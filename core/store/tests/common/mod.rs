#![allow(clippy::unwrap_used, clippy::expect_used, dead_code)]
//! What the store's tests share: a key, folders, and rows of made-up households.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ruhu_case::{ActorId, ChangeHash, DocId, DocKind};
use ruhu_store::{
    CaseRow, DocumentRow, DraftRow, DraftState, EnvelopeRow, EnvelopeState, FileRow, FileState, LOCK_FILE,
    Store, StoreError, StoreKey, Tx,
};

pub fn key() -> StoreKey {
    StoreKey::from_bytes([0x42; 32])
}

pub fn open(dir: &Path) -> Store {
    Store::open(dir, &key()).unwrap()
}

/// `write` with the error type the tests use.
pub fn write<T>(store: &Store, f: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
    store.write(f).unwrap()
}

/// `read` with the error type the tests use.
pub fn read<T>(store: &Store, f: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> T {
    store.read(f).unwrap()
}

pub fn doc(n: u8) -> DocId {
    DocId::new(1_760_000_000_000 + i64::from(n), [n; 10])
}

pub fn actor(n: u8) -> ActorId {
    ActorId([n; 16])
}

pub fn document(n: u8) -> DocumentRow {
    DocumentRow {
        id: doc(n),
        kind: DocKind::Household,
        division: "110101001001".into(),
        creator: actor(1),
        created_at_ms: 1_760_000_000_000,
        saved: vec![n; 100],
        heads: vec![ChangeHash([n; 32])],
        updated_at_ms: 1_760_000_000_500,
    }
}

pub fn envelope(n: u8, actor_n: u8, seq: u64) -> EnvelopeRow {
    EnvelopeRow {
        hash: [n; 32],
        doc: doc(1),
        actor: actor(actor_n),
        seq,
        prev: [n.wrapping_sub(1); 32],
        bytes: vec![n; 200],
        log: "110101001/household".into(),
        state: EnvelopeState::Outbox,
        epoch: None,
        server_seq: None,
        server_time_ms: None,
        receipt: None,
        reason: None,
    }
}

pub fn draft(id: &str) -> DraftRow {
    DraftRow {
        id: id.into(),
        doc: doc(1),
        record: "r1".into(),
        form_id: "home_visit".into(),
        form_version: "2026010101".into(),
        created_at_ms: 1_760_000_000_000,
        updated_at_ms: 1_760_000_000_000,
        state: DraftState::Open,
    }
}

pub fn case(n: u8, name: &str, address: &str, id_tail: &str) -> CaseRow {
    CaseRow {
        doc: doc(n),
        name: name.into(),
        division: "110101001001".into(),
        address: address.into(),
        id_tail: id_tail.into(),
        people: 3,
        conflicts: 0,
        status: "visiting".into(),
        updated_at_ms: 1_760_000_000_000 + i64::from(n),
    }
}

pub fn file(sha256: [u8; 32], size: u64, key: [u8; 32]) -> FileRow {
    FileRow {
        sha256,
        size,
        mime: "image/jpeg".into(),
        doc: doc(1),
        evidence: "e1".into(),
        key,
        state: FileState::Local,
        upload_url: None,
        offset: 0,
        receipt: None,
        added_at_ms: 1_760_000_000_000,
        own: true,
        at_server: None,
        on_demand: false,
    }
}

/// Every file under a folder with its bytes; the lock file, which holds nothing, is left out.
pub fn bytes_of(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let inner = bytes_of(&path).into_iter().map(|(k, v)| (format!("{name}/{k}"), v));
            found.extend(inner);
        } else if name != LOCK_FILE {
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found
}

/// Copies a folder as a sudden power loss would leave it, the store being open or not.
pub fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_dir(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
