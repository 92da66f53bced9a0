#![allow(clippy::unwrap_used, clippy::panic)]
//! Many threads on one store: nobody who reads waits for the one who writes, and no write is lost.

mod common;

use std::thread;

use common::{copy_dir, document, open, read, write};
use ruhu_store::{Store, StoreError};
use tempfile::TempDir;

const THREADS: u64 = 4;
const ROUNDS: u64 = 25;

fn counter(store: &Store) -> u64 {
    let bytes = read(store, |tx| tx.meta("counter"));
    bytes.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
}

#[test]
fn whoever_reads_sees_what_was_committed_and_waits_for_no_transaction() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    write(&store, |tx| tx.put_document(&document(1)));
    write(&store, |tx| {
        tx.put_document(&document(2))?;
        // From other threads, while the transaction is open.
        let seen: Vec<u32> = thread::scope(|scope| {
            let readers: Vec<_> =
                (0..THREADS).map(|_| scope.spawn(|| read(&store, |tx| tx.document_count()))).collect();
            readers.into_iter().map(|reader| reader.join().unwrap()).collect()
        });
        assert_eq!(seen, vec![1; THREADS as usize]);
        assert_eq!(tx.document_count()?, 2, "the transaction sees its own");
        Ok(())
    });
    assert_eq!(read(&store, |tx| tx.document_count()), 2);
}

#[test]
fn writers_follow_each_other_and_none_of_their_work_is_lost() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    let add = |tx: &ruhu_store::Tx<'_>| {
                        let bytes = tx.meta("counter")?.unwrap_or_else(|| vec![0; 8]);
                        let number = u64::from_be_bytes(bytes.try_into().unwrap()) + 1;
                        tx.set_meta("counter", &number.to_be_bytes())
                    };
                    let done: Result<(), StoreError> = match round % 2 {
                        0 => store.write(add),
                        _ => store.writer().write_ahead(add),
                    };
                    done.unwrap();
                    store.checkpoint().unwrap();
                }
            });
        }
    });
    assert_eq!(counter(&store), THREADS * ROUNDS);
    assert_eq!(store.check(), Ok(vec![]));
}

#[test]
fn what_was_written_ahead_is_there_after_the_process_died_and_one_that_failed_is_not() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    store.writer().write_ahead::<_, StoreError>(|tx| tx.set_meta("ahead", b"slice")).unwrap();
    let failed = store.writer().write_ahead::<(), StoreError>(|tx| {
        tx.set_meta("ahead", b"half a slice")?;
        Err(StoreError::WrongContent)
    });
    assert_eq!(failed, Err(StoreError::WrongContent));
    // As the system has the files when a process is killed.
    let copy = TempDir::new().unwrap();
    copy_dir(dir.path(), copy.path());
    let again = open(copy.path());
    assert_eq!(read(&again, |tx| tx.meta("ahead")), Some(b"slice".to_vec()));
}
