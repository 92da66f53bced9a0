//! Photos of papers and rooms, drawn with and without a fault: what is said of them, and which of them are
//! one picture.

#![allow(clippy::unwrap_used)]

use ruhu_pictures::camera::jpeg;
use ruhu_pictures::quality_table::QualityTable;
use ruhu_pictures::rooms::room_photo;
use ruhu_pictures::tables::{Fault, document_photo};
use ruhu_vision::picture::{PhotoHash, Picture, Sought, decode};
use ruhu_vision::quality::{Kind, Verdict};

/// A few of each; `docs/photos.md` has the figures of many.
const EACH: u64 = 3;

#[test]
fn faults_of_papers_are_told_and_good_ones_are_left_alone() {
    let table = QualityTable::of(Kind::Document, 31, EACH);
    println!("{table}");
    for verdict in [
        Verdict::Good,
        Verdict::Blurred,
        Verdict::Dark,
        Verdict::OverExposed,
        Verdict::Glare,
        Verdict::CutOff,
    ] {
        let (right, wrong, all) = table.told(verdict);
        assert!(right * 3 >= all * 2 && wrong == 0, "{verdict:?}: {right} right, {wrong} wrong of {all}");
    }
}

#[test]
fn faults_of_rooms_are_told_and_good_ones_are_left_alone() {
    let table = QualityTable::of(Kind::Room, 32, EACH);
    println!("{table}");
    for verdict in [Verdict::Good, Verdict::Blurred, Verdict::Dark, Verdict::OverExposed] {
        let (right, wrong, all) = table.told(verdict);
        assert!(right * 3 >= all * 2 && wrong == 0, "{verdict:?}: {right} right, {wrong} wrong of {all}");
    }
}

fn copy(picture: &Picture, part: (f32, f32, f32, f32), scale: u32, gain: f32, quality: u8) -> Picture {
    let (w, h) = (picture.width() as f32, picture.height() as f32);
    let image =
        image::RgbImage::from_raw(picture.width() as u32, picture.height() as u32, picture.rgb().to_vec())
            .unwrap();
    let (left, top) = ((part.0 * w) as u32, (part.1 * h) as u32);
    let (width, height) = (((part.2 - part.0) * w) as u32, ((part.3 - part.1) * h) as u32);
    let cut = image::imageops::crop_imm(&image, left, top, width, height).to_image();
    let small = image::imageops::thumbnail(&cut, width / scale, height / scale);
    let rgb: Vec<u8> = small.as_raw().iter().map(|v| (f32::from(*v) * gain).min(255.0) as u8).collect();
    decode(&jpeg(&rgb, small.width() as usize, small.height() as usize, quality)).unwrap()
}

#[test]
fn a_photo_stored_again_is_found_and_other_photos_are_not() {
    let photos: Vec<Picture> = (0..24u64)
        .map(|at| {
            if at % 2 == 0 {
                room_photo(700 + at, Fault::None)
            } else {
                document_photo(700 + at, Fault::None)
            }
        })
        .map(|jpeg| decode(&jpeg).unwrap().thumbnail(256))
        .collect();
    let hashes: Vec<PhotoHash> = photos.iter().map(PhotoHash::of).collect();
    let copies = [
        ((0.0, 0.0, 1.0, 1.0), 1, 1.0, 40),
        ((0.0, 0.0, 1.0, 1.0), 2, 1.0, 70),
        ((0.0, 0.0, 1.0, 1.0), 1, 0.6, 80),
        ((0.0, 0.0, 1.0, 1.0), 1, 1.25, 80),
        ((0.05, 0.0, 1.0, 0.95), 1, 1.0, 80),
        ((0.04, 0.04, 0.96, 0.96), 2, 0.8, 60),
    ];
    let mut lost = Vec::new();
    for (at, photo) in photos.iter().enumerate() {
        let sought = Sought::new(hashes[at].clone());
        for (part, scale, gain, quality) in copies {
            let copy = PhotoHash::of(&copy(photo, part, scale, gain, quality));
            assert_eq!(sought.is(&copy), hashes[at].is_same(&copy), "{at}: what is passed over is no copy");
            let likeness = copy.likeness(&hashes[at]);
            if likeness < ruhu_vision::picture::SAME {
                lost.push((at, part, likeness));
            }
        }
        for other in &hashes[at + 1..] {
            assert!(!hashes[at].is_same(other), "{at}: {}", hashes[at].likeness(other));
        }
    }
    assert!(lost.len() * 40 <= photos.len() * copies.len(), "{lost:?}");
}
