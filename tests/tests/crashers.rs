//! Bytes of strangers, given to every decoder: each is read or refused, and none stops the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use ruhu_system_tests::decoders::{ALL, Decoder, named};

/// Prefixes of a seed are tried up to this length; beyond it they tell little more.
const LONGEST_PREFIX: usize = 2_000;
/// Copies of a seed in which bits are flipped.
const FLIPPED_COPIES: u64 = 200;

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// Feeds bytes; says what happened when the decoder broke a promise.
fn broken(decoder: &Decoder, bytes: &[u8]) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| decoder.feed(bytes)));
    let panic = outcome.err()?;
    let said = panic.downcast_ref::<String>().map(String::as_str);
    Some(said.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned())
}

/// Goes through all decoders on all processors and gives what was broken.
fn every_decoder(work: impl Fn(&Decoder) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let take = || ALL.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(take).flat_map(&work).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// The example's numbered variants that the decoder breaks on.
fn complaints<'a>(decoder: &Decoder, inputs: impl Iterator<Item = (String, Vec<u8>)> + 'a) -> Vec<String> {
    inputs
        .filter_map(|(what, bytes)| {
            broken(decoder, &bytes).map(|said| format!("{}: {what}: {said}", decoder.name))
        })
        .collect()
}

fn numbered_seeds(decoder: &Decoder) -> impl Iterator<Item = (usize, Vec<u8>)> {
    decoder.seeds().into_iter().enumerate()
}

#[test]
fn every_decoder_has_a_fuzz_target_of_its_name_and_examples() {
    let targets = std::fs::read_dir(fuzz_folder().join("fuzz_targets")).unwrap();
    let targets: BTreeSet<String> = targets
        .map(|file| file.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let decoders: BTreeSet<String> = ALL.iter().map(|decoder| decoder.name.to_owned()).collect();
    assert_eq!(targets, decoders);
    let manifest = std::fs::read_to_string(fuzz_folder().join("Cargo.toml")).unwrap();
    for decoder in ALL {
        assert!(manifest.contains(&format!("fuzz_targets/{}.rs", decoder.name)), "{}", decoder.name);
        assert!(!decoder.seeds().is_empty(), "{}", decoder.name);
        assert!(decoder.seeds().iter().all(|seed| !seed.is_empty()), "{}", decoder.name);
    }
}

#[test]
fn every_crasher_that_was_ever_found_is_harmless_now() {
    let mut broken_ones = Vec::new();
    for folder in std::fs::read_dir(fuzz_folder().join("crashers")).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let decoder =
            named(&name).unwrap_or_else(|| panic!("crashers of a decoder that is not there: {name}"));
        let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
        let inputs = files.map(|file| (file.display().to_string(), std::fs::read(&file).unwrap()));
        broken_ones.extend(complaints(decoder, inputs));
    }
    assert_eq!(broken_ones, Vec::<String>::new());
}

#[test]
fn what_is_valid_and_the_plainest_nonsense_are_taken_calmly() {
    let found = every_decoder(|decoder| {
        let seeds = numbered_seeds(decoder).map(|(n, seed)| (format!("seed {n}"), seed));
        let bytes = (0..=u8::MAX).map(|byte| (format!("the byte {byte}"), vec![byte]));
        let long = [1, 8, 64, 4_096, 100_000].into_iter();
        let full = long.clone().map(|length| (format!("{length} bytes 0xff"), vec![0xff; length]));
        let zero = long.map(|length| (format!("{length} bytes 0"), vec![0; length]));
        let empty = std::iter::once(("nothing".to_owned(), Vec::new()));
        complaints(decoder, empty.chain(seeds).chain(bytes).chain(full).chain(zero))
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_was_cut_anywhere_is_refused_or_read_but_never_fatal() {
    let found = every_decoder(|decoder| {
        let cut = numbered_seeds(decoder).flat_map(|(n, seed)| {
            let lengths = 0..seed.len().min(LONGEST_PREFIX);
            lengths.map(move |length| (format!("seed {n} cut to {length} bytes"), seed[..length].to_vec()))
        });
        complaints(decoder, cut)
    });
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_was_damaged_on_the_way_is_refused_or_read_but_never_fatal() {
    let found = every_decoder(|decoder| {
        let flipped = numbered_seeds(decoder).flat_map(|(n, seed)| {
            (0..FLIPPED_COPIES)
                .map(move |copy| (format!("seed {n}, flipped copy {copy}"), flipped(&seed, copy)))
        });
        complaints(decoder, flipped)
    });
    assert_eq!(found, Vec::<String>::new());
}

/// From one to eight bits flipped, the same ones at every run.
fn flipped(seed: &[u8], copy: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(copy);
    let mut bytes = seed.to_vec();
    for _ in 0..random.u32(1..=8) {
        let place = random.usize(..bytes.len());
        bytes[place] ^= 1 << random.u32(..8);
    }
    bytes
}
