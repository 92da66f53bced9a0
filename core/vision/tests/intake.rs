//! Photos as phones, scanners and people who mean harm hand them in: what is kept of each.

#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use image::{ImageFormat, RgbImage};
use jpeg_encoder::{ColorType, Encoder};
use proptest::prelude::*;
use ruhu_vision::picture::intake::{KeptPicture, Policy, intake};
use ruhu_vision::picture::{Format, PictureError, decode, photo_facts};
use sha2::{Digest, Sha256};

/// A kitchen, roughly: a bright window, a dark stove, tiles, and some noise.
fn scene(width: u32, height: u32) -> RgbImage {
    let mut state = 7u32;
    RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 28) as f32 - 8.0;
        let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
        let tiles = if (u * 9.0) as u32 % 2 == (v * 7.0) as u32 % 2 { 20.0 } else { 0.0 };
        let window = if (0.1..0.4).contains(&u) && (0.1..0.45).contains(&v) { 120.0 } else { 0.0 };
        let stove = if (u - 0.7).hypot(v - 0.7) < 0.18 { -70.0 } else { 0.0 };
        let value = 90.0 + 40.0 * u + tiles + window + stove + noise;
        image::Rgb([value as u8, (value * 0.95) as u8, (value * 0.85) as u8])
    })
}

fn written(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn jpeg(image: &RgbImage, progressive: bool, quality: u8, segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, quality);
    encoder.set_progressive(progressive);
    for (number, segment) in segments {
        encoder.add_app_segment(*number, segment.clone()).unwrap();
    }
    encoder.encode(image.as_raw(), image.width() as u16, image.height() as u16, ColorType::Rgb).unwrap();
    out
}

fn field(tag: Tag, value: Value) -> Field {
    Field { tag, ifd_num: In::PRIMARY, value }
}

fn ascii(text: &str) -> Value {
    Value::Ascii(vec![text.as_bytes().to_vec()])
}

fn degrees(whole: u32, minutes: u32) -> Value {
    let part = |num| Rational { num, denom: 1 };
    Value::Rational(vec![part(whole), part(minutes), part(30)])
}

/// What a phone writes into a photo.
fn fields(orientation: u16) -> Vec<Field> {
    vec![
        field(Tag::Make, ascii("HUAWEI")),
        field(Tag::Model, ascii("HUAWEI nova 5")),
        field(Tag::Orientation, Value::Short(vec![orientation])),
        field(Tag::DateTimeOriginal, ascii("2026:11:20 09:30:05")),
        field(Tag::SubSecTimeOriginal, ascii("123")),
        field(Tag::OffsetTimeOriginal, ascii("+08:00")),
        field(Tag::MakerNote, Value::Undefined(b"SECRET-OF-THE-MAKER".to_vec(), 0)),
        field(Tag::GPSLatitudeRef, ascii("N")),
        field(Tag::GPSLatitude, degrees(30, 40)),
        field(Tag::GPSLongitudeRef, ascii("E")),
        field(Tag::GPSLongitude, degrees(104, 4)),
    ]
}

fn exif(fields: &[Field]) -> Vec<u8> {
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut out = Cursor::new(b"Exif\0\0".to_vec());
    let mut block = Cursor::new(Vec::new());
    writer.write(&mut block, false).unwrap();
    out.get_mut().extend(block.into_inner());
    out.into_inner()
}

fn phone_photo(orientation: u16) -> Vec<u8> {
    let hidden = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET-XMP</x:xmpmeta>".to_vec();
    jpeg(&scene(480, 360), false, 92, &[(1, exif(&fields(orientation))), (1, hidden)])
}

