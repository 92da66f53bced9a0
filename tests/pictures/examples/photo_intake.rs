//! `photo_intake draw FILE`: a photo of a room as a phone takes it, 12 megapixels. `photo_intake take FILE`:
//! takes it in and checks it, and tells the peak of memory in KB. For `cargo xtask bench photos`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use ruhu_pictures::rooms::room_photo_of;
use ruhu_pictures::tables::Fault;
use ruhu_vision::picture::intake::{Policy, intake};
use ruhu_vision::quality::{Kind, assess};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match [arguments[0].as_str(), arguments[1].as_str()] {
        ["draw", file] => std::fs::write(file, room_photo_of(12, Fault::None, 4032, 3024)).unwrap(),
        ["take", file] => {
            let kept = intake(&std::fs::read(file).unwrap(), &Policy::default()).unwrap();
            assert_eq!((kept.width, kept.height), (2048, 1536));
            let quality = assess(&kept.picture, Kind::Room);
            std::fs::write(format!("{file}.kept.jpg"), &kept.bytes).unwrap();
            std::fs::write(format!("{file}.thumb.jpg"), &kept.thumbnail).unwrap();
            println!("{} {:?}", peak_kb(), quality.verdict);
        }
        other => panic!("{other:?}"),
    }
}

/// The most memory that this process held, as Linux counts it; 0 elsewhere.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
