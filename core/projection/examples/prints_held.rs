//! How long one new print waits for being compared with many that are held: `prints_held COUNT`.
//!
//! Twice: among prints of drawn fingers, again and again until there are as many; and, the worst there is, among
//! as many of one outline, each of which is the same print.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::time::Instant;

use ruhu_case::DocId;
use ruhu_letter::PrintReuse;
use ruhu_pictures::copies;
use ruhu_pictures::letters::Hand;
use ruhu_pictures::noise::Chance;
use ruhu_projection::{Sought, reuse};
use ruhu_store::{LookedAtRow, NewPrint, PrintPhotoRow, Store, StoreError, StoreKey};
use ruhu_vision::letter::boxed_prints::{BoxedPrint, LetterPrints};
use ruhu_vision::letter::copies::{FORMAT, Outline};
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::letter::prints::impressions;

const HELD: DocId = DocId([1; 16]);
const OWN: DocId = DocId([2; 16]);
const FINGERS: u64 = 40;

fn drawn(seed: u64) -> Option<Impression> {
    let (hand, chance) = (Hand::First, &mut Chance::of(seed));
    let picture = copies::impression(hand, &hand.finger(seed), chance);
    impressions(&picture).into_iter().max_by(|a, b| a.area.total_cmp(&b.area))
}

/// A store that holds so many prints, taken from these in turn.
fn hold(store: &Store, prints: &[Impression], count: usize) -> Result<(), StoreError> {
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
    let kept: Vec<(Vec<u8>, Vec<u8>)> =
        prints.iter().map(|print| (Outline::of(print).to_bytes(), print.to_bytes())).collect();
    store.impressions(|held| {
        for (name, (outline, picture)) in names.iter().zip(kept.iter().cycle()) {
            let photo = LookedAtRow {
                doc: HELD,
                evidence: name.clone(),
                sha256: [3; 32],
                left_out: "[]".into(),
                format: FORMAT,
                paper: String::new(),
                outcome: "prints".into(),
            };
            let (outline, picture) = (outline.clone(), picture.clone());
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
    hold(&store, prints, count).unwrap();
    let print = BoxedPrint { grantor: Some("1".into()), impression: sought.clone() };
    let shown = LetterPrints { payload: None, prints: vec![print] };
    let (began, computed) = (Instant::now(), computed_ms());
    let sought = Sought { doc: OWN, evidence: None, prints: &shown, names: &[] };
    let found = reuse(&store, sought, &|_| true).unwrap();
    (found, began.elapsed().as_millis(), computed_ms() - computed)
}

fn main() {
    let count = std::env::args().nth(1).map_or(10_000, |count| count.parse().unwrap());
    let prints: Vec<Impression> = (0..FINGERS).filter_map(|number| drawn(9_000 + number)).collect();
    let sought = drawn(8_999).unwrap();
    for (name, held) in [("drawn fingers", prints.as_slice()), ("one print", std::slice::from_ref(&sought))] {
        let (found, ms, computed) = query(held, &sought, count);
        println!(
            "{count} of {name}: {ms} ms, {computed} of them computing, compared {}, left {}",
            found.compared, found.left
        );
    }
}