fn taken(bytes: &[u8]) -> KeptPicture {
    intake(bytes, &Policy::default()).unwrap()
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_photo_keeps_its_facts_and_nothing_else_that_the_camera_wrote() {
    let offered = phone_photo(1);
    assert!(contains(&offered, b"SECRET-OF-THE-MAKER") && contains(&offered, b"SECRET-XMP"));
    let kept = taken(&offered);
    assert_eq!(kept.facts.taken_at.as_deref(), Some("2026-11-20 09:30:05"));
    assert_eq!(kept.facts.zone_minutes, Some(480));
    // 2026-11-20 01:30:05.123 UTC.
    assert_eq!(kept.facts.taken_at_ms(), Some(1_795_138_205_123));
    assert_eq!(kept.facts.place.as_deref(), Some("30.675000 104.075000"));
    assert_eq!(kept.facts.camera.as_deref(), Some("HUAWEI nova 5"));
    for hidden in [&b"SECRET"[..], b"Exif", b"HUAWEI", b"xmpmeta"] {
        assert!(!contains(&kept.bytes, hidden) && !contains(&kept.thumbnail, hidden));
    }
    assert_eq!(kept.sha256, <[u8; 32]>::from(Sha256::digest(&kept.bytes)));
    assert_eq!(kept.original.sha256, <[u8; 32]>::from(Sha256::digest(&offered)));
    assert_eq!((kept.original.size, kept.original.format), (offered.len() as u64, Format::Jpeg));
    let without = intake(&offered, &Policy { place: false, ..Policy::default() }).unwrap();
    assert_eq!((without.facts.place, without.facts.zone_minutes), (None, Some(480)));
}

#[test]
fn a_damaged_part_of_the_exif_block_loses_only_itself() {
    // The place lies nowhere: its directory's offset leads beyond the block.
    let mut broken = exif(&fields(6));
    let pointer = [0x88, 0x25, 0, 4, 0, 0, 0, 1];
    let at = broken.windows(8).position(|window| window == pointer).unwrap() + 8;
    broken[at..at + 4].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff]);
    let facts = photo_facts(&jpeg(&scene(64, 48), false, 80, &[(1, broken)]));
    assert_eq!(facts.place, None);
    assert_eq!((facts.zone_minutes, facts.orientation), (Some(480), Some(6)));
    assert!(facts.taken_at_ms().is_some() && facts.camera.is_some());

    // Time and zone as a camera writes them that lost its battery, beside a place that is right.
    let mut odd = fields(1);
    odd[3] = field(Tag::DateTimeOriginal, ascii("    :  :     :  :  "));
    odd[5] = field(Tag::OffsetTimeOriginal, ascii("+99:00"));
    let facts = photo_facts(&jpeg(&scene(64, 48), false, 80, &[(1, exif(&odd))]));
    assert_eq!((facts.taken_at, facts.zone_minutes, facts.taken_at_local_ms), (None, None, None));
    assert_eq!(facts.place.as_deref(), Some("30.675000 104.075000"));
    odd[3] = field(Tag::DateTimeOriginal, ascii("2026:02:30 25:61:00"));
    let facts = photo_facts(&jpeg(&scene(64, 48), false, 80, &[(1, exif(&odd))]));
    assert_eq!((facts.taken_at_local_ms, facts.zone_minutes), (None, None));
}

#[test]
fn whichever_way_the_phone_was_held_the_picture_stands_upright() {
    let upright = taken(&phone_photo(1));
    for orientation in 2..=8u16 {
        // The photo as the sensor saw it: the scene turned the other way.
        let scene = scene(480, 360);
        let seen = match orientation {
            2 => image::imageops::flip_horizontal(&scene),
            3 => image::imageops::rotate180(&scene),
            4 => image::imageops::flip_vertical(&scene),
            5 => image::imageops::flip_horizontal(&image::imageops::rotate90(&scene)),
            6 => image::imageops::rotate270(&scene),
            7 => image::imageops::flip_horizontal(&image::imageops::rotate270(&scene)),
            _ => image::imageops::rotate90(&scene),
        };
        let kept = taken(&jpeg(&seen, false, 92, &[(1, exif(&fields(orientation)))]));
        assert_eq!((kept.width, kept.height), (480, 360), "orientation {orientation}");
        assert!(kept.likeness.likeness(&upright.likeness) > 0.98, "orientation {orientation}");
        assert_eq!(kept.facts.orientation, Some(orientation.into()));
    }
}

