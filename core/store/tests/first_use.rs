//! The first moment of a process: many threads open their stores at once. Alone in its program,
//! because a process has one such moment.

use std::sync::Barrier;
use std::thread;

use ruhu_store::{Store, StoreError, StoreKey};

const THREADS: usize = 16;

#[test]
fn stores_that_are_opened_in_the_first_moment_of_a_process_all_open() {
    let folder = tempfile::tempdir().unwrap();
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        let open = |number: usize| {
            let (dir, start) = (folder.path().join(number.to_string()), &start);
            move || -> Result<(), StoreError> {
                start.wait();
                let store = Store::open(&dir, &StoreKey::from_bytes([7; 32]))?;
                store.write(|tx| tx.set_meta("number", &number.to_le_bytes()))
            }
        };
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(open(number))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
    });
}
