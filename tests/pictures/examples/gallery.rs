//! Writes pictures of letters into a folder, each with its truth and its boxes:
//! `gallery FOLDER SEED COUNT [first|second]`, three of four of our layout.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use ruhu_pictures::letters::{Fingers, Hand, letter};
use ruhu_pictures::parallel;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, seed, count) =
        (&arguments[0], arguments[1].parse::<u64>().unwrap(), arguments[2].parse::<usize>().unwrap());
    let hand = arguments.get(3).map_or(Hand::First, |word| word.parse().unwrap());
    let fingers = Fingers::by(hand, seed, 40);
    std::fs::create_dir_all(folder).unwrap();
    parallel::each(count, |at| {
        let letter = letter(seed.wrapping_mul(1_000_003) + at as u64, at % 4 != 3, &fingers);
        let write =
            |kind: &str, bytes: &[u8]| std::fs::write(format!("{folder}/{at:04}.{kind}"), bytes).unwrap();
        write("jpg", &letter.jpeg);
        write("boxes.json", letter.boxes.to_json().as_bytes());
        let case = letter.payload.as_ref().map(|payload| payload.case.to_string());
        let truth = serde_json::json!({"case": case, "grantors": letter.truths});
        write("truth.json", truth.to_string().as_bytes());
    });
    println!("{count} letters in {folder}");
}
