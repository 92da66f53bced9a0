//! The tables of copies of `docs/letters.md`: `copies SEED FINGERS PRESSES COPIED`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use ruhu_pictures::reuse_table::ReuseTable;

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|word| word.parse().unwrap()).collect();
    let count = |at: usize| numbers[at] as usize;
    println!("{}", ReuseTable::of(numbers[0], count(1), count(2), count(3)));
}
