#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Answers on their way: given while somebody else writes, read as one journal with what moved, and there
//! whole whatever dies or is copied in between.

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::{bytes_of, copy_dir, draft, key, open, read, write};
use proptest::prelude::*;
use ruhu_store::{ANSWERS_FILE, DATABASE_FILE, DraftRow, KEY_CHECK_FILE, Store, StoreError};
use tempfile::TempDir;

const VISIT: &str = "visit-1";

fn with_visit() -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    write(&store, |tx| tx.put_draft(&draft(VISIT)));
    (dir, store)
}

fn answer(store: &Store, entry: u64) {
    assert_eq!(store.append_answer(VISIT, at(entry), &bytes(entry)), Ok(entry));
}

fn bytes(entry: u64) -> Vec<u8> {
    format!("answer {entry}").into_bytes()
}

fn at(entry: u64) -> i64 {
    1_760_000_001_000 + i64::try_from(entry).unwrap()
}

fn journal(store: &Store) -> Vec<Vec<u8>> {
    read(store, |tx| tx.journal(VISIT))
}

fn first(entries: u64) -> Vec<Vec<u8>> {
    (1..=entries).map(bytes).collect()
}

fn append(store: &Store, content: &[u8]) -> u64 {
    let settled = store.settle(VISIT).unwrap();
    write(store, |tx| tx.append_journal(&settled, content))
}

#[test]
fn an_answer_waits_for_nobody_who_writes_in_the_store() {
    let (_dir, store) = with_visit();
    let writing = store.writer();
    std::thread::scope(|scope| {
        scope.spawn(|| answer(&store, 1)).join().unwrap();
    });
    assert_eq!(journal(&store), first(1));
    drop(writing);
}

#[test]
fn a_visit_was_changed_when_it_was_last_answered() {
    let (_dir, store) = with_visit();
    write(&store, |tx| tx.put_draft(&DraftRow { updated_at_ms: at(1), ..draft("other") }));
    let listed = |open_only| {
        let rows = read(&store, |tx| tx.drafts(open_only));
        rows.into_iter().map(|row| (row.id, row.updated_at_ms)).collect::<Vec<_>>()
    };
    answer(&store, 1);
    answer(&store, 2);
    let expected = [(VISIT.to_owned(), at(2)), ("other".to_owned(), at(1))];
    assert_eq!((listed(true), listed(false)), (expected.to_vec(), expected.to_vec()));
    drop(store.settle(VISIT).unwrap());
    assert_eq!(listed(true), expected);
}

#[test]
fn somebody_who_reads_while_answers_move_sees_every_answer_that_was_given() {
    const ANSWERS: u64 = 300;
    let (_dir, store) = with_visit();
    let (given, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for entry in 1..=ANSWERS {
                answer(&store, entry);
                given.fetch_add(1, Ordering::Release);
                if entry % 3 == 0 {
                    drop(store.settle(VISIT).unwrap());
                }
            }
            over.store(true, Ordering::Release);
        });
        while !over.load(Ordering::Acquire) {
            let least = given.load(Ordering::Acquire);
            let seen = journal(&store);
            assert!(seen.len() >= least, "{} of {least}", seen.len());
            assert_eq!(seen, first(seen.len() as u64));
        }
    });
    assert_eq!(journal(&store), first(ANSWERS));
}

/// The folder as a death leaves it after answers have moved and before they are gone from where they were.
fn cut_off_while_moving(dir: &TempDir, store: Store) -> (TempDir, Store) {
    let before = TempDir::new().unwrap();
    copy_dir(dir.path(), before.path());
    drop(store.settle(VISIT).unwrap());
    drop(store);
    replace_answers(before.path(), dir.path());
    let after = TempDir::new().unwrap();
    copy_dir(dir.path(), after.path());
    let store = open(after.path());
    (after, store)
}

