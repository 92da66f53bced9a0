//! What a picture brings: itself, what is kept of it, and of a letter its QR code, the file of its boxes.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use ruhu_sheet::boxes_file::Boxes;
use ruhu_sheet::layout;
use ruhu_sheet::payload::Payload;
use ruhu_text::{Explain, Lang};
use ruhu_vision::letter::copies::{FORMAT, IMPRESSION_BYTES, Outline};
use ruhu_vision::letter::impression::Impression;
use ruhu_vision::picture::intake::{Policy, intake as take_in};
use ruhu_vision::picture::{PhotoHash, decode};

/// A picture that was read has as many bytes as its size says.
pub(super) fn picture(bytes: &[u8]) {
    match decode(bytes) {
        Ok(picture) => assert_eq!(picture.rgb().len(), picture.width() * picture.height() * 3),
        Err(error) => assert!(!error.message(Lang::Zh).is_empty()),
    }
}

/// What is kept of a picture can be read again, is no larger than was asked for, and knows itself.
pub(super) fn intake(bytes: &[u8]) {
    let policy = Policy { longest: 512, place: false };
    let Ok(kept) = take_in(bytes, &policy) else { return };
    let again = decode(&kept.bytes).unwrap();
    assert_eq!((again.width(), again.height()), (kept.width as usize, kept.height as usize));
    assert!(kept.width.max(kept.height) <= 512 && kept.facts.place.is_none());
    assert_eq!(PhotoHash::from_text(&kept.likeness.to_text()), Ok(kept.likeness));
}

pub(super) fn picture_seeds() -> Vec<Vec<u8>> {
    let image = RgbImage::from_fn(20, 17, |x, y| image::Rgb([(x * 12) as u8, (y * 15) as u8, 90]));
    let written = |format| {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    };
    vec![written(ImageFormat::Jpeg), written(ImageFormat::Png), written(ImageFormat::WebP)]
}

/// What was read is written as the same text.
pub(super) fn letter_code(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Payload::from_text(&text) {
        Ok(payload) => assert_eq!(payload.to_text().as_deref(), Ok(&*text)),
        Err(error) => assert!(!error.message(Lang::Zh).is_empty()),
    }
}

pub(super) fn letter_code_seeds() -> Vec<Vec<u8>> {
    let payload = |version: &str, grantors| Payload {
        case: "01900000-0000-7000-8000-000000000001".parse().unwrap(),
        version: version.to_owned(),
        hash: [7; 8],
        sheet: 1,
        grantors,
    };
    let texts = [payload("2026-11/2", 3), payload("v", 60)].map(|payload| payload.to_text().unwrap());
    texts.map(String::into_bytes).to_vec()
}

/// Boxes that were read are written and read again as the same.
pub(super) fn letter_boxes(bytes: &[u8]) {
    match Boxes::from_json(bytes) {
        Ok(boxes) => assert_eq!(Boxes::from_json(boxes.to_json().as_bytes()), Ok(boxes)),
        Err(error) => assert!(!error.message(Lang::Zh).is_empty()),
    }
}

pub(super) fn letter_boxes_seeds() -> Vec<Vec<u8>> {
    vec![layout::boxes(2).to_json().into_bytes()]
}

/// An impression that was read is written as the same bytes, and its outline is one that is looked for.
pub(super) fn impression(bytes: &[u8]) {
    let _ = Outline::from_bytes(bytes);
    match Impression::from_bytes(bytes) {
        Ok(impression) => {
            assert_eq!(impression.to_bytes(), bytes);
            let outline = Outline::of(&impression);
            assert!(outline.apart(&outline).is_some());
            assert!(Outline::from_bytes(&outline.to_bytes()).is_ok());
        }
        Err(error) => assert!(!error.message(Lang::Zh).is_empty()),
    }
}

pub(super) fn impression_seeds() -> Vec<Vec<u8>> {
    let planes = (0..IMPRESSION_BYTES - 5).map(|at| (at * 7 % 256) as u8);
    vec![[FORMAT, 0, 0, 0x70, 0x43].into_iter().chain(planes).collect()]
}
