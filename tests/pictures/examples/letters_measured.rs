//! The tables of `docs/letters.md` and whether the aims are reached, for `cargo xtask bench letters`:
//! `letters_measured LETTERS PAIRS [SEED]`, 0 of what is left out. Both hands draw, three fifths of the letters the first, half of
//! the pairs each.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::Instant;

use ruhu_pictures::letters::{Fault, Hand};
use ruhu_pictures::reuse_table::ReuseTable;
use ruhu_pictures::table::{Table, faults};

/// What must be found and may be said wrongly, in percent; and by how much today's rules may miss it before
/// this fails: it tells when they become worse.
const FOUND: (f64, f64) = (98.0, 6.0);
const FALSE: (f64, f64) = (2.0, 1.0);
const COPIES: (f64, f64) = (99.0, 6.0);
/// How often each finger is pressed.
const PRESSES: usize = 48;
/// So many good pictures of a hundred may have to be taken again: nothing is said of what lies on them.
const MOST_RETAKEN: usize = 3;
/// So many pairs of which one pressing is copied in every way.
const PAIRS_A_COPY: usize = 10_000;

fn main() -> ExitCode {
    let words: Vec<u64> = std::env::args().skip(1).map(|word| word.parse().unwrap()).collect();
    let (letters, pairs) = (words[0] as usize, words[1] as usize);
    let seed = words.get(2).copied().unwrap_or(20_261_127);
    let began = Instant::now();
    let minutes = || began.elapsed().as_secs() as f64 / 60.0;
    let mut misses = Vec::new();
    let first = letters * 3 / 5;
    let mut all = Table::default();
    let hands = [(Hand::First, seed, first), (Hand::Second, seed + 1, letters - first)];
    for (hand, seed, count) in hands.into_iter().filter(|(.., count)| *count > 0) {
        let tell = |done| eprintln!("{hand:?} hand: {done} of {count} letters, {:.1} minutes", minutes());
        let table = Table::told(hand, seed, count, tell);
        println!("## {count} letters of the {hand:?} hand, seed {seed}\n\n{table}");
        for fault in [Fault::Dark, Fault::Blurred, Fault::CutOff, Fault::Glare, Fault::Far] {
            let pictures = count / 50 + 4;
            let (retaken, named) = faults(hand, seed, pictures, fault);
            println!("{fault:?}: of {pictures} pictures {retaken} to be taken again, {named} for this");
            if retaken as usize * 100 < pictures * 95 {
                misses.push(format!("{hand:?} hand, {fault:?}: {retaken} of {pictures} to be taken again"));
            }
        }
        println!();
        all = all.with(table);
    }
    if letters > 0 {
        println!("## All {letters} letters\n\n{all}");
    }
    for (done, verdict) in Table::MUST.into_iter().filter(|_| letters > 0) {
        let (found, wrong) = all.found_and_false(done, verdict);
        if found.percent() < FOUND.0 - FOUND.1 {
            misses.push(format!("{done:?}: {:.1} % found", found.percent()));
        }
        if wrong.percent() > FALSE.0 + FALSE.1 {
            misses.push(format!("{done:?}: {:.2} % false alarms", wrong.percent()));
        }
    }
    if all.retaken as usize * 100 > letters * MOST_RETAKEN {
        misses.push(format!("{} of {letters} good pictures to be taken again", all.retaken));
    }
    let mut copies = ReuseTable::default();
    for (hand, seed, _) in hands.into_iter().filter(|_| pairs > 0) {
        // So many impressions make half of the pairs.
        let impressions = (pairs as f64).sqrt().ceil() as usize + 1;
        let fingers = impressions.div_ceil(PRESSES).max(2);
        let copied = (pairs / PAIRS_A_COPY / 2).max(1);
        eprintln!("{hand:?} hand: {fingers} fingers, each pressed {PRESSES} times, {:.1} minutes", minutes());
        let table = ReuseTable::of(hand, seed, fingers, PRESSES, copied);
        println!("## Copies of the {hand:?} hand, seed {seed}, {fingers} fingers\n\n{table}");
        copies = copies.with(table);
    }
    if pairs > 0 {
        println!("## All copies and pairs\n\n{copies}");
    }
    if pairs > 0 && copies.found().percent() < COPIES.0 - COPIES.1 {
        misses.push(format!("copies: {:.1} % found", copies.found().percent()));
    }
    let wrong = copies.same_finger.1 + copies.other_fingers.1;
    if wrong > 0 {
        misses.push(format!("{wrong} pairs are called copies and are none"));
    }
    println!("{:.0} minutes.", minutes());
    misses.iter().for_each(|miss| println!("MISSED: {miss}"));
    if misses.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
