#![allow(clippy::unwrap_used, clippy::panic)]
//! Opening a folder in every state it may be found in. Whatever goes wrong has its own error
//! and leaves every byte where it was.

mod common;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use common::{bytes_of, case, copy_dir, document, key, open, read, write};
use proptest::prelude::*;
use ruhu_store::{DATABASE_FILE, FILES_DIR, KEY_CHECK_FILE, Store, StoreError, StoreKey};
use ruhu_text::{Explain, Lang};
use tempfile::TempDir;

const PAGE: usize = 4096;

/// A closed store with some dozens of pages.
fn closed_store() -> TempDir {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    write(&store, |tx| {
        for n in 0..60 {
            tx.put_document(&ruhu_store::DocumentRow { saved: vec![n; 3000], ..document(n) })?;
            tx.put_case(&case(n, "赵桂兰", "北京市东城区某街道", "0013"))?;
        }
        Ok(())
    });
    dir
}

/// The same, as a power cut leaves it: with answers that are only in the log.
fn store_with_log() -> TempDir {
    let dir = closed_store();
    let store = open(dir.path());
    write(&store, |tx| tx.set_meta("last", b"only in the log"));
    let copy = TempDir::new().unwrap();
    copy_dir(dir.path(), copy.path());
    assert!(copy.path().join("store.db-wal").metadata().unwrap().len() > 0);
    copy
}

fn database(dir: &TempDir) -> PathBuf {
    dir.path().join(DATABASE_FILE)
}

/// Opening must fail and must not change a byte.
fn refused(dir: &Path, key: &StoreKey) -> StoreError {
    let before = bytes_of(dir);
    let error = match Store::open(dir, key) {
        Ok(_) => panic!("the store opened"),
        Err(e) => e,
    };
    assert!(bytes_of(dir) == before, "{error}: the bytes on the disk changed");
    assert!(!error.message(Lang::Zh).is_empty());
    error
}

fn is_damaged(error: &StoreError) -> bool {
    matches!(error, StoreError::Damaged { .. })
}

#[test]
fn what_was_kept_is_there_when_the_app_comes_back() {
    let dir = closed_store();
    let store = open(dir.path());
    assert_eq!(read(&store, |tx| tx.document_count()), 60);
    assert_eq!(store.check(), Ok(vec![]));
}

#[test]
fn a_closed_store_keeps_the_room_that_it_needs_to_be_read() {
    let dir = closed_store();
    for _ in 0..2 {
        let length = |name: &str| fs::metadata(dir.path().join(name)).unwrap().len();
        assert_eq!((length("store.db-wal"), length("store.db-shm")), (0, 32 * 1024));
        drop(open(dir.path()));
    }
}

#[test]
fn answers_that_a_power_cut_left_in_the_log_are_there() {
    let dir = store_with_log();
    let store = open(dir.path());
    assert_eq!(read(&store, |tx| tx.meta("last")), Some(b"only in the log".to_vec()));
}

#[test]
fn a_wrong_key_is_told_from_damage_and_touches_nothing() {
    let wrong = StoreKey::from_bytes([1; 32]);
    for dir in [closed_store(), store_with_log()] {
        assert_eq!(refused(dir.path(), &wrong), StoreError::WrongKey);
        assert_eq!(open(dir.path()).check(), Ok(vec![]));
    }
}

#[test]
fn without_the_key_check_a_wrong_key_may_be_damage_and_the_right_one_writes_it_again() {
    for dir in [closed_store(), store_with_log()] {
        fs::remove_file(dir.path().join(KEY_CHECK_FILE)).unwrap();
        let error = refused(dir.path(), &StoreKey::from_bytes([1; 32]));
        assert!(matches!(&error, StoreError::Damaged { detail } if detail.contains("key")), "{error}");
        drop(open(dir.path()));
        assert_eq!(refused(dir.path(), &StoreKey::from_bytes([1; 32])), StoreError::WrongKey);
    }
}