#[test]
fn a_large_photo_is_kept_with_2048_pixels_or_as_many_as_the_form_says() {
    let offered = jpeg(&scene(2600, 1300), false, 90, &[]);
    let kept = taken(&offered);
    assert_eq!((kept.width, kept.height, kept.format), (2048, 1024, Format::Jpeg));
    assert!(kept.bytes.len() < offered.len());
    let stored = decode(&kept.bytes).unwrap();
    assert_eq!((stored.width(), stored.height()), (2048, 1024));
    let thumbnail = decode(&kept.thumbnail).unwrap();
    assert_eq!((thumbnail.width(), thumbnail.height()), (256, 128));
    for (asked, given) in [(1024, 1024), (4000, 2600), (1, 64)] {
        let kept = intake(&offered, &Policy { longest: asked, ..Policy::default() }).unwrap();
        assert_eq!((kept.width, kept.original.width), (given, 2600), "{asked}");
    }
}

#[test]
fn what_holds_the_picture_alone_is_kept_as_it_came_and_what_was_kept_is_kept_again() {
    let scene = scene(480, 360);
    let first = taken(&jpeg(&scene, false, 92, &[(1, exif(&fields(1)))]));
    for bytes in [&first.bytes, &jpeg(&scene, false, 80, &[]), &jpeg(&scene, true, 80, &[])] {
        let kept = taken(bytes);
        assert!(kept.bytes == *bytes, "{} of {} bytes", kept.bytes.len(), bytes.len());
        assert_eq!(kept.sha256, Sha256::digest(bytes)[..]);
    }
    // Anything beside the picture, and much more than is needed, is a reason to write it anew.
    let (front, end) = first.bytes.split_at(first.bytes.len() - 2);
    let comment = [front, &[0xff, 0xfe, 0, 8], b"secret", end].concat();
    let thumbnail = [
        &first.bytes[..2],
        &[0xff, 0xe0, 0, 19],
        b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01abc",
        &first.bytes[20..],
    ]
    .concat();
    let between = [&first.bytes[..20], b"secret", &first.bytes[20..]].concat();
    let behind = [&first.bytes[..], b"secret"].concat();
    let profile = jpeg(&scene, false, 82, &[(2, b"ICC_PROFILE\0secret".to_vec())]);
    for dressed in [comment, thumbnail, between, behind, profile, jpeg(&scene, false, 98, &[])] {
        let kept = taken(&dressed);
        assert_ne!(kept.bytes, dressed);
        assert!(!kept.bytes.windows(6).any(|window| window == b"secret"));
    }
    let halved = intake(&first.bytes, &Policy { longest: 240, ..Policy::default() }).unwrap();
    assert_eq!((halved.width, halved.height), (240, 180));
}

