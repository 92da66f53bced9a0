//! Writes pictures of letters into a folder, each with its truth and its boxes:
//! `gallery FOLDER SEED COUNT [ours|others]`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use ruhu_pictures::letters::{Fingers, letter};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, seed, count) =
        (&arguments[0], arguments[1].parse::<u64>().unwrap(), arguments[2].parse::<u64>().unwrap());
    let ours = arguments.get(3).is_none_or(|word| word == "ours");
    let fingers = Fingers::of(seed, 40);
    std::fs::create_dir_all(folder).unwrap();
    for at in 0..count {
        let began = std::time::Instant::now();
        let letter = letter(seed + at, ours, &fingers);
        std::fs::write(format!("{folder}/{at:04}.jpg"), &letter.jpeg).unwrap();
        std::fs::write(format!("{folder}/{at:04}.boxes.json"), letter.boxes.to_json()).unwrap();
        let truth = serde_json::json!({"case": letter.payload.as_ref().map(|p| p.case.to_string()), "grantors": letter.truths});
        std::fs::write(format!("{folder}/{at:04}.truth.json"), truth.to_string()).unwrap();
        println!("{at:04} {:?} {:?}", began.elapsed(), letter.truths);
    }
}