fn replace_answers(from: &Path, to: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("{ANSWERS_FILE}{suffix}");
        let _ = fs::remove_file(to.join(&name));
        if from.join(&name).exists() {
            fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

#[test]
fn a_phone_that_dies_while_answers_move_reads_each_of_them_once() {
    let (dir, store) = with_visit();
    (1..=3).for_each(|entry| answer(&store, entry));
    let (_after, store) = cut_off_while_moving(&dir, store);
    assert_eq!(journal(&store), first(3));
    answer(&store, 4);
    assert_eq!(append(&store, b"5"), 5);
    assert_eq!(journal(&store), [first(4), vec![b"5".to_vec()]].concat());
    assert_eq!(store.check(), Ok(vec![]));
}

#[test]
fn answers_and_store_that_were_copied_at_different_times_lose_none() {
    let (dir, store) = with_visit();
    (1..=2).for_each(|entry| answer(&store, entry));
    let before = TempDir::new().unwrap();
    copy_dir(dir.path(), before.path());
    // The store goes on, and its second entry becomes another one than the copied answers have.
    let others = TempDir::new().unwrap();
    let store_of_others = open(others.path());
    write(&store_of_others, |tx| tx.put_draft(&draft(VISIT)));
    append(&store_of_others, &bytes(1));
    append(&store_of_others, b"another");
    drop((store, store_of_others));
    replace_answers(before.path(), others.path());
    let store = open(others.path());
    assert_eq!(append(&store, b"last"), 4);
    let expected: [&[u8]; 4] = [b"answer 1", b"another", b"answer 2", b"last"];
    assert_eq!(journal(&store), expected);
}

#[test]
fn the_log_of_answers_has_its_size_from_the_beginning_and_is_written_over() {
    let (dir, store) = with_visit();
    let length = || fs::metadata(dir.path().join(format!("{ANSWERS_FILE}-wal"))).unwrap().len();
    let laid_out = length();
    assert!(laid_out > 4_000_000, "{laid_out} bytes");
    (1..=20).for_each(|entry| answer(&store, entry));
    drop(store.settle(VISIT).unwrap());
    (21..=600).for_each(|entry| answer(&store, entry));
    assert_eq!(length(), laid_out);
    drop(store);
    assert_eq!((length(), journal(&open(dir.path()))), (laid_out, first(600)));
}

/// Opening must fail as damage and must not change a byte.
fn refused(dir: &Path) {
    let before = bytes_of(dir);
    match Store::open(dir, &key()) {
        Ok(_) => panic!("the store opened"),
        Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{error}"),
    }
    assert!(bytes_of(dir) == before, "the bytes on the disk changed");
}

#[test]
fn a_lost_or_damaged_file_of_answers_is_told_and_nothing_is_touched() {
    let damaged: [fn(&Path); 5] = [
        |file| fs::remove_file(file).unwrap(),
        |file| fs::write(file, b"").unwrap(),
        |file| fs::write(file, [7; 8192]).unwrap(),
        |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        },
        |file| {
            let mut bytes = fs::read(file).unwrap();
            bytes[100] ^= 1;
            fs::write(file, bytes).unwrap();
        },
    ];
    for damage in damaged {
        let (dir, store) = with_visit();
        answer(&store, 1);
        drop(store);
        damage(&dir.path().join(ANSWERS_FILE));
        refused(dir.path());
    }
}

#[test]
fn damage_among_the_answers_is_found_by_the_check() {
    let (dir, store) = with_visit();
    store.append_answer(VISIT, 1, &[7; 20_000]).unwrap();
    drop(store);
    let file = dir.path().join(ANSWERS_FILE);
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.len() - 1000;
    bytes[at] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert!(!open(dir.path()).check().unwrap().is_empty());
}

#[test]
fn a_phone_that_died_while_its_store_was_made_makes_it_again() {
    let (dir, store) = with_visit();
    drop(store);
    for name in [DATABASE_FILE, KEY_CHECK_FILE] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    fs::remove_file(dir.path().join(format!("{DATABASE_FILE}-wal"))).unwrap();
    let store = open(dir.path());
    assert_eq!((store.check(), read(&store, |tx| tx.drafts(false))), (Ok(vec![]), vec![]));
    write(&store, |tx| tx.put_draft(&draft(VISIT)));
    answer(&store, 1);
}

#[test]
fn answers_without_their_store_are_not_hidden_by_a_new_one() {
    let (dir, store) = with_visit();
    answer(&store, 1);
    drop(store);
    for name in [DATABASE_FILE, KEY_CHECK_FILE] {
        fs::remove_file(dir.path().join(name)).unwrap();
    }
    fs::remove_file(dir.path().join(format!("{DATABASE_FILE}-wal"))).unwrap();
    refused(dir.path());
}

/// What a person, and a phone that dies, do to a journal.
#[derive(Debug, Clone)]
enum Step {
    Answer,
    Append,
    Settle,
    Reopen,
    DieWhileMoving,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn a_journal_is_what_was_entered_in_its_order(
        steps in proptest::collection::vec(
            prop_oneof![
                4 => Just(Step::Answer),
                2 => Just(Step::Append),
                2 => Just(Step::Settle),
                1 => Just(Step::Reopen),
                1 => Just(Step::DieWhileMoving),
            ],
            1..20,
        )
    ) {
        let (mut dir, mut store) = with_visit();
        let mut entries = 0;
        for step in steps {
            match step {
                Step::Answer => {
                    entries += 1;
                    answer(&store, entries);
                }
                Step::Append => {
                    entries += 1;
                    prop_assert_eq!(append(&store, &bytes(entries)), entries);
                }
                Step::Settle => drop(store.settle(VISIT).unwrap()),
                Step::Reopen => {
                    drop(store);
                    store = open(dir.path());
                }
                Step::DieWhileMoving => (dir, store) = cut_off_while_moving(&dir, store),
            }
            prop_assert_eq!(journal(&store), first(entries));
        }
    }
}
