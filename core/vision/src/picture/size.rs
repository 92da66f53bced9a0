//! Pictures made smaller.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::pixels::Picture;

impl Picture {
    /// The picture so that its longer side has at most this many pixels, by Lanczos' window; one that
    /// is small enough stays as it is.
    pub fn shrunk(self, longest: usize) -> Picture {
        let (width, height) = fitting((self.width(), self.height()), longest);
        if (width, height) == (self.width(), self.height()) {
            return self;
        }
        resized(&self, width, height, FilterType::Lanczos3).unwrap_or(self)
    }

    /// As [`Picture::shrunk`], beside this one: for thumbnails, whose pixels are means of many.
    pub fn thumbnail(&self, longest: usize) -> Picture {
        let (width, height) = fitting((self.width(), self.height()), longest);
        resized(self, width, height, FilterType::Box).unwrap_or_else(|| self.clone())
    }
}

/// Sides in the same ratio, the longer at most `longest`, none below 1.
fn fitting((width, height): (usize, usize), longest: usize) -> (usize, usize) {
    let larger = width.max(height);
    if larger <= longest {
        return (width, height);
    }
    let part = |side: usize| ((side * longest + larger / 2) / larger).max(1);
    (part(width), part(height))
}

fn resized(picture: &Picture, width: usize, height: usize, filter: FilterType) -> Option<Picture> {
    let from = ImageRef::new(picture.width() as u32, picture.height() as u32, picture.rgb(), PixelType::U8x3)
        .ok()?;
    let mut to = Image::new(width as u32, height as u32, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    Resizer::new().resize(&from, &mut to, &options).ok()?;
    Picture::new(width, height, to.into_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_side_is_met_exactly_and_the_shape_is_kept() {
        assert_eq!(fitting((4032, 3024), 2048), (2048, 1536));
        assert_eq!(fitting((3024, 4032), 2048), (1536, 2048));
        assert_eq!(fitting((5000, 20), 2048), (2048, 8));
        assert_eq!(fitting((50_000, 10), 256), (256, 1));
        assert_eq!(fitting((640, 480), 2048), (640, 480));
        let picture = Picture::new(100, 60, vec![90; 100 * 60 * 3]).unwrap();
        let small = picture.clone().shrunk(50);
        assert_eq!((small.width(), small.height(), small.pixel(20, 20)), (50, 30, [90, 90, 90]));
        assert_eq!(picture.clone().shrunk(100), picture);
    }
}
