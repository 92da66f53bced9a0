//! Photos for tests: real pictures, drawn from a seed.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use fastrand::Rng;
use jpeg_encoder::{ColorType, Encoder};
use ruhu_vision::picture::decode;

/// What a phone keeps pictures with.
const QUALITY: u8 = 82;
/// What the tables of a small JPEG take, in bytes.
const TABLES: usize = 470;
/// Pixels that a byte holds, in hundredths.
const PIXELS_A_BYTE: usize = 210;
/// Fields of brightness along a side: what a picture is known by.
const FIELDS: usize = 9;

/// A JPEG of about so many bytes, from 1 KB to 2 MB, such as a phone keeps as it is. The same seed and size
/// give the same bytes, and no two seeds look alike.
pub fn picture(seed: u64, bytes: usize) -> Vec<u8> {
    let pixels = bytes.saturating_sub(TABLES).max(200) * PIXELS_A_BYTE / 100;
    let side = ((pixels as f64).sqrt() as usize).clamp(24, 2048);
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1));
    let fields: Vec<u8> = (0..FIELDS * FIELDS).map(|_| rng.u8(70..185)).collect();
    let mut grey = vec![0; side * side];
    rng.fill(&mut grey);
    for (y, row) in grey.chunks_exact_mut(side).enumerate() {
        let of_row = &fields[y * FIELDS / side * FIELDS..][..FIELDS];
        for (x, value) in row.iter_mut().enumerate() {
            // A sensor in bad light: noise of half the range.
            *value = of_row[x * FIELDS / side] - 64 + *value / 2;
        }
    }
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, QUALITY);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(&grey, side as u16, side as u16, ColorType::Luma).unwrap();
    jpeg
}

/// A small JPEG of one grey, as a covered lens gives it: it looks like nothing, so that none is looked for. Up to
/// 20,000 seeds give different files.
pub fn plain(seed: u16) -> Vec<u8> {
    let (grey, side) = (20 + (seed % 200) as u8, 24 + seed / 200);
    let mut jpeg = Vec::new();
    let pixels = vec![grey; usize::from(side) * usize::from(side)];
    Encoder::new(&mut jpeg, QUALITY).encode(&pixels, side, side, ColorType::Luma).unwrap();
    jpeg
}

/// The same picture as a phone's camera writes it: by a phone that names itself, on 20 November 2026 at 09:30:05
/// in China, at 30.6753 north and 104.0750 east, held upright.
pub fn photographed(jpeg: &[u8]) -> Vec<u8> {
    let ascii = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let place = |degrees, minutes, seconds| {
        Value::Rational([degrees, minutes, seconds].map(|num| Rational { num, denom: 1 }).to_vec())
    };
    let fields = [
        (Tag::Make, ascii("HUAWEI")),
        (Tag::Model, ascii("HUAWEI nova 5")),
        (Tag::DateTimeOriginal, ascii("2026:11:20 09:30:05")),
        (Tag::OffsetTimeOriginal, ascii("+08:00")),
        (Tag::GPSLatitudeRef, ascii("N")),
        (Tag::GPSLatitude, place(30, 40, 31)),
        (Tag::GPSLongitudeRef, ascii("E")),
        (Tag::GPSLongitude, place(104, 4, 30)),
    ];
    let fields = fields.map(|(tag, value)| Field { tag, ifd_num: In::PRIMARY, value });
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut tiff = Cursor::new(Vec::new());
    writer.write(&mut tiff, false).unwrap();
    let block = [b"Exif\0\0".as_slice(), &tiff.into_inner()].concat();
    let length = (block.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &block, &jpeg[2..]].concat()
}

/// The same picture as another file: smaller, darker, stored more coarsely, as a messenger sends it on.
pub fn sent_on(jpeg: &[u8]) -> Vec<u8> {
    let picture = decode(jpeg).unwrap();
    let small = picture.thumbnail(picture.width().max(picture.height()) * 2 / 3);
    let darker: Vec<u8> = small.rgb().iter().map(|value| (u16::from(*value) * 4 / 5) as u8).collect();
    let mut out = Vec::new();
    let encoder = Encoder::new(&mut out, 60);
    encoder.encode(&darker, small.width() as u16, small.height() as u16, ColorType::Rgb).unwrap();
    out
}

#[cfg(test)]
mod tests {
    use ruhu_vision::picture::intake::{Policy, intake};

    use super::*;

    #[test]
    fn pictures_are_about_as_large_as_asked_and_kept_as_they_are() {
        for bytes in [1_000, 2_048, 20_000, 72_000, 300_000, 2_000_000] {
            let jpeg = picture(7, bytes);
            assert!((bytes * 4 / 5..bytes * 6 / 5).contains(&jpeg.len()), "{} of {bytes}", jpeg.len());
            assert_eq!(intake(&jpeg, &Policy::default()).unwrap().bytes, jpeg);
        }
    }

    #[test]
    fn no_two_seeds_look_alike() {
        let hashes: Vec<_> =
            (0..40).map(|seed| intake(&picture(seed, 4_000), &Policy::default()).unwrap().likeness).collect();
        for (at, one) in hashes.iter().enumerate() {
            assert!(hashes[..at].iter().all(|other| !one.is_same(other)), "{at}");
        }
    }
}
