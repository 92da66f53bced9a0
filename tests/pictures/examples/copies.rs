//! The tables of copies of `docs/letters.md`: `copies first|second SEED FINGERS PRESSES COPIED`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use ruhu_pictures::letters::Hand;
use ruhu_pictures::reuse_table::ReuseTable;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let hand: Hand = words[0].parse().unwrap();
    let seed: u64 = words[1].parse().unwrap();
    let count = |at: usize| words[at].parse::<usize>().unwrap();
    println!("{}", ReuseTable::of(hand, seed, count(2), count(3), count(4)));
}