#[test]
fn a_damaged_key_check_is_made_good_by_the_right_key() {
    for damage in [vec![], vec![7; 112], vec![7; 5000]] {
        let dir = closed_store();
        fs::write(dir.path().join(KEY_CHECK_FILE), damage).unwrap();
        assert!(is_damaged(&refused(dir.path(), &StoreKey::from_bytes([1; 32]))));
        drop(open(dir.path()));
        assert_eq!(refused(dir.path(), &StoreKey::from_bytes([1; 32])), StoreError::WrongKey);
    }
}

#[test]
fn a_first_page_with_a_flipped_bit_is_damage_not_a_wrong_key() {
    for at in [0, 15, 16, 100, 2000, PAGE - 1] {
        let dir = closed_store();
        let mut bytes = fs::read(database(&dir)).unwrap();
        bytes[at] ^= 0x10;
        fs::write(database(&dir), bytes).unwrap();
        assert!(is_damaged(&refused(dir.path(), &key())), "byte {at}");
    }
}

#[test]
fn a_cut_or_replaced_database_is_damage_and_stays_as_it_is() {
    let whole = fs::read(database(&closed_store())).unwrap();
    let contents = [
        vec![],
        whole[..1].to_vec(),
        whole[..PAGE / 2].to_vec(),
        whole[..PAGE].to_vec(),
        whole[..whole.len() / 2].to_vec(),
        whole[..whole.len() - PAGE].to_vec(),
        (0..whole.len()).map(|n| (n * 167 % 251) as u8).collect(),
        b"SQLite format 3\0".repeat(1000),
    ];
    for content in contents {
        let dir = closed_store();
        fs::write(database(&dir), &content).unwrap();
        let error = refused(dir.path(), &key());
        assert!(is_damaged(&error), "{} bytes: {error}", content.len());
    }
}

#[test]
fn damage_in_the_middle_is_found_by_the_check() {
    let dir = closed_store();
    let pages = fs::read(database(&dir)).unwrap().len() / PAGE;
    assert!(pages > 40);
    let mut found = 0;
    for page in [pages / 4, pages / 3, pages / 2, pages * 2 / 3, pages - 2] {
        let dir = closed_store();
        let mut bytes = fs::read(database(&dir)).unwrap();
        bytes[page * PAGE + 1000] ^= 1;
        fs::write(database(&dir), &bytes).unwrap();
        match Store::open(dir.path(), &key()) {
            Ok(store) => {
                assert!(!store.check().unwrap().is_empty(), "page {page}");
                found += 1;
            }
            // The opening reads this page itself.
            Err(error) => assert!(is_damaged(&error), "page {page}: {error:?}"),
        }
        assert_eq!(fs::read(database(&dir)).unwrap(), bytes);
    }
    assert!(found >= 3, "{found} pages");
}

#[test]
fn reading_a_damaged_page_is_damage_too() {
    let dir = closed_store();
    let mut bytes = fs::read(database(&dir)).unwrap();
    for page in 1..bytes.len() / PAGE {
        bytes[page * PAGE + 7] ^= 1;
    }
    fs::write(database(&dir), &bytes).unwrap();
    let error = match Store::open(dir.path(), &key()) {
        Err(error) => error,
        Ok(store) => store.read(|tx| tx.documents(None, 100)).unwrap_err(),
    };
    assert!(is_damaged(&error), "{error:?}");
    assert_eq!(fs::read(database(&dir)).unwrap(), bytes);
}

#[test]
fn a_folder_in_place_of_a_file_is_refused() {
    let dir = TempDir::new().unwrap();
    fs::create_dir(database(&dir)).unwrap();
    assert!(is_damaged(&refused(dir.path(), &key())));

    let dir = closed_store();
    fs::remove_file(dir.path().join(KEY_CHECK_FILE)).unwrap();
    fs::create_dir(dir.path().join(KEY_CHECK_FILE)).unwrap();
    assert!(is_damaged(&refused(dir.path(), &key())));
}

