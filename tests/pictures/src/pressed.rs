//! Letters with given impressions: one impression on several, or several of one finger.

use ruhu_sheet::boxes_file::BoxKind;
use ruhu_sheet::layout;
use ruhu_sheet::payload::Payload;
use uuid::Uuid;

use crate::camera::{Shot, photograph};
use crate::ink::{Ink, Mark};
use crate::noise::Chance;
use crate::sheet::Sheet;

/// Pixels of the longer side: a phone keeps such a photo as it comes.
const KEPT: usize = 2048;

/// What the QR code of a household's letter holds; of one sheet.
pub fn code(case: &str, version: &str, grantors: u8) -> Payload {
    Payload { case: case.parse::<Uuid>().unwrap(), version: version.into(), hash: [7; 8], sheet: 1, grantors }
}

/// A photo, as a JPEG, of a letter with these impressions in the middle of the boxes of these numbers, from 1.
pub fn photo(payload: &Payload, marks: &[(usize, &Mark)], seed: u64) -> Vec<u8> {
    let chance = &mut Chance::of(seed);
    let boxes = layout::boxes(payload.grantors.into());
    let mut sheet = Sheet::printed(&boxes, Some(payload), chance);
    let prints: Vec<_> = boxes.boxes.iter().filter(|one| one.kind == BoxKind::Print).collect();
    for (number, mark) in marks {
        let (x, y) = prints[number - 1].rect.centre();
        sheet.ink(mark, (x as f32, y as f32), Ink::Red.colour(chance));
    }
    let fair = Shot::fair(chance);
    let blur = fair.blur * KEPT as f32 / fair.longest as f32;
    let shot = Shot { longest: KEPT, quality: 80, blur, ..fair };
    photograph(&sheet, &shot, chance).jpeg
}
