//! How long one new print waits for being compared with many that are held: `prints_held COUNT`; and how long it
//! takes to compare all that are held with each other: `prints_held COUNT DRAWN`.
//!
//! The first twice: among prints of drawn fingers, again and again until there are as many; and, the worst there is,
//! among as many of one outline, each of which is the same print. The second among so many drawn prints of both
//! hands, and others that are made by bending them until there are as many.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use ruhu_case::DocId;
use ruhu_letter::PrintReuse;
use ruhu_pictures::bent::bent;
use ruhu_pictures::copies;
use ruhu_pictures::letters::Hand;
use ruhu_pictures::noise::Chance;
use ruhu_pictures::parallel::each;
use ruhu_projection::{Sought, among_held, reuse};
use ruhu_store::{LookedAtRow, NewPrint, PrintPhotoRow, Store, StoreError, StoreKey};
use ruhu_vision::letter::boxed_prints::{BoxedPrint, LetterPrints};
use ruhu_vision::letter::copies::{FORMAT, Outline};
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::letter::prints::impressions;

const HELD: DocId = DocId([1; 16]);
const OWN: DocId = DocId([2; 16]);
const FINGERS: u64 = 40;

fn drawn(hand: Hand, seed: u64) -> Option<Impression> {
    let chance = &mut Chance::of(seed);
    let picture = copies::impression(hand, &hand.finger(seed), chance);
    impressions(&picture).into_iter().max_by(|a, b| a.area.total_cmp(&b.area))
}

/// A store that holds so many prints.
fn hold(store: &Store, count: usize, print: impl Fn(usize) -> Impression) -> Result<(), StoreError> {
    let facts = |evidence: &str| {
        format!(
            r#"{{"evidence":"{evidence}","sha256":"","attached_at_ms":null,"version":null,"names":[],"withdrawn":[],"fingers":{{}},"told":[]}}"#
        )
    };
    let names: Vec<String> = (0..count).map(|number| format!("{number:06}")).collect();
    let rows: Vec<PrintPhotoRow> = names
        .iter()
        .map(|name| PrintPhotoRow { doc: HELD, evidence: name.clone(), sha256: [3; 32], facts: facts(name) })
        .collect();
    store.write(|tx| tx.set_print_photos(&HELD, &rows))?;
    store.impressions(|held| {
        for (number, name) in names.iter().enumerate() {
            let print = print(number);
            let photo = LookedAtRow {
                doc: HELD,
                evidence: name.clone(),
                sha256: [3; 32],
                left_out: "[]".into(),
                format: FORMAT,
                paper: String::new(),
                outcome: "prints".into(),
            };
            let (outline, picture) = (Outline::of(&print).to_bytes(), print.to_bytes());
            held.put(&photo, &[NewPrint { grantor: "1".into(), outline, picture }])?;
        }
        Ok(())
    })
}

/// How long this thread has computed, in milliseconds: others may use the machine too. Linux.
fn computed_ms() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    told.split(' ').next().unwrap().parse::<u64>().unwrap() / 1_000_000
}

fn query(prints: &[Impression], sought: &Impression, count: usize) -> (PrintReuse, u128, u64) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &StoreKey::from_bytes([7; 32])).unwrap();
    hold(&store, count, |number| prints[number % prints.len()].clone()).unwrap();
    let print = BoxedPrint { grantor: Some("1".into()), impression: sought.clone() };
    let shown = LetterPrints { payload: None, prints: vec![print] };
    let (began, computed) = (Instant::now(), computed_ms());
    let sought = Sought { doc: OWN, evidence: None, prints: &shown, names: &[] };
    let found = reuse(&store, sought, &|_| true).unwrap();
    (found, began.elapsed().as_millis(), computed_ms() - computed)
}

/// The most memory that this process has had, in megabytes. Linux.
fn peak_mb() -> u64 {
    let told = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}

/// All that are held with each other.
fn all(count: usize, drawn_ones: usize) {
    let hand = |at: usize| if at.is_multiple_of(2) { Hand::First } else { Hand::Second };
    let prints: Vec<Impression> =
        each(drawn_ones, |at| drawn(hand(at), 12_000 + at as u64)).into_iter().flatten().collect();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &StoreKey::from_bytes([7; 32])).unwrap();
    let print = |number: usize| match &prints[number % prints.len()] {
        one if number < prints.len() => one.clone(),
        one => bent(one, &mut Chance::of(number as u64)),
    };
    hold(&store, count, print).unwrap();
    drop(prints);
    let (began, before) = (Instant::now(), peak_mb());
    let (mut heard, mut longest) = (Instant::now(), 0);
    let found = among_held(&store, &|_| true, &mut |_, _| {
        longest = longest.max(heard.elapsed().as_millis());
        heard = Instant::now();
        true
    })
    .unwrap();
    println!(
        "{count} with each other: {} ms, {longest} at most until something was heard; {} same, {} left; {before} MB at most before, {} with it",
        began.elapsed().as_millis(),
        found.not_shown,
        found.left,
        peak_mb()
    );
}

fn main() {
    let mut words = std::env::args().skip(1).map(|word| word.parse().unwrap());
    let count = words.next().unwrap_or(10_000);
    if let Some(drawn) = words.next() {
        return all(count, drawn);
    }
    let prints: Vec<Impression> =
        (0..FINGERS).filter_map(|number| drawn(Hand::First, 9_000 + number)).collect();
    let sought = drawn(Hand::First, 8_999).unwrap();
    for (name, held) in [("drawn fingers", prints.as_slice()), ("one print", std::slice::from_ref(&sought))] {
        let (found, ms, computed) = query(held, &sought, count);
        println!(
            "{count} of {name}: {ms} ms, {computed} of them computing, compared {}, left {}",
            found.compared, found.left
        );
    }
}
