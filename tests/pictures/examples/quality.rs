//! `quality table SEED EACH`: draws photos of papers and rooms, checks them and tells how often the check
//! was right. `quality draw SEED EACH FOLDER` writes them instead. `quality check document|room FILE...`
//! tells the verdict on files, with its facts. `quality likeness SEED COUNT` lays photos of different papers
//! and rooms over each other and tells how alike the most alike are. `quality straight SEED EACH` tells how often
//! a paper is found by its corners, and a room left alone.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use ruhu_pictures::quality_table::{QualityTable, drawn, photo};
use ruhu_pictures::straight_table::StraightTable;
use ruhu_pictures::tables::Fault;
use ruhu_vision::picture::{PhotoHash, decode};
use ruhu_vision::quality::{Kind, assess};

const KINDS: [Kind; 2] = [Kind::Document, Kind::Room];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments[at].parse::<u64>().unwrap();
    match arguments[0].as_str() {
        "table" => {
            KINDS.iter().for_each(|kind| println!("{}", QualityTable::of(*kind, number(1), number(2))))
        }
        "draw" => draw(number(1), number(2), &arguments[3]),
        "straight" => println!("{}", StraightTable::of(number(1), number(2) as usize)),
        "likeness" => likeness(number(1), number(2)),
        "check" => check(&arguments[1], &arguments[2..]),
        other => panic!("{other}"),
    }
}

fn draw(seed: u64, each: u64, folder: &str) {
    for kind in KINDS {
        for (fault, _) in drawn(kind) {
            for at in 0..each {
                let name = format!("{folder}/{kind:?}-{fault:?}-{at}.jpg");
                std::fs::write(name, photo(kind, seed.wrapping_mul(1_000_003).wrapping_add(at), *fault))
                    .unwrap();
            }
        }
    }
}

fn check(kind: &str, files: &[String]) {
    let kind = KINDS[usize::from(kind == "room")];
    for file in files {
        let quality = assess(&decode(&std::fs::read(file).unwrap()).unwrap(), kind);
        println!("{file} {}", serde_json::to_string(&quality).unwrap());
    }
}

fn likeness(seed: u64, count: u64) {
    for kind in KINDS {
        let hash = |at| PhotoHash::of(&decode(&photo(kind, seed + at, Fault::None)).unwrap().thumbnail(256));
        let hashes: Vec<PhotoHash> = (0..count).map(hash).collect();
        let pairs = hashes
            .iter()
            .enumerate()
            .flat_map(|(at, one)| hashes[at + 1..].iter().map(move |two| (one, two)));
        let mut likenesses: Vec<f32> = pairs.map(|(one, two)| one.likeness(two)).collect();
        likenesses.sort_by(|a, b| b.total_cmp(a));
        println!("{kind:?}: {} pairs, the most alike: {:.3?}", likenesses.len(), &likenesses[..5]);
    }
}
