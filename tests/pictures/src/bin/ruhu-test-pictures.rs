//! Writes pictures that are drawn from a seed, for the demo.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use ruhu_pictures::camera::{Shot, photograph};
use ruhu_pictures::letters::{Done, Fingers, fill};
use ruhu_pictures::noise::Chance;
use ruhu_pictures::rooms::room_photo;
use ruhu_pictures::sheet::Sheet;
use ruhu_pictures::tables::{Fault, document_photo};
use ruhu_sheet::boxes_file::Boxes;
use ruhu_sheet::layout::{PAGE_HEIGHT, PAGE_WIDTH};

/// Pictures drawn from a seed: the same seed gives the same picture.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A photo of a room
    Room(Photo),
    /// A photo of a paper on a table
    Document(Photo),
    /// A printed letter, signed, pressed and photographed
    Letter {
        /// The sheet as `pdftoppm -scale-to-x 2520 -scale-to-y 3564` gives it
        #[arg(long, value_name = "FILE.ppm")]
        sheet: PathBuf,
        /// The boxes that `ruhu letter print --boxes` wrote
        #[arg(long, value_name = "FILE")]
        boxes: PathBuf,
        /// What each grantor of the first sheet does, separated by commas: ok, missing, smeared and so on
        #[arg(long, value_delimiter = ',')]
        done: Vec<String>,
        /// What is pressed and written. With another letter the same seed gives the same impressions, as a
        /// copying machine does
        #[arg(long)]
        seed: u64,
        /// Whose finger it is
        #[arg(long)]
        finger: u64,
        /// How the photo is taken
        #[arg(long)]
        shot: u64,
        /// Where to write it
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Photo {
    /// What it shows
    #[arg(long)]
    seed: u64,
    /// What is wrong with it: none, blurred, dark, over_exposed, glare, cut_off
    #[arg(long, default_value = "none")]
    fault: String,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn main() {
    match Arguments::parse().what {
        What::Room(Photo { seed, fault, out }) => write(&out, &room_photo(seed, named(&fault))),
        What::Document(Photo { seed, fault, out }) => write(&out, &document_photo(seed, named(&fault))),
        What::Letter { sheet, boxes, done, seed, finger, shot, out } => {
            let chance = &mut Chance::of(seed);
            let mut paper = Sheet::with_print(&pixels(&sheet), chance);
            let boxes = Boxes::from_json(&fs::read(&boxes).expect("the boxes can be read")).expect("boxes");
            let done: Vec<Done> = done.iter().map(|word| what_was_done(word)).collect();
            fill(&mut paper, &boxes, 1, &done, &Fingers::of(finger, 1), chance);
            let chance = &mut Chance::of(shot);
            let shot = Shot::fair(chance);
            write(&out, &photograph(&paper, &shot, chance).jpeg);
        }
    }
}

fn named(word: &str) -> Fault {
    match word {
        "none" => Fault::None,
        "blurred" => Fault::Blurred,
        "dark" => Fault::Dark,
        "over_exposed" => Fault::OverExposed,
        "glare" => Fault::Glare,
        "cut_off" => Fault::CutOff,
        _ => panic!("no such fault: {word}"),
    }
}

fn what_was_done(word: &str) -> Done {
    let told = |done: &Done| serde_json::to_value(done).unwrap() == word;
    Done::ALL.into_iter().find(told).unwrap_or_else(|| panic!("nobody does that in a box: {word}"))
}

/// The pixels of a sheet, one a point of its raster.
fn pixels(ppm: &Path) -> Vec<u8> {
    let bytes = fs::read(ppm).expect("the sheet can be read");
    let side = |mm: f64| (mm * f64::from(ruhu_pictures::PER_MM)) as usize;
    let pixels = side(PAGE_WIDTH) * side(PAGE_HEIGHT) * 3;
    bytes[bytes.len().checked_sub(pixels).expect("a whole sheet")..].to_vec()
}

fn write(out: &Path, bytes: &[u8]) {
    fs::write(out, bytes).unwrap_or_else(|error| panic!("{}: {error}", out.display()));
}
