//! Reading a picture, within limits that are looked at before anything is decoded.

use std::io::{Cursor, ErrorKind};

use super::error::PictureError;
use super::jpeg;
use super::photo_facts::photo_facts;
use super::pixels::Picture;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, Limits};

/// The most bytes of a file.
pub const MAX_BYTES: usize = 40 << 20;
/// The most pixels of a picture.
pub const MAX_PIXELS: u64 = 64_000_000;
/// The fewest pixels along a side.
pub const MIN_SIDE: u32 = 16;
/// The most bytes of memory that reading a picture may take: pixels, and what is held beside them.
pub const MAX_MEMORY: u64 = 400 << 20;
/// What a reader may take beside the pixels, in bytes.
const READERS_ROOM: u64 = 64 << 20;

/// The kinds of file that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JPEG, of one frame, by Huffman's codes.
    Jpeg,
    /// PNG; of an animated one the picture that stands for it.
    Png,
    /// WebP; of an animated one the first picture.
    Webp,
}

impl Format {
    /// The media type, as files are named by on the wire.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
            Format::Webp => "image/webp",
        }
    }
}

/// What is read, as it lies in the file.
pub(super) struct Unturned {
    pub picture: Picture,
    /// How it must be turned to stand upright.
    pub orientation: Orientation,
    pub format: Format,
    /// Whether the file is a JPEG that holds nothing but the picture.
    pub bare: bool,
}

/// Reads a JPEG, PNG or WebP, turned upright as its EXIF orientation says.
///
/// # Errors
/// `picture_empty`, `picture_too_large`, `picture_too_many_pixels` (also when reading it would take
/// more than [`MAX_MEMORY`]) and `picture_too_small` before anything is decoded; `picture_heic` and
/// `picture_unknown` for other kinds of file; `picture_truncated` and `picture_damaged` for what
/// breaks off or does not hold: never a part of a picture.
pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    let Unturned { picture, orientation, .. } = decode_unturned(bytes)?;
    upright(picture, orientation)
}

/// The picture, turned.
pub(super) fn upright(picture: Picture, orientation: Orientation) -> Result<Picture, PictureError> {
    if orientation == Orientation::NoTransforms {
        return Ok(picture);
    }
    let (width, height) = (picture.width() as u32, picture.height() as u32);
    let image = image::RgbImage::from_raw(width, height, picture.into_rgb()).ok_or(PictureError::Damaged)?;
    let mut image = DynamicImage::ImageRgb8(image);
    image.apply_orientation(orientation);
    let (width, height) = (image.width() as usize, image.height() as usize);
    Picture::new(width, height, image.into_rgb8().into_raw()).ok_or(PictureError::Damaged)
}

/// As [`decode`], not turned.
pub(super) fn decode_unturned(bytes: &[u8]) -> Result<Unturned, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::TooLarge);
    }
    match format_of(bytes)? {
        Format::Jpeg => decode_jpeg(bytes),
        format @ Format::Png => decode_by(
            PngDecoder::with_limits(Cursor::new(bytes), opening()).map_err(|error| refusal(&error))?,
            format,
        ),
        format @ Format::Webp => {
            decode_by(WebPDecoder::new(Cursor::new(bytes)).map_err(|error| refusal(&error))?, format)
        }
    }
}

fn decode_jpeg(bytes: &[u8]) -> Result<Unturned, PictureError> {
    let markers = jpeg::Markers::of(bytes)?;
    let pixels = within_limits(markers.width, markers.height, 3, markers.coefficients)?;
    let rgb = jpeg::pixels(bytes, &markers)?;
    debug_assert!(rgb.len() as u64 <= 3 * pixels);
    let picture = Picture::new(markers.width as usize, markers.height as usize, rgb);
    let orientation = photo_facts(&bytes[..markers.head]).orientation;
    Ok(Unturned {
        picture: picture.ok_or(PictureError::Damaged)?,
        orientation: turn(orientation),
        format: Format::Jpeg,
        bare: markers.bare,
    })
}

fn decode_by(mut decoder: impl ImageDecoder, format: Format) -> Result<Unturned, PictureError> {
    let (width, height) = decoder.dimensions();
    let each = u64::from(decoder.color_type().bytes_per_pixel());
    // Beside what is decoded stands what is made of it: three bytes a pixel, and four on the way there.
    let pixels = within_limits(width, height, each + 7, 0)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(pixels * each + READERS_ROOM);
    decoder.set_limits(limits).map_err(|error| refusal(&error))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = over_white(DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?);
    let (width, height) = (image.width() as usize, image.height() as usize);
    let picture = Picture::new(width, height, image.into_raw()).ok_or(PictureError::Damaged)?;
    Ok(Unturned { picture, orientation, format, bare: false })
}

/// What may be held while the head of a file is read.
fn opening() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(READERS_ROOM);
    limits
}

/// The number of pixels, when they are few enough and enough.
fn within_limits(width: u32, height: u32, each: u64, beside: u64) -> Result<u64, PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS || pixels * each + beside > MAX_MEMORY {
        return Err(PictureError::TooManyPixels);
    }
    if width.min(height) < MIN_SIDE {
        return Err(PictureError::TooSmall);
    }
    Ok(pixels)
}

fn turn(exif: Option<u32>) -> Orientation {
    exif.and_then(|exif| u8::try_from(exif).ok())
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

fn format_of(bytes: &[u8]) -> Result<Format, PictureError> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => Ok(Format::Jpeg),
        Ok(ImageFormat::Png) => Ok(Format::Png),
        Ok(ImageFormat::WebP) => Ok(Format::Webp),
        _ if is_heic(bytes) => Err(PictureError::Heic),
        _ => Err(PictureError::Unknown),
    }
}

/// ISO base media with one of the brands that HEIF files carry.
fn is_heic(bytes: &[u8]) -> bool {
    const BRANDS: [&[u8]; 8] = [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"];
    bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|brand| BRANDS.contains(&brand))
}

fn refusal(error: &ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => PictureError::Truncated,
        _ => PictureError::Damaged,
    }
}

/// What is transparent shows the paper beneath.
fn over_white(image: DynamicImage) -> image::RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    let mix = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let rgb = rgba.pixels().flat_map(|p| [mix(p[0], p[3]), mix(p[1], p[3]), mix(p[2], p[3])]).collect();
    image::RgbImage::from_raw(rgba.width(), rgba.height(), rgb).unwrap_or_default()
}
