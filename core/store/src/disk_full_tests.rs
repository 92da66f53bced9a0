//! A full disk, met through SQLite's own limit on the number of pages.

use crate::{Store, StoreError, StoreKey};

fn open(dir: &tempfile::TempDir) -> Store {
    Store::open(dir.path(), &StoreKey::from_bytes([6; 32])).unwrap()
}

#[test]
fn a_full_disk_undoes_the_step_and_the_store_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    store.write(|tx| tx.set_meta("before", b"kept")).unwrap();
    store.limit_growth(8);

    let full: Result<(), StoreError> = store.write(|tx| {
        tx.set_meta("small", b"part of the same step")?;
        tx.set_meta("large", &[7; 1 << 20])
    });
    assert_eq!(full, Err(StoreError::DiskFull));
    store
        .read(|tx| {
            assert_eq!(tx.meta("before")?, Some(b"kept".to_vec()));
            assert_eq!(tx.meta("small")?, None);
            tx.meta("large").map(|value| assert_eq!(value, None))
        })
        .unwrap();

    store.write(|tx| tx.set_meta("after", b"fits")).unwrap();
    store.limit_growth(u32::MAX);
    store.write(|tx| tx.set_meta("large", &[7; 1 << 20])).unwrap();
    assert_eq!(store.check(), Ok(vec![]));
}

#[test]
fn a_step_that_passes_over_a_full_disk_is_not_half_saved() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    store.limit_growth(8);
    let passed_over: Result<(), StoreError> = store.write(|tx| {
        tx.set_meta("first", b"1")?;
        let full = tx.set_meta("large", &[7; 1 << 20]);
        assert_eq!(full, Err(StoreError::DiskFull));
        match tx.set_meta("second", b"2") {
            Ok(()) | Err(StoreError::RolledBack) => Ok(()),
            Err(e) => Err(e),
        }
    });
    let kept: (Option<Vec<u8>>, Option<Vec<u8>>) =
        store.read(|tx| Ok::<_, StoreError>((tx.meta("first")?, tx.meta("second")?))).unwrap();
    // Whether SQLite ends the transaction or only the statement, the step is whole or absent.
    match passed_over {
        Ok(()) => assert!(kept.0.is_some() && kept.1.is_some()),
        Err(e) => {
            assert_eq!(e, StoreError::RolledBack);
            assert_eq!(kept, (None, None));
        }
    }
}

#[test]
fn an_answer_that_finds_no_room_is_refused_and_the_next_one_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let draft = crate::DraftRow {
        id: "visit".into(),
        doc: ruhu_case::DocId([1; 16]),
        record: "visit".into(),
        form_id: "f".into(),
        form_version: "1".into(),
        created_at_ms: 1,
        updated_at_ms: 1,
        state: crate::DraftState::Open,
    };
    store.write::<_, StoreError>(|tx| tx.put_draft(&draft)).unwrap();
    store.append_answer("visit", 2, b"kept").unwrap();
    store.limit_growth(8);
    assert_eq!(store.append_answer("visit", 3, &[7; 1 << 20]), Err(StoreError::DiskFull));
    assert_eq!(store.append_answer("visit", 4, b"fits"), Ok(2));
    let journal = store.read::<_, StoreError>(|tx| tx.journal("visit"));
    assert_eq!(journal, Ok(vec![b"kept".to_vec(), b"fits".to_vec()]));
}
