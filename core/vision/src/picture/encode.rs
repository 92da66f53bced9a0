//! Pictures written as files: pixels and tables, no metadata.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder};

use super::error::PictureError;
use super::pixels::Picture;

impl Picture {
    /// A JPEG with 4:2:0, all colours in one scan: with tables made for the picture the encoder writes a scan for
    /// each colour, which saves 7 to 15 % of a photo and is not read everywhere. `quality`: 1 to 100.
    ///
    /// # Errors
    /// `picture_too_many_pixels` when a side is longer than 65,535 pixels, `picture_damaged` when it cannot be
    /// written.
    pub fn to_jpeg(&self, quality: u8) -> Result<Vec<u8>, PictureError> {
        let side = |pixels: usize| u16::try_from(pixels).map_err(|_| PictureError::TooManyPixels);
        let (width, height) = (side(self.width())?, side(self.height())?);
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, quality);
        encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
        encoder.encode(self.rgb(), width, height, ColorType::Rgb).map_err(|_| PictureError::Damaged)?;
        Ok(out)
    }

    /// A PNG.
    ///
    /// # Errors
    /// `picture_damaged` when it cannot be written.
    pub fn to_png(&self) -> Result<Vec<u8>, PictureError> {
        let mut out = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Default, FilterType::Adaptive);
        let (width, height) = (self.width() as u32, self.height() as u32);
        let written = encoder.write_image(self.rgb(), width, height, ExtendedColorType::Rgb8);
        written.map_err(|_| PictureError::Damaged)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode;
    use super::*;

    /// Red, green, blue and grey stripes, a little uneven.
    fn stripes() -> Picture {
        let colours = [[190u8, 60, 50], [60, 150, 70], [50, 80, 190], [128, 128, 128]];
        let pixel = |at: usize| colours[at % 240 / 60].map(|value| value + ((at * 37 + at / 240) % 9) as u8);
        Picture::new(240, 150, (0..240 * 150).flat_map(pixel).collect()).unwrap()
    }

    fn mean(picture: &Picture, stripe: usize) -> [i32; 3] {
        let pixels = (0..150 * 40).map(|at| picture.pixel(stripe * 60 + 10 + at % 40, at / 40));
        let sum =
            pixels.fold([0; 3], |sum: [i32; 3], pixel| std::array::from_fn(|c| sum[c] + i32::from(pixel[c])));
        sum.map(|sum| sum / (150 * 40))
    }

    #[test]
    fn what_was_written_is_read_in_its_colours_also_with_a_scan_for_each_of_them() {
        let drawn = stripes();
        let mut in_scans = Vec::new();
        let mut encoder = Encoder::new(&mut in_scans, 82);
        encoder.set_optimized_huffman_tables(true);
        encoder.encode(drawn.rgb(), 240, 150, ColorType::Rgb).unwrap();
        let scans = |jpeg: &[u8]| jpeg.windows(2).filter(|pair| *pair == [0xff, 0xda]).count();
        let ours = drawn.to_jpeg(82).unwrap();
        assert_eq!((scans(&ours), scans(&in_scans)), (1, 3));
        for jpeg in [ours, in_scans, drawn.to_png().unwrap()] {
            let read = decode(&jpeg).unwrap();
            for stripe in 0..4 {
                let (was, is) = (mean(&drawn, stripe), mean(&read, stripe));
                assert!(was.iter().zip(is).all(|(was, is)| (was - is).abs() < 6), "{was:?} became {is:?}");
            }
        }
    }
}