#[test]
fn a_screenshot_stays_lossless_where_that_is_smaller() {
    let text = RgbImage::from_fn(600, 400, |x, y| {
        image::Rgb(if y % 16 < 9 && (x / 3 + y / 4) % 4 == 0 { [20; 3] } else { [255; 3] })
    });
    let kept = taken(&written(&text, ImageFormat::Png));
    assert_eq!(kept.format, Format::Png);
    assert_eq!(decode(&kept.bytes).unwrap().rgb(), text.as_raw().as_slice());
    assert_eq!(taken(&written(&scene(600, 400), ImageFormat::Png)).format, Format::Jpeg);
    assert_eq!(taken(&written(&text, ImageFormat::WebP)).original.format, Format::Webp);
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused_or_was_whole() {
    let scene = scene(200, 150);
    let kinds = [
        ("jpeg", jpeg(&scene, false, 90, &[(1, exif(&fields(1)))])),
        ("progressive", jpeg(&scene, true, 90, &[])),
        ("png", written(&scene, ImageFormat::Png)),
        ("webp", written(&scene, ImageFormat::WebP)),
    ];
    for (kind, bytes) in kinds {
        let whole = taken(&bytes);
        for part in 0..50 {
            let cut = &bytes[..bytes.len() * part / 50];
            match intake(cut, &Policy::default()) {
                Ok(kept) => assert_eq!(kept.picture, whole.picture, "{kind} cut at {part}/50"),
                Err(PictureError::Empty) => assert_eq!(part, 0),
                Err(error) => assert!(
                    matches!(error, PictureError::Truncated | PictureError::Damaged),
                    "{kind} cut at {part}/50: {error}"
                ),
            }
        }
        // What follows the picture (a film, a gain map) may be cut, or be anything.
        let longer = [bytes.as_slice(), b"MotionPhoto_Data....."].concat();
        assert_eq!(taken(&longer).picture, whole.picture, "{kind}");
    }
}

#[test]
fn half_a_jpeg_is_refused_also_when_somebody_closed_it_neatly() {
    let scene = scene(400, 300);
    let files = [
        (jpeg(&scene, false, 90, &[]), &[15, 25, 35, 49][..]),
        // Of one that comes in passes the last bring only colour.
        (jpeg(&scene, true, 90, &[]), &[5, 15, 25]),
        (written(&scene, ImageFormat::Jpeg), &[15, 25, 35, 49]),
    ];
    for (bytes, parts) in files {
        for part in parts {
            let mut cut = bytes[..bytes.len() * part / 50].to_vec();
            // Filled up with nothing, as a phone leaves a file that it could not end.
            let filled = [cut.as_slice(), &vec![0; bytes.len() - cut.len()]].concat();
            assert!(intake(&filled, &Policy::default()).is_err(), "filled after {part}/50");
            cut.extend([0xff, 0xd9]);
            assert!(intake(&cut, &Policy::default()).is_err(), "closed after {part}/50");
        }
    }
}

#[test]
fn bombs_are_refused_by_their_heads() {
    // Heads that promise 65,535 by 65,535 pixels, and little behind them.
    let mut png = written(&scene(64, 48), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut large = jpeg(&scene(64, 48), true, 90, &[]);
    let frame = large.windows(2).position(|window| window == [0xff, 0xc2]).unwrap();
    large[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    for bytes in [&png, &large] {
        assert_eq!(intake(bytes, &Policy::default()), Err(PictureError::TooManyPixels));
    }
    // 60 million pixels in several passes: within the pixels, beyond the memory.
    large[frame + 5..frame + 9].copy_from_slice(&[0x1d, 0x4c, 0x1f, 0x40]);
    assert_eq!((large[frame + 9], large[frame + 11]), (3, 0x11));
    assert_eq!(intake(&large, &Policy::default()), Err(PictureError::TooManyPixels));
}

#[test]
fn a_jpeg_of_thousands_of_passes_is_refused_before_the_first() {
    let bytes = jpeg(&scene(640, 480), true, 90, &[]);
    let scan = bytes.windows(2).rposition(|window| window == [0xff, 0xda]).unwrap();
    let pass = &bytes[scan..bytes.len() - 2];
    let many = [&bytes[..bytes.len() - 2], &pass.repeat(3_000), &[0xff, 0xd9]].concat();
    assert_eq!(intake(&many, &Policy::default()), Err(PictureError::Damaged));
}

#[test]
fn what_is_no_photo_is_refused_with_what_to_do() {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    assert_eq!(intake(heic, &Policy::default()), Err(PictureError::Heic));
    let strip = jpeg(&scene(4000, 20), false, 90, &[]);
    assert_eq!(intake(&strip, &Policy::default()), Err(PictureError::TooSmall));
    assert_eq!(intake(b"%PDF-1.7", &Policy::default()), Err(PictureError::Unknown));
    assert_eq!(intake(b"", &Policy::default()), Err(PictureError::Empty));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Bytes changed anywhere give a picture of the same size or a reason, never a panic.
    #[test]
    fn bytes_that_rot_do_no_harm(
        kind in 0..4usize,
        rotten in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let scene = scene(96, 64);
        let mut bytes = match kind {
            0 => jpeg(&scene, false, 90, &[(1, exif(&fields(6)))]),
            1 => jpeg(&scene, true, 90, &[]),
            2 => written(&scene, ImageFormat::Png),
            _ => written(&scene, ImageFormat::WebP),
        };
        for (at, value) in &rotten {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if let Ok(kept) = intake(&bytes, &Policy::default()) {
            prop_assert!(decode(&kept.bytes).is_ok());
            let thumbnail = decode(&kept.thumbnail);
            prop_assert!(matches!(thumbnail, Ok(_) | Err(PictureError::TooSmall)), "{thumbnail:?}");
        }
    }

    #[test]
    fn random_bytes_are_no_picture(bytes in proptest::collection::vec(any::<u8>(), 0..600), kind in 0..4usize) {
        let magic: &[u8] = [&b""[..], b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\x10\0\0WEBPVP8 "][kind];
        prop_assert!(intake(&[magic, &bytes].concat(), &Policy::default()).is_err());
    }
}

/// The checksum of a PNG's chunk.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}
