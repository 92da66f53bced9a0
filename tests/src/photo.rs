//! Photos as a phone's camera makes them, from a seed: a house before a gradient of sky and ground,
//! with a sensor's noise, turned by its EXIF orientation, placed and timed.

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use fastrand::Rng;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};

/// Width and height of a 12-megapixel sensor, in pixels.
pub const TWELVE_MEGAPIXELS: (u32, u32) = (4032, 3024);
/// What phones use for their camera.
const JPEG_QUALITY: u8 = 88;
/// Largest deviation of a pixel by noise, in steps of 256.
const NOISE: i16 = 7;

/// What to photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Photo {
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// Pixels of the sensor's long side.
    pub width: u32,
    /// Pixels of its short side.
    pub height: u32,
}

/// Why no photo could be made.
#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    /// The picture could not be encoded, for instance because a side is 0 or beyond 65,535 pixels.
    #[error("the picture cannot be encoded: {0}")]
    Picture(#[from] image::ImageError),
    /// The EXIF block could not be written.
    #[error("the EXIF block cannot be written: {0}")]
    Exif(#[from] exif::Error),
    /// The encoder takes no EXIF block.
    #[error("the encoder takes no EXIF block: {0}")]
    NoExif(#[from] image::error::UnsupportedError),
}

impl Photo {
    /// A photo of 12 megapixels.
    pub fn of_seed(seed: u64) -> Photo {
        let (width, height) = TWELVE_MEGAPIXELS;
        Photo { seed, width, height }
    }

    /// The JPEG file.
    pub fn to_jpeg(self) -> Result<Vec<u8>, PhotoError> {
        let mut rng = Rng::with_seed(self.seed);
        let exif = Facts::choose(&mut rng).to_exif()?;
        let pixels = self.scene(&mut rng);
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
        encoder.set_exif_metadata(exif)?;
        encoder.write_image(&pixels, self.width, self.height, ExtendedColorType::Rgb8)?;
        Ok(jpeg)
    }

    /// Rows of RGB pixels.
    fn scene(self, rng: &mut Rng) -> Vec<u8> {
        let (width, height) = (self.width as usize, self.height as usize);
        let house = House::choose(rng, width, height);
        let (sky, ground) = (colour(rng, 130..220), colour(rng, 60..140));
        let horizon = height * rng.usize(45..65) / 100;
        let mut pixels = vec![0; width * height * 3];
        for (y, row) in pixels.chunks_exact_mut((width * 3).max(1)).enumerate() {
            let base = if y < horizon { sky } else { ground };
            fill(row, 0..width, shade(base, y, height));
            house.draw(row, y);
        }
        add_noise(&mut pixels, rng);
        pixels
    }
}

type Colour = [u8; 3];

fn colour(rng: &mut Rng, range: std::ops::Range<u8>) -> Colour {
    [rng.u8(range.clone()), rng.u8(range.clone()), rng.u8(range)]
}

/// The colour, darker towards the bottom by a quarter at most.
fn shade(colour: Colour, y: usize, height: usize) -> Colour {
    colour.map(|part| part - (usize::from(part) * y / (height * 4)) as u8)
}

fn fill(row: &mut [u8], columns: std::ops::Range<usize>, colour: Colour) {
    if let Some(span) = row.get_mut(columns.start * 3..columns.end * 3) {
        span.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
    }
}

/// A house: a roof, a wall, a door and windows with bars.
struct House {
    left: usize,
    right: usize,
    roof_top: usize,
    wall_top: usize,
    bottom: usize,
    windows: usize,
    wall: Colour,
    roof: Colour,
    glass: Colour,
}

impl House {
    fn choose(rng: &mut Rng, width: usize, height: usize) -> House {
        House {
            left: width * rng.usize(8..25) / 100,
            right: width * rng.usize(70..92) / 100,
            roof_top: height * rng.usize(12..25) / 100,
            wall_top: height * rng.usize(35..45) / 100,
            bottom: height * rng.usize(75..90) / 100,
            windows: rng.usize(3..7),
            wall: colour(rng, 90..200),
            roof: colour(rng, 40..120),
            glass: colour(rng, 20..90),
        }
    }

    fn draw(&self, row: &mut [u8], y: usize) {
        if (self.roof_top..self.wall_top).contains(&y) {
            let half = (self.right - self.left) / 2;
            let inset = half * (self.wall_top - y) / (self.wall_top - self.roof_top);
            fill(row, self.left + inset..self.right - inset, tile(self.roof, y));
        } else if (self.wall_top..self.bottom).contains(&y) {
            fill(row, self.left..self.right, tile(self.wall, y));
            self.draw_windows(row, y);
        }
    }

    fn draw_windows(&self, row: &mut [u8], y: usize) {
        let tall = self.bottom - self.wall_top;
        let field = (self.right - self.left) / self.windows;
        for n in 0..self.windows {
            // The middle one is the door: it reaches the ground.
            let lowest = if n == self.windows / 2 { tall } else { tall * 6 / 10 };
            let from = self.left + n * field + field / 4;
            let shown = (tall / 4..lowest).contains(&(y - self.wall_top));
            if shown && !y.is_multiple_of(tall / 8 + 1) {
                fill(row, from..from + field / 2, self.glass);
            }
        }
    }
}

/// Courses of bricks or tiles: every sixteenth row is darker.
fn tile(colour: Colour, y: usize) -> Colour {
    if y.is_multiple_of(16) { colour.map(|part| part / 2) } else { colour }
}

fn add_noise(pixels: &mut [u8], rng: &mut Rng) {
    for chunk in pixels.chunks_mut(8) {
        for (part, noise) in chunk.iter_mut().zip(rng.u64(..).to_le_bytes()) {
            let shift = i16::from(noise) % (2 * NOISE + 1) - NOISE;
            *part = i16::from(*part).saturating_add(shift).clamp(0, 255) as u8;
        }
    }
}

/// What the photo says of itself.
struct Facts {
    orientation: u16,
    /// Hundredths of a second of arc, north.
    latitude: u32,
    /// Hundredths of a second of arc, east.
    longitude: u32,
    taken_at: String,
}

impl Facts {
    /// A place that nobody lives at by name, between 30 and 31 degrees north and 119 and 120 degrees
    /// east, and a moment in the autumn of 2026.
    fn choose(rng: &mut Rng) -> Facts {
        const DEGREE: u32 = 3600 * 100;
        let (day, hour) = (rng.u8(1..29), rng.u8(8..18));
        let (minute, second) = (rng.u8(0..60), rng.u8(0..60));
        Facts {
            orientation: if rng.bool() { 6 } else { 8 },
            latitude: 30 * DEGREE + rng.u32(0..DEGREE),
            longitude: 119 * DEGREE + rng.u32(0..DEGREE),
            taken_at: format!("2026:11:{day:02} {hour:02}:{minute:02}:{second:02}"),
        }
    }

    /// A TIFF block (Exif 2.32, section 4.5).
    fn to_exif(&self) -> Result<Vec<u8>, exif::Error> {
        let ascii = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
        let field = |tag, value| Field { tag, ifd_num: In::PRIMARY, value };
        let fields = [
            field(Tag::Make, ascii("Ruhu")),
            field(Tag::Model, ascii("test camera")),
            field(Tag::Orientation, Value::Short(vec![self.orientation])),
            field(Tag::DateTimeOriginal, ascii(&self.taken_at)),
            field(Tag::OffsetTimeOriginal, ascii("+08:00")),
            field(Tag::GPSLatitudeRef, ascii("N")),
            field(Tag::GPSLatitude, degrees(self.latitude)),
            field(Tag::GPSLongitudeRef, ascii("E")),
            field(Tag::GPSLongitude, degrees(self.longitude)),
        ];
        let mut writer = Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut block = Cursor::new(Vec::new());
        writer.write(&mut block, false)?;
        Ok(block.into_inner())
    }
}

/// Degrees, minutes and seconds with two decimals.
fn degrees(hundredths: u32) -> Value {
    let whole = |num| Rational { num, denom: 1 };
    let seconds = Rational { num: hundredths % 6_000, denom: 100 };
    Value::Rational(vec![whole(hundredths / 360_000), whole(hundredths / 6_000 % 60), seconds])
}

#[cfg(test)]
mod tests {
    use super::*;
    use exif::Reader;
    use image::metadata::Orientation;
    use image::{ImageDecoder, codecs::jpeg::JpegDecoder};

    fn small(seed: u64) -> Vec<u8> {
        Photo { seed, width: 403, height: 302 }.to_jpeg().unwrap()
    }

    #[test]
    fn a_photo_is_as_large_as_a_phone_makes_it_and_stands_upright_by_its_orientation() {
        let jpeg = Photo::of_seed(1).to_jpeg().unwrap();
        let megabytes = jpeg.len() as f64 / 1e6;
        assert!((2.0..5.0).contains(&megabytes), "{megabytes} MB");
        let mut decoder = JpegDecoder::new(Cursor::new(&jpeg)).unwrap();
        assert_eq!(decoder.dimensions(), TWELVE_MEGAPIXELS);
        let orientation = decoder.orientation().unwrap();
        assert!(matches!(orientation, Orientation::Rotate90 | Orientation::Rotate270), "{orientation:?}");
        let picture = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        let colours: std::collections::HashSet<_> = picture.pixels().step_by(1009).collect();
        assert!(colours.len() > 100, "a scene, not a blank: {} colours", colours.len());
    }

    #[test]
    fn both_ways_of_holding_a_phone_occur() {
        let turned: std::collections::BTreeSet<u8> = (0..16)
            .map(|seed| {
                let jpeg = small(seed);
                JpegDecoder::new(Cursor::new(&jpeg)).unwrap().orientation().unwrap().to_exif()
            })
            .collect();
        assert_eq!(turned.into_iter().collect::<Vec<_>>(), [6, 8]);
    }

    #[test]
    fn place_and_time_are_read_back_by_another_library_call() {
        for seed in 0..8 {
            let jpeg = small(seed);
            let exif = Reader::new().read_from_container(&mut Cursor::new(&jpeg)).unwrap();
            let shown = |tag| exif.get_field(tag, In::PRIMARY).unwrap().display_value().to_string();
            assert!(shown(Tag::GPSLatitude).starts_with("30 deg "), "{}", shown(Tag::GPSLatitude));
            assert!(shown(Tag::GPSLongitude).starts_with("119 deg "), "{}", shown(Tag::GPSLongitude));
            assert_eq!((shown(Tag::GPSLatitudeRef), shown(Tag::GPSLongitudeRef)), ("N".into(), "E".into()));
            assert!(shown(Tag::DateTimeOriginal).starts_with("2026-11-"));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
        assert_eq!(small(7), small(7));
        assert_ne!(small(7), small(8));
    }

    #[test]
    fn a_picture_without_pixels_is_refused() {
        let error = Photo { seed: 1, width: 0, height: 10 }.to_jpeg();
        assert!(matches!(error, Err(PhotoError::Picture(_))), "{error:?}");
    }
}
