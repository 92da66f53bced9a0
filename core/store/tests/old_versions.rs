#![allow(clippy::unwrap_used)]
//! Stores written by released versions, opened by this one. A folder under `fixtures` is made
//! once, when its schema version is released, and never changed afterwards.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use common::{actor, case, copy_dir, doc, document, draft, envelope, file, key, read};
use ruhu_case::{ChangeHash, MergeRule, MergeRules};
use ruhu_store::{LOCK_FILE, LogCursor, Store, StoreError, Tx};
use tempfile::TempDir;

const PHOTO: &[u8] = "a photograph of the household's door plate, 门牌".as_bytes();
const PHOTO_KEY: [u8; 32] = [0x17; 32];

fn fixture(version: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/v{version}"))
}

/// What version 1 could keep.
fn fill(tx: &Tx<'_>, photo: [u8; 32]) -> Result<(), StoreError> {
    tx.set_meta("server", b"fingerprint")?;
    tx.put_document(&document(1))?;
    let receipt = tx.insert_receipt(b"receipt")?;
    tx.insert_envelope(&envelope(1, 1, 1))?;
    tx.ack_envelope(&[1; 32], 1, 5, 1_760_000_000_900, Some(receipt))?;
    tx.insert_envelope(&envelope(2, 1, 2))?;
    tx.insert_change(&doc(1), &ChangeHash([7; 32]), &actor(1), 1, &[1; 32])?;
    tx.put_author(&actor(1), b"certificate")?;
    tx.put_cursor(&LogCursor {
        log: "110101001/household".into(),
        epoch: 1,
        cursor: 5,
        chain: [3; 32],
        head_signature: vec![4; 64],
    })?;
    tx.put_verdict(&[1; 32], b"verdict")?;
    tx.put_form("home_visit", "2026010101", [6; 32], b"compiled form")?;
    tx.put_draft(&draft("visit-1"))?;
    tx.put_case(&case(1, "张三丰", "北京市东城区", "002X"))?;
    tx.put_file(&file(photo, PHOTO.len() as u64, PHOTO_KEY))
}

#[test]
#[ignore = "makes the fixture of the newest version: run once, when that version is released"]
fn make_the_fixture_of_version_2() {
    let made = TempDir::new().unwrap();
    let store = Store::open(made.path(), &key()).unwrap();
    let photo = store.files().seal(&PHOTO_KEY, None, &mut &PHOTO[..]).unwrap().sha256;
    store.write(|tx| fill(tx, photo)).unwrap();
    store.append_answer("visit-1", 1_760_000_000_000, b"an answer").unwrap();
    store.write(|tx| tx.set_eligibility("home_visit", "2026010101", &marked())).unwrap();
    drop(store);
    std::fs::remove_file(made.path().join(LOCK_FILE)).unwrap();
    assert!(!fixture(2).exists(), "a released fixture is not made again");
    copy_dir(made.path(), &fixture(2));
}

/// What the form of the fixtures marks as deciding eligibility.
fn marked() -> BTreeSet<String> {
    ["case/income_year", "case/members_real"].map(str::to_owned).into()
}

#[test]
fn a_store_of_version_1_opens_with_everything_in_it() {
    let (_dir, store) = opened(1);
    let form = ("home_visit".to_owned(), "2026010101".to_owned());
    assert_eq!(read(&store, |tx| tx.forms_to_index()), [form], "nobody has read its form for that yet");
    assert_eq!(read(&store, |tx| tx.eligibility_paths()), BTreeSet::new());
    store.write(|tx| tx.set_eligibility("home_visit", "2026010101", &marked())).unwrap();
    assert_eq!(read(&store, |tx| tx.forms_to_index()), []);
    assert_eq!(read(&store, |tx| tx.eligibility_paths()), marked());
}

#[test]
fn a_store_of_version_2_opens_with_everything_in_it() {
    let (_dir, store) = opened(2);
    let form = ("home_visit".to_owned(), "2026010101".to_owned());
    assert_eq!(read(&store, |tx| tx.forms_to_index()), [form], "what it says of merging is not known yet");
    assert_eq!(read(&store, |tx| tx.eligibility_paths()), marked());
    let rules = BTreeMap::from([("/v/needs".to_owned(), MergeRule::Choices)]);
    store.write(|tx| tx.set_merge_rules("home_visit", "2026010101", &rules)).unwrap();
    let mut known = MergeRules::default();
    known.answer("home_visit", "2026010101", "/v/needs", MergeRule::Choices);
    assert_eq!(read(&store, |tx| tx.merge_rules()), known);
}

/// A copy of a fixture, opened, with what every version has.
fn opened(version: u32) -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    copy_dir(&fixture(version), dir.path());
    let store = Store::open(dir.path(), &key()).unwrap();
    assert_eq!(store.check(), Ok(vec![]));
    let photo = read(&store, |tx| {
        assert_eq!(tx.meta("server")?.unwrap(), b"fingerprint");
        assert_eq!(tx.document(&doc(1))?, Some(document(1)));
        assert_eq!(tx.outbox(None, 9)?.len(), 1);
        let acked = tx.envelope(&[1; 32])?.unwrap();
        assert_eq!(
            (acked.server_seq, tx.receipt(acked.receipt.unwrap())?),
            (Some(5), Some(b"receipt".to_vec()))
        );
        assert_eq!(tx.envelope_of_change(&doc(1), &ChangeHash([7; 32]))?, Some([1; 32]));
        assert_eq!(tx.author(&actor(1))?.unwrap(), b"certificate");
        assert_eq!(tx.cursors()?[0].cursor, 5);
        assert_eq!(tx.verdicts_of_document(&doc(1))?.len(), 1);
        assert_eq!(tx.latest_version("home_visit")?.unwrap(), "2026010101");
        assert_eq!(tx.draft("visit-1")?, Some(draft("visit-1")));
        assert_eq!(tx.journal("visit-1")?, [b"an answer"]);
        assert_eq!(tx.search_cases("zsf", 9)?, [case(1, "张三丰", "北京市东城区", "002X")]);
        Ok(tx.files_of_document(&doc(1))?.remove(0))
    });
    let bytes = store.files().read_range(&photo.key, &photo.sha256, 0, 1000).unwrap();
    assert_eq!(bytes, PHOTO);
    let unsaved = read(&store, |tx| tx.unsaved_drafts(None));
    assert_eq!(unsaved.len(), 1, "whether an older draft was saved is not known: it is told as unsaved");
    store.append_answer("visit-1", 1_760_000_000_001, b"another answer").unwrap();
    (dir, store)
}
