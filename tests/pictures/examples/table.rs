//! The tables of `docs/letters.md`: `table SEED COUNT`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use ruhu_pictures::letters::Fault;
use ruhu_pictures::table::{Table, faults};

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|word| word.parse().unwrap()).collect();
    let (seed, count) = (numbers[0], numbers[1]);
    println!("{}", Table::of(seed, count));
    for fault in [Fault::Dark, Fault::Blurred, Fault::CutOff, Fault::Glare, Fault::Far] {
        let (retaken, named) = faults(seed, count / 50 + 4, fault);
        println!("{fault:?}: of {} pictures {retaken} to be taken again, {named} for this", count / 50 + 4);
    }
}
