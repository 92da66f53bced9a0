//! What is said of prints on letters of two hands, and of pictures that must be taken again.

#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use ruhu_pictures::camera::{Shot, photograph};
use ruhu_pictures::finger::Finger;
use ruhu_pictures::impression::{Manner, press};
use ruhu_pictures::ink::Ink;
use ruhu_pictures::letters::{Done, Fault, Fingers, Hand, drawn, letter};
use ruhu_pictures::noise::Chance;
use ruhu_pictures::sheet::Sheet as Paper;
use ruhu_pictures::table::{Table, faults};
use ruhu_sheet::layout;
use ruhu_sheet::payload::Payload;
use ruhu_vision::letter::check::{Report, Sheet, check};
use ruhu_vision::letter::verdict::Verdict;
use ruhu_vision::picture::decode;
use uuid::Uuid;

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

/// What the check says of a letter of another pool; of three of four the boxes are ours.
fn checked(hand: Hand, seed: u64, at: u64) -> Report {
    static POOLS: [LazyLock<Fingers>; 4] = [
        LazyLock::new(|| Fingers::by(Hand::First, 6001, 40)),
        LazyLock::new(|| Fingers::by(Hand::Second, 6002, 40)),
        LazyLock::new(|| Fingers::by(Hand::First, 9101, 40)),
        LazyLock::new(|| Fingers::by(Hand::Second, 9102, 40)),
    ];
    let pool = usize::from(hand == Hand::Second) + if seed > 9000 { 2 } else { 0 };
    let ours = at % 4 != 3;
    let letter = letter(seed * 1_000_003 + at, ours, &POOLS[pool]);
    check(&decode(&letter.jpeg).unwrap(), (!ours).then_some(&letter.boxes))
}

#[test]
fn a_print_over_the_words_above_its_box_is_outside() {
    assert_eq!(checked(Hand::First, 6001, 66).grantors[1].verdict, Verdict::Outside);
}

#[test]
fn a_pale_black_print_is_no_shadow_and_the_noise_of_a_dim_picture_no_stamp() {
    assert_eq!(checked(Hand::First, 6001, 59).grantors[1].verdict, Verdict::Pale);
    assert_eq!(checked(Hand::First, 6001, 97).grantors[1].verdict, Verdict::Missing);
}

#[test]
fn good_prints_on_a_coarse_picture_are_no_smears() {
    assert_eq!(checked(Hand::First, 9101, 8).grantors[1].verdict, Verdict::Ok);
    assert_eq!(checked(Hand::First, 9101, 3).grantors[0].verdict, Verdict::Ok);
}

#[test]
fn a_blue_line_in_an_empty_box_is_no_stamp() {
    assert_eq!(checked(Hand::First, 9101, 77).grantors[0].verdict, Verdict::Missing);
}

#[test]
fn a_pale_print_in_a_dim_picture_is_not_missing() {
    assert_eq!(checked(Hand::Second, 9102, 40).grantors[2].verdict, Verdict::Pale);
}

#[test]
fn the_noise_around_a_print_is_no_stamps_frame() {
    assert_eq!(checked(Hand::Second, 9102, 82).grantors[0].verdict, Verdict::Ok);
}

#[test]
fn words_that_look_like_marks_do_not_hide_the_sheets_edges() {
    let report = checked(Hand::Second, 6002, 23);
    assert_eq!((report.sheet, report.retake()), (Some(Sheet::Edges), false));
    assert_eq!(report.grantors[0].verdict, Verdict::Smeared);
}

#[test]
fn a_print_nearer_to_a_box_that_has_its_own_is_that_of_the_next_empty_one() {
    let chance = &mut Chance::of(11);
    let boxes = layout::boxes(3);
    let payload = Payload {
        case: Uuid::from_u128(11),
        version: "2026-1".to_owned(),
        hash: [1; 8],
        sheet: 1,
        grantors: 3,
    };
    let mut sheet = Paper::printed(&boxes, Some(&payload), chance);
    let red = Ink::Red.colour(chance);
    let finger = Finger::of(11);
    // The third box is below the first: 10 mm lie between them.
    for (y, half) in [(167.0, 0.75), (192.5, 0.8)] {
        let mark = press(&finger, Manner::Good, chance).turned(0.1, half);
        sheet.ink(&mark, (86.0, y), red);
    }
    let photo = photograph(&sheet, &Shot::fair(chance), chance);
    let report = check(&decode(&photo.jpeg).unwrap(), None);
    let said: Vec<Verdict> = report.grantors.iter().map(|one| one.verdict).collect();
    assert_eq!(said, [Verdict::Ok, Verdict::Missing, Verdict::Outside]);
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
fn a_finger_dragged_across_its_ridges_is_a_smear_though_some_are_left_along_its_way() {
    use Done::{Ok, Smeared};
    let fingers = Fingers::by(Hand::Second, 88_002, 30);
    for (at, done, said) in [
        (41, [Ok, Smeared, Ok], [Verdict::Ok, Verdict::Smeared, Verdict::Ok]),
        (6, [Smeared, Ok, Smeared], [Verdict::Smeared, Verdict::Ok, Verdict::Smeared]),
    ] {
        let chance = &mut Chance::of(88_002 * 1_000_003 + at);
        let shot = Shot::fair(chance).of_a_phone(chance);
        let letter = drawn(&done, true, shot, &fingers, chance);
        let report = check(&decode(&letter.jpeg).unwrap(), None);
        let told: Vec<Verdict> = report.grantors.iter().map(|one| one.verdict).collect();
        assert_eq!(told, said, "{at}");
    }
}

#[test]
fn pictures_that_cannot_be_judged_are_to_be_taken_again() {
    for fault in [Fault::Dark, Fault::Blurred, Fault::CutOff, Fault::Glare, Fault::Far] {
        let (retaken, _) = faults(Hand::First, 71, 4, fault);
        assert_eq!(retaken, 4, "{fault:?}");
    }
    // Of eight such pictures two had words or the table's edge taken for the sheet's.
    let (retaken, _) = faults(Hand::Second, 52_004, 8, Fault::CutOff);
    assert_eq!(retaken, 8);
}
