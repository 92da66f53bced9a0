//! What a photo says of itself: when and where. Read with limits, believed by nobody: it stands in
//! the evidence as the photo's word.

use std::io::Cursor;

use exif::{Exif, In, Reader, Tag, Value};
use ruhu_national::Day;

/// Facts from a photo's EXIF block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PhotoFacts {
    /// `DateTimeOriginal`, local time, `YYYY-MM-DD HH:MM:SS`.
    pub taken_at: Option<String>,
    /// The same as local milliseconds since 1970: the photo names no time zone.
    pub taken_at_local_ms: Option<i64>,
    /// `latitude longitude` in degrees (WGS 84), six decimals: about 0.1 m.
    pub place: Option<String>,
    /// The EXIF orientation, 1 to 8.
    pub orientation: Option<u32>,
}

/// EXIF lies in the first 64 KB segment of a JPEG; more is not looked at.
pub const HEAD_BYTES: usize = 128 * 1024;

/// Reads the facts from the beginning of a file. A photo without them, or with damaged ones, has
/// none: that is no error.
pub fn photo_facts(head: &[u8]) -> PhotoFacts {
    let head = head.get(..HEAD_BYTES).unwrap_or(head);
    match Reader::new().read_from_container(&mut Cursor::new(head)) {
        Ok(exif) => facts(&exif),
        Err(_) => PhotoFacts::default(),
    }
}

fn facts(exif: &Exif) -> PhotoFacts {
    let time = taken_at(exif);
    PhotoFacts {
        taken_at: time.as_ref().map(ToString::to_string),
        taken_at_local_ms: time.as_ref().and_then(local_ms),
        place: place(exif),
        orientation: orientation(exif),
    }
}

fn taken_at(exif: &Exif) -> Option<exif::DateTime> {
    let field = exif.get_field(Tag::DateTimeOriginal, In::PRIMARY)?;
    let Value::Ascii(parts) = &field.value else { return None };
    exif::DateTime::from_ascii(parts.first()?).ok()
}

/// `None` for a day that the calendar does not have.
fn local_ms(time: &exif::DateTime) -> Option<i64> {
    let day = Day::new(time.year.into(), time.month.into(), time.day.into())?;
    let seconds = (i64::from(time.hour) * 60 + i64::from(time.minute)) * 60 + i64::from(time.second);
    Some(day.start_ms() + seconds * 1_000)
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
    let Value::Ascii(side) = &exif.get_field(reference, In::PRIMARY)?.value else { return None };
    let signed = if side.first().map(Vec::as_slice) == Some(negative) { -value } else { value };
    (signed.is_finite() && signed.abs() <= limit).then_some(signed)
}

fn orientation(exif: &Exif) -> Option<u32> {
    let value = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    (1..=8).contains(&value).then_some(value)
}
