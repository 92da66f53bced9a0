//! The tables of `docs/letters.md`: `table first|second SEED COUNT`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use ruhu_pictures::letters::{Fault, Hand};
use ruhu_pictures::table::{Table, faults};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let hand: Hand = words[0].parse().unwrap();
    let (seed, count) = (words[1].parse::<u64>().unwrap(), words[2].parse::<usize>().unwrap());
    println!("{}", Table::of(hand, seed, count));
    for fault in [Fault::Dark, Fault::Blurred, Fault::CutOff, Fault::Glare, Fault::Far] {
        let (retaken, named) = faults(hand, seed, count / 50 + 4, fault);
        println!("{fault:?}: of {} pictures {retaken} to be taken again, {named} for this", count / 50 + 4);
    }
}
