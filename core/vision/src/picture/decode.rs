//! Reading a picture, within limits that are looked at before anything is decoded.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use ruhu_text::{Explain, Explanation};

use super::pixels::Picture;

/// The most bytes of a file.
pub const MAX_BYTES: usize = 40 << 20;
/// The most pixels of a picture.
pub const MAX_PIXELS: u64 = 64_000_000;
/// The fewest pixels along a side.
pub const MIN_SIDE: u32 = 16;
/// What the reader may take beside the picture itself, in bytes.
const READERS_ROOM: u64 = 64 << 20;

/// Why a file gives no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// More than [`MAX_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// More than [`MAX_PIXELS`].
    #[error("the picture has too many pixels")]
    TooManyPixels,
    /// A side below [`MIN_SIDE`].
    #[error("the picture is too small")]
    TooSmall,
    /// HEIC or HEIF, as iPhones write.
    #[error("HEIC is not read")]
    Heic,
    /// No JPEG, PNG or WebP.
    #[error("not a JPEG, PNG or WebP")]
    Unknown,
    /// It is one of the three, and damaged.
    #[error("the picture is damaged")]
    Damaged,
}

impl Explain for PictureError {
    fn code(&self) -> &'static str {
        match self {
            PictureError::Empty => "picture_empty",
            PictureError::TooLarge => "picture_too_large",
            PictureError::TooManyPixels => "picture_too_many_pixels",
            PictureError::TooSmall => "picture_too_small",
            PictureError::Heic => "picture_heic",
            PictureError::Unknown => "picture_unknown",
            PictureError::Damaged => "picture_damaged",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            PictureError::Empty => Explanation::new("照片文件是空的。", "The picture's file is empty.")
                .advise("请重新拍照。", "Take it again."),
            PictureError::TooLarge => {
                Explanation::new("照片文件超过 40 MB。", "The picture's file is larger than 40 MB.")
                    .advise("请用较低的像素拍照。", "Choose a lower resolution in the camera's settings.")
            }
            PictureError::TooManyPixels => {
                Explanation::new("照片超过 6400 万像素。", "The picture has more than 64 million pixels.")
                    .advise("请用较低的像素拍照。", "Choose a lower resolution in the camera's settings.")
            }
            PictureError::TooSmall => Explanation::new("照片太小。", "The picture is too small.")
                .advise("请用原图，不要用缩略图。", "Use the picture itself, not its thumbnail."),
            PictureError::Heic => {
                Explanation::new("无法读取 HEIC 格式的照片。", "HEIC pictures cannot be read.").advise(
                    "请在手机“设置 › 相机 › 格式”中选“兼容性最佳”，再拍照。",
                    "On the phone choose Settings › Camera › Formats › Most Compatible and take it again.",
                )
            }
            PictureError::Unknown => Explanation::new(
                "文件不是 JPEG、PNG 或 WebP 照片。",
                "The file is no JPEG, PNG or WebP picture.",
            )
            .advise("请选择照片文件。", "Choose the file of a photo."),
            PictureError::Damaged => Explanation::new("照片文件已损坏。", "The picture's file is damaged.")
                .advise("请重新传送或重拍。", "Copy it again, or take it again."),
        }
    }
}

/// Reads a JPEG, PNG or WebP, turned upright as its EXIF orientation says.
///
/// # Errors
/// `picture_empty`, `picture_too_large`, `picture_too_many_pixels` and `picture_too_small` before
/// anything is decoded; `picture_heic` and `picture_unknown` for other kinds of file;
/// `picture_damaged` for what breaks off or does not hold.
pub fn decode(bytes: &[u8]) -> Result<Picture, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(PictureError::TooLarge);
    }
    let format = format_of(bytes)?;
    let mut decoder = reader(bytes, format).into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(PictureError::TooManyPixels);
    }
    if width.min(height) < MIN_SIDE {
        return Err(PictureError::TooSmall);
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(pixels * u64::from(decoder.color_type().bytes_per_pixel()) + READERS_ROOM);
    decoder.set_limits(limits).map_err(|error| refusal(&error))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    image.apply_orientation(orientation);
    let image = over_white(image);
    let (width, height) = (image.width() as usize, image.height() as usize);
    Picture::new(width, height, image.into_raw()).ok_or(PictureError::Damaged)
}

fn reader(bytes: &[u8], format: ImageFormat) -> ImageReader<Cursor<&[u8]>> {
    ImageReader::with_format(Cursor::new(bytes), format)
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, PictureError> {
    match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => Ok(format),
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
