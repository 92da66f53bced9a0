//! Fits the weights by which ink without ridges is told apart, and prints `core/vision/src/letter/weights.rs`:
//! `weigh LETTERS [SEED]`, so many letters of each hand. On standard error it says how many of the boxes
//! from which it learnt are told rightly; what that is worth elsewhere, `letters_measured` says.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

use ruhu_pictures::letters::{Done, Fingers, Hand, drawn};
use ruhu_pictures::noise::Chance;
use ruhu_pictures::parallel;
use ruhu_pictures::regression::{Fitted, Sample};
use ruhu_vision::letter::check::check;
use ruhu_vision::letter::verdict::{Verdict, sharpest_rim};
use ruhu_vision::letter::weights::{FIGURES, KINDS};
use ruhu_vision::letter::without_ridges::{FURTHEST, Kind, figures};
use ruhu_vision::picture::decode;

/// In the order of [`Kind::ALL`]; half of the boxes that miss a print are bare, so they come twice.
const DONE: [Done; 5] = [Done::StampInstead, Done::DrawnDot, Done::OverInked, Done::Missing, Done::Missing];
/// What is said of ink without ridges.
const TOLD: [Verdict; 4] = [Verdict::StampInstead, Verdict::DrawnDot, Verdict::OverInked, Verdict::Missing];
/// Against weights that are large for what few boxes show.
const PENALTY: f64 = 1.0;

fn main() {
    let words: Vec<u64> = std::env::args().skip(1).map(|word| word.parse().unwrap()).collect();
    let seed = words.get(1).copied().unwrap_or(20_261_128);
    let mut samples = of_hand(Hand::First, seed, words[0] as usize);
    samples.extend(of_hand(Hand::Second, seed + 1, words[0] as usize));
    let count = samples.len() as f64;
    let mean =
        |of: &dyn Fn(&[f64; FIGURES]) -> f64| samples.iter().map(|(one, _)| of(one)).sum::<f64>() / count;
    let means: [f64; FIGURES] = std::array::from_fn(|at| mean(&|one| one[at]));
    let deviations: [f64; FIGURES] =
        std::array::from_fn(|at| mean(&|one| (one[at] - means[at]).powi(2)).sqrt());
    let furthest = f64::from(FURTHEST);
    let scale = |one: [f64; FIGURES]| -> [f64; FIGURES] {
        std::array::from_fn(|at| ((one[at] - means[at]) / deviations[at]).clamp(-furthest, furthest))
    };
    let scaled: Vec<Sample<FIGURES>> = samples.iter().map(|(one, kind)| (scale(*one), *kind)).collect();
    let fitted = Fitted::to(&scaled, KINDS, PENALTY);
    for (kind, name) in Kind::ALL.iter().enumerate() {
        let of_kind = || scaled.iter().filter(|(_, done)| *done == kind);
        let right = of_kind().filter(|(figures, _)| fitted.kind(figures) == kind).count();
        eprintln!("{name:?}: {right} of {}", of_kind().count());
    }
    print_file(words[0], seed, samples.len(), &means, &deviations, &fitted);
}

fn of_hand(hand: Hand, seed: u64, letters: usize) -> Vec<Sample<FIGURES>> {
    let fingers = Fingers::by(hand, seed, 60);
    parallel::each(letters, |at| of_letter(hand, &fingers, seed.wrapping_mul(1_000_003) + at as u64)).concat()
}

fn of_letter(hand: Hand, fingers: &Fingers, seed: u64) -> Vec<Sample<FIGURES>> {
    let chance = &mut Chance::of(seed);
    let done: Vec<Done> = (0..3).map(|_| DONE[chance.below(DONE.len())]).collect();
    let shot = hand.shot(chance);
    let letter = drawn(&done, chance.happens(0.6), shot, fingers, chance);
    let report = check(&decode(&letter.jpeg).unwrap(), Some(&letter.boxes));
    if report.retake() {
        return vec![];
    }
    let of_one = |(at, done): (usize, &Done)| {
        let grantor = report.grantors.iter().find(|one| one.grantor == letter.truths[at].grantor)?;
        let verdict = grantor.verdict;
        let print = grantor.print.as_ref().filter(|_| TOLD.contains(&verdict))?;
        let kind = DONE.iter().position(|one| one == done)?.min(3);
        Some((figures(print, sharpest_rim(grantor.edge)).map(f64::from), kind))
    };
    done.iter().enumerate().filter_map(of_one).collect()
}

fn print_file(
    letters: u64,
    seed: u64,
    samples: usize,
    means: &[f64; FIGURES],
    deviations: &[f64; FIGURES],
    fitted: &Fitted<FIGURES>,
) {
    let row =
        |values: &[f64]| values.iter().map(|value| format!("{value:.3}")).collect::<Vec<_>>().join(", ");
    println!(
        "//! The weights of [`super::without_ridges`], of {samples} boxes of two hands, seed {seed}. Written by\n\
         //! `cargo run --profile measure -p ruhu-pictures --example weigh -- {letters}`.\n\n\
         /// How many figures are weighed.\npub const FIGURES: usize = {FIGURES};\n\
         /// And how many kinds there are.\npub const KINDS: usize = {KINDS};\n\n\
         /// What each figure is usually.\npub const MEANS: [f32; FIGURES] = [{}];\n\n\
         /// And how far from it, its deviation.\npub const DEVIATIONS: [f32; FIGURES] = [{}];\n\n\
         /// For each kind the weight of each figure, and last what speaks for it whatever they are.\n\
         pub const WEIGHTS: [[f32; FIGURES + 1]; KINDS] = [",
        row(means),
        row(deviations)
    );
    for (kind, name) in Kind::ALL.iter().enumerate() {
        let all = [fitted.weights[kind].as_slice(), &[fitted.constants[kind]]].concat();
        println!("    // {name:?}\n    [{}],", row(&all));
    }
    println!("];");
}