#[test]
fn a_lost_database_is_reported_not_replaced_by_an_empty_one() {
    let dir = closed_store();
    fs::remove_file(database(&dir)).unwrap();
    assert!(is_damaged(&refused(dir.path(), &key())));

    let dir = store_with_log();
    fs::remove_file(database(&dir)).unwrap();
    fs::remove_file(dir.path().join(KEY_CHECK_FILE)).unwrap();
    assert!(is_damaged(&refused(dir.path(), &key())));

    let dir = TempDir::new().unwrap();
    open(dir.path()).files().seal(&[1; 32], None, &mut &b"photo"[..]).unwrap();
    fs::remove_file(database(&dir)).unwrap();
    fs::remove_file(dir.path().join(KEY_CHECK_FILE)).unwrap();
    assert!(is_damaged(&refused(dir.path(), &key())));
}

#[test]
fn a_database_that_was_never_finished_is_begun_again() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("store.db.new"), b"killed while it was made").unwrap();
    fs::create_dir(dir.path().join(FILES_DIR)).unwrap();
    let store = open(dir.path());
    assert_eq!(read(&store, |tx| tx.document_count()), 0);
    assert!(!dir.path().join("store.db.new").exists());
}

#[test]
fn a_database_of_a_newer_program_asks_for_an_update() {
    for dir in [closed_store(), store_with_log()] {
        let conn = rusqlite::Connection::open(database(&dir)).unwrap();
        conn.execute_batch(&format!(
            "PRAGMA key = \"x'{}'\"; PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 99;",
            "42".repeat(32)
        ))
        .unwrap();
        drop(conn);
        let error = refused(dir.path(), &key());
        assert!(matches!(error, StoreError::Newer { found: 99, supported: 3.. }), "{error:?}");
        assert!(error.message(Lang::En).contains("Update"));
    }
}

#[test]
fn a_second_opening_waits_for_the_first_to_end() {
    let dir = closed_store();
    let first = open(dir.path());
    let Err(second) = Store::open(dir.path(), &key()) else { panic!("the store opened twice") };
    assert_eq!(second, StoreError::InUse);
    assert_eq!(read(&first, |tx| tx.document_count()), 60);
    drop(first);
    drop(open(dir.path()));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_of_the_system() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("taken"), b"a file").unwrap();
    let Err(error) = Store::open(&dir.path().join("taken/store"), &key()) else { panic!("opened") };
    assert!(matches!(error, StoreError::Io { kind: ErrorKind::NotADirectory, .. }), "{error:?}");
}

#[test]
fn what_a_failed_step_wrote_never_was() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let failed: Result<(), StoreError> = store.write(|tx| {
        tx.put_document(&document(1))?;
        Err(StoreError::NotFound { what: "form" })
    });
    assert_eq!(failed, Err(StoreError::NotFound { what: "form" }));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write(|tx| -> Result<(), StoreError> {
            tx.put_document(&document(2))?;
            std::panic::resume_unwind(Box::new("a fault in the caller"))
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(read(&store, |tx| tx.document_count()), 0);
    write(&store, |tx| tx.put_document(&document(3)));
    assert_eq!(read(&store, |tx| tx.document_count()), 1);
}

#[test]
fn a_snapshot_cannot_be_written_to() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    assert_eq!(store.read(|tx| tx.set_meta("a", b"1")), Err(StoreError::ReadOnly));
    let inner = store.read(|_| store.read(|tx| tx.meta("a")));
    assert_eq!(inner, Ok(None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_damage_to_any_file_is_met_without_a_panic_or_a_change(
        which in 0..3usize, at: prop::sample::Index, bit in 0..8u8, cut: bool,
    ) {
        let dir = store_with_log();
        let path = dir.path().join([DATABASE_FILE, "store.db-wal", KEY_CHECK_FILE][which]);
        let mut bytes = fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        fs::write(&path, &bytes).unwrap();
        let before = bytes_of(dir.path());
        match Store::open(dir.path(), &key()) {
            Err(error) => {
                prop_assert!(is_damaged(&error), "{error:?}");
                prop_assert!(bytes_of(dir.path()) == before);
            }
            Ok(store) => {
                let findings = store.check().unwrap();
                // The log ends by design at the first frame that is not whole.
                prop_assert!(which != 0 || !findings.is_empty());
            }
        }
    }
}
