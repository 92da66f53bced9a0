//! What is said of prints on letters of two hands, and of pictures that must be taken again.

#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use ruhu_pictures::letters::{Done, Fault, Fingers, Hand, letter};
use ruhu_pictures::table::{Table, faults};
use ruhu_vision::letter::check::check;
use ruhu_vision::letter::verdict::Verdict;
use ruhu_vision::picture::decode;

const LETTERS: usize = 24;

/// Of those that must be told, how many were not, and of what was told, how much wrongly.
fn missed_and_false(table: &Table) -> (u32, u32) {
    let (mut missed, mut wrong) = (0, 0);
    for ((done, said), count) in &table.counts {
        for (must, verdict) in Table::MUST {
            missed += if *done == must && *said != verdict { *count } else { 0 };
            wrong += if *done != must && *said == verdict { *count } else { 0 };
        }
    }
    (missed, wrong)
}

fn judged(hand: Hand, seed: u64) {
    let table = Table::of(hand, seed, LETTERS);
    let must: u32 = table
        .counts
        .iter()
        .filter(|(key, _)| Table::MUST.iter().any(|one| one.0 == key.0))
        .map(|(_, n)| n)
        .sum();
    let (missed, wrong) = missed_and_false(&table);
    assert!(must >= 10, "seed {seed}: {table}");
    assert!(
        missed * 5 <= must && wrong <= 2,
        "seed {seed}: {missed} of {must} missed, {wrong} wrong\n{table}"
    );
    let good: u32 = table.counts.iter().filter(|(key, _)| key.0 == Done::Ok).map(|(_, n)| n).sum();
    let ok = table.counts.get(&(Done::Ok, Verdict::Ok)).copied().unwrap_or(0);
    assert!(ok * 10 >= good * 8, "seed {seed}: of {good} good prints {ok} are said to be good\n{table}");
    assert_eq!(table.unread, 0, "seed {seed}");
}

#[test]
fn what_was_done_on_letters_of_the_first_hand_is_told() {
    judged(Hand::First, 71);
}

#[test]
fn what_was_done_on_letters_of_the_second_hand_is_told() {
    judged(Hand::Second, 72);
}

/// What is said of a grantor's print on a letter of ours, of a pool of 40 fingers of seed 5001.
fn said(at: u64, number: usize) -> Verdict {
    static FINGERS: LazyLock<Fingers> = LazyLock::new(|| Fingers::by(Hand::First, 5001, 40));
    let letter = letter(5001 * 1_000_003 + at, true, &FINGERS);
    check(&decode(&letter.jpeg).unwrap(), None).grantors[number].verdict
}

#[test]
fn a_seal_with_white_characters_is_a_stamp() {
    assert_eq!([said(97, 0), said(164, 0)], [Verdict::StampInstead; 2]);
}

#[test]
fn a_pale_print_of_black_ink_is_there_though_darker_words_stand_beneath_it() {
    assert_eq!(said(89, 1), Verdict::Pale);
}

#[test]
fn a_line_drawn_through_the_box_is_no_finger_beside_it() {
    let fingers = Fingers::by(Hand::First, 71, 40);
    let letter = letter(71 * 1_000_003 + 11, false, &fingers);
    assert_eq!(letter.truths[1].done, Done::Missing);
    let report = check(&decode(&letter.jpeg).unwrap(), Some(&letter.boxes));
    assert_eq!(report.grantors[1].verdict, Verdict::Missing);
}

#[test]
fn blotches_are_no_streaks() {
    assert_ne!(said(34, 0), Verdict::Smeared);
}

#[test]
fn pictures_that_cannot_be_judged_are_to_be_taken_again() {
    for fault in [Fault::Dark, Fault::Blurred, Fault::Glare, Fault::Far] {
        let (retaken, _) = faults(Hand::First, 71, 4, fault);
        assert_eq!(retaken, 4, "{fault:?}");
    }
}
