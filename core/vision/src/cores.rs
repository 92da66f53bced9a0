//! Work on all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads can work at once; where there are none, one.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// What `work` makes of each of these, in their order, on all cores. What a thread that could not be had would have
/// done is done by the others.
pub fn on_all_cores<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let some = || {
        let taken = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        let taken = taken.map_while(|at| Some((at, items.get(at)?)));
        taken.map(|(at, item)| (at, work(item))).collect::<Vec<_>>()
    };
    let mut made = thread::scope(|scope| {
        let threads = cores().min(items.len());
        let others = (1..threads).filter_map(|_| thread::Builder::new().spawn_scoped(scope, some).ok());
        let others: Vec<_> = others.collect();
        let mut made = some();
        // Work that panics on another thread does so on this one.
        let ended =
            others.into_iter().map(|other| other.join().unwrap_or_else(|it| std::panic::resume_unwind(it)));
        made.extend(ended.flatten());
        made
    });
    made.sort_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_what_was_made_of_it_however_many_there_are() {
        for count in [0usize, 1, 2, 3, 1_000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(on_all_cores(&items, |at| at * 3), items.iter().map(|at| at * 3).collect::<Vec<_>>());
        }
    }
}
