//! Why a file gives no picture.

use ruhu_text::{Explain, Explanation};

/// Why a file gives no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// More than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the file is too large")]
    TooLarge,
    /// More than [`MAX_PIXELS`](super::MAX_PIXELS), or than [`MAX_MEMORY`](super::MAX_MEMORY) allows.
    #[error("the picture has too many pixels")]
    TooManyPixels,
    /// A side below [`MIN_SIDE`](super::MIN_SIDE).
    #[error("the picture is too small")]
    TooSmall,
    /// HEIC or HEIF, as iPhones write.
    #[error("HEIC is not read")]
    Heic,
    /// No JPEG, PNG or WebP.
    #[error("not a JPEG, PNG or WebP")]
    Unknown,
    /// It is one of the three, and ends before the picture does.
    #[error("the file ends before the picture does")]
    Truncated,
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
            PictureError::Truncated => "picture_truncated",
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
            PictureError::Truncated => Explanation::new(
                "照片文件不完整，后半部分缺失。",
                "The picture's file is not whole: its end is missing.",
            )
            .advise("请重新传送整个文件，或重拍。", "Copy the whole file again, or take the picture again."),
            PictureError::Damaged => Explanation::new("照片文件已损坏。", "The picture's file is damaged.")
                .advise("请重新传送或重拍。", "Copy it again, or take it again."),
        }
    }
}
