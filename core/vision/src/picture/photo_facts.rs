//! What a photo says of itself: when and where. Read with limits, believed by nobody: it stands in
//! the evidence as the photo's word.

use std::io::Cursor;

use exif::{Exif, In, Reader, Tag, Value};
use ruhu_national::Day;

use super::jpeg;

/// Facts from a photo's EXIF block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PhotoFacts {
    /// `DateTimeOriginal`, local time, `YYYY-MM-DD HH:MM:SS`.
    pub taken_at: Option<String>,
    /// The same as local milliseconds since 1970, with the sub-seconds if the photo names them.
    pub taken_at_local_ms: Option<i64>,
    /// The zone of that time in minutes east of UTC (`OffsetTimeOriginal`), -720 to 840; most phones
    /// since 2019 name it.
    pub zone_minutes: Option<i32>,
    /// `latitude longitude` in degrees (WGS 84), six decimals: about 0.1 m.
    pub place: Option<String>,
    /// Maker and model of the camera, as it names itself; at most 64 characters, without controls.
    pub camera: Option<String>,
    /// The EXIF orientation, 1 to 8.
    pub orientation: Option<u32>,
}

impl PhotoFacts {
    /// When it was taken, in milliseconds since 1970 in UTC: known only when the photo names its zone.
    pub fn taken_at_ms(&self) -> Option<i64> {
        Some(self.taken_at_local_ms? - i64::from(self.zone_minutes?) * 60_000)
    }

    /// The same without the place, where a setting forbids it.
    pub fn without_place(self) -> PhotoFacts {
        PhotoFacts { place: None, ..self }
    }
}

/// Of a JPEG, EXIF lies in one of the first segments; a head of this length holds it in all but odd
/// files.
pub const HEAD_BYTES: usize = 128 * 1024;
/// The longest name of a camera, in characters.
const CAMERA_CHARS: usize = 64;

/// Reads the facts from a file, or from the head of one. What is damaged is lost and the rest is read:
/// a broken GPS directory takes the place away, not the time. A photo without facts has none; that is
/// no error.
pub fn photo_facts(file: &[u8]) -> PhotoFacts {
    let jpeg = file.starts_with(&[0xff, 0xd8]);
    let head = if jpeg { jpeg::head(file) } else { file };
    let mut reader = Reader::new();
    match reader.continue_on_error(true).read_from_container(&mut Cursor::new(head)) {
        Ok(exif) => facts(&exif),
        Err(exif::Error::PartialResult(partial)) => facts(&partial.into_inner().0),
        Err(_) => PhotoFacts::default(),
    }
}

fn facts(exif: &Exif) -> PhotoFacts {
    let time = taken_at(exif);
    PhotoFacts {
        taken_at: time.as_ref().map(ToString::to_string),
        taken_at_local_ms: time.as_ref().and_then(local_ms),
        zone_minutes: time.as_ref().and_then(zone),
        place: place(exif),
        camera: camera(exif),
        orientation: orientation(exif),
    }
}

fn ascii(exif: &Exif, tag: Tag) -> Option<&[u8]> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => parts.first().map(Vec::as_slice),
        _ => None,
    }
}

/// The time, with its sub-seconds and its zone where these are well written.
fn taken_at(exif: &Exif) -> Option<exif::DateTime> {
    let mut time = exif::DateTime::from_ascii(ascii(exif, Tag::DateTimeOriginal)?).ok()?;
    if let Some(parts) = ascii(exif, Tag::SubSecTimeOriginal) {
        // What is not well written leaves the time as it was.
        let _ = time.parse_subsec(parts.trim_ascii_end());
    }
    if let Some(offset) = ascii(exif, Tag::OffsetTimeOriginal) {
        let _ = time.parse_offset(offset.trim_ascii_end());
    }
    Some(time)
}

/// `None` for a day that the calendar does not have and for hours that no day has.
fn local_ms(time: &exif::DateTime) -> Option<i64> {
    let day = Day::new(time.year.into(), time.month.into(), time.day.into())?;
    if time.hour > 23 || time.minute > 59 || time.second > 60 {
        return None;
    }
    let seconds = (i64::from(time.hour) * 60 + i64::from(time.minute)) * 60 + i64::from(time.second);
    let millis = i64::from(time.nanosecond.unwrap_or(0)) / 1_000_000;
    Some(day.start_ms() + seconds * 1_000 + millis)
}

fn zone(time: &exif::DateTime) -> Option<i32> {
    time.offset.map(i32::from).filter(|minutes| (-720..=840).contains(minutes))
}

fn camera(exif: &Exif) -> Option<String> {
    let part = |tag| {
        let text = String::from_utf8_lossy(ascii(exif, tag)?).into_owned();
        let text: String = text.chars().filter(|c| !c.is_control() && *c != '\u{fffd}').collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let (make, model) = (part(Tag::Make), part(Tag::Model));
    let name = match (make, model) {
        // Many name the maker in the model again.
        (Some(make), Some(model)) if !model.to_lowercase().starts_with(&make.to_lowercase()) => {
            format!("{make} {model}")
        }
        (make, model) => model.or(make)?,
    };
    Some(name.chars().take(CAMERA_CHARS).collect())
}

fn place(exif: &Exif) -> Option<String> {
    let latitude = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b"S", 90.0)?;
    let longitude = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b"W", 180.0)?;
    Some(format!("{latitude:.6} {longitude:.6}"))
}

fn degrees(exif: &Exif, tag: Tag, reference: Tag, negative: &[u8], limit: f64) -> Option<f64> {
    let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    let [degrees, minutes, seconds] = parts.get(..3)? else { return None };
    let value = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
    let signed = if ascii(exif, reference)? == negative { -value } else { value };
    (signed.is_finite() && signed.abs() <= limit).then_some(signed)
}

fn orientation(exif: &Exif) -> Option<u32> {
    let value = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    (1..=8).contains(&value).then_some(value)
}
